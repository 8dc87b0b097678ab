"""
Reports on TLS (RFC 8460) from a relay to domains: by mail, with signatures that others verify, and by HTTPS; what they count is what the
hosts saw. A day is over when the ledger says that its sessions began a day earlier: the relay was stopped meanwhile.
"""

import contextlib
import email
import email.policy
import gzip
import json
import os
import re
import sqlite3
import subprocess
import time

import dkim
import dns.resolver
import jsonschema
import pytest

from house.collector import Collector
from house.daemon import CANARY
from house.places import POLICIES
from house.processes import LIBRARY_PATHS, wait_for

REPORTER = "reporter.live.test"
SETTINGS = {"ledger": {"flush": "1s"}, "queue": {"retry_first": "1h", "retry_most": "2h"}, "relay": {"idle": "1s"},
            "tlsrpt": {"delay": "1s", "organization": "The House"}}


@pytest.fixture(scope="module")
def keys(house, tmp_path_factory):
    """A key of each kind, its record published as `sealpost dkim keygen` printed it: the configuration of both."""
    folder = tmp_path_factory.mktemp("keys")
    selectors, files, records = ["rsa", "ed25519"], [], {}
    for selector in selectors:
        files.append(str(folder / f"{selector}.pem"))
        done = subprocess.run([house.programs().sealpost, "dkim", "keygen", "--domain", REPORTER, "--selector", selector, "--type", selector,
                               "--out", files[-1]], check=True, stdout=subprocess.PIPE, text=True, env=LIBRARY_PATHS)
        owner, record = done.stdout.strip().split(". IN ")
        records[owner] = [record]
    house.names.change(records)
    return {"domain": REPORTER, "selectors": selectors, "keys": files}


@pytest.fixture
def reporter(sealpost, keys):
    """reporter(more): a relay that sends reports a second after a day is over."""
    def make(more=None, **tlsrpt):
        settings = {**SETTINGS, "dkim": keys, **(more or {})}
        return sealpost({**settings, "tlsrpt": {**SETTINGS["tlsrpt"], **tlsrpt}})
    return make


@pytest.fixture
def collector(house):
    """collector(place, answers): a host that takes reports, at the policy host of a site; returns it, and its URL."""
    made = []

    def make(place, answers=(), kind="good"):
        name = f"mta-sts.{place.domain}"
        made.append(Collector(f"{POLICIES}.{place.number}", name, house.authority.certificate(name, kind=kind), answers))
        return made[-1], f"https://{name}/v1/reports?key=1"
    yield make
    for one in made:
        one.stop()


def wants(names, domain, *targets):
    """What the domain publishes, from now on."""
    names.change({f"_smtp._tls.{domain}": [f'TXT "v=TLSRPTv1; rua={",".join(targets)}"'] if targets else []})


def deliver(relay, place, count=1):
    for number in range(count):
        relay.submit(place.mailbox())
        relay.outcome(place.mailbox(), count=number + 1)


def counted(relay, place, sessions):
    """The ledger knows of so many sessions for the domain."""
    def look():
        return sum(row["sessions"] for row in relay.ctl("peers", "--domain", place.domain, as_json=True))
    wait_for(lambda: look() == sessions, 15, lambda: f"{sessions} sessions for {place.domain}: {look()}")


def deliver_all(relay, places):
    """A message and a session each."""
    for place in places:
        relay.submit(place.mailbox())
    for place in places:
        relay.outcome(place.mailbox())
    for place in places:
        counted(relay, place, 1)


def day_ends(relay):
    """All sessions so far were yesterday."""
    relay.stop()
    with contextlib.closing(sqlite3.connect(os.path.join(relay.spool, "ledger", "ledger.db"))) as database:
        database.execute("UPDATE fact SET day = day - 1")
        database.commit()
    relay.start()


def listed(relay, domain=None, **wanted):
    rows = relay.ctl("tlsrpt", "list", *([domain] if domain else []), as_json=True)
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def settled(relay, domain, state, **wanted):
    return wait_for(lambda: listed(relay, domain, state=state, **wanted), 20, lambda: f"{state}: {listed(relay)}\n{relay.log()[-3000:]}")[0]


