"""
Attackers on the path (promise P3): for each attack, alone and together with others: mail that would have gone waits, the log names
the reason, nothing reaches the attacker, and all flows when the attack ends. Every domain has had a mail before, and the relay was started
anew since: what it knows it knows from disk.
"""

import pytest

from conftest import Site, relay_maker, relays_end
from house.attacker import BEHIND, Attacker
from house.mx import MailHost
from house.places import CANARY
from house.policyhost import PolicyHost, policy_text
from house.processes import wait_for

EVIL_MX = (["MX 5 evil{n}.evil.open.test."], "{d}", "MX")
EVIL_RECORD = (['TXT "v=STSv1; id=evil"'], "_mta-sts.{d}", "TXT")
NO_RECORD = ("deny", "_mta-sts.{d}", "TXT")
NO_TLSA = ("deny", "_25._tcp.{h}", "TLSA")


class Attack:
    """
    guard   what protects the domain: "" nothing but the default, dane, sts, both, ratchet
    mail    a mode of house.attacker.MailWire; web: one of WebWire; names: (deed, name, type) each
    shows   the certificate that the attacker has: self-signed; "stolen" is valid for the mail host, by an authority that was deceived;
            "own" is valid for a name of the attacker's
    """

    def __init__(self, name, reasons, zone="live", guard="", mail=None, web=None, names=(), shows="self-signed"):
        self.name, self.zone, self.guard, self.mail, self.web, self.names, self.shows = name, zone, guard, mail, web, names, shows
        self.reasons = (reasons,) if isinstance(reasons, str) else reasons

    def __repr__(self):
        return self.name


GONE = ("closed", "reset", "timeout", "connect-failed", "connect-refused", "handshake-closed", "handshake-reset")
DNS = ("dns-failed", "dns-bogus", "mx-unusable", "host-not-found")

ATTACKS = [
    # --- before TLS
    Attack("STARTTLS stripped", "starttls-not-supported", mail="strip"),
    Attack("STARTTLS mangled", "starttls-mangled", mail="mangle"),
    Attack("STARTTLS answered with 454", "starttls-refused", mail="later"),
    Attack("STARTTLS answered with 554", "starttls-refused", mail="never"),
    Attack("STARTTLS answered with 502", "starttls-refused", mail="unknown"),
    Attack("EHLO answered with 502", "ehlo-refused", mail="helo-only"),
    Attack("reset at once", GONE, mail="reset"),
    Attack("closed at once", GONE, mail="close"),
    Attack("silence", GONE, mail="silence"),
    Attack("reset behind STARTTLS", GONE, mail="reset-after"),
    # --- in the middle of TLS
    Attack("another certificate", "certificate-self-signed", mail="certificate"),
    Attack("another certificate, valid for another name", "certificate-name-mismatch", mail="certificate", shows="own"),
    Attack("a stolen certificate against DANE", "dane-mismatch", guard="dane", mail="certificate", shows="stolen"),
    Attack("another certificate against MTA-STS", "certificate-self-signed", zone="open", guard="sts", mail="certificate"),
    # --- the DNS
    Attack("MX forged against MTA-STS", "sts-mx-mismatch", zone="open", guard="sts", names=[EVIL_MX]),
    Attack("MX forged against the ratchet", "ratchet-mx-mismatch", zone="open", guard="ratchet", names=[EVIL_MX]),
    Attack("MX forged, signed", DNS, names=[EVIL_MX]),
    Attack("MX spoilt", DNS, names=[("spoil", "{d}", "MX")]),
    Attack("MX stripped of its signatures", DNS, names=[("strip", "{d}", "MX")]),
    Attack("MX dropped", DNS, names=[("drop", "{d}", "MX")]),
    Attack("address forged, not signed", "certificate-name-mismatch", zone="open", names=[(["A 127.44.10.{evil}"], "{h}", "A")]),
    Attack("address forged, signed", DNS, names=[(["A 127.44.10.{evil}"], "{h}", "A")]),
    Attack("TLSA dropped", "dane-lookup-failed", guard="dane", names=[("drop", "_25._tcp.{h}", "TLSA")]),
    Attack("TLSA denied", "dane-lookup-failed", guard="dane", names=[NO_TLSA]),
    Attack("TLSA stripped of its signatures", "dane-lookup-failed", guard="dane", names=[("strip", "_25._tcp.{h}", "TLSA")]),
    Attack("TLSA forged", "dane-lookup-failed", guard="dane", names=[(["TLSA 3 1 1 " + "5a" * 32], "_25._tcp.{h}", "TLSA")]),
    Attack("TLSA refused", "dane-lookup-failed", guard="dane", names=[("refuse", "_25._tcp.{h}", "TLSA")]),
    # --- together
    Attack("stripped, and the record denied", "starttls-not-supported", zone="open", guard="sts", mail="strip", names=[NO_RECORD]),
    Attack("MX forged, the record denied, 443 reset", "sts-mx-mismatch", zone="open", guard="sts", web="reset", names=[EVIL_MX, NO_RECORD]),
    Attack("MX forged, a new record, 443 silent", "sts-mx-mismatch", zone="open", guard="sts", web="silence", names=[EVIL_MX, EVIL_RECORD]),
    Attack("MX forged, a new record, a policy host of its own", "sts-mx-mismatch", zone="open", guard="sts", web="certificate",
        names=[EVIL_MX, EVIL_RECORD]),
    Attack("another certificate, the record denied, 443 reset", "certificate-self-signed", zone="open", guard="sts", mail="certificate",
        web="reset",
           names=[NO_RECORD]),
    Attack("a stolen certificate, TLSA denied", "dane-lookup-failed", guard="dane", mail="certificate", shows="stolen", names=[NO_TLSA]),
    Attack("a stolen certificate against both, the record denied, 443 reset", "dane-mismatch", guard="both", mail="certificate",
        shows="stolen", web="reset",
           names=[NO_RECORD]),
    Attack("stripped, MX forged, ratchet", "ratchet-mx-mismatch", zone="open", guard="ratchet", mail="strip", names=[EVIL_MX]),
    Attack("everything against both", DNS, guard="both", mail="strip", web="reset",
           names=[EVIL_MX, NO_RECORD, NO_TLSA, ("drop", "{h}", "A")]),
    Attack("everything but the MX against both", "dane-lookup-failed", guard="both", mail="certificate", shows="stolen", web="silence",
           names=[("drop", "_mta-sts.{d}", "TXT"), NO_TLSA]),
]

