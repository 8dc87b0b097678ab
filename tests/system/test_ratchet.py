"""
The ratchet (design.md 4): what a domain has proved often enough becomes the least it must prove. Learnt, kept, shown, forgotten by
command, and loosened by nothing else.
"""

import json

import pytest

from house.processes import wait_for

SETTINGS = {"policy": {"ratchet_successes": 2, "ratchet_days": 1}, "queue": {"retry_first": "1s"}, "relay": {"idle": "0s"}}


def send(relay, place):
    before = len(relay.outcomes(place.mailbox()))
    relay.submit(place.mailbox())
    return relay.outcome(place.mailbox(), count=before + 1)


def learn(relay, place, count=2):
    """What was seen counts once for each plan: a restart makes a new one."""
    for n in range(count):
        if n:
            relay.restart()
        row = send(relay, place)
        assert row["dsn"].startswith("2."), row["line"]
    return row


def shown(relay, place):
    done = relay.ctl("policy", "show", place.domain, "--json", check=False)
    return {row["mode"]: row for row in map(json.loads, done.stdout.splitlines()) if row["source"] == "ratchet"}


def in_force(relay, place, level):
    return wait_for(lambda: relay.events("policy-change", domain=place.domain, what="ratchet", now=level), 5,
        lambda: relay.events("policy-change"))


@pytest.fixture
def learnt(sealpost, site, mx):
    """A relay, a domain that was learnt at `verify`, its host, and a second site."""
    place, other = site("open"), site("open")
    host = mx(place)
    relay = sealpost(SETTINGS)
    learn(relay, place)
    in_force(relay, place, "verify")
    return relay, place, host, other


def test_a_level_is_learnt_and_shown(learnt):
    relay, place, _, _ = learnt
    row = shown(relay, place)["verify"]
    assert row["state"] == "in-force" and row["mx"] == place.host and int(row["successes"]) == 2 and int(row["days"]) == 1
    assert row["domain"] in relay.ctl("policy", "list").stdout
    domain = next(row for row in relay.explain(place.domain) if row["row"] == "domain")
    assert domain["ratchet"] == "verify" and domain["ratchet_mx"] == place.host


def test_one_success_is_not_enough(sealpost, site, mx):
    place = site("open")
    mx(place)
    relay = sealpost(SETTINGS)
    learn(relay, place, 1)
    row = wait_for(lambda: shown(relay, place).get("verify"), 5, "it learns")
    assert row["state"] == "learning" and not relay.events("policy-change", what="ratchet")


def test_an_mx_never_seen_must_prove_more(learnt, names, mx):
    """A host nobody vouches for: a forged MX record brings it in as well. With the domain's own name on its certificate it is welcome."""
    relay, place, host, other = learnt
    stranger = mx(other)
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.restart()
    assert send(relay, place)["reason"] == "ratchet-mx-mismatch"
    assert not stranger.messages
    names.change({place.domain: None})
    wait_for(lambda: len(host.accepted()) == 3, 15, lambda: relay.log()[-2000:])


def test_it_outlives_every_end_of_every_room(learnt):
    relay, place, _, _ = learnt
    relay.restart()
    relay.kill_all()
    relay.start()
    assert shown(relay, place)["verify"]["state"] == "in-force"
    relay.kill_room("policy")
    wait_for(lambda: shown(relay, place).get("verify", {}).get("state") == "in-force", 10, "it is back")


def test_failures_do_not_loosen_it(learnt, authority):
    relay, place, host, _ = learnt
    host.use(certificate=authority.certificate(place.host, kind="expired"))
    relay.restart()
    assert send(relay, place)["reason"] == "certificate-expired"
    wait_for(lambda: len(relay.outcomes(place.mailbox())) >= 5, 20, "more failures")
    assert shown(relay, place)["verify"]["state"] == "in-force"
    assert not relay.events("policy-change", domain=place.domain, what="ratchet", now="none-known")


