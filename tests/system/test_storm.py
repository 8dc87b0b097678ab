"""
Promise P2 in no fixed order: under load, rooms are killed, stopped and woken, taken away and brought back by reloads, the next
hop goes and comes, everything dies, the operator holds and retries; what and when a seed says. In the end nothing that was
accepted is missing, the queue is empty, and the spool has given back every file but those that are free.

The seed is printed; SEALPOST_STORM_SEEDS="1 2 3" and SEALPOST_STORM_SECONDS say others and for how long, SEALPOST_STORM_LOGS
where the log of a relay goes that failed.
"""

import json
import os
import random
import shutil
import signal
import time

import pytest

from house.daemon import ROOMS
from house.processes import Process, is_alive, send_signal, wait_for
from test_crash import Load

SECONDS = float(os.environ.get("SEALPOST_STORM_SECONDS", "12"))
SEEDS = [int(word) for word in os.environ.get("SEALPOST_STORM_SEEDS", "").split()] or [1, random.SystemRandom().randrange(10 ** 6)]
KILLS_MOST = 3              # of one room in one life of master: it waits longer and longer before it starts one again
DUPLICATES_A_BLOW = 200     # under way at a blow, at most
HEADER_STATE, STATE_IN_USE = 10, 1      # of a segment's header (src/lib-spool/layout.c)


class Storm:
    def __init__(self, load, seed):
        self.load, self.relay = load, load.relay
        self.random = random.Random(seed)
        self.stopped = []           # (when to wake it, process)
        self.kills = {}
        self.blows = 0
        self.is_sink_away = False
        self.told = []

    def tell(self, what):
        self.told.append(f"{time.monotonic() - self.begun:.2f} {what}")

    # --- what may happen

    def kill_room(self):
        name = self.random.choice(ROOMS)
        pids = self.relay.rooms(name)
        if not pids or self.kills.get(name, 0) >= KILLS_MOST:
            return
        self.kills[name] = self.kills.get(name, 0) + 1
        self.blows += 1
        pid = self.random.choice(pids)
        self.tell(f"kill {name} {pid}")
        send_signal(pid, signal.SIGKILL)

    def stop_room(self):
        name = self.random.choice(ROOMS + ("sealpostd",))
        pids = [self.relay.process.pid] if name == "sealpostd" else self.relay.rooms(name)
        if pids:
            pid, seconds = self.random.choice(pids), self.random.uniform(0.1, 3)
            self.tell(f"stop {name} {pid} for {seconds:.1f}")
            send_signal(pid, signal.SIGSTOP)
            self.stopped.append((time.monotonic() + seconds, pid))

    def reload(self):
        workers = {"intake": self.random.randint(1, 3), "relay": self.random.randint(1, 3)}
        self.tell(f"reload {workers}")
        self.blows += 1
        self.relay.reload({"workers": workers})

    def kill_all(self):
        self.tell("kill all")
        self.blows += 1
        self.kills = {}
        self.relay.kill_all()
        self.stopped = []
        self.start()

    def kill_master(self):
        """The rooms end by themselves, each in its time."""
        self.tell("kill master")
        self.wake(True)
        rooms = [pid for name in ROOMS for pid in self.relay.rooms(name)]
        self.blows += 1
        self.kills = {}
        send_signal(self.relay.process.pid, signal.SIGKILL)
        self.relay.process.popen.wait(10)
        if self.random.random() < 0.5:
            wait_for(lambda: not any(map(is_alive, rooms)), 20, "the rooms end with their master")
        self.start()

    def start(self):
        time.sleep(self.random.random() / 5)
        self.relay.start(30)

    def sink(self):
        self.tell("sink comes" if self.is_sink_away else "sink goes")
        self.blows += 1
        if self.is_sink_away:
            self.load.sink = Process(self.load.sink.command, self.load.sink.log_path)
        else:
            self.load.sink.stop()
        self.is_sink_away = not self.is_sink_away

    def operate(self):
        verb = self.random.choice(["retry", "hold", "release"])
        self.tell(verb)
        self.relay.ctl("queue", verb, "--all", check=False)

    # --- the storm

    def wake(self, everybody=False):
        now = time.monotonic()
        for when, pid in self.stopped:
            if everybody or when <= now:
                send_signal(pid, signal.SIGCONT)
        self.stopped = [] if everybody else [one for one in self.stopped if one[0] > now]

    def rage(self, seconds):
        self.begun = time.monotonic()
        blows = [self.kill_room] * 6 + [self.stop_room] * 6 + [self.reload] * 3 + [self.sink] * 2 + [self.operate] * 3
        blows += [self.kill_all, self.kill_master]
        while time.monotonic() - self.begun < seconds:
            # The tool, and the start, would wait for whoever is stopped.
            blow = self.random.choice(blows)
            if blow in (self.operate, self.kill_all, self.kill_master) and self.stopped:
                self.wake(self.random.random() < 0.5)
                continue
            blow()
            pause = time.monotonic() + self.random.choice([0.02, 0.2, 0.5, 1])
            while time.monotonic() < pause:
                time.sleep(0.01)
                self.wake()
        self.wake(True)
        if self.is_sink_away:
            self.sink()
        self.tell("calm")

    # --- afterwards

    def files_in_use(self):
        """Segments of mail that are not free, and pages of the journal beside the current one, as the disk has it."""
        found = []
        for folder, _, names in os.walk(self.relay.spool):
            if os.path.basename(folder) == "journal":
                found += [f"journal/{name}" for name in sorted(names)[:-1]]
                continue
            for name in names:
                if not name.startswith("segment-"):
                    continue
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        header = file.read(512)
                except FileNotFoundError:
                    continue
                if len(header) > HEADER_STATE and header[HEADER_STATE] == STATE_IN_USE:
                    found.append(os.path.join(os.path.basename(folder), name))
        return found

    def settle(self):
        """Release what is held and wait until everything has arrived."""
        acked = set(self.load.numbers(self.load.acked))
        deadline = time.monotonic() + 60
        while True:
            self.relay.ctl("queue", "release", "--all", check=False)
            self.relay.ctl("queue", "retry", "--all", check=False)
            missing = acked - set(self.load.numbers(self.load.seen))
            if not missing and self.relay.ctl("queue", "list", "--json", check=False).stdout == "":
                break
            assert time.monotonic() < deadline, f"{len(missing)} of {len(acked)} are missing: {sorted(missing)[:20]}; " \
                f"the queue has {self.relay.ctl('queue', 'list', check=False).stdout[-2000:]}"
            time.sleep(0.3)
        return acked


