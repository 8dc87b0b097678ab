"""
One next hop as a row of a table: what is published about it, what it shows, what the operator has ruled, and what has to become
of mail to it. Worlds put many of them up at once, so that a whole table takes the time of its slowest row.
"""

import json
import time

from house.mx import MailHost
from house.places import CANARY
from house.policyhost import PolicyHost, policy_text
from house.processes import wait_for

HARMLESS = {b"EHLO", b"STARTTLS", b"QUIT", b"NOOP"}
NO_TLS = "TLS-Required: No\r\n"


class Row:
    """
    A situation. Texts may name {d} the domain, {h} its host, {a} the host's address, {n} its number, {z} the zone; {h2}, {a2}
    ... of a second host.
      zone       live (signed) or open (not)
      show       the host's certificate: a kind of house.pki, or "anchored", "anchored-expired", "unanchored" (its top is not shown)
      names      that the certificate has, instead of {h}
      mx         options of house.mx; mx2: a second host, with those
      tlsa       records of {h}: "3 1 1" matches what is shown, "3 1 1 bad" does not, others are data as they are
      records    owner to records, beside or instead of what the site has
      sts        (mode, patterns): published and served, for max_age seconds; sts_fault: of the policy host; sts_show and sts_names
                 are its certificate
      wire       (deed, owner, type) of house.namewire, from the start
      rule       level; exception: (level, day); preload: (mode, patterns)
      params     of MAIL; fields: header fields of the message
      before     so many mails are delivered first; then `then` is what changes: {"records": .., "show": .., "sts": .., "sts_fault": ..,
                 "id": .., "policy": the file as it is, "wire": [..]}
      delivered  evidence in tls=; or later: reason, or reasons; or failed: (reason, status)
      sni        that the host must have seen; seen: what must be in the row of the log beside
    """

    def __init__(self, name, ids="", zone="live", show="good", names=("{h}",), mx=None, mx2=None, show2="good", tlsa=(), records=None,
                 sts=None, sts_fault=None, sts_show="good", sts_names=("mta-sts.{d}",), max_age=86400, wire=(), rule=None, exception=None,
                 preload=None, params="", fields="", before=0, then=None, delivered=None, later=None, failed=None, sni=None, by=1,
                 asked=None):
        self.name, self.ids, self.zone, self.show, self.names = name, ids, zone, show, names
        self.mx, self.mx2, self.show2, self.tlsa, self.records = mx or {}, mx2, show2, tlsa, records or {}
        self.sts, self.sts_fault, self.wire = sts, sts_fault, wire
        self.rule, self.exception, self.preload, self.params, self.fields = rule, exception, preload, params, fields
        self.sts_show, self.sts_names, self.max_age = sts_show, sts_names, max_age
        self.before, self.then = before, then or {}
        self.delivered, self.failed, self.sni, self.by, self.asked = delivered, failed, sni, by, asked
        self.later = (later,) if isinstance(later, str) else later
        assert sum(bool(one) for one in (delivered, later, failed)) == 1, name

    def __repr__(self):
        return self.name


