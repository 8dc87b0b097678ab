"""
What a report on TLS (RFC 8460) has to say, from a real session to `sealpost tlsrpt preview`: which policies there were, what was wrong with
them, whose session it was, and between which two.
"""

import json
import os

import jsonschema
import pytest

from house.places import REMOTE_RESOLVER
from house.policyhost import policy_text
from house.processes import wait_for

SETTINGS = {"ledger": {"flush": "1s"}, "queue": {"retry_first": "1h", "retry_most": "2h"}, "policy": {"ratchet": False}, "workers": {"relay": 1},
            "relay": {"idle": "1s"}}
SOURCE = REMOTE_RESOLVER    # an address of this house that is none of a loopback's, as only such a one is told


@pytest.fixture(scope="module")
def schema():
    with open(os.path.join(os.path.dirname(__file__), "..", "data", "tlsrpt.schema.json"), encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture
def told(schema):
    """told(relay, domain, sessions): the entries of the domain's report by type, once they have counted so many sessions."""
    def look(relay, domain):
        if relay.ctl("tlsrpt", "preview", domain, "--day", "today", check=False).returncode != 0:
            return {}
        report = json.loads(relay.ctl("tlsrpt", "preview", domain, "--day", "today", as_json=True)[0]["report"])
        jsonschema.validate(report, schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
        return {entry["policy"]["policy-type"]: entry for entry in report["policies"]}

    def make(relay, domain, sessions=1):
        def entries():
            found = look(relay, domain)
            return found if any(sum(entry["summary"].values()) >= sessions for entry in found.values()) else None
        return wait_for(entries, 20, lambda: f"{domain}: {look(relay, domain)} {relay.log()[-3000:]}")
    return make


def counts(entry):
    return entry["summary"]["total-successful-session-count"], entry["summary"]["total-failure-session-count"]


def send(relay, place, count=1):
    relay.submit(place.mailbox())
    return relay.outcome(place.mailbox(), count=count)


def test_policies_stand_side_by_side(sealpost, names, site, mx, published, told):
    """R12, R16: TLSA records and MTA-STS of the same host; the lines of the file are those that it has, each its own."""
    place = site("live")
    host = mx(place, kind="self-signed")
    text = policy_text("enforce", [place.host, "*." + place.domain], 604800) + "unknown_key: \"what it is\"\r\n"
    published(place).use(policy=text)
    record = f"3 1 1 {host.certificate.tlsa().split()[-1]}"
    names.change({f"_25._tcp.{place.host}": [f"TLSA {record}"]})
    relay = sealpost(SETTINGS)
    assert send(relay, place)["tls"] == "dane:dnssec"
    entries = told(relay, place.domain)
    assert set(entries) == {"tlsa", "sts"} and all(counts(entry) == (1, 0) for entry in entries.values()), entries
    assert entries["tlsa"]["policy"] == {"policy-type": "tlsa", "policy-domain": place.host, "policy-string": [record.lower()]}
    assert entries["sts"]["policy"] == {"policy-type": "sts", "policy-domain": place.domain, "policy-string": text.split("\r\n")[:-1],
                                        "mx-host": [place.host, "*." + place.domain]}
    # The host takes another key, and its record stays: that is DANE's failure alone.
    host.stop()
    mx(place, kind="self-signed", key="rsa")
    assert send(relay, place, 2)["reason"] == "dane-mismatch"
    entries = told(relay, place.domain, 2)
    assert counts(entries["tlsa"]) == (1, 1) and counts(entries["sts"]) == (1, 0), entries
    assert [row["result-type"] for row in entries["tlsa"]["failure-details"]] == ["tlsa-invalid"]


@pytest.mark.parametrize("options, file, result, words", [
    ({"fault": "404"}, None, "sts-policy-fetch-error", "404"),
    ({"kind": "expired"}, None, "sts-webpki-invalid", "expired"),
    ({}, "version: STSv1\nmode: maybe\nmax_age: 86400\n", "sts-policy-invalid", "mode"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_policy_that_cannot_be_had_is_a_failure(sealpost, site, mx, published, told, options, file, result, words):
    """R14: mail goes by what is known without it, and the domain is told why its policy was none."""
    place = site("open")
    mx(place)
    host = published(place, **options)
    if file is not None:
        host.use(policy=file)
    relay = sealpost(SETTINGS)
    assert send(relay, place)["tls"] == "verify:mx"
    entries = told(relay, place.domain)
    assert set(entries) == {"sts"} and counts(entries["sts"]) == (0, 1), entries
    details = entries["sts"]["failure-details"]
    assert [(row["result-type"], row["failed-session-count"]) for row in details] == [(result, 1)]
    assert words in details[0]["failure-reason-code"] and "receiving-mx-hostname" not in details[0], details
    assert entries["sts"]["policy"].get("policy-string") == (None if file is None else file.splitlines())


def test_a_policy_in_force_is_told_with_the_fault_of_the_next(sealpost, site, mx, published, told):
    """R14: the former policy counts on, and what is wrong with the new one is a failure by it."""
    place = site("open")
    mx(place)
    host = published(place)
    relay = sealpost(SETTINGS)
    assert send(relay, place)["tls"] == "secure:sts"
    told(relay, place.domain)
    host.use(fault="404")
    relay.ctl("policy", "refresh", place.domain, check=False)
    relay.restart()
    assert send(relay, place, 2)["tls"] == "secure:sts"
    entries = told(relay, place.domain, 2)
    assert set(entries) == {"sts"} and counts(entries["sts"]) == (1, 1), entries
    assert [row["result-type"] for row in entries["sts"]["failure-details"]] == ["sts-policy-fetch-error"]
    assert "mode: enforce" in entries["sts"]["policy"]["policy-string"]


def test_a_connection_is_a_session_of_each_domain(sealpost, names, site, mx, told):
    """RFC 8460 4: two domains over one connection; it is one session of the host's."""
    first, second = site("open"), site("open")
    names.change({second.domain: [f"MX 10 {first.host}."]})
    host = mx(first)
    relay = sealpost({**SETTINGS, "relay": {"idle": "5s"}})
    for place, count in ((first, 1), (second, 1), (second, 2), (first, 2)):
        assert send(relay, place, count)["tls"] == "verify:mx"
    assert len(host.sessions) == 1
    for place in (first, second):
        entries = told(relay, place.domain)
        assert set(entries) == {"no-policy-found"} and counts(entries["no-policy-found"]) == (1, 0), entries
    row = wait_for(lambda: [row for row in relay.ctl("peers", as_json=True) if row["peer"] == first.host and row["messages"] == 4], 15,
                   lambda: relay.ctl("peers").stdout)[0]
    assert row["sessions"] == row["good"] == 1
    out = [row for row in relay.ctl("stats", as_json=True) if row["direction"] == "out"][0]
    assert (out["sessions"], out["messages"]) == (1, 4)


def test_a_failure_has_both_its_ends(sealpost, site, mx, told):
    """R15, R19: where we came from, and what the host calls itself, of which only the first word is kept."""
    place = site("open")
    mx(place, kind="expired", script={"CONNECT": f"220 me@{place.host} says hello"})
    relay = sealpost({**SETTINGS, "relay": {"idle": "1s", "source": [SOURCE]}})
    assert send(relay, place)["reason"] == "certificate-expired"
    details = told(relay, place.domain)["no-policy-found"]["failure-details"]
    assert len(details) == 1 and details[0]["result-type"] == "certificate-expired"
    assert details[0]["sending-mta-ip"] == SOURCE and details[0]["receiving-mx-helo"] == f"me?{place.host}"
    assert details[0]["receiving-ip"] == place.address and details[0]["receiving-mx-hostname"] == place.host
