"""The neighbours stand on their own feet: they speak to a host of the house, and it to them, without sealpost in between."""

import os

import pytest

from house.client import Client, secured
from house.neighbours import Exim, OpenSMTPD, Postfix
from house.places import CANARY, HOSTNAME, RELAY, RELAY6
from house.processes import wait_for

pytestmark = pytest.mark.skipif(os.environ.get("SEALPOST_HOUSE_ROOT") != "1", reason="needs root: a neighbour has users of its own")
TEXT = f"From: <{CANARY}@client.test>\nSubject: hello\n\nThis is {CANARY}.\n"


@pytest.mark.parametrize("kind, relayhost", [(Postfix, f"[{HOSTNAME}]:25"), (Exim, HOSTNAME), (OpenSMTPD, f"smtp+tls://{HOSTNAME}:25")])
def test_a_neighbour_sends_over_verified_tls(house, mx, kind, relayhost):
    host = mx((RELAY6 if kind is OpenSMTPD else RELAY, HOSTNAME))
    one = kind(house.folder, house.authority, f"{kind.__name__.lower()}.client.test", relayhost=relayhost)
    try:
        one.send(f"{CANARY}@client.test", "a@x.test", TEXT)
        wait_for(host.accepted, 30, lambda: "".join(one.log()))
        assert CANARY.encode() in host.accepted()[0].content and host.sessions[-1].tls
    finally:
        one.stop()


@pytest.mark.parametrize("kind", [Postfix, Exim])
def test_a_neighbour_takes_mail_over_tls_only(house, kind):
    one = kind(house.folder, house.authority, "sink9.house.test", domain="boxes.test")
    try:
        with secured(one.address) as client:
            client.mail(f"{CANARY}@client.test", f"{CANARY}@boxes.test")
            assert client.data(TEXT.replace("\n", "\r\n")).code == 250
            client.quit()
        wait_for(one.mail, 30, lambda: "".join(one.log()))
        assert CANARY.encode() in one.mail()[0]
        with Client(one.address, source="127.44.66.1") as client:
            client.expect("EHLO x.test", 250)
            assert client.command("MAIL FROM:<a@b.test>").code in (530, 550)
    finally:
        one.stop()
