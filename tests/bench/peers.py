"""
The servers that are measured, all as relays that take mail over STARTTLS only and hand it on over TLS only, to a peer that
need not prove itself; made durable as each of them does it, logging to a file. Each is given what it can be given: no
limits of clients, as many connections as helps it, reuse of connections and of TLS sessions (README has the list).
"""

import os
import pwd
import shutil
import time

from bed import SERVER, SERVER_PORT, SINK, SINK_PORT, hop_address, port_is_open, run, wait_for

HOPS = 200      # destN.test, N below this, when routes are by domain


class Peer:
    """start(routes): all mail goes to the smart host, or (True) to one host for each domain."""

    name = ""
    port = SERVER_PORT
    address = SERVER
    flush_again_s = 0   # what waits has to be told more than once
    factor = {}         # times as many messages in a scenario, so that a run is not over at once

    def __init__(self, bed):
        self.bed = bed
        self.process = None

    def launch(self, command, **options):
        self.process = self.bed.server(command, **options)
        try:
            wait_for(lambda: port_is_open(self.address, self.port) or not self.process.is_running(), 30, f"{self.address}:{self.port}")
            assert self.process.is_running(), "it ended"
        except AssertionError as failure:
            raise AssertionError(f"{self.name}: {failure}\n{self.bed.text('log')[-3000:]}") from failure
        time.sleep(1)

    def start(self, routes=False):
        raise NotImplementedError

    def flush(self):
        """Try everything that waits, now."""

    def queued(self):
        return 0

    def version(self):
        return ""

    def stop(self):
        self.bed.finish()

    def count(self, folders, ending=""):
        return sum(name.endswith(ending) for folder in folders for _, _, names in os.walk(self.bed.path(folder)) for name in names)

    def table(self, row):
        """One line for each domain."""
        return "".join(row.format(domain=f"dest{n}.test", host=hop_address(n), port=SINK_PORT) + "\n" for n in range(HOPS))


class Direct(Peer):
    """No server at all: the generator speaks to the sink."""

    name = "direct"
    address, port = SINK, SINK_PORT
    factor = {"B": 4, "C": 2}

    def start(self, routes=False):
        pass


class Sealpost(Peer):
    name = "sealpost"
    factor = {"B": 4, "C": 2, "D": 4, "F": 1}

    def settings(self, routes):
        """Beyond the defaults: no limits of a client, 50 connections to a hop from the start, `encrypt` as the others have it."""
        where = f'relayhost: "smtp:[{SINK}]:{SINK_PORT}"\n'
        if routes:
            where = "routes:\n" + self.table('  {domain}: "smtp:[{host}]:{port}"')
        return f"""hostname: mta.test
certificate: {self.bed.certificate.both}
listen: [{{address: "{SERVER}:{SERVER_PORT}", tls: starttls}}]
clients: [127.0.0.0/8]
trust: {self.bed.authority.trusted}
policy: {{default: encrypt}}
dns: {{servers: [127.0.0.1], private_destinations: yes}}
limits: {{sessions: 10000, sessions_per_client: 10000, recipients: 2000, messages: 100000, size: 100M}}
queue: {{connections_first: 50, connections: 50, messages: 2000000}}
spool: {{directory: {self.bed.path("spool")}}}
control: {self.bed.path("control")}
submission: {{socket: {self.bed.path("submission")}}}
{where}"""

    def installed(self, name):
        for folder, _, names in os.walk(os.path.join(self.bed.build, "bench", "root")):
            if name in names and os.access(os.path.join(folder, name), os.X_OK):
                return os.path.join(folder, name)
        raise AssertionError(f"{name} is not installed")

    def start(self, routes=False, settings=None):
        self.bed.write("sealpost.yaml", settings or self.settings(routes))
        self.again()

    def again(self):
        self.launch([self.installed("sealpostd"), "-c", self.bed.path("sealpost.yaml"), "--libexec", os.path.dirname(self.installed("intake"))])

    def ask(self, *words, **options):
        return run([self.installed("sealpost"), "-c", self.bed.path("sealpost.yaml"), *words], **options).stdout

    def flush(self):
        self.ask("queue", "retry", "--all")

    def queued(self):
        return len(self.ask("queue", "list", "--json").splitlines())

    def version(self):
        return run([self.installed("sealpost"), "version"], check=False).stdout.split("\n")[0] or "sealpost"