SETTINGS = {
    "queue": {"retry_first": "1s", "retry_most": "2s"},
    "timeouts": {"connect": "5s", "greeting": "5s", "handshake": "5s", "ehlo": "5s"},
    "policy": {"ratchet_successes": 1, "ratchet_days": 1},
    "dns": {"timeout": "1s", "tries": 3},
}


class Victim:
    """A domain, its hosts behind the attacker's wires, and the attacker's own host."""

    def __init__(self, house, attack):
        self.house, self.attack = house, attack
        self.place, self.lair = (Site(next(house.sites), attack.zone) for _ in range(2))
        place, authority = self.place, house.authority
        self.words = {"d": place.domain, "h": place.host, "n": place.number, "evil": self.lair.number}
        self.host = MailHost(place.address, place.host, authority.certificate(place.host), port=25 + BEHIND)
        evil = f"evil{place.number}.evil.open.test"
        # Its own name is proved, and everything is taken: whoever comes here has lost its mail. By the victim's name it has nothing.
        self.evil = MailHost(self.lair.address, evil, authority.certificate("*.evil.open.test"))
        shown = {"self-signed": lambda: authority.certificate(place.host, kind="self-signed"),
            "own": lambda: authority.certificate("*.evil.open.test"),
                 "stolen": lambda: authority.certificate(place.host, "stolen.test")}
        self.attacker = Attacker(house.names, place, shown[attack.shows]())
        self.attacker.web.policy = policy_text("none").encode()
        self.web = None
        self.records = {f"evil{place.number}.evil.open.test": [f"A {self.lair.address}"]}
        if attack.guard in ("dane", "both"):
            self.records[f"_25._tcp.{place.host}"] = [f"TLSA {self.host.certificate.tlsa()}"]
        if attack.guard in ("sts", "both"):
            self.web = PolicyHost(place, authority.certificate(f"mta-sts.{place.domain}"), policy_text("enforce", [place.host]),
                port=443 + BEHIND)
            self.records[f"_mta-sts.{place.domain}"] = ['TXT "v=STSv1; id=true"']

    def begin(self):
        self.attacker.mail.mode, self.attacker.web.mode = self.attack.mail, self.attack.web
        for deed, name, kind in self.attack.names:
            deed = [row.format(**self.words) for row in deed] if isinstance(deed, list) else deed
            self.house.names.wire.do(deed, name.format(**self.words), kind)

    def stop(self):
        for one in [self.attacker.mail, self.attacker.web, self.host, self.evil] + ([self.web] if self.web else []):
            one.stop()


