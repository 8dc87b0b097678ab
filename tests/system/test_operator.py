"""The operator's tool (issue section 6): every command, in words and in JSON, and its exit status."""

import json

import pytest

from house.daemon import message
from house.places import CANARY
from house.processes import wait_for


@pytest.fixture
def waiting(sealpost, site, mx):
    """A relay with three messages that wait: (relay, place, host, identities)."""
    place = site()
    host = mx(place, script={"RCPT": "450 4.2.1 mailbox busy"})
    relay = sealpost({"queue": {"retry_first": "1h"}})
    names = [relay.submit(place.mailbox(f"{CANARY}{n}"), sender=f"sender{n}@client.test") for n in range(3)]
    for n in range(3):
        relay.outcome(place.mailbox(f"{CANARY}{n}"))
    relay.wait_deferred(count=3)
    return relay, place, host, names


def test_the_queue_is_listed_in_words_and_in_json(waiting):
    relay, place, _, names = waiting
    text = relay.ctl("queue", "list").stdout
    rows = relay.queue_list()
    assert len(rows) == 3 and all(isinstance(row, dict) for row in rows)
    for n, name in enumerate(names):
        assert name in text and place.domain in text
        row, = [row for row in rows if name in json.dumps(row)]
        assert f"sender{n}@client.test" in json.dumps(row)
    assert "mailbox busy" in str(rows) or "4.2.1" in str(rows)


def test_a_list_can_be_narrowed(waiting):
    relay, place, _, names = waiting
    assert len(relay.queue_list(names[0])) == 1
    assert len(relay.queue_list("--from", "sender1@client.test")) == 1
    assert len(relay.queue_list("--from-domain", "client.test", "--newer", "1h")) == 3
    assert len(relay.queue_list("--to", place.mailbox(f"{CANARY}2"))) == 1
    assert len(relay.queue_list("--to-domain", place.domain)) == 3
    assert relay.queue_list("--to-domain", "elsewhere.test") == []
    assert len(relay.queue_list("--hop", f"mx:{place.domain}", "--reason", "recipient-refused", "--state", "deferred")) == 3
    assert relay.queue_list("--older", "1h") == []


def test_a_message_is_shown_without_its_content(waiting):
    relay, place, _, names = waiting
    text = relay.ctl("queue", "show", names[0]).stdout
    assert names[0] in text and place.mailbox(f"{CANARY}0") in text and "450" in text and "mailbox busy" in text and place.host in text
    assert f"This is {CANARY}" not in text
    assert relay.ctl("queue", "show", "0000000000-1", check=False).returncode == 1


def test_retry_tries_now(waiting):
    relay, place, host, names = waiting
    host.use(RCPT=None)
    relay.ctl("queue", "retry", names[1])
    wait_for(host.accepted, 20, "delivered")
    assert host.accepted()[0].addresses == [place.mailbox(f"{CANARY}1")]
    assert len(relay.queue_list()) == 2


def test_hold_holds_and_release_lets_go(waiting):
    relay, _, host, names = waiting
    relay.ctl("queue", "hold", names[0])
    assert "hold" in str(relay.queue_list(names[0])).lower() or "held" in str(relay.queue_list(names[0])).lower()
    host.use(RCPT=None)
    relay.ctl("queue", "retry", *names)
    wait_for(lambda: len(host.accepted()) == 2, 20, "the others are delivered")
    assert [row for row in relay.queue_list() if names[0] in str(row)]
    relay.restart()
    assert [row for row in relay.queue_list() if names[0] in str(row)], "held across a restart"
    relay.ctl("queue", "release", names[0])
    wait_for(lambda: len(host.accepted()) == 3, 20, "delivered after its release")


def test_remove_removes_for_good_and_tells_nobody(waiting):
    relay, _, host, names = waiting
    relay.ctl("queue", "remove", names[0])
    assert len(relay.queue_list()) == 2
    relay.restart()
    assert len(relay.queue_list()) == 2 and names[0] not in str(relay.queue_list())
    assert not host.accepted()
    assert relay.ctl("queue", "remove", names[0], check=False).returncode == 1


def test_bounce_tells_the_sender(sealpost, site, mx):
    place, home = site(), site()
    mx(place, script={"RCPT": "450 4.2.1 busy"})
    back = mx(home)
    relay = sealpost({"queue": {"retry_first": "1h"}})
    name = relay.submit(place.mailbox(), sender=home.mailbox())
    relay.wait_deferred()
    relay.ctl("queue", "bounce", name)
    wait_for(back.accepted, 20, "the notification")
    assert b"Action: failed" in back.accepted()[0].content
    relay.wait_empty()