def explained(row):
    """Errors that a blow explains."""
    return row.get("event") == "folder" and "still has it" in row.get("reason", "")


@pytest.fixture
def storm(house, sealpost):
    storms = []

    def make(seed):
        relay = sealpost({"relayhost": "smtp:sink.house.test:2600", "queue": {"retry_first": "1s", "retry_most": "1s"},
                          "spool": {"segment": "1M", "segment_age": "1s", "staged": "64K"}})
        options = ["--fail", "later", "--every", "7"] if seed % 2 else []
        load = Load(house, relay, messages=10 ** 6, sessions=2, sink_options=options, seconds=SECONDS, size=(3000, 100_000)[seed % 3 == 0])
        storms.append(Storm(load, seed))
        return storms[-1]
    yield make
    for one in storms:
        one.wake(True)
        one.load.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_in_a_storm(storm, seed):
    raging = storm(seed)
    load, relay = raging.load, raging.relay
    load.wait_acked(100)
    try:
        raging.rage(SECONDS)
        load.blast.popen.wait(60)
        acked = raging.settle()
        assert json.loads(load.blast.log().splitlines()[-1])["accepted"] == len(acked)
        seen = load.numbers(load.seen)
        duplicates = len(seen) - len(set(seen))
        print(f"seed {seed}: {len(acked)} accepted, {duplicates} duplicates, {raging.blows} blows")
        assert duplicates <= DUPLICATES_A_BLOW * raging.blows
        wait_for(lambda: not raging.files_in_use(), 15, lambda: f"the spool keeps {raging.files_in_use()}", 0.2)
        done = relay.ctl("spool", "verify", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        errors = [row["line"] for row in relay.events(level="error") if not explained(row)]
        assert not errors, errors[:20]
        assert relay.process.is_running()
    except AssertionError as failure:
        if "SEALPOST_STORM_LOGS" in os.environ:
            shutil.copy(relay.log_path, os.path.join(os.environ["SEALPOST_STORM_LOGS"], f"storm-{seed}.log"))
        raise AssertionError("\n".join([f"seed {seed}", *raging.told, str(failure)])) from failure
