"""The conversation under TLS (standards.md 1a to 1c): who may say what when, what is refused how, and what is passed on."""

import re
import time

import pytest

from conftest import Site, relay_maker, relays_end
from house.client import Ended, secured
from house.mx import MailHost
from house.places import CANARY, CLIENT, HOSTNAME, STRANGER
from house.processes import wait_for

# Strangers may write to ours.test and to the sites below open.test.
RELAY_SETTINGS = {
    "accept": {"ours.test": "smtp:127.44.10.201:25", ".open.test": "smtp:127.44.10.201:25"},
    "limits": {"recipients": 100, "errors": 1000, "size": "1M", "received": 100},
}
SENDER = f"{CANARY}@client.test"
OURS = f"{CANARY}@ours.test"


@pytest.fixture
def open_client(client):
    return lambda **options: client(secure=True, **options)


# --- order and arguments

IDLE, MAIL, RCPT = [], ["MAIL FROM:<a@client.test>"], ["MAIL FROM:<a@client.test>", "RCPT TO:<b@ours.test>"]


@pytest.mark.parametrize("before, line, code, status", [
    (IDLE, "NOOP", 250, "2."), (IDLE, 'NOOP "x y"', 250, "2."), (IDLE, "noop", 250, "2."), (IDLE, "NOOP   ", 250, "2."),
    (IDLE, "RSET", 250, "2."), (IDLE, "RSET x", 501, "5.5.4"),
    (IDLE, "VRFY a", 252, "2."), (IDLE, "EXPN a", 502, "5.5."), (IDLE, "HELP", 214, "2."), (IDLE, "HELP MAIL", 214, "2."),
    (IDLE, "RCPT TO:<b@ours.test>", 503, "5.5.1"), (IDLE, "DATA", 503, "5.5.1"), (IDLE, "BDAT 0 LAST", 503, "5.5.1"),
    (IDLE, "STARTTLS", 503, "5.5.1"), (IDLE, "NONSENSE", 500, "5.5."), (IDLE, "", 500, "5.5."), (IDLE, "MAILFROM:<a@b.test>", 500, "5.5."),
    (IDLE, "AUTH PLAIN AGEAYg==", 502, "5.5."), (IDLE, "ETRN x", 502, "5.5."),
    (IDLE, "MAIL", 501, "5."), (IDLE, "MAIL FROM", 501, "5."), (IDLE, "MAIL FROM:", 501, "5."), (IDLE, "MAIL FROM: <a@b.test>", 501, "5.1.7"),
    (IDLE, "MAIL FROM:a@b.test", 501, "5.1.7"), (IDLE, "MAIL FROM:<a@b.test", 501, "5.1.7"), (IDLE, "MAIL FROM:<a b@c.test>", 501, "5.1.7"),
    (IDLE, "MAIL FROM:<a@>", 501, "5.1.7"), (IDLE, "MAIL FROM:<@b.test>", 501, "5.1.7"), (IDLE, "MAIL FROM:<a@b..test>", 501, "5.1.7"),
    (IDLE, "MAIL FROM:<a@b.test> NONSENSE", 555, "5.5.4"), (IDLE, "MAIL FROM:<a@b.test> NONSENSE=1", 555, "5.5.4"),
    (IDLE, "MAIL FROM:<>", 250, "2.1.0"), (IDLE, "mAiL fRoM:<A@client.test>", 250, "2.1.0"),
    (IDLE, "MAIL FROM:<@x.test,@y.test:a@client.test>", 250, "2.1.0"), (IDLE, "MAIL FROM:<\"a b\"@client.test>", 250, "2.1.0"),
    (IDLE, "MAIL FROM:<a@[127.44.2.1]>", 250, "2.1.0"), (IDLE, "MAIL FROM:<a@[IPv6:fd44::2]>", 250, "2.1.0"),
    (IDLE, "MAIL FROM:<\xc3\xbc@client.test>", 553, "5.6.7"), (IDLE, "MAIL FROM:<\xfc@client.test>", 501, "5.1.7"), (IDLE, "MAIL FROM:<a@localhost>", 501, "5.1."),
    (IDLE, "EHLO", 501, "5.5.4"), (IDLE, "EHLO a b", 501, "5.5.4"), (IDLE, "EHLO <script>", 501, "5.5.4"), (IDLE, "EHLO \xfc.test", 501, "5.5.4"),
    (IDLE, "EHLO [127.44.2.1]", 250, ""), (IDLE, "EHLO [IPv6:::1]", 250, ""), (IDLE, "EHLO other.test", 250, ""), (IDLE, "HELO x.test", 250, ""),
    (MAIL, "MAIL FROM:<b@client.test>", 503, "5.5.1"), (MAIL, "DATA", 503, "5.5.1"), (MAIL, "EHLO x.test", 250, ""),
    (MAIL, "RCPT TO:<b@ours.test>", 250, "2.1.5"), (MAIL, "RCPT TO:<>", 501, "5.1.3"), (MAIL, "RCPT TO: <b@ours.test>", 501, "5.1.3"),
    (MAIL, "RCPT TO:b@ours.test", 501, "5.1.3"), (MAIL, "RCPT TO:<b@ours.test> NONSENSE", 555, "5.5.4"),
    (MAIL, "RCPT TO:<\"a@b > c\"@ours.test>", 250, "2.1.5"), (MAIL, "RCPT TO:<\"\x01\"@ours.test>", 500, "5.5.2"),
    (MAIL, "RCPT TO:<\xc3\xbc@ours.test>", 553, "5.6.7"), (MAIL, "RCPT TO:<a@localhost>", 550, "5.1.2"),
    (MAIL, "RCPT TO:<pOsTmAsTeR>", 250, "2.1.5"), (MAIL, "RCPT TO:<PostMaster@ours.test>", 250, "2.1.5"),
    (RCPT, "DATA x", 501, "5.5.4"), (RCPT, "VRFY a", 252, "2."), (RCPT, "NOOP", 250, "2."), (RCPT, "RCPT TO:<c@ours.test>", 250, "2.1.5"),
    (RCPT, "QUIT x", 501, "5.5.4"), (RCPT, "QUIT", 221, "2.0.0"),
])
def test_every_command_has_its_place(open_client, before, line, code, status):
    client = open_client()
    for step in before:
        client.expect(step, 250)
    reply = client.command(line.encode("latin-1"))
    assert reply.code == code, reply
    assert reply.status.startswith(status), reply
    if code not in (221,):
        assert client.command("NOOP").code == 250, "the session goes on"


