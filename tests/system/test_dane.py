"""
DANE (RFC 7672) where one row of a table is not enough: ports, rollovers, connections that are kept, and whether the resolver is to be
believed at all. Certificates, aliases and failures are rows of test_policy_matrix.py.
"""

import time

import pytest

from conftest import standing
from house.places import CANARY, REMOTE_RESOLVER, RESOLVER_WIRE
from house.processes import wait_for
from house.situations import Row

WRONG = "5a" * 32
ROWS = [
    Row("thirty records, one of them right", "DX4", show="self-signed", tlsa=[f"3 1 1 {n:064x}" for n in range(30)] + ["3 1 1"],
        delivered="dane:dnssec"),
    Row("the same record in many forms", "DX4", show="self-signed", tlsa=["3 1 1", "3 0 1", "3 1 2", "3 0 2", "3 1 0", "3 0 0"],
        delivered="dane:dnssec"),
    Row("five hundred records", "DX4", show="self-signed", tlsa=[f"3 1 1 {n:064x}" for n in range(500)] + ["3 1 1"],
        later="dane-lookup-failed"),
    Row("2 0 1 for where the domain's alias leads", "D32", show="anchored", names=("way{n}.live.test",), records={"{d}": ["CNAME way{n}"],
        "way{n}.live.test": ["MX 10 {h}."]}, tlsa=["2 0 1"], delivered="dane:dnssec"),
    Row("an MX that is an address", "D6 C7", records={"{d}": ["MX 10 {a}."]}, tlsa=[], failed=("mx-unusable", "5.4.4")),
    Row("secure, then not: no way back", "D10", zone="live", names=("alias{n}.live.test",), records={"{d}": ["MX 10 alias{n}"],
        "alias{n}.live.test": ["CNAME out{n}.open.test."], "out{n}.open.test": ["CNAME {h}."]}, tlsa=["3 1 1 bad"],
        delivered="secure:dnssec"),
]
RELAY_SETTINGS = {"queue": {"retry_first": "1h", "retry_most": "2h"}, "policy": {"ratchet": False}}