def validated(report):
    with open(os.path.join(os.path.dirname(__file__), "..", "data", "tlsrpt.schema.json"), encoding="utf-8") as file:
        jsonschema.validate(report, json.load(file), format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
    return report


def sums(report):
    """(successful, failed) sessions of all policies."""
    rows = [policy["summary"] for policy in report["policies"]]
    return tuple(sum(row[f"total-{what}-session-count"] for row in rows) for what in ("successful", "failure"))


def key_of(name, timeout=5):
    return b"".join(dns.resolver.resolve(name.decode(), "TXT", lifetime=timeout)[0].strings)


def mailed(host, count=1):
    """Messages that a mail host took: as they came, and as reports."""
    messages = wait_for(lambda: len(host.messages) >= count and list(host.messages), 20, f"{count} reports by mail")
    return [(message, report_of(message.content)) for message in messages]


def report_of(octets):
    parsed = email.message_from_bytes(octets, policy=email.policy.SMTP)
    attachment = next(part for part in parsed.walk() if part.get_content_type() == "application/tlsrpt+gzip")
    return parsed, validated(json.loads(gzip.decompress(attachment.get_content())))


def test_a_day_is_reported_by_mail(reporter, site, mx, names):
    """
    R30-R37: signed by both keys, for other verifiers; the counts are those of the host and of the log; once, and not of itself; to a host
    whose certificate has expired, as a report may be about that.
    """
    told, receiver = site("live"), site("live")
    host, inbox = mx(told), mx(receiver, kind="expired")
    wants(names, told.domain, f"mailto:tls@{receiver.domain}")
    relay = reporter(contact=f"tls@{REPORTER}")
    deliver(relay, told, 3)
    counted(relay, told, len(host.sessions))
    day_ends(relay)
    message, (parsed, report) = mailed(inbox)[0]

    assert message.sender == "" and message.addresses == [f"tls@{receiver.domain}"] and message.session.tls
    assert parsed["TLS-Report-Domain"] == told.domain and parsed["TLS-Report-Submitter"] == REPORTER
    assert parsed["From"].addresses[0].addr_spec == f"tls@{REPORTER}" and parsed["Auto-Submitted"] == "auto-generated"
    assert parsed.get_content_type() == "multipart/report" and parsed.get_param("report-type") == "tlsrpt"
    assert re.fullmatch(rf"Report Domain: {told.domain} Submitter: {REPORTER} Report-ID: <\S+@\S+>", parsed["Subject"])
    verifier = dkim.DKIM(message.content)
    assert [verifier.verify(idx, dnsfunc=key_of) for idx in (0, 1)] == [True, True]
    signatures = parsed.get_all("DKIM-Signature")
    assert sorted(re.search(r"a=(\S+?);", field).group(1) for field in signatures) == ["ed25519-sha256", "rsa-sha256"]
    assert all({"tls-report-domain", "tls-report-submitter"} <= set(re.sub(r"\s", "", re.search(r"h=([^;]*)", field).group(1)).lower().split(":"))
               for field in signatures)
    done = subprocess.run(["opendkim-testmsg"], input=message.content, timeout=60, env=LIBRARY_PATHS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout

    assert report["organization-name"] == "The House" and report["contact-info"] == f"tls@{REPORTER}"
    assert sums(report) == (len(host.sessions), 0) == (len(relay.events("closed", mx=told.host)), 0)
    assert time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - 86400)) == report["date-range"]["start-datetime"]
    assert CANARY not in message.content.decode() and CANARY not in json.dumps(report)
    assert settled(relay, told.domain, "sent")["to"] == f"tls@{receiver.domain}"
    assert not [path for path, octets in relay.raw_spool() if b"Report-Domain" in octets or b"DKIM-Signature" in octets], "it is sealed"
    print(message.content.decode())

    # The session that carried it is in the ledger as our own, and in no report; nothing is sent twice.
    counted(relay, receiver, 1)
    assert relay.ctl("tlsrpt", "preview", receiver.domain, "--day", "today", check=False).returncode == 1
    day_ends(relay)
    time.sleep(3)
    assert len(inbox.messages) == 1 and not listed(relay, receiver.domain)