def test_ehlo_resets_only_when_it_is_good(open_client):
    """S9"""
    client = open_client()
    client.expect("MAIL FROM:<a@client.test>", 250)
    client.expect("EHLO a b", 501)
    client.expect("RCPT TO:<b@ours.test>", 250)
    client.expect("EHLO x.test", 250)
    client.expect("RCPT TO:<b@ours.test>", 503)


def test_a_refused_mail_opens_nothing(open_client):
    client = open_client()
    client.expect("MAIL FROM:<a@b.test> NONSENSE", 555)
    client.expect("RCPT TO:<b@ours.test>", 503)


def test_what_quit_leaves_behind_is_ignored(open_client):
    client = open_client()
    client.send("QUIT\r\nMAIL FROM:<a@client.test>\r\nNOOP\r\n")
    assert client.reply().code == 221
    assert client.has_ended()


# --- lines

@pytest.mark.parametrize("octets, codes", [
    (b"NOOP\nNOOP\r\n", [(500, 501, 550)]), (b"NO\rOP\r\n", [(500, 501, 550)]), (b"NOOP\0\r\n", [(500, 501, 550)]),
    (b"NOOP " + b"x" * 505 + b"\r\n", [(250,)]),
])
def test_lines_end_with_cr_lf_and_nothing_else(open_client, octets, codes):
    """S1, S4"""
    client = open_client()
    client.send(octets)
    for wanted in codes:
        assert client.reply().code in wanted
    assert client.command("NOOP").code == 250


def test_mail_takes_every_parameter_at_its_longest(open_client):
    """S2, S3"""
    client = open_client()
    local, domain = "l" * 64, ".".join(["d" * 63] * 3) + "." + "d" * 61
    envid = "+2B" * 33 + "x"
    path = f"{local}@{domain}"[:254]
    client.expect(f"MAIL FROM:<{path}> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID={envid} SMTPUTF8", 250)
    client.expect(f"RCPT TO:<b@ours.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{'+2B' * 160}", 250)


