"""Reload, stop, and what the service manager hears (issue section 2)."""

import os
import signal
import socket
import subprocess
import time

import pytest

from house.client import Client, Ended, secured
from house.daemon import message
from house.mx import Slow
from house.places import CANARY, RELAY
from house.processes import send_signal, wait_for


def test_ready_is_said_when_mail_is_taken(sealpost):
    sealpost()
    with secured() as client:
        client.expect("NOOP", 250)


def test_a_reload_is_said_to_begin_and_to_end(sealpost):
    relay = sealpost()
    relay.notices = []
    relay.reload({"limits": {"recipients": 150}})
    wait_for(lambda: relay.has_said("RELOADING=1"), 10, "RELOADING=1")
    wait_for(lambda: relay.has_said("READY=1"), 10, "READY=1")
    assert any(notice.startswith("MONOTONIC_USEC=") for notice in relay.notices)


def test_a_reload_changes_what_rooms_do_and_no_connection_is_lost(sealpost):
    relay = sealpost()
    with secured() as running:
        relay.notices = []
        relay.reload({"limits": {"size": "100K"}})
        wait_for(lambda: relay.has_said("READY=1"), 10, "reloaded")
        wait_for(lambda: probe_size() == "102400", 10, "new sessions see it", 0.1)
        running.mail(f"{CANARY}@client.test", "a@nowhere.test")


def probe_size():
    with secured() as client:
        return client.offered["SIZE"]


def test_a_bad_configuration_changes_nothing(sealpost):
    """Validated whole, before anything of it is handed out; file, line and nearest key are named."""
    relay = sealpost()
    rooms = {name: relay.rooms(name) for name in ("intake", "queue", "relay", "report")}
    with open(relay.config, "a", encoding="ascii") as file:
        file.write("limts: {size: 100K}\n")
    relay.notices = []
    send_signal(relay.process.pid, signal.SIGHUP)
    wait_for(lambda: "limts" in relay.log() and "limits" in relay.log().split("limts", 1)[1], 10, "the nearest key is named")
    assert f"{relay.config}:" in relay.log() or "sealpost.yaml" in relay.log()
    assert {name: relay.rooms(name) for name in rooms} == rooms
    assert probe_size() != "102400"


def test_listeners_come_and_go_by_reload(sealpost):
    relay = sealpost({"listen": [f"{RELAY}:25"]})
    with secured() as running:
        relay.reload({"listen": [f"{RELAY}:587"]})
        wait_for(lambda: is_listening(587), 10, "the new one listens", 0.1)
        wait_for(lambda: not is_listening(25), 10, "the old one does not", 0.1)
        running.expect("NOOP", 250)


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex((RELAY, port)) == 0


