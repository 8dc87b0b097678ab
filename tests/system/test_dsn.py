"""Notifications (RFC 3461, RFC 3464): who is told what, in a form that Python's own parser understands."""

import email
import email.policy
import time

import pytest

from house.places import CANARY, HOSTNAME
from house.processes import wait_for

RELAY_SETTINGS = {"queue": {"retry_first": "1h"}}


class Notification:
    """A DSN as it arrived, taken to pieces."""

    def __init__(self, arrived):
        self.arrived = arrived
        self.message = email.message_from_bytes(arrived.content, policy=email.policy.default)
        self.parts = list(self.message.iter_parts())
        blocks = [email.message_from_string(str(block), policy=email.policy.default)
                  for block in self.parts[1].get_payload()] if len(self.parts) > 1 else []
        self.of_message = blocks[0] if blocks else None
        self.recipients = blocks[1:]

    def check_form(self):
        """N1 to N10: what every one has."""
        assert self.arrived.sender == "", "from the null sender"
        assert not {"RET", "ENVID"} & {word.split("=")[0] for word in self.arrived.sender_params.upper().split()}
        assert [parameters for _, parameters in self.arrived.recipients] == ["NOTIFY=NEVER"]
        assert self.message.get_content_type() == "multipart/report"
        assert self.message.get_param("report-type") == "delivery-status"
        assert self.message.get_all("Auto-Submitted") == ["auto-replied"]
        for field in ("From", "To", "Date", "Subject", "Message-ID"):
            assert len(self.message.get_all(field)) == 1, field
        assert self.parts[0].get_content_type() == "text/plain"
        assert self.parts[1].get_content_type() == "message/delivery-status"
        assert self.parts[2].get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
        assert self.of_message["Reporting-MTA"].replace(" ", "") == f"dns;{HOSTNAME}"
        assert all(block["Final-Recipient"] and block["Action"] and block["Status"] for block in self.recipients)
        assert all(len(line) <= 998 for line in self.arrived.content.split(b"\r\n"))
        assert self.arrived.content.replace(b"\r\n", b"").count(b"\n") == 0
        return self

    def text(self):
        return self.parts[0].get_content()


class Story:
    """A message to a host that does as scripted, its sender at a host that takes notifications."""

    def __init__(self, relay, site, mx, host_options=None, back_options=None, names=(CANARY,), **options):
        self.relay, self.place, self.home = relay, site(), site()
        self.host, self.back = mx(self.place, **(host_options or {})), mx(self.home, **(back_options or {}))
        options.setdefault("sender", self.home.mailbox())
        relay.submit(*[self.place.mailbox(name) for name in names], **options)


@pytest.fixture
def story(request, sealpost, site, mx):
    """story(settings, ...): by the relay of all tests here, unless there are settings."""
    def tell(settings=None, **options):
        relay = sealpost({**RELAY_SETTINGS, **settings}) if settings else request.getfixturevalue("relay")
        return Story(relay, site, mx, **options)
    return tell


def notification(told, count=1, timeout=60):
    wait_for(lambda: len(told.back.accepted()) >= count, timeout, "a notification")
    return Notification(told.back.accepted()[count - 1]).check_form()


def none_comes(told, seconds=2):
    time.sleep(seconds)
    assert not told.back.messages, told.back.messages[0].content.decode()


def test_a_refusal_is_told_with_the_words_of_the_host(story):
    told = story(host_options={"script": {"RCPT": "550 5.1.1 nobody of that name, says the host"}}, sender_params="ENVID=my+2Bid", recipient_params=
                 "ORCPT=rfc822;first+40elsewhere.test NOTIFY=FAILURE", subject="lost")
    note = notification(told)
    assert note.of_message["Original-Envelope-Id"] == "my+id"
    assert note.of_message["Arrival-Date"]
    row, = note.recipients
    assert row["Final-Recipient"].replace(" ", "") == f"rfc822;{told.place.mailbox()}"
    assert row["Original-Recipient"].replace(" ", "") == "rfc822;first@elsewhere.test"
    assert row["Action"] == "failed" and row["Status"] == "5.1.1"
    assert row["Remote-MTA"].replace(" ", "").startswith(f"dns;{told.place.host}")
    assert row["Diagnostic-Code"].replace(" ", "").startswith("smtp;550") and "says the host" in row["Diagnostic-Code"]
    assert told.place.mailbox() in note.text() and "says the host" in note.text()
    assert "lost" in str(note.parts[2])
    told.relay.wait_empty()


