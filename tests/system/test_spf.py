"""
SPF (src/lib-auth, `sealpost spf check`) beside another implementation, pyspf: the test suite of RFC 7208 that comes with it, records
in a real zone, and records made by chance.
"""

import gzip
import ipaddress
import json
import os
import random
import subprocess

import dns.exception
import dns.resolver
import pytest
import spf
import yaml

from house.nametable import NameTable
from house.places import RESOLVER, SILENT_SERVER, TABLE_SERVER
from house.processes import LIBRARY_PATHS, side_by_side

SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
CODES = {"pass": 0, "fail": 1, "softfail": 1, "neutral": 1, "none": 2, "temperror": 2, "permerror": 2}


@pytest.fixture(scope="module")
def table():
    server = NameTable(TABLE_SERVER)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def check(house):
    def ask(server, client, sender, helo="mx.house.test"):
        """What came out for MAIL FROM."""
        words = ["--ip", client, "--from", sender, "--dns-server", server] + (["--helo", helo] if helo else [])
        done = subprocess.run([house.programs().sealpost, "-j", "spf", "check", *words], timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=LIBRARY_PATHS)
        assert done.returncode in (0, 1, 2) and not done.stderr, done
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert [row["identity"] for row in rows] == (["helo"] if helo else []) + ["mailfrom"], "P14"
        assert done.returncode == CODES[rows[-1]["result"]]
        return rows[-1]
    return ask


# --- the test suite of RFC 7208


def suite():
    if not os.path.exists(SUITE):
        return []
    with gzip.open(SUITE, "rb") as file:
        return list(yaml.safe_load_all(file))


def table_of(zonedata):
    """As the suite means it: SPF stands for TXT where the name has none; NONE is that it has none; TIMEOUT is for what it has not."""
    made = {}
    for name, rows in zonedata.items():
        plain = [("FAILS", None) if row == "TIMEOUT" else next(iter(row.items())) for row in rows]
        has_text = any(kind == "TXT" for kind, _ in plain)
        made[name] = []
        for kind, value in plain:
            if (kind, value) == ("TXT", "NONE") or (kind == "SPF" and has_text):
                continue
            if kind in ("SPF", "TXT"):
                kind, value = "TXT", [value] if isinstance(value, str) else value or [""]
            made[name].append((kind, value))
    return made


def is_expected(wanted, found):
    """The digits of IPv6 addresses are in either case."""
    result = wanted["result"]
    if found["result"] not in (result if isinstance(result, list) else [result]):
        return False
    explanation = wanted.get("explanation", found["sender_says"])
    return found["sender_says"].lower() == ("" if explanation == "DEFAULT" else explanation.lower())


@pytest.mark.skipif(not os.path.exists(SUITE), reason="documentation of python3-spf is not installed")
@pytest.mark.parametrize("section", suite(), ids=lambda section: section["description"])
def test_the_test_suite_of_the_rfc(check, table, section):
    """P1-P14, P16, P25."""
    table.load(table_of(section["zonedata"]))
    wrong = []
    all_found = side_by_side(check, [(TABLE_SERVER, wanted["host"], wanted["mailfrom"] or "<>", wanted["helo"])
                                     for wanted in section["tests"].values()])
    for (name, wanted), found in zip(section["tests"].items(), all_found):
        if not is_expected(wanted, found):
            wrong.append((name, wanted["result"], wanted.get("explanation"), found))
    assert not wrong


@pytest.mark.skipif(not os.path.exists(SUITE), reason="documentation of python3-spf is not installed")
def test_the_test_suite_is_all_there():
    assert sum(len(section["tests"]) for section in suite()) >= 200


# --- pyspf


def values_of(rdata, kind):
    if kind == "TXT":
        return list(rdata.strings)
    if kind == "MX":
        return (rdata.preference, rdata.exchange.to_text(True))
    return rdata.target.to_text(True) if kind in ("PTR", "CNAME") else rdata.address