@pytest.mark.parametrize("path", ["l" * 65 + "@client.test", "a@" + "d" * 64 + ".test", "a@" + ".".join(["d" * 60] * 5) + ".test"])
def test_what_is_beyond_the_longest_is_refused(open_client, path):
    client = open_client()
    assert client.command(f"MAIL FROM:<{path}>").code in (501, 553)
    assert client.command("NOOP").code == 250


# --- pipelining

PIPELINE = (b"MAIL FROM:<a@client.test>\r\nRCPT TO:<b@ours.test>\r\nRCPT TO:<bad\r\nRSET\r\nNOOP\r\nVRFY x\r\nMAIL FROM:<>\r\n"
            b"RCPT TO:<c@ours.test>\r\nEHLO y.test\r\nDATA\r\nNONSENSE\r\nQUIT\r\n")


def test_a_pipeline_is_answered_like_single_commands(open_client):
    """S40: at once, line by line, octet by octet."""
    answers = []
    for size in (len(PIPELINE), None, 1):
        client = open_client()
        if size is None:
            for line in PIPELINE.splitlines(keepends=True):
                client.send(line)
                answers.append([client.reply().lines] if line == PIPELINE.splitlines(keepends=True)[0] else answers.pop() + [client.reply().lines])
            continue
        for at in range(0, len(PIPELINE), size):
            client.send(PIPELINE[at:at + size])
        answers.append([client.reply().lines for _ in PIPELINE.splitlines()])
    assert answers[0] == answers[1] == answers[2]
    assert [int(lines[0][:3]) for lines in answers[0]] == [250, 250, 501, 250, 250, 252, 250, 250, 250, 503, 500, 221]


def test_no_reply_waits_for_more_input(open_client):
    client = open_client()
    client.send("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@ours.test>\r\nRCPT TO:<c@ours.")
    assert [client.reply().code for _ in range(2)] == [250, 250]
    client.send("test>\r\n")
    assert client.reply().code == 250


def test_data_with_every_recipient_refused_takes_nothing(open_client, relay):
    """S41"""
    client = open_client(source=STRANGER)
    client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<b@elsewhere.test>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nNOOP\r\n")
    assert [client.reply().code for _ in range(3)] == [250, 550, 503]
    codes = []
    try:
        while codes[-1:] != [250]:
            codes.append(client.reply().code)
    except (Ended, OSError):
        assert codes[-1] == 421, "content where commands belong may end the session"
    assert set(codes[:-1]) <= {500}
    assert not [row for row in relay.queue_list() if "elsewhere.test" in str(row)]


# --- relay control

@pytest.mark.parametrize("recipient, code", [
    ("user@elsewhere.test", 550), ("user%elsewhere.test@127.44.1.1", 550), ("\"user@elsewhere.test\"@elsewhere.test", 550),
    ("@ours.test:user@elsewhere.test", 550), ("user@[127.44.1.1]", 550), ("user@[127.0.0.1]", 550), ("user@[IPv6:::1]", 550),
    ("user@ours.test.elsewhere.test", 550), ("user@notours.test", 550), ("user@sub.ours.test", 550), ("user@open.test", 550),
    ("elsewhere.test!user@elsewhere.test", 550), (f"user@{HOSTNAME}.elsewhere.test", 550), ("user@xn--ours.test", 550),
    ("user@ours.test", 250), ("user@OURS.Test", 250), ("user@deep.sub.open.test", 250),
    # To ours, and yet with a route in the local part: whatever the next hop would make of it, a stranger does not get there.
    ("user%elsewhere.test@ours.test", 550), ("\"user@elsewhere.test\"@ours.test", 550), ("elsewhere.test!user@ours.test", 550),
    ("@elsewhere.test:user@ours.test", 250),
])
def test_strangers_write_to_what_is_accepted_only(open_client, recipient, code):
    """S33"""
    client = open_client(source=STRANGER)
    client.expect(f"MAIL FROM:<{SENDER}>", 250)
    reply = client.command(f"RCPT TO:<{recipient}>")
    assert reply.code == code, reply
    if code == 550:
        assert reply.status == "5.7.1"


def test_clients_write_to_anyone(open_client):
    client = open_client(source=CLIENT)
    client.expect(f"MAIL FROM:<{SENDER}>", 250)
    client.expect("RCPT TO:<user@elsewhere.test>", 250)


