"""The spool at rest (issue section 4, promise P5): sealed, locked, verified, full."""

import os
import stat
import subprocess

import pytest

from house.client import secured
from house.daemon import message
from house.places import CANARY
from house.processes import run, wait_for

PASSPHRASE = "a passphrase of the tests"


def fill(relay, place, count=20, size=0):
    with secured() as client:
        for _ in range(count):
            client.mail(place.mailbox("sender" + CANARY), place.mailbox())
            assert client.data(message(place.mailbox(), size=size)).code == 250
        client.quit()


@pytest.mark.parametrize("size", [0, 1_000_000], ids=["staged", "streamed"])
def test_the_spool_holds_no_readable_text(sealpost, site, size):
    """
    Neither addresses, nor content, nor names of clients, in whatever file; not before, not after a restart. The ledger alone knows hosts
    and domains, by what they are.
    """
    place = site()
    relay = sealpost({"queue": {"retry_first": "1h"}})
    fill(relay, place, 5, size)
    relay.wait_queued(place.mailbox())
    for _ in range(2):
        total = 0
        for path, octets in relay.raw_spool():
            total += len(octets)
            of_hosts = () if os.sep + "ledger" + os.sep in path else (place.domain, "client.house.test")
            for word in (CANARY, "Subject:", "This is", *of_hosts):
                assert word.encode() not in octets, f"{word} in {path}"
                assert word.encode("utf-16-le") not in octets
        assert total > 5 * size
        relay.restart()
        relay.wait_queued(place.mailbox())


def test_files_are_for_their_owner(sealpost):
    relay = sealpost(start=False)
    relay.makes_key = True
    relay.start()
    for folder, folders, names in os.walk(relay.spool):
        for name in folders + names:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            assert not mode & stat.S_IRWXO, f"{folder}/{name} is {stat.filemode(mode)}"
    key = os.path.join(relay.spool, "keys", "spool.pem")
    assert stat.S_IMODE(os.stat(key).st_mode) & 0o077 == 0
    with open(key, encoding="ascii") as file:
        assert "PRIVATE KEY" in file.read()


def test_a_key_is_made_once(sealpost):
    relay = sealpost(start=False)
    relay.makes_key = True
    relay.start()
    path = os.path.join(relay.spool, "keys", "spool.pem")
    with open(path, "rb") as file:
        first = file.read()
    relay.restart()
    with open(path, "rb") as file:
        assert file.read() == first


def locked(sealpost, authority):
    """A relay whose key has a passphrase that nobody has said yet."""
    relay = sealpost(start=False)
    key = os.path.join(relay.folder, "spool.pem")
    run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-aes256", "-pass", f"pass:{PASSPHRASE}", "-out", key])
    run(["openssl", "pkey", "-in", key, "-passin", f"pass:{PASSPHRASE}", "-pubout", "-out", key + ".pub"])
    os.chmod(key, 0o600)
    relay.write({"spool": {"key": key}})
    assert authority
    return relay.start()


def test_a_locked_relay_takes_mail_and_keeps_it_sealed_until_it_is_unlocked(sealpost, authority, site, mx):
    place = site()
    host = mx(place)
    relay = locked(sealpost, authority)
    fill(relay, place, 10)
    assert not host.sessions
    wrong = relay.ctl("unlock", given="not the passphrase\n", check=False)
    assert wrong.returncode != 0
    assert not host.sessions
    for path, octets in relay.raw_spool():
        assert CANARY.encode() not in octets, path
    relay.ctl("unlock", given=PASSPHRASE + "\n")
    wait_for(lambda: len(host.accepted()) == 10, 30, "delivered")
    relay.wait_empty()


def test_a_locked_relay_loses_nothing_when_it_is_killed(sealpost, authority, site, mx):
    place = site()
    host = mx(place)
    relay = locked(sealpost, authority)
    fill(relay, place, 10)
    relay.kill_all()
    relay.start()
    fill(relay, place, 10)
    relay.ctl("unlock", given=PASSPHRASE + "\n")
    wait_for(lambda: len(host.accepted()) == 20, 30, "delivered")


def test_the_passphrase_is_nowhere(sealpost, authority):
    relay = locked(sealpost, authority)
    relay.ctl("unlock", given=PASSPHRASE + "\n")
    assert PASSPHRASE not in relay.log()
    for path, octets in relay.raw_spool():
        assert PASSPHRASE.encode() not in octets, path


def test_what_is_delivered_cannot_be_read_any_more(sealpost, site, mx):
    """Recycling: the wrapped key of a finished segment is overwritten, so that not even the private key opens it."""
    place = site()
    host = mx(place)
    relay = sealpost({"spool": {"segment": "1M", "segment_age": "1s"}})
    fill(relay, place, 20)
    wait_for(lambda: len(host.accepted()) == 20, 20, "delivered")
    relay.wait_empty()
    relay.stop()
    relay.start()
    relay.wait_empty()
    assert len(host.accepted()) == 20, "nothing of it is delivered again"


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        octet = file.read(1)
        file.seek(offset)
        file.write(bytes([octet[0] ^ 1]))


