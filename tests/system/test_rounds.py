"""
Promise P2 in numbers: a room, or all of them, is killed with -9 at a random moment under load, again and again; then everything
that was accepted must have arrived. `tests/system/rounds [COUNT [SEED]]` does it 300 times; here it is a few.

What may come twice: a message that a relay was given and whose outcome is not in the journal when the relay, queue or
everything is killed. Queue gives relays of one next hop at most JOBS messages for each of its CONNECTIONS connections (one under
way, one behind it), so that is the window, and WINDOW the bound for each such kill. Killing intake, report or policy repeats
nothing: blast never sends a number again whose reply it did not get.
"""

import collections
import os
import random
import time

import pytest

from house.daemon import ROOMS
from house.processes import is_alive, wait_for
from test_crash import Load
from test_storm import explained

CONNECTIONS = 20                # queue.connections, as it is without a setting
JOBS = 2                        # JOBS_PER_CONNECTION of src/queue/destination.c
WINDOW = CONNECTIONS * JOBS
TARGETS = (*ROOMS, "policy", "all", "all")
REPEATING = ("relay", "queue", "all")
KILLS_MOST = 2                  # of one room in one life of master, who waits longer each time before starting one again


class Rounds:
    def __init__(self, load, seed):
        self.load, self.relay = load, load.relay
        self.random = random.Random(seed)
        self.kills = collections.Counter()      # since master was started
        self.all_kills = collections.Counter()
        self.slowest = 0.0                      # from a kill to the next accepted message, in seconds

    def accepted_octets(self):
        return os.path.getsize(self.load.acked) if os.path.exists(self.load.acked) else 0

    def wait_load(self):
        """Mail is being accepted now."""
        before = self.accepted_octets()
        wait_for(lambda: self.accepted_octets() > before, 60, lambda: f"mail is accepted again: {self.relay.log()[-2000:]}")

    def kill(self, target):
        if target == "all":
            self.relay.kill_all()
            self.kills.clear()
            self.relay.start(30)
            return
        old = self.relay.kill_room(target)
        wait_for(lambda: not any(map(is_alive, old)) and len(self.relay.rooms(target)) == len(old), 30, f"{target} is back")

    def round(self):
        target = self.random.choice(TARGETS)
        if self.kills[target] >= KILLS_MOST:
            target = "all"
        time.sleep(self.random.random() * 0.3)
        self.kills[target] += 1
        self.all_kills[target] += 1
        begun = time.monotonic()
        self.kill(target)
        self.wait_load()
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def bound(self):
        return WINDOW * sum(self.all_kills[target] for target in REPEATING)


@pytest.fixture
def rounds(house, sealpost):
    made = []

    def make(seed):
        relay = sealpost({"relayhost": "smtp:sink.house.test:2600", "log": {"level": "warn"},
                          "queue": {"retry_first": "1s", "retry_most": "1s"}, "spool": {"segment": "1M", "segment_age": "1s", "staged": "64K"}})
        made.append(Rounds(Load(house, relay, messages=10 ** 7, sessions=3, per_connection=10, size=600, seconds=10 ** 5), seed))
        return made[-1]
    yield make
    for one in made:
        one.load.stop()


def test_rounds_of_kill_9_lose_nothing_and_repeat_no_more_than_the_window(rounds, request, capsys):
    count, seed = request.config.getoption("--rounds"), request.config.getoption("--rounds-seed")
    seed = random.SystemRandom().randrange(10 ** 6) if seed is None else seed
    running = rounds(seed)
    load, relay = running.load, running.relay
    try:
        running.wait_load()
        for _ in range(count):
            running.round()
        load.blast.stop()
        acked = set(load.numbers(load.acked))
        wait_for(lambda: acked <= set(load.numbers(load.seen)), 120,
                 lambda: f"{len(acked - set(load.numbers(load.seen)))} of {len(acked)} accepted messages are missing", 1)
        relay.wait_empty(60)
        seen = load.numbers(load.seen)
        duplicates = len(seen) - len(set(seen))
        with capsys.disabled():
            print(f"\nrounds: {count} kills ({', '.join(f'{n} {name}' for name, n in sorted(running.all_kills.items()))}), seed {seed}: "
                  f"{len(acked)} accepted, 0 lost, {duplicates} twice (at most {running.bound()}: {WINDOW} in the window of each kill of "
                  f"{', '.join(REPEATING)}), slowest return {running.slowest:.1f} s")
        assert duplicates <= running.bound()
        done = relay.ctl("spool", "verify", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        errors = [row["line"] for row in relay.events(level="error") if not explained(row)]
        assert not errors, errors[:20]
    except AssertionError as failure:
        raise AssertionError(f"seed {seed}, {sum(running.all_kills.values())} of {count} rounds: {failure}") from failure
