"""Later is not never (standards.md C60 to C66): what comes right again is delivered, in order, once, without a stampede."""

import time

import pytest

from house.mx import Greylist
from house.places import CANARY
from house.processes import wait_for


def test_a_repaired_certificate_is_delivered_to(sealpost, site, mx, authority):
    """C65"""
    place = site()
    host = mx(place, kind="expired")
    relay = sealpost()
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox(), count=2)
    host.use(certificate=authority.certificate(place.host))
    wait_for(host.accepted, 20, "delivered")
    relay.wait_empty()
    assert len(host.messages) == 1


def test_a_repaired_starttls_is_delivered_to(sealpost, site, mx):
    place = site()
    host = mx(place, starttls="XXXXXXXX")
    relay = sealpost()
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    host.starttls = "STARTTLS"
    wait_for(host.accepted, 20, "delivered")


def test_a_greylist_is_outlasted(sealpost, site, mx):
    """C62"""
    place = site()
    host = mx(place, script={"RCPT": Greylist(1.5)})
    relay = sealpost()
    relay.submit(place.mailbox("a"), place.mailbox("b"))
    wait_for(lambda: sum(len(message.recipients) for message in host.accepted()) == 2, 30, "delivered")
    relay.wait_empty()
    senders = {line for session in host.sessions for line in session.commands if line.startswith(b"MAIL")}
    assert len({line.split(b">")[0] for line in senders}) == 1


def test_a_host_that_comes_back_gets_everything_once(sealpost, site, mx):
    place = site()
    relay = sealpost()
    for _ in range(30):
        relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    host = mx(place)
    wait_for(lambda: len(host.accepted()) == 30, 40, "all delivered")
    relay.wait_empty()
    assert len(host.messages) == 30


def test_waits_grow(sealpost, site, mx):
    """C60: jittered, longer each time, never beyond the longest."""
    place = site()
    host = mx(place, script={"MAIL": "450 4.2.0 later"})
    relay = sealpost({"queue": {"retry_first": "1s", "retry_most": "4s"}})
    relay.submit(place.mailbox())
    wait_for(lambda: sum(line.startswith(b"MAIL") for session in host.sessions for line in session.commands) >= 4, 40, "four attempts")
    starts = [session.started for session in host.sessions if any(line.startswith(b"MAIL") for line in session.commands)]
    gaps = [later - earlier for earlier, later in zip(starts, starts[1:])]
    assert all(0.4 < gap < 8 for gap in gaps), gaps
    assert gaps[-1] > gaps[0] * 0.8, gaps


def test_the_schedule_survives_a_restart(sealpost, site, mx):
    """C66: an attempt is not made at once only because we started."""
    place = site()
    host = mx(place, script={"MAIL": "450 4.2.0 later"})
    relay = sealpost({"queue": {"retry_first": "1h"}})
    name = relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    sessions = len(host.sessions)
    relay.restart()
    assert name in str(relay.wait_queued(place.mailbox()))
    time.sleep(2)
    assert len(host.sessions) == sessions


@pytest.mark.parametrize("reason, settings, status", [
    ("policy", {"queue": {"expire": "5d", "expire_policy": "1m"}}, "5.7."), ("outage", {"queue": {"expire": "1m"}}, "5.4."),
])
def test_what_is_too_old_goes_back(sealpost, site, mx, reason, settings, status):
    """C63, with the reason of the last attempt. The shortest life there is is a minute."""
    place, home = site(), site()
    if reason == "policy":
        mx(place, kind="expired")
    back = mx(home)
    relay = sealpost({"queue": {"retry_first": "10s", "retry_most": "10s", "delay_notice": "never", **settings["queue"]}})
    relay.submit(place.mailbox(), sender=home.mailbox())
    wait_for(back.accepted, 100, "a notification", 0.5)
    text = back.accepted()[0].content.decode()
    assert f"Status: {status}" in text or "Status: 4." in text, text
    assert "Action: failed" in text and CANARY in text
    relay.wait_empty()