def test_stopping_says_421_to_the_idle_and_lets_the_others_finish(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost({"grace": "10s"})
    idle, busy = secured(), secured()
    busy.mail(f"{CANARY}@client.test", place.mailbox())
    busy.expect("DATA", 354)
    busy.send("Subject: half\r\n\r\n")
    send_signal(relay.process.pid, signal.SIGTERM)
    assert idle.reply().code == 421
    assert idle.has_ended()
    time.sleep(0.5)
    busy.send("the other half\r\n.\r\n")
    assert busy.reply().code == 250
    wait_for(lambda: not relay.process.is_running(), 20, "it ends")
    assert relay.process.popen.returncode == 0
    assert relay.has_said("STOPPING=1")
    relay.start()
    wait_for(host.accepted, 20, "what was accepted at the end is delivered")


def test_stopping_ends_in_time_whatever_clients_do(sealpost):
    relay = sealpost({"grace": "1s"})
    client = secured()
    client.mail(f"{CANARY}@client.test", "a@nowhere.test")
    client.expect("DATA", 354)
    send_signal(relay.process.pid, signal.SIGTERM)
    wait_for(lambda: not relay.process.is_running(), 30, "it ends", is_bound=True)
    code = None
    try:
        code = client.reply().code
    except (Ended, OSError):
        pass
    assert code in (None, 421)


def test_nothing_new_is_taken_while_stopping(sealpost):
    relay = sealpost({"grace": "3s"})
    client = secured()
    client.mail(f"{CANARY}@client.test", "a@nowhere.test")
    client.expect("DATA", 354)
    send_signal(relay.process.pid, signal.SIGTERM)
    time.sleep(0.5)
    try:
        with Client(timeout=3) as late:
            assert late.greeting.code in (421, 554)
    except (OSError, Ended):
        pass
    client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_delivery_under_way_is_finished_or_made_again(sealpost, site, mx, number):
    place = site()
    host = mx(place, script={"DOT": Slow(None, 1.5)})
    relay = sealpost({"grace": "5s"})
    relay.submit(place.mailbox())
    wait_for(lambda: host.messages, 20, "under way")
    send_signal(relay.process.pid, number)
    wait_for(lambda: not relay.process.is_running(), 20, "it ends")
    relay.start()
    relay.wait_empty()
    assert len(host.accepted()) in (1, 2)


def test_it_runs_without_privilege(sealpost, site, mx):
    """As nobody, on high ports, with everything it needs in a folder of its own."""
    if os.environ.get("SEALPOST_HOUSE_ROOT") != "1":
        pytest.skip("needs root, to be somebody else")
    place = site()
    host = mx(place)
    relay = sealpost({"listen": [f"{RELAY}:2525"], "certificate": None}, user="nobody")
    relay.submit(place.mailbox(), port=2525)
    wait_for(host.accepted, 20, "delivered")


def test_with_privilege_rooms_have_users_of_their_own(sealpost):
    if os.environ.get("SEALPOST_HOUSE_ROOT") != "1":
        pytest.skip("needs root, and the users of sysusers.d")
    relay = sealpost()
    users = {}
    for name in ("intake", "queue", "relay", "report"):
        for pid in relay.rooms(name):
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
            users[name] = set(status["Uid"].split())
            assert "0" not in users[name], f"{name} runs as root"
            assert int(status["NoNewPrivs"]) == 1 and int(status["Seccomp"]) == 2
            assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
    assert not users["intake"] & users["queue"], "who takes mail cannot read the queue"


def test_intake_cannot_open_the_queue_or_the_key(sealpost):
    """Seen from outside: no descriptor of a room leads where it has no business."""
    relay = sealpost()
    for name in ("intake", "relay"):
        for pid in relay.rooms(name):
            for number in os.listdir(f"/proc/{pid}/fd"):
                path = os.readlink(f"/proc/{pid}/fd/{number}")
                assert "/keys" not in path and "/queue" not in path, f"{name} holds {path}"
    for name in ("queue", "report"):
        for pid in relay.rooms(name):
            kinds = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
            inodes = {kind[8:-1] for kind in kinds if kind.startswith("socket:[")}
            for table in ("tcp", "tcp6", "udp", "udp6"):
                with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
                    used = {line.split()[9] for line in file.readlines()[1:]}
                assert not inodes & used, f"{name} has a network socket"


def test_sockets_handed_over_are_used(sealpost, tmp_path):
    """LISTEN_FDS, as systemd's socket activation has it."""
    relay = sealpost({"listen": [f"{RELAY}:25"]}, start=False)
    # LISTEN_PID is the pid of the process itself: a shell says it and becomes the daemon; dash knows no descriptors above 9.
    wrapper = tmp_path / "activate"
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((RELAY, 25))
        listener.listen(100)
        inode = str(os.fstat(listener.fileno()).st_ino)
        wrapper.write_text(f"#!/bin/bash\nexec 3<&{listener.fileno()}\nLISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"\n")
        wrapper.chmod(0o755)
        plain = relay.command
        relay.command = lambda: [str(wrapper)] + plain()
        relay.start(pass_fds=(listener.fileno(),))
    with secured() as client:
        client.expect("NOOP", 250)
    listening = subprocess.run(["ss", "-Hltne", "src", f"{RELAY}:25"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert f"ino:{inode}" in listening, listening


def test_messages_are_whole_after_many_reloads(sealpost, site, mx):
    place = site()
    host = mx(place)
    relay = sealpost()
    for n in range(20):
        relay.reload({"limits": {"recipients": 100 + n}})
        relay.submit(place.mailbox(), content=message(place.mailbox(), f"number {n}"))
    wait_for(lambda: len(host.accepted()) == 20, 30, "all delivered")
    assert relay.events("reload", result="applied") and not relay.events(level="error")
    assert relay.stop() == 0, "nobody read what it said to the service manager, and it goes on all the same"
