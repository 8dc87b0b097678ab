"""
Notices to peers whose TLS is at fault, by a real daemon with shortened periods: who is told, how often, what it says, how it ends. Each
operator of the small Internet has a zone of its own (house/zones.py); its mail host is also a client of the relay.
"""

import datetime
import email
import email.policy
import email.utils
import itertools
import json
import os
import re
import socket
import threading
import time

import pytest

from house.client import Client, secured
from house.mx import Raw
from house.places import CANARY, CLIENTS, HOSTNAME, OPERATORS, RELAY
from house.processes import wait_for
from house.zones import ABUSE, NOC

FROM = "postmaster@relay.house.test"
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PERIODS = {"template": os.path.join(TOP, "etc", "notices", "en.txt"), "after": "1s", "sessions": 3, "remind": "3s", "silence": "1h", "from": FROM}
SETTINGS = {"ledger": {"flush": "1s"}, "queue": {"retry_first": "1s", "retry_most": "1s"}, "relay": {"idle": "1s"},
            "policy": {"default": "encrypt"}, "limits": {"sessions_per_client": 500}}
EXAMPLE = os.path.join(TOP, "contrib", "notice-example.txt")

operators = itertools.count(1)
proved_by_spf = itertools.count(31)


@pytest.fixture
def notifier(sealpost):
    """notifier(more, remind=...): a relay that tells peers after a second."""
    def make(more=None, **periods):
        return sealpost({**SETTINGS, **(more or {}), "notices": {**PERIODS, **periods}})
    return make


class Operator:
    def __init__(self, number):
        self.number = number
        self.domain = f"op{number}.test"
        self.host = f"mx.op{number}.test"
        self.address = f"{OPERATORS}.{number}"
        self.client = f"{CLIENTS}.{100 + number}"

    def mailbox(self, name=CANARY):
        return f"{name}@{self.domain}"


@pytest.fixture
def operator(mx):
    """operator(kind="good", ...): an operator, and its mail host."""
    def make(number=None, **options):
        one = Operator(number or next(operators))
        one.mail_host = mx((one.address, one.host), **options)
        return one
    return make


@pytest.fixture
def noc(mx):
    """Who runs the zones of the operators."""
    return mx((f"{OPERATORS}.{NOC}", "mx.noc.test"))


@pytest.fixture
def abuse(mx):
    return mx((f"{OPERATORS}.{ABUSE}", "mx.abuse.test"))


def mail_to(relay, one, count=3):
    """So many messages, so many sessions: each waits a second for its next try."""
    for _ in range(count):
        relay.submit(one.mailbox())


def notices_of(host):
    return [message for message in host.messages if b"URGENT security problem" in message.content]


def told(host, count=1, timeout=25):
    """So many notices came, and no more for a while."""
    wait_for(lambda: len(notices_of(host)) >= count, timeout, lambda: f"{count} notices at {host.name}: {[m.addresses for m in host.messages]}")
    return notices_of(host)


def is_quiet(host, seconds=3, count=0):
    time.sleep(seconds)
    assert len(notices_of(host)) == count, [message.addresses for message in notices_of(host)]


def listed(relay, **wanted):
    rows = relay.ctl("notice", "list", as_json=True)
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def state_of(relay, one, state, timeout=25):
    return wait_for(lambda: listed(relay, peer=one.host, state=state), timeout, lambda: f"{one.host} {state}: {listed(relay)}\n{relay.log()[-3000:]}")


def results(relay, result, **wanted):
    return relay.events("notice", result=result, **wanted)


def parsed(message):
    return email.message_from_bytes(message.content, policy=email.policy.SMTP)


def text_of(message):
    return parsed(message).get_body(("plain",)).get_content()


# --- hosts that mail goes to

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
        assert len(message.content) < 8192
        lines = text_of(message).splitlines()
        assert len(lines) < 60 and max(map(len, lines)) < 100
        assert one.host in text_of(message) and "openssl s_client" in text_of(message)
        report = json.loads(mail.get_payload()[1].get_payload(decode=True))
        assert report["source_identifier"] in (one.address, one.host) and report["xarf_version"].startswith("4")
    # The mail itself waits: only the notice may go to such a host.
    assert {m.sender for m in one.mail_host.messages} == {""}
    assert state_of(relay, one, "reminded")


