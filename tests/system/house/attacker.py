"""
An attacker on the path: between sealpost and a mail host, a policy host, and the name server of the live zones. Each place is
held or left alone, switched while all runs. What was said to the attacker instead of the host is kept.
"""

import select
import socket
import ssl
import struct
import threading

from house.places import HOSTILE, POLICIES

BEHIND = 10000      # the true host listens at the same address, and at its port and so much


class Gone(Exception):
    """One side has ended."""


class Line:
    """One side of a connection, read by lines as long as it speaks in clear."""

    def __init__(self, connection):
        self.socket = connection
        self.pending = b""

    def line(self):
        while b"\n" not in self.pending:
            more = self.socket.recv(65536)
            if not more:
                raise Gone
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line + b"\n"

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines

    def take(self):
        octets, self.pending = self.pending, b""
        return octets


class Wire:
    """
    Listens where the host should be; passes all on to the host behind. mode: None, or one of MODES of the subclass, or one of
    reset (a RST), silence (nothing), close, certificate (TLS of the attacker's own).
    """

    def __init__(self, address, port, certificate=None, mode=None):
        self.address, self.port, self.certificate, self.mode = address, port, certificate, mode
        self.taken = []             # what was said to the attacker under its own TLS, as octets
        self.attacked = 0           # connections that something was done to
        self.stopping = threading.Event()
        self.connections = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(200)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(60)
        mode = self.mode
        self.attacked += mode is not None
        try:
            if mode == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif mode == "silence":
                self.stopping.wait(60)
            elif mode != "close":
                self.hold(connection, mode)
        except (OSError, Gone, ValueError):
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def hold(self, connection, mode):
        if mode == "certificate":
            self.impersonate(connection)
            return
        with self.behind() as host:
            self.pass_all(connection, host)

    def behind(self):
        host = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        host.bind((HOSTILE, 0))
        host.settimeout(60)
        host.connect((self.address, self.port + BEHIND))
        with self.lock:
            self.connections.add(host)
        return host

    def pass_all(self, one, other):
        """Both ways, until one side ends."""
        ends = {one: other, other: one}
        while not self.stopping.is_set():
            for end in select.select(list(ends), [], [], 1)[0]:
                octets = end.recv(65536)
                if not octets:
                    return
                ends[end].sendall(octets)

    def impersonate(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        with context.wrap_socket(connection, server_side=True) as stream:
            self.play_host(Line(stream))

    def play_host(self, peer):
        """Take all there is."""
        while True:
            self.taken.append(peer.line())

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


class MailWire(Wire):
    """Before a mail host: strip, mangle, and replies of its own to STARTTLS."""

    REPLIES = {"later": b"454 4.7.0 TLS not available\r\n", "never": b"554 5.7.0 no TLS here\r\n", "unknown": b"502 5.5.1 what?\r\n"}
    MODES = ("strip", "mangle", "later", "never", "unknown", "reset-after", "certificate", "reset", "silence", "close", "helo-only", "stars")
    STARS = b"220 " + b"*" * 40 + b"0*****\r\n"

    def hold(self, connection, mode):
        with self.behind() as host:
            client, server = Line(connection), Line(host)
            greeting = b"".join(server.reply())
            connection.sendall(self.STARS if mode == "stars" else greeting)
            while True:
                line = client.line()
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"STARTTLS" and mode in self.REPLIES:
                    connection.sendall(self.REPLIES[mode])
                    continue
                if verb == b"STARTTLS" and mode in ("certificate", "reset-after"):
                    self.cut_in(connection, mode)
                    return
                if verb == b"EHLO" and mode == "helo-only":
                    connection.sendall(b"502 5.5.1 HELO, please\r\n")
                    continue
                host.sendall(line)
                reply = server.reply()
                connection.sendall(b"".join(self.changed(reply, mode) if verb == b"EHLO" else reply))
                if verb == b"STARTTLS" and reply[0].startswith(b"220"):
                    connection.sendall(server.take())
                    host.sendall(client.take())
                    self.pass_all(connection, host)
                    return

    def cut_in(self, connection, mode):
        connection.sendall(b"220 2.0.0 go ahead\r\n")
        if mode == "certificate":
            self.impersonate(connection)
            return
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def changed(reply, mode):
        """The reply to EHLO without STARTTLS, or with a middlebox's idea of it (peers.md 2.8)."""
        words = [line[4:].rstrip() for line in reply]
        if mode in ("strip", "stars"):
            words = [word for word in words if word.upper() != b"STARTTLS"]
        elif mode == "mangle":
            words = [b"XXXXXXXA" if word.upper() == b"STARTTLS" else word for word in words]
        return [b"250%b%b\r\n" % (b"-" if n < len(words) - 1 else b" ", word) for n, word in enumerate(words)]

    def play_host(self, peer):
        """Says yes to everything, so that whatever would leak does."""
        in_data = False
        while True:
            line = peer.line()
            self.taken.append(line)
            verb = line.split()[0].upper() if line.split() else b""
            if in_data:
                in_data = line not in (b".\r\n", b".\n")
                if not in_data:
                    peer.socket.sendall(b"250 2.0.0 thank you\r\n")
            elif verb == b"EHLO":
                peer.socket.sendall(b"250-mx\r\n250-PIPELINING\r\n250 REQUIRETLS\r\n")
            elif verb == b"DATA":
                in_data = True
                peer.socket.sendall(b"354 go on\r\n")
            else:
                peer.socket.sendall(b"250 2.0.0 yes\r\n")


class WebWire(Wire):
    """Before a policy host; `policy` is what the attacker would have it say."""

    policy = b""

    def play_host(self, peer):
        while (line := peer.line()).strip():
            self.taken.append(line)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(self.policy)
        peer.socket.sendall(head + self.policy)


class Attacker:
    """
    All of the paths to one site: .mail and .web are wires to hosts that listen BEHIND, .names the wire that all live zones share.
    Nothing happens until something is done; calm() ends it all.
    """

    def __init__(self, names, place, certificate):
        self.all_names, self.names, self.place = names, names.wire, place
        self.mail = MailWire(place.address, 25, certificate)
        self.web = WebWire(f"{POLICIES}.{place.number}", 443, certificate)

    def taken(self):
        """Everything that was said to it, under TLS or not."""
        return b"".join(self.mail.taken + self.web.taken)

    def calm(self):
        self.mail.mode = self.web.mode = None
        self.names.calm()
        self.all_names.forget()

    def stop(self):
        self.calm()
        self.mail.stop()
        self.web.stop()
