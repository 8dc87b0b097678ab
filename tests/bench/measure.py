"""tests/bench/run, its measuring half: every scenario for every server in turn, and the table of them all. README explains."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from bed import SINK, SINK_PORT, Bed, hop_address, processor_seconds, tools_seconds, wait_for
from peers import PEERS, HOPS

MESSAGES = {"A": 5000, "B": 5000, "C": 2000, "D": 5000, "F": 1, "G": 1000, "H": 4000}
SMALLEST = {"A": 1000, "B": 1000, "C": 400, "D": 1000, "F": 1, "G": 1000, "H": 1200}       # --quick
NOISE = 0.1             # runs beside more than this of other work are left out where there are quieter ones
SECONDS = 150           # a run takes no longer
TARPIT_MS = 5000        # before each reply


class Watch:
    """What a run cost: processor time of the server, and the part of the machine that other work took."""

    def __init__(self, bed):
        self.bed = bed
        self.server = self.tools = self.machine = self.start = 0
        self.begin()

    def begin(self):
        self.server, self.tools, self.machine, self.start = self.now()

    def now(self):
        return self.bed.account.seconds(), tools_seconds(), processor_seconds(), time.monotonic()

    def end(self, count):
        server, tools, machine, elapsed = (now - then for now, then in
                                           zip(self.now(), (self.server, self.tools, self.machine, self.start)))
        return {"cpu_ms": server / count * 1000, "noise": max(0.0, (machine - server - tools) / (elapsed * os.cpu_count()))}


def relayed(bed, sink, watch, began, count, recipients=1):
    """What the sink has seen of `count` recipients, since `began`."""
    seen = bed.result(sink, SECONDS + 60)
    figures = watch.end(count)
    figures.update(rate=seen["unique"] / max(1e-3, seen["last"] - began), duplicates=seen["duplicates"], mixed_up=seen["mixed_up"],
                   out=seen["tls"], resumed=seen["resumed"], recipients=recipients)
    return figures


def judge(bed, peer, figures, matters=lambda number: True):
    """Recipients that were accepted and not seen are lost, unless their message still waits."""
    missing = bed.lost(figures["recipients"], matters)
    waiting = peer.queued() if missing else 0
    figures.update(lost=max(0, missing - waiting * figures["recipients"]), late=min(missing, waiting * figures["recipients"]))
    return figures


def through(bed, peer, count, **options):
    """A, B, C, F: in at one end, out at the other, at the same time."""
    recipients, domains = options.get("recipients", 1), options.get("domains", 0)
    peer.start(routes=domains > 0)
    sink = bed.sink(ranges(0, domains) if domains else [f"{SINK}:{SINK_PORT}"], SECONDS, count * recipients, recipients)
    watch = Watch(bed)
    blast = bed.blast(count, SECONDS, peer.address, peer.port, **options)
    figures = relayed(bed, sink, watch, blast["began"], count * recipients, recipients)
    figures.update(accept=blast["rate"], p50=blast["dot_ms_p50"], p99=blast["dot_ms_p99"], refused=blast["refused"], error=blast["first_error"])
    return judge(bed, peer, figures)


def scenario_a(bed, peer, count):
    return {"A": through(bed, peer, count, per_connection=1)}


def scenario_b(bed, peer, count):
    return {"B": through(bed, peer, count, per_connection=100)}


def scenario_c(bed, peer, count):
    return {"C": through(bed, peer, count, per_connection=20, size=65536)}


def scenario_f(bed, peer, count):
    return {"F": through(bed, peer, count, recipients=1000, domains=100, sessions=1)}


def scenario_d(bed, peer, count):
    """D, and E of what D has left in the queue."""
    peer.start()
    watch = Watch(bed)
    blast = bed.blast(count, SECONDS, peer.address, peer.port, per_connection=100)
    accepted = {"rate": blast["rate"], "p50": blast["dot_ms_p50"], "p99": blast["dot_ms_p99"], "refused": blast["refused"],
                "error": blast["first_error"], **watch.end(count)}
    bed.account.settle()
    sink = bed.sink([f"{SINK}:{SINK_PORT}"], SECONDS, blast["accepted"])
    watch.begin()
    began = time.monotonic()
    peer.flush()
    while peer.flush_again_s and sink.poll() is None and time.monotonic() - began < SECONDS:
        try:
            sink.wait(peer.flush_again_s)
        except subprocess.TimeoutExpired:
            peer.flush()
    return {"D": accepted, "E": judge(bed, peer, relayed(bed, sink, watch, began, blast["accepted"]))}


def scenario_g(bed, peer, count):
    peer.start()
    time.sleep(2)
    watch = Watch(bed)
    idle = bed.account.pss_octets()
    blast = bed.blast(0, 120, sessions=count, pace=150, idle=6, wait=False)
    wait_for(lambda: "idle " in bed.text("blast.err") or blast.poll() is not None, 120, "all sessions")
    time.sleep(2)
    loaded = bed.account.pss_octets()
    figures = watch.end(count)
    up = bed.result(blast, 60)["idle"]
    return {"G": {"idle_mb": idle / 1e6, "session_kb": (loaded - idle) / 1024 / max(1, up), "up": up, **figures}}


def tarpits(bed, peer, count, tarpit_ms):
    """Half of the destinations wait before each reply; what the other half sees counts, and how soon."""
    half = HOPS // 2
    peer.start(routes=True)
    sink = bed.sink(ranges(0, half), 60, count // 2, tarpits=ranges(half, HOPS), tarpit_ms=tarpit_ms)
    watch = Watch(bed)
    blast = bed.blast(count, SECONDS, per_connection=100, domains=HOPS)
    seen = bed.result(sink, 120)
    figures = watch.end(count // 2)
    healthy = set(number for number in bed.numbers("acked") if number % HOPS < half)
    figures.update(rate=seen["in_time"] / max(1e-3, seen["last_in_time"] - blast["began"]), duplicates=seen["duplicates"], recipients=1,
                   mixed_up=seen["mixed_up"], late=0, lost=0, out=seen["tls"], accept=blast["rate"])
    missing = len(healthy - set(bed.numbers("seen")))
    if missing:         # time is over: they wait, or they are lost
        figures["late" if peer.queued() >= missing else "lost"] = missing
    return figures


def ranges(first, last):
    """FIRST.x.a-b:PORT for the addresses of these hops (all below one network of the last octet)."""
    return [f"{hop_address(first)}-{hop_address(last - 1).rsplit('.', 1)[1]}:{SINK_PORT}"]


def scenario_h(bed, peer, count):
    return {"H": tarpits(bed, peer, count, TARPIT_MS)}


def scenario_i(bed, peer, count):
    """H again, but nobody is slow: what the healthy half makes then."""
    return {"H0": tarpits(bed, peer, count, 0)}


SCENARIOS = {"A": scenario_a, "B": scenario_b, "C": scenario_c, "D": scenario_d, "F": scenario_f, "G": scenario_g, "H": scenario_h, "H0": scenario_i}
TITLES = {
    "A": "A  a message per TLS connection, /s", "B": "B  100 messages per connection, /s", "C": "C  64 KiB messages, /s",
    "D": "D  accepted, next hop down, /s", "E": "E  drain of that queue, /s", "F": "F  1,000 recipients, 100 domains, /s",
    "H": "H  healthy half beside tarpits, /s", "H0": "   the same, nobody slow, /s",
}
NO_DIRECT = "DFGH"


# --- the table

def of_runs(rows, scenario, peer, figure):
    """{round: figure} of the runs that count."""
    runs = [row for row in rows if row["scenario"] == scenario and row["peer"] == peer and figure in row]
    quiet = [row for row in runs if row["noise"] <= NOISE]
    return {row["round"]: row[figure] for row in (quiet or runs)}


def median(rows, scenario, peer, figure="rate"):
    values = list(of_runs(rows, scenario, peer, figure).values())
    return statistics.median(values) if values else None


def ratio(rows, left, right, figure="rate"):
    """(scenario, peer) against (scenario, peer): the median over rounds that both have; else of the medians."""
    ours, theirs = of_runs(rows, *left, figure), of_runs(rows, *right, figure)
    pairs = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
    if pairs:
        return statistics.median(pairs)
    ours, theirs = median(rows, *left, figure), median(rows, *right, figure)
    return ours / theirs if ours is not None and theirs else None


def best(rows, scenario):
    """The fastest of the others."""
    rates = [(median(rows, scenario, name), name) for name in ("postfix", "exim", "opensmtpd")]
    rates = [rate for rate in rates if rate[0]]
    return max(rates)[1] if rates else None


def against(scenario, other, least):
    def target(rows):
        name = best(rows, scenario) if other == "best" else other
        return f">= {least:g} x {name or other}", name and ratio(rows, (scenario, "sealpost"), (scenario, name)), lambda value: value >= least
    return target


def at_most(scenario, figure, most, unit):
    def target(rows):
        return f"{figure} <= {most:g} {unit}", median(rows, scenario, "sealpost", figure), lambda value: value <= most
    return target


TARGETS = (
    ("A", against("A", "direct", 0.85)), ("A", against("A", "postfix", 2.5)),
    ("B", against("B", "postfix", 15)), ("B", against("B", "opensmtpd", 12)), ("B", against("B", "direct", 0.35)),
    ("C", against("C", "best", 8)), ("D", against("D", "exim", 5)), ("D", at_most("D", "p99", 10, "ms")),
    ("E", against("E", "best", 10)), ("F", against("F", "best", 5)),
    ("G", at_most("G", "session_kb", 35, "KB")), ("G", at_most("G", "idle_mb", 30, "MB")),
    ("H", lambda rows: (">= 0.9 x its rate when nobody is slow", ratio(rows, ("H", "sealpost"), ("H0", "sealpost")), lambda value: value >= 0.9)),
    ("CPU", lambda rows: ("<= 0.1 x postfix", ratio(rows, ("B", "sealpost"), ("B", "postfix"), "cpu_ms"), lambda value: value <= 0.1)),
)


def cell(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def spread(rows, scenario, peer, figure, digits):
    values = list(of_runs(rows, scenario, peer, figure).values())
    if not values:
        return "-"
    middle = cell(statistics.median(values), digits)
    return middle if len(values) < 2 else f"{middle} ({cell(min(values), digits)}..{cell(max(values), digits)})"


def print_columns(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0])] + [word.rjust(width) for word, width in zip(line[1:], widths[1:])]).rstrip())
    print()


def table_rates(rows, names):
    lines = [["median (least..most)", *names, "best peer", "x best", "x direct"]]
    for scenario, title in TITLES.items():
        if not any(row["scenario"] == scenario for row in rows):
            continue
        other = best(rows, scenario) if scenario != "H0" else None
        of_best = other and ratio(rows, (scenario, "sealpost"), (scenario, other))
        lines.append([title] + [spread(rows, scenario, name, "rate", 1 if (median(rows, scenario, name) or 9) < 9 else 0) for name in names] +
                     [other or "-", cell(of_best, 2), cell(ratio(rows, (scenario, "sealpost"), (scenario, "direct")), 2)])
    for title, scenario, figure, digits in (
            ("A  CPU per 1,000 messages, s", "A", "cpu_ms", 2), ("B  CPU per 1,000 messages, s", "B", "cpu_ms", 2),
            ("B  dot to 250, p50, ms", "B", "p50", 1), ("B  dot to 250, p99, ms", "B", "p99", 1),
            ("D  CPU per 1,000 messages, s", "D", "cpu_ms", 2), ("D  dot to 250, p99, ms", "D", "p99", 1),
            ("G  idle, MB in all", "G", "idle_mb", 1), ("G  a session of 1,000 idle ones, KB", "G", "session_kb", 1)):
        if any(row["scenario"] == scenario and figure in row for row in rows):
            lines.append([title] + ["-" if name == "direct" and figure == "cpu_ms" else spread(rows, scenario, name, figure, digits)
                                    for name in names] + ["", "", ""])
    print_columns(lines)


def table_targets(rows):
    lines = [["", "to be", "is", ""]]
    for scenario, target in TARGETS:
        want, value, reached = target(rows)
        if value is not None:
            lines.append([scenario, want, cell(value, 2), "reached" if reached(value) else "NOT REACHED"])
    if len(lines) > 1:
        print_columns(lines)


def table_truth(rows, names):
    """Nothing lost, nothing twice: and how quiet the machine was."""
    lines = [["all runs", *names]]
    for title, figure in (("lost", "lost"), ("duplicated", "duplicates"), ("mixed up", "mixed_up"), ("accepted, not there in time", "late"),
                          ("refused", "refused"), ("ended with an error", "failed")):
        lines.append([title] + [str(sum(row.get(figure, 0) for row in rows if row["peer"] == name)) for name in names])
    for title, question in (("runs", lambda row: True), (f"beside more than {NOISE:.0%} of other work", lambda row: row["noise"] > NOISE)):
        lines.append([title] + [str(sum(question(row) for row in rows if row["peer"] == name)) for name in names])
    print_columns(lines)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "processor")
    return f"{os.cpu_count()} x {model}, Linux {os.uname().release}, {time.strftime('%Y-%m-%d %H:%M')}"


def print_tables(rows, names):
    table_rates(rows, names)
    table_targets(rows)
    table_truth(rows, names)


# --- all of it

def measure(bed, peer, scenario, count, number, results):
    """One run, however it ends."""
    bed.fresh()
    try:
        found = SCENARIOS[scenario](bed, peer, count)
    except AssertionError as failure:
        print(f"{peer.name} {scenario}: {failure}", file=sys.stderr)
        found = {scenario: {"failed": 1, "noise": 0.0}}
    finally:
        peer.stop()
    rows = []
    for name, figures in found.items():
        row = {"scenario": name, "peer": peer.name, "round": number, "messages": count, **figures}
        rows.append(row)
        results.write(json.dumps(row) + "\n")
        results.flush()
        shown = {key: round(value, 2) if isinstance(value, float) else value for key, value in figures.items() if key not in ("recipients", "error")}
        print(f"# {name} {peer.name} {number}: {json.dumps(shown)} {figures.get('error') or ''}".rstrip(), flush=True)
    return rows


def plan(options):
    """(scenario, peer, round, messages) in the order of measuring: within a scenario the peers take turns."""
    counts = dict(SMALLEST if options.quick else MESSAGES)
    for word in filter(None, options.messages.split(",")):
        counts[word.split("=")[0]] = int(word.split("=")[1])
    wanted = [name for name in "ABCDFGH" if name in options.scenarios or (name == "D" and "E" in options.scenarios)]
    for scenario in wanted:
        for number in range(options.runs):
            for name in options.peers:
                if name == "direct" and scenario in NO_DIRECT:
                    continue
                yield scenario, name, number, counts[scenario] * (1 if options.quick else PEERS[name].factor.get(scenario, 1))
                if scenario == "H" and name == "sealpost":
                    yield "H0", name, number, counts["H"]


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="few messages, one run: whether everything works, not how fast")
    parser.add_argument("--scenarios", default="ABCDEFGH", help="some of ABCDEFGH; E comes with D")
    parser.add_argument("--peers", default="direct,sealpost,postfix,exim,opensmtpd")
    parser.add_argument("--runs", type=int, help="of each scenario and server; 3 unless said, 1 with --quick")
    parser.add_argument("--messages", default="", help="A=5000,B=5000,...")
    parser.add_argument("--results", help="where each run is written as a line of JSON; build/bench/results.jsonl")
    parser.add_argument("--table", help="measure nothing, print the tables of such a file")
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    options.runs = options.runs or (1 if options.quick else 3)
    options.results = options.results or os.path.join(options.build, "bench", "results.jsonl")
    for name in options.peers:
        if name not in PEERS:
            parser.error(f"no server {name}")
    return options


def main():
    options = parse()
    if options.table:
        with open(options.table, encoding="ascii") as file:
            rows = [json.loads(line) for line in file]
        print_tables(rows, [name for name in PEERS if any(row["peer"] == name for row in rows)])
        return 0
    bed = Bed(options.build)
    peers = {name: PEERS[name](bed) for name in options.peers}
    print(f"# {machine()}")
    for peer in peers.values():
        print(f"# {peer.name}: {peer.version() or 'blast to sink'}")
    rows = []
    try:
        with open(options.results, "w", encoding="ascii") as results:
            for scenario, name, number, count in plan(options):
                rows += measure(bed, peers[name], scenario, count, number, results)
    finally:
        bed.finish()
    print()
    print_tables(rows, options.peers)
    return 1 if any(row.get("lost") or row.get("mixed_up") or row.get("failed") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
