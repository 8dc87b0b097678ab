"""Later is not never (standards.md C60 to C66): what comes right again is delivered, in order, once, without a stampede."""

import time
from datetime import datetime

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
    """C60: jittered, longer each time, never beyond the longest: as the queue has planned them."""
    place = site()
    mx(place, script={"MAIL": "450 4.2.0 later"})
    relay = sealpost({"queue": {"retry_first": "1h", "retry_most": "4h"}})
    name = relay.submit(place.mailbox())
    waits = []
    for attempts, hours in enumerate((1, 2, 4, 4), 1):
        row = wait_for(lambda attempts=attempts: [row for row in relay.queue_list(name) if row["attempts"] == attempts and row["next_try"]],
                       what=lambda: f"{relay.queue_list()}\n{relay.log()[-2000:]}")[0]
        waits.append((row["next_try"] - row["tried"]) / 3600)
        assert hours * 0.8 - 0.001 < waits[-1] < hours * 1.2 + 0.001, waits
        relay.ctl("queue", "retry", name)
    assert any(abs(wait - hours) > 0.001 for wait, hours in zip(waits, (1, 2, 4, 4))), waits


def test_no_attempt_is_made_before_its_time(sealpost, site, mx):
    """C60, by the times of the log."""
    place = site()
    mx(place, script={"MAIL": "450 4.2.0 later"})
    relay = sealpost({"queue": {"retry_first": "1s", "retry_most": "2s"}})
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox(), count=4)
    times = [datetime.fromisoformat(row["line"].split()[0]) for row in relay.outcomes(place.mailbox())]
    gaps = [(later - earlier).total_seconds() for earlier, later in zip(times, times[1:])]
    assert all(gap > wait * 0.8 - 0.1 for gap, wait in zip(gaps, (1, 2, 2))), gaps


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


def test_what_is_too_old_goes_back(sealpost, site, mx):
    """C63: each kind of reason has its age, the last attempt's is told, and a reload shortens lives. The shortest is a minute."""
    policy, outage, home = site(), site(), site()
    mx(policy, kind="expired")
    back = mx(home)
    times = {"retry_first": "10s", "retry_most": "10s", "delay_notice": "never"}
    relay = sealpost({"queue": {**times, "expire": "5d", "expire_policy": "1m"}})
    relay.submit(outage.mailbox(), sender=home.mailbox())
    relay.submit(policy.mailbox(), sender=home.mailbox())
    wait_for(back.accepted, 100, "the first notification", 0.5)
    assert_gone_back(back.accepted()[0], policy.mailbox(), "4.7.5")
    relay.wait_queued(outage.mailbox())
    relay.reload({"queue": {"expire": "1m"}})
    wait_for(lambda: len(back.accepted()) > 1, 30, "the second notification", 0.5)
    assert_gone_back(back.accepted()[1], outage.mailbox(), "4.4.1")
    relay.wait_empty()


def assert_gone_back(notification, recipient, status):
    text = notification.content.decode()
    assert f"Final-Recipient: rfc822; {recipient}" in text and "Action: failed" in text, text
    assert f"Status: {status}" in text and CANARY in text, text