@pytest.fixture(scope="module")
def world(house):
    yield from standing(house, ROWS, RELAY_SETTINGS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_records_few_and_many(world, row):
    world[row].check(world.relay)


@pytest.fixture
def proved(names, site, mx, authority):
    """proved(): a site with a certificate that nothing but its TLSA record speaks for; (place, host)."""
    def make(**options):
        place = site("live")
        host = mx(place, kind="self-signed", **options)
        names.change({f"_25._tcp.{place.host}": [f"TLSA {host.certificate.tlsa()}"]})
        return place, host
    return make


@pytest.mark.parametrize("port, good", [(2525, True), (25, False)])
def test_the_port_of_the_route_is_asked_for(sealpost, names, site, mx, port, good):
    """D7: _2525._tcp proves what listens there, and nothing else."""
    place = site("live")
    host = mx(place, kind="self-signed", port=port)
    names.change({f"_2525._tcp.{place.host}": [f"TLSA {host.certificate.tlsa()}"], f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}"]})
    relay = sealpost({"routes": {"routed.test": f"smtp:{place.host}:{port}"}, "queue": {"retry_first": "1h"}})
    relay.submit(f"{CANARY}@routed.test")
    row = relay.outcome(f"{CANARY}@routed.test")
    assert (row["tls"], row["reason"]) == ("dane:static", "-") if good else row["reason"] == "dane-mismatch", row["line"]
    assert len(host.accepted()) == good


def test_what_was_proved_by_old_records_is_proved_anew(sealpost, names, proved):
    """D44, D54, DX5: neither a connection that is kept nor a session serves when the records have changed; with both there all goes on."""
    place, host = proved(keep_context=True)
    relay = sealpost({"queue": {"retry_first": "1s"}, "workers": {"relay": 1}, "policy": {"ratchet": False}})
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["tls"] == "dane:dnssec"
    names.change({f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}"]})

    def is_held():
        relay.submit(place.mailbox())
        return any(row["reason"] == "dane-mismatch" for row in relay.outcomes(place.mailbox()))
    wait_for(is_held, 30, lambda: f"a plan is good for a few seconds only: {relay.log()[-3000:]}", 0.5, is_bound=True)
    count = len(host.accepted())
    assert not any(session.session_reused for session in host.sessions)
    names.change({f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}", f"TLSA {host.certificate.tlsa()}"]})
    wait_for(lambda: len(host.accepted()) > count, 20, "the new record stands beside the old")
    relay.wait_empty()


# --- is the resolver to be believed? (D50, D53)

def trust(relay, wanted):
    """Every relay has found out: mail may go by any of them."""
    def look():
        rows = [row for row in relay.events("dns-trust") if row["trust"] == wanted and row["room"] == "relay"]
        return rows if len(rows) >= relay.settings["workers"]["relay"] else None
    return wait_for(look, what=lambda: f"{wanted}: {relay.events('dns-trust')}")[-1]


def send(relay, place, count=1):
    relay.submit(place.mailbox())
    return relay.outcome(place.mailbox(), count=count)


def by(address, **settings):
    """What matters here is what relay believes: MTA-STS is out of the way."""
    return {"dns": {"servers": [address], **settings}, "queue": {"retry_first": "1s"}, "policy": {"ratchet": False, "mta_sts": False}}


def test_a_resolver_that_validates_is_believed(sealpost, proved, resolver_wire):
    place, _ = proved()
    resolver_wire()
    relay = sealpost(by(RESOLVER_WIRE))
    trust(relay, "proved")
    assert send(relay, place)["tls"] == "dane:dnssec"
    assert "proved" in relay.ctl("status").stdout


def test_a_resolver_elsewhere_is_not_believed(sealpost, names, site, mx, resolver_wire):
    """D50: its AD has come a way that nobody watches. Said aloud; records that would forbid everything count for nothing."""
    place = site("live")
    mx(place)
    names.change({f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}"]})
    resolver_wire(REMOTE_RESOLVER)
    relay = sealpost(by(REMOTE_RESOLVER))
    row = trust(relay, "off")
    assert row["level"] == "warn", row["line"]
    assert send(relay, place)["tls"] == "verify:mx"


@pytest.mark.parametrize("deed, name", [("doubt", None), ("believe", None), (["A 127.44.0.99"], "canary.bogus.test")],
                         ids=["no AD at all", "AD on everything", "the broken name has an address"])
def test_a_resolver_that_does_not_validate_is_not_believed(sealpost, names, site, mx, resolver_wire, deed, name):
    """D53"""
    place = site("live")
    mx(place)
    names.change({f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}"]})
    resolver_wire().do(deed, name)
    relay = sealpost(by(RESOLVER_WIRE))
    assert RESOLVER_WIRE in trust(relay, "disproved")["line"]
    assert send(relay, place)["tls"] == "verify:mx"
    assert "disproved" in relay.ctl("status").stdout


def test_while_it_is_not_known_mail_waits(sealpost, proved, resolver_wire):
    """P3: a resolver whose canaries are kept away must not make it weaker; when they are back, mail flows."""
    place, host = proved()
    wire = resolver_wire()
    wire.do("drop", "canary.secure.test")
    relay = sealpost(by(RESOLVER_WIRE, timeout="200ms", tries=1))
    trust(relay, "undecided")
    assert send(relay, place)["dsn"].startswith("4.")
    assert not host.messages
    wire.calm()
    trust(relay, "proved")
    wait_for(host.accepted, 10, lambda: relay.log()[-3000:])
    wait_for(lambda: relay.outcomes(place.mailbox())[-1]["tls"] == "dane:dnssec", 10, lambda: relay.log()[-2000:])


def test_what_was_proved_is_not_taken_back_by_silence(sealpost, proved, resolver_wire):
    """P3: only a contradiction does that."""
    place, _ = proved()
    wire = resolver_wire()
    relay = sealpost(by(RESOLVER_WIRE))
    trust(relay, "proved")
    for name in ("canary.secure.test", "canary.insecure.test", "canary.bogus.test"):
        wire.do("drop", name)
    assert send(relay, place)["tls"] == "dane:dnssec"
    assert len([row for row in relay.events("dns-trust") if row["room"] == "relay"]) == len(relay.rooms("relay"))


def test_off_by_one_word(sealpost, names, site, mx):
    """D41: by configuration, and only so."""
    place = site("live")
    mx(place)
    names.change({f"_25._tcp.{place.host}": [f"TLSA 3 1 1 {WRONG}"]})
    relay = sealpost({"policy": {"dane": False}})
    asked = names.wire.questions(f"_25._tcp.{place.host}")
    assert send(relay, place)["tls"] == "secure:dnssec"
    assert names.wire.questions(f"_25._tcp.{place.host}") == asked


def test_required_means_that_nothing_starts_without(sealpost, resolver_wire):
    """D53, dns.dnssec: required"""
    wire = resolver_wire()
    wire.do("doubt")
    relay = sealpost(by(RESOLVER_WIRE, dnssec="required"), start=False)
    relay.launch()
    relay.wait_event("dns-trust")
    time.sleep(0.5)
    assert not relay.has_said("READY=1")
    assert any("required" in row["line"] for row in relay.events("dns-trust"))
    relay.stop()
    wire.calm()
    relay.start()
    trust(relay, "proved")
