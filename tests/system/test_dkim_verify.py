"""Signatures verified by ours (`sealpost dkim verify`), through real name servers: dkimpy's in every form, OpenDKIM's, our own."""

import ctypes
import itertools
import json
import re
import subprocess

import dkim
import pytest

from house.places import RESOLVER, SILENT_SERVER
from house.processes import LIBRARY_PATHS, side_by_side
from test_dkim import BREAKS, DOMAIN, KINDS, MESSAGES, REPORT, BODY, Signer, opendkim

FORMS = (b"simple", b"relaxed")
FROM_TWICE = b"From: Eve <eve@evil.example>\r\n"


@pytest.fixture(scope="module")
def signers(house, tmp_path_factory):
    """A key of each kind, published as it was printed, and names at which there is something else."""
    made = {kind: Signer(house.programs().sealpost, tmp_path_factory.mktemp("dkim"), kind) for kind in KINDS}
    text = made["ed25519"].text.decode()
    records = {
        f"revoked._domainkey.{DOMAIN}": ['TXT "v=DKIM1; p="'],
        f"two._domainkey.{DOMAIN}": [f'TXT "{text}"', f'TXT "{text} "'],
        f"testing._domainkey.{DOMAIN}": [f'TXT "{text}; t=y"'],
        f"reports._domainkey.{DOMAIN}": [f'TXT "{text.replace("s=*", "s=tlsrpt")}"'],
        f"alias._domainkey.{DOMAIN}": [f"CNAME ed25519._domainkey.{DOMAIN}."],
    }
    for signer in made.values():
        owner, record = signer.record.split(". IN ")
        records[owner] = [record]
    house.names.change(records)
    return made


def verify(signer, message, *words):
    """The exit status and the rows."""
    done = subprocess.run([signer.program, "--json", "dkim", "verify", *words], input=message, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=LIBRARY_PATHS)
    assert done.stderr == b"", done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def sign(signer, message, selector=None, forms=(b"relaxed", b"relaxed"), **options):
    """By dkimpy, with the key of ours."""
    algorithm = b"ed25519-sha256" if signer.selector == "ed25519" else b"rsa-sha256"
    field = dkim.sign(message, (selector or signer.selector).encode(), DOMAIN.encode(), signer.secret, canonicalize=forms,
                      signature_algorithm=algorithm, **options)
    return field + message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MESSAGES)
def test_what_dkimpy_signs_is_good(signers, kind, name):
    """P30-P37: all of the corpus, in all four forms."""
    signed = [(signers[kind], sign(signers[kind], MESSAGES[name], forms=forms)) for forms in itertools.product(FORMS, FORMS)]
    for forms, (status, rows) in zip(itertools.product(FORMS, FORMS), side_by_side(verify, signed)):
        assert (status, [row["result"] for row in rows]) == (0, ["pass"]), (forms, rows)
        assert (rows[0]["domain"], rows[0]["selector"]) == (DOMAIN, kind)


def opendkim_sign(signer, message, forms):
    """By OpenDKIM's library, with rsa-sha256: its tool signs with rsa-sha1 only."""
    library, status = ctypes.CDLL("libopendkim.so.11"), ctypes.c_int()
    library.dkim_init.restype = library.dkim_sign.restype = ctypes.c_void_p
    with open(signer.file, "rb") as file:
        key = file.read()
    whole = ctypes.c_void_p(library.dkim_init(None, None))
    one = ctypes.c_void_p(library.dkim_sign(whole, b"test", None, key, signer.selector.encode(), DOMAIN.encode(), FORMS.index(forms[0]),
                                            FORMS.index(forms[1]), 1, ctypes.c_ssize_t(-1), ctypes.byref(status)))
    header, _, body = message.partition(b"\r\n\r\n")
    for field in re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]*)*", header):
        assert library.dkim_header(one, field, ctypes.c_size_t(len(field))) == 0
    assert library.dkim_eoh(one) == 0
    assert body == b"" or library.dkim_body(one, body, ctypes.c_size_t(len(body))) == 0
    assert library.dkim_eom(one, None) == 0
    value, length = ctypes.c_char_p(), ctypes.c_size_t()
    assert library.dkim_getsighdr_d(one, ctypes.c_size_t(16), ctypes.byref(value), ctypes.byref(length)) == 0
    signed = b"DKIM-Signature: " + value.value + b"\r\n" + message
    library.dkim_free(one)
    library.dkim_close(whole)
    return signed


