"""Before TLS (RFC 3207 4, standards.md 0.1, T1, T5, T12, T14, V12): nothing but NOOP, EHLO, STARTTLS and QUIT."""

import socket
import time

import pytest

from house.client import Client, Ended, secured
from house.places import HOSTILE, HOSTNAME, RELAY
from house.processes import wait_for


@pytest.fixture
def hostile(client):
    def make(**options):
        return client(source=HOSTILE, **options)
    return make


@pytest.mark.parametrize("line", [
    "HELO client.test", "MAIL FROM:<a@b.test>", "RCPT TO:<a@b.test>", "DATA", "BDAT 0 LAST", "RSET", "VRFY a", "EXPN a", "HELP",
    "AUTH PLAIN AGEAYg==", "mail from:<a@b.test>",
])
@pytest.mark.parametrize("ehlo", [False, True])
def test_everything_else_is_refused_in_clear(hostile, line, ehlo):
    client = hostile()
    if ehlo:
        client.expect("EHLO client.test", 250)
    reply = client.command(line)
    assert reply.code == 530 and reply.status == "5.7.0", reply
    assert "https://help.house.test/tls" in reply.text
    assert client.command("NOOP").code == 250


def test_a_session_in_clear_goes_as_written_down(hostile):
    """standards.md V12"""
    client = hostile()
    assert client.greeting.code == 220 and client.greeting.text.startswith(HOSTNAME)
    assert client.expect("MAIL FROM:<a@b.example>", 530).status == "5.7.0"
    assert client.expect("HELO x", 530).status == "5.7.0"
    offered = client.expect("EHLO x.example", 250)
    assert offered.lines[0].split()[0].startswith("250-" + HOSTNAME)
    assert "STARTTLS" in offered.keywords
    assert not {"AUTH", "REQUIRETLS"} & set(offered.keywords)
    assert client.expect("STARTTLS now", 501).status == "5.5.4"
    client.expect("STARTTLS", 220)
    client.lay_tls()
    assert client.is_silent(0.5), "nothing is said until the client says EHLO"
    assert client.expect("MAIL FROM:<a@b.example>", 503).status == "5.5.1"
    offered = client.expect("EHLO x.example", 250)
    assert "STARTTLS" not in offered.keywords
    assert {"PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "SMTPUTF8", "LIMITS"} <= set(offered.keywords)
    assert client.expect("STARTTLS", 503).status.startswith("5.")
    client.expect("QUIT", 221)
    assert client.has_ended()


def test_nothing_is_offered_in_clear_that_is_then_refused(hostile):
    client = hostile()
    for keyword in client.expect("EHLO x.test", 250).keywords:
        assert keyword in ("STARTTLS", "PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "SMTPUTF8", "LIMITS",
                           "HELP")
    for line in ("NOOP", "NOOP with words"):
        assert client.command(line).code == 250


@pytest.mark.parametrize("behind", [
    b"NOOP\r\n", b"EHLO evil.test\r\nMAIL FROM:<evil@evil.test>\r\n", b"RSET\r\n", b"\r\n", b" ", b"\x16", b"QUIT\r\n",
])
def test_octets_behind_starttls_end_the_connection(hostile, behind):
    client = hostile()
    client.expect("EHLO x.test", 250)
    client.send(b"STARTTLS\r\n" + behind)
    try:
        reply = client.reply()
        assert reply.code in (220, 421, 501, 503, 554), reply
    except Ended:
        return
    client.socket.settimeout(60)
    try:
        client.lay_tls()
    except (OSError, AssertionError):
        return                          # no handshake: nothing can have been injected
    # If the octets had been dropped and the handshake gone on, nothing of them may be answered.
    pytest.fail("the handshake went on over octets that came in clear")


def test_octets_that_come_late_behind_starttls_are_no_command(hostile, relay):
    """In a segment of their own, after 220 was said: they can only be taken for a ClientHello, and are none."""
    client = hostile()
    client.expect("EHLO x.test", 250)
    client.expect("STARTTLS", 220)
    client.send(b"EHLO evil.test\r\nMAIL FROM:<evil@evil.test>\r\n")
    client.socket.settimeout(60)
    answer = b""
    try:
        while more := client.socket.recv(4096):
            answer += more
    except OSError:
        pass
    assert b"250" not in answer and (answer == b"" or answer[0] == 0x15), answer


def test_a_failed_handshake_is_the_end(hostile):
    """T5: nothing is answered in clear behind it."""
    client = hostile()
    client.expect("EHLO x.test", 250)
    client.expect("STARTTLS", 220)
    client.send(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
    time.sleep(0.2)
    try:
        client.send(b"EHLO x.test\r\nMAIL FROM:<a@b.test>\r\n")
        client.socket.settimeout(60)
        answer = b""
        while more := client.socket.recv(4096):
            answer += more
    except OSError:
        answer = b""
    assert b"250" not in answer and b"530" not in answer


def test_the_implicit_port_says_nothing_in_clear(relay):
    with socket.create_connection((RELAY, 465), source_address=(HOSTILE, 0), timeout=60) as end:
        end.sendall(b"EHLO x.test\r\n")
        answer = b""
        try:
            while more := end.recv(4096):
                answer += more
        except OSError:
            pass
        assert answer == b"" or answer[0] == 0x15, answer


def test_the_implicit_port_greets_under_tls(client):
    one = client(port=465, implicit=True)
    assert one.greeting.code == 220
    offered = one.expect("EHLO x.test", 250)
    assert "STARTTLS" not in offered.keywords
    assert one.command("STARTTLS").code == 503


def test_a_slow_handshake_is_ended(sealpost):
    """T18: an octet a second goes nowhere."""
    sealpost({"limits": {"handshake": "1s"}})
    with Client(source=HOSTILE) as client:
        client.expect("EHLO x.test", 250)
        client.expect("STARTTLS", 220)
        with pytest.raises(OSError):
            for octet in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 5:
                client.send(bytes([octet]))
                time.sleep(0.3)


def test_a_client_that_never_reads_is_not_kept_in_memory(sealpost):
    """CX3's twin: commands pipelined without end and no reply read. The worker stays alive and small."""
    relay = sealpost({"workers": {"intake": 1}, "limits": {"errors": 10000}})
    before = relay.rooms("intake")
    with Client(source=HOSTILE) as client:
        client.expect("EHLO x.test", 250)
        client.socket.settimeout(2)
        sent = 0
        try:
            while sent < 60_000_000:
                client.send(b"NOOP\r\n" * 10000)
                sent += 60000
        except OSError:
            pass
        with open(f"/proc/{before[0]}/status", encoding="ascii") as file:
            resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        assert resident < 100_000, f"{resident} KiB after {sent} octets"
    with secured() as client:
        client.expect("NOOP", 250)
    assert relay.rooms("intake") == before


def test_an_overlong_line_is_read_with_little_memory_and_refused_once(sealpost):
    """S4"""
    relay = sealpost({"workers": {"intake": 1}})
    with secured() as client:
        for _ in range(100):
            client.send(b"x" * 100_000)
        pid = relay.rooms("intake")[0]
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            assert next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) < 60_000
        client.send(b"\r\n")
        assert client.reply().code == 500
        assert client.command("NOOP").code == 250


def test_refusals_are_logged_without_secrets(relay, hostile):
    ended = len(relay.events("end"))
    client = hostile()
    client.expect("AUTH PLAIN c2VjcmV0cGFzc3dvcmQ=", 530)
    client.close()
    wait_for(lambda: relay.events("end")[ended:], what="the line of its end")
    assert "c2VjcmV0cGFzc3dvcmQ" not in relay.log()