def normal(octets):
    """What differs from one notice to the next."""
    text = octets.decode("ascii").replace("\r\n", "\n")
    for pattern, put in ((r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", "TIME"), (r"\w{3}, \d\d? \w{3} \d{4} [\d:]+ [+-]\d{4}", "DATE"),
                         (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"), (r"\b[0-9a-f]{32}\b", "TOKEN"),
                         (r"Message-ID: \S+", "Message-ID: ID"), (r"\bop\d+\.test\b", "opN.test"), (r"127\.44\.13\.\d+", "ADDRESS"),
                         (r"\d+ sessions?", "N sessions"), (r"=\n", ""), (r"\d{4}-\d\d-\d\d", "DAY"), (r"\d\d:\d\d(:\d\d)?", "TIME")):
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
    assert f"openssl s_client -starttls smtp -connect {one.host}:25" in " ".join(text.split())
    assert state_of(relay, one, "told")


def test_without_any_way_our_own_users_are_given_the_text(notifier, operator, mx, site):
    """Nobody takes it over TLS: `sealpost notice list` says so, and the notification to our own sender has the text for passing on."""
    one = operator(starttls=None)
    home = site("live")
    inbox = mx(home)
    silent = [mx((f"{OPERATORS}.{octet}", name), starttls=None) for octet, name in ((NOC, "mx.noc.test"), (ABUSE, "mx.abuse.test"))]
    relay = notifier({"policy": {"default": "encrypt", "on_failure": {one.domain: "bounce"}}}, abuse_zone="abuse.test")
    for _ in range(4):
        mail_to(relay, one, 1)
        time.sleep(0.6)
    assert state_of(relay, one, "unreached")
    relay.submit(one.mailbox("second"), sender=home.mailbox())
    notification = wait_for(lambda: inbox.messages, 20, "a notification")[0]
    words = " ".join(text_of(notification).split())
    assert "pass this on" in words and f"-connect {one.host}:25" in words and f"postmaster of {one.domain}" in words
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
    time.sleep(2)
    mail_to(relay, one)
    wait_for(lambda: results(relay, "doubted"), 25, lambda: relay.log()[-3000:])
    assert not notices_of(noc) and not notices_of(one.mail_host) and not results(relay, "sent")


@pytest.mark.parametrize("mode", ["dry-run", "off", None])
def test_nothing_is_sent_unless_it_is_switched_on(sealpost, operator, noc, mode):
    """N58: without a section it is composed, recorded and shown."""
    one = operator(starttls=None)
    periods = {key: value for key, value in PERIODS.items() if key != "from"}
    relay = sealpost({**SETTINGS, "notices": {**periods, **({"mode": mode} if mode else {})}})
    mail_to(relay, one)
    if mode == "off":
        time.sleep(5)
    else:
        wait_for(lambda: results(relay, "composed"), 25, lambda: relay.log()[-3000:])
        assert listed(relay, peer=one.host, state="composed")
        assert "URGENT security problem" in relay.ctl("notice", "preview", one.host).stdout
    assert not noc.messages and not one.mail_host.messages and not results(relay, "sent")


# --- clients

def try_in_clear(address, sender, helo="client.house.test"):
    """Mail without STARTTLS: refused, and counted."""
    with Client(source=address) as client:
        client.command(f"EHLO {helo}")
        assert client.command(f"MAIL FROM:<{sender}>").code == 530
        client.send(b"QUIT\r\n")


@pytest.mark.parametrize("numbers, proof", [(operators, "reverse name"), (proved_by_spf, "SPF")])
def test_a_client_that_is_proved_is_told(notifier, operator, numbers, proof):
    one = operator(number=next(numbers))
    relay = notifier(remind="1h")
    for _ in range(4):
        try_in_clear(one.client, one.mailbox("alice"), one.host)
    time.sleep(1.5)
    try_in_clear(one.client, one.mailbox("alice"), one.host)
    time.sleep(1.5)
    try_in_clear(one.client, one.mailbox("alice"), one.host)
    message = told(one.mail_host)[0]
    assert message.session.tls and message.addresses == [f"postmaster@{one.domain}"], proof
    text = text_of(message)
    assert one.client in text and "530" in text and "alice" not in message.content.decode()
    is_quiet(one.mail_host, 3, 1)


def test_a_peer_of_another_mail_server_is_told(notifier, operator):
    """What a Postfix beside us took in clear, by its Received field: the same notice (contrib/postfix-received feeds it)."""
    one = operator(number=next(proved_by_spf))
    relay = notifier(remind="1h")
    date = email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))
    message = (f"Return-Path: <alice@{one.domain}>\nReceived: from {one.host} (unknown [192.0.2.{one.number}])\n"
               f"\tby mail.example.org (Postfix) with ESMTP id 4ABCDE\n\tfor <b@boxes.test>; {date}\nSubject: hello\n\nhello\n")
    for pause in (0, 0, 1.5, 1.5):
        time.sleep(pause)
        relay.ctl("received", "--ledger", "--trusted", "mail.example.org", given=message)
    notice = told(one.mail_host)[0]
    assert notice.addresses == [f"postmaster@{one.domain}"] and f"192.0.2.{one.number}" in text_of(notice)