@pytest.mark.parametrize("name", [name for name in MESSAGES if name not in ("fields repeated", "no CRLF at the end")])
def test_what_opendkim_signs_is_good(signers, name):
    """P30-P37, in all four forms. OpenDKIM signs no message with two Subject fields, and none without a line end."""
    signed = [(signers["rsa"], opendkim_sign(signers["rsa"], MESSAGES[name], forms)) for forms in itertools.product(FORMS, FORMS)]
    for forms, (status, rows) in zip(itertools.product(FORMS, FORMS), side_by_side(verify, signed)):
        assert (status, [row["result"] for row in rows]) == (0, ["pass"]), (forms, rows)


def test_a_sha1_is_worth_nothing(signers):
    """P36: what OpenDKIM's tool signs, and takes for good."""
    done = subprocess.run(["opendkim-testmsg", "-C", "-d", DOMAIN, "-k", signers["rsa"].file, "-s", "rsa"], input=MESSAGES["a report"],
                          timeout=60, stdout=subprocess.PIPE, check=True, env=LIBRARY_PATHS)
    assert b"rsa-sha1" in done.stdout and opendkim(done.stdout) == (0, "")
    status, rows = verify(signers["rsa"], done.stdout)
    assert (status, rows[0]["result"]) == (1, "permerror") and "rsa-sha1" in rows[0]["why"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MESSAGES)
def test_what_we_sign_is_good(signers, kind, name):
    """P39: with line ends as mail has them, and as files have them."""
    signed = signers[kind].sign(MESSAGES[name])
    for status, rows in side_by_side(verify, [(signers[kind], text) for text in (signed, signed.replace(b"\r\n", b"\n"))]):
        assert status == 0 and rows[0]["result"] == "pass" and rows[0]["bits"] == {"rsa": 2048, "rsa4096": 4096, "ed25519": 256}[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BREAKS)
def test_what_was_changed_is_no_pass(signers, kind, name):
    """P32: we and dkimpy are of one mind."""
    signed = sign(signers[kind], b"Auto-Submitted: no\r\n" + REPORT + b"\r\n" + BODY, forms=(b"relaxed", b"simple"),
                  include_headers=[b"from", b"from", b"subject", b"subject", b"auto-submitted", b"auto-submitted"])
    broken = BREAKS[name](signed)
    if broken == signed:
        pytest.skip("there is nothing of it in a signature of dkimpy")
    status, rows = verify(signers[kind], broken)
    assert status == 1 and rows[0]["result"] in ("fail", "neutral", "permerror") and not signers[kind].verify(broken)
    assert verify(signers[kind], signed)[0] == 0 and signers[kind].verify(signed)


def test_many_signatures_are_many_results(signers):
    """P40: the topmost eight; one that is good is enough."""
    good = signers["rsa"].sign(MESSAGES["as it should be"])
    two = signers["ed25519"].sign(good)
    status, rows = verify(signers["rsa"], two)
    assert status == 0 and [row["result"] for row in rows] == ["pass", "pass"] and [row["selector"] for row in rows] == ["ed25519", "rsa"]
    bad = re.match(rb"DKIM-Signature:(?:.*\r\n)(?:[ \t].*\r\n)*", good).group(0).replace(b" b=", b" b=AAAA")
    status, rows = verify(signers["rsa"], 7 * bad + good)
    assert status == 0 and [row["result"] for row in rows] == 7 * ["fail"] + ["pass"]
    status, rows = verify(signers["rsa"], 8 * bad + good)
    assert status == 1 and [row["result"] for row in rows] == 8 * ["fail"] + ["policy"]


@pytest.mark.parametrize("selector, status, result, why", [
    ("ed25519", 0, "pass", ""),
    ("alias", 0, "pass", ""),
    ("testing", 0, "pass", ""),
    ("revoked", 1, "permerror", "revoked"),
    ("absent", 1, "permerror", "there is no key"),
    ("two", 1, "permerror", "several TXT records"),
    ("reports", 1, "permerror", "other services"),
])
def test_the_key_decides(signers, selector, status, result, why):
    """P35, P38"""
    signed = sign(signers["ed25519"], MESSAGES["a report"], selector)
    got, rows = verify(signers["ed25519"], signed)
    assert (got, rows[0]["result"]) == (status, result) and why in rows[0]["why"]
    assert rows[0]["testing"] == (selector == "testing")