def lookup_by(server):
    """What pyspf asks with."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.lifetime = [server], 10

    def lookup(name, kind, *_):
        try:
            answer = resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as failure:
            raise spf.TempError(f"DNS {failure}") from failure
        return [((name, kind), values_of(rdata, kind)) for rdata in answer.rrset or []]
    return lookup


def pyspf(monkeypatch, server, client, sender, helo="mx.house.test"):
    monkeypatch.setattr(spf, "DNSLookup", lookup_by(server))
    query = spf.query(i=client, s=sender, h=helo, receiver="unknown", strict=True)
    query.set_default_explanation("")
    result, _, explanation = query.check()
    return result, explanation


def differ(found, result, explanation):
    """In either case of the digits of IPv6 addresses."""
    return found["result"] != result or (result == "fail" and found["sender_says"].lower() != explanation.lower())


RECORDS = {
    "a": "v=spf1 a:h1.live.test -all",
    "a-length": "v=spf1 a:h1.live.test/24 -all",
    "a-other": "v=spf1 ~a:h2.live.test ?all",
    "mx": "v=spf1 mx -all",
    "mx-named": "v=spf1 mx:d1.live.test ~all",
    "mx-length": "v=spf1 mx:d9.live.test/24 -all",
    "mx-none": "v=spf1 mx:h1.live.test -all",
    "ip4": "v=spf1 ip4:127.44.10.0/24 -all",
    "ip4-one": "v=spf1 ip4:127.44.10.1 -all",
    "ip4-wrong": "v=spf1 ip4:127.44.10.1.5 -all",
    "ip6": "v=spf1 ip6:fd44::/16 -all",
    "exists": "v=spf1 exists:%{l}.live.test -all",
    "exists-ip": "v=spf1 exists:%{ir}.%{v}.x-%{d1r}.live.test ~all",
    "include": "v=spf1 include:spf-a.live.test ?all",
    "include-no": "v=spf1 include:spf-a-other.live.test -all",
    "include-none": "v=spf1 include:h1.live.test -all",
    "include-deep": "v=spf1 include:spf-include.live.test -all",
    "redirect": "v=spf1 redirect=spf-mx-named.live.test",
    "redirect-all": "v=spf1 redirect=spf-a.live.test ?all",
    "redirect-none": "v=spf1 redirect=h1.live.test",
    "loop": "v=spf1 redirect=spf-loop.live.test",
    "exp": "v=spf1 -all exp=spf-why.live.test",
    "exp-macro": "v=spf1 -all exp=%{l1r}-why.live.test",
    "two-voids": "v=spf1 a:no1.live.test a:no2.live.test -all",
    "three-voids": "v=spf1 a:no1.live.test a:no2.live.test a:no3.live.test -all",
    "empty": "v=spf1",
    "wrong": "v=spf1 +all foo",
    "wrong-name": "v=spf1 a:h1.live.test foo:bar -all",
    "unknown": "v=spf1 foo=bar a:h1.live.test -all",
    "upper": "V=SPF1 A:H1.LIVE.TEST -ALL",
    "many": "v=spf1 " + "a:h2.live.test " * 10 + "-all",
    "too-many": "v=spf1 " + "a:h2.live.test " * 11 + "-all",
    "long": "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(60)) + " a:h1.live.test -all",
    "of-bogus": "v=spf1 a:single.bogus.test -all",
}
CLIENTS = ["127.44.10.1", "127.44.10.77", "fd44::1"]


def strings(text):
    return "TXT " + " ".join(f'"{text[at:at + 255]}"' for at in range(0, len(text), 255))


@pytest.fixture(scope="module")
def zone(house):
    records = {f"spf-{name}.live.test": [strings(text)] for name, text in RECORDS.items()}
    records["spf-mx.live.test"] += ["MX 10 h1", "MX 20 h9"]
    records["spf-two.live.test"] = ['TXT "v=spf1 -all"', 'TXT "v=spf1 +all"']
    records["spf-not.live.test"] = ['TXT "v=spf10 -all"', 'TXT "v=spf2.0/pra -all"']
    records["spf-why.live.test"] = ['TXT "%{i} is none of %{d}: ask http://%{o}/?s=%{S}"']
    records["h1-why.live.test"] = ['TXT "because"']
    house.names.change(records)


@pytest.mark.parametrize("name", [*RECORDS, "two", "not", "missing"])
def test_pyspf_says_the_same_of_a_real_zone(check, zone, monkeypatch, name):
    sender = f"h1@spf-{name}.live.test"
    for client, found in zip(CLIENTS, side_by_side(check, [(RESOLVER, client, sender) for client in CLIENTS])):
        other = pyspf(monkeypatch, RESOLVER, client, sender)
        assert not differ(found, *other), (client, found, other)


def test_a_server_that_is_silent_is_temperror(check):
    """P7, P8: within twenty seconds."""
    assert check(SILENT_SERVER, CLIENTS[0], "a@spf-a.live.test", None)["result"] == "temperror"


# --- records made by chance

SEEDS = 40
HOSTS = [f"h{n}.chance.test" for n in range(6)]
DOMAINS = [f"d{n}.chance.test" for n in range(5)]
CHANCE_CLIENTS = ["192.0.2.1", "192.0.2.20", "198.51.100.7", "2001:db8::1", "2001:db8:0:1::2"]
WRONG = ["a/33", "ip4:1.2.3", "foo", "a:b", "exists:%{q}.test", "ip6:::1/129", "include:", "mx//64/24", "redirect=", "exp=%{c}.test", "%"]


def term(chance):
    host, domain = chance.choice(HOSTS), chance.choice(DOMAINS)
    length = chance.choice(["", "", "/24", "/28//64", "//48", "/0", "//0"])
    body = chance.choice([
        "a", f"a:{host}{length}", f"a:{host}{length}", "mx", f"mx:{domain}{length}", "ptr", f"ptr:{domain}", "ptr:chance.test",
        "ip4:192.0.2.16/28", "ip4:198.51.100.7", "ip6:2001:db8::/64", "ip6:2001:db8:0:1::2", f"exists:{host}", "exists:%{ir}.x.chance.test",
        "exists:%{l1r-}.%{o2}", "exists:%{p}.chance.test", f"include:{domain}", f"include:{domain}", "include:%{l}.chance.test"])
    return chance.choice(["", "", "+", "-", "~", "?"]) + body


def record_text(chance):
    terms = [term(chance) for _ in range(chance.randint(0, 5))]
    if chance.random() < 0.5:
        terms.append(chance.choice(["-all", "~all", "?all"]))
    if chance.random() < 0.3:
        terms.insert(0, "redirect=" + chance.choice(DOMAINS))
    if chance.random() < 0.4:
        terms.append("exp=why.chance.test")
    if chance.random() < 0.07:
        terms.insert(chance.randint(0, len(terms)), chance.choice(WRONG))
    if chance.random() < 0.2:
        terms.append("x=%{d}")
    return " ".join(["v=spf1", *terms])


def table_by(chance):
    """
    Every client has one name, and hosts of MX and PTR records have addresses of both families: pyspf counts void look-ups of theirs that it
    need not have made, or that are the client's doing.
    """
    made = {}
    for host in HOSTS:
        made[host] = [("A", chance.choice(["192.0.2.1", "192.0.2.20", "203.0.113.9"])),
                      ("AAAA", chance.choice(["2001:db8::1", "2001:db8::9"]))]
    for domain in DOMAINS:
        made[domain] = [("A", "192.0.2.20"), ("TXT", [record_text(chance)])]
        made[domain] += [("MX", (chance.randint(0, 20), host)) for host in chance.sample(HOSTS, chance.randint(0, 3))]
        if chance.random() < 0.07:
            made[domain] += [("TXT", ["v=spf1 -all"])]
    made["why.chance.test"] = [("TXT", ["%{i} %{c} %{d} %{h} %{L} %{o1r} %{p}"])]
    made["1.2.0.192.x.chance.test"] = made["d3.chance.test"] + [("A", "127.0.0.2")]
    for client in CHANCE_CLIENTS:
        made[ipaddress.ip_address(client).reverse_pointer] = [("PTR", chance.choice(HOSTS))]
    return made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_pyspf_says_the_same_of_records_made_by_chance(check, table, monkeypatch, seed):
    chance = random.Random(seed)
    table.load(table_by(chance))
    asked = [(TABLE_SERVER, client, f"{chance.choice(['d1', 'd2', 'a-b-c'])}@{chance.choice(DOMAINS)}") for client in CHANCE_CLIENTS]
    for (_, client, sender), found in zip(asked, side_by_side(check, asked)):
        other = pyspf(monkeypatch, TABLE_SERVER, client, sender)
        # Whether it is looked at or not: we find out by the limits, where it is.
        if "trivial recursion" not in other[1]:
            assert not differ(found, *other), (client, sender, found, other, table.table)
