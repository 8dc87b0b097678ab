"""tests/bench/grow, its measuring half: what sessions, a long queue and many destinations cost. README explains."""

import argparse
import os
import shutil
import sys
import threading
import time

from bed import SERVER, SERVER_PORT, SINK, SINK_PORT, Bed, port_is_open, wait_for
from measure import cell, machine, print_columns
from peers import Sealpost

SESSIONS = (1, 10, 100, 1000, 2000)
QUEUE = (1000, 10_000, 100_000, 1_000_000)
DESTINATIONS = (1, 10, 100, 1000, 10_000)
FIRST_HOP = "127.100"           # destinations are FIRST_HOP.0.1 and on
QUEUED_OCTETS = 400             # of a message of the long queues
DISK_PER_MESSAGE = 4096         # and what it may take of the disk, with all that goes with it
WARM = 100                      # that come first, for what is set up once
PROBE = 4000                    # messages that the accept rate is taken from


class Peak(threading.Thread):
    """The most memory that the server has, looked at about three times a second."""

    def __init__(self, account, pause_s=0.3, room=None):
        super().__init__(daemon=True)
        self.account, self.pause_s, self.room = account, pause_s, room
        self.most = account.pss_octets(room)
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(self.pause_s):
            self.most = max(self.most, self.account.pss_octets(self.room))

    def end(self):
        self.over.set()
        self.join()
        return self.most


def settings(server, where, **more):
    """Those of tests/bench/run, with another way out and other values."""
    text = server.settings(False)
    text = "".join(line + "\n" for line in text.splitlines() if not line.startswith("relayhost:") and line.split(":")[0] not in more)
    return text + "".join(f"{key}: {value}\n" for key, value in more.items()) + where


def checked(lost, what):
    """A row with loss in it is not a figure."""
    if lost:
        print(f"# {what}: {lost} LOST", flush=True)
    return lost


# --- sessions

