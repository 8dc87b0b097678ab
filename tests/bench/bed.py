"""
What measuring stands on: the load generator and the sink, a folder for each run, and accounts of the processor time and
memory of whatever is measured. Runs inside tests/system/enter: everybody else's processes are out of sight.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from house import pki                                               # noqa: E402
from house.processes import LIBRARY_PATHS, Process, is_alive, port_is_open, program_of, run, send_signal, wait_for    # noqa: E402

SERVER, SERVER_PORT = "127.60.1.1", 2525        # whoever is measured
SINK, SINK_PORT = "127.60.2.1", 2600            # its smart host
FIRST = "127.61"                                # its next hops, when it has many: FIRST.0.1 and on


def hop_address(number):
    """The address of destN.test."""
    return f"{FIRST}.{number // 250}.{number % 250 + 1}"


def processor_seconds():
    """What all of the machine has worked since its start, stolen time and the kernel's own included."""
    with open("/proc/stat", encoding="ascii") as file:
        figures = [int(word) for word in file.readline().split()[1:9]]
    return (sum(figures) - figures[3] - figures[4]) / os.sysconf("SC_CLK_TCK")


def tools_seconds():
    """What this program and what it has waited for have worked."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def all_pids():
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


class Account:
    """
    The processes of one server: by a control group where one can be made (version 1 or 2), which also knows those that are
    gone; else whatever has come into this namespace since, which forgets those that nobody waited for.
    """

    KINDS = (("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup/cpu,cpuacct", "cpuacct.usage"),
             ("/sys/fs/cgroup", "cpu.stat"), ("/sys/fs/cgroup/unified", "cpu.stat"))

    def __init__(self):
        self.folder = self.usage = None
        self.before = all_pids()
        self.tools = set()
        for root, usage in self.KINDS:
            folder = os.path.join(root, f"sealpost-bench-{time.monotonic_ns()}")
            try:
                os.mkdir(folder)
            except OSError:
                continue
            if os.path.exists(os.path.join(folder, usage)) and self._takes(folder):
                self.folder, self.usage = folder, os.path.join(folder, usage)
                return
            os.rmdir(folder)

    @staticmethod
    def _takes(folder):
        trial = subprocess.run(["sh", "-c", f"echo 0 > {folder}/cgroup.procs"], stderr=subprocess.DEVNULL, check=False)
        return trial.returncode == 0

    def join(self):
        """In the child, before it becomes the server."""
        if self.folder:
            with open(os.path.join(self.folder, "cgroup.procs"), "w", encoding="ascii") as out:
                out.write("0")

    def pids(self):
        if self.folder:
            with open(os.path.join(self.folder, "cgroup.procs"), encoding="ascii") as file:
                return [int(line) for line in file if line.strip() != "0"]
        return [pid for pid in all_pids() - self.before - self.tools if is_alive(pid)]

    def room(self, name):
        """The processes of one kind."""
        return [pid for pid in self.pids() if program_of(pid) == name]

    def seconds(self):
        """Processor time so far."""
        if not self.folder:
            return sum(map(self.worked, self.pids()))
        with open(self.usage, encoding="ascii") as file:
            text = file.read().split()
        return int(text[0]) / 1e9 if len(text) == 1 else int(text[text.index("usage_usec") + 1]) / 1e6

    @staticmethod
    def worked(pid):
        """Processor time of one process and of the children it has waited for."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                words = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")

    def pss_octets(self, room=None):
        """Memory, with what is shared divided among those who share it; of all rooms, or of one kind."""
        total = 0
        for pid in self.room(room) if room else self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    total += next((int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")), 0)
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total

    def settle(self, most=20):
        """Wait until a second goes by with hardly any work."""
        for _ in range(most):
            before = self.seconds()
            time.sleep(1)
            if self.seconds() - before < 0.03:
                return

    def close(self):
        """Nothing is left, and the group is gone."""
        for number in (15, 9):
            for pid in self.pids():
                send_signal(pid, number)
            try:
                wait_for(lambda: not self.pids(), 5, "they end")
                break
            except AssertionError:
                pass
        if self.folder:
            wait_for(self._removed, 5, "the control group ends")

    def _removed(self):
        try:
            os.rmdir(self.folder)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True


class Bed:
    """Programs, certificates, and a folder for the run under way."""

    def __init__(self, build):
        self.build = build
        self.tools = os.path.join(build, "main", "tests", "bench")
        self.work = os.path.join(build, "bench", "work")
        self.run = os.path.join(self.work, "run")
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.run)
        folder = self.work
        while folder.startswith(build):     # servers that change users find their files
            os.chmod(folder, os.stat(folder).st_mode | 0o011)
            folder = os.path.dirname(folder)
        self.authority = pki.Authority(os.path.join(self.work, "pki"), "Bench")
        self.certificate = self.authority.certificate("mta.test", SERVER)
        self.sink_certificate = self.authority.certificate("sink.test", SINK)
        self.account = None
        self.running = []       # servers
        self.working = []       # tools

    def path(self, *parts):
        return os.path.join(self.run, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def fresh(self):
        """An empty folder, and nobody's work left to be done by the disk."""
        self.finish()
        shutil.rmtree(self.run, ignore_errors=True)
        os.makedirs(self.run)
        os.chmod(self.run, 0o755)
        os.sync()
        self.account = Account()

    def server(self, command, **options):
        """Start what is measured; it is part of the account with all its children."""
        server = Process(command, self.path("log"), preexec_fn=self.account.join, start_new_session=True, **options)
        self.running.append(server)
        return server

    def tool(self, command, out):
        with open(self.path(out), "w", encoding="ascii") as stdout, open(self.path(out + ".err"), "w", encoding="ascii") as stderr:
            tool = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=LIBRARY_PATHS)
        if self.account:
            self.account.tools.add(tool.pid)
        self.working.append(tool)
        tool.out = self.path(out)
        return tool

    def finish(self):
        """Whatever runs of this run, ends."""
        for tool in self.working:
            if tool.poll() is None:
                tool.kill()
            tool.wait()
        self.working = []
        for server in reversed(self.running):
            server.stop()
        self.running = []
        if self.account:
            self.account.close()
            self.account = None

    # --- the two ends

    def sink(self, listens, seconds, expect=0, recipients=1, tarpits=(), tarpit_ms=0, fail="nothing"):
        command = [os.path.join(self.tools, "sink"), "--cert", self.sink_certificate.certificate, "--key", self.sink_certificate.key,
                   "--recipients", recipients, "--fail", fail, "--expect", expect, "--seconds", seconds, "--seen", self.path("seen")]
        for listen in listens:
            command += ["--listen", listen]
        for tarpit in tarpits:
            command += ["--tarpit-listen", tarpit, "--tarpit", tarpit_ms]
        sink = self.tool(command, "sink")
        wait_for(lambda: "ready" in self.text("sink.err") or sink.poll() is not None, 10, "the sink")
        return sink

    def blast(self, messages, seconds=150, address=None, port=None, sessions=50, wait=True, **options):
        """options: per_connection=, size=, recipients=, domains=, idle=, pace=, domain=, run="""
        command = [os.path.join(self.tools, "blast"), "--connect", f"{address or SERVER}:{port or SERVER_PORT}", "--messages", messages,
                   "--sessions", sessions, "--seconds", seconds, "--acked", self.path("acked")]
        for name, value in {"size": 4096, "timeout": 20, **options}.items():
            command += ["--" + name.replace("_", "-"), value]
        blast = self.tool(command, "blast")
        if not wait:
            return blast
        told = self.result(blast, seconds + 70)
        # The last may have been accepted long before a session that was never served gives up.
        told["rate"] = told["accepted"] / max(1e-3, told["last"] - told["began"])
        return told

    def result(self, tool, seconds):
        """What a tool says at its end."""
        try:
            tool.wait(seconds)
        except subprocess.TimeoutExpired:
            tool.kill()
            tool.wait()
        with open(tool.out, encoding="ascii") as file:
            text = file.read()
        if not text:
            raise AssertionError(f"{tool.args[0]} said nothing: {self.text(os.path.basename(tool.out) + '.err')}")
        return {**json.loads(text), "status": tool.returncode}

    def text(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def numbers(self, name):
        return [int(word) for word in self.text(name).split()]

    def lost(self, recipients=1, matters=lambda number: True):
        """Recipients of accepted messages that nobody has seen."""
        seen = set(self.numbers("seen"))
        return sum(number * recipients + i not in seen for number in self.numbers("acked") for i in range(recipients) if matters(number))


__all__ = ["Account", "Bed", "LIBRARY_PATHS", "Process", "SERVER", "SERVER_PORT", "SINK", "SINK_PORT", "hop_address", "port_is_open",
           "processor_seconds", "run", "tools_seconds", "wait_for"]