def test_status_in_words_and_in_json(waiting):
    relay, _, _, _ = waiting
    text = relay.ctl("status").stdout
    for room in ("intake", "queue", "relay", "report"):
        assert room in text
    rows = relay.ctl("status", as_json=True)
    assert rows and "3" in json.dumps(rows)


def test_check_says_what_is_wrong_and_where(sealpost):
    relay = sealpost(start=False)
    assert relay.ctl("check").returncode == 0
    with open(relay.config, "a", encoding="ascii") as file:
        file.write("hostnme: x.test\nlimits: {size: many}\n")
    with open(relay.config, encoding="ascii") as file:
        lines = file.read().splitlines()
    done = relay.ctl("check", check=False)
    text = done.stdout + done.stderr
    assert done.returncode == 1
    assert f":{lines.index('hostnme: x.test') + 1}:" in text and "hostname" in text and "size" in text
    rows = [json.loads(line) for line in relay.ctl("check", "--json", check=False).stdout.splitlines()]
    assert rows


@pytest.mark.parametrize("lines", [
    "hostname: [a, b]", "clients: {a: b}", "queue: {retry_first: soon}", "accept: {ours.test: nonsense:x}", "clients: [192.0.2.1/24]", "workers: {intake: 100000}",
    "policy: {default: none}", "policy: {default: may}", "tls: {minimum: TLSv1.0}", "listen: [99999]", "trust: /nonexistent", "certificate: /nonexistent", ": :",
    "hostname: a.test\nhostname: b.test", "\t", "&a [*a]",
])
def test_nothing_starts_on_a_bad_configuration(sealpost, lines):
    relay = sealpost(start=False)
    with open(relay.config, "w", encoding="ascii") as file:
        file.write(lines + "\n")
    relay.launch()
    wait_for(lambda: not relay.process.is_running(), 10, "it ends")
    assert relay.process.popen.returncode != 0
    assert not relay.has_said("READY=1")
    assert relay.ctl("check", check=False).returncode == 1


def test_four_lines_are_enough(sealpost):
    """The bar is OpenSMTPD's: what design.md shows is accepted."""
    relay = sealpost(start=False)
    with open(relay.config, "w", encoding="ascii") as file:
        file.write(f"hostname: out.example.org\nclients: [192.0.2.10]\nspool: {{directory: {relay.spool}}}\ncontrol: {relay.folder}/control\n")
    done = relay.ctl("check", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_describes_itself(sealpost):
    relay = sealpost(start=False)
    text = relay.ctl("config", "describe").stdout
    for key in ("hostname", "certificate", "listen", "clients", "accept", "routes", "relayhost", "policy", "trust", "dns", "limits", "queue", "spool", "log"):
        assert f"{key}:" in text
    path = relay.config + ".described"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    relay.config = path
    assert relay.ctl("check", check=False).returncode == 0, "the complete file is a valid file"


def test_without_a_relay_the_tool_says_so(sealpost):
    relay = sealpost(start=False)
    done = relay.ctl("queue", "list", check=False)
    assert done.returncode not in (0, 1) and done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["queue", "nonsense"], ["queue", "show"], ["--nonsense"]])
def test_words_it_does_not_know(sealpost, words):
    relay = sealpost(start=False)
    assert relay.ctl(*words, check=False).returncode == 64


def test_a_deployment_file_of_the_log_says_what_happened(waiting):
    """Names of fields are stable; one line per event; nothing from outside breaks a line."""
    relay, place, _, names = waiting
    for line in relay.log().splitlines():
        assert "event=" in line, line
        assert line.isascii() and line.isprintable(), line
    row = relay.outcome(place.mailbox(f"{CANARY}0"))
    for field in ("id", "to", "mx", "ip", "tls", "version", "cipher", "code", "dsn", "reason", "delay"):
        assert field in row, field
    assert row["id"] == names[0] and row["mx"].startswith(place.host) and row["code"] == "450" and row["dsn"] == "4.2.1"


@pytest.mark.parametrize("much, shown, hidden", [("domain", "<*@", CANARY), ("none", "<*>", "secure.test>")])
def test_addresses_are_logged_as_much_as_wanted(sealpost, site, mx, much, shown, hidden):
    place = site()
    host = mx(place)
    relay = sealpost({"log": {"addresses": much}})
    relay.submit(place.mailbox(), content=message("x@y.test"))
    wait_for(host.accepted, 20, "delivered")
    wait_for(lambda: shown in relay.log(), 10, "a line with the address")
    assert hidden not in "".join(row["line"] for row in relay.events() if "to" in row or "from" in row)
