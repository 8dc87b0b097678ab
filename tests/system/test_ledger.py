"""The ledger: what the tests did, and only that, is what `sealpost peers` and `sealpost stats` tell, whichever room was killed meanwhile."""

import json
import os
import re
import sqlite3
import ssl
import time

import jsonschema
import pytest

from house.client import Client, secured, tls_context
from house.places import CANARY, HOSTILE, RELAY
from house.processes import is_alive, wait_for

OLD = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
README = os.path.join(os.path.dirname(__file__), "..", "..", "src", "report", "README")
RELAY_SETTINGS = {"ledger": {"flush": "1s"}, "queue": {"retry_first": "1h", "retry_most": "2h"}, "relay": {"idle": "1s"},
                  "policy": {"domains": {".insecure.test": "encrypt"}},
                  "listen": [f"{RELAY}:25", {"address": f"{RELAY}:587", "request_certificate": True}]}

# What a host is like: (options of mx, reason, has it TLS, state of its certificate).
HOSTS = {
    "good": ({}, "", "yes", "valid"),
    "no STARTTLS": ({"starttls": None}, "starttls-not-supported", "no", ""),
    "expired": ({"kind": "expired"}, "certificate-expired", "yes", "certificate-expired"),
    "wrong name": ({"kind": "wrong-name"}, "certificate-name-mismatch", "yes", "certificate-name-mismatch"),
    "unknown issuer": ({"kind": "unknown-ca"}, "certificate-unknown-issuer", "yes", "certificate-unknown-issuer"),
    "old protocol": ({"versions": OLD, "ciphers": "DEFAULT@SECLEVEL=0"}, "protocol-old", "no", ""),
}


def told(relay, *words, verb="peers", **wanted):
    """Rows of the ledger that say all this."""
    return [row for row in relay.ctl(verb, *words, as_json=True) if all(row[key] == value for key, value in wanted.items())]


def counts(text):
    """"a=1 b=2" as a dict."""
    return {word: int(count) for word, count in (pair.rsplit("=", 1) for pair in text.split())}


def peer(relay, name, **wanted):
    """The row of a peer, once it is as expected."""
    return wait_for(lambda: told(relay, peer=name, **wanted), 15, lambda: f"{name} {wanted} in {told(relay)}")[0]


@pytest.mark.parametrize("name", HOSTS)
def test_hosts_are_counted_as_they_are(relay, site, mx, name):
    options, reason, has_tls, certificate = HOSTS[name]
    place = site()
    host = mx(place, **options)
    for number in range(3 if not reason else 1):
        relay.submit(place.mailbox())
        relay.outcome(place.mailbox(), count=number + 1)
    messages = 0 if reason else 3
    row = peer(relay, place.host, direction="out", messages=messages)
    assert row["tls"] == has_tls and counts(row["domains"]) == {place.domain: row["sessions"]}
    assert counts(row["ips"]) == {place.address: row["sessions"]}
    assert counts(row["certificates"]) == ({certificate: row["sessions"]} if certificate else {})
    assert bool(row["fingerprint"]) == bool(certificate) and bool(row["expires"]) == bool(certificate)
    if reason:
        assert (row["sessions"], row["failed"], row["good"]) == (1, 1, 0) and counts(row["reasons"]) == {reason: 1} and row["detail"]
        assert told(relay, "--fault", reason, "--domain", place.domain) and told(relay, "--fault", "any", "--domain", place.domain)
    else:
        assert row["sessions"] == row["good"] == len(host.sessions) == row["forward_secret"] and not row["reasons"]
        assert counts(row["versions"]) == {"TLSv1.3": row["sessions"]} and "STARTTLS" in row["offers"] and "PIPELINING" in row["offers"]
        assert set(counts(row["proved"])) == {"secure:dnssec"} or set(counts(row["proved"])) == {"verify:mx"}
        assert not told(relay, "--fault", "any", "--domain", place.domain)
    assert row["first"] == row["last"] == int(time.time()) // 86400 * 86400


def test_a_policy_is_counted_with_its_host(relay, site, mx, published):
    place = site("open")
    mx(place, also=["REQUIRETLS"])
    published(place, "enforce", max_age=604800)
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["tls"] == "secure:sts"
    row = peer(relay, place.host, messages=1)
    assert row["published"] == "sts=1" and row["applied"] == "sts=1" and row["proved"] == "secure:sts=1" and row["requiretls"]
    lines = dict(line.split(maxsplit=1) for line in relay.ctl("peers", "--domain", place.domain, "--long").stdout.splitlines())
    assert {name: lines[name] for name in ("peer", "ciphers", "forward_secret", "published", "requiretls")} == {
        "peer": place.host, "ciphers": row["ciphers"], "forward_secret": "1", "published": "sts=1", "requiretls": "yes"}, lines
    assert lines["first"] == time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row["first"]))


