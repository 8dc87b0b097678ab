"""
Notices to clients whose TLS is at fault, and what ends notices: who proves nothing, who wants none, a storm of bounces, processes that end;
and what hostile peers say.
"""

import datetime
import email.utils
import json
import re
import socket
import tempfile
import threading
import time

import pytest

from conftest import relays_end
from house.client import Client, secured
from house.daemon import Sealpost
from house.mx import Raw
from house.operators import (NOTIFYING, PERIODS, Operator, is_quiet, listed, mail_to, notices_of, operators, parsed, proved_by_spf, results, text_of,
                             told)
from house.places import CANARY, HOSTNAME, RELAY, STRANGER
from house.processes import wait_for


# --- clients

def try_in_clear(address, sender, helo="client.house.test"):
    """Mail without STARTTLS: refused, and counted."""
    with Client(source=address) as client:
        client.command(f"EHLO {helo}")
        assert client.command(f"MAIL FROM:<{sender}>").code == 530
        client.send(b"QUIT\r\n")


def go_well():
    """Somebody who has TLS: as long as nobody has, the fault may be the relay's own."""
    with secured() as client:
        client.quit()


def told_of_what_goes_on(relay, host, attempt):
    """The first notice: the fault goes on until then, as faults do. One that is over is not told of, however slow the names were."""
    def again():
        attempt()
        go_well()
        return notices_of(host)
    wait_for(again, 40, lambda: f"{listed(relay)}\n{relay.log()[-3000:]}", pause=0.7)
    return notices_of(host)[0]


@pytest.mark.parametrize("numbers, proof", [(operators, "reverse name"), (proved_by_spf, "SPF")])
def test_a_client_that_is_proved_is_told(notifier, operator, numbers, proof):
    one = operator(number=next(numbers))
    relay = notifier(remind="1h")
    message = told_of_what_goes_on(relay, one.mail_host, lambda: try_in_clear(one.client, one.mailbox("alice"), one.host))
    assert message.session.tls and message.addresses == [f"postmaster@{one.domain}"], proof
    text = text_of(message)
    assert one.client in text and "530 " in text and "alice" not in message.content.decode()
    is_quiet(one.mail_host, 3, 1)


def test_while_no_client_has_tls_none_is_told(notifier, operator):
    """A firewall in front of the relay may take STARTTLS out of all that it says: then all clients come in clear, and none is at fault."""
    one = operator(number=next(operators))
    relay = notifier(remind="1h")

    def again():
        try_in_clear(one.client, one.mailbox("alice"), one.host)
        return [row for row in listed(relay, peer=one.client) if "may be this relay's own" in row["text"] and row["failed"] >= 6]
    wait_for(again, 25, lambda: f"{listed(relay)}\n{relay.log()[-3000:]}", pause=0.7)
    assert not results(relay, "sent") and not one.mail_host.messages


def test_a_peer_of_another_mail_server_is_told(notifier, operator):
    """What a Postfix beside us took in clear, by its Received field: a notice, too, which says that (contrib/postfix-received feeds it)."""
    one = operator(number=next(proved_by_spf))
    relay = notifier(remind="1h")
    date = email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))
    message = (f"Return-Path: <alice@{one.domain}>\nReceived: from {one.host} (unknown [192.0.2.{one.number}])\n"
               f"\tby mail.example.org (Postfix) with ESMTP id 4ABCDE\n\tfor <b@boxes.test>; {date}\nSubject: hello\n\nhello\n")
    notice = told_of_what_goes_on(relay, one.mail_host,
                                  lambda: relay.ctl("received", "--ledger", "--trusted", "mail.example.org", given=message))
    text = text_of(notice)
    assert notice.addresses == [f"postmaster@{one.domain}"] and f"192.0.2.{one.number}" in text
    assert "in clear text" in text and "530 " not in text and "not accepted" not in text


def forge(source, count, number, victim):
    """Sessions that name somebody else, each another sender."""
    for at in range(count):
        with socket.create_connection((RELAY, 25), 60, (source, 0)) as connection:
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

    def again():
        for number in range(8):
            forge(f"127.44.66.{2 + number}", 2, number, victim)
        go_well()
        return len(results(relay, "unproved")) >= 8
    wait_for(again, 30, lambda: relay.log()[-3000:], pause=0.7)
    time.sleep(2)
    assert not results(relay, "sent")
    assert not victim.mail_host.messages and not noc.messages and not abuse.messages


# --- how it ends

def stop_address(message):
    return re.search(r"mailto:([^>]+)>", parsed(message)["List-Unsubscribe"]).group(1)


