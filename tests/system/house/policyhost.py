"""
Hosts of MTA-STS policies: one of our own, with every fault that a stranger's may have, and nginx. What was asked is kept
to the octet.
"""

import os
import socket
import ssl
import struct
import threading

from house.places import POLICIES
from house.processes import Process, wait_port

PATH = "/.well-known/mta-sts.txt"


def policy_text(mode="enforce", mx=(), max_age=86400, end="\r\n", version="STSv1"):
    """A policy file (RFC 8461 3.2)."""
    rows = [f"version: {version}", f"mode: {mode}", *[f"mx: {pattern}" for pattern in mx], f"max_age: {max_age}"]
    return end.join(rows) + end


def head(status="200 OK", kind="text/plain", length=None, more=(), protocol="HTTP/1.1"):
    rows = [f"{protocol} {status}"] + ([f"Content-Type: {kind}"] if kind else [])
    rows += [f"Content-Length: {length}"] if length is not None else []
    return ("\r\n".join([*rows, "Connection: close", *more]) + "\r\n\r\n").encode()


class Pause:
    def __init__(self, seconds):
        self.seconds = seconds


class Cut:
    """The end, at once: by RST, or by FIN without a word of TLS."""

    def __init__(self, reset=False):
        self.reset = reset


def plain(body, **options):
    return [head(length=len(body), **options), body]


def status(text, *more):
    return lambda body: plain(body, status=text, more=more)


def chunks(body, size=20):
    return b"".join(b"%x\r\n%b\r\n" % (len(body[at:at + size]), body[at:at + size]) for at in range(0, len(body), size)) + b"0\r\n"


def chunked(body, trailers=(b"",)):
    yield head(more=["Transfer-Encoding: chunked"])
    yield chunks(body)
    for row in trailers:
        yield row + b"\r\n"


def endless(row):
    """Up to 64 MB, and slowly enough to be stopped."""
    for _ in range(4096):
        yield row * (16384 // len(row))


def gzipped(body):
    import gzip
    packed = gzip.compress(body)
    return plain(packed, more=["Content-Encoding: gzip"])


def drip(body):
    yield head(length=len(body))
    for n in range(len(body)):
        yield Pause(1)
        yield body[n:n + 1]


def redirect(code):
    """To where there is a good policy: whoever follows has it."""
    return lambda body: plain(b"moved", status=f"{code} Moved", more=[f"Location: {PATH}?again"])


# What a host may do instead of answering: a function of the body that should be sent, to octets, pauses and an end.
FAULTS = {
    None: plain,
    # to be accepted
    "chunked": chunked,
    "parameters": lambda body: plain(body, kind="text/plain; charset=utf-8; x=y"),
    "upper case": lambda body: plain(body, kind="TEXT/PLAIN"),
    "64 KiB": lambda body: plain(body + b"x: " + b"y" * (65536 - len(body) - 5) + b"\r\n"),
    "1xx first": lambda body: [b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", *plain(body)],
    "cached": lambda body: plain(body, more=["Cache-Control: no-store", "Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Age: 99999999",
                                             'ETag: "x"']),
    "slow start": lambda body: [Pause(1), *plain(body)],
    # not to be accepted
    **{str(code): redirect(code) for code in (301, 302, 303, 307, 308)},
    "204": lambda body: [head("204 No Content", kind=None)],
    "206": status("206 Partial Content", "Content-Range: bytes 0-99/100"),
    "304": lambda body: [head("304 Not Modified")],
    "404": status("404 Not Found"), "500": status("500 Oops"), "503": status("503 Later", "Retry-After: 1"),
    "html": lambda body: plain(body, kind="text/html"), "no type": lambda body: plain(body, kind=None),
    "text/plainly": lambda body: plain(body, kind="text/plainly"),
    "gzip": gzipped,
    "64 KiB and 1": lambda body: plain(body + b"x: " + b"y" * (65537 - len(body) - 5) + b"\r\n"),
    "chunks without end": lambda body: [head(more=["Transfer-Encoding: chunked"]), *endless(b"4\r\naaaa\r\n")],
    "trailers without end": lambda body: chunked(body, endless(b"X-Trailer: 1\r\n")),
    "headers without end": lambda body: [b"HTTP/1.1 200 OK\r\n", *endless(b"X-Header: 1\r\n")],
    "a header without end": lambda body: [b"HTTP/1.1 200 OK\r\nX: ", *endless(b"x")],
    "1xx without end": lambda body: endless(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body without end": lambda body: [head(protocol="HTTP/1.0"), body, *endless(b"x: y\r\n")],
    "drip": drip,
    "cut": lambda body: [head(length=len(body) + 10), body],
    "cut by reset": lambda body: [head(length=len(body) + 10), body, Cut(reset=True)],
    "cut chunk": lambda body: [head(more=["Transfer-Encoding: chunked"]), chunks(body)[:-9]],
    "1.0 cut": lambda body: [head(protocol="HTTP/1.0"), body[:-30], Cut()],
    "no HTTP": lambda body: [body], "nothing": lambda body: [], "silence": lambda body: [Pause(300)],
    "two lengths": lambda body: [head(length=len(body), more=["Content-Length: 10"]), body],
}


class PolicyHost:
    """
    place        of a site: its policy host's address and name; or (address, name)
    certificate  for mta-sts.DOMAIN, of house.pki
    policy       text; fault: a key of FAULTS
    """

    def __init__(self, place, certificate, policy="", fault=None, port=443):
        self.address, self.name = place if isinstance(place, tuple) else (f"{POLICIES}.{place.number}", f"mta-sts.{place.domain}")
        self.certificate, self.policy, self.fault = certificate, policy, fault
        self.requests = []          # octets, as they came
        self.names = []             # SNI of every connection, None without
        self.failures = []          # handshakes that came to nothing
        self.opened = 0             # connections
        self.stopping = threading.Event()
        self.connections = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.address, port))
        self.listener.listen(500)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def use(self, **changes):
        """Change while running: certificate, policy, fault."""
        with self.lock:
            for name, value in changes.items():
                assert hasattr(self, name), name
                setattr(self, name, value)

    def count(self):
        with self.lock:
            return len(self.requests)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.opened += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw):
        raw.settimeout(120)
        with self.lock:
            self.connections.add(raw)
        try:
            self._answer(raw)
        except (OSError, ValueError) as failure:
            self.failures.append(repr(failure))
        finally:
            with self.lock:
                self.connections.discard(raw)
            raw.close()

    def _answer(self, raw):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with self.lock:
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        name = [None]
        context.sni_callback = lambda _socket, asked, _context: name.__setitem__(0, asked)
        try:
            stream = context.wrap_socket(raw, server_side=True)
        finally:
            self.names.append(name[0])
        # wrap_socket took the descriptor: whoever stops us shuts this one.
        with self.lock:
            self.connections.add(stream)
        with stream:
            request = b""
            while b"\r\n\r\n" not in request and (more := stream.recv(65536)):
                request += more
            with self.lock:
                self.requests.append(request)
                fault, body = self.fault, self.policy
            again = f"{PATH}?again".encode() in request
            self._say(stream, (plain if again else FAULTS[fault])(body.encode("utf-8", "surrogateescape")))
        with self.lock:
            self.connections.discard(stream)

    def _say(self, stream, steps):
        for step in steps:
            if isinstance(step, Pause):
                if self.stopping.wait(step.seconds):
                    return
            elif isinstance(step, Cut):
                if step.reset:
                    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            else:
                stream.sendall(step)
        stream.unwrap()

    def stop(self):
        self.stopping.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(2)


