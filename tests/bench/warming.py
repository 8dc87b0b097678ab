"""tests/bench/policies, its measuring half: what it costs to have the policies of many domains fetched. README explains."""

import argparse
import json
import os
import shutil
import socket
import struct
import sys
import time

from bed import Bed, Process, pki, port_is_open, run, wait_for
from growth import Peak, settings
from measure import cell, machine, print_columns
from peers import Sealpost

ZONE = "bench.test"
NAME_SERVER, RESOLVER = "127.62.0.54", "127.62.0.53"
HOSTS = 100                     # addresses of policy hosts, each with an equal part of the domains
FIRST_HOST, FIRST_TARPIT = "127.63.0", "127.63.1"
SLOTS = (50, 100, 200, 400)     # policy.fetches
TARPITS = 100
SECONDS = 400                   # a list takes no longer: 100 tarpits over 38 slots have three times 20 s


def domain_name(number):
    return f"d{number:05}.{ZONE}"


def tarpit_name(number):
    return f"t{number:05}.{ZONE}"


# --- names

def is_answered(server, name):
    """There is an address of that name: a question of one's own, so that no library is needed."""
    labels = b"".join(struct.pack("B", len(label)) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.sendto(struct.pack("!6H", 1, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1), (server, 53))
            answer = probe.recv(4096)
        except OSError:
            return False
    return answer[3] & 15 == 0 and answer[6:8] != b"\0\0"


class Names:
    """A zone with all domains in it, served by nsd, asked through unbound. It is not signed: policies do not want it to be."""

    def __init__(self, folder, domains, tarpits):
        self.folder = folder
        os.makedirs(folder)
        rows = [f"$ORIGIN {ZONE}.", "$TTL 3600", "@ SOA ns hostmaster 1 3600 600 86400 60", "@ NS ns", f"ns A {NAME_SERVER}"]
        for count, name, address in ((domains, "d", lambda n: f"{FIRST_HOST}.{n % HOSTS + 1}"), (tarpits, "t", lambda n: f"{FIRST_TARPIT}.{n + 1}")):
            rows += [row for n in range(count) for row in (f'_mta-sts.{name}{n:05} TXT "v=STSv1; id=1"', f"mta-sts.{name}{n:05} A {address(n)}")]
        self.write("zone", "\n".join(rows) + "\n")
        self.nsd = Process(["nsd", "-d", "-c", self.write("nsd.conf", f"""server:
  ip-address: {NAME_SERVER}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/nsd.xfrd"
  zonelistfile: "{folder}/nsd.zones"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "{ZONE}"
  zonefile: "{folder}/zone"
""")], os.path.join(folder, "nsd.log"))
        self.unbound = None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def fresh(self):
        """A resolver that knows nothing."""
        if self.unbound:
            self.unbound.stop()
        self.unbound = Process(["unbound", "-d", "-c", self.write("unbound.conf", f"""server:
  interface: {RESOLVER}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.folder}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  num-queries-per-thread: 4096
  do-ip6: no
  module-config: "iterator"
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  local-zone: "test." nodefault
stub-zone:
  name: "{ZONE}"
  stub-addr: {NAME_SERVER}
""")], os.path.join(self.folder, "unbound.log"))
        wait_for(lambda: is_answered(RESOLVER, f"ns.{ZONE}"), 10, lambda: f"names\n{self.nsd.log()}{self.unbound.log()}")

    def stop(self):
        for process in filter(None, (self.unbound, self.nsd)):
            process.stop()


# --- policy hosts

class Certificates:
    """One key for all, and for each policy host a certificate of its own."""

    def __init__(self, folder, domains):
        self.folder = folder
        authority, key = pki.Authority(folder, "Bench Policies"), pki.KEYS["ecdsa"]()
        self.trusted, self.key = authority.trusted, os.path.join(folder, "host.key")
        pki.write_file(self.key, pki.private_text(key), 0o600)
        for number in range(domains):
            name = f"mta-sts.{domain_name(number)}"
            made = pki.signed(pki.common_name(name), key, authority.name, authority.key, extensions=pki.host_extensions([name]))
            pki.write_file(self.path(number), pki.text_of([made]))

    def path(self, number):
        return os.path.join(self.folder, f"{number}.pem")


class Hosts:
    """nginx with a server for each domain; and addresses where connections are taken, and nobody ever speaks."""

    def __init__(self, folder, certificates, domains, tarpits):
        self.folder, self.tarpits = folder, []
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        places = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        servers = "".join(f"  server {{ listen {FIRST_HOST}.{n % HOSTS + 1}:443 ssl backlog=1024; server_name mta-sts.{domain_name(n)}; "
                          f"ssl_certificate {certificates.path(n)}; include {folder}/policy; }}\n".replace(" backlog=1024" if n >= HOSTS else "\0", "")
                          for n in range(domains))
        with open(os.path.join(folder, "policy"), "w", encoding="ascii") as out:
            out.write('location = /.well-known/mta-sts.txt { default_type text/plain; return 200 "version: STSv1\\r\\nmode: enforce\\r\\n'
                      f'mx: mx1.$server_name\\r\\nmx: *.{ZONE}\\r\\nmax_age: 604800\\r\\n"; }}\n')
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(f"""daemon off;
user root;
worker_processes {os.cpu_count()};
worker_rlimit_nofile 8192;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  log_format when "$msec $status $ssl_server_name";
  access_log {folder}/access.log when;
  server_names_hash_max_size 16384;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate_key {certificates.key};
  ssl_session_tickets off;
{places}{servers}}}
""")
        self.nginx = Process(["nginx", "-c", config, "-p", folder, "-e", f"{folder}/error.log"], os.path.join(folder, "start.log"))
        wait_for(lambda: port_is_open(f"{FIRST_HOST}.{min(domains, HOSTS)}", 443), 60, self.nginx.log)
        for n in range(tarpits):
            tarpit = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            tarpit.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tarpit.bind((f"{FIRST_TARPIT}.{n + 1}", 443))
            tarpit.listen(64)       # the kernel takes the connections
            self.tarpits.append(tarpit)

    def served(self, since):
        """Domains whose policy was sent, and when the last of them was."""
        with open(os.path.join(self.folder, "access.log"), encoding="ascii") as file:
            rows = [line.split() for line in file]
        rows = [(float(at), name) for at, status, name in rows if status == "200" and float(at) >= since]
        return {name for _, name in rows}, max((at for at, _ in rows), default=since)

    def stop(self):
        self.nginx.stop()
        for tarpit in self.tarpits:
            tarpit.close()


# --- measuring

class World:
    def __init__(self, bed, options):
        self.bed, self.options = bed, options
        self.certificates = Certificates(os.path.join(bed.work, "policies"), options.domains)
        self.names = self.hosts = None
        try:
            self.names = Names(os.path.join(bed.work, "names"), options.domains, options.tarpits)
            self.hosts = Hosts(os.path.join(bed.work, "hosts"), self.certificates, options.domains, options.tarpits)
        except BaseException:
            self.stop()
            raise

    def start(self, fetches):
        """A daemon that knows nothing, and a resolver that does not either."""
        self.bed.fresh()
        self.names.fresh()
        server = Sealpost(self.bed)
        server.start(settings=settings(server, "relayhost: \"smtp:[127.60.2.1]:2600\"\n", policy=f"{{default: encrypt, fetches: {fetches}}}",
                                       dns=f"{{servers: [{RESOLVER}], private_destinations: yes, dnssec: off}}", trust=self.certificates.trusted))
        return server

    def list(self, has_tarpits):
        """Names, one a line; the tarpits are spread evenly among the others."""
        names = [domain_name(n) for n in range(self.options.domains)]
        every = max(1, len(names) // max(1, self.options.tarpits)) + 1
        for n in range(self.options.tarpits if has_tarpits else 0):
            names.insert(n * every, tarpit_name(n))
        return self.bed.write("domains", "\n".join(names) + "\n")

    def stop(self):
        for part in filter(None, (self.hosts, self.names)):
            part.stop()


def warm(world, server, path, what, fetches):
    """One list; a row, and how many policies are missing."""
    bed, domains = world.bed, world.options.domains
    room = wait_for(lambda: bed.account.room("policy"), 10, "a policy room")[0]
    before, worked, began = bed.account.pss_octets("policy"), bed.account.worked(room), time.time()
    peak = Peak(bed.account, 0.1, "policy")
    told = json.loads(server.ask("policy", "warm", path, "--json", timeout=SECONDS))
    whole, most, worked = time.time() - began, peak.end(), bed.account.worked(room) - worked
    served, last = world.hosts.served(began)
    missing = max(domains - told["policies"], domains - len(served))
    if missing:
        said = "".join(line + "\n" for line in bed.text("log").splitlines() if " domain=t" not in line and "event=policy-change " not in line)
        print(f"# {what}, {fetches} at a time: {missing} policies MISSING: {told}\n{said[-2000:]}", flush=True)
    row = [what, str(fetches), f"{told['policies']:,}", cell(domains / (last - began), 0), cell(last - began, 2), cell(whole, 2),
           cell(worked / domains * 1000, 2), cell(before / 1e6, 1), cell(most / 1e6, 1)]
    print("# " + "  ".join(row), flush=True)
    return row, missing


def measure(world, fetches):
    rows, missing = [], 0
    for what, has_tarpits in (("all well", False), (f"{world.options.tarpits} tarpits among them", True)):
        if has_tarpits and not world.options.tarpits:
            continue
        server = world.start(fetches)
        try:
            path = world.list(has_tarpits)
            for kind in [what] if has_tarpits else [what, "once more"]:
                row, absent = warm(world, server, path, kind, fetches)
                rows.append(row)
                missing += absent
        finally:
            server.stop()
    return rows, missing


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/policies")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--domains", type=int, default=0, help="2000 unless said")
    parser.add_argument("--tarpits", type=int, default=-1, help=f"policy hosts that never answer; {TARPITS} unless said")
    parser.add_argument("--fetches", default=",".join(map(str, SLOTS)), help="policy.fetches, one row for each")
    parser.add_argument("--quick", action="store_true", help="200 domains, 10 tarpits, the default of policy.fetches")
    options = parser.parse_args()
    options.domains = options.domains or (200 if options.quick else 2000)
    options.tarpits = (10 if options.quick else TARPITS) if options.tarpits < 0 else min(options.tarpits, 250)
    slots = [200] if options.quick else [int(word) for word in options.fetches.split(",")]
    lines = [["hosts", "fetches", "policies", "policies /s", "s to the last", "s in all", "CPU s / 1,000", "MB before", "MB at most"]]
    bed, world, missing = Bed(options.build), None, 0
    print(f"# {machine()}")
    try:
        world = World(bed, options)
        for fetches in slots:
            rows, absent = measure(world, fetches)
            lines += rows
            missing += absent
    finally:
        bed.finish()
        if world:
            world.stop()
    print(f"\nMTA-STS policies of {options.domains:,} domains (the policy room alone: CPU, memory)\n")
    print_columns(lines)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
