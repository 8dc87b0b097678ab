"""Mail of local programs (the sendmail entry) and mail to local stores (LMTP)."""

import os
import time

import pytest

from house.places import CANARY
from house.processes import wait_for

TEXT = f"From: <{CANARY}@local.test>\nTo: <%s>\nSubject: local\n\nThis is {CANARY}.\n.\nafter a dot\n"


# --- sendmail(1)

@pytest.fixture
def local(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost()
    return relay, place, host


def arrived(host, count=1):
    wait_for(lambda: len(host.accepted()) >= count, 20, "delivered")
    return host.accepted()[-1]


@pytest.mark.parametrize("words", [[], ["-oi"], ["-i"], ["-oem", "-oi"], ["-B8BITMIME", "-i"], ["-odb", "-i"], ["-bm", "-i"]])
def test_recipients_on_the_command_line(local, words):
    relay, place, host = local
    relay.local(*words, "-f", f"{CANARY}@local.test", place.mailbox(), content=TEXT % place.mailbox())
    message = arrived(host)
    assert message.sender == f"{CANARY}@local.test" and message.addresses == [place.mailbox()]
    assert message.content.count(b"\n") == message.content.count(b"\r\n")
    assert (b"after a dot" in message.content) == ("-i" in words or "-oi" in words)


def test_recipients_in_the_header(local):
    relay, place, host = local
    text = (f"From: <{CANARY}@local.test>\nTo: One <{place.mailbox('one')}>, {place.mailbox('two')}\nCc: group: {place.mailbox('three')};\n"
            f"Bcc: {place.mailbox('four')}\nSubject: x\n\nx\n")
    relay.local("-t", "-i", content=text)
    wait_for(lambda: sum(len(message.recipients) for message in host.accepted()) == 4, 20, "four recipients")
    content = host.accepted()[0].content
    assert b"Bcc" not in content and place.mailbox("four").encode() not in content
    assert place.mailbox("one").encode() in content


def test_the_sender_is_the_user_unless_told(local):
    relay, place, host = local
    relay.local("-i", place.mailbox(), content=TEXT % place.mailbox(), user="nobody")
    assert arrived(host).sender.startswith("nobody@")


def test_a_null_sender(local):
    relay, place, host = local
    relay.local("-i", "-f", "", place.mailbox(), content=TEXT % place.mailbox())
    assert arrived(host).sender == ""


def test_what_lacks_is_added_for_submissions(local):
    """F6: Date and Message-ID, and no more than one of each."""
    relay, place, host = local
    relay.local("-i", place.mailbox(), content="Subject: x\n\nx\n")
    head = arrived(host).content.split(b"\r\n\r\n")[0].lower()
    assert head.count(b"\r\ndate:") == 1 and head.count(b"\r\nmessage-id:") == 1


def test_a_session_on_standard_input(local):
    relay, place, host = local
    done = relay.local("-bs", content=(f"EHLO x.test\r\nMAIL FROM:<{CANARY}@local.test>\r\nRCPT TO:<{place.mailbox()}>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"))
    assert "354" in done.stdout and "221" in done.stdout
    arrived(host)


@pytest.mark.parametrize("words, status", [(["-Z"], 64), ([], 64), (["not an address"], 67), (["a@b@c.test"], 67)])
def test_what_it_cannot_do_has_an_exit_status(local, words, status):
    relay, _, _ = local
    done = relay.local("-i", *words, content="Subject: x\n\nx\n", check=False)
    assert done.returncode == status and done.stdout
    assert relay.queue_is_empty(), "words that are no address are not joined to one"


def test_without_a_relay_it_fails_for_now(sealpost, site):
    relay = sealpost(start=False)
    assert relay.local("-i", site().mailbox(), content="Subject: x\n\nx\n", check=False).returncode == 75


def test_options_are_no_recipients(local):
    relay, place, host = local
    relay.local("-i", "--", place.mailbox("-f"), content="Subject: x\n\nx\n")
    assert arrived(host).addresses == [place.mailbox("-f")]


# --- LMTP

def test_each_recipient_has_its_own_reply(sealpost, lmtp, site, mx):
    server = lmtp(replies={"never@local.test": "550 5.2.2 quota", "later@local.test": ["450 4.2.0 busy", "250 2.1.5 ok"]}, refuse=["nobody@local.test"])
    home = site()
    back = mx(home)
    relay = sealpost({"accept": {"local.test": f"lmtp:{server.path}"}})
    relay.submit(*[f"{name}@local.test" for name in ("good", "never", "later", "nobody")], sender=home.mailbox())
    wait_for(lambda: sorted(name for message in server.messages for name in message[1]) == ["good@local.test", "later@local.test"], 30, "delivered")
    wait_for(back.accepted, 20, "a notification")
    relay.wait_empty()
    told = b"".join(message.content for message in back.accepted())
    assert b"never@local.test" in told and b"nobody@local.test" in told and b"Final-Recipient: rfc822; good@" not in told
    assert any(line.startswith("LHLO") for line in server.commands) and not any(line.startswith("EHLO") for line in server.commands)


def test_what_a_store_took_is_told_as_delivered(sealpost, lmtp, site, mx):
    """Where it was asked for: a mailbox is the end of the way (RFC 3464 2.3.3)."""
    server, home = lmtp(), site()
    back = mx(home)
    relay = sealpost({"accept": {"local.test": f"lmtp:{server.path}"}})
    relay.submit("a@local.test", sender=home.mailbox(), recipient_params="NOTIFY=SUCCESS")
    wait_for(back.accepted, 20, "a notification")
    text = back.accepted()[0].content.decode()
    assert "\r\nAction: delivered\r\nStatus: 2.1.5\r\n" in text and "was delivered to" in text, text


def test_content_arrives_whole(sealpost, lmtp):
    server = lmtp()
    relay = sealpost({"accept": {"local.test": f"lmtp:{server.path}"}})
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n8-bit \xc3\xbc\r\n"
    relay.submit("a@local.test", content=content, sender_params="BODY=8BITMIME")
    wait_for(lambda: server.messages, 20, "delivered")
    assert server.messages[0][2].endswith(content)


def test_a_store_that_is_away_means_later(sealpost, lmtp):
    server = lmtp()
    path = server.path
    server.stop()
    relay = sealpost({"accept": {"local.test": f"lmtp:{path}"}})
    relay.submit("a@local.test")
    assert relay.outcome("a@local.test")["dsn"].startswith("4.")
    from house.lmtp import LocalDelivery
    again = LocalDelivery(path)
    wait_for(lambda: again.messages, 20, "delivered")
    again.stop()


def test_strangers_reach_accepted_domains_by_lmtp(sealpost, lmtp):
    from house.places import STRANGER
    server = lmtp()
    relay = sealpost({"accept": {"local.test": f"lmtp:{server.path}"}})
    relay.submit("a@local.test", source=STRANGER)
    wait_for(lambda: server.messages, 20, "delivered")
    assert os.path.exists(server.path) and time.monotonic() > 0