def test_dane_is_counted_with_its_host(relay, site, mx, authority, names):
    place = site("live")
    shown = authority.certificate(place.host, kind="self-signed")
    mx(place, certificate=shown)
    names.change({f"_25._tcp.{place.host}": [f"TLSA {shown.tlsa()}"]})
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["tls"].startswith("dane:")
    row = peer(relay, place.host, messages=1)
    assert row["published"] == "tlsa=1" and row["applied"] == "dane=1" and row["proved"].startswith("dane:")
    assert row["certificates"] == "dane-ee=1" and row["fingerprint"] == shown.fingerprint() and not row["requiretls"]


def test_a_certificate_of_which_nothing_is_asked_is_unchecked(relay, site, mx):
    """By a rule of the operator's; and of clients, which may show one."""
    place = site("insecure")
    mx(place, kind="expired")
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    row = peer(relay, place.host, messages=1)
    assert row["certificates"] == "unchecked=1" and row["applied"] == "rule=1" and row["tls"] == "yes" and row["expires"] < time.time()


def test_clients_may_show_a_certificate(relay, authority):
    shown = authority.certificate("shows.client.test")
    with secured(port=587, context=tls_context(certificate=shown), ehlo="shows.client.test") as client:
        client.quit()
    row = peer(relay, "shows.client.test", direction="in")
    assert row["certificates"] == "unchecked=1" and row["fingerprint"] == shown.fingerprint() and row["expires"] > time.time()


def test_a_host_that_has_it_now_and_then_has_it_partly(relay, site, mx):
    place = site()
    host = mx(place)
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    wait_for(lambda: any(line == b"QUIT" for line in host.sessions[0].commands), 15, "the connection is over")
    host.starttls = None
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox(), count=2)
    row = peer(relay, place.host, tls="partly")
    assert (row["with_tls"], row["without_tls"], row["good"], row["failed"]) == (1, 1, 1, 1) and row["reasons"] == "starttls-not-supported=1"
    assert place.host in [row["peer"] for row in told(relay, "--fault", "starttls-not-supported", "--direction", "out", "--since", "1d")]


