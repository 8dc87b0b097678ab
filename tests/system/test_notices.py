"""
Notices to hosts whose TLS is at fault, by a real daemon with shortened periods: who is told, how often, and what it says.
"""

import json
import os
import re
import time

import pytest

from house.operators import NOTIFYING, FROM, PERIODS, is_quiet, listed, mail_to, notices_of, parsed, results, text_of, told
from house.places import CANARY, HOSTNAME, OPERATORS
from house.processes import wait_for
from house.zones import ABUSE, NOC

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "notice-example.txt")


def state_of(relay, one, state, timeout=25):
    return wait_for(lambda: listed(relay, peer=one.host, state=state), timeout, lambda: f"{one.host} {state}: {listed(relay)}\n{relay.log()[-3000:]}")


def test_a_faulty_host_is_told_once_and_reminded_once(notifier, operator):
    """
    N51, N52, N56: to the postmaster of who runs it, over TLS although its certificate has expired (that failure is ignored for the notice
    alone), from nobody, not answered by machines; with nothing of the mail that is about.
    """
    one = operator(kind="expired")
    relay = notifier({"policy": {"default": "verify"}})
    mail_to(relay, one)
    first, second = told(one.mail_host, 2)
    is_quiet(one.mail_host, 5, 2)
    for message in (first, second):
        assert message.session.tls and message.sender == "" and message.addresses == [f"postmaster@{one.domain}"]
        assert CANARY not in message.content.decode()
        mail = parsed(message)
        assert mail["Subject"].startswith("URGENT security problem: ") and mail["Auto-Submitted"] == "auto-generated"
        assert mail["From"].addresses[0].addr_spec == FROM and mail["To"].addresses[0].addr_spec == f"postmaster@{one.domain}"
        assert len(message.content) <= 4096
        lines = text_of(message).splitlines()
        assert len(lines) < 60 and max(map(len, lines)) < 100
        assert one.host in text_of(message) and "openssl s_client" in text_of(message)
        report = json.loads(mail.get_payload()[1].get_payload(decode=True))
        assert report["source_identifier"] in (one.address, one.host) and report["xarf_version"].startswith("4")
    # In the spool it is sealed, like any other mail.
    assert not [path for path, octets in relay.raw_spool() if b"URGENT" in octets or f"postmaster@{one.domain}".encode() in octets]
    # The mail itself waits: only the notice may go to such a host.
    assert {m.sender for m in one.mail_host.messages} == {""}
    assert state_of(relay, one, "reminded")


