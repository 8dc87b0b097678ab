"""What a message may ask about TLS (RFC 8689; S57, S58, N3, N16), as it comes in, as it is kept, and as it is told of."""

import time

import pytest

from house.client import secured
from house.places import CANARY, HOSTILE
from house.processes import wait_for
from test_dsn import Notification

# Nobody listens at the place of ours.test: what is sent there waits.
RELAY_SETTINGS = {"accept": {"ours.test": "smtp:127.44.10.202:25"}, "queue": {"retry_first": "1h"}, "limits": {"errors": 1000}}
SENDER = f"{CANARY}@client.test"
OURS = f"{CANARY}@ours.test"
NO = "TLS-Required: No\r\n"


def content(*fields, body="body\r\n"):
    return ("".join(fields) + f"Subject: {CANARY}\r\n\r\n" + body).encode()


@pytest.fixture
def kept(relay):
    """kept(content, parameters): (requiretls, tls_optional) as `queue show` has them, and the identity."""
    def ask(octets, parameters="", sender=SENDER):
        mid = relay.submit(OURS, sender=sender, content=octets, sender_params=parameters)
        row, = relay.ctl("queue", "show", mid, as_json=True)
        return bool(row["requiretls"]), bool(row["tls_optional"]), mid
    return ask


def test_it_is_offered_inside_tls_only(client):
    """S57, S3"""
    in_clear = client(source=HOSTILE)
    assert "REQUIRETLS" not in in_clear.expect("EHLO client.test", 250).keywords
    in_clear.expect("MAIL FROM:<a@client.test> REQUIRETLS", 530)
    with secured() as inside:
        offered = inside.expect("EHLO client.test", 250).keywords
        assert offered["REQUIRETLS"] == ""
        inside.expect(f"MAIL FROM:<{SENDER}> REQUIRETLS=yes", 501)
        inside.expect(f"MAIL FROM:<{SENDER}> REQUIRETLS=", 501)
        inside.expect(f"MAIL FROM:<{SENDER}> REQUIRETLS REQUIRETLS", 501)
        longest = f"SIZE=00000000000000001000 BODY=8BITMIME RET=HDRS ENVID={'x' * 100} SMTPUTF8 AUTH={'a' * 500}"
        inside.expect(f"MAIL FROM:<{'l' * 64}@{'d' * 63}.test> {longest} requireTLS", 250)


@pytest.mark.parametrize("fields, parameters, requiretls, optional", [
    ((), "", False, False),
    ((), "REQUIRETLS", True, False),
    ((), "RET=FULL requiretls BODY=8BITMIME", True, False),
    ((NO,), "", False, True),
    (("tls-required:no\r\n",), "", False, True),
    (("TLS-Required:\r\n \t NO \r\n",), "", False, True),
    ((NO,), "REQUIRETLS", True, False),
    ((NO, NO), "", False, False),
    ((NO, "TLS-Required: Yes\r\n"), "", False, False),
    (("TLS-Required: Maybe\r\n",), "", False, False),
    (("TLS-Required: No (comment)\r\n",), "", False, False),
    (("TLS-Required:\r\n",), "", False, False),
    (("X: y\r\n TLS-Required: No\r\n",), "", False, False),
])
def test_the_parameter_and_the_field_tag_the_message(relay, kept, fields, parameters, requiretls, optional):
    """S57, S58"""
    tags = kept(content(*fields), parameters)
    assert tags[:2] == (requiretls, optional)
    accepted = relay.wait_event("accept", id=tags[2])[-1]
    assert accepted["requiretls"] == ("yes" if requiretls else "no" if optional else "-")


def test_a_field_in_the_body_is_no_field(kept):
    assert kept(content(body=NO))[:2] == (False, False)
    assert kept(b"this is no field\r\n" + NO.encode() + b"\r\nbody\r\n")[:2] == (False, False)