def test_a_domain_would_be_told_its_day(relay, site, mx):
    """`sealpost tlsrpt preview`: what the host saw is what its domain would be told, in a report as the RFC has it."""
    good, bad = site(), site()
    host = mx(good)
    mx(bad, kind="expired")
    for place in (good, bad):
        relay.submit(place.mailbox())
        relay.outcome(place.mailbox())
        peer(relay, place.host)
    reports = {}
    for place in (good, bad):
        row = relay.ctl("tlsrpt", "preview", place.domain, "--day", "today", as_json=True)[0]
        reports[place] = json.loads(row["report"])
        with open(os.path.join(os.path.dirname(__file__), "..", "data", "tlsrpt.schema.json"), encoding="utf-8") as file:
            jsonschema.validate(reports[place], json.load(file), format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
        assert place.domain in row["words"]
    summary = [policy["summary"] for policy in reports[good]["policies"]]
    assert [row["total-successful-session-count"] for row in summary] == [len(host.sessions)]
    assert [row["total-failure-session-count"] for row in summary] == [0]
    failed = reports[bad]["policies"][0]
    assert failed["summary"] == {"total-successful-session-count": 0, "total-failure-session-count": 1}
    details = failed["failure-details"]
    assert [(row["result-type"], row["receiving-mx-hostname"], row["receiving-ip"], row["failed-session-count"]) for row in details] == [
        ("certificate-expired", bad.host, bad.address, 1)]
    assert relay.ctl("tlsrpt", "preview", good.domain, check=False).returncode == 1, "yesterday"
    assert relay.ctl("tlsrpt", "preview", check=False).returncode == 64
    assert '"policies"' in relay.ctl("tlsrpt", "preview", good.domain, "--day", "today").stdout


def plaintext(name, times):
    for _ in range(times):
        with Client(source=HOSTILE) as client:
            client.expect(f"EHLO {name}", 250)
            client.expect("MAIL FROM:<someone.secret@sender.test>", 530)
            client.expect("RCPT TO:<other.secret@recipient.test>", 530)
            client.quit()


def test_clients_are_counted_as_they_are(relay):
    plaintext("plain.client.test", 3)
    with Client(source=HOSTILE) as client:
        client.expect("EHLO auth.client.test", 250)
        client.expect("AUTH PLAIN AAAA", 530)
    for _ in range(2):
        with pytest.raises(ssl.SSLError), Client() as client:
            client.starttls(tls_context(OLD[0], OLD[1], "DEFAULT@SECLEVEL=0"), ehlo="old.client.test")
    for _ in range(4):
        with secured(ehlo="good.client.test") as client:
            client.quit()
    with Client() as client:
        client.expect("EHLO looks.client.test", 250)
        client.quit()
    expected = {
        "plain.client.test": ("no", 3, {"plaintext-inbound": 3}), "auth.client.test": ("no", 1, {"plaintext-inbound": 1}),
        "old.client.test": ("no", 2, {"protocol-old": 2}), "good.client.test": ("yes", 4, {}),
        "looks.client.test": ("unknown", 1, {"closed": 1}),
    }
    for name, (has_tls, sessions, reasons) in expected.items():
        row = peer(relay, name, direction="in", sessions=sessions)
        assert row["tls"] == has_tls and counts(row["reasons"]) == reasons, row
    assert counts(peer(relay, "plain.client.test")["domains"]) == {"sender.test": 3}
    assert counts(peer(relay, "good.client.test")["versions"]) == {"TLSv1.3": 4}
    assert {row["peer"] for row in told(relay, "--direction", "in", "--fault", "plaintext-inbound")} == {"plain.client.test", "auth.client.test"}
    assert not told(relay, "--direction", "out", "--fault", "plaintext-inbound")


def test_the_totals_are_the_sum_of_the_peers(relay):
    def differences():
        """Between two questions: none, once all is told that there is to tell."""
        rows, found = told(relay), []
        totals = {row["direction"]: row for row in told(relay, verb="stats")}
        for direction in ("in", "out"):
            of_peers = [row for row in rows if row["direction"] == direction]
            sums = {field: sum(row[field] for row in of_peers)
                    for field in ("sessions", "good", "failed", "messages", "with_tls", "without_tls", "forward_secret")}
            found += [(direction, field) for field, number in {**sums, "peers": len(of_peers)}.items() if totals[direction][field] != number]
        return found
    wait_for(lambda: not differences(), what=differences, pause=0.5)
    text = relay.ctl("stats").stdout
    assert "inbound" in text and "outbound" in text and "TLS 1.3" in text and len(text.splitlines()) < 40, text
    assert "plain.client.test" in relay.ctl("peers").stdout


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--direction", "up"), ("--since", "0d"), ("word",)], ids=str)
def test_what_cannot_be_asked_is_said(relay, words):
    assert relay.ctl("peers", *words, check=False).returncode == 64


def test_another_day_has_nothing(relay):
    assert not told(relay, "--since", "2099-01-01")
    assert len(told(relay, "--since", "2026-01-01")) == len(told(relay))


def test_the_end_of_report_loses_nothing_and_counts_nothing_twice(relay):
    """kill -9 again and again, while sessions come and go."""
    done = 0
    for _ in range(5):
        plaintext("storm.client.test", 20)
        relay.kill_room("report")
        plaintext("storm.client.test", 20)
        done += 40
        time.sleep(0.7)
    wait_for(lambda: relay.ctl("stats", check=False).returncode == 0, 20, "a report room")
    row = wait_for(lambda: told(relay, peer="storm.client.test", sessions=done), 90, lambda: told(relay, peer="storm.client.test"))[0]
    assert counts(row["reasons"]) == {"plaintext-inbound": done}


def test_the_end_of_intake_loses_what_was_not_told(relay):
    plaintext("kept.client.test", 10)
    peer(relay, "kept.client.test", sessions=10)
    old = relay.kill_room("intake")
    wait_for(lambda: not any(map(is_alive, old)) and len(relay.rooms("intake")) == len(old), what="intake is back")
    plaintext("kept.client.test", 5)
    peer(relay, "kept.client.test", sessions=15)


def test_a_stop_tells_the_last_word(relay):
    plaintext("last.client.test", 7)
    relay.restart()
    assert peer(relay, "last.client.test")["sessions"] == 7


def test_nobody_is_named_in_the_ledger(relay):
    """The last of this file: no local part, and no address, is anywhere in the file."""
    relay.stop()
    path = os.path.join(relay.spool, "ledger", "ledger.db")
    database = sqlite3.connect(path)
    text = "\n".join(repr(row) for row in database.execute("SELECT * FROM fact"))
    columns = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in ("fact", "sender")}
    database.close()
    assert "storm.client.test" in text and "@" not in text and CANARY not in text and "secret" not in text
    with open(path, "rb") as file:
        octets = file.read()
    # What is there instead is documented, each column.
    with open(README, encoding="utf-8") as file:
        tables = re.split(r"^(?=fact: |sender: )", file.read(), flags=re.M)
    for table, names in columns.items():
        documented = next(part for part in tables if part.startswith(f"{table}: "))
        found = {name for line in documented.splitlines() for name in re.sub(r"  .*", "", line.strip()).split(", ")}
        assert names and not set(names) - found, f"not in README of src/report: {set(names) - found}"
    assert CANARY.encode() not in octets and b"secret" not in octets
