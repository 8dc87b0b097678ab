"""
Authentication-Results (RFC 8601) of mail that strangers send to accepted domains: real name servers, real sessions, what arrives at the
mailbox, read by python3-authres. And forged ones, which do not arrive.
"""

import re
import time

import authres
import pytest

from house.client import secured
from house.places import CLIENT, HOSTNAME, SITES, STRANGER
from house.processes import wait_for
from test_dkim import Signer
from test_dkim_verify import sign

DOMAIN = "d3.live.test"         # whose keys test_dkim.Signer is for
OTHER = "d4.live.test"
BARE = "d5.live.test"           # publishes nothing
HELO = "h5.live.test"
USER = "user@local.test"
FORGED = [
    f"Authentication-Results: {HOSTNAME}; spf=pass smtp.mailfrom=evil.test",
    f"authentication-RESULTS: {HOSTNAME.upper()}; dkim=pass header.d=evil.test",
    f"Authentication-Results : {HOSTNAME}; dkim=pass",
    f"Authentication-Results:\r\n\t{HOSTNAME};\r\n\tdkim=pass",
    f"Authentication-Results: (c (d) \\) e) {HOSTNAME} (f) 1 (g); dkim=pass",
    f'Authentication-Results: "{HOSTNAME}"; dkim=pass',
    f"Authentication-Results: {HOSTNAME}. ; dkim=pass",
    f"Authentication-Results: {HOSTNAME} dkim=pass",
    f"Authentication-Results\t:\r\n \r\n {HOSTNAME}",
    f"Authentication-Results: =?us-ascii?q?{HOSTNAME}?=; dkim=pass",
]
FOREIGN = ["Authentication-Results: other.test; spf=pass smtp.mailfrom=evil.test", f"Authentication-Results: x{HOSTNAME}; spf=pass",
           f"Authentication-Results: {HOSTNAME}.evil.test; spf=pass", f"X-Authentication-Results: {HOSTNAME}; spf=pass",
           f"Subject: a\r\n Authentication-Results: {HOSTNAME}; spf=pass"]


@pytest.fixture(scope="module")
def signers(house, tmp_path_factory):
    made = {kind: Signer(house.programs().sealpost, tmp_path_factory.mktemp("authres"), kind) for kind in ("rsa", "ed25519")}
    records = {
        DOMAIN: ["MX 10 h3", f'TXT "v=spf1 ip4:{STRANGER} -all"'], f"_dmarc.{DOMAIN}": ['TXT "v=DMARC1; p=reject"'],
        OTHER: ['TXT "v=spf1 -all"'], f"_dmarc.{OTHER}": ['TXT "v=DMARC1; p=quarantine"'],
        HELO: [f"A {STRANGER}", 'TXT "v=spf1 a -all"'], f"_dmarc.{HELO}": ['TXT "v=DMARC1; p=reject"'],
    }
    for signer in made.values():
        owner, record = signer.record.split(". IN ")
        records[owner] = [record]
    house.names.change(records)
    return made


@pytest.fixture
def gate(sealpost, lmtp, signers):
    """gate(**settings): a relay that accepts local.test, and its mailbox; it hands a message in and gives back what arrived."""
    class Gate:
        def __init__(self, **settings):
            self.server = lmtp()
            self.relay = sealpost({"accept": {"local.test": f"lmtp:{self.server.path}"}, **settings})

        @staticmethod
        def chunks(client, content):
            for at in range(0, len(content), 50001):
                client.send(f"BDAT {len(content[at:at + 50001])}\r\n".encode() + content[at:at + 50001])
                assert client.reply().code == 250
            return client.command("BDAT 0 LAST")

        def send(self, content, sender=f"joe@{DOMAIN}", helo=HELO, source=STRANGER, recipient=USER, chunks=False):
            before = len(self.server.messages)
            content = content.encode() if isinstance(content, str) else content
            with secured(source=source, ehlo=helo) as client:
                client.mail(sender, recipient)
                assert (self.chunks(client, content) if chunks else client.data(content)).code == 250
            wait_for(lambda: len(self.server.messages) > before, 20, "delivered")
            return self.server.messages[-1][2]
    return Gate


