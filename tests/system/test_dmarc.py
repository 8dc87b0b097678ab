"""
DMARC (`sealpost dmarc check`) beside an implementation of others that goes by a list of public suffixes (RFC 7489): Mail::DMARC, which is
asked about the same names, records and proofs. With "psd=y" where its list has a suffix, both have to be of one mind; where they cannot be,
a row has both. Records that are malformed are not among them: Mail::DMARC ends, or counts what it should not.
"""

import itertools
import json
import subprocess

import dkim
import pytest

from house.places import RESOLVER, SILENT_SERVER
from house.processes import LIBRARY_PATHS, side_by_side
from test_dkim import Signer

SUFFIX = "live.test"
RECORDS = [
    "v=DMARC1; p=reject",
    "v=DMARC1; p=quarantine; sp=reject; adkim=s",
    "v=DMARC1; p=none; sp=quarantine; aspf=s",
    "v=DMARC1; p=reject; sp=none; adkim=s; aspf=s",
    "v=DMARC1; P=Reject; aspf=x; zz=1;",
    "v=DMARC1;p=quarantine;adkim=r;aspf=r;fo=1:d;rua=mailto:reports@{0};ruf=mailto:reports@{0}",
    "v=DMARC1; p=quarantine; sp=quarantine; rf=afrf; ri=3600; adkim=s",
]
ORGANISATIONS = {f"o{n}.{SUFFIX}": record.format(f"o{n}.{SUFFIX}") for n, record in enumerate(RECORDS)}
OTHER = f"other.{SUFFIX}"
# What SPF and DKIM prove, below the author's organisation ("", "a") or of another ("other"); None = nothing.
PROOFS = [(None, None), ("", None), ("a", None), ("b.a", None), ("other", None), (None, ""), (None, "a"), (None, "other"), ("other", "a"),
          ("a", "other")]
AUTHORS = ["", "a", "b.a"]

# Records and questions of which the two come to different results: what is published, author, SPF's domain; theirs, ours, and why.
DIFFERENCES = {
    "organisations without a record above": ({"_dmarc.a.d1.open.test": "v=DMARC1; p=reject"}, "a.d1.open.test", "b.d1.open.test",
                                             ("pass", "none"), ("fail", "reject")),
    "psd=n within an organisation": ({"_dmarc.d2.live.test": "v=DMARC1; p=none", "_dmarc.a.d2.live.test": "v=DMARC1; p=reject; psd=n"},
                                     "a.d2.live.test", "d2.live.test", ("pass", "none"), ("fail", "reject")),
    "np": ({"_dmarc.d3.live.test": "v=DMARC1; p=none; np=reject"}, "absent.d3.live.test", None, ("fail", "none"), ("fail", "reject")),
    "t=y": ({"_dmarc.d4.live.test": "v=DMARC1; p=reject; t=y"}, "d4.live.test", None, ("fail", "reject"), ("fail", "quarantine")),
    "pct": ({"_dmarc.d5.live.test": "v=DMARC1; p=reject; pct=0"}, "d5.live.test", None, ("fail", "quarantine"), ("fail", "reject")),
    "the suffix has a policy": ({"_dmarc.d6.live.test": "v=spf1 -all"}, "d6.live.test", None, ("none", "none"), ("fail", "none")),
}

PERL = r"""
use JSON::PP; use Mail::DMARC::PurePerl;
$| = 1;
while (<STDIN>) {
    my $ask = decode_json($_);
    my $dmarc = Mail::DMARC::PurePerl->new(config_file => $ENV{MAIL_DMARC_CONFIG_FILE});
    $dmarc->source_ip("192.0.2.1");
    $dmarc->header_from($ask->{author});
    $dmarc->spf([{ domain => $ask->{spf} // "none.example", scope => "mfrom", result => defined $ask->{spf} ? "pass" : "fail" }]);
    $dmarc->dkim([defined $ask->{dkim} ? { domain => $ask->{dkim}, selector => "s", result => "pass", human_result => "" } : ()]);
    my $result = eval { $dmarc->validate };
    print encode_json({ result => $result ? $result->result : "died", disposition => $result ? $result->disposition : $@ }), "\n";
}
"""


