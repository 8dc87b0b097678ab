"""sealpostd under test: started with a configuration of the test's own, watched, asked, killed in part or whole, stopped."""

import json
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time

from house.client import secured
from house.configuration import defaults, merge, text_of
from house.places import CANARY, CLIENT
from house.processes import LEAST_S, LIBRARY_PATHS, Process, children, is_alive, program_of, run, send_signal, wait_for

GIVEN_KEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "unit", "master", "spool.pem")
ROOMS = ("intake", "queue", "relay", "report")


class Programs:
    """Where `make install DESTDIR=` put them."""

    def __init__(self, root):
        found = {}
        for folder, _, names in os.walk(root):
            for name in names:
                if os.access(os.path.join(folder, name), os.X_OK):
                    found.setdefault(name, os.path.join(folder, name))
        self.sealpostd = found.get("sealpostd")
        self.sealpost = found.get("sealpost")
        self.sendmail = found.get("sealpost-sendmail")
        self.libexec = os.path.dirname(found.get("intake", ""))
        missing = [name for name in ("sealpostd", "sealpost", *ROOMS) if name not in found]
        assert not missing, f"not installed below {root}: {', '.join(missing)}"


def fields(line):
    """A logfmt line as a dict, with "room" and "level" always there."""
    head, _, rest = line.partition(": ")
    row = {"room": head.split()[-1].removeprefix("sealpost-") if head.split() else "", "level": "info", "line": line}
    for key, quoted, plain in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', rest):
        row[key] = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted else plain
    return row


