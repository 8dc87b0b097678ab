"""The house has what policies are made of, and those who would undo them: names that change, policy hosts, attackers."""

import os
import socket
import ssl

import dns.exception
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from house.attacker import BEHIND
from house.client import Client, Ended, secured, tls_context
from house.places import CANARY_NAMES
from house.policyhost import FAULTS, PATH, policy_text
from house.processes import run, wait_for


def rows(answer):
    """As text, hexadecimal digits in one."""
    texts = [row.to_text() for rrset in answer.answer if rrset.rdtype != dns.rdatatype.RRSIG for row in rrset]
    return sorted(" ".join([*text.split()[:3], "".join(text.split()[3:])]) if len(text) > 60 else text for text in texts)


def is_secure(answer):
    return bool(answer.flags & dns.flags.AD)


def get(host, trusted, name=None, timeout=60):
    """All that a policy host says to a GET: (head, body) as octets."""
    context = ssl.create_default_context(cafile=trusted)
    raw = socket.create_connection((host.address, 443), timeout)
    with raw, context.wrap_socket(raw, server_hostname=name or host.name) as stream:
        stream.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {host.name}\r\nConnection: close\r\n\r\n".encode())
        octets = b""
        while len(octets) < 1 << 20 and (more := stream.recv(65536)):
            octets += more
    first, _, rest = octets.partition(b"\r\n\r\n")
    return first, rest


@pytest.mark.parametrize("what, rcode, secure", [("signed", "NOERROR", True), ("unsigned", "NOERROR", False),
    ("broken", "SERVFAIL", False)])
def test_canaries_prove_the_resolver(house, what, rcode, secure):
    answer = house.names.ask(CANARY_NAMES[what], "A")
    assert dns.rcode.to_text(answer.rcode()) == rcode and is_secure(answer) == secure


@pytest.mark.parametrize("zone, secure", [("live", True), ("open", False)])
def test_names_change_at_once(names, site, zone, secure):
    place = site(zone)
    owner = f"_mta-sts.{place.domain}"
    assert names.ask(owner, "TXT").rcode() == dns.rcode.NXDOMAIN
    assert rows(names.ask(place.domain, "MX")) == [f"10 {place.host}."]
    for identity in ("one", "two"):
        names.change({owner: [f'TXT "v=STSv1; id={identity}"'], place.domain: [f"MX 20 mx-{identity}"]})
        answer = names.ask(owner, "TXT")
        assert rows(answer) == [f'"v=STSv1; id={identity}"'] and is_secure(answer) == secure
        assert rows(names.ask(place.domain, "MX")) == [f"20 mx-{identity}.{zone}.test."]
    names.change({owner: None, place.domain: None})
    assert names.ask(owner, "TXT").rcode() == dns.rcode.NXDOMAIN
    assert rows(names.ask(place.domain, "MX")) == [f"10 {place.host}."]


def test_aliases_lead_through_signed_and_unsigned_zones(names, site):
    """The ways of D8: secure throughout, secure into an unsigned zone, and back out of one."""
    place = site("live")
    names.change({"way1.live.test": [f"CNAME {place.host}."], "way2.live.test": ["CNAME end.open.test."],
        "end.open.test": [f"A {place.address}"],
                  "way3.open.test": [f"CNAME {place.host}."]})
    for alias, secure in (("way1.live.test", True), ("way2.live.test", False), ("way3.open.test", False)):
        answer = names.ask(alias, "A")
        assert place.address in rows(answer) and is_secure(answer) == secure, answer
    alias = names.ask("way2.live.test", "CNAME")
    assert rows(alias) == ["end.open.test."] and is_secure(alias)


@pytest.mark.parametrize("deed, expected", [
    ("servfail", "SERVFAIL"), ("refuse", "SERVFAIL"), ("spoil", "SERVFAIL"), ("strip", "SERVFAIL"), ("deny", "SERVFAIL"),
    ("empty", "SERVFAIL"), ("drop", None),
    (["TLSA 3 1 1 " + "00" * 32], "SERVFAIL"),
])
def test_a_signed_name_cannot_be_forged_only_broken(names, site, deed, expected):
    place = site("live")
    owner = f"_25._tcp.{place.host}"
    names.change({owner: ["TLSA 3 1 1 " + "ab" * 32]})
    names.wire.do(deed, owner, "TLSA")
    try:
        assert dns.rcode.to_text(names.ask(owner, "TLSA", timeout=2).rcode()) == expected
    except dns.exception.Timeout:
        assert expected is None
    assert is_secure(names.ask(place.host, "A")), "other names are as they were"
    names.wire.calm()
    names.forget()
    answer = names.ask(owner, "TLSA")
    assert is_secure(answer) and rows(answer) == ["3 1 1 " + "ab" * 32]