class Siege:
    """All victims at once: one mail in peace, one under attack, and peace again."""

    def __init__(self, house, relay):
        self.house, self.relay = house, relay
        self.victims = {attack: Victim(house, attack) for attack in ATTACKS}
        records = {}
        for victim in self.victims.values():
            records.update(victim.records)
        house.names.change(records)

    def send(self, count):
        for victim in self.victims.values():
            self.relay.submit(victim.place.mailbox())
        return {attack: self.relay.outcome(victim.place.mailbox(), count=count, timeout=40) for attack, victim in self.victims.items()}

    def seen(self, attack):
        """Outcomes under attack."""
        return self.relay.outcomes(self.victims[attack].place.mailbox())[1:]

    def held(self, attack):
        """The first of them that tells of the attack: on a busy machine the DNS may be silent before."""
        return next((row for row in self.seen(attack) if row["reason"] in attack.reasons), None)

    def run(self):
        self.house.run_only(self.relay)
        self.before = self.send(1)
        self.relay.stop()
        for victim in self.victims.values():
            victim.begin()
        self.house.names.forget()
        self.relay.start()
        for victim in self.victims.values():
            self.relay.submit(victim.place.mailbox())
        self.under = {attack: wait_for(lambda attack=attack: self.held(attack), what=lambda attack=attack: f"{attack}: {self.seen(attack)}")
                      for attack in self.victims}
        self.leaked = {attack: (victim.attacker.taken(), list(victim.evil.messages), len(victim.host.accepted()))
                       for attack, victim in self.victims.items()}
        self.queued = str(self.relay.queue_list())
        self.all_under = {attack: self.seen(attack) for attack in self.victims}
        for victim in self.victims.values():
            victim.attacker.mail.mode = victim.attacker.web.mode = None
        self.house.names.wire.calm()
        self.house.names.forget()
        return self

    def end(self):
        self.house.names.wire.calm()
        for victim in self.victims.values():
            victim.stop()
        self.house.names.forget()


@pytest.fixture(scope="module")
def siege(house):
    make, made = relay_maker(house)
    one = Siege(house, make(SETTINGS, start=False))
    try:
        yield one.run()
    finally:
        one.end()
        relays_end(made)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_mail_waits_nothing_leaks_and_all_flows_again(siege, attack):
    victim = siege.victims[attack]
    assert siege.before[attack]["dsn"].startswith("2."), siege.before[attack]["line"]
    row = siege.under[attack]
    assert all(one["dsn"].startswith("4.") and one["reason"] in (*attack.reasons, *DNS) for one in siege.all_under[attack]), siege.all_under[attack]
    assert victim.place.mailbox() in siege.queued
    taken, lost, delivered = siege.leaked[attack]
    assert CANARY.encode() not in taken and b"MAIL" not in taken and not lost and delivered == 1
    if attack.mail:
        assert victim.attacker.mail.attacked or "mx-mismatch" in row["reason"] or row["reason"] in (*DNS, "dane-lookup-failed")

    def last_outcome():
        return siege.relay.outcomes(victim.place.mailbox())[-1]
    last = wait_for(lambda: (row := last_outcome())["dsn"].startswith("2.") and row, 45, lambda: f"it flows: {last_outcome()['line']}")
    assert len(victim.host.accepted()) == 2 and last["tls"] == siege.before[attack]["tls"] and not victim.evil.messages, last["line"]


def test_first_contact_is_what_nobody_can_save(sealpost, names, site, mx, published):
    """MX1, RFC 8461 10.2: record denied and MX forged before anything was known; the log has who got the mail, and what that proved."""
    place, lair = site("open"), site("open")
    mx(place)
    evil = mx(lair)
    published(place)
    names.wire.do("deny", f"_mta-sts.{place.domain}", "TXT")
    names.wire.do([f"MX 5 {lair.host}."], place.domain, "MX")
    relay = sealpost()
    relay.submit(place.mailbox())
    row = relay.outcome(place.mailbox())
    assert row["tls"] == "verify:mx" and row["mx"] == lair.host and len(evil.accepted()) == 1


def test_a_list_or_a_rule_saves_first_contact(sealpost, names, site, mx, published):
    """The same, and the operator has said beforehand what must be proved."""
    place, lair = site("open"), site("open")
    mx(place)
    evil = mx(lair)
    published(place)
    names.wire.do("deny", f"_mta-sts.{place.domain}", "TXT")
    names.wire.do([f"MX 5 {lair.host}."], place.domain, "MX")
    relay = sealpost({"policy": {"domains": {place.domain: "secure"}}, "queue": {"retry_first": "1h"}})
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["reason"] == "mx-insecure"
    assert not evil.messages
