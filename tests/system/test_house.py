"""The house itself: what the other tests lean on holds."""

import ssl

import dns.flags
import dns.rcode
import pytest

from house.client import Client, Ended, secured, tls_context
from house.mx import CLOSE, RESET, SILENCE, Greylist, Raw, Slow
from house.processes import run
from house.places import CANARY, HOSTNAME, RELAY


@pytest.mark.parametrize("name, kind, rcode, secure", [
    ("d1.secure.test", "MX", "NOERROR", True),
    ("d1.insecure.test", "MX", "NOERROR", False),
    ("d1.bogus.test", "MX", "SERVFAIL", False),
    ("nowhere.secure.test", "MX", "NXDOMAIN", True),
    ("only-text.secure.test", "MX", "NOERROR", True),
    (HOSTNAME, "A", "NOERROR", True),
])
def test_names_are_secure_insecure_or_bogus(house, name, kind, rcode, secure):
    answer = house.names.ask(name, kind)
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert bool(answer.flags & dns.flags.AD) == secure


@pytest.mark.parametrize("kind, verdict", [
    ("good", "OK"), ("intermediate", "OK"), ("wildcard", "OK"),
    ("expired", "certificate has expired"), ("not-yet", "certificate is not yet valid"),
    ("wrong-name", "hostname mismatch"), ("self-signed", "self-signed certificate"),
    ("unknown-ca", "unable to get local issuer certificate"), ("client-only", "unsuitable certificate purpose"),
    ("cn-only", "hostname mismatch"),
])
@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
def test_certificates_are_good_or_bad_as_told(authority, kind, key, verdict):
    made = authority.certificate("h1.secure.test", kind=kind, key=key)
    # Whoever knows CN only (cn-only) is not us: X509_CHECK_FLAG_NEVER_CHECK_SUBJECT cannot be asked for here.
    if kind == "cn-only":
        assert "subjectAltName" not in run(["openssl", "x509", "-in", made.certificate, "-noout", "-text"]).stdout
        return
    done = run(["openssl", "verify", "-CAfile", authority.trusted, "-untrusted", made.certificate, "-purpose", "sslserver",
                "-verify_hostname", "h1.secure.test", made.certificate], check=False)
    assert verdict in done.stdout.replace("Hostname", "hostname"), done.stdout


def test_a_good_host_takes_mail_and_keeps_it(site, mx):
    place = site()
    host = mx(place)
    with secured(place.address) as client:
        client.mail("a@client.test", place.mailbox(), sender_params="SIZE=100 ENVID=x", recipient_params="NOTIFY=NEVER")
        assert client.data("Subject: x\r\n\r\n.dot\r\n..two\r\n").code == 250
        client.mail("", place.mailbox())
        client.send(b"BDAT 5\r\nhello")
        assert client.reply().code == 250
        client.send(b"BDAT 2 LAST\r\n\r\n")
        assert client.reply().code == 250
        client.quit()
    first, second = host.messages
    assert first.sender == "a@client.test" and first.sender_params == "SIZE=100 ENVID=x"
    assert first.recipients == [(place.mailbox(), "NOTIFY=NEVER")]
    assert first.content == b"Subject: x\r\n\r\n.dot\r\n..two\r\n" and first.accepted
    assert second.content == b"hello\r\n" and second.by_chunks
    assert host.sessions[0].tls[0] == "TLSv1.3" and host.sessions[0].clear_commands == [b"EHLO client.house.test", b"STARTTLS"]


def test_hosts_do_as_they_are_told(site, mx):
    place = site()
    host = mx(place, script={"MAIL": ["450 4.2.0 later", None], "RCPT": lambda session, line: "550 5.1.1 no" if b"<no" in line else None,
                             "DOT": Slow(None, 0.3), "NOOP": Raw(b"250 one\r\n250 two\r\n")})
    with secured(place.address) as client:
        assert client.command("MAIL FROM:<a@b.test>").code == 450
        client.expect("MAIL FROM:<a@b.test>", 250)
        client.expect("RCPT TO:<no@x.test>", 550)
        client.expect("RCPT TO:<yes@x.test>", 250)
        assert client.data("x\r\n").code == 250
        assert client.command("NOOP").text == "one" and client.reply().text == "two"
    assert host.messages[0].addresses == ["yes@x.test"]


@pytest.mark.parametrize("step, reply", [("CONNECT", CLOSE), ("EHLO", RESET), ("STARTTLS", CLOSE)])
def test_hosts_close_where_they_are_told(site, mx, step, reply):
    place = site()
    mx(place, script={step: reply})
    with pytest.raises((Ended, ConnectionResetError)):
        secured(place.address)


def test_silence_is_silence(site, mx):
    place = site()
    mx(place, script={"EHLO": SILENCE})
    with Client(place.address) as client:
        client.send("EHLO x.test\r\n")
        assert client.is_silent(0.3)


def test_an_old_host_speaks_old_tls(site, mx):
    place = site()
    mx(place, versions=(ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1), ciphers="DEFAULT@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        secured(place.address)
    secured(place.address, context=tls_context(ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1, "DEFAULT@SECLEVEL=0")).close()


def test_a_greylist_gives_way(site, mx):
    place = site()
    mx(place, script={"RCPT": Greylist(0.2)})
    with secured(place.address) as client:
        client.expect("MAIL FROM:<a@b.test>", 250)
        client.expect("RCPT TO:<a@x.test>", 451)
        import time
        time.sleep(0.25)
        client.expect("RCPT TO:<a@x.test>", 250)


def test_local_delivery_answers_for_each(lmtp):
    import socket
    server = lmtp(replies={"b@x.test": "550 5.1.1 no"})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.connect(server.path)
        stream = end.makefile("rwb")
        said = []
        for line in (None, "LHLO x", "MAIL FROM:<a@b>", "RCPT TO:<a@x.test>", "RCPT TO:<b@x.test>", "DATA", "hello\r\n.", None):
            if line is not None:
                stream.write(line.encode() + b"\r\n")
                stream.flush()
            while (reply := stream.readline())[3:4] == b"-":
                pass
            said.append(reply[:3])
    assert said == [b"220", b"250", b"250", b"250", b"250", b"354", b"250", b"550"]
    assert server.messages == [("a@b", ["a@x.test"], b"hello\r\n")]


def test_the_house_is_closed():
    """No way out: loopback is all there is."""
    links = run(["ip", "-br", "link"]).stdout
    assert [line.split()[0] for line in links.splitlines() if " UP " in line or "UNKNOWN" in line] == ["lo"]
    assert RELAY.startswith("127.") and CANARY not in links