class Postfix(Peer):
    name = "postfix"
    SERVICES = (
        ("pickup", "unix n - n 60 1 pickup"), ("cleanup", "unix n - n - 0 cleanup"), ("qmgr", "unix n - n 300 1 qmgr"),
        ("tlsmgr", "unix - - n 1000? 1 tlsmgr"), ("rewrite", "unix - - n - - trivial-rewrite"), ("bounce", "unix - - n - 0 bounce"),
        ("defer", "unix - - n - 0 bounce"), ("trace", "unix - - n - 0 bounce"), ("verify", "unix - - n - 1 verify"),
        ("flush", "unix n - n 1000? 0 flush"), ("proxymap", "unix - - n - - proxymap"), ("proxywrite", "unix - - n - 1 proxymap"),
        ("smtp", "unix - - n - - smtp"), ("relay", "unix - - n - - smtp"), ("showq", "unix n - n - - showq"), ("error", "unix - - n - - error"),
        ("retry", "unix - - n - - error"), ("discard", "unix - - n - - discard"), ("anvil", "unix - - n - 1 anvil"),
        ("scache", "unix - - n - 1 scache"), ("tlsproxy", "unix - - n - 0 tlsproxy"), ("postlog", "unix-dgram n - n - 1 postlogd"),
    )

    def start(self, routes=False):
        bed = self.bed
        for folder in ("conf", "queue", "data"):
            os.makedirs(bed.path(folder))
        shutil.chown(bed.path("data"), "postfix")
        where = f"relayhost = [{SINK}]:{SINK_PORT}\n"
        if routes:
            where = "transport_maps = texthash:" + bed.write("conf/transport", self.table("{domain} smtp:[{host}]:{port}")) + "\n"
        bed.write("conf/master.cf", f"{SERVER}:{SERVER_PORT} inet n - n - 1200 smtpd\n" +
                  "".join(f"{name} {rest}\n" for name, rest in self.SERVICES))
        bed.write("conf/main.cf", f"""compatibility_level = 3.7
queue_directory = {bed.path("queue")}
data_directory = {bed.path("data")}
maillog_file = {bed.path("mail.log")}
maillog_file_prefixes = /
multi_instance_name = postfix-bench
multi_instance_enable = no
myhostname = mta.test
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
append_dot_mydomain = no
biff = no
message_size_limit = 104857600
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_recipient_limit = 2000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {bed.certificate.key}, {bed.certificate.certificate}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = encrypt
smtp_tls_CAfile = {bed.authority.trusted}
smtp_tls_session_cache_database = btree:$data_directory/sessions
smtp_tls_connection_reuse = yes
default_process_limit = 300
max_use = 1000
in_flow_delay = 0
qmgr_message_active_limit = 60000
qmgr_message_recipient_limit = 100000
initial_destination_concurrency = 20
default_destination_concurrency_limit = 50
{where}""")
        self.launch(["postfix", "-c", bed.path("conf"), "start-fg"])

    def flush(self):
        run(["postqueue", "-c", self.bed.path("conf"), "-f"])

    def queued(self):
        return self.count(["queue/incoming", "queue/active", "queue/deferred"])

    def version(self):
        return "Postfix " + run(["postconf", "-d", "-h", "mail_version"], check=False).stdout.split()[-1]

    def stop(self):
        run(["postfix", "-c", self.bed.path("conf"), "stop"], 60, check=False)
        super().stop()


class Exim(Peer):
    """Queue runners every second, eight at most: twice as fast as its default of a process for each message at once."""

    name = "exim"
    RUNNERS = 8

    def start(self, routes=False):
        bed = self.bed
        for folder in ("spool", "tls", "exim"):
            os.makedirs(bed.path(folder))
        for path in (bed.certificate.key, bed.certificate.certificate):
            shutil.copy(path, bed.path("tls"))
        run(["chown", "-R", "Debian-exim:Debian-exim", bed.path("spool"), bed.path("tls"), bed.path("exim")])
        key, certificate = (bed.path("tls", os.path.basename(path)) for path in (bed.certificate.key, bed.certificate.certificate))
        where = f"route_list = * {SINK}"
        if routes:
            where = "route_data = ${lookup{$domain}lsearch{" + bed.write("exim.routes", self.table("{domain}: {host}")) + "}}"
        text = f"""primary_hostname = mta.test
spool_directory = {bed.path("spool")}
log_file_path = {bed.path("exim", "%s.log")}
pid_file_path = {bed.path("exim.pid")}
local_interfaces = {SERVER}
daemon_smtp_ports = {SERVER_PORT}
disable_ipv6 = true
keep_environment =
host_lookup =
rfc1413_hosts =
dns_ipv4_lookup = *
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
tls_resumption_hosts = *
chunking_advertise_hosts =
smtp_accept_max = 1300
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
smtp_connect_backlog = 1024
recipients_max = 0
queue_only = true
queue_run_max = {self.RUNNERS}
queue_fast_ramp = true
remote_max_parallel = 100
split_spool_directory = true
message_logs = false
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
begin acl
check_mail:
  deny !encrypted = *
       message = STARTTLS comes first
  accept
check_rcpt:
  accept hosts = 127.0.0.0/8
check_data:
  accept
begin routers
onward:
  driver = manualroute
  domains = *
  {where}
  transport = onward
  self = send
  host_find_failed = defer
begin transports
onward:
  driver = smtp
  port = {SINK_PORT}
  allow_localhost = true
  connection_max_messages = 500
  hosts_require_tls = *
  tls_verify_hosts =
  tls_try_verify_hosts =
  tls_resumption_hosts = *
  hosts_try_dane =
  hosts_try_prdr =
begin retry
* * F,2h,1m; G,16h,1h,1.5
"""
        bed.write("exim4.conf", text)
        # The one file that root may use is the one whose name is compiled in.
        run(["mount", "--bind", bed.path("exim4.conf"), "/etc/exim4/exim4.conf"])
        self.launch(["exim4", "-bdf", "-q1s"])

    def flush(self):
        for _ in range(self.RUNNERS):
            self.bed.server(["exim4", "-qff"])

    def queued(self):
        return self.count(["spool/input"], "-H")

    def version(self):
        lines = run(["exim4", "-bV"], check=False).stdout.splitlines()
        return next((" ".join(line.split()[:3]) for line in lines if line.startswith("Exim version")), "Exim")

    def stop(self):
        super().stop()
        run(["umount", "/etc/exim4/exim4.conf"], check=False)


