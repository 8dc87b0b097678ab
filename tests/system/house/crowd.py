"""
Clients of many kinds, many at once, some of them faulty: each says afterwards what its session came to, which is the truth that a
ledger has to equal. A kind has an address and a name of its own, so that it is known in logs and lists by either.
"""

import itertools
import random
import socket
import ssl
import struct
import threading
import time
import warnings

from house.client import Client, Ended, tls_context
from house.daemon import message
from house.places import CANARY, RELAY

TICKETS_PORT = 587          # of a listener with `tickets: yes`
AT_ONCE = 6                 # sessions


class Seen:
    """What a client knows of a session of its own."""

    def __init__(self, version="", cipher="", is_resumed=False, messages=0):
        self.version, self.cipher, self.is_resumed, self.messages = version, cipher, is_resumed, messages


def seen_of(client, messages=0):
    return Seen(client.socket.version(), client.socket.cipher()[0], client.socket.session_reused, messages)


def asked_for_tls(kind):
    """A client whose handshake may begin."""
    client = Client(source=kind.address)
    client.expect(f"EHLO {kind.peer}", 250)
    client.expect("STARTTLS", 220)
    return client


def wait_end(client):
    """Until the server has closed, and so has counted."""
    try:
        while client.socket.recv(65536):
            pass
    except ConnectionResetError:
        pass                # it had not read all that was said
    client.close()
    return Seen()


# --- kinds: functions of (kind, number of the session)

def secure(context, port=25, implicit=False, messages=lambda number: 0):
    def run(kind, number):
        with Client(port=port, source=kind.address, greet=not implicit) as client:
            if implicit:
                client.lay_tls(context)
                client.reply()
            else:
                client.expect(f"EHLO {kind.peer}", 250)
                client.expect("STARTTLS", 220)
                client.lay_tls(context)
            client.expect(f"EHLO {kind.peer}", 250)
            for _ in range(messages(number)):
                recipient = next(kind.recipients)
                client.mail(f"{CANARY}@client.test", recipient)
                assert client.data(message(recipient)).code == 250
            seen = seen_of(client, messages(number))
            client.expect("QUIT", 221)
            return seen
    return run


class Returning:
    """Shows the session that it got the last time."""

    def __init__(self):
        self.context = tls_context(maximum=ssl.TLSVersion.TLSv1_2)
        self.session = None

    def __call__(self, kind, number):
        client = Client(port=TICKETS_PORT, source=kind.address)
        with client:
            client.expect(f"EHLO {kind.peer}", 250)
            client.expect("STARTTLS", 220)
            client.socket = self.context.wrap_socket(client.socket, session=self.session)
            self.session = client.socket.session
            client.expect(f"EHLO {kind.peer}", 250)
            seen = seen_of(client)
            client.expect("QUIT", 221)
            return seen


def in_clear(*lines):
    def run(kind, _):
        with Client(source=kind.address) as client:
            client.expect(f"EHLO {kind.peer}", 250)
            for line in lines:
                client.expect(line, 530)
            client.expect("QUIT", 221)
        return Seen()
    return run


def refused(context):
    """A handshake that one side does not want."""
    def run(kind, _):
        client = asked_for_tls(kind)
        try:
            client.lay_tls(context)
        except (ssl.SSLError, ConnectionResetError):
            client.close()
            return Seen()
        raise AssertionError("there is TLS")
    return run


def instead(octets):
    """Something else than a handshake."""
    def run(kind, _):
        client = asked_for_tls(kind)
        client.send(octets)
        return wait_end(client)
    return run


