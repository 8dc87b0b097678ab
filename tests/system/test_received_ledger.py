"""
A Postfix that keeps its mail feeds the ledger by contrib/postfix-received: its peers are shown like our own, and told like our own. Clients
come from an address that is no loopback one, to a port of Postfix's own: what it takes in clear is its affair, and is not what the
recording is searched for.
"""

import email.utils
import os
import smtplib
import ssl
import subprocess

import pytest

from house.client import secured
from house.neighbours import Postfix
from house.operators import NOTIFYING, PERIODS, notices_of, parsed, text_of
from house.places import REMOTE_RESOLVER
from house.processes import LIBRARY_PATHS, wait_for, wait_port

pytestmark = pytest.mark.skipif(os.environ.get("SEALPOST_HOUSE_ROOT") != "1", reason="needs root: a neighbour has users of its own")

CONTRIB = os.path.join(os.path.dirname(__file__), "..", "..", "contrib", "postfix-received")
OUTSIDE, PORT = REMOTE_RESOLVER, 2527
HOSTILE = "{stop}`id`%s<x@y>." + "a" * 400
TEXT = "From: <a@sender.test>\r\nSubject: hello\r\n\r\nFor the box.\r\n"


class Feeding(Postfix):
    """With contrib/postfix-received, its names replaced."""

    names = {}
    networks = "127.0.0.0/8, 192.0.2.0/24"

    def main(self, domain, relayhost, level):
        super().main(domain, relayhost, level)
        self.append("main.cf", "")
        self.append("master.cf", f"{OUTSIDE}:{PORT} inet n - n - - smtpd\n  -o smtpd_tls_security_level=may\n")

    def wait_port(self):
        super().wait_port()
        wait_port(OUTSIDE, PORT)

    def append(self, name, text):
        with open(os.path.join(CONTRIB, name), encoding="ascii") as file:
            text += file.read()
        for written, means in {"mx.example.org": self.name, "example.org": "boxes.test", **self.names}.items():
            text = text.replace(written, means)
        with open(self.path("conf", name), "a", encoding="ascii") as file:
            file.write(text)


@pytest.fixture
def feeding(request, house, sealpost):
    """(Postfix that feeds, sealpost that is fed); the parameter is more of its settings."""
    socket = os.path.join(house.folder, f"facts-{next(house.sites)}")
    relay = sealpost({**getattr(request, "param", {}), "ledger": {"socket": socket, "flush": "1s"}})
    Feeding.names = {"/usr/local/bin/sealpost": relay.programs.sealpost, "/run/sealpost/facts": socket}
    one = Feeding(house.folder, house.authority, domain="boxes.test")
    one.socket = socket
    yield one, relay
    one.stop()


def send(peer, is_tls, sender="a@sender.test", recipients=("b@boxes.test",)):
    with smtplib.SMTP(OUTSIDE, PORT, local_hostname=peer, source_address=(OUTSIDE, 0), timeout=60) as session:
        if is_tls:
            session.starttls(context=ssl._create_unverified_context())
        session.sendmail(sender, list(recipients), TEXT)


def peers(relay):
    return {row["peer"]: row for row in relay.ctl("peers", "--direction", "in", as_json=True)}


def wait_peers(one, relay, **sessions):
    """The rows, once there are so many sessions of each: "_" for "."."""
    wanted = {name.replace("_", "."): count for name, count in sessions.items()}

    def look():
        rows = peers(relay)
        return rows if {name: row["sessions"] for name, row in rows.items()} == wanted else None
    return wait_for(look, 30, lambda: f"{wanted} in {peers(relay)}\n{''.join(list(one.log())[-40:])}\n{relay.log()[-1500:]}")


def told_like_our_own(relay, place, host):
    """
    Who comes to the Postfix in clear, and is vouched for: the postmaster hears of it, and that it was mail which was taken. What the client
    calls itself changes nothing of the message (N57).
    """
    def again():
        send(HOSTILE, False, f"alice@{place.domain}")
        with secured() as client:       # or it would be our own fault that nobody has TLS
            client.quit()
        return notices_of(host)
    message = wait_for(again, 40, lambda: f"{peers(relay)}\n{relay.log()[-3000:]}", pause=0.7)[0]
    assert message.session.tls and message.sender == "" and message.addresses == [f"postmaster@{place.domain}"]
    mail, text = parsed(message), text_of(message)
    assert mail.get_all("To") == [f"postmaster@{place.domain}"] and len(mail.get_all("Subject")) == 1
    assert "?stop??id??s?x?y?.aaa" in text and "a" * 130 not in text
    assert OUTSIDE in text and "in clear text" in text and "530 " not in text and "alice" not in message.content.decode()


