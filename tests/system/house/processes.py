"""Starting, watching and stopping processes, all of it bounded in time, all of it by process id."""

import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

LIBRARY_PATHS = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


LEAST_S = 60        # that is waited for: whoever is awaited may have to wait itself, for a processor or a disk


def wait_for(question, timeout=LEAST_S, what="", pause=0.02, is_bound=False):
    """
    Ask until the answer is true, and return it; AssertionError when the time is over. is_bound: that it takes no longer is what is
    tested; else it may take LEAST_S in any case.
    """
    timeout = timeout if is_bound else max(timeout, LEAST_S)
    deadline = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what() if callable(what) else what or question}")
        time.sleep(pause)


def port_is_open(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == 0


def wait_port(address, port):
    wait_for(lambda: port_is_open(address, port), what=f"nothing listens on {address}:{port}", pause=0.05)


def children(pid):
    """All descendants of a process that are alive, parents first."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in map(int, file.read().split()):
                    found += [child] + children(child)
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def program_of(pid):
    """The file name of the program that runs there, or "" when it is gone."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Process:
    """One daemon in the foreground, its output in a file."""

    def __init__(self, command, log, environment=None, **options):
        self.log_path = log
        self.command = [str(word) for word in command]
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                          env={**LIBRARY_PATHS, **(environment or {})}, **options)

    @property
    def pid(self):
        return self.popen.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_running(self):
        return self.popen.poll() is None

    def stop(self, grace=LEAST_S):
        """SIGTERM, then SIGKILL to it and to whatever it started. Returns its exit status."""
        family = children(self.pid)
        if self.is_running():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(grace)
            except subprocess.TimeoutExpired:
                family += children(self.pid)
                self.popen.kill()
        for pid in family:
            if is_alive(pid):
                send_signal(pid, signal.SIGKILL)
        return self.popen.wait(LEAST_S)


def side_by_side(function, rows):
    """What it returns for each row of arguments: most of its time it waits for a process, so that several do."""
    with ThreadPoolExecutor(4) as pool:
        return [waiting.result() for waiting in [pool.submit(function, *row) for row in rows]]


def run(command, timeout=300, check=True, environment=None, **options):
    """A command that ends by itself; its output as text."""
    done = subprocess.run([str(word) for word in command], timeout=timeout, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**LIBRARY_PATHS, **(environment or {})}, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done
