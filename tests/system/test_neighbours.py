"""
Real neighbours: Postfix, Exim and OpenSMTPD hand everything to sealpost (it is their relayhost, over TLS), Postfix and Exim
are its next hops and take mail over TLS only; swaks, Python's smtplib and openssl s_client as the clients of people.
"""

import json
import os
import smtplib
import ssl
import subprocess

import pytest

from house.neighbours import Exim, OpenSMTPD, Postfix
from house.places import CANARY, CLIENT, HOSTNAME, RELAY, RELAY6
from house.processes import LIBRARY_PATHS, run, wait_for

TEXT = f"From: <{CANARY}@client.test>\nTo: <{CANARY}@x.test>\nSubject: from a neighbour\n\nThis is {CANARY}.\n.\nafter a dot\n"

needs_root = pytest.mark.skipif(os.environ.get("SEALPOST_HOUSE_ROOT") != "1", reason="needs root: a neighbour has users of its own")


@pytest.fixture
def neighbour(house):
    made = []

    def make(kind, *arguments, **options):
        made.append(kind(house.folder, house.authority, *arguments, **options))
        return made[-1]
    yield make
    for one in made:
        one.stop()


def told(neighbour):
    return "".join(list(neighbour.log())[-40:])


def through(neighbour, sealpost, site, mx):
    """Mail of a neighbour, through sealpost, to a good host."""
    place = site()
    host = mx(place)
    relay = sealpost({"listen": [f"{RELAY}:25", f"[{RELAY6}]:25"], "clients": ["127.44.2.0/24", "fd44::/64"]})
    neighbour.send(f"{CANARY}@client.test", place.mailbox(), TEXT)
    wait_for(host.accepted, 40, lambda: f"delivered\n{told(neighbour)}\n{relay.log()[-2000:]}")
    content = host.accepted()[0].content
    assert b"after a dot" in content and b"\r\n.\r\n" in content
    assert f"by {HOSTNAME}".encode() in content
    return content


@needs_root
def test_postfix_hands_everything_to_us(neighbour, sealpost, site, mx):
    one = neighbour(Postfix, "postfix.client.test", relayhost=f"[{HOSTNAME}]:25")
    through(one, sealpost, site, mx)
    wait_for(lambda: any("Verified TLS connection established to " + HOSTNAME in line for line in one.log()), 10, lambda: told(one))


@needs_root
def test_exim_hands_everything_to_us(neighbour, sealpost, site, mx):
    one = neighbour(Exim, "exim.client.test", relayhost=HOSTNAME)
    through(one, sealpost, site, mx)
    wait_for(lambda: any("CV=yes" in line for line in one.log()), 10, lambda: told(one))


@needs_root
def test_opensmtpd_hands_everything_to_us(neighbour, sealpost, site, mx):
    one = neighbour(OpenSMTPD, "opensmtpd.client.test", relayhost=f"smtp+tls://{HOSTNAME}:25")
    through(one, sealpost, site, mx)


@needs_root
@pytest.mark.parametrize("kind", [Postfix, Exim])
def test_they_take_mail_from_us(neighbour, sealpost, kind):
    """As the next hop of a static route, verified by its name; twice over one configuration, large and small."""
    one = neighbour(kind, domain="boxes.test")
    relay = sealpost({"routes": {"boxes.test": f"smtp:{one.name}:25"}})
    relay.submit(f"{CANARY}@boxes.test")
    relay.submit(f"{CANARY}2@boxes.test", content=b"Subject: large\r\n\r\n" + (CANARY.encode() + b" " * 50 + b"\r\n") * 20000)
    wait_for(lambda: len(one.mail()) == 2, 40, lambda: f"delivered\n{told(one)}\n{relay.log()[-2000:]}")
    relay.wait_empty()
    assert all(CANARY.encode() in message for message in one.mail())


@needs_root
def test_they_refuse_what_they_do_not_want_and_the_sender_hears_it(neighbour, sealpost, site, mx):
    more = "smtpd_recipient_restrictions = check_recipient_access inline:{{refused@boxes.test=550 5.7.1 not here}}, permit\n"
    one = neighbour(Postfix, domain="boxes.test", more=more)
    home = site()
    back = mx(home)
    relay = sealpost({"routes": {"boxes.test": f"smtp:{one.name}:25"}})
    relay.submit("refused@boxes.test", sender=home.mailbox())
    wait_for(back.accepted, 40, lambda: told(one))
    assert b"not here" in back.accepted()[0].content, back.accepted()[0].content.decode() + told(one)


# --- what their Received fields say, as we read them

