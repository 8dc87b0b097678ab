"""
MTA-STS (RFC 8461) end to end: what is asked of policy hosts, what is taken from them, and what is remembered. A table for what can be
seen from one mail, or from one before and one behind a change; functions for the rest.
"""

import socket
import time

import pytest

from conftest import standing
from house.client import secured
from house.places import CANARY, HOSTNAME, REVOCATION
from house.policyhost import policy_text
from house.processes import wait_for
from house.situations import Row

ENFORCED = ("enforce", ["{h}"])
STRANGE = ("enforce", ["elsewhere.open.test"])
RECORD = "_mta-sts.{d}"
ANY = ("*.open.test",)         # one certificate for many mail hosts: what they show is not at issue here


def taken(name, ids, **options):
    """The policy is taken: the host in it is proved by it."""
    return Row(name, ids, zone="open", names=ANY, sts=ENFORCED, delivered="secure:sts", **options)


def left(name, ids, **options):
    """It is not: the MX would not be in it."""
    return Row(name, ids, zone="open", names=ANY, sts=STRANGE, delivered="verify:mx", **options)


def held(name, ids, then, zone="open", **options):
    """A mail by a policy in force, then something happens: the next goes by the same policy."""
    return Row(name, ids, zone=zone, names=("*.open.test", "*.live.test"), sts=ENFORCED, before=1, then=then, delivered="secure:sts",
               **options)