@pytest.fixture(scope="module")
def signer(house, tmp_path_factory):
    """One key for every domain; the records of all tests, all at once."""
    made = Signer(house.programs().sealpost, tmp_path_factory.mktemp("dmarc"), "ed25519")
    records = {f"_dmarc.{SUFFIX}": ['TXT "v=DMARC1; p=none; psd=y"']}
    for domain, record in ORGANISATIONS.items():
        records[f"_dmarc.{domain}"] = [f'TXT "{record}"']
    for published, *_ in DIFFERENCES.values():
        for name, record in published.items():
            records[name] = [f'TXT "{record}"']
    for _, author, *_ in DIFFERENCES.values():
        records[".".join(author.split(".")[-3:])] = ["A 192.0.2.1"]
    for domain in [*ORGANISATIONS, OTHER]:
        for name in (domain, f"a.{domain}", f"b.a.{domain}"):
            records[name] = ["A 192.0.2.1"]
            records[f"ed25519._domainkey.{name}"] = [f'TXT "{made.text.decode()}"']
    house.names.change(records)
    return made


@pytest.fixture(scope="module")
def theirs(signer, tmp_path_factory):
    """Mail::DMARC, with a list of suffixes of its own: a question in, a result out."""
    folder = tmp_path_factory.mktemp("list")
    (folder / "suffixes").write_text(f"test\n{SUFFIX}\nopen.test\n")
    (folder / "dmarc.ini").write_text(f"[dns]\ntimeout = 5\npublic_suffix_list = {folder}/suffixes\n"
                                      "[report_store]\nauto_save = 0\n[smtp]\n")
    process = subprocess.Popen(["perl", "-e", PERL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**LIBRARY_PATHS, "PATH": "/usr/bin:/bin", "MAIL_DMARC_CONFIG_FILE": f"{folder}/dmarc.ini"})

    def ask(author, spf, dkim_domain=None):
        process.stdin.write(json.dumps({"author": author, "spf": spf, "dkim": dkim_domain}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return answer["result"], answer["disposition"].lower()
    yield ask
    process.stdin.close()
    process.wait(20)


def check(signer, author, spf=None, dkim_domain=None, words=(), header=None):
    """By ours: the exit status and the row."""
    message = (header or f"From: Joe <joe@{author}>\r\nTo: x@y.example\r\n").encode() + b"\r\nHi.\r\n"
    if dkim_domain is not None:
        message = dkim.sign(message, b"ed25519", dkim_domain.encode(), signer.secret, signature_algorithm=b"ed25519-sha256",
                            include_headers=[b"from", b"to"]) + message
    done = subprocess.run([signer.program, "--json", "dmarc", "check", *words, *([f"--spf-result=pass:{spf}"] if spf is not None else [])],
                          input=message, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
    assert done.stderr == b"", done.stderr
    return done.returncode, json.loads(done.stdout)


def below(part, organisation):
    if part is None:
        return None
    return OTHER if part == "other" else f"{part}.{organisation}".lstrip(".")


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_both_are_of_one_mind(signer, theirs, organisation):
    """P52-P55: every author and every proof, by the record of one organisation."""
    questions = [[below(part, organisation) for part in (author, *proofs)] for author, proofs in itertools.product(AUTHORS, PROOFS)]
    for question, (status, row) in zip(questions, side_by_side(check, [(signer, *question) for question in questions])):
        assert (row["result"], row["disposition"]) == theirs(*question), (question, row)
        assert status == (0 if row["result"] == "pass" else 1)
        assert row["policy_domain"] == organisation


@pytest.mark.parametrize("name", DIFFERENCES)
def test_they_differ_where_the_header_says_so(signer, theirs, name):
    """include/auth/dmarc.h has these"""
    _, author, spf, by_list, by_walk = DIFFERENCES[name]
    assert theirs(author, spf) == by_list
    _, row = check(signer, author, spf)
    assert (row["result"], row["disposition"]) == by_walk, row


def test_eight_questions_and_no_more(signer):
    """P51"""
    _, row = check(signer, f"a.b.c.d.e.f.g.h.i.j.k.o0.{SUFFIX}")
    assert (row["result"], row["disposition"], row["policy_domain"]) == ("fail", "reject", f"o0.{SUFFIX}")
    assert row["questions"] <= 8


def test_without_an_answer_nothing_is_known(signer):
    """P55: exit status 2, whatever SPF has said"""
    status, row = check(signer, f"o0.{SUFFIX}", f"o0.{SUFFIX}", words=["--dns-server", f"{SILENT_SERVER}:53"])
    assert (status, row["result"], row["disposition"]) == (2, "temperror", "none")
    assert check(signer, f"o0.{SUFFIX}", f"o0.{SUFFIX}", words=["--dns-server", f"{RESOLVER}:53"])[0] == 0


@pytest.mark.parametrize("header, why", [
    (f"From: a@o0.{SUFFIX}\r\nFrom: b@o0.{SUFFIX}\r\n", "exactly one From"),
    (f"From: a@o0.{SUFFIX}, b@o1.{SUFFIX}\r\n", "several domains"),
    ("From: undisclosed:;\r\n", "no address in From has a domain"),
    (f"From: \"a@evil.example\" <a@o0.{SUFFIX}> <b@evil.example>\r\n", "every program reads in the same way"),
    ("Sender: x@y.example\r\n", "exactly one From"),
])
def test_who_is_no_one_author_is_none(signer, header, why):
    """P50"""
    status, row = check(signer, "", f"o0.{SUFFIX}", header=header)
    assert (status, row["result"], row["from"]) == (1, "permerror", "") and why in row["why"]


def test_a_group_and_a_name_as_people_write_it(signer):
    """P50"""
    for header in (f"From: Friends: Joe <joe@O0.{SUFFIX}>;\r\n", f"From: \"x@evil.example\" (y@evil.example) <joe@o0.{SUFFIX}>\r\n"):
        assert check(signer, "", f"o0.{SUFFIX}", header=header)[0] == 0


def test_the_client_is_asked_about_by_spf(signer, house):
    """P51, RFC 9989 5.3.2: the domain of MAIL FROM, of HELO where that is null, and in alignment with From or of no use."""
    author = f"o0.{SUFFIX}"
    house.names.change({author: ["A 192.0.2.1", 'TXT "v=spf1 ip4:192.0.2.7 -all"'], OTHER: ["A 192.0.2.1", 'TXT "v=spf1 +all"']})
    for address, words, code in (("192.0.2.7", ["--from", f"a@{author}"], 0), ("192.0.2.8", ["--from", f"a@{author}"], 1),
                                 ("192.0.2.7", ["--from", "<>", "--helo", author], 0), ("192.0.2.7", ["--helo", author], 0),
                                 ("192.0.2.8", ["--from", f"a@{OTHER}", "--helo", author], 1)):
        status, row = check(signer, author, words=["--ip", address, *words])
        assert (status, row["spf"]) == (code, code == 0), (address, words, row)
    for words in (["--ip", "192.0.2.7"], ["--from", f"a@{author}"], ["--ip", "x", "--from", f"a@{author}"],
                  ["--ip", "192.0.2.7", "--from", f"a@{author}", f"--spf-result=pass:{author}"]):
        done = subprocess.run([signer.program, "dmarc", "check", *words], input=b"From: <a@b.example>\r\n\r\n", timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LIBRARY_PATHS)
        assert done.returncode == 64 and b"--ip" in done.stderr