def field_of(content):
    """Our field, which has to be the first; P60."""
    match = re.match(rb"(Authentication-Results: .*?\r\n)(?![ \t])", content, re.S)
    assert match, content[:300]
    assert content[match.end():].startswith(b"Received: ")
    for line in match[1].split(b"\r\n"):
        assert len(line) <= 78 or b" " not in line or b'"' in line
    return match[1].decode()


def results(content):
    """As another program reads it: method to list of (result, {property: value})."""
    parsed = authres.AuthenticationResultsHeader.parse(field_of(content).replace("\r\n", ""))
    assert parsed.authserv_id == HOSTNAME
    found = {}
    for result in parsed.results:
        found.setdefault(result.method, []).append((result.result, {f"{one.type}.{one.name}": one.value for one in result.properties}))
    return found


def body_of(content):
    """What the client sent: behind our field, if there is one, and our Received field."""
    return re.sub(rb"\A(?:Authentication-Results: .*?\r\n(?![ \t]))?Received: .*?\r\n(?![ \t])", b"", content, count=1, flags=re.S)


MESSAGE = f"From: Joe <joe@{DOMAIN}>\r\nTo: <{USER}>\r\nSubject: canary4f1d9c\r\n\r\nHi.\r\n"


def test_what_proves_itself_passes(gate, signers):
    """P60, P62, P14, P55: SPF of both identities, two signatures, DMARC; by DATA and by BDAT, small and large. P39: one signature is ours,
    of content with dots."""
    gate = gate()
    small = MESSAGE + ".\r\n..\r\n.Hi. \t \r\n\r\n"
    large = small + "a line of text\r\n" * 20000
    for text, chunks in ((small, False), (small, True), (large, False), (large, True)):
        signed = signers["ed25519"].sign(sign(signers["rsa"], text.encode()))
        content = gate.send(signed, chunks=chunks)
        found = results(content)
        assert found["spf"] == [("pass", {"smtp.mailfrom": f"joe@{DOMAIN}"}), ("pass", {"smtp.helo": HELO})]
        assert [(result, at["header.d"], at["header.s"], at["header.a"]) for result, at in found["dkim"]] == [
            ("pass", DOMAIN, "ed25519", "ed25519-sha256"), ("pass", DOMAIN, "rsa", "rsa-sha256")]
        assert all(len(at["header.b"]) == 8 for _, at in found["dkim"])
        assert found["dmarc"] == [("pass", {"header.from": DOMAIN, "policy.dmarc": "reject"})]
        assert body_of(content) == signed


def test_what_does_not_prove_itself_arrives_and_says_so(gate, signers):
    gate = gate()
    spoilt = sign(signers["rsa"], MESSAGE.encode()).replace(b"Hi.", b"Ho.")
    found = results(gate.send(spoilt, sender=f"joe@{OTHER}", helo="nobody.live.test"))
    assert found["spf"] == [("fail", {"smtp.mailfrom": f"joe@{OTHER}"}), ("none", {"smtp.helo": "nobody.live.test"})]
    assert [result for result, _ in found["dkim"]] == ["fail"]
    assert found["dmarc"] == [("fail", {"header.from": DOMAIN, "policy.dmarc": "reject"})]
    found = results(gate.send(MESSAGE.replace(DOMAIN, BARE), sender=f"joe@{BARE}"))
    assert found["spf"][0] == ("none", {"smtp.mailfrom": f"joe@{BARE}"})
    assert found["dkim"] == [("none", {})] and found["dmarc"] == [("none", {"header.from": BARE})]
    found = results(gate.send("Subject: x canary4f1d9c\r\n\r\nno author\r\n"))
    assert found["dmarc"] == [("permerror", {})]


def test_the_null_sender_is_judged_by_its_name(gate, signers):
    """P13"""
    gate = gate()
    found = results(gate.send(MESSAGE.replace(DOMAIN, HELO), sender=""))
    assert found["spf"] == [("pass", {"smtp.helo": HELO})]
    assert found["dmarc"] == [("pass", {"header.from": HELO, "policy.dmarc": "reject"})]


