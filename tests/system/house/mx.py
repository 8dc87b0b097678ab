"""
A mail host that does as it is told: every step of SMTP can be answered with anything, at any pace, or with silence; and
everything that was seen is kept. One thread per connection; nothing here is fast, all of it is literal.
"""

import re
import socket
import ssl
import struct
import threading
import time

EVERYTHING = ("PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "SMTPUTF8")


class Close:
    """Instead of a reply: end the connection. By FIN, or by RST."""

    def __init__(self, reset=False):
        self.reset = reset


class Silent:
    """Instead of a reply: nothing, and nothing more in this connection."""


class Raw:
    """Instead of a reply: these octets as they are. The first line's code is what the host thinks it said."""

    def __init__(self, octets):
        self.octets = octets


class Slow:
    """A reply after a pause, or octet by octet with a pause before each."""

    def __init__(self, reply, seconds=0.0, drip=0.0):
        self.reply = reply
        self.seconds = seconds
        self.drip = drip


CLOSE, RESET, SILENCE = Close(), Close(reset=True), Silent()


class Message:
    def __init__(self, session):
        self.session = session
        self.sender = None
        self.sender_params = ""
        self.recipients = []        # (address, parameters)
        self.content = b""
        self.by_chunks = False
        self.accepted = False

    @property
    def addresses(self):
        return [address for address, _ in self.recipients]

    def __repr__(self):
        return f"<message from {self.sender} to {self.addresses}, {len(self.content)} octets>"


class Session:
    """One connection: what was said, and over what."""

    def __init__(self, host, connection, peer):
        self.host = host
        self.connection = connection
        self.peer = peer
        self.started = time.monotonic()
        self.tls = None             # (version, cipher) once there is TLS
        self.sni = None
        self.session_reused = False
        self.lines = []             # (under TLS?, line without CRLF)
        self.messages = []
        self.current = None
        self.pending = b""
        self.failure = None         # what TLS or the socket said

    @property
    def commands(self):
        return [line for _, line in self.lines]

    @property
    def clear_commands(self):
        """In clear, up to a handshake that was not answered."""
        lines = [line for is_tls, line in self.lines if not is_tls]
        hello = next((n for n, line in enumerate(lines) if line.startswith(b"\x16\x03")), len(lines))
        return lines[:hello]

    # --- octets

    def read_line(self):
        while b"\n" not in self.pending:
            more = self.connection.recv(65536)
            if not more:
                return None
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def read_exactly(self, count):
        parts, length = [self.pending], len(self.pending)
        while length < count:
            parts.append(self.connection.recv(1 << 20))
            if not parts[-1]:
                return None
            length += len(parts[-1])
        octets = b"".join(parts)
        self.pending = octets[count:]
        return octets[:count]

    def read_until_dot(self):
        """Strict by default: CRLF . CRLF. A sloppy host takes whatever sloppy hosts take."""
        if self.host.sloppy:
            end = re.compile(rb"(?:^|\r\n|\n|\r)\.(?:\r\n|\n|\r)")
        else:
            end = re.compile(rb"(?:^|\r\n)\.\r\n")
        while not (found := end.search(self.pending)):
            more = self.connection.recv(1 << 20)
            if not more:
                return None
            self.pending += more
        content, self.pending = self.pending[:found.start()], self.pending[found.end():]
        content += b"\r\n" if content else b""
        return re.sub(rb"(^|\r\n)\.", rb"\1", content)

    def send(self, octets, drip=0.0):
        if not drip:
            self.connection.sendall(octets)
            return
        for n in range(len(octets)):
            time.sleep(drip)
            self.connection.sendall(octets[n:n + 1])

    # --- replies

    def answer(self, step, standard, line=b"", message=None):
        """
        Say what the script has for this step, or the standard reply. A message that it accepts is marked before it is said: whoever
        has read of its delivery finds it accepted. Returns the reply's code, None when there is none.
        """
        reply = self.host.scripted(step, self, line)
        drip = 0.0
        if reply is None:
            reply = standard
        if isinstance(reply, Slow):
            self.host.stopping.wait(reply.seconds)
            drip, reply = reply.drip, reply.reply if reply.reply is not None else standard
        if isinstance(reply, Close):
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionAbortedError(step)
        if isinstance(reply, Silent):
            self.host.stopping.wait(120)
            raise ConnectionAbortedError(step)
        octets = reply.octets if isinstance(reply, Raw) else reply.encode("utf-8", "surrogateescape") + b"\r\n"
        code = int(octets[:3]) if octets[:3].isdigit() else None
        if message is not None:
            message.accepted = code is not None and 200 <= code < 300
        try:
            self.send(octets, drip)
        except OSError:
            if message is not None:
                message.accepted = False
            raise
        if code == 421 and not isinstance(reply, Raw):
            raise ConnectionAbortedError(step)
        return code

    # --- the conversation

    def greet_names(self):
        words = list(self.host.capabilities) + list(self.host.tls_also if self.tls else self.host.clear_also)
        if not self.tls and self.host.starttls:
            words.append(self.host.starttls)
        rows = [self.host.name] + words
        return "\r\n".join(f"250{'-' if n < len(rows) - 1 else ' '}{row}" for n, row in enumerate(rows))

    def lay_tls(self, implicit=False):
        """The handshake; octets that came in clear behind STARTTLS are kept to be shown, and never obeyed."""
        if self.pending:
            self.host.injected.append(self.pending)
            self.pending = b""
        context = self.host.context()
        context.sni_callback = self._on_name
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.tls = self.connection.version(), self.connection.cipher()[0]
        self.session_reused = self.connection.session_reused

    def _on_name(self, _socket, name, _context):
        self.sni = name

    def run(self):
        if self.host.implicit:
            self.lay_tls()
        self.answer("CONNECT", f"220 {self.host.name} ESMTP")
        while (line := self.read_line()) is not None:
            self.lines.append((self.tls is not None, line))
            verb = line.split(b" ", 1)[0].upper().decode("ascii", "replace").rstrip(":")
            step = {"EHLO": "EHLO" if not self.tls else "TLS-EHLO", "LHLO": "TLS-EHLO"}.get(verb, verb)
            handler = getattr(self, "got_" + verb.lower(), None)
            if handler is None:
                self.answer(step, "500 5.5.2 what?", line)
            elif handler(step, line) == "bye":
                return

    def got_ehlo(self, step, line):
        self.current = None
        self.answer(step, self.greet_names(), line)

    def got_starttls(self, step, line):
        if self.answer(step, "220 2.0.0 go ahead" if self.host.starttls else "502 5.5.1 no", line) == 220:
            self.lay_tls()

    def got_noop(self, step, line):
        self.answer(step, "250 2.0.0 ok", line)

    def got_rset(self, step, line):
        self.current = None
        self.answer(step, "250 2.0.0 ok", line)

    def got_quit(self, step, line):
        self.answer(step, "221 2.0.0 bye", line)
        return "bye"

    def got_mail(self, step, line):
        found = re.match(rb"(?i)MAIL FROM:<(.*?)>(?: (.*))?$", line)
        self.current = Message(self)
        if found:
            self.current.sender = found[1].decode("utf-8", "replace")
            self.current.sender_params = (found[2] or b"").decode("utf-8", "replace")
        code = self.answer(step, "250 2.1.0 ok" if found else "501 5.1.7 no", line)
        if code is None or code >= 400:
            self.current = None

    def got_rcpt(self, step, line):
        found = re.match(rb"(?i)RCPT TO:<(.*?)>(?: (.*))?$", line)
        if self.current is None:
            self.answer(step, "503 5.5.1 MAIL first", line)
            return
        code = self.answer(step, "250 2.1.5 ok" if found else "501 5.1.3 no", line)
        if code is not None and code < 300 and found:
            self.current.recipients.append((found[1].decode("utf-8", "replace"), (found[2] or b"").decode("utf-8", "replace")))

    def got_data(self, step, line):
        if self.current is None or not self.current.recipients:
            self.answer(step, "503 5.5.1 no recipients", line)
            return
        if self.answer(step, "354 go ahead", line) != 354:
            return
        content = self.read_until_dot()
        if content is None:
            raise ConnectionAbortedError("in DATA")
        self.current.content = content
        self.finish("DOT")

    def got_bdat(self, step, line):
        words = line.split()
        octets = self.read_exactly(int(words[1]))
        if octets is None:
            raise ConnectionAbortedError("in BDAT")
        if self.current is None or not self.current.recipients:
            self.answer(step, "503 5.5.1 no recipients", line)
            return
        self.current.content += octets
        self.current.by_chunks = True
        if len(words) > 2 and words[2].upper() == b"LAST":
            self.finish("DOT")
        else:
            self.answer(step, "250 2.0.0 ok", line)

    def finish(self, step):
        message, self.current = self.current, None
        self.messages.append(message)
        self.host.remember(message)
        self.answer(step, "250 2.0.0 queued as 1", message.content, message)


class MailHost:
    """
    Listens at once; stop() ends everything.
      certificate  of house.pki; key of another one may be given
      starttls     what the EHLO reply says of it: "STARTTLS", something mangled, or None
      without      keywords to leave out of the usual ones; `also` adds some, `tls_also` under TLS only, `clear_also` in clear only
      keep_context one TLS context for all connections, so that sessions can be resumed
      script       step -> reply, or a list of replies for one after the other (the last one stays; None = the usual), or a
                   function of (session, line). Steps: CONNECT EHLO STARTTLS TLS-EHLO MAIL RCPT DATA DOT BDAT RSET NOOP QUIT
    """

    def __init__(self, address, name, certificate=None, port=25, starttls="STARTTLS", without=(), also=(), script=None,
                 versions=None, ciphers=None, sloppy=False, implicit=False, context=None, tls_also=(), clear_also=(), keep_context=False):
        self.address, self.port, self.name = address, port, name
        self.certificate, self.versions, self.ciphers = certificate, versions, ciphers
        self.starttls, self.sloppy, self.implicit = starttls, sloppy, implicit
        self.capabilities = [word for word in EVERYTHING if word.split()[0] not in without] + list(also)
        self.tls_also, self.clear_also, self.keep_context = tls_also, clear_also, keep_context
        self.script = dict(script or {})
        self.made_context = context
        self.sessions, self.messages, self.injected = [], [], []
        self.taken = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(200)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def context(self):
        if self.made_context:
            return self.made_context
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.ciphers:
            context.set_ciphers(self.ciphers)
        if self.versions:
            context.minimum_version, context.maximum_version = self.versions
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        if self.keep_context:
            self.made_context = context
        return context

    def use(self, certificate=None, **script):
        """Change while running: another certificate, other replies (names of steps, - written _)."""
        with self.lock:
            if certificate:
                self.certificate, self.made_context = certificate, None
            for step, reply in script.items():
                self.script[step.replace("_", "-")] = reply
                self.taken.pop(step.replace("_", "-"), None)

    def scripted(self, step, session, line):
        with self.lock:
            reply = self.script.get(step)
            if isinstance(reply, list):
                at = self.taken.get(step, 0)
                self.taken[step] = at + 1
                reply = reply[min(at, len(reply) - 1)]
        return reply(session, line) if callable(reply) else reply

    def remember(self, message):
        with self.lock:
            self.messages.append(message)

    def accepted(self):
        with self.lock:
            return [message for message in self.messages if message.accepted]

    def _accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, peer), daemon=True).start()

    def _serve(self, connection, peer):
        connection.settimeout(120)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(self, connection, peer)
        with self.lock:
            self.sessions.append(session)
        try:
            session.run()
        except (OSError, ConnectionError, ValueError) as failure:
            session.failure = failure
        finally:
            try:
                session.connection.close()
            except OSError:
                pass

    def stop(self):
        self.stopping.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            try:
                session.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(2)


class Greylist:
    """Script for RCPT: 451 to a (address, sender, recipient) until it comes back after so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.seen = {}

    def __call__(self, session, line):
        key = session.peer[0], session.current.sender, line
        first = self.seen.setdefault(key, time.monotonic())
        return None if time.monotonic() - first >= self.seconds else "451 4.7.1 come back later"
