"""policy.mode: observe: everything is decided and recorded, and mail goes with TLS and nothing more; never in clear."""

import pytest

from conftest import standing
from house.places import CANARY
from house.processes import wait_for
from house.situations import Row

ENFORCED = ("enforce", ["{h}"])
STRANGE = ("enforce", ["elsewhere.open.test"])

# What would have stood in the way: (reason, because), None = nothing.
ROWS = {
    Row("all is well", delivered="encrypt:observe"): None,
    Row("self-signed", show="self-signed", delivered="encrypt:observe"): ("certificate-self-signed", "default"),
    Row("expired", show="expired", delivered="encrypt:observe"): ("certificate-expired", "default"),
    Row("rule secure, MX not signed", zone="open", rule="secure", delivered="encrypt:observe"): ("mx-insecure", "rule"),
    Row("rule dane", rule="dane", delivered="encrypt:observe"): ("dane-required", "rule"),
    Row("STS good", zone="open", sts=ENFORCED, delivered="encrypt:observe"): None,
    Row("STS: MX not in it", "M32", zone="open", sts=STRANGE, delivered="encrypt:observe"): ("sts-mx-mismatch", "sts"),
    Row("STS testing: MX not in it", "M32", zone="open", sts=("testing", ["elsewhere.open.test"]),
        delivered="encrypt:observe"): ("sts-mx-mismatch", "sts"),
    Row("TLSA does not match", "D41", tlsa=["3 1 1 bad"], delivered="encrypt:observe"): ("dane-mismatch", None),
    Row("TLSA matches", tlsa=["3 1 1"], delivered="encrypt:observe"): None,
    Row("TLSA look-up fails", tlsa=["3 1 1"], wire=[("servfail", "_25._tcp.{h}", "TLSA")],
        delivered="encrypt:observe"): ("dane-lookup-failed", None),
    Row("no STARTTLS", "M33", mx={"starttls": None}, later="starttls-not-supported"): None,
    Row("STARTTLS refused", "M33", mx={"script": {"STARTTLS": "502 5.5.1 no"}}, later="starttls-refused"): None,
}
RELAY_SETTINGS = {"queue": {"retry_first": "1h", "retry_most": "2h"}, "policy": {"mode": "observe"}}


@pytest.fixture(scope="module")
def world(house):
    yield from standing(house, list(ROWS), RELAY_SETTINGS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_mail_goes_and_what_would_have_held_it_is_recorded(world, row):
    one = world[row]
    one.check(world.relay)
    expected = ROWS[row]

    def recorded():
        return [found for found in world.relay.policy("observed") if found["domain"] == one.place.domain]
    if expected is None:
        assert not recorded()
        return
    found = wait_for(recorded, 5, lambda: world.relay.policy("observed"))[0]
    assert found["reason"] == expected[0] and expected[1] in (None, found["because"]) and int(found["count"]) >= 1, found


def test_the_record_is_for_people_too(world):
    text = world.relay.ctl("policy", "observed").stdout
    assert "sts-mx-mismatch" in text and "dane-mismatch" in text


def test_when_policies_are_enforced_what_was_recorded_waits(world):
    """The last of this file: the mode changes. The record was right."""
    world.relay.write({"policy": {"mode": "enforce"}, "relay": {"idle": "0s"}})
    world.relay.restart()
    waiting = {row: expected for row, expected in ROWS.items() if expected and "testing" not in row.name}
    for row in waiting:
        world[row].submit(world.relay)
    for row, expected in waiting.items():
        assert world.relay.outcome(world[row].mailbox, count=2)["reason"] == expected[0], row


def test_testing_policies_are_recorded_where_others_are_enforced(sealpost, site, mx, published):
    """M32: a policy in testing holds nothing back, and is seen."""
    place = site("open")
    mx(place)
    published(place, "testing", ["elsewhere.open.test"])
    relay = sealpost()
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["tls"] == "verify:mx"
    row = wait_for(lambda: relay.policy("observed"), 5, "a record")[0]
    assert (row["domain"], row["reason"], row["because"]) == (place.domain, "sts-mx-mismatch", "sts")
    relay.restart()
    assert relay.policy("observed"), "it outlives a restart"
    assert CANARY not in str(relay.policy("observed")), "domains, not people"