def test_without_dns_nothing_is_known_and_nobody_waits_for_long(gate, signers):
    """temperror, within authentication.wait: silent.test has a server that says nothing."""
    gate = gate(authentication={"wait": "1s"})
    signed = sign(signers["rsa"], MESSAGE.replace(f"joe@{DOMAIN}", "joe@d3.silent.test").encode()).replace(b"d3.live", b"d3.silent")
    begun = time.monotonic()
    found = results(gate.send(signed, sender="joe@d3.silent.test", helo="h3.silent.test"))
    assert time.monotonic() - begun < 6
    assert [result for result, _ in found["spf"]] == ["temperror", "temperror"]
    assert [result for result, _ in found["dkim"]] == ["temperror"] and found["dmarc"] == [("temperror", {"header.from": "d3.silent.test"})]
    assert gate.relay.events("authentication", late="1")


def test_mail_comes_without_policy_and_again_with_it(gate, signers):
    gate = gate()
    gate.relay.kill_room("policy")
    gate.send(MESSAGE)

    def passes():
        return results(gate.send(MESSAGE))["spf"][0][0] == "pass"
    wait_for(passes, 20, "policy is back")


@pytest.mark.parametrize("is_on", [True, False])
def test_forged_ones_do_not_arrive(gate, signers, is_on):
    """P61, PX4, 0.8: every one of ours, and not an octet else."""
    gate = gate(authentication={"results": is_on})
    head = "".join(f"X-Before: {n}\r\n{field}\r\n" for n, field in enumerate(FORGED)) + "".join(f"{field}\r\n" for field in FOREIGN)
    kept = "".join(f"X-Before: {n}\r\n" for n, _ in enumerate(FORGED)) + "".join(f"{field}\r\n" for field in FOREIGN)
    for chunks in (False, True):
        content = gate.send(head + MESSAGE + FORGED[0] + "\r\n", chunks=chunks)
        assert content.startswith(b"Authentication-Results: " if is_on else b"Received: ")
        assert body_of(content) == (kept + MESSAGE + FORGED[0] + "\r\n").encode()
    assert {row["n"] for row in gate.relay.events("forged")} == {str(len(FORGED))}


def test_a_name_with_u_labels_is_forged_in_both_ways(gate, signers):
    """P61: as RFC 8601 5 has it."""
    gate = gate(authentication={"id": "mx.xn--bcher-kva.test"})
    names = ["mx.xn--bcher-kva.test", "mx.b\u00fccher.test", "MX.B\u00dcCHER.test"]
    forged = [f"Authentication-Results: {name}; dkim=pass\r\n" for name in names]
    content = gate.send("".join(forged) + MESSAGE)
    assert content.startswith(b"Authentication-Results: mx.xn--bcher-kva.test;")
    assert body_of(content) == MESSAGE.encode()


def test_who_may_relay_is_left_alone(gate, signers):
    gate = gate()
    content = gate.send(FORGED[0] + "\r\n" + MESSAGE, source=CLIENT)
    assert content.startswith(b"Received: ") and body_of(content) == (FORGED[0] + "\r\n" + MESSAGE).encode()


SENDERS = [f'"a; dkim=pass header.d=evil.test"@{DOMAIN}', f'"a\\"; dkim=pass"@{DOMAIN}', f'"(a"@{DOMAIN}', f"a=b/c@{DOMAIN}",
           f"a'{{}}|@{DOMAIN}", f"{'a' * 64}@{DOMAIN}"]
AUTHORS = ['"; dkim=pass" <a@evil.test>', "a@evil.test (; dkim=pass)", "=?utf-8?q?=3B_dkim=3Dpass?= <a@evil.test>", "a@[; dkim=pass]",
           "<a@evil.test; dkim=pass>"]
SIGNATURES = (f'DKIM-Signature: v=1; a=rsa-sha256; d=evil.test; s=a"b; i="a\\; spf=pass"@evil.test; h=from; bh=AAAA; b=(x)AA; c=x\r\n'
              f"DKIM-Signature: dkim=pass header.d={DOMAIN}\r\n")


