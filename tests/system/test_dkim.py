"""Signatures of mail (src/lib-auth, `sealpost dkim`), checked by verifiers of others: dkimpy, and OpenDKIM where it can."""

import base64
import functools
import json
import os
import re
import stat
import subprocess

import dkim
import dns.resolver
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from house.processes import LIBRARY_PATHS

DOMAIN = "d3.live.test"
KINDS = {"rsa": ["--type", "rsa"], "rsa4096": ["--bits", "4096"], "ed25519": ["--type", "ed25519"]}

HEADER = (b"From: Joe SixPack <joe@d3.live.test>\r\nTo: Suzie Q <suzie@shopping.example>\r\nSubject: Is dinner ready?\r\n"
          b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@d3.live.test>\r\n")
BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

REPORT = HEADER + (b"MIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n\treport-type=\"tlsrpt\"; boundary=x\r\n"
                   b"Auto-Submitted: auto-generated\r\nTLS-Report-Domain: shopping.example\r\nTLS-Report-Submitter: d3.live.test\r\n")

LONG_TO = b"To: " + b",\r\n  ".join(b"somebody%d@a-domain-with-a-long-name.example" % n for n in range(60)) + b"\r\n"

MESSAGES = {
    "as it should be": HEADER + b"\r\n" + BODY,
    "no body": HEADER + b"\r\n",
    "no empty line": HEADER,
    "empty lines only": HEADER + b"\r\n\r\n\r\n\r\n",
    "white space only": HEADER + b"\r\n \t\r\n  \r\n",
    "no CRLF at the end": HEADER + b"\r\nHi.\r\nJoe.",
    "empty lines at the end": HEADER + b"\r\n" + BODY + 5 * b"\r\n",
    "blank lines at the end": HEADER + b"\r\n" + BODY + b" \r\n\t\r\n\r\n",
    "empty lines in front": HEADER + b"\r\n\r\n\r\n" + BODY,
    "white space at line ends": HEADER + b"\r\nHi. \r\n \t\r\n\tWe  lost\t \tthe game. \t\r\n",
    "dots": HEADER + b"\r\n.\r\n..\r\n.Hi\r\n",
    "fields folded": HEADER.replace(b"Is dinner", b"\r\n Is \t\r\n\t  dinner").replace(b"To:", b"TO:\t ") + b"\r\n" + BODY,
    "long folded fields": HEADER.replace(b"To: Suzie Q <suzie@shopping.example>\r\n", LONG_TO) + b"\r\n" + BODY,
    "fields repeated": b"Subject: 1\r\nTo: a@a.example\r\n" + HEADER + b"to: b@b.example\r\nSUBJECT: 3\r\nReceived: x\r\n\r\n" + BODY,
    "fields repeated that may be": b"Auto-Submitted: no\r\n" + REPORT + b"auto-submitted:  x \r\nReceived: x\r\nReceived: y\r\n\r\n" + BODY,
    "8-bit": HEADER.replace(b"dinner", b"d\xc3\xaener \xff") + b"\r\n\xc3\xa4\xff\x80 \x01\r\n",
    "empty fields": HEADER.replace(b"Is dinner ready?", b"").replace(b"To: Suzie Q <suzie@shopping.example>", b"To: ") + b"\r\n" + BODY,
    "a report": REPORT + b"\r\n--x\r\n\r\nreport\r\n--x--\r\n",
    "large": HEADER + b"\r\n" + b"a line of a large message\t with  white space \r\n" * 20000,
}


class Signer:
    """One key of `sealpost dkim`, and what was printed to be published."""

    def __init__(self, program, folder, kind):
        self.program, self.selector = program, kind
        self.file = os.path.join(folder, kind + ".key")
        self.record = self.call("keygen", "--out", self.file, *KINDS[kind])[1].decode().rstrip("\n")
        self.text = "".join(re.findall('"([^"]*)"', self.record)).encode()

    def call(self, command, *words, message=b""):
        done = subprocess.run([self.program, "dkim", command, "--domain", DOMAIN, "--selector", self.selector, *words], timeout=60,
                              input=message, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
        return done.returncode, done.stdout, done.stderr

    @functools.cached_property
    def secret(self):
        """As dkimpy wants it: PEM for RSA, the seed in base64 for Ed25519."""
        with open(self.file, "rb") as file:
            pem = file.read()
        if self.selector != "ed25519":
            return pem
        return base64.b64encode(load_pem_private_key(pem, None).private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))

    def sign(self, message):
        status, out, err = self.call("sign", "--key", self.file, message=message)
        assert (status, err) == (0, b""), err
        return out

    def verify(self, message, **options):
        """By dkimpy, told what was printed."""
        name = f"{self.selector}._domainkey.{DOMAIN}.".encode()
        return dkim.verify(message, dnsfunc=lambda asked, timeout=5: self.text if asked == name else None, **options)


@pytest.fixture(scope="module")
def signers(house, tmp_path_factory):
    """A key of each kind, its record in the live zone as it was printed."""
    made = {kind: Signer(house.programs().sealpost, tmp_path_factory.mktemp("dkim"), kind) for kind in KINDS}
    records = {}
    for signer in made.values():
        owner, record = signer.record.split(". IN ")
        records[owner] = [record]
    house.names.change(records)
    return made


def published(name, timeout=5):
    return b"".join(dns.resolver.resolve(name.decode(), "TXT", lifetime=timeout)[0].strings)


def opendkim(message):
    """Its exit status and complaint: 0 and none for a good signature."""
    done = subprocess.run(["opendkim-testmsg"], input=message, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=LIBRARY_PATHS)
    return done.returncode, done.stdout.decode()


def tags(signed):
    """The first field as tags without white space."""
    field = re.match(rb"DKIM-Signature:((?:.*\r\n)(?:[ \t].*\r\n)*)", signed).group(1)
    return dict(tag.split("=", 1) for tag in re.sub(r"\s", "", field.decode()).split(";"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MESSAGES)
def test_signatures_are_good(signers, kind, name):
    """P30-P34, P37: for dkimpy; P39: the message below the field is as it was."""
    message = MESSAGES[name]
    signed = signers[kind].sign(message)
    assert signed.endswith(b"\r\n" + message) and signed.startswith(b"DKIM-Signature: ")
    field = signed[:len(signed) - len(message)]
    assert signers[kind].verify(signed)
    assert max(map(len, field.split(b"\r\n"))) < 78
    assert set(tags(signed)) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
    assert tags(signed)["a"] == ("ed25519-sha256" if kind == "ed25519" else "rsa-sha256")


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "fields repeated"])
def test_signatures_are_good_for_opendkim(signers, name):
    """P30-P34: through the name servers, with the record as it was printed. Debian's OpenDKIM knows RSA only, and no message with two
    Subject fields."""
    assert opendkim(signers["rsa"].sign(MESSAGES[name])) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_record_is_what_verifiers_find(signers, kind):
    """P35, R34: in strings of 255 octets, through nsd and unbound."""
    signed = signers[kind].sign(MESSAGES["a report"])
    assert dkim.verify(signed, dnsfunc=published)
    assert all(len(text) <= 255 for text in re.findall('"([^"]*)"', signers[kind].record))


