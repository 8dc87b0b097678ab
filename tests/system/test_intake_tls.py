"""TLS towards clients (RFC 9325, RFC 8996; standards.md T3 to T20): what may be negotiated, with which certificate, and what not."""

import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import time

import pytest

from house.client import Client, Ended, secured, tls_context
from house.places import CANARY, CLIENT, HOSTILE, HOSTNAME, RELAY, STRANGER
from house.processes import LIBRARY_PATHS, run, wait_for

FLOOR = re.compile(r"ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)\Z")


def s_client(*words, port=25, given="QUIT\r\n", timeout=60):
    """openssl s_client over STARTTLS; everything it said."""
    start = [] if port == 465 else ["-starttls", "smtp", "-name", "client.house.test"]
    done = subprocess.run(["openssl", "s_client", "-connect", f"{RELAY}:{port}", "-bind", HOSTILE, *start, *words], input=given,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout,
                          env=LIBRARY_PATHS, check=False)
    return done.stdout


def is_up(text):
    return "Cipher is (NONE)" not in text and re.search(r"New, TLSv1\.[23], Cipher is \S+", text) is not None


@pytest.mark.parametrize("words, up", [
    (["-tls1_3"], True), (["-tls1_2"], True),
    (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], False), (["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
])
@pytest.mark.parametrize("port", [25, 465])
def test_only_tls_1_2_and_1_3(relay, words, up, port):
    text = s_client(*words, port=port)
    assert is_up(text) == up, text
    if not up:
        assert "protocol version" in text, text


def is_accepted(suite):
    """Of TLS 1.2, by a client that has nothing else and no scruples."""
    context = tls_context(maximum=ssl.TLSVersion.TLSv1_2)
    try:
        context.set_ciphers(f"{suite}:@SECLEVEL=0")
        with Client(source=HOSTILE) as client:
            client.starttls(context)
            return client.socket.cipher()[0] == suite
    except (ssl.SSLError, ConnectionResetError):
        return False


def test_only_suites_of_the_floor(relay):
    """Every suite that OpenSSL can name, one by one."""
    listed = run(["openssl", "ciphers", "-tls1_2", "-s", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]).stdout.strip().split(":")
    suites = sorted({name for name in listed if not name.startswith("TLS_")})
    assert len(suites) > 50
    accepted = set(filter(is_accepted, suites))
    assert all(map(FLOOR.match, accepted)), accepted
    assert {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"} <= accepted


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
def test_suites_of_tls_1_3(relay, suite):
    assert f"Cipher is {suite}" in s_client("-tls1_3", "-ciphersuites", suite)


def test_short_tags_are_refused(relay):
    assert not is_up(s_client("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"))


@pytest.mark.parametrize("words, up", [
    (["-groups", "X25519"], True), (["-groups", "P-256"], True),
    (["-sigalgs", "ECDSA+SHA1", "-tls1_2", "-cipher", "ALL:@SECLEVEL=0"], False),
    (["-alpn", "h2,http/1.1"], False),
])
def test_groups_signatures_and_foreign_protocols(relay, words, up):
    text = s_client(*words)
    assert is_up(text) == up, text


def test_no_compression_no_certificate_request_no_early_data_no_ticket(relay):
    text = s_client("-tls1_2")
    assert "Compression: NONE" in text and "Secure Renegotiation IS supported" in text
    assert "Extended master secret: yes" in text
    assert "TLS session ticket:" not in text
    text = s_client("-tls1_3")
    assert "Requested Signature Algorithms" not in text and "Acceptable client certificate CA names" not in text
    assert "Post-Handshake New Session Ticket" not in text
    assert "Early data was accepted" not in text


def test_renegotiation_is_refused(relay, tmp_path):
    said = tmp_path / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(["openssl", "s_client", "-connect", f"{RELAY}:25", "-bind", HOSTILE, "-starttls", "smtp", "-tls1_2"],
                                   stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, text=True, env=LIBRARY_PATHS)
    try:
        wait_for(lambda: "Verify return code" in said.read_text(errors="replace"), what="the handshake")
        process.stdin.write("R\n")
        process.stdin.flush()
        wait_for(lambda: "RENEGOTIATING" in said.read_text(errors="replace"), what="RENEGOTIATING")
        process.communicate("NOOP\r\nQUIT\r\n", timeout=60)
    finally:
        process.kill()
    text = said.read_text(errors="replace")
    assert "no renegotiation" in text or "handshake failure" in text or "unexpected" in text or "errno" in text, text


@pytest.mark.parametrize("name", [
    None, HOSTNAME, HOSTNAME.upper(), HOSTNAME + ".", "nonsense.invalid", "127.44.1.1", "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + "." + "d" * 60,
    "under_score.test", "xn--bcher-kva.test", "*", "a..b",
])
@pytest.mark.parametrize("port", [25, 465])
def test_any_name_or_none_gets_the_default_certificate(relay, name, port):
    """0.6, T17: RFC 8461 7.1 and RFC 7672 8.1 want no alert."""
    text = s_client(*(["-servername", name] if name else ["-noservername"]), port=port)
    assert is_up(text) and f"CN = {HOSTNAME}" in text, text


def test_record_versions_of_the_first_hello_do_not_matter(relay):
    """T7: 03 00, 03 01 and 03 03 in front of a hello that offers TLS 1.2 and better."""
    context = tls_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        handshake.do_handshake()
    hello = bytearray(outgoing.read())
    for minor in (0, 1, 3):
        hello[1:3] = b"\x03" + bytes([minor])
        with Client(source=HOSTILE) as client:
            client.expect("EHLO x.test", 250)
            client.expect("STARTTLS", 220)
            client.send(bytes(hello))
            answer = client.socket.recv(3)
            assert answer[0] == 0x16, answer


def test_both_kinds_of_certificate(sealpost, authority):
    ecdsa, rsa = authority.certificate(HOSTNAME), authority.certificate(HOSTNAME, key="rsa")
    sealpost({"certificate": [ecdsa.both, rsa.both]})
    assert "Peer signature type: ECDSA" in s_client("-tls1_3")
    assert "Peer signature type: RSA" in s_client("-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256")
    assert is_up(s_client("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"))


def test_a_chain_is_sent_whole(sealpost, authority):
    sealpost({"certificate": authority.certificate(HOSTNAME, kind="intermediate").both})
    assert "Verify return code: 0 (ok)" in s_client("-CAfile", authority.trusted, "-verify_hostname", HOSTNAME)


def test_a_narrower_configuration_narrows(sealpost):
    sealpost({"tls": {"ciphersuites": "TLS_AES_256_GCM_SHA384", "groups": "P-256"}})
    assert is_up(s_client("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"))
    assert not is_up(s_client("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"))
    assert not is_up(s_client("-tls1_3", "-groups", "X25519"))


def test_a_wider_configuration_is_an_error(sealpost):
    relay = sealpost({"tls": {"ciphers": "AES128-SHA:DES-CBC3-SHA"}}, start=False)
    relay.launch()
    wait_for(lambda: not relay.process.is_running(), 10, "sealpostd does not start")
    assert "tls.ciphers" in relay.log() or "ciphers" in relay.log()


def test_resumption_needs_tickets(sealpost, tmp_path):
    # Each process of intake has ticket keys of its own.
    sealpost({"listen": [f"{RELAY}:25", {"address": f"{RELAY}:587", "tickets": True}], "workers": {"intake": 1}})
    saved = str(tmp_path / "session")
    text = s_client("-tls1_2", "-sess_out", saved, port=587)
    assert is_up(text)
    assert "Reused, TLSv1.2" in s_client("-tls1_2", "-sess_in", saved, port=587)
    s_client("-tls1_2", "-sess_out", saved)
    assert "Reused" not in s_client("-tls1_2", "-sess_in", saved)


# --- certificates while running

def served(port=25):
    """The fingerprint of what is served."""
    der = None
    with Client(port=port) as client:
        client.expect("EHLO x.test", 250)
        client.expect("STARTTLS", 220)
        client.lay_tls()
        der = client.socket.getpeercert(binary_form=True)
    import hashlib
    return hashlib.sha256(der).hexdigest()


def test_a_new_certificate_is_taken_over_by_reload(sealpost, authority, tmp_path):
    old, new = authority.certificate(HOSTNAME), authority.certificate(HOSTNAME, "second.house.test")
    path = str(tmp_path / "current.pem")
    shutil.copy(old.both, path)
    os.chmod(tmp_path, 0o755)
    relay = sealpost({"certificate": path})
    assert served() == old.fingerprint()
    with secured() as running:
        shutil.copy(new.both, path)
        relay.reload()
        wait_for(lambda: served() == new.fingerprint(), 10, "the new certificate is served", 0.1)
        running.expect("NOOP", 250)     # sessions of before go on
        # Half of a file, and a key of another certificate: both keep what there is.
        with open(new.both, encoding="ascii") as whole, open(path, "w", encoding="ascii") as half:
            half.write(whole.read()[:700])
        relay.reload()
        wait_for(lambda: len(relay.events("reload")) == 2, what="the second reload")
        assert served() == new.fingerprint()
        with open(path, "w", encoding="ascii") as mixed:
            for part in (old.certificate, new.key):
                with open(part, encoding="ascii") as text:
                    mixed.write(text.read())
        relay.reload()
        wait_for(lambda: len(relay.events("reload")) == 3, what="the third reload")
        assert served() == new.fingerprint()
        running.expect("NOOP", 250)
    assert relay.process.is_running()


def test_without_a_certificate_one_is_made_and_kept(sealpost):
    relay = sealpost({"certificate": None})
    first = served()
    relay.restart()
    assert served() == first


# --- client certificates

def test_a_client_certificate_opens_the_relay_by_its_fingerprint(sealpost, authority, site, mx):
    place, known, other = site(), authority.certificate("friend.test"), authority.certificate("other.test")
    host = mx(place)
    relay = sealpost({"clients": [f"cert:sha256:{known.fingerprint()}"]})
    for certificate, code in ((known, 250), (other, 550), (None, 550)):
        with secured(source=STRANGER, context=tls_context(certificate=certificate)) as client:
            client.expect(f"MAIL FROM:<{CANARY}@client.test>", 250)
            client.expect(f"RCPT TO:<{place.mailbox()}>", code)
    relay.submit(place.mailbox(), source=STRANGER, context=tls_context(certificate=known))
    wait_for(host.accepted, 15, "delivered")


# --- ends in the middle

@pytest.mark.parametrize("cut", ["Subject: x", "Subject: x\r\n\r\nbody", "body\r\n", "body\r\n.", "body\r\n.\r"])
@pytest.mark.parametrize("how", ["close_notify", "fin", "reset"])
def test_content_without_its_end_is_no_message(relay, site, cut, how):
    """T20"""
    place = site()
    client = secured()
    client.mail(f"{CANARY}@client.test", place.mailbox())
    client.expect("DATA", 354)
    client.send(cut)
    if how == "close_notify":
        try:
            client.socket.unwrap()
        except (OSError, ssl.SSLError):
            pass
        client.close()
    else:
        raw = socket.socket(fileno=client.socket.detach())
        if how == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    time.sleep(0.2)
    assert not [row for row in relay.queue_list() if place.domain in str(row)]


def test_the_session_is_written_down_as_it_was_negotiated(relay, site, mx):
    """T19, S73: version, suite and group in the Received field are what the client saw."""
    place = site()
    host = mx(place)
    for context, version in ((tls_context(), "TLSv1.3"), (tls_context(maximum=ssl.TLSVersion.TLSv1_2), "TLSv1.2")):
        with secured(context=context) as client:
            suite = client.socket.cipher()[0]
            client.mail(f"{CANARY}@client.test", place.mailbox())
            assert client.data("Subject: x\r\n\r\nx\r\n").code == 250
        wait_for(lambda: len(host.accepted()) == (1 if version == "TLSv1.3" else 2), 15, "delivered")
        received = host.messages[-1].content.split(b"\r\nSubject")[0].decode()
        iana = suite if version == "TLSv1.3" else "TLS_" + suite.replace("ECDHE-ECDSA-AES256-GCM", "ECDHE_ECDSA_WITH_AES_256_GCM").replace(
            "ECDHE-ECDSA-AES128-GCM", "ECDHE_ECDSA_WITH_AES_128_GCM").replace(
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256").replace("-", "_")
        assert iana in received, received
        assert CLIENT in received


def test_a_client_that_goes_before_the_handshake_is_over_is_forgotten(relay):
    for _ in range(20):
        client = Client(source=HOSTILE)
        client.expect("EHLO x.test", 250)
        client.expect("STARTTLS", 220)
        client.close()
    with pytest.raises((Ended, OSError)):
        Client(source=HOSTILE, port=465, timeout=0.5)
    with secured() as client:
        client.expect("NOOP", 250)