def test_a_day_is_reported_by_https(reporter, site, mx, names, published, collector):
    """R40: POST of the report as it is, to the letter; failures are those that the host and the log saw."""
    told = site("live")
    host = mx(told, kind="expired")
    published(told, "testing")
    place = site("live")
    target, url = collector(place)
    wants(names, told.domain, url)
    relay = reporter({"policy": {"default": "encrypt"}})
    deliver(relay, told, 2)
    counted(relay, told, len(host.sessions))
    day_ends(relay)
    wait_for(lambda: target.posts, 20, "a post")
    post = target.posts[0]
    assert post.path == "/v1/reports?key=1" and post.headers["Content-Type"] == "application/tlsrpt+gzip"
    assert post.headers["Host"] == target.name and "Expect" not in post.headers and "Cookie" not in post.headers
    report = validated(post.report)
    assert sums(report) == (0, len(host.sessions))
    policy = report["policies"][0]
    assert policy["policy"]["policy-type"] == "sts" and "mode: testing" in policy["policy"]["policy-string"]
    assert [row["result-type"] for row in policy["failure-details"]] == ["certificate-expired"]
    assert sum(row["failed-session-count"] for row in policy["failure-details"]) == len(host.sessions)
    assert [row["reason"] for row in relay.events("observed", mx=told.host)] == ["certificate-expired"] * len(host.sessions)
    assert settled(relay, told.domain, "sent")["to"] == url
    assert len(target.posts) == 1


ANSWERS = {
    # how the first target answers, is its certificate good, tlsrpt.verify -> posts there; state, where it went in the end
    "taken": ([200], "good", False, 1, "first"),
    "no content": ([204], "good", False, 1, "first"),
    "busy, then not": ([503, 429, 201], "good", False, 3, "first"),
    "gone": ([404], "good", False, 1, "second"),
    "moved": ([307], "good", False, 1, "second"),
    "expired, no matter": ([201], "expired", False, 1, "first"),
    "expired, and it matters": ([201], "expired", True, 0, "second"),
    "unknown issuer, no matter": ([201], "unknown-ca", False, 1, "first"),
}


@pytest.mark.parametrize("verify", [False, True])
def test_one_target_that_takes_it_is_enough(reporter, site, mx, names, collector, verify):
    """R5, R40, R41: 4xx stop, 408, 429 and 5xx are tried again, redirects are not followed, one success is enough."""
    rows = {name: row for name, row in ANSWERS.items() if row[2] == verify}
    relay, places = reporter(verify=verify), {}
    two, other = collector(site("live"))
    for name, (answers, kind, _, _, where) in rows.items():
        told, first = site("live"), site("live")
        mx(told)
        one, url = collector(first, answers, kind)
        wants(names, told.domain, *([url, other] if where == "second" else [url]))
        places[name] = told, one, url
    deliver_all(relay, [told for told, _, _ in places.values()])
    day_ends(relay)
    for name, (told, one, url) in places.items():
        _, _, _, posts, where = rows[name]
        assert settled(relay, told.domain, "sent")["to"] == (url if where == "first" else other), name
        assert len(one.posts) == posts, name
        assert len([post for post in two.posts if post.report["policies"][0]["policy"]["policy-domain"] == told.domain]) == (where == "second"), name
        assert len({post.body for post in one.posts}) == (posts > 0), name


def test_who_asks_for_no_report_gets_none(reporter, site, mx, names):
    """R2, R4, RX5: no record; one that is gone when the report is due; one that names nothing of use; by mail without a key."""
    places = {kind: site("live") for kind in ("none", "gone", "ftp", "mail")}
    for place in places.values():
        mx(place)
    receiver = site("live")
    inbox = mx(receiver)
    wants(names, places["gone"].domain, f"mailto:tls@{receiver.domain}")
    wants(names, places["ftp"].domain, "ftp://a.example/", "http://a.example/")
    wants(names, places["mail"].domain, f"mailto:tls@{receiver.domain}")
    relay = reporter({"dkim": None})
    deliver_all(relay, places.values())
    wants(names, places["gone"].domain)
    day_ends(relay)
    for kind, state, text in (("none", "unwanted", ""), ("gone", "unwanted", ""), ("ftp", "unwanted", "neither mailto nor https"), ("mail", "given-up", "dkim")):
        assert text in settled(relay, places[kind].domain, state)["text"], kind
    assert not inbox.messages