def test_reports_have_keys_of_their_own(signers):
    """R34"""
    signer = signers["ed25519"]
    signed = sign(signer, MESSAGES["a report"], "reports")
    assert verify(signer, signed, "--service", "tlsrpt")[0] == 0
    assert verify(signer, signed, "--service=email")[0] == 1
    status, rows = verify(signer, sign(signer, MESSAGES["a report"], length=True), "--service", "tlsrpt")
    assert (status, rows[0]["result"], rows[0]["length"]) == (1, "policy", True)


def test_a_length_vouches_for_no_more(signers):
    """P34"""
    signed = sign(signers["rsa"], MESSAGES["as it should be"], length=True)
    both = [verify(signers["rsa"], message) for message in (signed, signed + b"More.\r\n")]
    assert [(status, rows[0]["result"]) for status, rows in both] == [(0, "pass"), (1, "policy")]


def test_a_from_that_was_added_is_seen(signers):
    """P32: even where the signer signed From once, as dkimpy's include_headers has it here."""
    signed = sign(signers["rsa"], MESSAGES["as it should be"], include_headers=[b"from", b"subject"])
    status, rows = verify(signers["rsa"], FROM_TWICE + signed)
    assert (status, rows[0]["result"]) == (1, "policy") and "From" in rows[0]["why"]


def test_without_an_answer_nothing_is_known(signers):
    """P38: exit status 2, and only then"""
    signed = signers["rsa"].sign(MESSAGES["as it should be"])
    silent = ("--dns-server", f"{SILENT_SERVER}:53")
    both = side_by_side(verify, [(signers["rsa"], message, *silent) for message in (signed, signed + b"More.\r\n")])
    for (status, rows), expected in zip(both, ((2, "temperror"), (1, "fail"))):
        assert (status, rows[0]["result"]) == expected
    assert verify(signers["rsa"], signed, "--dns-server", f"{RESOLVER}:53")[0] == 0


def test_what_is_not_signed_says_so(signers):
    for message, result in ((MESSAGES["as it should be"], "none"), (b"", "none"), (b"junk\r\n\r\n", "permerror")):
        status, rows = verify(signers["rsa"], message)
        assert (status, [row["result"] for row in rows]) == (1, [result])


def test_a_large_message_is_not_kept(signers):
    """A hundred megabytes, verified in less memory than a tenth of that."""
    signer = signers["rsa"]
    signed = signer.sign(MESSAGES["as it should be"] + 2100000 * b"a line of a very large message, of fifty octets.\r\n")
    done = subprocess.run(["bash", "-c", f"ulimit -v 100000; exec {signer.program} dkim verify"], input=signed, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
    assert done.returncode == 0 and done.stdout.startswith(b"pass: d=" + DOMAIN.encode()), done.stderr
    assert len(signed) > 100_000_000


@pytest.mark.parametrize("words, why", [
    (["--dns-server", "nonsense"], b"--dns-server"), (["--dns-server"], b"a value is expected"),
    (["--service", "web"], b"email or tlsrpt"), (["message"], b"standard input"), (["--what"], b"no such option"),
])
def test_slips_are_usage_errors(signers, words, why):
    done = subprocess.run([signers["rsa"].program, "dkim", "verify", *words], input=b"", timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=LIBRARY_PATHS)
    assert done.returncode == 64 and why in done.stderr


def test_opendkim_and_we_agree_on_what_was_changed(signers):
    """P31, P32: every way of breaking, in signatures of OpenDKIM."""
    signed = opendkim_sign(signers["rsa"], b"Auto-Submitted: no\r\n" + REPORT + b"\r\n" + BODY, (b"relaxed", b"relaxed"))
    assert opendkim(signed) == (0, "") and verify(signers["rsa"], signed)[0] == 0
    seen = 0
    for change in BREAKS.values():
        broken = change(signed)
        if broken != signed and broken.count(b"\r\nFrom:") + broken.startswith(b"From:") == 1:
            assert (opendkim(broken)[0] == 0) == (verify(signers["rsa"], broken)[0] == 0), broken
            seen += 1
    assert seen >= 5