def test_a_sender_of_ours_opens_nothing(open_client):
    client = open_client(source=STRANGER)
    client.expect("MAIL FROM:<postmaster@ours.test>", 250)
    client.expect("RCPT TO:<user@elsewhere.test>", 550)


# --- parameters

@pytest.mark.parametrize("parameters, codes", [
    ("SIZE=1000", (250,)), ("SIZE=0", (250,)), ("size=1000", (250,)), ("SIZE=1048577", (552,)), ("SIZE=99999999999999999999", (552, 501)),
    ("SIZE=18446744073709551616", (552, 501)), ("SIZE=-1", (501,)), ("SIZE=", (501,)), ("SIZE", (501,)), ("SIZE=1 SIZE=2", (501,)),
    ("SIZE=1k", (501,)), ("SIZE=0x10", (501,)),
    ("BODY=7BIT", (250,)), ("BODY=8BITMIME", (250,)), ("BODY=8bitmime", (250,)), ("BODY=BINARYMIME", (504, 555, 501)), ("BODY=", (501, 504)),
    ("BODY=7BIT BODY=7BIT", (501,)),
    ("SMTPUTF8", (250,)), ("SMTPUTF8=1", (501,)),
    ("RET=FULL", (250,)), ("RET=hdrs", (250,)), ("RET=NONE", (501,)), ("RET=FULL RET=FULL", (501,)),
    ("ENVID=QQ314159", (250,)), ("ENVID=a+2Bb", (250,)), ("ENVID=a+2b", (501,)), ("ENVID=a+4", (501,)), ("ENVID=a=b", (501,)), ("ENVID=", (501,)),
    ("ENVID=" + "x" * 101, (501,)), ("AUTH=<>", (250, 555)), ("REQUIRETLS", (250, 555)), ("REQUIRETLS=x", (501, 555)),
])
def test_parameters_of_mail(open_client, parameters, codes):
    """S43, S44, S47, S53"""
    client = open_client()
    reply = client.command(f"MAIL FROM:<{SENDER}> {parameters}")
    assert reply.code in codes, reply


@pytest.mark.parametrize("parameters, code", [
    ("NOTIFY=NEVER", 250), ("NOTIFY=SUCCESS", 250), ("NOTIFY=success,FAILURE,Delay", 250), ("NOTIFY=NEVER,SUCCESS", 501), ("NOTIFY=", 501),
    ("NOTIFY=OTHER", 501), ("NOTIFY=SUCCESS,SUCCESS", 501), ("NOTIFY=NEVER NOTIFY=NEVER", 501), ("NOTIFY=SUCCESS,", 501),
    ("ORCPT=rfc822;a+40b.test", 250), ("ORCPT=rfc822;a@b.test", 250), ("ORCPT=utf-8;a@b.test", 250), ("ORCPT=rfc822", 501), ("ORCPT=", 501),
    ("ORCPT=rfc822;a+4", 501), ("ORCPT=rfc822;a ORCPT=rfc822;b", 501), ("SIZE=1", 555),
])
def test_parameters_of_rcpt(open_client, parameters, code):
    client = open_client()
    client.expect(f"MAIL FROM:<{SENDER}>", 250)
    reply = client.command(f"RCPT TO:<{OURS}> {parameters}")
    assert reply.code == code, reply


@pytest.mark.parametrize("octets, good", [
    ("ü".encode(), True), ("例え".encode(), True), (b"\xc0\x80", False), (b"\xed\xa0\x80", False), (b"\xf5\x80\x80\x80", False), (b"\xfc", False),
    (b"\xc3", False), (b"\xe2\x82", False),
])
def test_addresses_in_utf_8_are_well_formed(open_client, octets, good):
    """S54"""
    client = open_client()
    client.expect(f"MAIL FROM:<{SENDER}> SMTPUTF8", 250)
    reply = client.command(b"RCPT TO:<" + octets + b"@ours.test>")
    assert (reply.code == 250) == good, reply
    if not good:
        assert reply.code in (501, 553)


def test_replies_never_repeat_what_they_were_told(open_client):
    """S31; Reply itself refuses what is not printable ASCII."""
    client = open_client()
    client.expect(f"MAIL FROM:<{SENDER}>", 250)
    for octets in (b"RCPT TO:<\x1b[31m@x.test>", b"NOOP \x1b[31m", b"EHLO \x1b[31m", b"\x1b[31m", b"VRFY \xff\xfe", b"RCPT TO:<a@\x07b>"):
        assert "\x1b" not in str(client.command(octets))


