"""Reports on TLS as other programs read them (RFC 8460 4, 5): JSON, gzip and MIME by parsers that are not ours (src/report/tlsrpt_*.c)."""

import email
import email.policy
import gzip
import ipaddress
import itertools
import json
import os
import random
import re
import struct
import subprocess
import zlib

import jsonschema
import pytest

SCHEMA = os.path.join(os.path.dirname(__file__), "..", "data", "tlsrpt.schema.json")
SAMPLES = ["full", "good", "strange", "long"]
TEXT_OCTETS, POLICY_OCTETS = 256, 16384
LABEL = "a23456789-123456789-123456789-123456789-123456789-123456789-123."
LONG = {"domain": LABEL * 3 + "example.net", "submitter": LABEL * 3 + "relay.example",
        "id": f"2026-03-01+tlsa.{LABEL * 3}example.net+{LABEL * 3}mx.relay.example@{LABEL * 3}relay.example"}
USUAL = {"domain": "example.net", "submitter": "relay.example", "id": "20260301.7@relay.example"}

# What strangers may say; whoever reads a report sees none of it as anything but words.
HOSTILE = [
    b"", b"\0", b"\r\n", b"a\r\nTo: victim@example.org", b"\x1b[2J\x1b]0;x\x07", b"\"}]}", b"\\", b"\\ud800", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xff\xfe\x00\x41", b"\xfe\xff\xd8\x00", b"\xef\xbb\xbfmx", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xef\xb7\x90",
    b"\xf0\x9f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf8\x88\x80\x80\x80", b"\xc3", b"\xe2\x82",
    b"\xf0\x9f\x98", b"\xc2\x85\xc2\x9b", b"<alice@example.net>", b"550 no mailbox for alice@example.net here", b"=cmd|' /C calc'!A0",
    b"<script>alert(1)</script>", b"../../etc/passwd", b"--boundary--", b".", b"..", b"NaN", b"1e400", b"x" * 255 + "\u20ac".encode(),
    b"x" * 250 + b" alice@example.net", b"y" * (1024 * 1024), "\u20ac".encode() * 200, b"\xff" * 1000, b"certificate-expired",
    b"starttls-not-supported",
]


def strangers():
    """HOSTILE, every octet alone, and whatever chance makes of octets that matter."""
    chance = random.Random(8460)
    octets = list(range(256)) + [0, 10, 13, 34, 64, 92, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xbf, 0x80] * 8
    return HOSTILE + [bytes([n]) for n in range(256)] + [bytes(chance.choices(octets, k=chance.randrange(1, 400))) for _ in range(500)]


class Sample:
    def __init__(self, folder, name):
        self.json, self.packed, self.header, self.body = (self.read(folder, name, end) for end in ("json", "gz", "header", "body"))
        self.octets = self.header + b"\r\n" + self.body
        self.message = email.message_from_bytes(self.octets, policy=email.policy.SMTP)
        self.names = LONG if name == "long" else USUAL

    @staticmethod
    def read(folder, name, end):
        with open(folder / f"{name}.{end}", "rb") as file:
            return file.read()

    def report(self):
        return json.loads(self.json.decode("utf-8", "strict"))


@pytest.fixture(scope="module")
def samples(house, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    text = "".join(octets.hex() + "\n" for octets in strangers())
    subprocess.run([house.tool("tests/system/tlsrpt_samples"), folder], input=text.encode(), check=True, timeout=60)
    return {name: Sample(folder, name) for name in SAMPLES}


@pytest.fixture(params=SAMPLES)
def sample(samples, request):
    return samples[request.param]


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in itertools.chain(value.keys(), value.values()):
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def test_reports_are_what_the_schema_says(sample):
    """R15, R16, R17"""
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
    assert [error.message[:200] for error in validator.iter_errors(sample.report())] == []


@pytest.mark.parametrize("change", [
    lambda report: report.pop("policies"),
    lambda report: report.update({"more": 1}),
    lambda report: report["date-range"].update({"start-datetime": "2026-03-01T00:00:00"}),
    lambda report: report["policies"][0]["policy"].update({"mx-host": "mx.example.net"}),
    lambda report: report["policies"][0]["policy"].update({"policy-type": "dane"}),
    lambda report: report["policies"][0]["summary"].update({"total-failure-session-count": "1"}),
    lambda report: report["policies"][0]["summary"].update({"total-failure-session-count": 2 ** 53}),
    lambda report: report["policies"][0]["failure-details"][0].update({"receiving-mx-helo": "a\nb"}),
    lambda report: report["policies"][0]["failure-details"][0].update({"failure-reason-code": "alice@example.net"}),
    lambda report: report["policies"][0]["failure-details"][0].update({"receiving-ip": "mx.example.net"}),
    lambda report: report["policies"][0]["failure-details"][0].update({"result-type": "other"}),
])
def test_the_schema_refuses(samples, change):
    with open(SCHEMA, encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file), format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))
    report = samples["full"].report()
    assert validator.is_valid(report)
    change(report)
    assert not validator.is_valid(report)


