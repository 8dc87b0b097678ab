"""A literal SMTP client: says what it is told, at once or piece by piece, and gives back every reply as it came."""

import socket
import ssl

from house.places import CLIENT, RELAY
from house.processes import LEAST_S


class Reply:
    def __init__(self, lines):
        self.lines = lines

    @property
    def code(self):
        return int(self.lines[0][:3])

    @property
    def status(self):
        """The enhanced status of the first line, "" without one."""
        word = self.lines[0][4:].split(" ", 1)[0]
        return word if word.count(".") == 2 and word.replace(".", "").isdigit() else ""

    @property
    def text(self):
        return "\n".join(line[4:] for line in self.lines)

    @property
    def keywords(self):
        return {line[4:].split(" ")[0].upper(): line[4:].split(" ", 1)[1] if " " in line[4:] else "" for line in self.lines[1:]}

    def __repr__(self):
        return "<" + " | ".join(self.lines) + ">"


class Ended(Exception):
    """The connection ended where a reply was awaited."""


def tls_context(minimum=None, maximum=None, ciphers=None, certificate=None, trust=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if trust:
        context.load_verify_locations(trust)
        context.verify_mode = ssl.CERT_REQUIRED
    if ciphers:
        context.set_ciphers(ciphers)
    if minimum:
        context.minimum_version = minimum
    if maximum:
        context.maximum_version = maximum
    if certificate:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


class Client:
    def __init__(self, address=RELAY, port=25, source=CLIENT, timeout=LEAST_S, greet=True, implicit=False):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if source and family == socket.AF_INET:
            self.socket.bind((source, 0))
        self.socket.connect((address, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""
        if implicit:
            self.lay_tls()
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    # --- octets

    def send(self, octets):
        self.socket.sendall(octets.encode("utf-8", "surrogateescape") if isinstance(octets, str) else octets)

    def read_line(self):
        while b"\r\n" not in self.pending:
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError, BrokenPipeError) as failure:
                raise Ended(repr(failure)) from failure
            if not more:
                raise Ended(f"after {self.pending!r}")
            self.pending += more
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line.decode("utf-8", "surrogateescape")

    def reply(self):
        """One reply; what is no reply by RFC 5321 4.2 is an assertion."""
        lines = []
        while True:
            line = self.read_line()
            assert len(line) >= 3 and line[:3].isdigit() and line[0] in "2345", f"not a reply: {line!r}"
            assert len(line) + 2 <= 512, f"a reply line of {len(line) + 2} octets"
            assert line.isascii() and line.isprintable(), f"not printable ASCII: {line!r}"
            assert not lines or lines[0][:3] == line[:3], f"two codes in one reply: {lines} {line}"
            lines.append(line)
            if line[3:4] != "-":
                assert line[3:4] in (" ", ""), f"not a reply: {line!r}"
                return Reply(lines)

    def is_silent(self, seconds=0.5):
        """Nothing comes for so long. An end is not silence."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            more = self.socket.recv(65536)
            self.pending += more
            return False
        except (TimeoutError, socket.timeout):
            return not self.pending
        finally:
            self.socket.settimeout(before)

    def has_ended(self, timeout=LEAST_S):
        """The server closes, saying nothing more. What it still says is kept in `pending`."""
        self.socket.settimeout(timeout)
        try:
            while more := self.socket.recv(65536):
                self.pending += more
        except (TimeoutError, socket.timeout):
            return False
        except (OSError, ssl.SSLError):
            pass
        return not self.pending

    # --- commands

    def command(self, line):
        self.send(line + "\r\n" if isinstance(line, str) else line + b"\r\n")
        return self.reply()

    def expect(self, line, *codes):
        reply = self.command(line)
        assert reply.code in codes, f"{line!r} gave {reply!r}, not {codes}"
        return reply

    def lay_tls(self, context=None, name=None):
        assert not self.pending, f"octets before the handshake: {self.pending!r}"
        self.socket = (context or tls_context()).wrap_socket(self.socket, server_hostname=name)

    def starttls(self, context=None, name=None, ehlo="client.house.test"):
        """EHLO, STARTTLS, handshake and EHLO again; returns the reply to the latter."""
        self.expect(f"EHLO {ehlo}", 250)
        self.expect("STARTTLS", 220)
        self.lay_tls(context, name)
        return self.expect(f"EHLO {ehlo}", 250)

    def mail(self, sender, *recipients, sender_params="", recipient_params=""):
        self.expect(f"MAIL FROM:<{sender}>{' ' + sender_params if sender_params else ''}", 250)
        for recipient in recipients:
            self.expect(f"RCPT TO:<{recipient}>{' ' + recipient_params if recipient_params else ''}", 250)

    def data(self, content):
        """Content with CRLFs; dots are stuffed here. Returns the reply to the final dot."""
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogateescape")
        self.expect("DATA", 354)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        self.send(stuffed + (b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n") + b".\r\n")
        return self.reply()

    def quit(self):
        reply = self.command("QUIT")
        self.close()
        return reply


def secured(address=RELAY, port=25, source=CLIENT, context=None, name=None, ehlo="client.house.test", **options):
    """A client behind STARTTLS and EHLO; its keywords are in `offered`."""
    client = Client(address, port, source, **options)
    client.offered = client.starttls(context, name, ehlo).keywords
    return client
