"""
A wire to a name server or a resolver, and whoever sits on it: answers are dropped, refused, spoilt or forged by name and type,
switched on and off while all runs. It is a process of its own, so that no test is slow at the DNS because another host of
the house is busy; NameWire is its end in the tests.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading

import dns.exception
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


class Wire:
    """Passes everything on to `behind` until told otherwise."""

    def __init__(self, address, behind):
        self.behind = behind
        self.deeds = {}             # (name or None for all, type or None for any) to a function of (question, passed)
        self.asked = []             # (name, type) of every question, as text
        self.lock = threading.Lock()
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((address, 53))
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 53))
        self.listener.listen(20)
        for serve in (self._serve_datagrams, self._serve_streams):
            threading.Thread(target=serve, daemon=True).start()

    # --- what it is told

    def do(self, deed, name, kind):
        with self.lock:
            self.deeds[(dns.name.from_text(name) if name else None, TYPES[kind] if kind else None)] = \
                forged(deed) if isinstance(deed, list) else DEEDS[deed]

    def lead_to(self, behind):
        self.behind = behind

    def calm(self):
        with self.lock:
            self.deeds.clear()

    def questions(self, name, kind):
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


class NameWire:
    """
    deed of DEEDS, or a list of records, to all questions for this name (None: any) and this type (None: any); deeds last
    until calm(). questions(): how often it was asked.
    """

    def __init__(self, address, behind):
        self.lock = threading.Lock()
        self.process = subprocess.Popen([sys.executable, "-m", "house.namewire", address, behind], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        assert self.process.stdout.readline() == "ready\n"

    def _tell(self, *words):
        with self.lock:
            self.process.stdin.write(json.dumps(words) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        assert "failure" not in answer, answer
        return answer["value"]

    def do(self, deed, name=None, kind=None):
        self._tell("do", deed, name, kind)

    def lead_to(self, behind):
        self._tell("lead_to", behind)

    def calm(self):
        self._tell("calm")

    def questions(self, name, kind=None):
        return self._tell("questions", name, kind)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process.stdout.close()


def main(address, behind):
    """Until the tests have no more to say."""
    wire = Wire(address, behind)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, *words = json.loads(line)
        try:
            answer = {"value": getattr(wire, verb)(*words)}
        except (KeyError, dns.exception.DNSException) as failure:
            answer = {"failure": repr(failure)}
        print(json.dumps(answer), flush=True)


def read_message(stream):
    """One DNS message behind its length; b"" at the end."""
    def exactly(count):
        octets = b""
        while len(octets) < count and (more := stream.recv(count - len(octets))):
            octets += more
        return octets if len(octets) == count else b""
    head = exactly(2)
    return exactly(struct.unpack(">H", head)[0]) if head else b""


if __name__ == "__main__":
    main(*sys.argv[1:])
