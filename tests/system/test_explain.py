"""What operators are told, and may do: sealpost explain, why, policy, exception. In words, in JSON, by exit status, and at once."""

import json
import time

import pytest

from house.places import CANARY
from house.policyhost import policy_text
from house.processes import wait_for
from house.situations import preload_json

SETTINGS = {"queue": {"retry_first": "1s"}, "policy": {"ratchet": False}}


def rows(relay, *words):
    """Whatever the exit status: (rows, status)."""
    done = relay.ctl(*words, "--json", check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def of(found, kind):
    return [row for row in found if row["row"] == kind]


@pytest.fixture
def enforced(sealpost, site, mx, published):
    """A relay, a domain with a policy of MTA-STS that has its host in it, a second site, and the host: (relay, place, other, host)."""
    def make(kind="good", settings=None, **options):
        place, other = site("open"), site("open")
        host = mx(place, kind=kind, **options)
        published(place, patterns=[place.host])
        return sealpost({**SETTINGS, **(settings or {})}), place, other, host
    return make


# --- explain

def test_everything_known_is_explained(enforced, names):
    relay, place, other, host = enforced()
    names.change({place.domain: [f"MX 10 {other.host}.", f"MX 20 {place.host}."]})
    found, status = rows(relay, "explain", place.domain)
    domain, = of(found, "domain")
    assert status == 0 and domain["domain"] == place.domain and domain["sts"] == "enforce"
    assert domain["sts_mx"] == place.host and domain["sts_id"] == "one"
    assert abs(int(domain["sts_until"]) - time.time() - 86400) < 100 and domain["dns"] == "proved"
    first, second = of(found, "host")
    assert (first["mx"], first["verdict"], first["reason"]) == (other.host, "skip", "sts-mx-mismatch") and first["advice"]
    shown = [second[field] for field in ("mx", "verdict", "tls", "names", "sni")]
    assert shown == [place.host, "try", "secure:sts", place.host, place.host]
    text = relay.ctl("explain", place.domain).stdout
    assert all(word in text for word in (place.domain, other.host, place.host, "enforce", "sts-mx-mismatch", "secure:sts"))
    assert not host.sessions, "nobody was connected to"


def test_live_tells_what_happens_now_and_hands_over_nothing(enforced):
    relay, place, _, host = enforced()
    found, status = rows(relay, "explain", place.domain, "--live")
    live, = of(found, "live")
    assert status == 0 and live["result"] == "proved" and live["tls"] == "secure:sts"
    assert live["ip"] == place.address and live["version"] == "TLSv1.3"
    assert not any(b"MAIL" in line for session in host.sessions for line in session.commands)


@pytest.mark.parametrize("options, reason", [
    ({"kind": "expired"}, "certificate-expired"), ({"starttls": None}, "starttls-not-supported"),
    ({"starttls": "XXXXXXXA"}, "starttls-mangled"),
    ({"script": {"STARTTLS": "454 4.7.0 not now"}}, "starttls-refused"),
])
def test_live_has_words_for_the_other_postmaster(enforced, options, reason):
    relay, place, _, _ = enforced(**options)
    found, status = rows(relay, "explain", place.domain, "--live")
    live, = of(found, "live")
    assert status == 1 and live["result"] == "failed" and live["reason"] == reason and len(live["advice"]) > 40
    done = relay.ctl("explain", place.domain, "--live", check=False)
    assert done.returncode == 1 and live["advice"][:30] in " ".join(done.stdout.split())


def test_dane_is_explained(sealpost, names, site, mx):
    place = site("live")
    host = mx(place, kind="self-signed")
    names.change({f"_25._tcp.{place.host}": [f"TLSA {host.certificate.tlsa()}"]})
    relay = sealpost(SETTINGS)
    found, status = rows(relay, "explain", place.domain, "--live")
    row, = of(found, "host")
    assert status == 0 and row["tlsa"] == "usable" and row["proof"] == "TLSA records" and row["source"] == "mx, validated" and row["level"]
    assert of(found, "live")[0]["tls"] == "dane:dnssec"
    names.wire.do("servfail", f"_25._tcp.{place.host}", "TLSA")
    names.forget()
    found, status = rows(relay, "explain", place.domain)
    assert of(found, "host")[0]["verdict"] in ("later", "try")


@pytest.mark.parametrize("words, status", [
    (["explain"], 64), (["explain", "a b"], 64), (["explain", "a.test", "b.test"], 64), (["explain", "a.test", "--alive"], 64),
    (["explain", "nowhere.secure.test"], 1),
    (["explain", "d1.bogus.test"], 2), (["policy", "show"], 64), (["policy", "show", "never-seen.test"], 1), (["policy", "nonsense"], 64),
    (["policy", "forget", "never-seen.test"], 1), (["policy", "refresh", "never-seen.secure.test"], 1), (["policy", "preload"], 64),
    (["policy", "warm"], 64),
    (["policy", "list", "--mode", "what"], 64), (["exception", "add", "a.test"], 64), (["exception", "remove", "a.test"], 1),
    (["exception", "what"], 64), (["why"], 64),
    (["why", "0000000000-1"], 1), (["policy", "preload", "/nonexistent"], None), (["policy", "warm", "/nonexistent"], None),
])
def test_exit_status_says_what_came_of_it(relay, words, status):
    done = relay.ctl(*words, check=False)
    assert done.returncode == status or (status is None and done.returncode >= 64), (done.returncode, done.stdout, done.stderr)
    assert done.returncode == 0 or done.stderr or done.stdout


# --- why

def test_why_says_which_domain_what_mechanism_whose_fault(enforced, names):
    relay, place, other, _ = enforced(settings={"queue": {"retry_first": "1h"}})
    names.change({place.domain: [f"MX 10 {other.host}."]})
    name = relay.submit(place.mailbox())
    relay.wait_deferred()
    found, status = rows(relay, "why", name)
    row, = found
    assert status == 0 and row["domain"] == place.domain and row["reason"] == "sts-mx-mismatch" and row["fault"] == "peer" and row["plain"]
    text = relay.ctl("why", name).stdout
    assert place.domain in text and "sts-mx-mismatch" in text and len(text.splitlines()) > 3
    assert f"This is {CANARY}" not in text


# --- policy list, show, refresh, forget

def test_policies_are_listed_shown_refreshed_and_forgotten(enforced, published, site):
    relay, place, _, _ = enforced()
    second = site("open")
    web = published(second, "testing", ["*.open.test"], identity="two")
    for one in (place, second):
        found, status = rows(relay, "policy", "refresh", one.domain)
        assert status == 0 and {row["source"] for row in found} == {"record", "sts"}
    listed = {row["domain"]: row for row in relay.policy("list")}
    assert listed[place.domain]["mode"] == "enforce" and listed[second.domain]["mode"] == "testing"
    assert listed[second.domain]["mx"] == "*.open.test"
    assert [row["domain"] for row in relay.policy("list", "--mode", "testing")] == [second.domain]
    shown = {row["source"]: row for row in relay.policy("show", second.domain)}
    assert shown["record"]["id"] == "two" and shown["sts"]["state"] == "in-force" and int(shown["sts"]["until"]) > time.time()
    text = relay.ctl("policy", "show", second.domain).stdout
    assert "testing" in text and "*.open.test" in text
    web.use(fault="500")
    assert relay.ctl("policy", "refresh", second.domain, check=False).returncode == 2
    assert {row["source"]: row for row in relay.policy("show", second.domain)}["sts"]["state"] == "in-force", "a failure forgets nothing"
    relay.ctl("policy", "forget", second.domain)
    assert second.domain not in {row["domain"] for row in relay.policy("list")}
    assert relay.events("policy-change", domain=second.domain, what="sts", now="none-known")


def test_a_policy_that_does_harm_is_forgotten_live(enforced, names, mx):
    """MX2: the attacker is gone, the policy that it planted is not. What waits flows, without a restart."""
    relay, place, other, _ = enforced()
    host = mx(other)
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["reason"] == "sts-mx-mismatch"
    names.change({f"_mta-sts.{place.domain}": []})
    relay.ctl("policy", "forget", place.domain)
    wait_for(host.accepted, 15, lambda: relay.log()[-2000:])


# --- preload and warm

@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_list_is_loaded_and_cleared(sealpost, site, mx, form):
    place = site("open")
    host = mx(place)
    relay = sealpost(SETTINGS)
    path = f"{relay.folder}/list.{form}"
    texts = {
        "yaml": f"{place.domain}: {{mode: enforce, mx: [elsewhere.open.test], until: 2099-01-31}}\n"
                "other.test: {mode: testing, mx: ['*.other.test']}\n",
        "json": preload_json({place.domain: {"mode": "enforce", "mxs": [".elsewhere.test"]},
                              "other.test": {"mode": "testing", "mxs": ["a.other.test"]}}),
    }
    with open(path, "w", encoding="ascii") as out:
        out.write(texts[form])
    relay.ctl("policy", "preload", path)
    assert relay.events("policy-change", what="preload")
    shown = {row["source"]: row for row in relay.policy("show", place.domain)}
    assert shown["preload"]["mode"] == "enforce"
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["reason"] == "preload-mx-mismatch"
    relay.restart()
    assert {row["source"] for row in relay.policy("show", place.domain)} >= {"preload"}, "it outlives a restart"
    relay.ctl("policy", "preload", "--clear")
    wait_for(host.accepted, 15, lambda: relay.log()[-2000:])


@pytest.mark.parametrize("text", [
    "a.test: {mode: enforce}\n", "a.test: {mode: none, mx: [x.test]}\n", "a.test: enforce\n", "a..test: {mode: enforce, mx: [x.test]}\n",
    "a.test: {mode: enforce, mx: ['x*.test']}\n",
    preload_json({"a.test": {"mode": "enforce", "mxs": ["x.test"]}}, -86400), "{", "[]", "",
    "a.test: {mode: enforce, mx: [x.test]}\na.test: {mode: enforce, mx: [y.test]}\n",
])
def test_a_list_counts_as_a_whole_or_not_at_all(relay, text):
    path = f"{relay.folder}/bad"
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    done = relay.ctl("policy", "preload", path, check=False)
    assert done.returncode >= 64 and done.stderr, (done.returncode, done.stdout)
    assert relay.ctl("policy", "show", "a.test", check=False).returncode == 1


def test_policies_of_a_list_are_fetched_before_there_is_mail(sealpost, site, mx, published, policy_host, authority, names):
    """warm: MX1's answer for those who are written to often."""
    places = [site("open") for _ in range(10)]
    certificate = authority.certificate(*[f"mta-sts.{place.domain}" for place in places])
    records = {}
    for place in places[:8]:
        policy_host(place, policy_text("enforce", ["elsewhere.open.test"]), certificate=certificate,
            fault="404" if place is places[7] else None)
        records[f"_mta-sts.{place.domain}"] = ['TXT "v=STSv1; id=one"']
    names.change(records)
    relay = sealpost(SETTINGS)
    path = f"{relay.folder}/domains"
    with open(path, "w", encoding="ascii") as out:
        out.write("# those we write to\n" + "".join(f"{place.domain}\n" for place in places))
    row, = relay.policy("warm", path)
    assert [int(row[field]) for field in ("domains", "policies", "enforce", "none", "failed")] == [10, 7, 7, 2, 1]
    assert len(relay.policy("list")) == 7
    names.wire.do("deny", f"_mta-sts.{places[0].domain}", "TXT")
    mx(places[0])
    relay.submit(places[0].mailbox())
    assert relay.outcome(places[0].mailbox())["reason"] == "sts-mx-mismatch"


# --- exceptions

def add(relay, domain, level="encrypt", until="2099-01-31", why="certificate expired, told 2026-12-01", check=True):
    return relay.ctl("exception", "add", domain, "--require", level, "--until", until, "--why", why, check=check)


def test_an_exception_counts_at_once_is_kept_and_ends_by_command(sealpost, site, mx):
    place = site("open")
    host = mx(place, kind="expired")
    relay = sealpost(SETTINGS)
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["reason"] == "certificate-expired"
    add(relay, place.domain)
    wait_for(host.accepted, 10, lambda: relay.log()[-2000:])
    change = relay.events("policy-change", domain=place.domain, what="exception")[-1]
    assert change["now"] == "encrypt" and "told 2026-12-01" in change["line"]
    relay.restart()
    row, = relay.ctl("exception", "list", as_json=True)
    assert (row["domain"], row["mode"], row["state"]) == (place.domain, "encrypt", "in-force") and "told 2026-12-01" in row["why"]
    assert "certificate expired" in relay.ctl("exception", "list").stdout
    domain, = of(rows(relay, "explain", place.domain)[0], "domain")
    assert domain["exception"] == "encrypt" and "told 2026-12-01" in domain["exception_why"]
    relay.ctl("exception", "remove", place.domain)
    assert not relay.ctl("exception", "list", as_json=True)
    before = len(relay.outcomes(place.mailbox()))
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox(), count=before + 1)["reason"] == "certificate-expired"


