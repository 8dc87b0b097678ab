"""
What a failure looks like (policy/verdict.h) is judged by what the host was like before, and that is remembered over restarts, over the death
of rooms, and by all relays together. Signatures of what is on the way are told apart by the daemon as it is installed.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import time

import pytest

from conftest import Site, relay_maker, relays_end
from house.attacker import BEHIND, Attacker
from house.mx import MailHost
from house.processes import wait_for

SETTINGS = {"queue": {"retry_first": "1h"}, "relay": {"connection_messages": 1}, "workers": {"relay": 1}}
BEFORE = "Before, it offered STARTTLS and TLSv1.3 in 1 session, last on 2"


def status(relay, room):
    return [row for row in relay.ctl("status", as_json=True) if row["room"] == room]


def deliver(relay, place, name="first"):
    relay.submit(place.mailbox(name))
    row = relay.outcome(place.mailbox(name))
    assert row["dsn"].startswith("2."), row["line"]


def kept(relay, hosts=1):
    """Until the policy room has it, on its disk: in a copy of its files."""
    copy = os.path.join(relay.folder, "copy")

    def are_there():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(os.path.join(relay.spool, "policy"), copy)
        try:
            with contextlib.closing(sqlite3.connect(os.path.join(copy, "policy.db"))) as database:
                return database.execute("SELECT COUNT(*) FROM host").fetchone()[0] >= hosts
        except sqlite3.DatabaseError:
            return False        # it was being written
    wait_for(are_there, what="it is remembered", pause=0.1)


def judged(relay, place, name="second"):
    """What the next attempt looks like: its line in the log, which `why` agrees with."""
    mid = relay.submit(place.mailbox(name))
    assert relay.outcome(place.mailbox(name))["dsn"].startswith("4.")
    attempt = relay.wait_event("attempt", mx=place.host)[-1]
    relay.wait_deferred(mid)
    row = json.loads(relay.ctl("why", mid, "--json").stdout)
    assert (row["judged"], row["evidence"]) == (attempt["verdict"], attempt["evidence"]) or len(attempt["evidence"]) > 300
    return attempt


def stripped(relay, place, words=BEFORE):
    attempt = judged(relay, place)
    assert attempt["verdict"] == "stripping-suspected" and "STARTTLS is gone" in attempt["evidence"], attempt
    assert words in attempt["evidence"], attempt


# --- what is remembered, and by whom

def test_a_restart_forgets_nothing(sealpost, site, mx):
    """Right after the mail: what was not told yet is told before the relay ends."""
    place = site()
    host = mx(place)
    relay = sealpost(SETTINGS)
    deliver(relay, place)
    deliver(relay, place, "another")
    relay.restart()
    host.starttls = None
    stripped(relay, place, "Before, it offered STARTTLS and TLSv1.3 in 2 sessions since 2")


def test_a_relay_that_is_killed_is_followed_by_one_that_knows(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost(SETTINGS)
    deliver(relay, place)
    kept(relay)
    pids = relay.kill_room("relay")
    wait_for(lambda: relay.rooms("relay") and not set(pids) & set(relay.rooms("relay")), 20, "a relay is back")
    host.starttls = None
    stripped(relay, place)


def test_everything_is_killed_and_the_next_daemon_knows(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost(SETTINGS)
    deliver(relay, place)
    kept(relay)
    relay.kill_all()
    relay.start()
    host.starttls = None
    stripped(relay, place)


def relay_of(domain):
    """Which of two relays has a domain: as queue/destination.c counts."""
    digest = 5381
    for octet in f"mx:{domain}".encode():
        digest = (digest * 33 + octet) & 0xffffffff
    return digest % 2


def test_what_one_relay_saw_another_judges_by(sealpost, names, site, mx):
    """Two domains with one host, of two relays."""
    place = site("open")
    other = site("open")
    while relay_of(other.domain) == relay_of(place.domain):
        other = site("open")
    host = mx(place)
    names.change({other.domain: [f"MX 10 {place.host}."]})
    relay = sealpost({**SETTINGS, "workers": {"relay": 2}})
    deliver(relay, place)
    kept(relay)
    host.starttls = None
    relay.submit(other.mailbox("second"))
    assert relay.outcome(other.mailbox("second"))["reason"] == "starttls-not-supported"
    attempt = relay.wait_event("attempt", mx=place.host)[-1]
    assert attempt["verdict"] == "stripping-suspected" and BEFORE in attempt["evidence"], attempt
    assert sorted((int(row["delivered"]), int(row["later"])) for row in status(relay, "relay")) == [(0, 1), (1, 0)]


def test_explain_shows_what_is_remembered(sealpost, site, mx):
    place = site()
    mx(place)
    relay = sealpost(SETTINGS)
    deliver(relay, place)
    relay.restart()
    # On a busy machine the DNS may give no answer the first time.
    row = wait_for(lambda: next((row for row in relay.explain(place.domain, check=False) if row["row"] == "host"), None))
    assert (row["past_sessions"], row["past_version"], row["past_ip"]) == (1, "TLSv1.3", place.address), row
    assert row["past_offer"].split()[0] == "STARTTLS" and "PIPELINING" in row["past_offer"] and len(row["past_cert"]) == 64
    assert 0 <= time.time() - row["past_last"] < 60
    text = relay.ctl("explain", place.domain).stdout
    assert "past_last" in text and "TLSv1.3" in text


def test_a_memory_that_is_lost_holds_nothing_back(sealpost, site, mx):
    """P3: what is sent where does not depend on it; only the verdict is weaker."""
    place = site()
    host = mx(place)
    relay = sealpost(SETTINGS)
    deliver(relay, place)
    kept(relay)
    relay.stop()
    with open(f"{relay.spool}/policy/policy.db", "r+b") as database:
        database.write(b"nothing of a database" * 10)
    relay.start()
    assert relay.events("policy-store-damaged")
    deliver(relay, place, "third")
    relay.restart()
    host.starttls = None
    stripped(relay, place)


# --- signatures

SIGNATURES = [
    # what is on the way does, the reasons that this may have, what it looks like, by what
    ("strip", ("starttls-not-supported",), "stripping-suspected", "STARTTLS is gone from what it offers, and nothing else is."),
    ("mangle", ("starttls-mangled",), "middlebox", "came blotted out"),
    ("stars", ("starttls-not-supported",), "middlebox", "Its greeting came as asterisks"),
    ("helo-only", ("ehlo-refused",), "middlebox", "only HELO is left"),
    ("unknown", ("starttls-refused",), "middlebox", "does not know the command"),
    ("later", ("starttls-refused",), "misconfiguration", "cannot begin it"),
    ("reset-after", ("handshake-reset", "handshake-closed"), "stripping-suspected", "cut off as soon as encryption was to begin"),
    ("certificate", ("certificate-self-signed",), "stripping-suspected", "another certificate than the one it proved itself by before"),
    ("close", ("closed", "reset"), "outage", "It was not got as far as encryption."),
]


@pytest.fixture(scope="module")
def verdicts(house):
    """A host for each: a mail in peace, a new daemon, and a mail with somebody on the way. Yields (attempt, row of why) by signature."""
    make, made = relay_maker(house)
    relay = make(SETTINGS)
    places = {row[0]: Site(next(house.sites), "secure") for row in SIGNATURES}
    hosts = [MailHost(place.address, place.host, house.authority.certificate(place.host), port=25 + BEHIND) for place in places.values()]
    wires = {mode: Attacker(house.names, place, house.authority.certificate(place.host, kind="self-signed"))
             for mode, place in places.items()}
    for place in places.values():
        deliver(relay, place)
    relay.restart()
    for mode, wire in wires.items():
        wire.mail.mode = mode
    try:
        yield {mode: judged(relay, place) for mode, place in places.items()}
    finally:
        for one in [*wires.values(), *hosts]:
            one.stop()
        relays_end(made)


@pytest.mark.parametrize("mode, reasons, verdict, evidence", SIGNATURES, ids=[row[0] for row in SIGNATURES])
def test_what_is_on_the_way_is_told_apart(verdicts, mode, reasons, verdict, evidence):
    attempt = verdicts[mode]
    assert attempt["reason"] in reasons and attempt["verdict"] == verdict, attempt
    assert evidence in attempt["evidence"] and BEFORE in attempt["evidence"], attempt


def test_what_fails_alike_everywhere_is_our_own_way_to_the_internet(sealpost, names, site, mx):
    """Three domains at three networks: nobody is blamed. As soon as anything gets through, the next one is out of order by itself."""
    places, good = [site("open") for _ in range(4)], site()
    # Each with a host below its own name: hosts side by side in one zone would be those of one provider.
    for place in places:
        place.host = f"mx.{place.domain}"
    names.change({**{place.domain: [f"MX 10 mx.d{place.number}"] for place in places},
                  **{place.host: [f"A 127.{45 + n}.10.1"] for n, place in enumerate(places)}})
    mx(good)
    relay = sealpost(SETTINGS)
    attempts = [judged(relay, place) for place in places[:3]]
    assert [attempt["reason"] for attempt in attempts] == ["connect-refused"] * 3
    assert [attempt["verdict"] for attempt in attempts] == ["outage", "outage", "own-uplink"]
    assert "at 3 networks that have nothing to do with each other" in attempts[2]["evidence"]
    name = next(row["id"] for row in relay.queue_list() if places[2].domain in json.dumps(row))
    assert "this relay's own way to the Internet" in " ".join(relay.ctl("why", name).stdout.split())
    deliver(relay, good)
    assert judged(relay, places[3])["verdict"] == "outage"