def test_mail_to_the_stop_address_is_taken_verified_and_honoured(notifier, operator):
    """N53: for ever, over a restart too; a token that nobody was sent stops nothing."""
    one = operator(kind="expired")
    relay = notifier({"policy": {"default": "verify"}}, remind="10s")
    mail_to(relay, one)
    address = stop_address(told(one.mail_host)[0])
    told_at = time.monotonic()
    local, _, domain = address.partition("@")
    assert domain == HOSTNAME
    forged = re.sub(r"\+.*", "+" + "0" * 32, local)
    for to, code in ((f"{forged}@{domain}", 550), (address, 250)):
        with secured(source=one.address) as client:
            client.mail(one.mailbox("postmaster"), to)
            assert client.data("Subject: stop\r\n\r\nplease\r\n").code == code, to
    relay.restart()
    mail_to(relay, one)
    wait_for(lambda: listed(relay, peer=one.host, state="stopped"), 15, lambda: f"{listed(relay)}\n{relay.log()[-3000:]}")
    is_quiet(one.mail_host, max(3, told_at + 13 - time.monotonic()), 1)
    assert len(notices_of(one.mail_host)) == 1
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
    # Its fault has lasted: the relay may have begun by itself.
    sent = relay.ctl("notice", "send", one.host, check=False)
    assert sent.returncode == 0 or "on its way already" in sent.stderr, sent.stderr
    assert len(told(one.mail_host)) == 1


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

    def malformed():
        return relay.events("attempt", mx=one.host, reason="reply-malformed")
    wait_for(lambda: notices_of(noc) or len(malformed()) >= 3, what=lambda: relay.log()[-3000:])
    if malformed():
        # What is no greeting at all is no session that proves anything of TLS: nobody is told.
        is_quiet(noc, 4)
        assert not results(relay, "sent"), relay.log()[-3000:]
        return
    message = notices_of(noc)[0]
    mail = parsed(message)
    assert message.addresses == ["dns.team@noc.test"] and mail.get_all("To") == ["dns.team@noc.test"]
    assert {"Bcc", "Cc", "X-EVIL"}.isdisjoint(mail.keys()) and len(mail.get_all("Subject")) == 1
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "application/json"]
    assert len(message.content) < 16384 and len(text_of(message).splitlines()) < 60
    assert "alice@" not in text_of(message)


# --- two of us

@pytest.fixture
def neighbour(house):
    """neighbour(one, settings): another relay at the same time, in the place of that operator's mail host."""
    made = []

    def make(one, settings):
        folder = tempfile.mkdtemp(prefix="relay-", dir=house.folder)
        made.append(Sealpost(house.programs(), folder, house.authority, {
            **NOTIFYING, "hostname": one.host, "listen": [f"{one.address}:25"], "notices": {**PERIODS, "remind": "1h", "from": f"postmaster@{one.host}"},
            **settings}))
        return made[-1].start()
    yield make
    relays_end(made)


def test_two_of_us_tell_each_other_once(notifier, neighbour, house, lmtp):
    """
    NX4: both have a certificate that nobody vouches for, and notice that of each other. One notice is refused, the other answered by a robot
    that knows no rules; neither is a reason for more mail: a notice is from nobody, and not to be answered.
    """
    one, own, theirs = Operator(), lmtp(), lmtp()

    def settings(name, server, *domains):
        return {"policy": {"default": "verify"}, "certificate": house.authority.certificate(name, kind="self-signed").both,
                "accept": {domain: f"lmtp:{server.path}" for domain in domains}}
    relay = notifier(settings(HOSTNAME, own, "house.test"), remind="1h")
    other = neighbour(one, settings(one.host, theirs, one.host))
    for _ in range(3):
        relay.submit(one.mailbox())
        other.submit(f"{CANARY}@house.test", address=one.address)
    wait_for(lambda: results(relay, "bounced") and own.messages, 25, lambda: relay.log()[-3000:] + other.log()[-3000:])
    (sender, recipients, content), = own.messages
    assert sender == "" and recipients == ["postmaster@house.test"]
    assert f"From: Mail relay <postmaster@{one.host}>".encode() in content and b"Auto-Submitted: auto-generated" in content
    with secured(one.address, source=STRANGER) as robot:
        robot.mail("postmaster@house.test", f"postmaster@{one.host}")
        assert robot.data("Subject: Auto: URGENT security problem\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n").code == 250
    wait_for(lambda: theirs.messages, what=lambda: other.log()[-3000:])
    time.sleep(1.5)
    assert len(own.messages) == len(theirs.messages) == len(results(other, "sent")) == 1
    told_by_us = [row["to"] for row in results(relay, "sent")]
    assert told_by_us[:1] == [f"<postmaster@{one.domain}>"] and len(told_by_us) == len(set(told_by_us)) <= 2
    assert not relay.events("notification") and not other.events("notification")
