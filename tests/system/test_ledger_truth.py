"""
The ledger equals the truth: sessions of every kind in both directions, most of them faulty, are counted by the clients that made them,
by the hosts that saw them, and by the lines of the log; `sealpost peers`, `sealpost stats` and the tables of ledger.db have to say
the same, for each peer, reason, version and cipher. Killing report (-9) costs nothing; killing a room that counts costs no more
than what it had counted since its last batch.

A thousand sessions of both directions here; tests/system/truth does it with 10,000.
"""

import collections
import datetime
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import time

import pytest

from house.crowd import Crowd, forerunner
from house.mx import MailHost, Raw
from house.places import RELAY
from house.processes import is_alive, wait_for

FLUSH_S = 1                     # ledger.flush
LATE_S = 0.7                    # what a busy machine may take to do what is due
PART_KILLED = 0.3               # of the sessions: those of the second test
PART_INBOUND = 0.6
KILLED_S = 7                    # for so long sessions come in the second test, so that some are in each window
RELAY_SETTINGS = {
    "listen": [f"{RELAY}:25", {"address": f"{RELAY}:587", "tickets": True}, {"address": f"{RELAY}:465", "tls": "implicit"}],
    "clients": ["127.44.2.0/24"], "ledger": {"flush": f"{FLUSH_S}s"}, "queue": {"retry_first": "1s", "retry_most": "1s"},
    "relay": {"connection_messages": 1},
}
OLD = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
TLS12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
SUITES = {                      # OpenSSL's names of those that are met here
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
}


# --- hosts

class Breaking(MailHost):
    """Cuts connections off where the handshake should be."""

    def context(self):
        raise ConnectionAbortedError("no handshake")