def normal(octets):
    """What differs from one notice to the next."""
    text = octets.decode("ascii").replace("\r\n", "\n")
    for pattern, put in ((r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", "TIME"), (r"\w{3}, \d\d? \w{3} \d{4} [\d:]+ [+-]\d{4}", "DATE"),
                         (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"), (r"\b[0-9a-f]{32}\b", "TOKEN"),
                         (r"Message-ID: \S+", "Message-ID: ID"), (r"\bop\d+\.test\b", "opN.test"), (r"127\.44\.13\.\d+", "ADDRESS"),
                         (r"\d+ sessions?", "N sessions"), (r'"sessions_failed":\d+', '"sessions_failed":N'), (r"=\n", ""), (r"\d{4}-\d\d-\d\d", "DAY"), (r"\d\d:\d\d(:\d\d)?", "TIME")):
        text = re.sub(pattern, put, text)
    return re.sub(r"\s+", " ", text)


def test_the_example_is_a_notice_as_it_was_sent(notifier, operator, noc):
    """contrib/notice-example.txt but for times, names and numbers. SEALPOST_EXAMPLE=1 writes it anew."""
    one = operator(script={"CONNECT": lambda session, line: f"220 {session.host.name} ESMTP Postfix (Debian/GNU)"}, starttls=None)
    relay = notifier()
    mail_to(relay, one)
    message = told(noc)[0]
    if os.environ.get("SEALPOST_EXAMPLE"):
        with open(EXAMPLE, "wb") as out:
            out.write(message.content.replace(b"\r\n", b"\n"))
    with open(EXAMPLE, "rb") as file:
        assert normal(file.read()) == normal(message.content)


def test_a_host_without_tls_hears_nothing_in_clear(notifier, operator, noc, abuse):
    """
    P1, P2: its own postmaster cannot be reached over TLS, so that who runs the zone is; what was said in clear is shown; nothing of the
    notice was ever said to the host (the capture is read for all of this house, too).
    """
    one = operator(starttls=None)
    relay = notifier(abuse_zone="abuse.test")
    mail_to(relay, one)
    message = told(noc)[0]
    assert message.addresses == ["dns.team@noc.test"] and message.session.tls
    assert not notices_of(one.mail_host) and not notices_of(abuse)
    assert all(not command.startswith((b"MAIL", b"RCPT", b"DATA", b"BDAT")) for session in one.mail_host.sessions for command in session.commands)
    text = text_of(message)
    assert "S: 220" in text and f"C: EHLO {HOSTNAME}" in text and one.host in text
    assert f"openssl s_client -starttls smtp -connect {one.address}:25" in text
    assert state_of(relay, one, "told")


def test_without_any_way_our_own_users_are_given_the_text(notifier, operator, mx, site):
    """Nobody takes it over TLS: `sealpost notice list` says so, and the notification to our own sender has the text for passing on."""
    one = operator(starttls=None)
    home = site("live")
    inbox = mx(home)
    silent = [mx((f"{OPERATORS}.{octet}", name), starttls=None) for octet, name in ((NOC, "mx.noc.test"), (ABUSE, "mx.abuse.test"))]
    relay = notifier({"policy": {"default": "encrypt", "on_failure": {one.domain: "bounce"}}}, abuse_zone="abuse.test")

    def again():
        mail_to(relay, one, 1)
        return listed(relay, peer=one.host, state="unreached")
    wait_for(again, 40, lambda: f"{listed(relay)}\n{relay.log()[-3000:]}", pause=0.6)
    relay.submit(one.mailbox("second"), sender=home.mailbox())
    notification = wait_for(lambda: inbox.messages, 20, "a notification")[0]
    words = " ".join(text_of(notification).split())
    assert "pass this on" in words and f"-connect {one.address}:25" in words and f"postmaster of {one.domain}" in words
    assert "stop" not in words
    for host in (one.mail_host, *silent):
        assert not host.messages


def test_one_notice_for_one_operator_however_many_domains(notifier, operator, noc):
    """Twenty domains of customers behind one host are one notice, to the operator and to none of them."""
    one = operator(kind="self-signed")
    relay = notifier({"policy": {"default": "verify"}}, remind="1h")
    for number in range(20):
        relay.submit(f"{CANARY}@c{number}.customers.{one.domain}")
    message = told(one.mail_host)[0]
    is_quiet(one.mail_host, 4, 1)
    assert message.addresses == [f"postmaster@{one.domain}"] and not notices_of(noc)


def test_a_host_that_mends_itself_hears_nothing(notifier, operator, noc):
    """Its sessions are good before a second has gone by, or a fresh look finds it mended."""
    one = operator(starttls=None)
    relay = notifier(after="6s")
    mail_to(relay, one)
    wait_for(lambda: listed(relay, peer=one.host), 15, "it is watched")
    one.mail_host.starttls = "STARTTLS"
    relay.wait_empty()
    is_quiet(one.mail_host, 8)
    assert not notices_of(noc) and not results(relay, "sent")


def test_nothing_is_sent_while_stripping_is_suspected(notifier, operator, noc):
    """It had STARTTLS, by a certificate that proved it, and now has none: somebody on the way may have taken it out."""
    one = operator()
    relay = notifier()
    relay.submit(one.mailbox())
    relay.wait_empty()
    one.mail_host.starttls = None
    # Not by the connection that there is, and not before it is remembered how the host was.
    relay.wait_event("closed", mx=one.host)
    wait_for(lambda: next(row for row in relay.ctl("status", as_json=True) if row["room"] == "policy")["hosts"], what="what is remembered")
    mail_to(relay, one)
    wait_for(lambda: results(relay, "doubted"), 25, lambda: relay.log()[-3000:])
    assert not notices_of(noc) and not notices_of(one.mail_host) and not results(relay, "sent")


@pytest.mark.parametrize("mode", ["dry-run", "off", None])
def test_nothing_is_sent_unless_it_is_switched_on(sealpost, operator, noc, mode):
    """N58: without a section it is composed, recorded and shown."""
    one = operator(starttls=None)
    periods = {key: value for key, value in PERIODS.items() if key != "from"}
    relay = sealpost({**NOTIFYING, "notices": {**periods, **({"mode": mode} if mode else {})}})
    mail_to(relay, one)
    if mode == "off":
        time.sleep(5)
    else:
        wait_for(lambda: results(relay, "composed"), 25, lambda: relay.log()[-3000:])
        assert listed(relay, peer=one.host, state="composed")
        assert "URGENT security problem" in relay.ctl("notice", "preview", one.host).stdout
    assert not noc.messages and not one.mail_host.messages and not results(relay, "sent")
