"""Without descriptors, without a folder to write to: 4yz, a line in the log, and everything goes on when the cause ends."""

import os
import time

import pytest

from house.client import Client, secured
from house.daemon import message
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