class Placed:
    """A row with a place in the world, and what stands there."""

    def __init__(self, row, places, house):
        self.row, self.house = row, house
        self.place, self.second = places[0], places[1] if len(places) > 1 else None
        self.words = {"d": self.place.domain, "h": self.place.host, "a": self.place.address, "n": self.place.number,
                      "z": f"{row.zone}.test"}
        if self.second:
            self.words.update(h2=self.second.host, a2=self.second.address, n2=self.second.number)
        self.hosts = []
        self.policy = None
        self.mailbox = self.place.mailbox()

    def text(self, words):
        return words.format(**self.words) if isinstance(words, str) else words

    def texts(self, many):
        return [self.text(one) for one in many]

    def certificate(self, show):
        names = self.texts(self.row.names)
        authority = self.house.authority
        if "anchored" in show:
            return authority.anchored(*names, kind="expired" if show.endswith("expired") else "good", shown=not show.startswith("un"))
        return authority.certificate(*names, kind=show)

    def policy_certificate(self, shared):
        if self.row.sts_show == "good" and self.row.sts_names == ("mta-sts.{d}",):
            return shared
        return self.house.authority.certificate(*self.texts(self.row.sts_names), kind=self.row.sts_show)

    def stand(self, shared):
        """Everything that listens; shared: the certificate of the policy hosts that are as they should be."""
        self.shown = self.certificate(self.row.show)
        self.hosts.append(MailHost(self.place.address, self.place.host, self.shown, **self.row.mx))
        if self.second:
            second = self.house.authority.certificate(self.second.host, kind=self.row.show2)
            self.hosts.append(MailHost(self.second.address, self.second.host, second, **(self.row.mx2 or {})))
        if self.row.sts or self.row.sts_fault:
            self.policy = PolicyHost(self.place, self.policy_certificate(shared), fault=self.row.sts_fault)

    def tlsa_record(self, text):
        words = text.split()
        if len(words) == 4 and words[3] != "bad":
            return f"TLSA {text}"
        numbers = [int(word) for word in words[:3]]
        good = self.shown.tlsa(*numbers, of_issuer=numbers[0] == 2)
        return f"TLSA {good[:-2] + ('00' if good[-2:] != '00' else '11') if words[-1] == 'bad' else good}"

    def records(self, tlsa, more, sts, identity):
        """All of the site's names."""
        found = {f"_25._tcp.{self.place.host}": [self.tlsa_record(text) for text in tlsa]} if tlsa is not None else {}
        found.update({self.text(owner): [self.tlsa_record(row[5:]) if row.startswith("TLSA ") else self.text(row) for row in rows]
                      for owner, rows in more.items()})
        if sts or (self.row.sts_fault and identity == "first"):
            mode, patterns = sts or ("enforce", ["{h}"])
            self.policy.use(policy=policy_text(mode, self.texts(patterns), self.row.max_age))
            found.setdefault(f"_mta-sts.{self.place.domain}", [f'TXT "v=STSv1; id={identity}"'])
        return found

    def at_first(self):
        return self.records(self.row.tlsa, self.row.records, self.row.sts, "first")

    def later_on(self):
        then = self.row.then
        if "show" in then:
            self.shown = self.certificate(then["show"])
            self.hosts[0].use(certificate=self.shown)
        found = self.records(then.get("tlsa"), then.get("records", {}), then.get("sts"), then.get("id", "then"))
        if "policy" in then:
            self.policy.use(policy=self.text(then["policy"]))
        if "sts_fault" in then:
            self.policy.use(fault=then["sts_fault"])
        if "sts_show" in then:
            self.policy.use(certificate=self.house.authority.certificate(f"mta-sts.{self.place.domain}", kind=then["sts_show"]))
        self.hold_wire(then.get("wire", ()))
        return found

    def hold_wire(self, deeds):
        for deed, owner, kind in deeds:
            self.house.names.wire.do(deed, self.text(owner), kind)

    def submit(self, relay):
        text = f"{self.row.fields}From: <{CANARY}@client.test>\r\nTo: <{self.mailbox}>\r\nSubject: {CANARY}\r\n\r\nThis is {CANARY}.\r\n"
        return relay.submit(self.mailbox, sender_params=self.row.params, content=text)

    # --- what became of it

    def check(self, relay):
        row = relay.outcome(self.mailbox, count=self.row.before + 1, timeout=30)
        if self.row.delivered:
            self.check_delivered(row)
        else:
            self.check_refused(relay, row)
        for host in self.hosts:
            for session in host.sessions:
                assert {line.split(b" ")[0].upper() for line in session.clear_commands} <= HARMLESS, session.clear_commands
        if self.row.asked is not None:
            owner, kind, count = self.row.asked
            assert (self.house.names.wire.questions(self.text(owner), kind) > 0) == bool(count), self.row.asked
        return row

    def check_delivered(self, row):
        assert row["dsn"].startswith("2.") and row["tls"] == self.row.delivered, row["line"]
        host = self.hosts[self.row.by - 1]
        before = self.row.before if self.row.by == 1 else 0
        wait_for(lambda: len(host.accepted()) > before, 5, "the host has it")
        assert sum(len(host.accepted()) for host in self.hosts) == self.row.before + 1
        if self.row.sni:
            assert host.sessions[-1].sni == self.text(self.row.sni)
        parameters = host.accepted()[-1].sender_params.split()
        assert ("REQUIRETLS" in parameters) == ("REQUIRETLS" in self.row.params), parameters

    def check_refused(self, relay, row):
        if self.row.later:
            assert row["dsn"].startswith("4.") and row["reason"] in self.row.later, row["line"]
            relay.wait_queued(self.mailbox)
        else:
            reason, status = self.row.failed
            assert row["dsn"] == status and row["reason"] == reason, row["line"]
        assert sum(len(host.messages) for host in self.hosts) == self.row.before, "nothing is handed over"
        if not self.row.before:
            assert not any(line.split(b" ")[0].upper() in (b"MAIL", b"RCPT", b"DATA", b"BDAT")
                           for host in self.hosts for session in host.sessions for line in session.commands)

    def stop(self):
        for host in self.hosts + ([self.policy] if self.policy else []):
            host.stop()