def test_several_refusals_are_told_together(story):
    told = story(host_options={"script": {"RCPT": lambda _, line: "550 5.1.1 no" if b"bad" in line else None}}, names=("bad1", "bad2", "good"))
    note = notification(told)
    assert sorted(row["Final-Recipient"].split(";")[1].strip() for row in note.recipients) == [told.place.mailbox("bad1"), told.place.mailbox("bad2")]
    none_more = len(told.back.accepted())
    time.sleep(1)
    assert len(told.back.accepted()) == none_more == 1


@pytest.mark.parametrize("returned, kind, body", [("FULL", "message/rfc822", True), ("HDRS", "text/rfc822-headers", False)])
def test_what_is_returned_is_what_was_asked_for(story, returned, kind, body):
    told = story(host_options={"script": {"DOT": "554 5.7.1 no"}}, sender_params=f"RET={returned}")
    note = notification(told)
    assert note.parts[2].get_content_type() == kind
    assert (f"This is {CANARY}" in str(note.parts[2])) == body


def test_large_messages_come_back_as_headers(story):
    told = story(settings={"report": {"returned": "10K"}}, host_options={"script": {"DOT": "554 5.7.1 no"}},
                 content=b"Subject: large\r\n\r\n" + (CANARY.encode() + b"\r\n") * 2000)
    note = notification(told)
    assert note.parts[2].get_content_type() == "text/rfc822-headers" and len(note.arrived.content) < 10000


def test_content_that_looks_like_a_boundary_stays_content(story):
    told = story(host_options={"script": {"DOT": "554 5.7.1 no"}}, content=b"Subject: x\r\n\r\n--\r\n--=_x\r\n--\r\nAction: delivered\r\n")
    assert len(notification(told).parts) == 3


def test_eight_bits_come_back_in_a_form_that_is_legal(story):
    """N12: to a host without 8BITMIME, too."""
    told = story(host_options={"script": {"DOT": "554 5.7.1 no"}}, back_options={"without": ("8BITMIME",)}, content=b"Subject: \xc3\xbc\r\n\r\n\xff\xfe\r\n", sender_params="BODY=8BITMIME")
    note = notification(told)
    assert "BODY=" not in note.arrived.sender_params and note.arrived.content.isascii()
    assert note.parts[2].get_content_type() == "text/rfc822-headers" and note.parts[2]["Content-Transfer-Encoding"] == "base64"
    assert note.parts[2].get_payload(decode=True).startswith(b"Received: ") and b"Subject: \xc3\xbc" in note.parts[2].get_payload(decode=True)


def test_replies_cannot_write_fields(story):
    """CX4"""
    told = story(host_options={"script": {"RCPT": "550 5.1.1 no\tX-Forged: yes \x1b[31m \xfc" + "x" * 300}})
    note = notification(told)
    assert note.recipients[0]["X-Forged"] is None and b"\x1b" not in note.arrived.content
    assert note.arrived.content.isascii() or "8BITMIME" in note.arrived.sender_params


@pytest.mark.parametrize("without", [(), ("DSN",)], ids=["with DSN", "without DSN"])
def test_senders_hear_what_they_asked_for(story, without):
    """standards.md S49"""
    refuses = {"RCPT": "550 5.1.1 no"}
    # What the host does, what was asked for, and what the sender hears.
    rows = [("NEVER", refuses, None), ("SUCCESS", refuses, None), ("FAILURE", refuses, "failed"), ("SUCCESS,FAILURE", refuses, "failed"),
            ("", refuses, "failed"), ("", {}, None), ("FAILURE", {}, None), ("NEVER", {}, None)]
    told = [story(host_options={"script": script, "without": without}, recipient_params=f"NOTIFY={notify}" if notify else "")
            for notify, script, _ in rows]
    for one, (notify, script, expected) in zip(told, rows):
        one.relay.outcome(one.place.mailbox())
        if expected:
            assert [row["Action"] for row in notification(one).recipients] == [expected], (notify, script)
    none_come(told, rows)