def damage(relay, kind):
    """Damage the largest segment of intake so that verify finds this kind of damage; returns its name."""
    segment = max((path for path, _ in relay.raw_spool() if "intake" in path), key=os.path.getsize)
    middle = os.path.getsize(segment) // 2
    for offset in range(middle, middle + 2000, 100):
        flip(segment, offset)
        done = relay.ctl("spool", "verify", "--json", check=False)
        if f'"finding":"{kind}"' in done.stdout:
            return os.path.basename(segment)
        flip(segment, offset)
    raise AssertionError(f"no octet found that makes a finding of kind {kind}: {done.stdout}")


def damaged(sealpost, place, kind, size):
    """A relay that has 20 messages, one of them damaged while it was stopped."""
    relay = sealpost({"queue": {"retry_first": "1h"}, "workers": {"intake": 1}})
    fill(relay, place, 20, size)
    relay.wait_queued(place.mailbox())
    relay.stop()
    assert relay.ctl("spool", "verify").returncode == 0
    segment = damage(relay, kind)
    done = relay.ctl("spool", "verify", check=False)
    assert done.returncode == 1 and segment in done.stdout + done.stderr
    return relay.start()


def test_a_damaged_envelope_is_reported_and_the_others_are_there(sealpost, site):
    relay = damaged(sealpost, site(), "damaged", 0)
    assert relay.events("finding", level="error", kind="damaged"), "damage is reported, not skipped in silence"
    assert len(relay.queue_list()) == 19, "the other messages are there"


def test_a_damaged_content_is_never_sent_and_the_others_are(sealpost, site, mx):
    place = site()
    relay = damaged(sealpost, place, "body", 20_000)
    assert len(relay.queue_list()) == 20, "who looks at envelopes only has not met it yet"
    host = mx(place)
    relay.ctl("queue", "retry", "--all")
    wait_for(lambda: len(host.accepted()) == 19, 20, "the others")
    row, = relay.wait_event("body", level="warn", reason="body-unreadable")
    assert [one["id"] for one in relay.queue_list()] == [row["id"]]
    assert len(host.accepted()) == 19


@pytest.fixture
def small_disk(house):
    """A file system of 24 MB."""
    if os.environ.get("SEALPOST_HOUSE_ROOT") != "1":
        pytest.skip("needs root, for a file system of its own")
    folder = os.path.join(house.folder, "small-disk")
    os.makedirs(folder, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", folder])
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def fill_up(folder):
    with open(os.path.join(folder, f"ballast{len(os.listdir(folder))}"), "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_puts_off_and_keeps_every_committed_message(sealpost, site, mx, small_disk):
    """E9: 452 or 451, never a false 250; recovery without a restart."""
    place = site()
    relay = sealpost({"spool": {"directory": f"{small_disk}/spool", "segment": "1M"}, "queue": {"retry_first": "1s", "retry_most": "1s"}, "workers": {"intake": 1}})
    accepted, codes = 0, []
    with secured() as client:
        for n in range(200):
            client.mail(f"{CANARY}@client.test", place.mailbox(f"{CANARY}{n}"))
            try:
                code = client.data(message(place.mailbox(), size=400_000)).code
            except AssertionError:
                client.command("RSET")
                code = 452
            codes.append(code)
            accepted += code == 250
            if codes[-5:] == [452] * 5 or codes[-5:] == [451] * 5:
                break
    assert set(codes) <= {250, 451, 452} and accepted > 10 and codes[-1] in (451, 452), codes
    fill_up(small_disk)
    assert relay.process.is_running() and not relay.events("room-ended")
    # What the journal had reserved and not used is given back, and half of it reserved again.
    relay.restart()
    fill_up(small_disk)
    assert not relay.events("fatal") and all(row["reason"] == "stopped" for row in relay.events("room-ended"))
    with secured() as client:
        client.mail(f"{CANARY}@client.test", place.mailbox())
        assert client.data(message(place.mailbox(), size=400_000)).code in (451, 452), "a full disk at the start, too"
    for name in os.listdir(small_disk):
        if name.startswith("ballast"):
            os.unlink(os.path.join(small_disk, name))
    host = mx(place)
    wait_for(lambda: sum(len(message.recipients) for message in host.accepted()) >= accepted, 60, "all that was accepted")
    relay.wait_empty()
    relay.submit(place.mailbox("again"))
    wait_for(lambda: any("again@" in address for message in host.accepted() for address in message.addresses), 20, "mail flows again")