def test_strangers_cannot_write_results_of_their_own(gate, signers):
    """P63: by MAIL FROM, by From, by an address literal for HELO, by what a signature says of itself."""
    gate = gate()
    for sender in SENDERS:
        found = results(gate.send(MESSAGE, sender=sender))
        assert found["dkim"] == [("none", {})] and len(found["spf"]) == 2 and found["dmarc"][0][0] == "pass"
        result, at = found["spf"][0]
        # authres leaves what is escaped in a quoted-string escaped.
        assert result == "pass" and re.sub(r"\\(.)", r"\1", at["smtp.mailfrom"]) == sender
    for author in AUTHORS:
        found = results(gate.send(f"From: {author}\r\nSubject: canary4f1d9c\r\n\r\nx\r\n", helo=f"[{STRANGER}]"))
        assert found["dkim"] == [("none", {})] and found["dmarc"][0][0] in ("none", "permerror"), author
        assert found["spf"][1] == ("none", {"smtp.helo": f"[{STRANGER}]"})
    found = results(gate.send(SIGNATURES + MESSAGE))
    assert len(found["dkim"]) == 2 and all(result in ("neutral", "permerror") for result, _ in found["dkim"])


def long_text(record):
    return "TXT " + " ".join(f'"{record[at:at + 250]}"' for at in range(0, len(record), 250))


def test_what_the_dns_says_counts_as_memory(gate, house):
    """PX1: a chain of records that are as long as may be, held in a message that does not end; at 512 KiB nothing more is asked."""
    gate = gate(workers={"intake": 1})
    names = [DOMAIN.replace("d3", "d6"), *(f"i{n}.{DOMAIN.replace('d3', 'd6')}" for n in range(1, 11)), ""]
    house.names.change({name: [long_text(f"v=spf1 include:{follows or name}" + " ip4:192.0.2.9" * 998)]
                        for name, follows in zip(names, names[1:])})

    def memory():
        return sum(int(row["memory_octets"]) for row in gate.relay.ctl("status", as_json=True) if row["room"] == "intake")
    content = MESSAGE.replace(DOMAIN, names[0]).encode()
    before = len(gate.server.messages)
    with secured(source=STRANGER, ehlo=HELO) as client:
        client.mail(f"joe@{names[0]}", USER)
        assert client.command("DATA").code == 354
        client.send(content)
        wait_for(lambda: memory() > 512 * 1024, 20, "it is counted")
        time.sleep(1)
        assert memory() < 768 * 1024
        assert client.command(".").code == 250
    wait_for(lambda: len(gate.server.messages) > before, 20, "delivered")
    assert results(gate.server.messages[-1][2])["spf"][0][0] == "temperror"
    assert memory() < 64 * 1024


def test_another_name_for_the_site(gate, signers):
    gate = gate(authentication={"id": "mail.site.test"})
    content = gate.send(f"Authentication-Results: mail.site.test; none\r\n{FORGED[0]}\r\n" + MESSAGE)
    assert content.startswith(b"Authentication-Results: mail.site.test;")
    assert body_of(content) == (FORGED[0] + "\r\n" + MESSAGE).encode()


def test_forged_senders_are_not_flooded(gate, mx, signers):
    """
    N17, NX1: the mailbox is not there, and somebody else's name stands in MAIL FROM: of a domain that says so by SPF, and of one that says
    nothing. Of whom SPF vouches for, nothing is withheld.
    """
    nobody = "nobody@local.test"
    forged, silent, vouched = mx((f"{SITES}.4", "h4.live.test")), mx((STRANGER, "h5.live.test")), mx((f"{SITES}.3", "h3.live.test"))
    gate = gate(report={"strangers": 2, "forged": False})
    gate.server.refuse = {nobody}
    with secured(source=STRANGER, ehlo="nobody.live.test") as client:
        for sender in (f"victim@{OTHER}", f"victim@{BARE}", f"VICTIM@{BARE}") * 2 + (f"other@{BARE}",) + (f"joe@{DOMAIN}",) * 3:
            client.mail(sender, nobody)
            assert client.data(MESSAGE).code == 250
    wait_for(lambda: len(gate.relay.events("withheld")) == 4 and len(silent.accepted()) == 3 and len(vouched.accepted()) == 3, 20, lambda: gate.relay.log()[-3000:])
    assert sorted((row["to"].lower(), row["why"]) for row in gate.relay.events("withheld")) == sorted(
        [(f"<victim@{OTHER}>", "forged")] * 2 + [(f"<victim@{BARE}>", "flood")] * 2)
    assert sorted(message.addresses[0].lower() for message in silent.accepted()) == [f"other@{BARE}"] + [f"victim@{BARE}"] * 2
    gate.relay.wait_empty()
    assert [message.addresses for message in vouched.accepted()] == [[f"joe@{DOMAIN}"]] * 3
    assert not forged.sessions
