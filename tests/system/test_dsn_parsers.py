"""Notifications as programs of other people read them: Python's email, flufl.bounce (of Mailman) and Mail::DeliveryStatus::BounceParser."""

import email
import email.policy
import itertools
import json
import re
import subprocess

import pytest
from flufl.bounce import all_failures

from conftest import Site, relay_maker, relays_end
from house.mx import MailHost
from house.places import CANARY, HOSTNAME
from house.processes import wait_for

SOON = {"queue": {"retry_first": "1s", "retry_most": "1s", "delay_notice": "1s"}}
REFUSED = {"script": {"RCPT": "550 5.1.1 nobody of that name"}}

# For each: settings, what the host is like, how it is sent; action, status, what comes back of the message; whether it is of RFC 6533.
STORIES = {
    "failed": ({}, REFUSED, {}, "failed", "5.1.1", "message/rfc822", False),
    "failed, headers asked for": ({}, REFUSED, {"sender_params": "RET=HDRS"}, "failed", "5.1.1", "text/rfc822-headers", False),
    "failed at the end of the content": ({}, {"script": {"DOT": "554-5.6.0 not\r\n554 5.6.0 this one"}}, {}, "failed", "5.6.0", "message/rfc822", False),
    "delayed": (SOON, {"script": {"RCPT": "450 4.2.1 come again"}}, {}, "delayed", "4.2.1", "text/rfc822-headers", False),
    "delayed without TLS": (SOON, {"starttls": None}, {}, "delayed", "4.7.4", "text/rfc822-headers", False),
    "delayed by a certificate": (SOON, {"kind": "expired"}, {}, "delayed", "4.7.5", "text/rfc822-headers", False),
    "relayed": ({}, {"without": ("DSN",)}, {"recipient_params": "NOTIFY=SUCCESS"}, "relayed", "2.", "text/rfc822-headers", False),
    "SMTPUTF8": ({}, REFUSED, {"sender_params": "SMTPUTF8 BODY=8BITMIME", "name": "ü" + CANARY}, "failed", "5.1.1", "message/global-headers", True),
    "REQUIRETLS": ({}, {}, {"sender_params": "REQUIRETLS RET=FULL"}, "failed", "5.7.30", "text/rfc822-headers", False),
}

PERL = r"""
use JSON::PP; use Mail::DeliveryStatus::BounceParser;
my $bounce = Mail::DeliveryStatus::BounceParser->new(do { local $/; <STDIN> });
for my $report ($bounce->reports) {
    print encode_json({ map { $_ => $report->get($_) // "" } qw(email action status std_reason) }), "\n";
}
print encode_json({ is_bounce => $bounce->is_bounce ? 1 : 0 }), "\n";
"""


class Telling:
    """A story: a host, and where the sender hears of it. Who asked for TLS all the way does so even where nobody promises that (RFC 8689 5)."""

    def __init__(self, house, story):
        _, options, self.submitted, *self.expected = story
        place, home = (Site(next(house.sites), "secure") for _ in range(2))
        self.hosts = [MailHost(one.address, one.host, house.authority.certificate(one.host, kind=more.pop("kind", "good")), **more)
                      for one, more in ((place, dict(options)), (home, {}))]
        self.sender, self.recipient = home.mailbox(), place.mailbox(self.submitted.get("name", CANARY))

    def begin(self, relay):
        relay.submit(self.recipient, sender=self.sender, **{key: value for key, value in self.submitted.items() if key != "name"})

    def notification(self, relay):
        return wait_for(self.hosts[1].accepted, what=lambda: f"a notification to {self.sender}: {relay.log()[-3000:]}")[0]


@pytest.fixture(scope="module")
def notifications(house):
    """Name of a story to (notification as it arrived, recipient, what is expected): a relay for all that want the same of it."""
    make, made = relay_maker(house)
    found = {}
    for settings in ({}, SOON):
        telling = {name: Telling(house, story) for name, story in STORIES.items() if story[0] == settings}
        relay = make({"queue": {"retry_first": "1h"}, **settings})
        try:
            for one in telling.values():
                one.begin(relay)
            found.update({name: (one.notification(relay), one.recipient, one.expected) for name, one in telling.items()})
        finally:
            for host in itertools.chain(*[one.hosts for one in telling.values()]):
                host.stop()
    relays_end(made)
    return found


@pytest.fixture
def told(request, notifications):
    return notifications[request.param]


def blocks(message):
    """The part for programs: fields of the message, and of each recipient."""
    part = list(message.walk())[0].get_payload()[1]
    payload = part.get_payload()
    if part.get_content_type() == "message/delivery-status":
        return [dict(block.items()) for block in payload]
    # Python's parser does not know the form of RFC 6533: it is the same one, block by block.
    text = part.as_string().split("\n\n", 1)[1]
    return [dict(email.message_from_string(block).items()) for block in re.split(r"\n\n+", text.strip())]