@pytest.mark.parametrize("feeding", [{**NOTIFYING, "notices": {**PERIODS, "remind": "1h"}}], indirect=True, ids=["notices"])
def test_peers_of_a_postfix_are_in_the_ledger(feeding, site, mx, names):
    """And get the same notices."""
    one, relay = feeding
    place = site("live")
    host = mx(place)
    names.change({place.domain: [f"MX 10 {place.host}.", f'TXT "v=spf1 ip4:{OUTSIDE} -all"']})
    send("secure.sender.test", True, recipients=("b@boxes.test", "c@boxes.test"))
    send("clear.sender.test", False)
    send("clear.sender.test", False, sender="")
    rows = wait_peers(one, relay, secure_sender_test=1, clear_sender_test=2)
    good, bad = rows["secure.sender.test"], rows["clear.sender.test"]
    assert good["tls"] == "yes" and good["good"] == 1 and good["versions"] == "TLSv1.3=1" and good["ips"] == f"{OUTSIDE}=1" and good["reasons"] == "", good
    assert good["domains"] == "sender.test=1" and good["messages"] == 1, good
    assert bad["tls"] == "no" and bad["failed"] == 2 and bad["reasons"] == "plaintext-inbound=2" and "sender.test=1" in bad["domains"], bad
    # The mail itself came to its boxes, as it was, once for each recipient, and nothing else went anywhere.
    wait_for(lambda: len(one.mail()) == 4, 20, lambda: "".join(one.log()))
    assert all(b"For the box." in message and b"sealpost" not in message for message in one.mail())
    assert not any("status=bounced" in line or "status=deferred" in line for line in one.log())
    told_like_our_own(relay, place, host)


def test_without_the_daemon_the_copy_waits_and_the_mail_does_not(feeding):
    one, relay = feeding
    relay.stop()
    send("secure.sender.test", True)
    wait_for(one.mail, 20, lambda: "".join(one.log()))
    wait_for(lambda: any("sealpost.invalid" in line and "status=deferred" in line for line in one.log()), 20, lambda: "".join(one.log()))
    assert not any("status=bounced" in line for line in one.log())
    relay.start()
    wait_peers(one, relay, secure_sender_test=1)
    wait_for(lambda: any("relay=sealpost-received" in line and "status=sent" in line for line in one.log()), 20, lambda: "".join(one.log()))
    assert len(one.mail()) == 1


def test_the_user_of_the_pipe_can_do_nothing_else(feeding):
    one, relay = feeding

    def code(*words, door, given=""):
        command = ["setpriv", "--reuid=sealpost-facts", "--regid=sealpost-facts", "--clear-groups", relay.programs.sealpost, "-s", door, *words]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, env=LIBRARY_PATHS, check=False)
        assert not done.stdout or done.returncode == 0, done
        return done.returncode
    control = relay.settings["control"]
    for words in (["peers"], ["stats"], ["status"], ["metrics"], ["reload"], ["queue", "list"], ["queue", "hold", "--all"], ["policy", "list"], ["tlsrpt", "list"], ["exception", "list"]):
        assert code(*words, door=one.socket) == os.EX_NOPERM, words
        assert code(*words, door=control) == os.EX_NOPERM, words
    hop = "Received: from x.test ([192.0.2.7]) by mx.test (Postfix) with ESMTP id 1; " + subprocess.run(["date", "-R"], stdout=subprocess.PIPE, text=True, check=True).stdout + "\n"
    feed = ["received", "--ledger", "--trusted", "mx.test", "-"]
    assert code(*feed, door=control, given=hop) == os.EX_TEMPFAIL
    assert code(*feed, door=one.socket, given=hop) == os.EX_OK
    assert set(peers(relay)) == {"x.test"}


def test_a_sender_that_is_none_is_not_looked_for_in_the_message(feeding):
    """--sender= is what a pipe with null_sender= says of a bounce: a Return-Path in the message is whoever's wrote it."""
    _one, relay = feeding
    hop = "Return-Path: <a@victim.test>\nReceived: from x.test ([192.0.2.7]) by mx.test (Postfix) with ESMTP id 1; " + email.utils.formatdate() + "\n\n"
    relay.ctl("received", "--ledger", "--trusted", "mx.test", "--sender=", "-", given=hop)
    assert wait_for(lambda: peers(relay), 20, "the session")["x.test"]["domains"] == ""


def test_our_own_sessions_stand_beside_them(feeding, site, mx):
    one, relay = feeding
    place = site("live")
    mx(place)
    send("secure.sender.test", True)
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    rows = wait_peers(one, relay, secure_sender_test=1, client_house_test=1)
    assert all(row["good"] == 1 for row in rows.values())