def grow_sessions(bed, options):
    lines = [["sessions", "messages", "accepted /s", "delivered /s", "p50 ms", "p99 ms", "CPU s / 1,000", "MB idle", "MB at most", "KB / session"]]
    lost = 0
    for sessions in (n for n in SESSIONS if n <= options.most):
        count = max(sessions, options.messages)
        bed.fresh()
        server = Sealpost(bed)
        try:
            server.start()
            sink = bed.sink([f"{SINK}:{SINK_PORT}"], 300, count)
            idle, before = bed.account.pss_octets(), bed.account.seconds()
            peak = Peak(bed.account)
            blast = bed.blast(count, 250, sessions=sessions, per_connection=max(1, count // sessions // 4))
            seen = bed.result(sink, 310)
            most, worked = peak.end(), bed.account.seconds() - before
            lost += checked(bed.lost(), f"{sessions} sessions")
        finally:
            server.stop()
        lines.append([f"{sessions:,}", f"{count:,}", cell(blast["rate"], 0), cell(seen["unique"] / (seen["last"] - blast["began"]), 0),
                      cell(blast["dot_ms_p50"], 1), cell(blast["dot_ms_p99"], 1), cell(worked / count * 1000, 2), cell(idle / 1e6, 1),
                      cell(most / 1e6, 1), cell((most - idle) / 1024 / sessions, 1)])
        print("# " + "  ".join(lines[-1]), flush=True)
    print("\nSessions at the same time (4 KiB messages to one smart host)\n")
    print_columns(lines)
    return lost


# --- the queue

def accept(bed, count, first, **options):
    """Messages come, nobody takes them; returns what blast tells."""
    return bed.blast(count, 3000, sessions=50, per_connection=1000, run=str(first), size=QUEUED_OCTETS, **options)


def kill_all(bed, server):
    """Everything at once, as a power failure would."""
    for pid in bed.account.pids():
        os.kill(pid, 9)
    server.process.popen.wait(10)
    wait_for(lambda: not bed.account.pids(), 20, "everything is dead")


def recovered(server, count):
    """The operator's tool sees as many messages as there were."""
    rows = server.ask("status", "--json", check=False, timeout=120)
    return any(f'"messages":{count}' in row.replace(" ", "") for row in rows.splitlines())


def recovery(bed, server, count):
    """Seconds from the start after a kill until port 25 answers, and until every message is known again."""
    kill_all(bed, server)
    began = time.monotonic()
    server.process = bed.server([server.installed("sealpostd"), "-c", bed.path("sealpost.yaml"), "--libexec",
                                 os.path.dirname(server.installed("intake"))])
    wait_for(lambda: port_is_open(SERVER, SERVER_PORT), 300, "it listens again")
    answers = time.monotonic() - began
    wait_for(lambda: recovered(server, count), 300, lambda: f"{count} messages are back: {server.ask('status', check=False)}", 0.1)
    return answers, time.monotonic() - began


def start_queue(bed, server, options):
    """Nobody is there at the next hop; or, with --tried, somebody who puts off every message after its content."""
    # What has been put off is not due again while we measure.
    server.start(settings=settings(server, f'relayhost: "smtp:[{SINK}]:{SINK_PORT}"\n', queue="{connections_first: 50, connections: 50, "
                                   "messages: 2000000, retry_first: 4h, delay_notice: never}"))
    if options.tried:
        bed.sink([f"{SINK}:{SINK_PORT}"], 7200, fail="later")


def empty_rate(bed, options):
    """What a daemon takes whose queue is empty, to begin with."""
    bed.fresh()
    server = Sealpost(bed)
    try:
        start_queue(bed, server, options)
        accept(bed, WARM, 0)
        return accept(bed, PROBE, 1)["rate"]
    finally:
        server.stop()


def queue_rows(bed, server, options, rate):
    accept(bed, WARM, 0)
    bed.account.settle()
    held, base = WARM, bed.account.pss_octets("queue")
    for length in (n for n in QUEUE if n <= options.most):
        if length > held:
            accept(bed, length - held, length)
            held = length
        bed.account.settle(1200)
        before, total = bed.account.pss_octets("queue"), bed.account.pss_octets()
        probe = accept(bed, PROBE, length + 1)
        bed.account.settle(120)
        answers, known = recovery(bed, server, held + PROBE)
        bed.account.settle(60)
        after = bed.account.pss_octets("queue")
        yield [f"{held:,}", cell(probe["rate"], 0), cell(probe["rate"] / rate, 2), cell(probe["dot_ms_p99"], 1), cell(before / 1e6, 1),
               cell((before - base) / (held - WARM), 0), cell(total / 1e6, 1), cell(answers, 2), cell(known, 2), cell(after / 1e6, 1),
               cell((after - base) / (held + PROBE - WARM), 0)]
        held += PROBE


def grow_queue(bed, options):
    lines = [["queued", "accepted /s", "of empty", "p99 ms", "queue MB", "octets / message", "all rooms MB", "restart: answers s", "knows all s",
              "queue MB", "octets / message"]]
    wanted = options.most if options.most <= QUEUE[-1] else QUEUE[-1]
    free = shutil.disk_usage(bed.work).free
    if free < wanted * DISK_PER_MESSAGE + (1 << 30):
        wanted = max(0, int((free - (1 << 30)) / DISK_PER_MESSAGE))
        print(f"# {free / 1e9:.1f} GB free below {bed.work}: enough for {wanted:,} messages only")
        options.most = wanted
    rate = empty_rate(bed, options)
    print(f"# an empty queue: {rate:,.0f} accepted /s", flush=True)
    bed.fresh()
    server = Sealpost(bed)
    try:
        start_queue(bed, server, options)
        for line in queue_rows(bed, server, options, rate):
            lines.append(line)
            print("# " + "  ".join(line), flush=True)
    finally:
        server.stop()
    why = "each was tried once and put off" if options.tried else "the next hop refuses connections"
    print(f"\nA queue that nobody takes ({QUEUED_OCTETS} octets a message, {why})\n")
    print_columns(lines)
    return 0


# --- destinations

def grow_destinations(bed, options):
    lines = [["destinations", "messages", "accepted /s", "delivered /s", "p99 ms", "CPU s / 1,000", "connections", "MB idle", "MB at most"]]
    lost = 0
    for count in (n for n in DESTINATIONS if n <= options.most):
        messages = max(count * 2, options.messages)
        bed.fresh()
        server = Sealpost(bed)
        try:
            routes = "".join(f'  dest{n}.test: "smtp:[{FIRST_HOP}.{n // 250}.{n % 250 + 1}]:{SINK_PORT}"\n' for n in range(count))
            server.start(settings=settings(server, "routes:\n" + routes))
            sink = bed.sink([f"0.0.0.0:{SINK_PORT}"], 300, messages)
            idle, before = bed.account.pss_octets(), bed.account.seconds()
            peak = Peak(bed.account)
            blast = bed.blast(messages, 250, per_connection=100, domains=count)
            seen = bed.result(sink, 310)
            most, worked = peak.end(), bed.account.seconds() - before
            lost += checked(bed.lost(), f"{count} destinations")
        finally:
            server.stop()
        lines.append([f"{count:,}", f"{messages:,}", cell(blast["rate"], 0), cell(seen["unique"] / (seen["last"] - blast["began"]), 0),
                      cell(blast["dot_ms_p99"], 1), cell(worked / messages * 1000, 2), f"{seen['tls']:,}", cell(idle / 1e6, 1), cell(most / 1e6, 1)])
        print("# " + "  ".join(lines[-1]), flush=True)
    print("\nNext hops (4 KiB messages from 50 sessions, one destination after the other)\n")
    print_columns(lines)
    return lost


TABLES = {"sessions": grow_sessions, "queue": grow_queue, "destinations": grow_destinations}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/grow")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tables", default="sessions,queue,destinations")
    parser.add_argument("--most", type=int, help="sessions, messages, destinations, at most")
    parser.add_argument("--messages", type=int, help="of each row of sessions and destinations; 20000 unless said")
    parser.add_argument("--tried", action="store_true", help="of the queue: each message has been tried, and was put off by the next hop")
    parser.add_argument("--quick", action="store_true", help="up to 100 sessions, 10,000 messages, 100 destinations")
    options = parser.parse_args()
    for name in options.tables.split(","):
        if name not in TABLES:
            parser.error(f"no table {name}")
    options.messages = options.messages or (2000 if options.quick else 20_000)
    most = {"sessions": 100, "queue": 10_000, "destinations": 100}
    bed, lost, limit = Bed(options.build), 0, options.most
    print(f"# {machine()}")
    try:
        for name in options.tables.split(","):
            options.most = limit or (most[name] if options.quick else QUEUE[-1])
            lost += TABLES[name](bed, options)
    finally:
        bed.finish()
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
