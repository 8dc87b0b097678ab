"""
The name servers: zones signed with ldns, served by nsd, resolved and validated by unbound. Records of the live zones
change while all runs: change() comes back when everybody has forgotten what was before. For every state that they are in there
is an nsd of its own, and the wire leads to the latest: one that is told to read its zones again may end instead (4.6.1).
"""

import itertools
import os
import signal
import socket
import threading

import dns.message
import dns.query

from house.namewire import NameWire
from house.places import LIVE_SERVERS, NAME_SERVER, NAME_WIRE, RESOLVER, SILENT_SERVER
from house.processes import LEAST_S, Process, run, wait_for
from house.zones import LIVE, all_zones, live_records, operator_zones, zone_text

SIGNED = [".", "test.", "secure.test.", "bogus.test.", "house.test.", "live.test."]
BOGUS = "bogus.test."


class Names:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.keys = {}
        self.changes = {zone: {} for zone in LIVE}      # owner to records, instead of what it began with
        self.serials = {zone: 1 for zone in LIVE}
        self.starts = itertools.count(1)
        os.makedirs(folder, exist_ok=True)
        self.anchor = self._write_zones()
        self._silence()
        self.processes.append(self._serve(NAME_SERVER, [zone for zone in [*all_zones(), *operator_zones()] if zone not in LIVE]))
        self.live_address = LIVE_SERVERS[0]
        self.live, self.former = self._serve(self.live_address, LIVE), None
        self.wire = NameWire(NAME_WIRE, self.live_address)
        self._start_unbound()

    def _path(self, *parts):
        return os.path.join(self.folder, *parts)

    def _key(self, zone):
        name = run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone], cwd=self.folder).stdout.split()[-1]
        return self._path(name)

    def _write_zones(self):
        """Children first: their DS records go into the parents. Returns the root's DS."""
        zones = all_zones()
        for zone, text in operator_zones().items():
            self._write_zone(zone, text)
        for zone in sorted(zones, key=lambda name: name.count(".") if name != "." else 0, reverse=True):
            self._write_zone(zone, zone_text(zone, zones[zone]))
            if zone not in SIGNED:
                continue
            # The DS of a key that signed nothing makes the zone bogus.
            digest = run(["ldns-key2ds", "-n", "-2", (self._key(zone) if zone == BOGUS else self.keys[zone]) + ".key"]).stdout
            if zone == ".":
                return digest
            parent = zone.split(".", 1)[1] or "."
            zones[parent].append(digest)
        raise AssertionError("no root zone")

    def _write_zone(self, zone, text):
        """Whole, whoever reads it meanwhile; signed where it is."""
        path = self._zone_file(zone)
        with open(path + ".new", "w", encoding="ascii") as out:
            out.write(text)
        os.replace(path + ".new", path)
        if zone in SIGNED:
            if zone not in self.keys:
                self.keys[zone] = self._key(zone)
            run(["ldns-signzone", "-o", zone, "-f", path + ".signed.new", path, self.keys[zone]])
            os.replace(path + ".signed.new", path + ".signed")

    def _zone_file(self, zone):
        return self._path("root" if zone == "." else zone.rstrip(".")) + ".zone"

    def _silence(self):
        """A server that hears everything and says nothing."""
        self.silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.silent.bind((SILENT_SERVER, 53))

        def listen():
            try:
                while self.silent.recv(4096):
                    pass
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()

    def _start_nsd(self, address, zones):
        name = f"nsd-{address}"
        config = self._path(f"{name}.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(f'server:\n  ip-address: {address}\n  port: 53\n  username: ""\n  chroot: ""\n  zonesdir: "{self.folder}"\n'
                      f'  database: ""\n  pidfile: "{self._path(name)}.pid"\n  xfrdfile: "{self._path(name)}.xfrd"\n'
                      f'  zonelistfile: "{self._path(name)}.zones"\n  server-count: 1\n'
                      # Nobody is refused for asking often, and nothing is made ready at a start that is never used: a million counts
                      # of who asks, 128 connections to copy zones over.
                      '  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\n  rrl-size: 1000\n  xfrd-tcp-max: 1\n  xfrd-tcp-pipeline: 1\n'
                      'remote-control:\n  control-enable: no\n')
            for zone in zones:
                signed = ".signed" if zone in SIGNED else ""
                out.write(f'zone:\n  name: "{zone}"\n  zonefile: "{self._zone_file(zone)}{signed}"\n')
        # It reads this machine's authorities for copies over TLS, each time anew.
        return Process(["nsd", "-d", "-c", config], self._path(f"{name}.{next(self.starts)}.log"),
                       {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"})

    def _serve(self, address, zones):
        """Started, and answering. One that ends while it starts, as 4.6.1 may when the machine is busy, is started again."""
        for _ in range(3):
            process = self._start_nsd(address, zones)
            patience = iter([0.05, 0.1, 0.2])
            is_lost = "did not get start signal"
            try:
                wait_for(lambda: self._has_zones(address, zones, next(patience, 0.5)) or not process.is_running() or is_lost in process.log(),
                         what=lambda: process.log()[-1000:], pause=0.01)
            except AssertionError:
                process.stop()
                raise
            if process.is_running() and is_lost not in process.log():
                return process
            process.stop()
        raise AssertionError(f"nsd ends while it starts: {process.log()[-1000:]}")

    def _has_zones(self, server, zones, timeout):
        """As they are now, where they change."""
        try:
            answers = {zone: self.ask(zone, "SOA", server, timeout).answer for zone in zones[:2]}
        except (OSError, dns.exception.DNSException):
            return False
        return all(answer and (zone not in self.serials or answer[0][0].serial == self.serials[zone]) for zone, answer in answers.items())

    def _start_unbound(self):
        config, anchor, hints = self._path("unbound.conf"), self._path("anchor"), self._path("hints")
        with open(anchor, "w", encoding="ascii") as out:
            out.write(self.anchor)
        with open(hints, "w", encoding="ascii") as out:
            out.write(f". 3600 NS ns.house.test.\nns.house.test. 3600 A {NAME_SERVER}\n")
        with open(config, "w", encoding="ascii") as out:
            out.write(f'server:\n  interface: {RESOLVER}\n  port: 53\n  username: ""\n  chroot: ""\n  directory: "{self.folder}"\n'
                      f'  pidfile: "{self._path("unbound.pid")}"\n  use-syslog: no\n  do-daemonize: no\n  num-threads: 1\n  do-ip6: no\n'
                      f'  root-hints: "{hints}"\n  trust-anchor-file: "{anchor}"\n  module-config: "validator iterator"\n'
                      '  do-not-query-localhost: no\n  access-control: 127.0.0.0/8 allow\n  local-zone: "test." nodefault\n  local-zone: "127.in-addr.arpa." nodefault\n'
                      '  val-log-level: 2\n  cache-max-negative-ttl: 1\n  harden-referral-path: no\n'
                      # What an attack has left behind is gone when it ends; and names are asked for whole, so that it can pick them.
                      '  val-bogus-ttl: 1\n  aggressive-nsec: no\n  qname-minimisation: no\n  infra-host-ttl: 1\n'
                      '  infra-keep-probing: yes\n'
                      f'remote-control:\n  control-enable: yes\n  control-interface: "{self._path("unbound.control")}"\n')
        self.processes.append(Process(["unbound", "-d", "-c", config], self._path("unbound.log")))
        self.wait_answer(RESOLVER, "relay.house.test", "A")

    # --- changes

    def change(self, records):
        """
        Records of the live zones: {"d1.live.test": ["MX 10 h1"], ...}. They stand for everything that the owner had; [] is nothing,
        None what it began with. Names in records are below the zone when they have no final dot. All at once.
        """
        touched = set()
        for owner, rows in records.items():
            zone = next((zone for zone in LIVE if f".{owner.rstrip('.')}.".endswith(f".{zone}")), None)
            assert zone, f"{owner} is in no live zone"
            name = owner.rstrip(".")[:-len(zone)].rstrip(".") or "@"
            self.changes[zone][name] = rows
            touched.add(zone)
        for zone in touched:
            self._publish(zone)
        self._take_over()
        self.forget(*touched)

    def _publish(self, zone):
        wanted = live_records()
        for owner, rows in self.changes[zone].items():
            if rows is not None:
                wanted[owner] = rows
        self.serials[zone] += 1
        self._write_zone(zone, zone_text(zone, [f"{owner} {row}" for owner, rows in wanted.items() for row in rows], self.serials[zone]))

    def _take_over(self):
        """The next nsd has the zones as they are now; the last one ends by itself, and is seen to when it is its turn again."""
        if self.former:
            self.former.stop()
        address = next(address for address in LIVE_SERVERS if address != self.live_address)
        following = self._serve(address, LIVE)
        self.wire.lead_to(address)
        self.live.popen.send_signal(signal.SIGTERM)
        self.live, self.former, self.live_address = following, self.live, address

    def forget(self, *zones):
        """The resolver knows nothing of these zones any more, nor of servers that did not answer."""
        for command in [f"flush_zone {zone}" for zone in zones or LIVE] + ["flush_infra all"]:
            self._tell(command)

    def _tell(self, command):
        """What unbound-control does, without a process for each word."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
            end.settimeout(LEAST_S)
            end.connect(self._path("unbound.control"))
            end.sendall(f"UBCT1 {command}\n".encode())
            said = b""
            while more := end.recv(4096):
                said += more
        assert said.startswith(b"ok"), f"{command}: {said!r}"

    # --- questions

    @staticmethod
    def ask(name, kind, server=RESOLVER, timeout=20):
        question = dns.message.make_query(name, kind, want_dnssec=True)
        return dns.query.udp(question, server, timeout=timeout)

    def wait_answer(self, server, name, kind):
        def is_answered():
            try:
                return self.ask(name, kind, server, 0.5).answer
            except (OSError, dns.exception.DNSException):
                return False

        try:
            wait_for(is_answered, 10, f"{server} does not answer", 0.1)
        except AssertionError as failure:
            logs = "".join(process.log() for process in self.processes)
            raise AssertionError(f"{failure}\n{logs}") from failure

    def stop(self):
        for process in [*reversed(self.processes), self.live] + ([self.former] if self.former else []):
            process.stop()
        self.wire.stop()
        self.silent.close()