class Nginx:
    """Somebody else's idea of a web server: the policy is a file."""

    def __init__(self, folder, place, certificate, policy):
        self.address, self.name = f"{POLICIES}.{place.number}", f"mta-sts.{place.domain}"
        self.folder = os.path.join(folder, f"nginx{place.number}")
        os.makedirs(os.path.join(self.folder, "root", ".well-known"))
        os.chmod(self.folder, 0o755)
        self.publish(policy)
        config = os.path.join(self.folder, "nginx.conf")
        places = "".join(f"  {kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(config, "w", encoding="ascii") as out:
            out.write(f"""daemon off;
master_process off;
pid {self.folder}/pid;
error_log {self.folder}/error.log info;
events {{ worker_connections 100; }}
http {{
  types {{ text/plain txt; }}
  access_log {self.folder}/access.log;
{places}  server {{
    listen {self.address}:443 ssl http2;
    server_name {self.name};
    ssl_certificate {certificate.certificate};
    ssl_certificate_key {certificate.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    root {self.folder}/root;
    gzip on;
    gzip_types text/plain;
    gzip_min_length 1;
  }}
}}
""")
        self.process = Process(["nginx", "-c", config, "-p", self.folder, "-e", f"{self.folder}/error.log"],
                               os.path.join(self.folder, "start.log"))
        try:
            wait_port(self.address, 443)
        except AssertionError as failure:
            self.stop()
            raise AssertionError(f"{failure}\n{self.process.log()}") from failure

    def publish(self, policy):
        path = os.path.join(self.folder, "root", ".well-known", "mta-sts.txt")
        with open(path + ".new", "w", encoding="ascii", newline="") as out:
            out.write(policy)
        os.replace(path + ".new", path)

    def requests(self):
        try:
            with open(os.path.join(self.folder, "access.log"), encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def stop(self):
        self.process.stop()