def address_of(field):
    """ "utf-8; \\x{FC}x@example.org": the address, as RFC 6533 3 has it."""
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: chr(int(found[1], 16)), field.split(";", 1)[1].strip())


@pytest.mark.parametrize("told", STORIES, indirect=True)
def test_python_reads_it(told):
    arrived, recipient, (action, status, returned, is_global) = told
    message = email.message_from_bytes(arrived.content)
    first, machine, last = message.get_payload()
    assert not message.defects and all(not part.defects for part in message.get_payload())
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "delivery-status"
    assert machine.get_content_type() == ("message/global-delivery-status" if is_global else "message/delivery-status")
    assert machine["Content-Transfer-Encoding"] in (None, "7bit") and arrived.content.isascii()
    assert last.get_content_type() == returned
    of_message, of_recipient = blocks(message)
    assert of_message["Reporting-MTA"].replace(" ", "") == f"dns;{HOSTNAME}"
    assert of_recipient["Final-Recipient"].split(";")[0] == ("utf-8" if is_global else "rfc822")
    assert address_of(of_recipient["Final-Recipient"]) == recipient
    assert of_recipient["Action"] == action and of_recipient["Status"].startswith(status)
    assert ("Will-Retry-Until" in of_recipient) == (action == "delayed")
    assert first.get_content_type() == "text/plain"
    body = last.get_payload(decode=True) or str(last).encode()
    assert (f"This is {CANARY}".encode() in body) == (returned == "message/rfc822")


@pytest.mark.parametrize("told", [story for story in STORIES if story != "SMTPUTF8"], indirect=True)
def test_mailman_finds_who_did_not_get_it(told):
    """flufl.bounce knows failures for now and for good, and no others; of RFC 6533 it knows nothing."""
    arrived, recipient, (action, _, _, _) = told
    for_now, for_good = all_failures(email.message_from_bytes(arrived.content))
    assert set(for_now) == ({recipient.encode()} if action == "delayed" else set())
    assert set(for_good) == ({recipient.encode()} if action == "failed" else set())


@pytest.mark.parametrize("told", [story for story in STORIES if story != "SMTPUTF8"], indirect=True)
def test_a_bounce_parser_of_perl_finds_who_did_not_get_it(told):
    arrived, recipient, (action, status, _, _) = told
    done = subprocess.run(["perl", "-e", PERL], input=arrived.content, capture_output=True, timeout=60, check=True)
    *reports, verdict = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["email"] for report in reports] == ([recipient] if action == "failed" else []), done.stdout
    assert bool(verdict["is_bounce"]) == (action == "failed")
    assert all(report["action"] == action and report["status"].startswith(status) for report in reports)


@pytest.mark.parametrize("told", ["delayed without TLS", "delayed by a certificate"], indirect=True)
def test_a_delay_says_which_domain_which_mechanism_what_was_seen(told):
    """Until when, what it looks like, and what the sender can do: in words, and in fields for programs."""
    arrived, recipient, _ = told
    message = email.message_from_bytes(arrived.content, policy=email.policy.default)
    text = " ".join(next(message.iter_parts()).get_content().split())
    of_recipient = blocks(email.message_from_bytes(arrived.content))[1]
    for words in ("still being tried, until", "It looks as if the receiving server is not set up rightly.", "What asks for it? The rule of this relay for all mail",
                  "What can you do? Nothing is wrong with your message", f"Domain: {recipient.split('@')[1]}; demanded by: the rule of this relay"):
        assert words in text, text
    assert of_recipient["X-Sealpost-Verdict"] == "misconfiguration" and "rule of this relay" in of_recipient["X-Sealpost-Mechanism"]


def test_what_was_offered_yesterday_and_is_gone_is_suspected(sealpost, site, mx):
    """The same host, with and without its offer: log, why and explain say what it looks like."""
    place = site()
    host = mx(place)
    relay = sealpost({"queue": {"retry_first": "1h"}})
    relay.submit(place.mailbox())
    relay.wait_empty()
    wait_for(lambda: next(row for row in relay.ctl("status", as_json=True) if row["room"] == "policy")["hosts"], 10, "every relay may know")
    host.stop()
    relay.wait_event("closed", mx=place.host)
    mx(place, starttls=None)
    name = relay.submit(place.mailbox("second"))
    attempt = relay.wait_event("attempt", reason="starttls-not-supported")[0]
    assert attempt["verdict"] == "stripping-suspected" and "it offered STARTTLS and TLSv1.3 in 1 session, last on 2" in attempt["evidence"], attempt
    relay.wait_deferred(name)
    row = json.loads(relay.ctl("why", name, "--json").stdout)
    assert row["judged"] == "stripping-suspected" and row["fault"] == "network" and row["evidence"].startswith("STARTTLS is gone")
    assert "Looks like:" in relay.ctl("why", name).stdout
    live = [json.loads(line) for line in relay.ctl("explain", place.domain, "--live", "--json", check=False).stdout.splitlines()][-1]
    assert live["judged"] == "stripping-suspected" and live["blame"]