def test_every_reply_has_its_enhanced_status(open_client):
    """S45"""
    client = open_client()
    for line in ("NOOP", "RSET", "VRFY x", "EXPN x", "HELP", "NONSENSE", "RCPT TO:<a@b.test>", "DATA", "MAIL FROM:<a@client.test>", "MAIL FROM:<a@b.test>",
                 "RCPT TO:<b@ours.test>", "BDAT x", "QUIT"):
        reply = client.command(line)
        assert reply.status, f"{line}: {reply}"
        assert reply.status[0] == str(reply.code)[0], reply
        assert all(part == str(int(part)) for part in reply.status.split("."))


# --- recipients

def test_surplus_recipients_are_put_off_and_the_others_stay(open_client):
    """S19"""
    client = open_client()
    client.expect(f"MAIL FROM:<{SENDER}>", 250)
    for n in range(100):
        client.expect(f"RCPT TO:<{CANARY}{n}@ours.test>", 250)
    assert client.expect("RCPT TO:<more@ours.test>", 452).status == "4.5.3"
    assert client.expect("RCPT TO:<more2@ours.test>", 452).status == "4.5.3"
    assert client.data("Subject: x\r\n\r\nx\r\n").code == 250


def test_the_limits_that_are_offered_are_kept(sealpost):
    """S55"""
    sealpost({"limits": {"messages": 3}})
    with secured() as client:
        limits = dict(word.split("=") for word in client.offered["LIMITS"].split())
        assert limits["MAILMAX"] == "3" and int(limits["RCPTMAX"]) >= 100
        for _ in range(3):
            client.expect("MAIL FROM:<a@client.test>", 250)
            client.expect("RSET", 250)
        assert client.command("MAIL FROM:<a@client.test>").code in (421, 451, 452)


# --- content