ROWS = [
    # --- the record
    taken("record in two strings", "M3", records={RECORD: ['TXT "v=STSv1; i" "d=abc;"']}),
    taken("record by an alias", "M3", records={RECORD: ["CNAME sts{n}.open.test."], "sts{n}.open.test": ['TXT "v=STSv1; id=abc"']}),
    taken("record beside others", "M2", records={RECORD: ['TXT "v=spf1 -all"', 'TXT "v=STSv1; id=abc"', 'TXT "x"']}),
    taken("record without spaces", "M1", records={RECORD: ['TXT "v=STSv1;id=abc;"']}),
    taken("an id of 32", "M1", records={RECORD: ['TXT "v=STSv1; id=' + "a" * 32 + '"']}),
    taken("unknown fields, a second id", "M1 M4", records={RECORD: ['TXT "v=STSv1; id=a; x=y; id=b"']}),
    left("two records", "M2", records={RECORD: ['TXT "v=STSv1; id=a"', 'TXT "v=STSv1; id=b"']}),
    left("other letter case", "M1", records={RECORD: ['TXT "v=stsv1; id=a"']}),
    left("an id of 33", "M1", records={RECORD: ['TXT "v=STSv1; id=' + "a" * 33 + '"']}),
    left("an id with a hyphen", "M1", records={RECORD: ['TXT "v=STSv1; id=a-b"']}),
    left("no id", "M1", records={RECORD: ['TXT "v=STSv1;"']}),
    left("a space before the semicolon", "M2", records={RECORD: ['TXT "v=STSv1 ; id=a"']}),
    Row("three hundred records", "MX7", zone="open", sts=STRANGE, later="sts-dns-failed",
        records={RECORD: [f'TXT "v=STSv1; id=a{n}; x={"y" * 150}"' for n in range(300)]}),
    left("an id with an escape", "MX7", records={RECORD: ['TXT "v=STSv1; id=\\027[31m"']}),

    # --- the way to the file
    taken("chunked", "M14", sts_fault="chunked"),
    taken("parameters of the type", "M13", sts_fault="parameters"),
    taken("the type in upper case", "M13", sts_fault="upper case"),
    taken("64 KiB", "M14", sts_fault="64 KiB"),
    taken("1xx first", "H40", sts_fault="1xx first"),
    taken("caching fields", "M11", sts_fault="cached"),
    taken("a slow start", "M14", sts_fault="slow start"),
    *[left(f"status {code}", "M11 MX5 H42", sts_fault=code) for code in
      ("301", "302", "303", "307", "308", "204", "206", "304", "404", "500", "503")],
    *[left(f"fault: {fault}", ids, sts_fault=fault) for fault, ids in (
        ("html", "M13 MX5"), ("no type", "M13"), ("text/plainly", "M13"), ("gzip", "M14"), ("64 KiB and 1", "M14 MX5"),
        ("chunks without end", "MX5 M14"),
        ("trailers without end", "MX5 H40"), ("headers without end", "MX5 H40"), ("a header without end", "MX5 H40"),
        ("1xx without end", "H40"),
        ("body without end", "MX5"), ("cut", "MX5 H40"), ("cut by reset", "MX5"), ("cut chunk", "MX5 H40"), ("1.0 cut", "MX5"),
        ("no HTTP", "H40"), ("nothing", "MX5"), ("two lengths", "H40"))],
    *[left(f"policy host: {kind}", "M12", sts_show=kind)
      for kind in ("expired", "not-yet", "self-signed", "wrong-name", "cn-only", "unknown-ca", "client-only")],
    left("policy host: a partial wildcard", "M12", sts_names=("mta-st*.{d}",)),
    left("policy host: a wildcard too high", "M12", sts_names=("*.open.test",)),
    taken("policy host: a wildcard", "M12", sts_names=("*.{d}",)),
    taken("policy host by an alias", "M51", records={"mta-sts.{d}": ["CNAME web{n}.open.test."], "web{n}.open.test": ["A 127.44.30.{n}"]}),
    left("policy host without address", "M21", records={"mta-sts.{d}": []}),
    left("policy host: SERVFAIL", "M21", wire=[("servfail", "mta-sts.{d}", None)]),
    left("policy host: nobody there", "M21", records={"mta-sts.{d}": ["A 127.44.0.99"]}),

    # --- a policy in force, and what then happens: M20 for each way of failing
    held("record gone", "M20 2.1", {"records": {RECORD: []}}),
    held("record of another type", "M20", {"records": {RECORD: ["A 127.44.0.99"]}}),
    held("record malformed", "M20", {"records": {RECORD: ['TXT "v=STSv1; id=a-b"']}}),
    held("two records now", "M20", {"records": {RECORD: ['TXT "v=STSv1; id=a"', 'TXT "v=STSv1; id=b"']}}),
    held("record: SERVFAIL", "M20 2.1", {"wire": [("servfail", RECORD, "TXT")]}),
    held("record: refused", "M20", {"wire": [("refuse", RECORD, "TXT")]}),
    held("record: bogus", "M20", {"wire": [("spoil", RECORD, "TXT")]}, zone="live"),
    held("record: forged away", "M20 MX1", {"wire": [("deny", RECORD, "TXT")]}),
    held("a new id, 404", "M20 2.1", {"sts": STRANGE, "sts_fault": "404"}),
    held("a new id, cut", "M20", {"sts": STRANGE, "sts_fault": "cut by reset"}),
    held("a new id, expired certificate", "M20", {"sts": STRANGE, "sts_show": "expired"}),
    held("a new id, redirect", "M20", {"sts": STRANGE, "sts_fault": "301"}),
    held("a new id, no address", "M20", {"sts": STRANGE, "records": {"mta-sts.{d}": []}}),
    held("a new id, mode unknown", "M19 M16", {"sts": STRANGE,
        "policy": "version: STSv1\nmode: enforced\nmax_age: 86400\nmx: elsewhere.open.test\n"}),
    held("a new id, a mark in front", "M19 M15", {"sts": STRANGE, "policy": "\ufeff" + policy_text("none")}),
    held("a new id, bare CR", "M19 MX6",
         {"sts": STRANGE, "policy": "version: STSv1\r\nmode: enforce\r\nmx: {h}\rmode: none\r\nmax_age: 86400\r\n"}),
    held("a new id, NUL", "M19 MX6", {"sts": STRANGE, "policy": "version: STSv1\nmode: none\0\nmax_age: 86400\n"}),
    held("a new id, no pattern", "M19 M16", {"sts": STRANGE, "policy": policy_text("enforce")}),
    held("a new id, max_age -1", "M19 M17", {"sts": STRANGE, "policy": policy_text("none", max_age="-1")}),
    held("the same id, another file", "M22 M5", {"sts": ("none", []), "id": "first"}),
    Row("record gone, MX not in the policy", "M20", zone="open", sts=ENFORCED, before=1, mx2={},
        then={"records": {RECORD: [], "{d}": ["MX 10 {h2}."]}}, later="sts-mx-mismatch"),
    Row("record gone, certificate bad", "M20", zone="open", sts=ENFORCED, before=1, then={"records": {RECORD: []}, "show": "self-signed"},
        later="certificate-self-signed"),
    Row("a new id, another policy", "M22 2.2", zone="open", sts=ENFORCED, before=1, then={"sts": STRANGE}, later="sts-mx-mismatch"),
    Row("a new id, none", "M20 2.2", zone="open", sts=ENFORCED, before=1, then={"sts": ("none", [])}, delivered="verify:mx"),
    Row("a new id, none, nothing else in it", "M16 2.2", zone="open", sts=ENFORCED, before=1,
        then={"sts": ("none", []), "policy": "version: STSv1\nmode: none\nmax_age: 0"}, delivered="verify:mx"),
    Row("a new id, testing", "2.2", zone="open", sts=ENFORCED, before=1, mx2={}, then={"sts": ("testing", ["{h}"]),
        "records": {"{d}": ["MX 10 {h2}."]}}, delivered="verify:mx", by=2),
]