@pytest.mark.parametrize("kind", KINDS)
def test_one_key_is_for_mail_and_for_reports(signers, kind):
    """R34: an ordinary verifier that reads lists, one that knows "*" and "email" only, and one for reports."""
    services = dict(tag.strip().split("=", 1) for tag in signers[kind].text.decode().split(";"))["s"]
    assert services in ("*", "email"), "compared as a whole, as Exim does"
    assert {"*", "email"} & set(services.split(":")), "RFC 6376 3.6.1"
    assert {"*", "tlsrpt"} & set(services.split(":")), "RFC 8460 3"
    signed = signers[kind].sign(MESSAGES["a report"])
    assert signers[kind].verify(signed) and signers[kind].verify(signed, tlsrpt=True)
    assert {"TLS-Report-Domain", "TLS-Report-Submitter"} <= set(tags(signed)["h"].split(":")), "R31"


BREAKS = {
    "an octet of the body": lambda text: text.replace(b"lost the game", b"lost the gane"),
    "a line more": lambda text: text + b"More.\r\n",
    "a signed field": lambda text: text.replace(b"Is dinner", b"Is supper"),
    "a signed field gone": lambda text: re.sub(rb"Subject: .*\r\n", b"", text),
    "the first of two fields": lambda text: text.replace(b"Auto-Submitted: no", b"Auto-Submitted: auto-replied"),
    "the second of two fields": lambda text: text.replace(b"Auto-Submitted: auto-generated", b"Auto-Submitted: auto-replied"),
    "a second From above": lambda text: b"From: Eve <eve@evil.example>\r\n" + text,
    "a second From below": lambda text: text.replace(b"\r\n\r\n", b"\r\nFrom: Eve <eve@evil.example>\r\n\r\n", 1),
    "the time": lambda text: re.sub(rb" t=\d", b" t=9", text),
    "the signature": lambda text: re.sub(rb" b=(.)", lambda found: b" b=" + (b"A" if found.group(1) != b"A" else b"B"), text),
    "the hash of the body": lambda text: re.sub(rb" bh=(.)", lambda found: b" bh=" + (b"A" if found.group(1) != b"A" else b"B"), text),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BREAKS)
