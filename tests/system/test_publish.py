"""What operators publish of their own: policies looked at before they are published, and TLSA records (src/ctl)."""

import hashlib
import json
import re
import subprocess

import pytest

from house.processes import LIBRARY_PATHS, run

BEGIN = "-----BEGIN CERTIFICATE-----"
HOST = "mx.example.org"


@pytest.fixture(scope="module")
def tool(house):
    """`sealpost WORDS...`, without a daemon: (status, standard output, standard error), or rows with as_json."""
    def call(*words, as_json=False):
        done = subprocess.run([house.programs().sealpost, *map(str, words)] + (["--json"] if as_json else []), timeout=60, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
        out = [json.loads(line) for line in done.stdout.splitlines()] if as_json else done.stdout
        return done.returncode, out, done.stderr
    return call


def policy_file(path, *mx, mode="enforce", max_age=604800):
    path.write_text("".join(f"{line}\n" for line in ["version: STSv1", f"mode: {mode}", f"max_age: {max_age}",
                                                     *(f"mx: {name}" for name in mx)]))
    return path


def openssl_digest(certificate, of_key):
    """SHA-256 of a certificate or of its key, as the openssl command has it."""
    if not of_key:
        text = run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]).stdout
        return text.split("=")[1].strip().replace(":", "").lower()
    key = run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"]).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.encode(), stdout=subprocess.PIPE, check=True).stdout
    return hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
def test_tlsa_records_are_what_openssl_says(tool, authority, key):
    """D60"""
    good = authority.certificate(HOST, key=key)
    wanted = f"_25._tcp.{HOST}. IN TLSA 3 1 1 {openssl_digest(good.certificate, True)}\n"
    for path in (good.certificate, good.both):
        assert tool("tlsa", path) == (0, wanted, "")
    assert tool("tlsa", good.key, "--name", HOST) == (0, wanted, "")
    other = wanted.replace("_25", "_587").replace(HOST, "other.example")
    assert tool("tlsa", good.certificate, "--name", "other.example.", "--port=587") == (0, other, "")
    status, (row,), _ = tool("tlsa", good.certificate, as_json=True)
    assert status == 0 and row == {"file": good.certificate, "name": f"_25._tcp.{HOST}", "usage": 3, "selector": 1, "matching": 1,
                                   "data": wanted.split()[-1]}


def test_an_authority_in_the_chain_is_what_usage_2_names(tool, authority, tmp_path):
    """D60"""
    chained = authority.certificate(HOST, kind="intermediate")
    above = tmp_path / "above.pem"
    with open(chained.certificate, encoding="ascii") as file:
        above.write_text(BEGIN + file.read().split(BEGIN)[2], encoding="ascii")
    assert tool("tlsa", chained.certificate, "--usage", 2) == (0, f"_25._tcp.{HOST}. IN TLSA 2 0 1 {openssl_digest(above, False)}\n", "")
    status, out, err = tool("tlsa", authority.certificate(HOST).certificate, "--usage", 2)
    assert (status, out) == (1, "") and "RFC 7672 3.1.2" in err
    for usage in (0, 1):
        status, out, err = tool("tlsa", chained.certificate, "--usage", usage)
        assert (status, out) == (64, "") and "RFC 7672 3.1.3" in err


def test_the_next_key_has_to_be_in_dns(tool, authority, tmp_path):
    """D61"""
    now, following = authority.certificate(HOST), authority.certificate(HOST, key="rsa")
    zone = tmp_path / "zone"
    zone.write_text(tool("tlsa", now.certificate)[1])
    status, out, err = tool("tlsa", now.certificate, following.key, "--published", zone)
    assert status == 1 and f"{following.key}: its record is not in {zone}" in err and following.tlsa() in err and "not good" in out
    assert now.certificate not in err
    as_dig = re.sub("(.{56})$", r" \1", now.tlsa().upper())
    zone.write_text(f"; dig\n_25._tcp.{HOST}.\t3600\tIN\tTLSA\t{as_dig}\n{following.tlsa()}\n")
    status, out, err = tool("tlsa", now.certificate, following.key, "--published", zone)
    assert (status, err) == (0, "") and out.endswith(f"; {zone}: good\n")
    status, out, err = tool("tlsa", following.both, "--published", zone)
    assert status == 0 and f"{zone}:2: warning: of none of these certificates and keys" in err


def test_a_policy_is_looked_at_with_its_hosts_and_their_certificates(tool, authority, tmp_path):
    """M50, M52, MX3"""
    path = policy_file(tmp_path / "mta-sts.txt", HOST, "*.example.org")
    good, other = authority.certificate(HOST), authority.certificate("mx2.example.org")
    certificates = f"{good.certificate},{other.certificate}"
    status, out, err = tool("policy", "lint", path, "Example.ORG.", "--mx", f"{HOST},mx2.example.org.", "--certificate", certificates)
    assert (status, err) == (0, "") and out.startswith(f"{path}: good\n")
    hosts = f"{HOST},mx2.example.org,mx.elsewhere.example"
    status, out, err = tool("policy", "lint", path, "example.org", "--mx", hosts, "--certificate", certificates)
    assert status == 1 and out == f"{path}: not good\n", "an error, and no plan"
    assert f"{path}:2: no mx matches the mail host mx.elsewhere.example" in err
    assert f"{path}: no certificate names the mail host mx.elsewhere.example" in err
    expired = authority.certificate(HOST, kind="expired")
    status, out, err = tool("policy", "lint", path, "example.org", "--mx", HOST, "--certificate", expired.certificate)
    assert status == 1 and f"{expired.certificate}: the certificate has expired" in err
    weak = policy_file(tmp_path / "weak.txt", HOST, "*.provider.example", max_age=3600)
    status, rows, err = tool("policy", "lint", weak, "example.org", as_json=True)
    assert (status, err) == (0, "") and [(row["line"], row["level"]) for row in rows if "level" in row] == [(3, "warning"), (5, "warning")]
    weak.write_text("version: STSv1\nmode enforce\n")
    assert tool("policy", "lint", weak, "example.org")[::2] == (1, f"{weak}:2: a line is not a key, a colon and a value (RFC 8461 3.2)\n")


def test_the_order_of_change_is_said(tool, tmp_path):
    """M50: the file, then a new id, then hosts that are new; a removal waits for what was published."""
    former = policy_file(tmp_path / "former.txt", HOST)
    following = policy_file(tmp_path / "next.txt", HOST, "mx2.example.org")
    status, out, err = tool("policy", "lint", following, "example.org", "--published", former)
    assert (status, err) == (0, "")
    order = ["https://mta-sts.example.org/.well-known/mta-sts.txt", '_mta-sts.example.org. IN TXT "v=STSv1; id=', "Wait 604800 s",
             "mx2.example.org"]
    assert sorted(order, key=out.index) == order
    assert re.search(r'IN TXT "v=STSv1; id=[0-9]{14};"$', out, re.MULTILINE)
    none = policy_file(tmp_path / "none.txt", mode="none", max_age=86400)
    status, rows, _ = tool("policy", "lint", none, "example.org", "--published", former, as_json=True)
    assert status == 0 and [row["step"] for row in rows] == [1, 2, 3, 4, 5] and rows[1]["record"].startswith("_mta-sts.example.org. IN TXT")
    assert "604800" in rows[2]["text"] and "Remove the record" in rows[3]["text"] and "remove the host mta-sts" in rows[4]["text"]
