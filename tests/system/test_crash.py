"""kill -9 of each room and of all of them, under load (promise P2, E3): no accepted message is missing."""

import json
import os
import random
import signal
import time

import pytest

from house.places import CANARY, CLIENT, RELAY, SINK
from house.processes import LEAST_S, Process, is_alive, send_signal, wait_for

MESSAGES = 2000
DUPLICATES_MOST = 200       # those under way at a kill may come twice; a kill here and there, up to a hundred under way


class Load:
    """blast -> sealpost -> sink, and the lists that prove what became of every number."""

    def __init__(self, house, relay, messages=MESSAGES, sessions=8, sink_options=(), seconds=90, size=3000, per_connection=20):
        self.house, self.relay, self.messages = house, relay, messages
        self.acked, self.seen = (os.path.join(relay.folder, name) for name in ("acked", "seen"))
        certificate = house.authority.certificate("sink.house.test")
        self.sink = Process([house.tool("tests/bench/sink"), "--listen", f"{SINK}:2600", "--cert", certificate.certificate, "--key", certificate.key,
                             "--name", "sink.house.test", "--seen", self.seen, *sink_options], os.path.join(relay.folder, "sink.out"))
        wait_for(lambda: "ready" in self.sink.log(), 10, "the sink is ready")
        self.blast = Process([house.tool("tests/bench/blast"), "--connect", f"{RELAY}:25", "--source", CLIENT, "--messages", messages,
                              "--sessions", sessions, "--per-connection", per_connection, "--size", size, "--domain", "sink.test", "--sender",
                              f"{CANARY}@client.test", "--acked", self.acked, "--persist", "--seconds", int(seconds)], os.path.join(relay.folder, "blast.out"))

    def numbers(self, path):
        try:
            with open(path, encoding="ascii") as file:
                return [int(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def count_acked(self):
        return len(self.numbers(self.acked))

    def wait_acked(self, count):
        wait_for(lambda: self.count_acked() >= count or not self.blast.is_running(), 60, f"{count} accepted", 0.01)

    def conclude(self, timeout=90):
        """All is sent, all is delivered; (missing, duplicates)."""
        self.blast.popen.wait(100)
        told = json.loads(self.blast.log().splitlines()[-1])
        acked = set(self.numbers(self.acked))
        assert told["accepted"] == len(acked) >= self.messages, told
        wait_for(lambda: acked <= set(self.numbers(self.seen)), timeout,
                 lambda: f"{len(acked - set(self.numbers(self.seen)))} accepted messages are missing")
        self.relay.wait_empty(30)
        seen = self.numbers(self.seen)
        return len(acked - set(seen)), len(seen) - len(set(seen))

    def stop(self):
        self.blast.stop()
        self.sink.stop()


@pytest.fixture
def load(house, sealpost):
    loads = []

    def make(settings=None, **options):
        relay = sealpost({"relayhost": "smtp:sink.house.test:2600", "queue": {"retry_first": "1s", "retry_most": "1s"}, **(settings or {})})
        # The name resolves to the sink's address: the static route is verified by it.
        loads.append(Load(house, relay, **options))
        return loads[-1]
    yield make
    for one in loads:
        one.stop()


def test_without_a_crash_nothing_is_lost_and_nothing_comes_twice(load):
    assert load().conclude() == (0, 0)


@pytest.mark.parametrize("room", ["intake", "queue", "relay", "report"])
def test_killing_a_room_loses_nothing(load, room):
    running = load()
    for part in (0.2, 0.5, 0.8):
        running.wait_acked(int(MESSAGES * part))
        running.relay.kill_room(room)
    missing, duplicates = running.conclude()
    assert missing == 0 and duplicates <= DUPLICATES_MOST, (missing, duplicates)
    assert running.relay.process.is_running()


def test_killing_everything_loses_nothing(load):
    running = load()
    for part in (0.3, 0.7):
        running.wait_acked(int(MESSAGES * part))
        running.relay.kill_all()
        time.sleep(random.random() / 5)
        running.relay.start()
    missing, duplicates = running.conclude()
    assert missing == 0 and duplicates <= DUPLICATES_MOST, (missing, duplicates)


def test_killing_master_alone_takes_the_rooms_along_and_loses_nothing(load):
    running = load()
    running.wait_acked(MESSAGES // 2)
    rooms = [pid for name in ("intake", "queue", "relay", "report") for pid in running.relay.rooms(name)]
    send_signal(running.relay.process.pid, signal.SIGKILL)
    running.relay.process.popen.wait(LEAST_S)
    wait_for(lambda: not any(map(is_alive, rooms)), 20, "the rooms end with their master")
    running.relay.start()
    missing, duplicates = running.conclude()
    assert missing == 0 and duplicates <= DUPLICATES_MOST, (missing, duplicates)


def test_a_sink_that_loses_replies_and_a_crash_together(load):
    running = load(sink_options=["--fail", "drop", "--every", "50"])
    running.wait_acked(MESSAGES // 2)
    running.relay.kill_all()
    running.relay.start()
    missing, _ = running.conclude()
    assert missing == 0


def test_a_backlog_survives_and_is_delivered_whole(load):
    """The next hop is away while everything is accepted; everything dies; then the next hop is there."""
    running = load()
    running.sink.stop()
    running.blast.popen.wait(100)
    running.relay.kill_all()
    running.sink = Process(running.sink.command, running.sink.log_path)
    running.relay.start()
    missing, duplicates = running.conclude()
    assert missing == 0 and duplicates <= DUPLICATES_MOST


def test_killed_rooms_come_back_and_say_so(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost()
    for room in ("intake", "queue", "relay", "report"):
        old = relay.kill_room(room)
        wait_for(lambda room=room, old=old: relay.rooms(room) and not set(old) & set(relay.rooms(room)), 20, f"{room} is back")
    count = len(host.accepted())
    wait_for(lambda: try_submit(relay, place), 20, "mail is taken again", 0.3)
    wait_for(lambda: len(host.accepted()) > count, 20, "and delivered")


def try_submit(relay, place):
    try:
        return relay.submit(place.mailbox())
    except (AssertionError, OSError, Exception):    # pylint: disable=broad-except
        return None


def test_a_room_that_dies_at_once_again_and_again_is_restarted_ever_more_slowly(sealpost):
    relay = sealpost()
    started = time.monotonic()
    dead = set()        # each is met more than once while it dies

    def is_time_over():
        for pid in relay.rooms("report"):
            send_signal(pid, signal.SIGKILL)
            dead.add(pid)
        return time.monotonic() - started >= 5 and len(dead) > 1
    wait_for(is_time_over, what=lambda: f"it is not started again: {relay.log()[-2000:]}")
    assert len(dead) < 30, dead
    assert relay.process.is_running()
