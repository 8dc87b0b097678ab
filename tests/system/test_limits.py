"""What clients may use (issue section 3, limits): each is reached, answered as it should be, and nobody else suffers."""

import time

import pytest

from house.client import Client, Ended, secured
from house.places import CANARY
from house.processes import wait_for


def test_sessions_of_one_client(sealpost):
    sealpost({"workers": {"intake": 1}, "limits": {"sessions_per_client": 5}})
    clients = [secured(source="127.44.2.1") for _ in range(5)]
    with Client(source="127.44.2.1", greet=False) as refused:
        assert refused.reply().code == 421
        assert refused.has_ended()
    with secured(source="127.44.2.2") as other:
        other.expect("NOOP", 250)
    clients.pop().close()
    wait_for(lambda: greeted(1), 5, "room again")
    for client in clients:
        client.expect("NOOP", 250)
        client.close()


def greeted(number):
    with Client(source=f"127.44.2.{number}") as client:
        return client.greeting.code == 220


@pytest.mark.parametrize("workers", [1, 2])
def test_sessions_in_all(sealpost, workers):
    """Divided among the workers: never more than that, and one worker alone has all of them."""
    sealpost({"workers": {"intake": workers}, "limits": {"sessions": 30, "sessions_per_client": 5}})
    clients = [Client(source=f"127.44.2.{number}", greet=False) for number in range(1, 61)]
    codes = [client.reply().code for client in clients]
    assert set(codes) == {220, 421} and codes[0] == 220
    assert codes.count(220) == 30 if workers == 1 else 15 <= codes.count(220) <= 30
    for client, code in zip(clients, codes):
        if code == 220:
            client.expect("NOOP", 250)
    for client in clients:
        client.close()
    wait_for(lambda: greeted(1), 5, "room again")


def test_a_whole_session_has_its_time(sealpost):
    """A client that says something now and then is ended at limits.session all the same."""
    sealpost({"limits": {"session": "3s"}})
    began = time.monotonic()
    with secured() as client:
        started = time.monotonic()
        code = 250
        try:
            while code == 250 and time.monotonic() - started < 30:
                code = client.command("NOOP").code
                time.sleep(0.3)
        except (Ended, OSError):
            code = 421
        assert code == 421 and time.monotonic() - began > 2.9 and time.monotonic() - started < 20


def test_the_memory_budget_is_kept(sealpost, site, mx):
    """Large messages from many sessions at once: those beyond the budget are put off, the others go through."""
    place = site()
    host = mx(place)
    relay = sealpost({"workers": {"intake": 1}, "limits": {"memory": "8M", "size": "20M"}, "spool": {"staged": "4M"}})
    clients = [secured() for _ in range(10)]
    codes = []
    for client in clients:
        try:
            client.mail(f"{CANARY}@client.test", place.mailbox())
            client.expect("DATA", 354)
        except AssertionError:
            codes.append(452)
            continue
        client.send(b"Subject: big\r\n\r\n" + b"0123456789" * 7 + b"\r\n" + (b"y" * 70 + b"\r\n") * 40000)
    pid = relay.rooms("intake")[0]
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        assert next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) < 60_000
    for client in clients[:10 - len(codes)]:
        client.send(b".\r\n")
        codes.append(client.reply().code)
    assert set(codes) <= {250, 451, 452} and 250 in codes
    wait_for(lambda: len(host.accepted()) == codes.count(250), 30, "what was accepted arrives")
    for client in clients:
        client.close()


@pytest.mark.parametrize("size", [100, 200_000, 5_000_000, 30_000_000])
def test_messages_of_every_size_go_through(sealpost, site, mx, size):
    """Staged in memory or streamed to a segment of their own: one format, two placements."""
    place = site()
    host = mx(place)
    relay = sealpost()
    content = b"Subject: big\r\n\r\n" + (b"%060d canary4f1d9c\r\n" * (size // 75 + 1)) % tuple(range(size // 75 + 1))
    relay.submit(place.mailbox(), content=content, timeout=60)
    wait_for(host.accepted, 240, "delivered")
    assert host.accepted()[0].content.endswith(content)