def none_come(told, rows):
    """To those rows of which nothing is expected; and once is enough for the others."""
    told[0].relay.wait_empty()
    time.sleep(1)
    for one, row in zip(told, rows):
        assert len(one.back.messages) == (row[-1] is not None), (row, [message.content.decode() for message in one.back.messages])


@pytest.mark.parametrize("without, expected", [((), None), (("DSN",), "relayed")])
def test_success_is_told_by_whoever_can(story, without, expected):
    """A host with DSN takes the duty over; one without makes it ours: relayed."""
    told = story(host_options={"without": without}, recipient_params="NOTIFY=SUCCESS")
    wait_for(told.host.accepted, 20, "delivered")
    if expected is None:
        none_comes(told, 1)
        assert "NOTIFY=SUCCESS" in told.host.accepted()[0].recipients[0][1]
    else:
        row, = notification(told).recipients
        assert row["Action"] == expected and row["Status"].startswith("2.")


def test_delays_are_told_once(sealpost, site, mx):
    """To who did not ask for anything else, whatever becomes of further tries."""
    relay = sealpost({"queue": {"retry_first": "1s", "retry_most": "1s", "delay_notice": "2s"}})
    told = {notify: Story(relay, site, mx, host_options={"script": {"RCPT": "450 4.2.1 later"}}, recipient_params=f"NOTIFY={notify}" if notify else "")
            for notify in ("", "DELAY", "FAILURE,DELAY", "FAILURE", "NEVER")}
    delayed = ("", "DELAY", "FAILURE,DELAY")
    for notify in delayed:
        row, = notification(told[notify]).recipients
        assert row["Action"] == "delayed" and row["Status"].startswith("4.") and row["Will-Retry-Until"], notify
    tries = {notify: len(relay.outcomes(one.place.mailbox())) for notify, one in told.items()}
    time.sleep(3)
    for notify, one in told.items():
        relay.outcome(one.place.mailbox(), count=tries[notify] + 2)
        assert len(one.back.messages) == (notify in delayed), notify


def test_a_fault_of_tls_is_told_in_plain_words(story):
    """The early notice of what will expire: which domain, which mechanism, what was seen."""
    told = story(settings={"queue": {"retry_first": "1s", "retry_most": "1s", "delay_notice": "1s"}}, host_options={"kind": "expired"})
    note = notification(told)
    text = " ".join(note.text().split())
    order = [told.place.mailbox(), "still being tried, until", "Why?", "its certificate has expired", "What can you do?", "Nothing is wrong with your message",
             "postmaster of the receiving server", "Renew the certificate", "Details", f"{told.place.host} [{told.place.address}]", "certificate-expired"]
    places = [text.find(words) for words in order]
    assert -1 not in places and places == sorted(places), text


def test_bounce_at_once_when_the_operator_wants_it(story):
    told = story(settings={"policy": {"on_failure": {".test": "bounce", "secure.test": "bounce", ".secure.test": "bounce"}}}, host_options={"starttls": None})
    row, = notification(told).recipients
    assert row["Action"] == "failed" and row["Status"].startswith("5.7.")


def test_nobody_is_told_of_a_message_from_nobody(story):
    """S27, C64: no notification about a notification."""
    told = story(host_options={"script": {"RCPT": "550 5.1.1 no"}}, sender="")
    told.relay.wait_empty()
    none_comes(told, 1)


def test_a_notification_that_cannot_be_delivered_ends(sealpost, site, mx):
    place, home = site(), site()
    mx(place, script={"RCPT": "550 5.1.1 no"})
    back = mx(home, script={"RCPT": "550 5.1.1 nor here"})
    relay = sealpost()
    relay.submit(place.mailbox(), sender=home.mailbox())
    wait_for(lambda: back.sessions, 20, "it was tried")
    relay.wait_empty()
    time.sleep(1)
    assert sum(line.startswith(b"RCPT") for session in back.sessions for line in session.commands) == 1


def test_a_notification_survives_a_crash_between_failure_and_telling(sealpost, site, mx):
    place, home = site(), site()
    mx(place, script={"RCPT": "550 5.1.1 no"})
    relay = sealpost()
    relay.submit(place.mailbox(), sender=home.mailbox())
    relay.outcome(place.mailbox())
    relay.kill_all()
    relay.start()
    back = mx(home)
    wait_for(back.accepted, 30, "the notification")
    assert Notification(back.accepted()[0]).check_form().recipients[0]["Action"] == "failed"