def test_reports_are_json_between_strangers(sample):
    """R18: RFC 7493, and R19, RX1 as far as they can be seen from here."""
    def pairs(items):
        names = [name for name, _ in items]
        assert len(names) == len(set(names)), names
        return dict(items)

    def refuse(text):
        raise AssertionError(f"{text} is no number")

    assert not sample.json.startswith(b"\xef\xbb\xbf")
    text = sample.json.decode("utf-8", "strict")
    report = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse, parse_float=refuse)
    for string in strings_in(report):
        points = [ord(character) for character in string]
        assert not any(point < 0x20 or 0x7f <= point < 0xa0 or 0xd800 <= point < 0xe000 for point in points), ascii(string)
        assert not any(point & 0xfffe == 0xfffe or 0xfdd0 <= point < 0xfdf0 for point in points), ascii(string)
    for entry in report["policies"]:
        for failure in entry["failure-details"]:
            assert all(len(string.encode()) <= TEXT_OCTETS and "@" not in string for string in strings_in(failure))
        assert all(len(string.encode()) <= POLICY_OCTETS for string in strings_in(entry["policy"]))


def test_what_strangers_say_stays_what_it_is(samples):
    """R19, RX1: words without anything wrong are as they were said, and nobody's address is among them."""
    said = strangers()
    entry, = samples["strange"].report()["policies"]
    assert len(entry["failure-details"]) == len(said) == len(entry["policy"]["policy-string"])
    for octets, failure in zip(said, entry["failure-details"]):
        helo = failure.get("receiving-mx-helo", "")
        assert failure["failure-reason-code"].startswith("peer-alert") and "alice" not in failure["failure-reason-code"] + helo
        if re.fullmatch(rb"[!-?A-~]{1,256}", octets):
            assert helo == octets.decode() == failure["receiving-mx-hostname"]


def test_counts_are_those_of_the_sessions(samples):
    """R11, R12, R14, R20"""
    entries = samples["full"].report()["policies"]
    assert [(entry["policy"]["policy-type"], entry["policy"]["policy-domain"], *entry["summary"].values()) for entry in entries] == [
        ("sts", "example.net", 5326, 304), ("no-policy-found", "example.net", 2, 0), ("tlsa", "mx1.example.net", 5400, 7)]
    assert [(failure["result-type"], failure["failed-session-count"]) for failure in entries[0]["failure-details"]] == [
        ("starttls-not-supported", 200), ("certificate-expired", 100), ("certificate-host-mismatch", 100), ("validation-failure", 3),
        ("sts-policy-fetch-error", 1)]
    assert sum(failure["failed-session-count"] for failure in entries[0]["failure-details"]) > 304
    assert entries[0]["policy"]["mx-host"] == ["mx1.example.net", "*.backup.example.net"]
    assert entries[0]["policy"]["policy-string"] == ["version: STSv1", "mode: enforce", "mx: mx1.example.net", "mx: *.backup.example.net",
                                                     "max_age: 604800"]
    assert "mx-host" not in entries[2]["policy"] and "policy-string" not in entries[1]["policy"]
    good, = samples["good"].report()["policies"]
    assert list(good["summary"].values()) == [17, 0] and good["failure-details"] == []


def test_addresses_are_of_hosts_in_one_form(samples):
    """R17, RX1"""
    failures = samples["full"].report()["policies"][0]["failure-details"]
    assert [failure.get("receiving-ip") for failure in failures] == ["203.0.113.56", "203.0.113.58", "2001:db8::1", None, None]
    assert [failure.get("sending-mta-ip") for failure in failures] == [None, "8.8.4.4", "2606:4700::11", None, None]
    for text in (failure[name] for failure in failures for name in ("receiving-ip", "sending-mta-ip") if name in failure):
        assert str(ipaddress.ip_address(text)) == text
    assert b"::ffff" not in samples["full"].octets


def test_dates_are_of_one_day(sample):
    """R10, V10"""
    assert sample.report()["date-range"] == {"start-datetime": "2026-03-01T00:00:00Z", "end-datetime": "2026-03-01T23:59:59Z"}


