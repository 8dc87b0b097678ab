"""
The commands of notices, as a postmaster would run them: each fails as long as the fault is there, and ends well when it is mended.
"""

import os
import re
import ssl
import subprocess

import pytest

from house.operators import Operator

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "etc", "notices")
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
TLS12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
ANYTHING = "DEFAULT@SECLEVEL=0"

# word of the fault, what the template calls its kind, how the host is
FAULTS = [
    ("starttls-not-supported", "tls-missing", {"starttls": None}),
    ("starttls-refused", "tls-missing", {"script": {"STARTTLS": "454 4.7.0 not now"}}),
    ("protocol-old", "tls-old", {"versions": OLD, "ciphers": ANYTHING}),
    ("no-shared-cipher", "tls-old", {"versions": TLS12, "ciphers": "AES128-SHA", "key": "rsa"}),
    ("key-weak", "certificate", {"key": "rsa1024", "ciphers": ANYTHING}),
    ("certificate-expired", "certificate", {"kind": "expired"}),
    ("certificate-not-yet-valid", "certificate", {"kind": "not-yet"}),
    ("certificate-name-mismatch", "certificate", {"kind": "wrong-name"}),
    ("certificate-self-signed", "certificate", {"kind": "self-signed"}),
    ("certificate-unknown-issuer", "certificate", {"kind": "unknown-ca"}),
    ("certificate-wrong-purpose", "certificate", {"kind": "client-only"}),
    # Of clients: what is offered to them, by a relay that is as it says, and by one that is not.
    ("plaintext-inbound", "outgoing", {"starttls": None}),
    ("protocol-old", "outgoing", {"versions": OLD, "ciphers": ANYTHING}),
]


def command_of(language, group, values):
    """The indented lines of the template's section, as they are sent."""
    with open(os.path.join(TEMPLATES, f"{language}.txt"), encoding="utf-8") as file:
        section = re.search(rf"(?m)^\[test {group}\]\n((?:(?!\[).*\n)+)", file.read())[1]
    lines = "\n".join(line for line in section.splitlines() if line.startswith(" "))
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], lines)


@pytest.fixture
def shell(house, tmp_path):
    """
    shell(language, kind of fault, operator, TLSA records): the exit code. By an OpenSSL of low standards, as distributions have them, that
    trusts the house; dig is a file of records.
    """
    (tmp_path / "openssl.cnf").write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = DEFAULT@SECLEVEL=1\n")
    (tmp_path / "dig").write_text(f"#!/bin/sh\ncat {tmp_path}/records\n")
    (tmp_path / "dig").chmod(0o755)

    def run(language, group, one, records=()):
        (tmp_path / "records").write_text("".join(record + "\n" for record in records))
        command = command_of(language, group, {"host": one.host, "address": one.address, "relay": one.host})
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SSL_CERT_FILE": house.authority.trusted, "OPENSSL_CONF": str(tmp_path / "openssl.cnf")}
        done = subprocess.run(["sh", "-c", command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=30, check=False)
        print(command, done.stdout.decode("utf-8", "replace"), sep="\n")
        return done.returncode
    return run


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("fault, group, host", FAULTS, ids=[f"{row[0]}, {row[1]}" for row in FAULTS])
def test_a_command_fails_until_the_fault_is_mended(shell, mx, language, fault, group, host):
    one = Operator()
    place = (one.address, one.host)
    faulty = mx(place, **host)
    assert shell(language, group, one) != 0, fault
    faulty.stop()
    mx(place)
    assert shell(language, group, one) == 0, fault


@pytest.mark.parametrize("language", ["en", "de"])
def test_dane_is_tried_as_mail_servers_do(shell, mx, language):
    """RFC 7672 3.1: with DANE-EE(3) names and dates do not count, and usages 0 and 1 are none."""
    one = Operator()
    host = mx((one.address, one.host), kind="wrong-name")
    good = host.certificate.tlsa()
    bad = good[:-2] + ("00" if good[-2:] != "00" else "11")
    unusable = host.certificate.tlsa(usage=1)
    assert shell(language, "dane", one, [bad]) != 0
    assert shell(language, "dane", one, [unusable]) != 0
    assert shell(language, "dane", one, []) != 0
    assert shell(language, "dane", one, ["mx.alias.test.", unusable, good]) == 0
