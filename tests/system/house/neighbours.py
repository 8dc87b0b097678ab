"""
Other people's mail servers, in both directions: Postfix, Exim and OpenSMTPD. They come from Debian's packages, lie over /usr
for the length of the house, and have their configuration, spool and log in a folder of their own.
"""

import os
import shutil

from house.places import CLIENT, NEIGHBOURS
from house.processes import Process, run, wait_for, wait_port

POSTFIX_SERVICES = """pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsproxy unix - - n - 0 tlsproxy
postlog unix-dgram n - n - 1 postlogd
"""


class Neighbour:
    """address: where it listens; mail() of what it delivered, as octets."""

    number = 0

    def __init__(self, folder, authority, name=None):
        Neighbour.number += 1
        self.name = name or f"neighbour{Neighbour.number}.house.test"
        self.address = f"{NEIGHBOURS}.{Neighbour.number}"
        self.folder = os.path.join(folder, f"{type(self).__name__.lower()}{Neighbour.number}")
        self.boxes = os.path.join(self.folder, "boxes")
        self.authority = authority
        self.certificate = authority.certificate(self.name)
        os.makedirs(self.boxes)
        os.chmod(self.folder, 0o755)
        os.chmod(self.boxes, 0o777)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="ascii") as out:
            out.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def wait_port(self):
        try:
            wait_port(self.address, 25)
        except AssertionError as failure:
            self.stop()
            raise AssertionError(f"{failure}\n{''.join(self.log())}") from failure

    def mail(self):
        """Every message it has delivered into its boxes."""
        found = []
        for folder, _, names in os.walk(self.boxes):
            for name in names:
                if os.path.basename(folder) == "new":
                    with open(os.path.join(folder, name), "rb") as file:
                        found.append(file.read())
        return found

    def log(self):
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name.endswith("log") and os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                        yield from file


class Postfix(Neighbour):
    """
    relayhost: send everything there, over verified TLS. domain: deliver mail for it into boxes, taken over TLS only. more: lines of
    main.cf, of nothing that stands there already: each process warns of that, by way of postlogd, which waits for itself to take its own
    warning when others were quicker, and all of Postfix with it.
    """

    networks = "127.0.0.0/8"

    def __init__(self, folder, authority, name=None, domain=None, relayhost=None, level="secure", more=""):
        super().__init__(folder, authority, name)
        for part in ("conf", "spool", "data"):
            os.makedirs(self.path(part))
        shutil.chown(self.path("data"), "postfix")
        self.main(domain, relayhost, level)
        if more:
            with open(self.path("conf/main.cf"), "a", encoding="ascii") as file:
                file.write(more)
        said = run(["postconf", "-c", self.path("conf"), "mail_version"])
        assert "warning" not in said.stdout, said.stdout
        run(["postfix", "-c", self.path("conf"), "start"])
        self.wait_port()

    def main(self, domain, relayhost, level):
        delivery = f"virtual_mailbox_domains = {domain or ''}\n"
        relay = f"relayhost = {relayhost}\n" if relayhost else ""
        self.write("conf/main.cf", f"""compatibility_level = 3.7
queue_directory = {self.path("spool")}
data_directory = {self.path("data")}
maillog_file = {self.path("mail.log")}
maillog_file_prefixes = {self.folder}
multi_instance_name = postfix-{Neighbour.number}
multi_instance_enable = no
myhostname = {self.name}
mydestination =
mynetworks = {self.networks}
inet_interfaces = all
inet_protocols = ipv4
smtp_bind_address = {CLIENT}
alias_maps =
alias_database =
local_recipient_maps =
append_dot_mydomain = no
biff = no
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_base = {self.boxes}
virtual_mailbox_maps = static:box/
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
minimal_backoff_time = 1s
queue_run_delay = 1s
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {self.certificate.key}, {self.certificate.certificate}
smtpd_tls_loglevel = 1
smtp_tls_security_level = {level}
smtp_tls_CAfile = {self.authority.trusted}
smtp_tls_loglevel = 1
smtp_tls_mandatory_ciphers = high
{delivery}{relay}""")
        self.write("conf/master.cf", f"{self.address}:25 inet n - n - - smtpd\n{POSTFIX_SERVICES}")

    def send(self, sender, recipient, text):
        run([f"{os.environ['SEALPOST_HOUSE_DAEMONS']}/postfix/usr/sbin/sendmail", "-C", self.path("conf"), "-i", "-f", sender, recipient], input=text)

    def stop(self):
        run(["postfix", "-c", self.path("conf"), "stop"], check=False)