class OpenSMTPD(Peer):
    """From Debian 13, in a root of its own; with this system's OpenSSL. It does not make mail durable before it says 250."""

    name = "opensmtpd"
    flush_again_s = 2
    CONNECTIONS = 100

    def __init__(self, bed):
        super().__init__(bed)
        self.root = os.path.join(bed.build, "bench", "opensmtpd")
        self.prepared = False

    def inside(self, path):
        return self.root + path

    def prepare(self):
        """Users, devices and folders of its root; mounts are this namespace's own and end with it."""
        for folder in ("/dev", "/proc", "/tmp", "/run", "/etc/ssl/certs", "/var/spool/smtpd", "/var/lib/opensmtpd/empty", self.bed.work):
            os.makedirs(self.inside(folder), exist_ok=True)
        if not os.path.islink(self.inside("/var/run")):
            os.symlink("/run", self.inside("/var/run"))
        for name in ("passwd", "group", "hosts", "services", "protocols"):
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, self.inside("/etc/" + name))
        for name, text in (("nsswitch.conf", "hosts: files\n"), ("resolv.conf", ""), ("aliases", "")):
            with open(self.inside("/etc/" + name), "w", encoding="ascii") as out:
                out.write(text)
        shutil.copy(self.bed.authority.trusted, self.inside("/etc/ssl/certs/ca-certificates.crt"))     # it does not start without
        os.chmod(self.inside("/var/lib/opensmtpd/empty"), 0o711)
        control = self.inside("/usr/sbin/smtpctl")
        os.chown(control, 0, pwd.getpwnam("opensmtpq").pw_gid)
        os.chmod(control, 0o2755)
        for what in ("/dev", "/proc", self.bed.work):
            run(["mount", "--rbind", what, self.inside(what)])
        self.prepared = True

    def start(self, routes=False):
        if not self.prepared:
            self.prepare()
        bed = self.bed
        os.makedirs(bed.path("spool"))
        os.chmod(bed.path("spool"), 0o711)
        run(["mount", "--bind", bed.path("spool"), self.inside("/var/spool/smtpd")])
        where, table = f"relay host smtp+tls://{SINK}:{SINK_PORT}", ""
        if routes:
            table = "table hops file:" + bed.write("hops", self.table("{domain} smtp+tls://{host}:{port}")) + "\n"
            where = "relay domain <hops>"
        shutil.copy(bed.certificate.key, bed.path("key"))
        os.chmod(bed.path("key"), 0o600)
        connections = "".join(f"mta limit max-conn-per-{what} {self.CONNECTIONS}\n" for what in ("host", "route", "connector", "relay"))
        delays = "".join(f"mta limit conn-delay-{what} 0\n" for what in ("host", "route", "source", "connector", "relay"))
        bed.write("smtpd.conf", f"""pki mta.test cert "{bed.certificate.certificate}"
pki mta.test key "{bed.path("key")}"
{table}queue ttl 1d
smtp max-message-size "100M"
smtp limit max-mails 10000
smtp limit max-rcpt 2000
scheduler limit max-inflight 50000
{connections}mta limit max-conn-per-source 1000
{delays}mta limit reconn-delay-route 0
mta limit session-transaction-delay 0
mta limit session-mail-max 1000
mta limit task-hiwat 1000
mta limit task-lowat 500
mta limit task-release 500
listen on {SERVER} port {SERVER_PORT} tls-require pki mta.test hostname mta.test
action "onward" {where} tls no-verify
match from any for any action "onward"
""", 0o600)
        self.launch(["chroot", self.root, "/usr/sbin/smtpd", "-d", "-f", bed.path("smtpd.conf")])

    def control(self, *words):
        return run(["chroot", self.root, "/usr/sbin/smtpctl", *words], check=False).stdout

    def flush(self):
        """A route that was refused stays shut for a while: it is opened; and what failed a moment ago misses the first call."""
        for line in self.control("show", "routes").splitlines():
            if "." in line and line.split(".")[0].strip().isdigit():
                self.control("resume", "route", line.split(".")[0].strip())
        self.control("schedule", "all")

    def queued(self):
        return self.count(["spool/queue"], "message")

    def version(self):
        return run(["chroot", self.root, "/usr/sbin/smtpd", "-h"], check=False).stdout.split("\n")[0].removeprefix("version: ")

    def stop(self):
        super().stop()
        run(["umount", self.inside("/var/spool/smtpd")], check=False)


PEERS = {peer.name: peer for peer in (Direct, Sealpost, Postfix, Exim, OpenSMTPD)}
