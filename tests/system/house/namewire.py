"""
The wire between the resolver and the name server of the live zones, and whoever sits on it: answers are dropped, refused,
spoilt or forged by name and type, switched on and off while all runs.
"""

import socket
import struct
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

TYPES = {name: dns.rdatatype.from_text(name) for name in ("A", "AAAA", "MX", "TXT", "TLSA", "CNAME", "SOA", "DNSKEY", "DS", "NS")}


def answer_to(question, rcode=dns.rcode.NOERROR):
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.AA
    answer.set_rcode(rcode)
    return answer


def dropped(_question, _passed):
    return None


def failing(rcode):
    return lambda question, _passed: answer_to(question, rcode)


def spoilt(_question, passed):
    """The true answer with signatures that are none."""
    answer = passed()
    for part in (answer.answer, answer.authority):
        for rrset in part:
            if rrset.rdtype == dns.rdatatype.RRSIG:
                rows = [row.replace(signature=bytes(octet ^ 0x55 for octet in row.signature)) for row in rrset]
                rrset.clear()
                for row in rows:
                    rrset.add(row)
    return answer


def stripped(_question, passed):
    """The true answer without signatures: what an unsigned zone would say."""
    answer = passed()
    for part in (answer.answer, answer.authority):
        part[:] = [rrset for rrset in part if rrset.rdtype not in (dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.NSEC3)]
    return answer


def believing(_question, passed):
    """A resolver that sets AD whatever it finds."""
    answer = passed()
    answer.flags |= dns.flags.AD
    return answer


def doubting(_question, passed):
    """One that never does."""
    answer = passed()
    answer.flags &= ~dns.flags.AD
    return answer


# What may become of a question. A list of records ("MX 10 evil.open.test.") is a forged answer; ["nothing"] has none.
DEEDS = {
    "drop": dropped, "spoil": spoilt, "strip": stripped, "believe": believing, "doubt": doubting,
    "servfail": failing(dns.rcode.SERVFAIL), "refuse": failing(dns.rcode.REFUSED), "deny": failing(dns.rcode.NXDOMAIN),
    "empty": failing(dns.rcode.NOERROR),
}


def forged(records):
    def answer(question, _passed):
        made = answer_to(question)
        for text in records:
            kind, data = text.split(" ", 1)
            made.answer.append(dns.rrset.from_text(question.question[0].name, 1, "IN", kind, data))
        return made
    return answer


class NameWire:
    """Passes everything on to `behind` until told otherwise."""

    def __init__(self, address, behind):
        self.behind = behind
        self.deeds = {}             # (name or None for all below, type or None for any) to a function of (question, passed)
        self.asked = []             # (name, type) of every question, as text
        self.lock = threading.Lock()
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((address, 53))
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 53))
        self.listener.listen(20)
        self.threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_datagrams, self._serve_streams)]
        for thread in self.threads:
            thread.start()

    # --- what tests say

    def do(self, deed, name=None, kind=None):
        """
        deed of DEEDS, a list of records, or a function of (question, passed), to all questions for this name (and this type);
        they last until calm().
        """
        deed = forged(deed) if isinstance(deed, list) else deed if callable(deed) else DEEDS[deed]
        with self.lock:
            self.deeds[(dns.name.from_text(name) if name else None, TYPES[kind] if kind else None)] = deed

    def calm(self):
        with self.lock:
            self.deeds.clear()

    def questions(self, name, kind=None):
        """How often it was asked."""
        with self.lock:
            return sum(asked == name.lower().rstrip(".") and kind in (None, of) for asked, of in self.asked)

    # --- the wire

    def deed_for(self, name, kind):
        with self.lock:
            for wanted in ((name, kind), (name, None), (None, kind), (None, None)):
                if wanted in self.deeds:
                    return self.deeds[wanted]
        return None

    def pass_on(self, octets, by_stream):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if by_stream else socket.SOCK_DGRAM) as out:
            out.settimeout(2)
            out.connect((self.behind, 53))
            if not by_stream:
                out.send(octets)
                return out.recv(65535)
            out.sendall(struct.pack(">H", len(octets)) + octets)
            return read_message(out)

    def reply(self, octets, by_stream=False):
        """The octets to send back; None = nothing."""
        question = dns.message.from_wire(octets)
        asked = question.question[0]
        with self.lock:
            self.asked.append((asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)))
        deed = self.deed_for(asked.name, asked.rdtype)
        if deed is None:
            return self.pass_on(octets, by_stream)
        answer = deed(question, lambda: dns.message.from_wire(self.pass_on(octets, by_stream)))
        return None if answer is None else answer.to_wire(max_size=65535)

    def _serve_datagrams(self):
        while True:
            try:
                octets, peer = self.datagrams.recvfrom(4096)
            except OSError:
                return
            try:
                reply = self.reply(octets)
                if reply is not None:
                    self.datagrams.sendto(reply, peer)
            except (OSError, dns.exception.DNSException):
                continue

    def _serve_streams(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_stream, args=(connection,), daemon=True).start()

    def _serve_stream(self, connection):
        with connection:
            connection.settimeout(10)
            try:
                while octets := read_message(connection):
                    reply = self.reply(octets, by_stream=True)
                    if reply is not None:
                        connection.sendall(struct.pack(">H", len(reply)) + reply)
            except (OSError, dns.exception.DNSException):
                pass

    def stop(self):
        for end in (self.datagrams, self.listener):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def read_message(stream):
    """One DNS message behind its length; b"" at the end."""
    def exactly(count):
        octets = b""
        while len(octets) < count and (more := stream.recv(count - len(octets))):
            octets += more
        return octets if len(octets) == count else b""
    head = exactly(2)
    return exactly(struct.unpack(">H", head)[0]) if head else b""