def test_the_operator_makes_it_forget(learnt, names, mx):
    """What waited for it flows, without a restart."""
    relay, place, _, other = learnt
    stranger = mx(other)
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.restart()
    assert send(relay, place)["reason"] == "ratchet-mx-mismatch"
    relay.ctl("policy", "forget", place.domain, "--ratchet")
    assert relay.events("policy-change", domain=place.domain, what="ratchet", now="none-known")
    wait_for(stranger.accepted, 15, lambda: relay.log()[-2000:])
    assert shown(relay, place).get("verify", {"state": "learning"})["state"] == "learning"


def test_an_exception_stands_above_it(learnt, names, mx):
    relay, place, _, other = learnt
    stranger = mx(other)
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.restart()
    assert send(relay, place)["reason"] == "ratchet-mx-mismatch"
    relay.ctl("exception", "add", place.domain, "--require", "verify", "--until", "2099-01-31", "--why", "they move")
    wait_for(stranger.accepted, 15, lambda: relay.log()[-2000:])


def test_off_by_one_word(learnt, names, mx):
    relay, place, _, other = learnt
    stranger = mx(other)
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.write({"policy": {"ratchet": False}})
    relay.restart()
    assert send(relay, place)["tls"] == "verify:mx"
    assert stranger.accepted()


def test_what_was_dane_does_not_become_less(sealpost, names, site, mx):
    """DX2: suddenly the mail host is one of an unsigned zone, so nothing says that it has no records."""
    place, other = site("live"), site("open")
    host, stranger = mx(place), mx(other)
    names.change({f"_25._tcp.{place.host}": [f"TLSA {host.certificate.tlsa()}"]})
    relay = sealpost(SETTINGS)
    assert learn(relay, place)["tls"] == "dane:dnssec"
    in_force(relay, place, "dane")
    names.change({place.domain: [f"MX 10 {other.host}."]})
    relay.restart()
    assert send(relay, place)["reason"] == "ratchet-level"
    assert not stranger.messages
    names.change({place.domain: None})
    wait_for(lambda: len(host.accepted()) == 3, 15, lambda: relay.log()[-2000:])


def test_records_that_are_taken_back_with_proof_are_not_waited_for(sealpost, names, site, mx, authority):
    """DNSSEC says that there are none any more; that the host is the domain's it still says too, and less than that is not enough."""
    place = site("live")
    host = mx(place)
    names.change({f"_25._tcp.{place.host}": [f"TLSA {host.certificate.tlsa()}"]})
    relay = sealpost(SETTINGS)
    assert learn(relay, place)["tls"] == "dane:dnssec"
    in_force(relay, place, "dane")
    names.change({f"_25._tcp.{place.host}": []})
    relay.restart()
    assert send(relay, place)["tls"] == "secure:dnssec"
    row = next(row for row in relay.explain(place.domain) if row["row"] == "host")
    assert (row["tlsa"], row["level"], row["because"]) == ("none", "secure", "ratchet")
    assert len(host.accepted()) == 3
    host.use(certificate=authority.certificate(place.host, kind="self-signed"))
    relay.restart()
    assert send(relay, place)["reason"].startswith("certificate-")


def test_what_was_secure_does_not_become_less(sealpost, site, mx, published):
    """2.1: an MTA-STS policy that has ended by failure leaves more than nothing behind."""
    place = site("open")
    host = mx(place)
    web = published(place)
    relay = sealpost(SETTINGS)
    assert learn(relay, place)["tls"] == "secure:sts"
    in_force(relay, place, "secure")
    relay.ctl("policy", "forget", place.domain, "--sts")
    web.use(fault="404")
    relay.restart()
    assert send(relay, place)["reason"] == "ratchet-level"
    web.use(fault=None)
    relay.ctl("policy", "refresh", place.domain)
    wait_for(lambda: len(host.accepted()) == 3, 15, lambda: relay.log()[-2000:])
