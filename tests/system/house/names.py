"""The name servers: zones signed with ldns, served by nsd, resolved and validated by unbound."""

import glob
import os
import re
import socket
import threading

import dns.message
import dns.query

from house.places import NAME_SERVER, RESOLVER, SILENT_SERVER
from house.processes import Process, run, wait_for
from house.zones import all_zones, zone_text

SIGNED = [".", "test.", "secure.test.", "bogus.test.", "house.test."]
BOGUS = "bogus.test."


class Names:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        os.makedirs(folder, exist_ok=True)
        self.anchor = self._write_zones()
        self._silence()
        self._start_nsd()
        self._start_unbound()

    def _path(self, *parts):
        return os.path.join(self.folder, *parts)

    def _key(self, zone):
        name = run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone], cwd=self.folder).stdout.split()[-1]
        return self._path(name)

    def _write_zones(self):
        """Children first: their DS records go into the parents. Returns the root's DS."""
        zones = all_zones()
        for zone in sorted(zones, key=lambda name: name.count(".") if name != "." else 0, reverse=True):
            path = self._zone_file(zone)
            with open(path, "w", encoding="ascii") as out:
                out.write(zone_text(zone, zones[zone]))
            if zone not in SIGNED:
                continue
            key = self._key(zone)
            run(["ldns-signzone", "-o", zone, "-f", path + ".signed", path, key])
            # The DS of a key that signed nothing makes the zone bogus.
            digest = run(["ldns-key2ds", "-n", "-2", (self._key(zone) if zone == BOGUS else key) + ".key"]).stdout
            if zone == ".":
                return digest
            parent = zone.split(".", 1)[1] or "."
            zones[parent].append(digest)
        raise AssertionError("no root zone")

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

    def _start_nsd(self):
        config = self._path("nsd.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(f'server:\n  ip-address: {NAME_SERVER}\n  port: 53\n  username: ""\n  chroot: ""\n  zonesdir: "{self.folder}"\n'
                      f'  database: ""\n  pidfile: "{self._path("nsd.pid")}"\n  xfrdfile: "{self._path("xfrd")}"\n'
                      f'  zonelistfile: "{self._path("zonelist")}"\n  server-count: 1\nremote-control:\n  control-enable: no\n')
            for zone in all_zones():
                signed = ".signed" if zone in SIGNED else ""
                out.write(f'zone:\n  name: "{zone}"\n  zonefile: "{self._zone_file(zone)}{signed}"\n')
        self.processes.append(Process(["nsd", "-d", "-c", config], self._path("nsd.log")))
        self.wait_answer(NAME_SERVER, "relay.house.test", "A")

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
                      '  do-not-query-localhost: no\n  access-control: 127.0.0.0/8 allow\n  local-zone: "test." nodefault\n'
                      '  val-log-level: 2\n  cache-max-negative-ttl: 1\n  harden-referral-path: no\nremote-control:\n  control-enable: no\n')
        self.processes.append(Process(["unbound", "-d", "-c", config], self._path("unbound.log")))
        self.wait_answer(RESOLVER, "relay.house.test", "A")

    @staticmethod
    def ask(name, kind, server=RESOLVER, timeout=5):
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
        for process in reversed(self.processes):
            process.stop()
        self.silent.close()