RELAY_SETTINGS = {"queue": {"retry_first": "1h", "retry_most": "2h"}, "policy": {"ratchet": False}, "relay": {"idle": "0s"}}


@pytest.fixture(scope="module")
def world(house):
    yield from standing(house, ROWS, RELAY_SETTINGS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_is_taken_of_a_policy(world, row):
    world[row].check(world.relay)


def by_name(world, name):
    return next(one for one in world.placed if one.row.name == name)


def test_what_is_asked_of_a_policy_host_is_this_and_no_more(world):
    """M10, M11, H41: to the octet; SNI and Host are the policy host's name; HTTP caching and coding are not asked for."""
    one = by_name(world, "chunked")
    request, = one.policy.requests
    lines = request.decode("ascii").split("\r\n")
    assert lines[0] == "GET /.well-known/mta-sts.txt HTTP/1.1" and lines[-2:] == ["", ""]
    fields = dict(line.split(": ", 1) for line in lines[1:-2])
    agent = fields.pop("User-Agent")
    assert fields == {"Host": one.policy.name, "Accept": "text/plain"}
    assert agent.startswith("sealpost/") and agent.endswith(f" ({HOSTNAME})")
    assert one.policy.names == [one.policy.name]


def test_redirects_are_not_followed(world):
    """M11, H42: not even to the same host."""
    for code in ("301", "302", "303", "307", "308"):
        one = by_name(world, f"status {code}")
        assert one.policy.count() == 1 and b"?again" not in b"".join(one.policy.requests)


def test_every_failure_is_told_with_its_reason(world):
    """M37a in the log: which domain, what failed, what was seen; and that a policy which was in force still holds."""
    fetches = {"status 404": "status", "fault: html": "type", "fault: gzip": "encoded", "fault: 64 KiB and 1": "too-large",
               "policy host: expired": "certificate", "policy host: nobody there": "unreachable", "policy host without address": "no-address"}
    for name, reason in fetches.items():
        rows = world.relay.events("policy-fetch-failed", domain=by_name(world, name).place.domain)
        assert [row["fetch"] for row in rows] == [reason], (name, rows)
        assert {row["reason"] for row in rows} <= {"sts-policy-fetch-error", "sts-webpki-invalid", "sts-policy-invalid"}, (name, rows)
    for name, reason in (("a new id, 404", "sts-policy-fetch-error"), ("a new id, bare CR", "sts-policy-invalid")):
        row = world.relay.events("policy-refresh-failed", domain=by_name(world, name).place.domain)[-1]
        assert row["reason"] == reason and row["mode"] == "enforce" and int(row["holds_s"]) > 80000 and row["level"] == "warn"
    assert world.relay.events("policy-record-missing", domain=by_name(world, "record gone").place.domain)


def test_removal_and_change_are_events(world):
    """2.2: none, testing, and a policy that is another one."""
    for name, now in (("a new id, none", "none"), ("a new id, testing", "testing"), ("a new id, another policy", "enforce")):
        rows = world.relay.events("policy-change", domain=by_name(world, name).place.domain, what="sts")
        assert rows[-1]["was"] == "enforce" and rows[-1]["now"] == now and rows[-1]["id"] == "then", rows


# --- over time

def send(relay, place, count=1):
    relay.submit(place.mailbox())
    return relay.outcome(place.mailbox(), count=count)


def test_a_thousand_messages_are_one_request(sealpost, site, mx, published):
    """M24: and the host fails at that."""
    place = site("open")
    host, policy = mx(place), published(place)
    policy.use(fault="500")
    relay = sealpost({"limits": {"messages": 2000}})
    with secured() as client:
        for _ in range(1000):
            client.mail(f"{CANARY}@client.test", place.mailbox())
            assert client.data("Subject: x\r\n\r\nx\r\n").code == 250
        client.quit()
    wait_for(lambda: len(host.accepted()) == 1000, 60, "all delivered")
    assert policy.count() == 1
    assert len(relay.events("policy-fetch-failed", domain=place.domain)) == 1


def test_a_policy_outlives_a_restart_and_needs_no_second_request(sealpost, site, mx, published):
    """M25, M22: the id has not changed."""
    place = site("open")
    mx(place)
    policy = published(place)
    relay = sealpost()
    assert send(relay, place)["tls"] == "secure:sts"
    for n, again in enumerate((relay.restart, lambda: (relay.kill_all(), relay.start()), lambda: relay.kill_room("policy"))):
        again()
        assert send(relay, place, n + 2)["tls"] == "secure:sts"
    assert policy.count() == 1


def test_memory_that_is_damaged_is_begun_anew(sealpost, site, mx, published):
    """M25: said aloud, kept aside, and everything that is published is fetched again."""
    place = site("open")
    mx(place)
    policy = published(place)
    relay = sealpost()
    send(relay, place)
    relay.stop()
    with open(f"{relay.spool}/policy/policy.db", "r+b") as file:
        file.write(b"this is no database " * 500)
    relay.start()
    assert send(relay, place, 2)["tls"] == "secure:sts"
    assert policy.count() == 2 and relay.events("policy-store-damaged")


def test_a_policy_ends_when_its_time_is_over(sealpost, site, mx, names, published):
    """M20, 2.2: not before max_age behind the last fetch, and not later because a record still says the same id."""
    place = site("open")
    mx(place)
    policy = published(place, max_age=4)
    relay = sealpost()
    began = time.monotonic()
    assert send(relay, place)["tls"] == "secure:sts"
    fetched = time.monotonic()
    policy.use(fault="404")
    relay.restart()
    row = send(relay, place, 2)
    assert row["tls"] == "secure:sts" or time.monotonic() - began > 4
    wait_for(lambda: time.monotonic() - fetched > 5, what="its end")
    assert send(relay, place, 3)["tls"] == "verify:mx"
    assert wait_for(lambda: relay.events("policy-change", domain=place.domain, was="enforce", now="none-known"), 5, "it is told")


@pytest.mark.parametrize("max_age, days", [("31557600", 365), ("31557601", 365), ("9999999999", 365), ("00604800", 7)])
def test_a_policy_lasts_as_long_as_it_may(sealpost, site, mx, published, max_age, days):
    """M17"""
    place = site("open")
    mx(place)
    published(place, max_age=max_age)
    relay = sealpost()
    assert send(relay, place)["tls"] == "secure:sts"
    row = next(row for row in relay.policy("show", place.domain) if row["source"] == "sts")
    assert abs(int(row["until"]) - time.time() - days * 86400) < 86400


def test_a_refresh_of_the_same_policy_begins_its_time_anew(sealpost, site, mx, published):
    """M22"""
    place = site("open")
    mx(place)
    policy = published(place)
    relay = sealpost()
    send(relay, place)
    before = next(row for row in relay.policy("show", place.domain) if row["source"] == "sts")
    wait_for(lambda: time.time() > int(before["since"]) + 2, 5, "a second later", 0.1)
    relay.policy("refresh", place.domain)
    after = next(row for row in relay.policy("show", place.domain) if row["source"] == "sts")
    assert policy.count() == 2 and int(after["until"]) > int(before["until"]) and after["id"] == before["id"]


def test_domains_below_inherit_nothing(sealpost, site, mx, names, published):
    """M26"""
    place = site("open")
    mx(place)
    published(place, patterns=["elsewhere.open.test"])
    names.change({f"sub.{place.domain}": [f"MX 10 {place.host}."]})
    relay = sealpost({"queue": {"retry_first": "1h"}})
    assert send(relay, place)["reason"] == "sts-mx-mismatch"
    mailbox = f"{CANARY}@sub.{place.domain}"
    relay.submit(mailbox)
    assert relay.outcome(mailbox)["tls"] == "verify:mx"


def test_each_domain_of_a_message_has_its_own_policy(sealpost, site, mx, names, published):
    """C11, M26: two domains, one MX, one of them enforces what that MX is not."""
    place, other = site("open"), site("open")
    host = mx(place)
    names.change({other.domain: [f"MX 10 {place.host}."]})
    published(other, patterns=["elsewhere.open.test"])
    relay = sealpost({"queue": {"retry_first": "1h"}})
    relay.submit(place.mailbox(), other.mailbox())
    assert relay.outcome(place.mailbox())["dsn"].startswith("2.")
    assert relay.outcome(other.mailbox())["reason"] == "sts-mx-mismatch"
    assert host.accepted()[0].addresses == [place.mailbox()]


def test_a_policy_host_at_a_special_address_is_not_asked(sealpost, site, published):
    """MX8, HX1"""
    place = site("open")
    policy = published(place)
    relay = sealpost({"dns": {"private_destinations": False}})
    assert relay.ctl("policy", "refresh", place.domain, check=False).returncode == 2
    assert relay.wait_event("policy-fetch-failed", domain=place.domain)[-1]["fetch"] == "special-address"
    assert policy.opened == 0


def test_off_by_one_word(sealpost, site, mx, published):
    place = site("open")
    mx(place)
    policy = published(place, patterns=["elsewhere.open.test"])
    relay = sealpost({"policy": {"mta_sts": False}})
    assert send(relay, place)["tls"] == "verify:mx"
    assert policy.opened == 0


def test_nobody_is_asked_about_revocation(sealpost, site, mx, published):
    """M38: RFC 8461 3.3 leaves it open; whoever is asked would learn of every delivery, and could hold it up."""
    place = site("open")
    host = mx(place, kind="revocable")
    published(place)
    with socket.create_server((REVOCATION, 80)) as asked:
        asked.setblocking(False)
        relay = sealpost()
        assert send(relay, place)["tls"] == "secure:sts"
        assert len(host.accepted()) == 1
        with pytest.raises(BlockingIOError):
            asked.accept()


def refused(sealpost, published, place, reason, patterns=None):
    """A relay that bounces what a policy is in the way of, and has tried it once; the next time is when it is told to."""
    web = published(place, patterns=patterns)
    relay = sealpost({"queue": {"retry_first": "1h"}, "workers": {"relay": 1}, "policy": {"on_failure": {place.domain: "bounce"}}})
    assert send(relay, place)["reason"] == reason
    assert relay.wait_deferred() and not relay.events("failed")
    return relay, web


@pytest.fixture
def bounced(sealpost, site, mx, published):
    """A domain whose policy forbids its host."""
    place = site("open")
    host = mx(place)
    relay, web = refused(sealpost, published, place, "sts-mx-mismatch", ["elsewhere.open.test"])
    return relay, place, host, web


def test_a_wrong_certificate_is_no_last_word_either(sealpost, site, mx, published):
    """M34: it is by the policy that it is wrong; the next attempt, which asks again, is the last."""
    place = site("open")
    host = mx(place, kind="self-signed")
    relay, _ = refused(sealpost, published, place, "certificate-self-signed")
    relay.ctl("queue", "retry", "--all")
    relay.wait_event("failed", to=f"<{place.mailbox()}>")
    relay.outcome(place.mailbox(), count=2)     # rooms write what they log at the end of a turn: queue may be quicker
    assert len(relay.outcomes(place.mailbox())) == 2 and not host.accepted()


def test_before_mail_is_bounced_a_newer_policy_is_looked_for(bounced, names):
    """M34, RFC 8461 5.1"""
    relay, place, host, web = bounced
    web.use(policy=policy_text("enforce", [place.host]))
    names.change({f"_mta-sts.{place.domain}": ['TXT "v=STSv1; id=two"']})
    relay.kill_room("policy")       # which else would find what it saw some seconds ago new enough
    relay.ctl("queue", "retry", "--all")
    assert relay.outcome(place.mailbox(), count=2)["tls"] == "secure:sts"
    assert len(host.accepted()) == 1 and not relay.events("failed")


def test_mail_is_bounced_when_there_is_no_newer_policy(bounced):
    """M34: and nobody was connected to."""
    relay, place, host, _ = bounced
    relay.ctl("queue", "retry", "--all")
    relay.wait_event("failed", to=f"<{place.mailbox()}>")
    relay.outcome(place.mailbox(), count=2)     # rooms write what they log at the end of a turn: queue may be quicker
    assert [row["reason"] for row in relay.outcomes(place.mailbox())] == ["sts-mx-mismatch"] * 2
    assert not host.sessions


def test_somebody_elses_web_server_will_do(sealpost, site, mx, names, nginx):
    """The policy as nginx serves it, on HTTP/2 terms and ready to compress."""
    place = site("open")
    mx(place)
    web = nginx(place, policy_text("enforce", [place.host]))
    names.change({f"_mta-sts.{place.domain}": ['TXT "v=STSv1; id=one"']})
    relay = sealpost({"queue": {"retry_first": "1h"}})
    assert send(relay, place)["tls"] == "secure:sts"
    web.publish(policy_text("enforce", ["elsewhere.open.test"], end="\n"))
    names.change({f"_mta-sts.{place.domain}": ['TXT "v=STSv1; id=two"']})
    relay.policy("refresh", place.domain)
    assert send(relay, place, 2)["reason"] == "sts-mx-mismatch"
    assert all("HTTP/1.1\" 200" in line and "sealpost" in line for line in web.requests())