def test_what_was_changed_is_seen(signers, kind, name):
    """P32"""
    signed = signers[kind].sign(b"Auto-Submitted: no\r\n" + REPORT + b"\r\n" + BODY)
    broken = BREAKS[name](signed)
    assert broken != signed and signers[kind].verify(signed) and not signers[kind].verify(broken)
    if kind == "rsa":
        assert opendkim(signed) == (0, "") and opendkim(broken)[0] != 0


def test_what_relaxed_forms_let_pass_stays_good(signers):
    signed = signers["rsa"].sign(HEADER + b"\r\n" + BODY)
    changed = b"Received: x\r\n" + signed.replace(b"Subject: Is dinner", b"SUBJECT:\tIs \r\n   dinner") + b"\r\n\r\n"
    changed = changed.replace(b"game.  Are", b"game.\tAre ").replace(b"Hi.\r\n", b"Hi. \t\r\n")
    assert signers["rsa"].verify(changed) and opendkim(changed) == (0, "")


def test_what_is_signed_without_a_line_end_is_good_with_one(signers):
    """P39: content without a line end gets one where it travels as DATA. White space in front of it is signed as it arrives."""
    for message in (b"Hi.", b"Hi. \t", b"Hi.\r\n \t", b" "):
        signed = signers["rsa"].sign(HEADER + b"\r\n" + message) + b"\r\n"
        assert signers["rsa"].verify(signed) and opendkim(signed) == (0, "")


def test_keys_are_secret_and_never_overwritten(signers):
    signer = signers["ed25519"]
    assert stat.S_IMODE(os.stat(signer.file).st_mode) == 0o600
    with open(signer.file, "rb") as file:
        before = file.read()
    status, out, err = signer.call("keygen", "--out", signer.file)
    assert (status, out) == (1, b"") and b"never overwritten" in err
    with open(signer.file, "rb") as file:
        assert file.read() == before
    assert signer.call("record", "--key", signer.file) == (0, signer.record.encode() + b"\n", b"")
    status, out, _ = signer.call("record", "--key", signer.file, "--json")
    assert status == 0 and json.loads(out) == {"file": signer.file, "name": f"ed25519._domainkey.{DOMAIN}", "type": "ed25519", "bits": 256,
                                               "text": signer.text.decode()}


def test_keys_of_others_sign_as_well(house, signers, tmp_path):
    """What opendkim-genkey makes, and a key that is too short, or for another thing."""
    program = house.programs().sealpost

    def record(path):
        return subprocess.run([program, "dkim", "record", "--key", path, "--domain", DOMAIN, "--selector", "s"], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
    subprocess.run(["opendkim-genkey", "-b", "2048", "-d", DOMAIN, "-s", "s", "-D", tmp_path], check=True, timeout=60)
    theirs = "".join(re.findall('"([^"]*)"', (tmp_path / "s.txt").read_text()))
    ours = "".join(re.findall('"([^"]*)"', record(tmp_path / "s.private").stdout.decode()))
    assert theirs.split("p=")[1] == ours.split("p=")[1]
    for arguments, why in ((["genrsa", "1024"], b"less than 2048 bits"), (["genpkey", "-algorithm", "ed448"], b"neither RSA nor Ed25519")):
        path = tmp_path / "other.pem"
        subprocess.run(["openssl", *arguments], check=True, timeout=60, stdout=path.open("wb"), stderr=subprocess.DEVNULL)
        done = record(path)
        assert (done.returncode, done.stdout) == (1, b"") and why in done.stderr


@pytest.mark.parametrize("message, why", [
    (HEADER.replace(b"From:", b"Sender:") + b"\r\n" + BODY, b"not exactly one From"),
    (b"From: eve@evil.example\r\n" + HEADER + b"\r\n" + BODY, b"not exactly one From"),
    (b"", b"not exactly one From"),
    (b"\r\n" + BODY, b"not exactly one From"),
    (b"nonsense\r\n" + HEADER + b"\r\n" + BODY, b"no field"),
    (HEADER.replace(b"dinner", b"din\rner") + b"\r\n" + BODY, b"does not end with CRLF"),
])
def test_what_is_no_message_is_not_signed(signers, message, why):
    """P30"""
    status, out, err = signers["rsa"].call("sign", "--key", signers["rsa"].file, message=message)
    assert (status, out) == (1, b"") and why in err


def test_line_ends_of_a_file_become_those_of_mail(signers):
    """P39"""
    message = MESSAGES["as it should be"]
    signed = signers["ed25519"].sign(message.replace(b"\r\n", b"\n"))
    assert signed.endswith(b"\r\n" + message) and signers["ed25519"].verify(signed)
    status, out, _ = signers["ed25519"].call("sign", "--key", signers["ed25519"].file, "--json", message=message)
    assert status == 0 and signers["ed25519"].verify(json.loads(out)["field"].encode() + message)
