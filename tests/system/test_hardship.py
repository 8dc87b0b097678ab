"""
Without descriptors, without a folder to write to, on a full or failing disk, by a clock that jumps: 4yz, a line in the log, and
everything goes on when the cause ends. Hosts that accept and never answer are in test_delivery.py (test_a_silent_host_is_left_in_time,
and a tarpit among hosts). That nobody asks a descriptor again whose sync failed is in tests/unit/queue/test_room.c
(a_segment_whose_sync_fails_is_given_up_and_what_was_durable_stays); here it is the daemon on a kernel that says so.
"""

import errno
import os
import time

import pytest

from house.client import Client, secured
from house.daemon import message
from house.faults import Faults
from house.places import CANARY
from house.processes import run, wait_for


def limit_descriptors(pid, count):
    """As the user it runs as, who may."""
    owner = os.stat(f"/proc/{pid}")
    run(["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "prlimit", "--pid", str(pid), f"--nofile={count}:"])


class Starved:
    """No process of a room can open anything more, as long as this lasts."""

    def __init__(self, relay, room):
        self.pids = relay.rooms(room)

    def __enter__(self):
        for pid in self.pids:
            limit_descriptors(pid, max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + 1)

    def __exit__(self, *_):
        for pid in self.pids:
            limit_descriptors(pid, 1000)


@pytest.fixture
def road(sealpost, site, mx):
    """A relay with one process of each kind, and a good host."""
    place = site()
    host = mx(place)
    return sealpost({"workers": {"intake": 1, "relay": 1}, "spool": {"segment": "1M", "staged": "1M"}}), place, host


def test_intake_without_descriptors_listens_again(road):
    relay, place, host = road
    with Starved(relay, "intake"):
        with Client(greet=False) as waiting:
            relay.wait_event("accept-failed", level="warn")
            assert not host.messages
        pid = relay.rooms("intake")[0]
    relay.submit(place.mailbox())
    wait_for(host.accepted, 20, "delivered")
    assert relay.rooms("intake") == [pid]


def test_intake_that_cannot_begin_a_segment_puts_off(road):
    relay, place, host = road
    with secured() as client:
        with Starved(relay, "intake"):
            client.mail(f"{CANARY}@client.test", place.mailbox())
            assert client.data(message(place.mailbox())).code in (451, 452)
            relay.wait_event("spool", level="error")
        client.mail(f"{CANARY}@client.test", place.mailbox())
        assert client.data(message(place.mailbox())).code == 250
    wait_for(host.accepted, 20, "delivered")
    assert len(host.messages) == 1


@pytest.mark.parametrize("room", ["queue", "relay", "report"])
def test_a_room_without_descriptors_loses_nothing(road, site, mx, room):
    relay, place, host = road
    home = site()
    back = mx(home)
    host.script = {"RCPT": lambda session, line: "550 5.1.1 nobody" if b"nobody@" in line else None}
    with Starved(relay, room):
        for name in ("a", "b", "nobody", "c"):
            relay.submit(place.mailbox(name), sender=home.mailbox())
        time.sleep(2)       # it tries; the others must not mind
    wait_for(lambda: len(host.accepted()) == 3 and back.accepted(), 30, lambda: f"all delivered, one bounced\n{relay.log()[-3000:]}")
    relay.wait_empty()
    assert len(host.messages) == 3 and len(back.messages) == 1


def test_a_folder_that_cannot_be_written_to_puts_off(road):
    """What is committed stays; a new segment cannot be begun."""
    relay, place, host = road
    host.script = {"MAIL": "450 4.2.0 not yet"}
    folder = os.path.join(relay.spool, "intake-0")
    relay.submit(place.mailbox("first"))
    mode = os.stat(folder).st_mode
    os.chmod(folder, 0o500)
    owner = os.stat(folder)
    os.chown(folder, 0, 0)
    codes = []
    try:
        with secured() as client:
            while 250 in (codes or [250])[-1:]:
                client.mail(f"{CANARY}@client.test", place.mailbox())
                codes.append(client.data(message(place.mailbox(), size=600_000)).code)
                assert len(codes) < 10, "a segment has 1 MiB"
    finally:
        os.chown(folder, owner.st_uid, owner.st_gid)
        os.chmod(folder, mode & 0o7777)
    assert codes[-1] in (451, 452), codes
    relay.submit(place.mailbox("last"))
    host.script = {}
    wait_for(lambda: len(host.accepted()) == codes.count(250) + 2, 30, "everything that was accepted arrives")


@pytest.fixture
def failing(house, sealpost, site, mx):
    """failing("intake", ..): a relay, the faults of its rooms, a site and its host."""
    def make(*rooms, settings=None):
        place = site()
        relay = sealpost({"workers": {"intake": 1, "relay": 1}, "spool": {"segment": "1M", "staged": "1M"}, **(settings or {})}, start=False)
        faults = Faults(relay, house.tool("tests/system/faults.so"), *rooms)
        return relay.start(), faults, place, mx(place)
    return make


def say(client, place, size=0):
    """One message; the code it is answered with."""
    reply = client.mail(f"{CANARY}@client.test", place.mailbox())
    return client.data(message(place.mailbox(), size=size)).code if reply is None or reply.code == 250 else reply.code


def segments(relay):
    return sorted(name for name in os.listdir(os.path.join(relay.spool, "intake-0")) if name.startswith("segment-"))


def test_a_sync_that_fails_ends_its_segment_and_the_next_message_begins_another(failing):
    """Not once is 250 said for what may be lost; and no sync of that file is tried again, whatever it would say."""
    relay, faults, place, host = failing("intake")
    with secured() as client:
        assert say(client, place) == 250
        before = segments(relay)
        faults.set(sync_error=errno.EIO)
        assert say(client, place) == 451
        failed = relay.wait_event("spool", level="error", what="sync failed")
        assert failed[0]["reason"] == os.strerror(errno.EIO) and len(failed) == 1
        assert faults.failed_syncs() == 1
        assert relay.wait_event("commit", level="error")[0]["code"] == "451"
        faults.set()
        assert say(client, place) == 250
    assert faults.failed_syncs() == 1
    assert set(segments(relay)) - set(before), "it went on in the segment whose sync failed"
    # The one that was put off may be on disk all the same: then it comes when queue looks through that segment, and is no loss.
    wait_for(lambda: len(host.accepted()) >= 2, 20, "delivered")
    relay.wait_empty()


def test_while_every_sync_fails_everything_is_put_off_and_a_full_folder_is_not_the_end(failing):
    relay, faults, place, host = failing("intake")
    faults.set(sync_error=errno.EIO)
    with secured() as client:
        assert [say(client, place) for _ in range(10)] == [451] * 10
        assert len(segments(relay)) <= 3, "files that could never be written stay behind"
        faults.set()
        assert say(client, place) == 250
    wait_for(host.accepted, 20, "delivered")
    relay.wait_empty()


def test_a_spool_that_has_become_read_only_puts_off_and_goes_on_when_it_can_be_written(failing):
    """As a file system does that met an error: what is open cannot be written to either."""
    relay, faults, place, host = failing("intake", "queue")
    host.script = {"MAIL": "450 4.2.0 not yet"}
    with secured() as client:
        assert say(client, place) == 250
        relay.outcome(place.mailbox())
        faults.set(write_error=errno.EROFS, sync_error=errno.EROFS)
        assert [say(client, place) for _ in range(3)] == [451] * 3
        relay.wait_event("spool", level="error", reason=os.strerror(errno.EROFS))
        # Queue notices when it has something to note, and then begins nothing that it could not note the end of.
        wait_for(lambda: relay.ctl("queue", "retry", "--all", check=False) and
                 relay.events("journal", level="error", reason=os.strerror(errno.EROFS)), 30, lambda: relay.log()[-3000:], 0.5)
        host.script = {}
        relay.ctl("queue", "retry", "--all", check=False)
        time.sleep(2)
        assert not host.accepted(), "delivered without a journal"
        faults.set()
        assert say(client, place) == 250
    wait_for(lambda: len(host.accepted()) == 2, 30, lambda: f"delivered once each: {relay.log()[-3000:]}")
    relay.wait_empty()


def test_a_disk_that_is_full_says_so_delivers_what_it_has_and_takes_mail_again(sealpost, site, mx):
    place = site()
    host = mx(place, script={"MAIL": "450 4.2.0 not yet"})
    relay = sealpost({"workers": {"intake": 1, "relay": 1}, "spool": {"segment": "1M", "staged": "1M"}}, start=False)
    os.makedirs(relay.spool)
    run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=711", "tmpfs", relay.spool])
    try:
        relay.start()
        codes = []
        with secured() as client:
            while 452 not in codes:
                codes.append(say(client, place, 600_000))
                assert len(codes) < 40 and codes[-1] in (250, 452), codes
            assert codes.count(250) > 1
            relay.wait_event("spool", level="error", reason=os.strerror(errno.ENOSPC))
            assert relay.wait_event("commit", level="error")[0]["code"] == "452"
            # The journal has its space: what is there goes out while the disk is full, and makes room.
            host.script = {}
            wait_for(lambda: len(host.accepted()) == codes.count(250), 30, lambda: f"delivered although full: {relay.log()[-3000:]}")
            relay.wait_empty()
            wait_for(lambda: say(client, place) == 250, 20, "mail is taken again", 0.3)
        wait_for(lambda: len(host.accepted()) == codes.count(250) + 1, 20, "and delivered")
        assert not relay.events("journal", level="error")
    finally:
        relay.stop()
        run(["umount", relay.spool])


@pytest.mark.parametrize("days", [3, -30])
def test_a_clock_that_is_set_makes_no_mail_fail_or_wait(failing, days):
    """Forward by less than queue.expire: what is older than that, by whatever clock, is over after one try more."""
    relay, faults, place, host = failing("intake", "queue", "relay", "policy", "report",
                                         settings={"queue": {"retry_first": "1s", "retry_most": "2s", "delay_notice": "never"}})
    host.script = {"MAIL": "450 4.2.0 not yet"}
    relay.submit(place.mailbox("before"))
    relay.outcome(place.mailbox("before"))
    faults.set(clock_s=days * 86400)
    relay.submit(place.mailbox("after"))
    relay.outcome(place.mailbox("before"), count=2 + len(relay.outcomes(place.mailbox("before"))))
    host.script = {}
    wait_for(lambda: len(host.accepted()) == 2, 30, lambda: f"both delivered: {relay.log()[-3000:]}")
    relay.wait_empty()
    assert not relay.events("failed"), "mail was given up for its age"
    if days < 0:
        relay.wait_event("clock", level="warn")