@pytest.mark.parametrize("octets", [1, 2, 5, 13, 40])
def test_by_chunks_and_in_pieces(relay, octets):
    """The field may lie across any border, of chunks and of TLS records."""
    text = content("From: a\r\n", NO)
    with secured() as client:
        client.mail(SENDER, OURS)
        for at in range(0, len(text), octets):
            piece = text[at:at + octets]
            client.send(f"BDAT {len(piece)}\r\n".encode() + piece)
            assert client.reply().code == 250
        by_chunks = client.expect("BDAT 0 LAST", 250).text.split()[-1]
        client.mail(SENDER, OURS)
        client.expect("DATA", 354)
        for at in range(0, len(text), octets):
            client.send(text[at:at + octets])
        by_data = client.expect(".", 250).text.split()[-1]
    for mid in (by_chunks, by_data):
        row, = relay.ctl("queue", "show", mid, as_json=True)
        assert row["tls_optional"] and not row["requiretls"]


def test_the_tag_outlives_every_crash(relay, kept):
    """S57: in the queue file"""
    asked, waived, plain = kept(content(), "REQUIRETLS")[2], kept(content(NO))[2], kept(content())[2]
    for stop in (relay.stop, relay.kill_all, lambda: relay.kill_room("queue")):
        stop()
        if not relay.process.is_running():
            relay.start()
        for mid, tags in ((asked, (True, False)), (waived, (False, True)), (plain, (False, False))):
            row = wait_for(lambda: relay.ctl("queue", "show", mid, as_json=True, check=False), 20, "a row")[0]
            assert (bool(row["requiretls"]), bool(row["tls_optional"])) == tags


def test_programs_of_this_machine_may_ask(relay):
    text = f"From: <{SENDER}>\nTo: <{OURS}>\nSubject: x\n\nThis is {CANARY}.\n"
    relay.local("-i", "-O", "requiretls=yes", "-f", SENDER, OURS, content=text)
    mid = relay.wait_event("accept", client="local")[-1]["id"]
    row, = relay.ctl("queue", "show", mid, as_json=True)
    assert row["requiretls"] and not row["tls_optional"]
    assert relay.local("-i", "-O", "requiretls=what", "-f", SENDER, OURS, content=text, check=False).returncode == 64


# --- what is told

@pytest.fixture
def told(sealpost, site, mx):
    """told(fields, parameters): the notification about a message that a host refused."""
    def make(*fields, sender_params=""):
        place, home = site(), site()
        mx(place, also=["REQUIRETLS"], script={"RCPT": "550 5.1.1 nobody of that name"})
        back = mx(home, also=["REQUIRETLS"])
        relay = sealpost()
        relay.submit(place.mailbox(), sender=home.mailbox(), content=content(*fields, body=f"This is {CANARY}.\r\n"), sender_params=sender_params)
        wait_for(back.accepted, 20, lambda: f"a notification: {relay.log()[-3000:]}")
        time.sleep(0.5)
        assert len(back.accepted()) == 1
        return Notification(back.accepted()[0]).check_form()
    return make


@pytest.mark.parametrize("ret", ["", "RET=FULL", "RET=HDRS"])
def test_a_bounce_of_requiretls_has_headers_only(told, ret):
    """N3, N16"""
    note = told(sender_params=f"REQUIRETLS {ret}".strip())
    assert note.parts[2].get_content_type() == "text/rfc822-headers"
    assert f"This is {CANARY}" not in note.arrived.content.decode()
    assert CANARY in str(note.parts[2])
    assert "REQUIRETLS" in note.text()
    assert note.message["TLS-Required"] is None


def test_a_bounce_waives_what_its_message_waived(told):
    """RFC 8689 6"""
    note = told(NO)
    assert note.message.get_all("TLS-Required") == ["No"]
    assert note.parts[2].get_content_type() == "message/rfc822"
    assert f"This is {CANARY}" in str(note.parts[2])
    assert "REQUIRETLS" not in note.text()


def test_a_bounce_of_other_mail_asks_for_nothing(told):
    note = told()
    assert note.message["TLS-Required"] is None and "REQUIRETLS" not in note.arrived.sender_params
    assert "REQUIRETLS" not in note.text()