class Exim(Neighbour):
    def __init__(self, folder, authority, name=None, domain=None, relayhost=None):
        super().__init__(folder, authority, name)
        for part in ("spool", "tls", "log"):
            os.makedirs(self.path(part))
        for path in (self.certificate.key, self.certificate.certificate, self.authority.trusted):
            shutil.copy(path, self.path("tls"))
        key, certificate, trusted = (self.path("tls", os.path.basename(path))
                                     for path in (self.certificate.key, self.certificate.certificate, self.authority.trusted))
        run(["chown", "-R", "Debian-exim:Debian-exim", self.path("spool"), self.path("tls"), self.path("log"), self.boxes])
        router = f"""out:
  driver = manualroute
  route_list = * {relayhost or "127.44.0.99"}
  transport = out
  self = send
  host_find_failed = defer
"""
        local = f"here:\n  driver = accept\n  domains = {domain}\n  transport = box\n" if domain else ""
        # A macro file may be used by root only when it is the one compiled in, or listed there: so it is that one.
        self.config = "/etc/exim4/exim4.conf"
        text = f"""primary_hostname = {self.name}
spool_directory = {self.path("spool")}
log_file_path = {self.path("log", "%slog")}
pid_file_path = {self.path("exim.pid")}
local_interfaces = {self.address}
daemon_smtp_ports = 25
disable_ipv6 = true
keep_environment =
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
host_lookup =
rfc1413_hosts =
dns_ipv4_lookup = *
trusted_users = root
acl_smtp_mail = a_mail
acl_smtp_rcpt = a_rcpt
acl_smtp_data = a_data
begin acl
a_mail:
  deny !encrypted = *
       message = 530 5.7.0 STARTTLS first
  accept
a_rcpt:
  accept hosts = 127.0.0.0/8
a_data:
  accept
begin routers
{local}{router}begin transports
out:
  driver = smtp
  interface = {CLIENT}
  allow_localhost = true
  hosts_require_tls = *
  tls_verify_hosts = *
  tls_verify_certificates = {trusted}
  tls_verify_cert_hostnames = *
  hosts_try_dane =
box:
  driver = appendfile
  directory = {self.boxes}/box
  maildir_format
  create_directory
  user = Debian-exim
begin retry
* * F,1h,2s
"""
        self.write("exim4.conf", text)
        # /etc is an overlay of the house's own: what is bound here is seen in the house only.
        run(["mount", "--bind", self.path("exim4.conf"), "/etc/exim4/exim4.conf"])
        self.process = Process(["exim4", "-bdf", "-q1s"], self.path("start.log"))
        self.wait_port()

    def send(self, sender, recipient, text):
        run(["exim4", "-i", "-f", sender, recipient], input=text)

    def stop(self):
        self.process.stop()
        run(["umount", "/etc/exim4/exim4.conf"], check=False)


class OpenSMTPD(Neighbour):
    """
    As a client only: Debian 12's fails every handshake as a server. Mail is handed to it by its own sendmail. It looks
    at the addresses of interfaces and finds that only IPv6 leads anywhere here: it comes from fd44::1 to fd44::1.
    """

    def __init__(self, folder, authority, name, relayhost):
        super().__init__(folder, authority, name)
        for part, mode, owner in (("", 0o711, "root"), ("corrupt", 0o700, "opensmtpq"), ("incoming", 0o700, "opensmtpq"), ("offline", 0o770, "root"),
                                  ("purge", 0o700, "opensmtpq"), ("queue", 0o700, "opensmtpq"), ("temporary", 0o700, "opensmtpq")):
            folder_of_it = os.path.join("/var/spool/smtpd", part)       # an overlay of the house's own
            os.makedirs(folder_of_it, exist_ok=True)
            shutil.chown(folder_of_it, owner, "opensmtpq" if part == "offline" else None)
            os.chmod(folder_of_it, mode)
        os.makedirs("/var/lib/opensmtpd/empty", exist_ok=True)
        os.chmod("/var/lib/opensmtpd/empty", 0o711)
        shutil.copy("/usr/sbin/smtpctl", self.path("sendmail"))         # it wants the group that the package would give it
        shutil.chown(self.path("sendmail"), None, "opensmtpq")
        os.chmod(self.path("sendmail"), 0o2755)
        config = self.write("smtpd.conf", f"""listen on socket
action "out" relay host {relayhost} helo {name}
match from any for any action "out"
""", 0o600)
        # What it trusts is a file that cannot be chosen.
        run(["mount", "--bind", authority.trusted, "/etc/ssl/certs/ca-certificates.crt"])
        self.process = Process(["/usr/sbin/smtpd", "-d", "-f", config], self.path("start.log"))
        wait_for(lambda: os.path.exists("/run/smtpd.sock") or not self.process.is_running(), 10, "its socket")

    def send(self, sender, recipient, text):
        run([self.path("sendmail"), "-f", sender, recipient], input=text)

    def stop(self):
        self.process.stop()
        run(["umount", "/etc/ssl/certs/ca-certificates.crt"], check=False)