class World:
    """All rows at once, and one relay. place(zone) gives a fresh site; relay is not running yet."""

    def __init__(self, house, relay, rows, place):
        self.house, self.relay = house, relay
        self.placed = []
        for row in rows:
            places = [place(row.zone) for _ in range(2 if row.mx2 is not None else 1)]
            self.placed.append(Placed(row, places, house))

    def settings(self):
        rules = {one.place.domain: one.row.rule for one in self.placed if one.row.rule}
        exceptions = [{"domain": one.place.domain, "require": one.row.exception[0], "until": one.row.exception[1], "why": "a test of it"}
                      for one in self.placed if one.row.exception]
        return {"policy": {"domains": rules}, **({"exceptions": exceptions} if exceptions else {})}

    def preload(self):
        found = {one.place.domain: {"mode": one.row.preload[0], "mxs": one.texts(one.row.preload[1])}
                 for one in self.placed if one.row.preload}
        if not found:
            return
        path = f"{self.relay.folder}/preload.json"
        with open(path, "w", encoding="ascii") as out:
            out.write(preload_json(found))
        self.relay.ctl("policy", "preload", path)

    def begin(self):
        shared = self.house.authority.certificate(*[f"mta-sts.{one.place.domain}" for one in self.placed])
        for one in self.placed:
            one.stand(shared)
        records = {}
        for one in self.placed:
            records.update(one.at_first())
        self.house.names.change(records)
        for one in self.placed:
            one.hold_wire(one.row.wire)
        self.relay.write(self.settings())
        self.house.run_only(self.relay)
        self.preload()
        self.rehearse()
        for one in self.placed:
            one.submit(self.relay)
        return self

    def rehearse(self):
        """Rows with a past: their mail is delivered, then something changes, and is known to have."""
        past = [one for one in self.placed if one.row.before]
        if not past:
            return
        for one in past:
            for count in range(one.row.before):
                one.submit(self.relay)
        for one in past:
            for count in range(one.row.before):
                row = self.relay.outcome(one.mailbox, count=count + 1)
                assert row["dsn"].startswith("2."), f"{one.row}: {row['line']}"
        records = {}
        for one in past:
            records.update(one.later_on())
        self.house.names.change(records)
        # What was planned and looked up before is of no use any more.
        self.relay.restart()

    def __getitem__(self, row):
        return next(one for one in self.placed if one.row is row)

    def end(self):
        self.house.names.wire.calm()
        for one in self.placed:
            one.stop()
        self.house.names.forget()


def preload_json(policies, expires_s=10 * 86400):
    """The list format of STARTTLS Everywhere: {domain: {"mode": .., "mxs": [..]}}."""
    day = "%Y-%m-%dT%H:%M:%SZ"
    return json.dumps({"timestamp": time.strftime(day, time.gmtime()), "expires": time.strftime(day, time.gmtime(time.time() + expires_s)),
                       "version": "1", "author": "the house", "policy-aliases": {}, "policies": policies})