def hello(context):
    """The octets of a ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def broken_off(context=None, reset=False):
    """Ends after its first words of the handshake, or (without a context) before them."""
    def run(kind, _):
        client = asked_for_tls(kind)
        if context:
            client.send(hello(context))
            client.socket.recv(65536)
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return Seen()
        client.socket.shutdown(socket.SHUT_WR)
        return wait_end(client)
    return run


def at_once(octets):
    """The first words of the session."""
    def run(kind, _):
        client = Client(source=kind.address)
        client.send(octets.format(kind.peer))
        return wait_end(client)
    return run


def looks(kind, _):
    with Client(source=kind.address) as client:
        client.expect(f"EHLO {kind.peer}", 250)
        client.expect("QUIT", 221)
    return Seen()


def distrustful():
    context = tls_context()
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def only(version, ciphers=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return tls_context(version, version, ciphers)


class Kind:
    """A row: how often of a hundred, what it does, the reason that stands for it and whether it has TLS (no, yes, or 0 for neither)."""

    def __init__(self, share, run, reason="", has_tls="yes", is_named=True):
        self.share, self.run, self.reason, self.has_tls, self.is_named = share, run, reason, has_tls, is_named
        self.name = self.peer = self.address = self.recipients = None


def kinds():
    """By name; with addresses. Only `mail` may relay."""
    tls13, tls12 = only(ssl.TLSVersion.TLSv1_3), only(ssl.TLSVersion.TLSv1_2)
    insecure = "DEFAULT@SECLEVEL=0"
    made = {
        "tls13": Kind(17, secure(tls13)),
        "tls12": Kind(12, secure(tls12)),
        "chacha": Kind(2, secure(only(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"))),
        "mail": Kind(16, secure(tls13, messages=lambda number: 1 + number % 2)),
        "implicit": Kind(6, secure(tls13, port=465, implicit=True)),
        "returning": Kind(6, Returning()),
        "plain": Kind(8, in_clear("MAIL FROM:<someone.secret@sender.test>", "RCPT TO:<other.secret@recipient.test>"), "plaintext-inbound", "no"),
        "auth": Kind(3, in_clear("AUTH PLAIN AAAA"), "plaintext-inbound", "no"),
        "old10": Kind(3, refused(only(ssl.TLSVersion.TLSv1, insecure)), "protocol-old", "no"),
        "old11": Kind(4, refused(only(ssl.TLSVersion.TLSv1_1, insecure)), "protocol-old", "no"),
        "weak": Kind(4, refused(only(ssl.TLSVersion.TLSv1_2, "AES128-SHA:@SECLEVEL=0")), "no-shared-cipher", "no"),
        "distrustful": Kind(3, refused(distrustful()), "peer-alert"),
        "garbage": Kind(3, instead(bytes(range(255, 0, -1)) * 2), "not-tls", "unknown"),
        "quits": Kind(3, instead(b"QUIT\r\n"), "not-tls", "unknown"),
        "early": Kind(2, broken_off(), "handshake-closed", "unknown"),
        "dropped": Kind(3, broken_off(tls13), "handshake-closed", "unknown"),
        "reset": Kind(2, broken_off(tls13, reset=True), "handshake-reset", "unknown"),
        "injects": Kind(1, at_once("EHLO {0}\r\nSTARTTLS\r\nNOOP\r\n"), "starttls-injection", "unknown"),
        "looks": Kind(3, looks, "closed", "unknown"),
        "web": Kind(1, at_once("GET / HTTP/1.1\r\nHost: {0}\r\n\r\n"), "not-smtp", "unknown", is_named=False),
    }
    for number, (name, kind) in enumerate(made.items(), 10):
        kind.name, kind.peer = name, f"{name}.client.test"
        kind.address = f"127.44.2.{number}" if name == "mail" else f"127.44.66.{number}"
    return made


def forerunner(recipients):
    """One more, with a message for each of these."""
    kind = Kind(0, secure(only(ssl.TLSVersion.TLSv1_3), messages=lambda _: len(recipients)))
    kind.name, kind.peer, kind.address, kind.recipients = "first", "first.client.test", "127.44.2.9", iter(recipients)
    return kind


class Crowd:
    """So many sessions, in an order of chance, no more than `pace` of them a second; `done` says how far it is."""

    def __init__(self, recipients, count, seed, pace=10 ** 6):
        self.kinds = kinds()
        self.kinds["mail"].recipients = itertools.cycle(recipients)
        chosen = random.Random(seed)
        every = list(self.kinds.values())
        # Each at least once, the rest by their shares.
        self.plan = every + chosen.choices(every, [kind.share for kind in every], k=count - len(every))
        chosen.shuffle(self.plan)
        self.count, self.pace, self.lock = count, pace, threading.Lock()
        self.sessions, self.broken = [], []     # (begin, end, kind, what was seen or went wrong)
        self.next = itertools.count()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(AT_ONCE)]
        self.begun_s = time.monotonic()
        for thread in self.threads:
            thread.start()

    def _run(self):
        while (number := next(self.next)) < self.count:
            time.sleep(max(0, self.begun_s + number / self.pace - time.monotonic()))
            kind, begin = self.plan[number], time.time()
            try:
                where, seen = self.sessions, kind.run(kind, number)
            except (OSError, Ended, AssertionError) as failure:
                where, seen = self.broken, repr(failure)
            with self.lock:
                where.append((begin, time.time(), kind, seen))

    @property
    def done(self):
        return len(self.sessions) + len(self.broken)

    def is_over(self):
        return self.done >= self.count