class Sealpost:
    def __init__(self, programs, folder, authority, settings=None, user=None):
        self.programs, self.folder, self.user = programs, folder, user
        self.settings = merge(defaults(folder, authority), settings or {})
        if "retry_first" in (settings or {}).get("queue", {}) and "retry_most" not in settings["queue"]:
            self.settings["queue"]["retry_most"] = settings["queue"]["retry_first"]
        self.config = os.path.join(folder, "sealpost.yaml")
        self.spool = self.settings["spool"]["directory"]
        self.log_path = os.path.join(folder, "log")
        self.notify_path = os.path.join(folder, "notify")
        self.process = self.notify = None
        self.notices = []
        self.makes_key = False      # True: the daemon makes its spool's key itself, which takes it seconds
        self.rows, self.read_octets = [], 0     # of the log, as far as it has been read
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        self.write()

    # --- life

    def write(self, settings=None):
        """Write the configuration, changed by `settings`; whole, whoever reads it meanwhile."""
        self.settings = merge(self.settings, settings or {})
        with open(self.config + ".new", "w", encoding="utf-8") as out:
            out.write(text_of(self.settings))
        os.chmod(self.config + ".new", 0o644)
        os.replace(self.config + ".new", self.config)

    def command(self):
        words = [self.programs.sealpostd, "-c", self.config, "--libexec", self.programs.libexec]
        if not self.user:
            return words
        return ["setpriv", f"--reuid={self.user}", f"--regid={pwd.getpwnam(self.user).pw_gid}", "--clear-groups"] + words

    def give_key(self):
        """The key of the spool, which the daemon would make at its first start."""
        keys = os.path.join(self.spool, "keys")
        if self.makes_key or "key" in self.settings["spool"] or os.path.exists(keys):
            return
        os.makedirs(keys)
        os.chmod(self.spool, 0o711)
        os.chmod(keys, 0o700)
        path = shutil.copy(GIVEN_KEY, keys)
        os.chmod(path, 0o600)
        if self.user:
            for owned in (self.spool, keys, path):
                shutil.chown(owned, self.user)

    def launch(self, **options):
        """Start without waiting for READY."""
        self.give_key()
        if self.notify is None:
            self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.notify.bind(self.notify_path)
            os.chmod(self.notify_path, 0o777)
            self.notify.setblocking(False)
        self.notices = []
        self.process = Process(self.command(), self.log_path, {"NOTIFY_SOCKET": self.notify_path, **options.pop("environment", {})},
                               **options)
        return self

    def start(self, timeout=LEAST_S, **options):
        self.launch(**options)
        try:
            wait_for(lambda: self.has_said("READY=1") or not self.process.is_running(), timeout, "READY=1")
            assert self.process.is_running(), f"sealpostd ended with status {self.process.popen.returncode}"
        except AssertionError as failure:
            self.stop()
            raise AssertionError(f"{failure}\n{self.log()[-4000:]}") from failure
        return self

    def has_said(self, text):
        """To the service manager, since the start (sd_notify)."""
        while True:
            try:
                self.notices += self.notify.recv(4096).decode("utf-8", "replace").split("\n")
            except (BlockingIOError, OSError):
                return any(notice.startswith(text) for notice in self.notices)

    def stop(self):
        if self.process is not None:
            return self.process.stop()
        return None

    def forget(self):
        """After the test: nothing of it runs, nothing listens."""
        self.stop()
        if self.notify is not None:
            self.notify.close()
            self.notify = None

    def restart(self, **options):
        self.stop()
        return self.start(**options)

    def kill_all(self):
        """kill -9 of master and every room, as close together as it gets."""
        family = [self.process.pid] + children(self.process.pid)
        for pid in family:
            send_signal(pid, signal.SIGSTOP)
        for pid in family:
            send_signal(pid, signal.SIGKILL)
        self.process.popen.wait(LEAST_S)
        wait_for(lambda: not any(map(is_alive, family)), what="everything is dead")

    def rooms(self, name):
        return [pid for pid in children(self.process.pid) if program_of(pid) == name]

    def kill_room(self, name, number=signal.SIGKILL):
        pids = wait_for(lambda: self.rooms(name), what=f"a room {name}")
        for pid in pids:
            send_signal(pid, number)
        return pids

    def reload(self, settings=None):
        self.write(settings)
        send_signal(self.process.pid, signal.SIGHUP)

    # --- what it says

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def events(self, event=None, **wanted):
        self.read_rows()
        return [row for row in self.rows if event in (None, row.get("event")) and all(row.get(key) == value for key, value in wanted.items())]

    def read_rows(self):
        """What has come to the log: each line is taken to pieces once, however often somebody looks for another."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(self.read_octets)
                octets = file.read()
        except FileNotFoundError:
            return
        lines = octets[:octets.rfind(b"\n") + 1]
        self.read_octets += len(lines)
        self.rows += [fields(line) for line in lines.decode("utf-8", "replace").splitlines() if "event=" in line]

    def wait_event(self, event, timeout=15, **wanted):
        return wait_for(lambda: self.events(event, **wanted), timeout,
                        lambda: f"event={event} {wanted} in\n{self.log()[-3000:]}", 0.05)

    def delivery(self, recipient, timeout=15, **wanted):
        """The last delivery line of a recipient."""
        return self.wait_event("delivery", timeout, to=f"<{recipient}>", **wanted)[-1]

    def outcome(self, recipient, timeout=20, count=1):
        """What became of the count-th attempt for a recipient: the relay's line of it."""
        rows = wait_for(lambda: (found := self.outcomes(recipient))[count - 1:] and found, timeout,
                        lambda: f"an outcome for {recipient} in\n{self.log()[-3000:]}", 0.05)
        return rows[count - 1]

    def outcomes(self, recipient):
        return self.events("delivery", to=f"<{recipient}>")

    # --- what it is asked

    def ctl(self, *words, check=True, as_json=False, timeout=LEAST_S, given=None):
        """`sealpost WORDS...`: its output as text, or as a list of dicts."""
        command = [self.programs.sealpost, "-c", self.config, *map(str, words)] + (["--json"] if as_json else [])
        done = subprocess.run(command, timeout=timeout, input=given, text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=LIBRARY_PATHS)
        if check and done.returncode != 0:
            raise AssertionError(f"{shlex.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        if as_json:
            return [json.loads(line) for line in done.stdout.splitlines()]
        return done

    def policy(self, *words, **options):
        """`sealpost policy WORDS... --json`: its rows."""
        return self.ctl("policy", *words, as_json=True, **options)

    def explain(self, domain, *words, **options):
        """`sealpost explain DOMAIN --json`: its rows, by what they are about."""
        return self.ctl("explain", domain, *words, as_json=True, **options)

    def queue_list(self, *filters):
        return self.ctl("queue", "list", *filters, as_json=True)

    def queue_is_empty(self):
        return not self.queue_list()

    def wait_empty(self, timeout=30):
        wait_for(self.queue_is_empty, timeout, lambda: f"the queue is not empty: {self.ctl('queue', 'list', check=False).stdout}", 0.1)

    def wait_queued(self, *words, timeout=20):
        """A row of the queue that has all these words somewhere; returns it."""
        def look():
            for row in self.queue_list():
                text = json.dumps(row, ensure_ascii=False)
                if all(word in text for word in words):
                    return row
            return None
        return wait_for(look, timeout, lambda: f"no row with {words} in {self.queue_list()}", 0.1)

    def wait_deferred(self, *filters, count=1):
        """Until the queue knows what the log has told: that so many messages wait for their next attempt."""
        return wait_for(lambda: len(found := self.queue_list("--state", "deferred", *filters)) >= count and found,
                        what=lambda: f"{count} deferred in {self.queue_list()}\n{self.log()[-3000:]}", pause=0.1)

    # --- mail

    def submit(self, recipient, *more, sender=f"{CANARY}@client.test", content=None, subject="test", sender_params="",
               recipient_params="", source=CLIENT, **options):
        """One message over STARTTLS; returns the identity it was accepted as."""
        with secured(source=source, **options) as client:
            client.mail(sender, recipient, *more, sender_params=sender_params, recipient_params=recipient_params)
            reply = client.data(content if content is not None else message(recipient, subject))
            assert reply.code == 250, f"{recipient}: {reply}"
            client.quit()
            return reply.text.split()[-1]

    def local(self, *words, content, check=True, user=None):
        """The sendmail entry."""
        command = [self.programs.sendmail, *words]
        if user:
            command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
        environment = {"SEALPOST_CONFIG": self.config, "SEALPOST_SUBMISSION": self.settings["submission"]["socket"]}
        return run(command, LEAST_S, check, environment, input=content)

    def raw_spool(self):
        """Every octet below the spool folder, by file."""
        for folder, _, names in os.walk(self.spool):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield path, file.read()


def message(recipient, subject="test", body="", size=0):
    """A small message that nobody may see in clear."""
    text = (f"From: <{CANARY}@client.test>\r\nTo: <{recipient}>\r\nSubject: {subject} {CANARY}\r\n"
            f"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{time.monotonic_ns()}.{CANARY}@client.test>\r\n\r\n"
            f"This is {CANARY}.\r\n{body}")
    if size > len(text):
        row = (CANARY + " ") * 5 + "\r\n"
        text += row * ((size - len(text)) // len(row) + 1)
    return text