@pytest.mark.parametrize("deed, expected", [(["MX 5 evil.open.test."], ["5 evil.open.test."]), ("deny", []), ("empty", [])])
def test_an_unsigned_name_can_be_forged(names, site, deed, expected):
    place = site("open")
    names.wire.do(deed, place.domain, "MX")
    assert rows(names.ask(place.domain, "MX")) == expected
    assert names.wire.questions(place.domain, "MX") >= 1
    names.wire.calm()
    names.forget()
    assert rows(names.ask(place.domain, "MX")) == [f"10 {place.host}."]


@pytest.mark.parametrize("usage, selector, matching", [(3, 1, 1), (3, 0, 1), (3, 1, 2), (3, 1, 0), (3, 0, 0), (2, 0, 1), (2, 1, 1),
    (2, 0, 0)])
def test_tlsa_records_are_what_openssl_says(names, site, mx, authority, usage, selector, matching):
    """D35: a second opinion on our vectors."""
    place = site("live")
    certificate = authority.anchored(place.host) if usage == 2 else authority.certificate(place.host, kind="self-signed")
    mx(place, certificate=certificate)
    good = certificate.tlsa(usage, selector, matching, of_issuer=usage == 2)
    names.change({f"_25._tcp.{place.host}": [f"TLSA {good}"]})
    assert rows(names.ask(f"_25._tcp.{place.host}", "TLSA")) == [good]
    # A whole certificate counts by its key: what is changed at its end changes nothing.
    bad = [] if (usage, matching) == (2, 0) else [good[:-2] + ("00" if good[-2:] != "00" else "11")]
    for record in [good] + bad:
        done = run(["openssl", "s_client", "-connect", f"{place.address}:25", "-starttls", "smtp", "-servername", place.host,
                    "-dane_tlsa_domain", place.host, "-dane_tlsa_rrdata", record, "-dane_ee_no_namechecks", "-brief"], check=False,
                    input="QUIT\r\n")
        assert ("Verification: OK" in done.stdout) == (record == good), done.stdout


def test_policy_hosts_publish(policy_host, authority, site):
    place = site("live")
    host = policy_host(place, policy_text("enforce", [place.host]))
    first, body = get(host, authority.trusted)
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert body == f"version: STSv1\r\nmode: enforce\r\nmx: {place.host}\r\nmax_age: 86400\r\n".encode()
    host.use(policy="other")
    assert get(host, authority.trusted)[1] == b"other"
    assert host.count() == 2 and host.requests[0].startswith(f"GET {PATH} HTTP/1.1\r\n".encode()) and host.names == [host.name] * 2


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("drip", "silence")], ids=str)
def test_policy_hosts_have_faults(policy_host, authority, site, fault):
    place = site("live")
    host = policy_host(place, policy_text("enforce", [place.host]), fault=fault)
    try:
        first, body = get(host, authority.trusted)
    except OSError:
        first = None
    if fault == "cut by reset" or first is None:
        assert fault in ("cut by reset", "1.0 cut")
        return
    assert fault in ("nothing", "no HTTP", "1xx without end") or first.startswith(b"HTTP/1.")
    assert len(first + body) > 60_000 or ("without end" not in fault if fault else True)
    assert len(body) == {"64 KiB": 65536, "64 KiB and 1": 65537}.get(fault, len(body))
    assert (f"{PATH}?again".encode() in first) == bool(fault and fault.startswith("30") and fault != "304")


@pytest.mark.parametrize("fault", ["drip", "silence"])
def test_policy_hosts_can_be_slow(policy_host, authority, site, fault):
    place = site("live")
    host = policy_host(place, policy_text("enforce", [place.host]), fault=fault)
    with pytest.raises(TimeoutError):
        get(host, authority.trusted, timeout=0.5)