def test_a_host_with_tlsa_records_is_told_once(reporter, site, mx, names, collector):
    """R3: records at the domain and at the host whose TLSA records counted; where both name the same address it hears everything once."""
    shared, apart = site("live"), site("live")
    hosts = {place: mx(place) for place in (shared, apart)}
    place = site("live"), site("live")
    (same, url), (other, other_url) = (collector(one) for one in place)
    for one in hosts:
        names.change({f"_25._tcp.{one.host}": [f"TLSA {hosts[one].certificate.tlsa()}"]})
        wants(names, one.domain, url)
    wants(names, shared.host, url)
    wants(names, apart.host, other_url)
    relay = reporter()
    deliver_all(relay, hosts)
    day_ends(relay)
    settled(relay, shared.host, "unwanted")
    assert settled(relay, apart.host, "sent")["to"] == other_url
    assert sorted(post.report["policies"][0]["policy"]["policy-domain"] for post in same.posts) == sorted([shared.host, apart.host])
    assert [sums(post.report) for post in other.posts] == [(1, 0)] and all(post.report["policies"][0]["policy"]["policy-type"] == "tlsa"
                                                                         for post in same.posts + other.posts)
    assert len({post.report["report-id"] for post in same.posts + other.posts}) == 3


def test_nobody_is_flooded(reporter, site, mx, names, collector):
    """R6, RX4: many domains that name one host."""
    target, url = collector(site("live"))
    places = [site("live") for _ in range(5)]
    relay = reporter(most=2)
    for place in places:
        mx(place)
        wants(names, place.domain, url)
    deliver_all(relay, places)
    day_ends(relay)
    wait_for(lambda: len(listed(relay, state="sent")) == 2, 20, "two reports")
    wait_for(lambda: len([row for row in listed(relay, state="waiting") if "tlsrpt.most" in row["text"]]) == 3, 20, lambda: f"three wait: {listed(relay)}")
    assert len(target.posts) == 2


def test_each_is_sent_once_whatever_is_killed(reporter, site, mx, names, collector):
    """A report is a row of the ledger before it is on its way: report, policy and all of it killed meanwhile."""
    places = [site("live") for _ in range(6)]
    (target, url), receiver = collector(site("live"), [503, 503, 503, 503]), site("live")
    inbox = mx(receiver)
    relay = reporter()
    for number, place in enumerate(places):
        mx(place)
        wants(names, place.domain, url if number % 2 else f"mailto:tls@{receiver.domain}")
    deliver_all(relay, places)
    day_ends(relay)
    for room in ("report", "policy", "report", "policy"):
        time.sleep(0.4)
        relay.kill_room(room)
    time.sleep(1)
    relay.kill_all()
    relay.start()
    for place in places:
        settled(relay, place.domain, "sent")
    assert {post.report["policies"][0]["policy"]["policy-domain"] for post in target.posts} == {place.domain for place in places[1::2]}
    wait_for(lambda: len(inbox.messages) >= 3, 20, "three by mail")
    domains = [parsed["TLS-Report-Domain"] for _, (parsed, _report) in mailed(inbox, 3)]
    # Once each; or twice with the same Report-ID, when it was killed between two syncs.
    assert set(domains) == {place.domain for place in places[::2]} and len(domains) <= 4


def test_the_operator_sends_one_now(reporter, site, mx, names, collector):
    """`sealpost tlsrpt send`: of a day that is over, once."""
    told = site("live")
    mx(told)
    target, url = collector(site("live"))
    wants(names, told.domain, url)
    relay = reporter(delay="12h")
    deliver(relay, told)
    counted(relay, told, 1)
    today = relay.ctl("tlsrpt", "send", told.domain, "--day", "today", check=False)
    assert today.returncode == 64 and "not over" in today.stderr
    day_ends(relay)
    assert not target.posts
    assert relay.ctl("tlsrpt", "send", told.domain).returncode == 0
    settled(relay, told.domain, "sent")
    again = relay.ctl("tlsrpt", "send", told.domain, check=False)
    assert again.returncode == 1 and "sent already" in again.stderr and len(target.posts) == 1
    assert relay.ctl("tlsrpt", "send", "nobody.live.test", check=False).returncode == 1
    print(relay.ctl("tlsrpt", "list").stdout)