def cut_off(session, _):
    session.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Asking(MailHost):
    """Wants a certificate of whoever comes."""

    def context(self):
        context = super().context()
        context.load_verify_locations(self.certificate.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


class Host:
    """
    A row: zone, kind of certificate, options of MailHost, and what has to be counted: reason, has it TLS, state of the certificate.
    tlsa: "good" or "bad" records; sts: there is a policy to enforce; laid: version and cipher, where TLS was there before it failed.
    """

    def __init__(self, reason="", has_tls="yes", certificate="", show="good", zone="secure", tlsa=None, sts=False, laid=("", ""),
                 kind=MailHost, **options):
        self.reason, self.has_tls, self.certificate, self.show, self.zone = reason, has_tls, certificate, show, zone
        self.tlsa, self.sts, self.laid, self.kind, self.options = tlsa, sts, laid, kind, options
        self.place = self.mx = None

    def stand(self, house, site, published, names):
        self.place = site(self.zone)
        shown = house.authority.certificate(self.place.host, kind=self.show)
        if self.kind:
            self.mx = self.kind(self.place.address, self.place.host, shown, **self.options)
        if self.tlsa:
            record = shown.tlsa()
            record = record if self.tlsa == "good" else record[:-2] + ("00" if record[-2:] != "00" else "11")
            names.change({f"_25._tcp.{self.place.host}": [f"TLSA {record}"]})
        if self.sts:
            published(self.place, "enforce", max_age=604800)

    def connections(self):
        return len(self.mx.sessions) if self.mx else None


def hosts():
    return {
        "good": Host(certificate="valid", keep_context=True),
        "good 1.2": Host(certificate="valid", versions=TLS12),
        "dane": Host(certificate="dane-ee", show="self-signed", zone="live", tlsa="good"),
        "sts": Host(certificate="valid", zone="open", sts=True),
        "puts off": Host(certificate="valid", script={"MAIL": "450 4.2.0 later"}),
        "no STARTTLS": Host("starttls-not-supported", "no", starttls=None),
        "mangled": Host("starttls-mangled", "no", starttls="XXXXXXXA"),
        "refused": Host("starttls-refused", "no", script={"STARTTLS": "454 4.7.0 not now"}),
        "no EHLO": Host("ehlo-refused", "unknown", script={"EHLO": "502 5.5.1 what?"}),
        "busy": Host("greeting-refused", "unknown", script={"CONNECT": "421 4.3.2 not now"}),
        "babbles": Host("reply-malformed", "unknown", script={"CONNECT": Raw(b"hello there\r\n")}),
        "expired": Host("certificate-expired", certificate="certificate-expired", show="expired"),
        "not yet": Host("certificate-not-yet-valid", certificate="certificate-not-yet-valid", show="not-yet"),
        "wrong name": Host("certificate-name-mismatch", certificate="certificate-name-mismatch", show="wrong-name"),
        "unknown issuer": Host("certificate-unknown-issuer", certificate="certificate-unknown-issuer", show="unknown-ca"),
        "self-signed": Host("certificate-self-signed", certificate="certificate-self-signed", show="self-signed"),
        "sts unmatched": Host("certificate-name-mismatch", certificate="certificate-name-mismatch", show="wrong-name", zone="open", sts=True),
        "dane unmatched": Host("dane-mismatch", certificate="dane-mismatch", zone="live", tlsa="bad"),
        "reset": Host("handshake-reset", "unknown", kind=Breaking, script={"STARTTLS": cut_off}),
        "old": Host("protocol-old", "no", versions=OLD, ciphers="DEFAULT@SECLEVEL=0"),
        "weak": Host("peer-alert", "unknown", versions=TLS12, ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
        "asks": Host("client-certificate-required", certificate="valid", laid=("TLSv1.3", "TLS_AES_256_GCM_SHA384"), kind=Asking),
        "asks 1.2": Host("peer-alert", "unknown", kind=Asking, versions=TLS12),
        "nobody": Host("connect-refused", "unknown", kind=None),
    }


GOOD = ("good", "good 1.2", "dane", "sts")


@pytest.fixture(scope="module")
def standing():
    """All hosts, once for the module; they end with it."""
    made = {}
    yield made
    for host in made.values():
        if host.mx:
            host.mx.stop()


# --- what was counted

Row = collections.namedtuple("Row", "direction peer ip reason tls version cipher resumed certificate")


def counts(text):
    """"a=1 b=2" as a dict."""
    return {word: int(count) for word, count in (pair.rsplit("=", 1) for pair in text.split())}


class Count(dict):
    """Row to [sessions, messages]."""

    def add(self, row, sessions=1, messages=0):
        found = self.setdefault(row, [0, 0])
        found[0] += sessions
        found[1] += messages

    def by(self, *fields):
        """So many sessions for each of these fields' values."""
        found = collections.Counter()
        for row, (sessions, _) in self.items():
            found[tuple(getattr(row, field) for field in fields)] += sessions
        return found

    def sessions(self, **wanted):
        return sum(sessions for row, (sessions, _) in self.items() if all(getattr(row, key) == value for key, value in wanted.items()))

    def messages(self, **wanted):
        return sum(messages for row, (_, messages) in self.items() if all(getattr(row, key) == value for key, value in wanted.items()))

    def less(self, other):
        """What is here and not in the other."""
        found = Count()
        for row, (sessions, messages) in self.items():
            before = other.get(row, (0, 0))
            if (sessions, messages) != tuple(before):
                found[row] = [sessions - before[0], messages - before[1]]
        return found


def ledger_read(relay):
    """The tables themselves, in a copy of the file and its log."""
    folder = os.path.join(relay.spool, "ledger")
    copy = os.path.join(relay.folder, "copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    database = sqlite3.connect(os.path.join(copy, "ledger.db"))
    found = Count()
    for direction, peer, ip, reason, tls, version, cipher, resumed, certificate, sessions, messages in database.execute(
            "SELECT direction, peer, ip, reason, tls, version, cipher, resumed, certificate, sessions, messages FROM fact"):
        found.add(Row(("in", "out")[direction], peer, ip, reason, ("unknown", "no", "yes")[tls], version, cipher, resumed, certificate),
                  sessions, messages)
    database.close()
    return found


class Log:
    """What the log says was counted, from a place in it on: (time, ip, reason, messages) of each session."""

    def __init__(self, relay, start=0):
        self.inbound, self.outbound, self.connected = [], [], collections.Counter()
        for row in relay.events()[start:]:
            if row["event"] == "end" and row["client"]:
                self.inbound.append((moment(row), row["client"], row["reason"], int(row["accepted"])))
            elif row["event"] == "closed" and row.get("conn"):
                self.outbound.append((moment(row), row["ip"], "", int(row["messages"])))
            elif row["event"] == "attempt":
                self.outbound.append((moment(row), row["ip"], row["reason"], 0))
            elif row["event"] == "connected":
                self.connected[row["ip"]] += 1

    def by_reason(self):
        return collections.Counter((ip, reason) for _, ip, reason, _ in self.outbound)

    @staticmethod
    def by_ip(rows, windows=()):
        """So many for each address; with windows (begin, end), those that ended in one."""
        return collections.Counter(ip for when, ip, _, _ in rows if not windows or any(begin <= when <= end for begin, end in windows))


def moment(row):
    return datetime.datetime.fromisoformat(row["line"].split()[0].replace("Z", "+00:00")).timestamp()


def truth_of_clients(crowd):
    found = Count()
    for _, _, kind, seen in crowd.sessions:
        found.add(Row("in", kind.peer if kind.is_named else "", kind.address, kind.reason, kind.has_tls, seen.version,
                      SUITES.get(seen.cipher, seen.cipher), int(seen.is_resumed), ""), 1, seen.messages)
    return found


def truth_of_hosts(standing, log):
    """Of the one where nobody is, only the log knows."""
    found = Count()
    for host in standing.values():
        row = Row("out", host.place.host, host.place.address, host.reason, host.has_tls, *host.laid, 0, host.certificate)
        if host.mx is None:
            found.add(row, sum(1 for _, ip, _, _ in log.outbound if ip == host.place.address))
            continue
        taken = collections.Counter(id(message.session) for message in host.mx.accepted())
        for session in list(host.mx.sessions):
            if not host.reason:
                version, cipher = session.tls
                row = row._replace(version=version, cipher=SUITES.get(cipher, cipher), resumed=int(session.session_reused))
            found.add(row, 1, taken[id(session)])
    return found


# --- the run

def begin(relay, standing, house, site, published, names, count, seed, **options):
    """Everything is up, the faulty hosts have their mail, and so many clients come."""
    if not standing:
        standing.update(hosts())
        for host in standing.values():
            host.stand(house, site, published, names)
    first = forerunner([host.place.mailbox() for name, host in standing.items() if name not in GOOD])
    began, seen = time.time(), first.run(first, 0)
    crowd = Crowd([standing[name].place.mailbox() for name in GOOD], count, seed, **options)
    crowd.sessions.append((began, time.time(), first, seen))
    return crowd


def connections(standing):
    return sum(host.connections() or 0 for host in standing.values())


def run_until(relay, question, timeout):
    """Meanwhile whatever waits for its next attempt has it."""
    deadline = time.monotonic() + timeout
    while not question():
        assert time.monotonic() < deadline, f"waited {timeout} s in vain\n{relay.log()[-2000:]}"
        relay.ctl("queue", "retry", "--all", check=False)
        time.sleep(0.2)


def come_to_rest(relay, standing):
    """Nothing is tried any more."""
    relay.ctl("queue", "remove", "--all", check=False)
    relay.wait_empty()
    last = -1
    while last != (last := connections(standing)):
        time.sleep(0.5)


def tables_say(relay, truth):
    """The tables as they should be, once they are; what is told by the commands is compared with that."""
    def differences():
        found = ledger_read(relay)
        return "\n".join(f"{row}: {found.get(row, [0, 0])} in the ledger, {truth.get(row, [0, 0])} in truth"
                         for row in sorted({*found, *truth}) if list(found.get(row, [0, 0])) != list(truth.get(row, [0, 0])))

    wait_for(lambda: not differences(), 60, differences, 1)


def row_equals(told, count, **wanted):
    """A row of `sealpost peers` or `sealpost stats`, and all that is counted of it."""
    part = Count({row: numbers for row, numbers in count.items() if all(getattr(row, key) == value for key, value in wanted.items())})
    sessions = part.sessions()
    assert told["sessions"] == sessions and told["good"] == part.sessions(reason="") == sessions - told["failed"], (told, part)
    assert told["messages"] == part.messages() and told["resumed"] == part.sessions(resumed=1), (told, part)
    assert told["with_tls"] == part.sessions(tls="yes") and told["without_tls"] == part.sessions(tls="no"), (told, part)
    assert told["forward_secret"] == sum(number for (version,), number in part.by("version").items() if version), (told, part)
    for field, of in {"reasons": "reason", "versions": "version", "ciphers": "cipher", "certificates": "certificate"}.items():
        assert counts(told[field]) == {word: number for (word,), number in part.by(of).items() if word}, (field, told, part)


def commands_say(relay, truth):
    """`sealpost peers` and `sealpost stats`: the same."""
    rows = relay.ctl("peers", as_json=True)
    assert {(row["direction"], row["peer"]) for row in rows} == set(truth.by("direction", "peer"))
    for row in rows:
        row_equals(row, truth, direction=row["direction"], peer=row["peer"])
    for row in relay.ctl("stats", as_json=True):
        row_equals(row, truth, direction=row["direction"])
        versions = truth.by("direction", "version")
        assert (row["tls12"], row["tls13"]) == tuple(versions[row["direction"], version] for version in ("TLSv1.2", "TLSv1.3")), row
        assert row["peers"] == sum(direction == row["direction"] for direction, _ in truth.by("direction", "peer")), row
    for reason in {row.reason for row in truth if row.reason}:
        told = {(row["direction"], row["peer"]) for row in relay.ctl("peers", "--fault", reason, as_json=True)}
        assert told == {(row.direction, row.peer) for row in truth if row.reason == reason}, reason


def say(capsys, text):
    with capsys.disabled():
        print(f"\nledger: {text}")


@pytest.fixture
def sessions(request):
    return request.config.getoption("--sessions")


def test_the_ledger_is_the_truth_though_report_is_killed(relay, standing, house, site, published, names, sessions, capsys):
    begun, count = time.monotonic(), int(sessions * (1 - PART_KILLED))
    crowd = begin(relay, standing, house, site, published, names, int(count * PART_INBOUND), 1)
    kills = 1 + sessions // 3000
    for kill in range(kills):
        run_until(relay, lambda share=(kill + 0.5) / (kills + 1): crowd.done >= crowd.count * share, 300)
        kill_deaf(relay)
    run_until(relay, lambda: crowd.is_over() and crowd.count + connections(standing) >= count, 300)
    assert not crowd.broken, [(kind.name, why) for _, _, kind, why in crowd.broken[:10]]
    come_to_rest(relay, standing)
    log = Log(relay)
    truth = truth_of_clients(crowd)
    truth.update(truth_of_hosts(standing, log))
    tables_say(relay, truth)
    commands_say(relay, truth)
    assert Log.by_ip(log.inbound) == {ip: number for (_, ip), number in truth.by("direction", "ip").items() if ip in Log.by_ip(log.inbound)}
    assert log.by_reason() == {key[1:]: number for key, number in truth.by("direction", "ip", "reason").items() if key[0] == "out"}
    say(capsys, f"{truth.sessions()} sessions, {truth.sessions(direction='in')} in and {truth.sessions(direction='out')} out, {truth.messages()} "
                f"messages, {len(truth)} different, in {time.monotonic() - begun:.0f} s; report killed {kills} time{'s' * (kills > 1)}: "
                "none is missing")


def kill_deaf(relay):
    """Report ends with batches before it that it has not taken: first it hears nothing, then it is killed."""
    wait_for(lambda: relay.rooms("report"), 30, "a report room")
    relay.kill_room("report", signal.SIGSTOP)
    time.sleep(1.2 * FLUSH_S)
    relay.kill_room("report")


class Kills:
    """Rooms that count are killed: when, and until when they were away."""

    def __init__(self, relay):
        self.relay, self.moments, self.aways = relay, {"in": [], "out": []}, []

    def kill(self, *targets):
        """Rooms, or "all"."""
        wait_for(lambda: self.relay.ctl("stats", check=False).returncode == 0, 30, "a report room")
        time.sleep(1.5 * FLUSH_S)       # it has heard what was counted while it was away
        before, old = time.time(), {}
        if targets == ("all",):
            self.relay.kill_all()
        else:
            old = {room: self.relay.kill_room(room) for room in targets}
            wait_for(lambda: not any(map(is_alive, sum(old.values(), []))), 10, f"{targets} are dead")
        for direction, room in (("in", "intake"), ("out", "relay")):
            if room in targets or targets == ("all",):
                self.moments[direction].append((before, time.time()))
        if targets == ("all",):
            self.relay.start(30)
        else:
            wait_for(lambda: all(len(self.relay.rooms(room)) == len(pids) for room, pids in old.items()), 30, f"{targets} are back")
        self.aways.append((before, time.time()))

    def windows(self, direction):
        """When what may be missing was counted."""
        return [(before - FLUSH_S - LATE_S, after) for before, after in self.moments[direction]]

    def has_met(self, begin, end):
        """Is it a session that a kill may have ended, before or after it was counted?"""
        return any(begin <= after and end >= before - LATE_S for before, after in self.aways)


def check_missing(told, least, window, most, what):
    """told of each address: no more than there were, no fewer than there were without those that may be missing."""
    for ip in {*told, *least}:
        assert told[ip] <= most[ip], f"{what} {ip}: {told[ip]} in the ledger, {most[ip]} in truth"
        assert told[ip] >= least[ip] - window[ip], f"{what} {ip}: {told[ip]} in the ledger of {least[ip]}, {window[ip]} of them in the window"


def test_a_room_that_is_killed_takes_its_last_batch_with_it_and_no_more(relay, standing, house, site, published, names, sessions, capsys):
    begun, count = time.monotonic(), int(sessions * PART_KILLED)
    before, start = ledger_read(relay), len(relay.events())
    seen_before = {name: host.connections() for name, host in standing.items()}
    crowd = begin(relay, standing, house, site, published, names, int(count * PART_INBOUND), 2,
                  pace=count * PART_INBOUND / KILLED_S)
    kills, met = Kills(relay), connections(standing)
    for targets, part in ((("intake", "relay"), 0.15), (("all",), 0.6)):
        run_until(relay, lambda share=part: crowd.done >= crowd.count * share, 300)
        kills.kill(*targets)
    run_until(relay, lambda: crowd.is_over() and crowd.count + connections(standing) - met >= count, 300)
    come_to_rest(relay, standing)
    time.sleep(2 * FLUSH_S)
    counted, log = ledger_read(relay).less(before), Log(relay, start)
    assert all(kills.has_met(begin, end) for begin, end, _, _ in crowd.broken), crowd.broken
    # Inbound: the log has a line of every session just before it is counted, and clients know of every session.
    told = {direction: collections.Counter({ip: number for (way, ip), number in counted.by("direction", "ip").items() if way == direction})
            for direction in ("in", "out")}
    lines = Log.by_ip(log.inbound)
    check_missing(told["in"], lines, Log.by_ip(log.inbound, kills.windows("in")), lines, "in")
    sure = collections.Counter(kind.address for begin, end, kind, _ in crowd.sessions if not kills.has_met(begin, end))
    every = collections.Counter(kind.address for _, _, kind, _ in crowd.sessions + crowd.broken)
    check_missing(lines, sure, collections.Counter(), every, "lines of")
    # Outbound: the log has a line of every attempt, and of every connection when it is over; the hosts have seen each.
    lines = Log.by_ip(log.outbound)
    hosts_saw = collections.Counter({host.place.address: host.connections() - seen_before[name] if host.mx else lines[host.place.address]
                                     for name, host in standing.items()})
    check_missing(told["out"], lines, Log.by_ip(log.outbound, kills.windows("out")), hosts_saw, "out")
    # Nothing is counted as something else, whoever was killed.
    expected = {(kind.address, kind.reason, kind.has_tls) for _, _, kind, _ in crowd.sessions} | {
        (host.place.address, host.reason, host.has_tls) for host in standing.values()}
    assert not (strange := {(row.ip, row.reason, row.tls) for row in counted} - expected), strange
    ways = {"in": log.inbound, "out": log.outbound}
    missing = {way: len(rows) - counted.sessions(direction=way) for way, rows in ways.items()}
    window = {way: sum(Log.by_ip(rows, kills.windows(way)).values()) for way, rows in ways.items()}
    assert all(missing[way] <= window[way] for way in ways), (missing, window)
    say(capsys, f"{counted.sessions()} sessions, killed were intake and relay, then all: {missing['in']} in and {missing['out']} out are missing, of "
                f"{window['in']} and {window['out']} in the windows of {FLUSH_S} s before; in {time.monotonic() - begun:.0f} s")
