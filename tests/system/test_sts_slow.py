"""
What takes its time: policy hosts that never end (RFC 8461 3.3: a minute), a second look before a failure counts, a record that could not be
looked up. All of it at once, while mail of others goes.
"""

import time

import pytest

from conftest import standing
from house.policyhost import policy_text
from house.processes import wait_for
from house.situations import Row

STRANGE = ("enforce", ["elsewhere.open.test"])
ROWS = [
    Row("drip", "M14", zone="open", sts=STRANGE, sts_fault="drip", delivered="verify:mx"),
    Row("silence", "M14", zone="open", sts=STRANGE, sts_fault="silence", delivered="verify:mx"),
    Row("doubted", "M34", zone="open", sts=STRANGE, later="sts-mx-mismatch"),
    Row("unknown", "2.1", zone="open", sts=("enforce", ["{h}"]), wire=[("servfail", "_mta-sts.{d}", "TXT")], later="sts-dns-failed"),
    *[Row(f"quick {n}", "M14", zone="open", sts=("enforce", ["{h}"]), delivered="secure:sts") for n in range(10)],
]
RELAY_SETTINGS = {"queue": {"retry_first": "1s", "retry_most": "2s"}, "policy": {"ratchet": False}, "workers": {"relay": 1}}


@pytest.fixture(scope="module")
def world(house):
    began = time.monotonic()
    for one in standing(house, ROWS, RELAY_SETTINGS):
        one.began, one.stood = began, time.monotonic()
        yield one


def named(world, name):
    return next(one for one in world.placed if one.row.name == name)


def test_slow_hosts_hold_up_nobody_else(world):
    for one in world.placed:
        if one.row.name.startswith("quick"):
            one.check(world.relay)
    assert time.monotonic() - world.stood < 50
    for name in ("drip", "silence"):
        assert not world.relay.outcomes(named(world, name).mailbox), "what may be is waited for"


def test_what_a_policy_forbids_is_looked_at_again(world):
    """M34: the domain moves, with a new policy and id; mail that failed by the old one goes, within a minute and without a command."""
    one, other = named(world, "doubted"), named(world, "unknown")
    for held in (one, other):
        held.check(world.relay)
    one.policy.use(policy=policy_text("enforce", [one.place.host]))
    world.house.names.change({f"_mta-sts.{one.place.domain}": ['TXT "v=STSv1; id=second"']})
    world.house.names.wire.calm()
    world.house.names.forget()
    for held in (one, other):
        wait_for(held.hosts[0].accepted, 50, lambda: world.relay.outcomes(held.mailbox)[-1]["line"], 0.2)
        assert world.relay.delivery(held.mailbox, result="delivered")["tls"] == "secure:sts"


def test_a_fetch_takes_a_minute_at_most(world):
    """M14, M21: then the domain counts as one without a policy."""
    for name in ("drip", "silence"):
        one = named(world, name)
        row = world.relay.delivery(one.mailbox, timeout=150)
        assert row["tls"] == "verify:mx", row["line"]
        assert 55 < float(row["delay"]) < 100
        assert world.relay.events("policy-fetch-failed", domain=one.place.domain)[-1]["fetch"] == "timeout"