@pytest.mark.parametrize("kind", ["expired", "wrong-name", "self-signed", "unknown-ca"])
def test_policy_hosts_show_certificates_that_prove_nothing(policy_host, authority, site, kind):
    place = site("live")
    host = policy_host(place, policy_text("enforce", [place.host]), kind=kind)
    with pytest.raises(ssl.SSLCertVerificationError):
        get(host, authority.trusted)


def test_nginx_publishes(nginx, authority, site):
    place = site("live")
    host = nginx(place, policy_text("testing", [place.host]))
    first, body = get(host, authority.trusted)
    assert b"nginx" in first and b"text/plain" in first and body == policy_text("testing", [place.host]).encode()
    wait_for(host.requests, 5, "the log of it")


def attacked(place, mode, attacker, mx, **options):
    true = mx(place, port=25 + BEHIND, **options)
    one = attacker(place)
    one.mail.mode = mode
    return true, one


def test_an_attacker_who_does_nothing_is_not_seen(attacker, mx, site):
    place = site("live")
    true, _ = attacked(place, None, attacker, mx)
    with secured(place.address) as client:
        client.mail("a@client.test", place.mailbox())
        assert client.data("x\r\n").code == 250
    wait_for(true.accepted, 5, "taken")


@pytest.mark.parametrize("mode, words", [("strip", []), ("mangle", ["XXXXXXXA"])])
def test_an_attacker_changes_the_reply_to_ehlo(attacker, mx, site, mode, words):
    place = site("live")
    attacked(place, mode, attacker, mx)
    with Client(place.address) as client:
        reply = client.expect("EHLO x.test", 250)
        assert "STARTTLS" not in reply.keywords and "SIZE" in reply.keywords and all(word in reply.keywords for word in words)


@pytest.mark.parametrize("mode, code", [("later", 454), ("never", 554), ("unknown", 502)])
def test_an_attacker_answers_starttls(attacker, mx, site, mode, code):
    place = site("live")
    true, _ = attacked(place, mode, attacker, mx)
    with Client(place.address) as client:
        client.expect("EHLO x.test", 250)
        assert client.command("STARTTLS").code == code
    assert all(session.tls is None for session in true.sessions)


@pytest.mark.parametrize("mode", ["reset", "close", "reset-after"])
def test_an_attacker_cuts_connections(attacker, mx, site, mode):
    place = site("live")
    attacked(place, mode, attacker, mx)
    with pytest.raises((Ended, OSError)):
        secured(place.address)


def test_an_attacker_with_a_certificate_of_its_own_takes_what_it_gets(attacker, mx, site, authority):
    place = site("live")
    true, one = attacked(place, "certificate", attacker, mx)
    with pytest.raises(ssl.SSLCertVerificationError):
        secured(place.address, context=tls_context(trust=authority.trusted))
    with secured(place.address) as client:
        client.mail("a@client.test", place.mailbox())
        assert client.data("secret\r\n").code == 250
    assert b"secret" in one.taken() and not true.messages
    one.calm()
    with secured(place.address, context=tls_context(trust=authority.trusted)) as client:
        client.mail("a@client.test", place.mailbox())
    assert wait_for(lambda: true.sessions[-1].tls, 5, "the true host is spoken to")


@pytest.mark.parametrize("mode, failure", [("reset", OSError), ("silence", TimeoutError), ("certificate", ssl.SSLCertVerificationError)])
def test_an_attacker_blocks_policy_hosts(attacker, policy_host, authority, site, mode, failure):
    place = site("live")
    host = policy_host(place, "true", behind=True)
    one = attacker(place)
    assert get(host, authority.trusted)[1] == b"true"
    one.web.mode = mode
    with pytest.raises(failure):
        get(host, authority.trusted, timeout=1)
    one.calm()
    assert get(host, authority.trusted)[1] == b"true"


def test_what_the_tests_say_is_all_there(house):
    """Programs that the house wants beside the daemon."""
    for program in ("nginx", "nsd", "unbound", "ldns-signzone"):
        assert any(os.access(os.path.join(folder, program), os.X_OK) for folder in ("/usr/sbin", "/usr/bin")), program