def forge(source, count, number, victim):
    """Sessions that name somebody else, each another sender."""
    for at in range(count):
        with socket.create_connection((RELAY, 25), 10, (source, 0)) as connection:
            connection.settimeout(10)
            connection.sendall(f"EHLO {victim.host}\r\nMAIL FROM:<u{number}.{at}@r{at}.{victim.domain}>\r\nQUIT\r\n".encode())
            while connection.recv(4096):
                pass


def test_forged_attempts_cause_nothing(notifier, operator, noc, abuse):
    """N55, NX2: 10,000 attempts in the names of others, from hosts that nothing proves, and nobody hears of any."""
    victim = operator(number=next(proved_by_spf))
    relay = notifier({"limits": {"sessions_per_client": 2000}}, abuse_zone="abuse.test")
    threads = [threading.Thread(target=forge, args=(f"127.44.66.{2 + number}", 1250, number, victim)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: sum(row["sessions"] for row in relay.ctl("peers", "--direction", "in", as_json=True)) >= 10000, 30,
             lambda: relay.ctl("stats", check=False).stdout)
    for number in range(8):
        forge(f"127.44.66.{2 + number}", 2, number, victim)
    wait_for(lambda: len(results(relay, "unproved")) >= 8, 30, lambda: relay.log()[-3000:])
    time.sleep(2)
    assert not results(relay, "sent")
    assert not victim.mail_host.messages and not noc.messages and not abuse.messages


# --- how it ends

def stop_address(message):
    return re.search(r"mailto:([^>]+)>", parsed(message)["List-Unsubscribe"]).group(1)


def test_mail_to_the_stop_address_is_taken_verified_and_honoured(notifier, operator):
    """N53: for ever, over a restart too; a token that nobody was sent stops nothing."""
    one = operator(kind="expired")
    relay = notifier({"policy": {"default": "verify"}}, remind="5s")
    mail_to(relay, one)
    address = stop_address(told(one.mail_host)[0])
    local, _, domain = address.partition("@")
    assert domain == HOSTNAME
    forged = re.sub(r"\+.*", "+" + "0" * 32, local)
    for to, code in ((f"{forged}@{domain}", 550), (address, 250)):
        with secured(source=one.address) as client:
            client.mail(one.mailbox("postmaster"), to)
            assert client.data("Subject: stop\r\n\r\nplease\r\n").code == code, to
    relay.restart()
    mail_to(relay, one)
    is_quiet(one.mail_host, 8, 1)
    assert listed(relay, peer=one.host)[0]["state"] == "stopped"
    # Nothing of that mail is kept or goes anywhere.
    assert not relay.queue_list() or all("stop" not in json.dumps(row) for row in relay.queue_list())


def test_a_storm_of_bounces_stops_it(notifier, operator, noc, abuse):
    """Everybody refuses: after ten, nobody is written to any more."""
    noc.use(RCPT="550 5.1.1 nobody here")
    abuse.use(RCPT="550 5.1.1 nobody here")
    ones = [operator(kind="expired", script={"RCPT": lambda session, line: "550 5.1.1 nobody here" if b"postmaster" in line.lower() else None})
            for _ in range(8)]
    relay = notifier({"policy": {"default": "verify"}}, abuse_zone="abuse.test", after="2s")
    for one in ones:
        mail_to(relay, one)
    relay.wait_event("notice", 40, what="too many notices bounce: none is sent for now, see \"sealpost notice stats\"")
    sent = len(results(relay, "sent"))
    assert 10 <= sent <= 20
    time.sleep(4)
    assert len(results(relay, "sent")) == sent
    stats = relay.ctl("notice", "stats").stdout
    assert "bounce" in stats


def test_the_operator_suppresses_and_allows(notifier, operator):
    one = operator(kind="expired")
    relay = notifier({"policy": {"default": "verify"}}, remind="1h")
    relay.ctl("notice", "suppress", one.domain)
    mail_to(relay, one)
    is_quiet(one.mail_host, 6)
    assert not results(relay, "sent")
    relay.ctl("notice", "allow", one.domain)
    assert relay.ctl("notice", "allow", one.domain, check=False).returncode == 1
    relay.ctl("notice", "send", one.host)
    told(one.mail_host)


def test_an_end_of_report_at_any_moment_sends_nothing_twice(notifier, operator):
    """Killed again and again while it goes on: one notice."""
    one = operator(kind="expired")
    relay = notifier({"policy": {"default": "verify"}}, remind="1h")
    mail_to(relay, one, 5)
    for pause in (0.3, 1, 2):
        relay.kill_room("report")
        wait_for(lambda: relay.rooms("report"), 20, "report is back")
        time.sleep(pause)
    told(one.mail_host, 1, 40)
    is_quiet(one.mail_host, 5, 1)


# --- what peers say

HOSTILE = [b"220-mx ESMTP x\r\n220-\r\n220 Bcc: victim@op1.test\r\n", b"220 {subject} {to} %s ${IFS}\r\n", b"220 " + b"A" * 10000 + b"\r\n",
           b"220 \xff\xfe\x80 \x1b[31m ESMTP\r\n", b"220 mx\rSubject: spam\r\n", b"220-mx\r\n220 --boundary\r\n", b"220 mx <alice@op1.test>\r\n"]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_a_hostile_peer_says_changes_no_header(notifier, operator, noc, number):
    """N57, NX3: banners and names with line ends, 8-bit octets, 10 KB, words of templates."""
    evil = HOSTILE[number][4:].replace(b"\r\n", b" ")[:60]
    one = operator(starttls=None, script={"CONNECT": Raw(HOSTILE[number]),
                                          "EHLO": Raw(b"250-" + evil + b"\r\n250 X-EVIL {fault}\r\n")})
    relay = notifier(remind="1h")
    mail_to(relay, one)
    try:
        message = told(noc, 1, 7)[0]
    except AssertionError:
        # What is no greeting at all is no session that proves anything of TLS: nobody is told.
        assert not results(relay, "sent"), relay.log()[-3000:]
        return
    mail = parsed(message)
    assert message.addresses == ["dns.team@noc.test"] and mail.get_all("To") == ["dns.team@noc.test"]
    assert {"Bcc", "Cc", "X-EVIL"}.isdisjoint(mail.keys()) and len(mail.get_all("Subject")) == 1
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "application/json"]
    assert len(message.content) < 16384 and len(text_of(message).splitlines()) < 60
    assert "alice@" not in text_of(message)


# --- two of us

def test_a_notice_is_not_answered(notifier, operator):
    """NX4: from nobody and not to be answered; a bounce of it makes nothing either."""
    one = operator(kind="expired", script={"RCPT": lambda session, line: "550 5.1.1 no" if b"postmaster" in line.lower() else None})
    relay = notifier({"policy": {"default": "verify"}})
    mail_to(relay, one)
    wait_for(lambda: results(relay, "bounced"), 25, lambda: relay.log()[-3000:])
    time.sleep(1)
    assert not [row for row in relay.events("notification") if row.get("to") == "<>"]