def test_the_message_is_a_report_in_two_parts(sample):
    """R30"""
    message = sample.message
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "tlsrpt" and not message.defects
    assert b'report-type="tlsrpt"' in sample.header
    words, attachment = message.get_payload()
    assert words.get_content_type() == "text/plain" and words.get_content_charset() == "us-ascii"
    assert words["Content-Transfer-Encoding"] == "7bit"
    assert attachment.get_content_type() == "application/tlsrpt+gzip" and attachment["Content-Transfer-Encoding"] == "base64"
    assert attachment.get_content_disposition() == "attachment" and not words.defects and not attachment.defects
    packed = attachment.get_payload(decode=True)
    assert packed == sample.packed and gzip.decompress(packed) == sample.json
    # One member, and nothing behind it; no name, no time, no comment.
    inflater = zlib.decompressobj(31)
    assert inflater.decompress(packed) == sample.json and inflater.eof and inflater.unused_data == b""
    magic, method, flags, time = struct.unpack("<HBBI", packed[:8])
    assert (magic, method, flags, time) == (0x8b1f, 8, 0, 0)


def test_header_fields_say_whose_report_it_is(sample):
    """R31, R32, R37, and RFC 8689 5"""
    message, names = sample.message, sample.names
    submitter = names["submitter"]
    expected = {"From": f"TLS reports <tls@{submitter}>", "To": "<reports@example.net>", "TLS-Report-Domain": names["domain"],
                "TLS-Report-Submitter": submitter, "Auto-Submitted": "auto-generated", "TLS-Required": "No", "MIME-Version": "1.0",
                "Subject": f"Report Domain: {names['domain']} Submitter: {submitter} Report-ID: <{names['id']}>"}
    compat = email.message_from_bytes(sample.header + b"\r\n", policy=email.policy.compat32)
    unfolded = {name: re.sub(r"\r\n(?=[ \t])", "", value) for name, value in compat.items()}
    assert {name: unfolded[name] for name in expected} == expected
    assert len(compat.items()) == len(unfolded) == len(expected) + 3
    assert sample.report()["report-id"] == names["id"] and sample.report()["contact-info"] == f"tls@{submitter}"
    assert message["Date"].datetime.isoformat() == "2026-03-02T02:00:00+00:00"
    assert re.fullmatch(r"<[a-z0-9-]+@mx\.relay\.example>", message["Message-ID"])


def test_lines_can_be_sent_anywhere(sample):
    """R32: 7bit, CRLF, below 998 octets; 78 where no name is longer."""
    lines = sample.octets.split(b"\r\n")
    assert lines.pop() == b"" and not any(b"\r" in line or b"\n" in line for line in lines)
    assert all(0x20 <= octet < 0x7f for line in lines for octet in line)
    assert max(map(len, lines)) < 998
    assert all(len(line) <= 78 or len(max(line.split(), key=len)) > 60 for line in lines)


def test_files_are_named_by_the_grammar(sample, samples):
    """R33, V10"""
    name = sample.message.get_payload()[1].get_filename()
    part = "!2" if sample is samples["good"] else ""
    assert name == f"{sample.names['submitter']}!{sample.names['domain']}!1772323200!1772409599{part}.json.gz"
    assert re.fullmatch(r"[a-z0-9.-]+![a-z0-9.-]+![0-9]+![0-9]+(![A-Za-z0-9]+)?\.json\.gz", name)


def test_people_can_read_it(sample):
    """R30: what it is, who sends it, what was counted, what went wrong, in a text that fits on a page."""
    text = sample.message.get_payload()[0].get_content()
    assert len(text.splitlines()) <= 60
    assert "report on TLS" in text and "From: Example Relay" in text and f"tls@{sample.names['submitter']}" in text
    assert ("went wrong" in text) == any(entry["failure-details"] for entry in sample.report()["policies"])


def test_people_see_what_programs_see(samples):
    text = samples["full"].message.get_payload()[0].get_content()
    for line in ("example.net, MTA-STS: 5326 sessions good, 304 failed", "mx1.example.net, DANE: 5400 sessions good, 7 failed",
                 "200 sessions with mx2.backup.example.net [203.0.113.56]: starttls-not-supported", "certificate-expired"):
        assert line in " ".join(text.split()), line
    assert "validation-failure" not in text


def test_the_same_facts_are_the_same_octets(house, samples, tmp_path):
    """What is sent to one address and posted to another is one report."""
    text = "".join(octets.hex() + "\n" for octets in strangers())
    subprocess.run([house.tool("tests/system/tlsrpt_samples"), tmp_path], input=text.encode(), check=True, timeout=60)
    for name, first in samples.items():
        again = Sample(tmp_path, name)
        assert again.json == first.json and again.packed == first.packed
        assert again.header.split(b" boundary=")[0] == first.header.split(b" boundary=")[0]
        assert again.message.get_boundary() != first.message.get_boundary()