def test_an_exception_for_all_below_a_domain(sealpost, names, site, mx):
    place = site("open")
    host = mx(place, kind="expired")
    names.change({f"sub.{place.domain}": [f"MX 10 {place.host}."]})
    relay = sealpost({**SETTINGS, "queue": {"retry_first": "1h"}})
    add(relay, f".{place.domain}")
    relay.submit(f"{CANARY}@sub.{place.domain}")
    relay.submit(place.mailbox())
    assert relay.outcome(f"{CANARY}@sub.{place.domain}")["tls"] == "encrypt:exception"
    assert relay.outcome(place.mailbox())["reason"] == "certificate-expired"
    assert len(host.accepted()) == 1


@pytest.mark.parametrize("given", [{"until": "2020-01-31"}, {"until": "soon"}, {"until": "2027-02-30"}, {"level": "none"},
    {"level": "may"}, {"why": ""}, {"why": "a\nb"}])
def test_no_exception_without_an_end_and_a_reason(relay, given):
    assert add(relay, "a.test", check=False, **given).returncode == 64
    assert not relay.ctl("exception", "list", as_json=True)


def test_one_of_the_configuration_is_ended_there(sealpost):
    relay = sealpost({"exceptions": [{"domain": "old.test", "require": "encrypt", "until": "2099-01-31", "why": "told"},
                                     {"domain": "past.test", "require": "encrypt", "until": "2020-01-31", "why": "told"}]})
    done = relay.ctl("exception", "remove", "old.test", check=False)
    assert done.returncode == 1 and "configuration" in done.stdout + done.stderr
    assert {row["domain"]: row["state"] for row in relay.ctl("exception", "list", as_json=True)}["old.test"] == "in-force"
    checked = relay.ctl("check", check=False)
    assert "past.test" in checked.stdout + checked.stderr and "2020" in checked.stdout + checked.stderr