@needs_root
@pytest.mark.parametrize("kind", [Postfix, Exim])
def test_what_they_wrote_of_our_tls_is_read(neighbour, sealpost, kind):
    """A maildir of a real daemon: version and cipher are those that it logged."""
    one = neighbour(kind, domain="boxes.test", **({"more": "smtpd_tls_received_header = yes\n"} if kind is Postfix else {}))
    relay = sealpost({"routes": {"boxes.test": f"smtp:{one.name}:25"}})
    relay.submit(f"{CANARY}@boxes.test")
    wait_for(lambda: len(one.mail()) == 1, 40, lambda: f"delivered\n{told(one)}\n{relay.log()[-2000:]}")
    theirs, ours = relay.ctl("received", one.path("boxes", "box"), as_json=True)
    assert theirs["software"] == kind.__name__.lower() and theirs["tls"] == "yes" and theirs["with"].upper() == "ESMTPS", theirs
    assert theirs["version"] == "TLSv1.3" and theirs["cipher"].startswith("TLS_"), theirs
    assert theirs["from"] == HOSTNAME and "ip" in theirs and theirs["by"] == one.name and theirs["is_evidence"], theirs
    assert ours["by"] == HOSTNAME and ours["tls"] == "yes" and ours["cipher"].startswith("TLS_") and not ours["is_evidence"], ours
    assert theirs["date"] >= ours["date"]


@needs_root
@pytest.mark.parametrize("kind, relayhost", [(Postfix, f"[{HOSTNAME}]:25"), (Exim, HOSTNAME), (OpenSMTPD, f"smtp+tls://{HOSTNAME}:25")])
def test_what_they_wrote_of_a_local_program_is_read(house, neighbour, sealpost, site, mx, kind, relayhost):
    """Nothing was carried: nothing is said of TLS (house.test is how OpenSMTPD names itself to its own sendmail). What we wrote above says how it came to us."""
    one = neighbour(kind, f"{kind.__name__.lower()}.client.test", relayhost=relayhost)
    content = through(one, sealpost, site, mx)
    program = house.programs().sealpost
    done = subprocess.run([program, "received", "--trusted", f"{HOSTNAME},{one.name},house.test,127.0.0.0/8,fd44::/64"], input=content, stdout=subprocess.PIPE, timeout=60, check=True,
                          env=LIBRARY_PATHS)
    ours, theirs = [json.loads(line) for line in done.stdout.splitlines()][:2]
    assert ours["by"] == HOSTNAME and ours["tls"] == "yes" and ours["is_evidence"], ours
    assert theirs["software"] == kind.__name__.lower() and theirs["tls"] == "unknown" and theirs["by"] in (one.name, "house.test") and theirs["is_evidence"], (theirs, content)


# --- the clients of people

@pytest.fixture
def good(sealpost, site, mx):
    place = site()
    host = mx(place)
    return sealpost(), place, host


@pytest.mark.parametrize("words", [["--tls", "--port", "25"], ["--tls", "--port", "587"], ["--tls-on-connect", "--port", "465"],
                                   ["--tls", "--tls-protocol", "tlsv1_2", "--port", "25"]])
def test_swaks(good, words):
    _, place, host = good
    done = run(["swaks", "--server", RELAY, "--local-interface", CLIENT, *words, "--from", f"{CANARY}@client.test", "--to", place.mailbox(), "--ehlo", "swaks.client.test",
                "--body", f"This is {CANARY}"], check=False)
    assert done.returncode == 0, done.stdout
    wait_for(host.accepted, 20, "delivered")


def test_swaks_without_tls_is_refused(sealpost):
    sealpost()
    from house.places import HOSTILE
    done = run(["swaks", "--server", RELAY, "--local-interface", HOSTILE, "--from", "a@client.test", "--to", "b@x.test", "--ehlo", "swaks.client.test"], check=False)
    assert done.returncode != 0 and "530 5.7.0" in done.stdout, done.stdout


@pytest.mark.parametrize("port", [25, 587, 465])
def test_smtplib_verifies_us(good, authority, port):
    _, place, host = good
    context = ssl.create_default_context(cafile=authority.trusted)
    options = {"local_hostname": "python.client.test", "timeout": 20, "source_address": (CLIENT, 0)}
    kind = smtplib.SMTP_SSL if port == 465 else smtplib.SMTP
    # The name is looked up: nothing but the house's resolver answers.
    with kind(HOSTNAME, port, **options, **({"context": context} if port == 465 else {})) as session:
        if port != 465:
            session.starttls(context=context)
        refused = session.sendmail(f"{CANARY}@client.test", [place.mailbox("a"), place.mailbox("b")], TEXT.replace("\n", "\r\n"))
        assert refused == {}
    wait_for(lambda: sum(len(message.recipients) for message in host.accepted()) == 2, 20, "delivered")


def test_s_client_by_hand(good):
    _, place, host = good
    lines = ["EHLO hand.client.test", f"MAIL FROM:<{CANARY}@client.test>", f"rcpt to:<{place.mailbox()}>", "DATA", "Subject: by hand", "", f"This is {CANARY}.", ".", "quit"]
    done = subprocess.run(["openssl", "s_client", "-quiet", "-crlf", "-connect", f"{RELAY}:25", "-bind", CLIENT, "-starttls", "smtp", "-name", "hand.client.test"],
                          input="\n".join(lines) + "\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    wait_for(host.accepted, 20, lambda: done.stdout)
