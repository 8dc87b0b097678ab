"""
Connections and TLS sessions that are kept (peers.md 2.5, 2.6; CX10): they serve another mail only when that asks for what they
have proved, and only as long as it is still what is asked for.
"""

import time

import pytest

from house.places import CANARY
from house.processes import wait_for

SETTINGS = {"workers": {"relay": 1}, "queue": {"retry_first": "1h", "connections": 1, "connections_first": 1}, "policy": {"ratchet": False}}


def send(relay, place, count=1):
    relay.submit(place.mailbox())
    return relay.outcome(place.mailbox(), count=count)


@pytest.fixture
def shared(names, site, mx):
    """shared(zone, ...): two domains with one MX; (first, second, host)."""
    def make(zone="open", **options):
        first, second = site(zone), site(zone)
        names.change({second.domain: [f"MX 10 {first.host}."]})
        return first, second, mx(first, **options)
    return make


def test_domains_that_ask_for_the_same_get_the_same(sealpost, shared, published):
    first, second, host = shared(keep_context=True)
    published(second, patterns=[first.host])
    relay = sealpost(SETTINGS)
    assert send(relay, first)["tls"] == "verify:mx"
    assert send(relay, second)["tls"] == "secure:sts"
    assert len(host.accepted()) == 2


def test_a_domain_that_enforces_does_not_ride_on_one_that_does_not(sealpost, shared, published):
    """C11, C31, 2.5: the connection of the first was never proved."""
    first, second, host = shared(kind="self-signed", keep_context=True)
    published(second, patterns=[first.host])
    relay = sealpost({**SETTINGS, "policy": {"ratchet": False, "domains": {first.domain: "encrypt"}}})
    assert send(relay, first)["tls"] == "encrypt:static"
    assert send(relay, second)["reason"] == "certificate-self-signed"
    assert len(host.sessions) == 2 and not any(session.session_reused for session in host.sessions)
    assert send(relay, first, 2)["tls"] == "encrypt:static"
    assert len(host.accepted()) == 2


def test_a_policy_that_excludes_the_host_is_kept_though_the_host_is_connected(sealpost, shared, published):
    first, second, host = shared()
    published(second, patterns=["elsewhere.open.test"])
    relay = sealpost(SETTINGS)
    assert send(relay, first)["tls"] == "verify:mx"
    assert send(relay, second)["reason"] == "sts-mx-mismatch"
    assert len(host.accepted()) == 1


def test_a_session_that_was_proved_is_resumed(sealpost, site, mx):
    """2.6: within the same demand only."""
    place = site("open")
    host = mx(place, keep_context=True)
    relay = sealpost({**SETTINGS, "relay": {"connection_messages": 1}})
    send(relay, place)
    send(relay, place, 2)
    assert [session.session_reused for session in host.sessions] == [False, True]
    assert relay.events("connected")[-1]["resumed"] == "1"


def test_an_exception_that_is_removed_ends_what_it_allowed(sealpost, site, mx):
    """A connection that was good enough a moment ago is not used again, and what has waited for the exception flows by it."""
    place = site("open")
    host = mx(place, kind="self-signed", keep_context=True)
    relay = sealpost({**SETTINGS, "queue": {"retry_first": "1s", "connections": 1, "connections_first": 1}})
    assert send(relay, place)["reason"] == "certificate-self-signed"
    relay.ctl("exception", "add", place.domain, "--require", "encrypt", "--until", "2099-01-31", "--why", "a test")
    # The host has it before the log says so.
    wait_for(lambda: relay.outcomes(place.mailbox())[-1]["tls"] == "encrypt:exception", 10, lambda: relay.log()[-2000:])
    before = len(relay.outcomes(place.mailbox()))
    relay.ctl("exception", "remove", place.domain)
    assert send(relay, place, before + 1)["reason"] == "certificate-self-signed"
    assert len(host.accepted()) == 1 and not any(session.session_reused for session in host.sessions)


def test_a_policy_that_appears_counts_for_a_connection_that_is_there(sealpost, site, mx, published):
    place = site("open")
    host = mx(place)
    relay = sealpost(SETTINGS)
    assert send(relay, place)["tls"] == "verify:mx"
    published(place, patterns=["elsewhere.open.test"])
    relay.policy("refresh", place.domain)
    assert send(relay, place, 2)["reason"] == "sts-mx-mismatch"
    assert len(host.accepted()) == 1


def test_a_policy_that_ends_is_looked_at_before_each_mail(sealpost, site, mx, published):
    """Issue part 6: at MAIL on a connection that is kept, the policy behind it has ended, and what comes after it excludes the host."""
    place = site("open")
    host = mx(place)
    web = published(place, max_age=5)
    relay = sealpost({**SETTINGS, "relay": {"idle": "60s"}})
    began = time.monotonic()
    row = send(relay, place)
    assert row["tls"] == "secure:sts"
    fetched = time.monotonic()
    web.use(fault="404")
    count = [1]

    def has_ended():
        begun = time.monotonic()
        count[0] += 1
        is_over = send(relay, place, count[0])["tls"] == "verify:mx"
        assert not is_over or time.monotonic() - began > 4, "it was in force for a while"
        assert is_over or begun - fetched < 15, "it is in force no longer"
        return is_over
    wait_for(has_ended, what=lambda: relay.log()[-2000:], pause=0.7)
    assert len(host.accepted()) == count[0]
    assert relay.events("policy-change", domain=place.domain, now="none-known")


def test_requiretls_rides_on_no_connection_without_the_promise(sealpost, site, mx):
    """C46, 2.5: what the host offered in this connection counts."""
    place = site()
    host = mx(place)
    relay = sealpost(SETTINGS)
    assert send(relay, place)["dsn"].startswith("2.")
    relay.submit(place.mailbox(), sender_params="REQUIRETLS")
    assert relay.outcome(place.mailbox(), count=2)["dsn"] == "5.7.30"
    assert len(host.accepted()) == 1


def test_a_mail_that_waives_policies_leaves_no_way_for_others(sealpost, site, mx):
    """0.5: TLS-Required: No has gone by an unproved connection; the next mail does not."""
    place = site()
    host = mx(place, kind="self-signed", keep_context=True)
    relay = sealpost(SETTINGS)
    relay.submit(place.mailbox(), content=f"TLS-Required: No\r\nSubject: {CANARY}\r\n\r\nx\r\n")
    assert relay.outcome(place.mailbox())["tls"] == "encrypt:tls-optional"
    assert send(relay, place, 2)["reason"] == "certificate-self-signed"
    assert len(host.accepted()) == 1 and not any(session.session_reused for session in host.sessions)