@pytest.mark.parametrize("content, code", [
    (b"Subject: x\r\n\r\nbare \n lf\r\n", 550), (b"Subject: x\r\n\r\nbare \r cr\r\n", 550), (b"Subject: x\n\nall lf\n\r\n", 550),
    (b"Subject: x\r\n\r\nnul \0 octet\r\n", 550), (b"Sub\0ject: x\r\n\r\nx\r\n", 550), (b"Subject: x\r\n\r\n\r\r\n", 550),
    (b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n", 250), (b"", 250), (b"no header at all\r\n", 250), (b"\r\n\r\n", 250), (b".\r\n..\r\n", 250),
    (b"Subject: x\r\n\r\n8-bit \xfc\r\n", 250), (b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n" * 3, 250),
])
def test_content_is_taken_or_refused_whole(open_client, content, code):
    client = open_client()
    client.mail(SENDER, OURS)
    reply = client.data(content)
    assert reply.code == code, reply
    assert client.command("NOOP").code == 250


@pytest.mark.parametrize("fields, code", [(99, 250), (101, 554)])
def test_loops_end(open_client, fields, code):
    """S26"""
    client = open_client()
    client.mail(SENDER, OURS)
    reply = client.data("Received: from x by y; Sun, 22 Nov 2026 10:00:00 +0000\r\n" * fields + "Subject: x\r\n\r\nx\r\n")
    assert reply.code == code, reply
    if code == 554:
        assert reply.status == "5.4.6"


def test_received_in_a_body_is_no_hop(open_client):
    client = open_client()
    client.mail(SENDER, OURS)
    assert client.data("Subject: x\r\n\r\n" + "Received: from x by y; z\r\n" * 150).code == 250


def test_a_message_beyond_the_size_is_refused_behind_its_end(open_client):
    client = open_client()
    client.mail(SENDER, OURS, sender_params="SIZE=10")
    assert client.data(b"x" * 70 + b"\r\n").code == 250, "only the real size counts"
    client.mail(SENDER, OURS)
    assert client.data((b"x" * 70 + b"\r\n") * 20000).code == 552
    assert client.command("NOOP").code == 250


# --- chunks

def test_chunks_make_a_message(open_client, relay):
    client = open_client()
    client.mail(SENDER, OURS)
    client.send(b"BDAT 19\r\nSubject: x\r\n\r\n.\r\n..")
    assert client.reply().code == 250
    client.send(b"BDAT 2\r\n\r\nBDAT 0 LAST\r\n")
    assert client.reply().code == 250
    assert client.reply().code == 250


@pytest.mark.parametrize("octets, codes, drained", [
    (b"BDAT 6\r\nQUIT\r\n", (503,), True), (b"BDAT 6 LAST\r\nQUIT\r\n", (503,), True), (b"BDAT +5\r\n", (501,), False), (b"BDAT 0x10\r\n", (501,), False),
    (b"BDAT 1e3\r\n", (501,), False), (b"BDAT -1\r\n", (501,), False), (b"BDAT\r\n", (501,), False), (b"BDAT 5 FIRST\r\n", (501,), False),
    (b"BDAT 1111111111111111111111111111111111111111\r\n", (501, 552), False), (b"BDAT 18446744073709551616\r\n", (501, 552), False),
])
def test_refused_chunks_are_drained_and_never_obeyed(open_client, octets, codes, drained):
    """S50, S51, V14"""
    client = open_client()
    client.send(octets)
    assert client.reply().code in codes
    if drained:
        assert client.command("NOOP").code == 250


def test_after_a_failed_chunk_the_others_are_refused_too(open_client):
    client = open_client()
    client.mail(SENDER, OURS)
    client.send(b"BDAT 4\r\na\nb\nBDAT 5\r\nx\r\ny\rBDAT 3 LAST\r\nz\r\nNOOP\r\n")
    codes = [client.reply().code for _ in range(4)]
    assert codes[3] == 250 and codes[2] >= 400 and not (codes[0] == codes[1] == codes[2] == 250)


@pytest.mark.parametrize("then, code", [("DATA", 503), ("MAIL FROM:<b@client.test>", 503), ("RCPT TO:<c@ours.test>", 503)])
def test_chunks_and_other_ways_do_not_mix(open_client, then, code):
    client = open_client()
    client.mail(SENDER, OURS)
    client.send(b"BDAT 3\r\nx\r\n")
    assert client.reply().code == 250
    assert client.command(then).code == code
    client.expect("RSET", 250)
    client.mail(SENDER, OURS)
    assert client.data("x\r\n").code == 250


# --- the Received field, and nothing else

@pytest.fixture
def through(sealpost, site, mx):
    """through(content, ...): what a good next hop got of it."""
    relay = sealpost()
    place = site()
    host = mx(place)

    def send(content, recipients=1, ehlo="client.house.test", **options):
        count = len(host.accepted())
        with secured(ehlo=ehlo) as client:
            client.mail(SENDER, *[place.mailbox(f"{CANARY}{n}") for n in range(recipients)], **options)
            reply = client.data(content)
            assert reply.code == 250, reply
        wait_for(lambda: len(host.accepted()) > count, 15, "delivered")
        return host.accepted()[-1], reply.text.split()[-1]
    send.relay, send.place, send.host = relay, place, host
    return send


CONTENTS = [
    b"Subject: x\r\n\r\nbody\r\n", b"no header\r\n", b"\r\nonly a body\r\n", b".\r\n..\r\n...\r\n.a\r\n", b"Subject: x\r\n\r\n" + b"x" * 2000 + b"\r\n",
    b"Received: from z by z;\r\n\tSun, 22 Nov 2026 10:00:00 +0000\r\nBcc: nobody\r\nReturn-Path: <x@y>\r\n\r\n\xff\xfe 8-bit\r\n",
    b"Subject: x\r\n\r\n" + bytes(range(1, 10)) + bytes(range(14, 256)) + b"\r\n", b"a: b\r\n" * 500 + b"\r\n" + b"line\r\n" * 5000,
]


@pytest.mark.parametrize("number", range(len(CONTENTS)))
def test_one_received_field_is_put_in_front_and_nothing_else_changes(through, number):
    """S70, S71, F6, F7"""
    message, name = through(CONTENTS[number], sender_params="BODY=8BITMIME")
    assert message.content.endswith(CONTENTS[number])
    field = message.content[:-len(CONTENTS[number])].decode("ascii")
    assert field.endswith("\r\n") and field.startswith("Received: from client.house.test (")
    unfolded = field[:-2].replace("\r\n\t", " ").replace("\r\n ", " ")
    assert "\r" not in unfolded and max(map(len, field.split("\r\n"))) <= 998
    assert f"[{CLIENT}]" in unfolded and f" by {HOSTNAME} " in unfolded and " with ESMTPS " in unfolded and f" id {name}" in unfolded
    assert re.search(r"\btls TLS_\w+", unfolded, re.I)
    assert re.search(r"; (\w{3}, )?\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$", unfolded)
    assert unfolded.count("(") == unfolded.count(")")


def test_the_field_names_one_recipient_at_most(through):
    """S72, F23: several would tell each other's addresses."""
    message, _ = through(b"Subject: x\r\n\r\nx\r\n", recipients=2)
    assert " for " not in message.content.split(b"\r\nSubject")[0].decode()


def test_names_of_clients_cannot_break_the_field(through):
    message, _ = through(b"Subject: x\r\n\r\nx\r\n", ehlo="[IPv6:fd44::2]")
    assert message.content.startswith(b"Received: from [IPv6:fd44::2] (")


def test_smtputf8_shows_in_the_field(through):
    """F20"""
    message, _ = through(b"Subject: x\r\n\r\nx\r\n", sender_params="SMTPUTF8")
    assert b"with UTF8SMTPS" in message.content.split(b"\r\nSubject")[0].replace(b"\r\n\t", b" ").replace(b"\r\n", b" ")


# --- smuggling (SX1, E4)

ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\n\0.\r\n", b"\r\r\n.\r\r\n", b"\x85.\x85", b"\r\n.\x0b\r\n",
           b"\r\n.\x0c\r\n", b"\n\n.\n\n"]
SMUGGLED = b"MAIL FROM:<evil@evil.test>\r\nRCPT TO:<victim@victim.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n"


@pytest.fixture(scope="module")
def sloppy_hosts(house):
    """A relay whose next hop ends content as sloppily as hosts were found to."""
    place = Site(next(house.sites), "secure")
    host = MailHost(place.address, place.host, house.authority.certificate(place.host), sloppy=True)
    chunks = MailHost(f"{place.address}", place.host, house.authority.certificate(place.host), port=2525, sloppy=True, without=("CHUNKING",))
    make, made = relay_maker(house)
    yield make({"routes": {"plain.test": f"smtp:{place.host}:2525"}}, start=False), place, host, chunks
    relays_end(made)
    host.stop()
    chunks.stop()


@pytest.fixture
def sloppy_relay(house, sloppy_hosts):
    house.run_only(sloppy_hosts[0])
    return sloppy_hosts


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("by", ["DATA", "BDAT"])
def test_nothing_is_smuggled_past_us(sloppy_relay, ending, by):
    """Refused here, or handed on so that even a sloppy host sees one message."""
    _, place, host, chunks = sloppy_relay
    content = b"Subject: outer\r\n\r\nouter" + ending + SMUGGLED
    before = len(host.messages), len(chunks.messages)
    with secured() as client:
        client.mail(SENDER, place.mailbox(), f"{CANARY}@plain.test")
        if by == "DATA":
            client.expect("DATA", 354)
            client.send(content + b"\r\n.\r\n")
        else:
            client.send(b"BDAT %d LAST\r\n" % len(content) + content)
        reply = client.reply()
        assert client.command("NOOP").code == 250, "what followed was obeyed as commands"
    if reply.code == 250:
        wait_for(lambda: len(host.messages) > before[0] and len(chunks.messages) > before[1], 15, "delivered")
        time.sleep(0.1)
    else:
        assert reply.code in (550, 554, 501), reply
    for one, known in ((host, before[0]), (chunks, before[1])):
        assert len(one.messages) - known <= 1
        assert not any("victim" in address for message in one.messages for address in message.addresses)


def test_a_client_that_says_nothing_more_is_let_go(sealpost):
    """S28, in small: idle time of a second."""
    sealpost({"limits": {"idle": "1s"}})
    began = time.monotonic()
    with secured() as client:
        started = time.monotonic()
        assert client.reply().code == 421
        assert time.monotonic() - began > 0.9 and time.monotonic() - started < 20
        assert client.has_ended()


def test_too_many_errors_end_a_session(sealpost):
    """S8: every one is answered, then 421."""
    sealpost({"limits": {"errors": 20}})
    with secured() as client:
        codes = []
        try:
            for _ in range(40):
                codes.append(client.command("NONSENSE").code)
        except (Ended, OSError):
            pass
        assert codes[:20] == [500] * 20 and codes[-1] == 421 and len(codes) <= 22
