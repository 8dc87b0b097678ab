#!/usr/bin/python3
"""
Promise P1, on the wire: read a capture (pcap) of everything that passed, put its TCP streams together again, and fail when
- on a STARTTLS port anything but a greeting, EHLO, STARTTLS, QUIT, NOOP and their replies precedes TLS, in either direction,
- on an implicit port anything precedes TLS, or behind the handshake anything is not a TLS record,
- a canary text that only ever stands inside of messages and addresses is anywhere, TLS or not, TCP or not,
- octets are missing, so that nothing can be proved.

    plaintext_check.py --starttls PORT,... --implicit PORT,... [--canary TEXT]... [--hostile-client NET]... [--hostile-server NET]...
                       [--least STREAMS] CAPTURE...

What a hostile side says in clear is its own affair, and only searched for canaries: tests play attackers from addresses of their own.
"""

import argparse
import ipaddress
import re
import struct
import sys

COMMAND = re.compile(rb"(?i)(EHLO [!-~]+|STARTTLS|QUIT|NOOP)\Z")
GREETING = re.compile(rb"220[ -].*\Z")
REFUSAL = re.compile(rb"(530|500|501|502|503|504|554|521|421|454)[ -].*\Z")
REPLIES = {
    b"EHLO": re.compile(rb"(250[ -].*|[45][0-9][0-9][ -].*)\Z"),
    b"STARTTLS": re.compile(rb"(220[ -].*|[45][0-9][0-9][ -].*)\Z"),
    b"QUIT": re.compile(rb"(221[ -].*|[45][0-9][0-9][ -].*)\Z"),
    b"NOOP": re.compile(rb"(250[ -].*|[45][0-9][0-9][ -].*)\Z"),
}
ETHERNET, LOOP, RAW, LINUX_COOKED, LINUX_COOKED2 = 1, 108, 101, 113, 276


class Unproved(Exception):
    """The capture cannot tell."""


# --- the capture file

def packets(path, whole):
    """(link type, octets) of every packet of a pcap file, which is there as a whole."""
    if len(whole) < 24 or whole[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"):
        raise Unproved(f"{path} is not a pcap file")
    order = "<" if whole[0] in (0xd4, 0x4d) else ">"
    link = struct.unpack_from(order + "I", whole, 20)[0] & 0xffff
    lengths, at, end = struct.Struct(order + "II"), 24, len(whole)
    while at + 16 <= end:
        length, original = lengths.unpack_from(whole, at + 8)
        at += 16
        if at + length > end:
            break           # the writer was stopped in the middle of its last packet
        if length < original:
            raise Unproved(f"{path}: a packet of {original} octets was cut to {length}")
        yield link, whole[at:at + length]
        at += length


def network_part(link, octets):
    """The IP packet in a frame, or b"" for what is none."""
    if link == ETHERNET:
        kind = octets[12:14]
        return octets[14:] if kind in (b"\x08\x00", b"\x86\xdd") else b""
    if link == LINUX_COOKED:
        return octets[16:]
    if link == LINUX_COOKED2:
        return octets[20:]
    if link == LOOP:
        return octets[4:]
    if link == RAW:
        return octets
    raise Unproved(f"link type {link}")


def tcp_segment(ip):
    """(source, destination, TCP segment), addresses in their octets; or None."""
    if len(ip) < 20:
        return None
    if ip[0] >> 4 == 4:
        length = struct.unpack(">H", ip[2:4])[0] or len(ip)
        if ip[9] != 6:
            return None
        if struct.unpack(">H", ip[6:8])[0] & 0x3fff:
            raise Unproved("a fragmented packet")
        return ip[12:16], ip[16:20], ip[(ip[0] & 15) * 4:length]
    if ip[0] >> 4 == 6 and len(ip) >= 40 and ip[6] == 6:
        length = struct.unpack(">H", ip[4:6])[0]
        return ip[8:24], ip[24:40], ip[40:40 + length] if length else ip[40:]
    return None


# --- streams

class Direction:
    """One side of a connection: segments by their place behind the first octet."""

    def __init__(self):
        self.first = None           # sequence number of the first octet
        self.segments = {}
        self.end = None             # place of the FIN
        self.acknowledged = 0       # by the other side, as far as seen

    def octets(self):
        """In order; raises Unproved at a gap before what the other side acknowledged."""
        parts, at = [], 0
        for place in sorted(self.segments):
            data = self.segments[place]
            if place > at:
                break
            if place + len(data) > at:
                parts.append(data[at - place:])
                at = place + len(data)
        if at < self.acknowledged:
            raise Unproved(f"octets {at} to {self.acknowledged} were not captured")
        return b"".join(parts)


class Connection:
    def __init__(self, client, server):
        self.client, self.server = [(ipaddress.ip_address(address), port) for address, port in (client, server)]
        self.said, self.answered = Direction(), Direction()

    def __str__(self):
        return f"{self.client[0]}:{self.client[1]} -> {self.server[0]}:{self.server[1]}"


class Capture:
    def __init__(self, canaries=()):
        self.canaries = [canary.encode() for canary in canaries]
        self.connections, self.open = [], {}
        self.seen_packets, self.leaks = 0, []

    def add(self, path):
        with open(path, "rb") as file:
            whole = file.read()
        # What is nowhere in the file is in no packet of it.
        canaries = [canary for canary in self.canaries if canary in whole]
        for link, octets in packets(path, whole):
            self.seen_packets += 1
            for canary in canaries:
                if canary in octets:
                    self.leaks.append(f"packet {self.seen_packets} of {path} has {canary.decode()}")
            found = tcp_segment(network_part(link, octets))
            if found:
                self._tcp(*found)

    def _tcp(self, source, destination, segment):
        if len(segment) < 20:
            return
        from_port, to_port, number, acknowledged, offset, flags = struct.unpack(">HHIIBB", segment[:14])
        data = segment[(offset >> 4) * 4:]
        is_syn, is_ack, is_fin = flags & 2, flags & 16, flags & 1
        here, there = (source, from_port), (destination, to_port)
        if is_syn and not is_ack:
            known = self.open.get((here, there))
            if known is not None and known.said.first == (number + 1) & 0xffffffff:
                return                              # sent again
            connection = self.open[(here, there)] = Connection(here, there)
            connection.said.first = (number + 1) & 0xffffffff
            self.connections.append(connection)
            return
        if (here, there) in self.open:
            connection = self.open[(here, there)]
            mine, other = connection.said, connection.answered
        elif (there, here) in self.open:
            connection = self.open[(there, here)]
            mine, other = connection.answered, connection.said
        else:
            if data:
                raise Unproved(f"{Connection(here, there)} began before the capture")
            return
        if is_syn:
            mine.first = (number + 1) & 0xffffffff
            return
        if is_ack and other.first is not None and not flags & 4:
            behind = (acknowledged - other.first) & 0xffffffff
            if behind < 0x80000000 and other.end is not None and behind > other.end:
                behind = other.end
            if behind < 0x80000000:
                other.acknowledged = max(other.acknowledged, behind)
        if mine.first is None:
            return
        place = (number - mine.first) & 0xffffffff
        if data and place < 0x80000000 and len(data) > len(mine.segments.get(place, b"")):
            mine.segments[place] = data
        if is_fin:
            mine.end = place + len(data)
            mine.acknowledged = min(mine.acknowledged, mine.end)


# --- what may be said

def records_fault(octets):
    """What is wrong with a run of TLS records; "" when nothing is. The last one may be cut."""
    at = 0
    while at < len(octets):
        head = octets[at:at + 5]
        if not 20 <= head[0] <= 23 or head[1:2] not in (b"\x03", b""):
            return f"not a TLS record at octet {at}: {octets[at:at + 40]!r}"
        if len(head) < 5:
            return ""
        length = struct.unpack(">H", head[3:5])[0]
        if length > 16384 + 2048:
            return f"a TLS record of {length} octets at octet {at}"
        at += 5 + length
    return ""


def clear_lines(octets):
    """Lines up to where TLS records begin, and the rest: (lines, rest). A part of a line counts as one."""
    lines, at = [], 0
    while at < len(octets) and not (20 <= octets[at] <= 23 and octets[at + 1:at + 2] in (b"\x03", b"")):
        end = octets.find(b"\n", at)
        if end < 0:
            lines.append(octets[at:])
            return lines, b""
        lines.append(octets[at:end].rstrip(b"\r"))
        at = end + 1
    return lines, octets[at:]


def client_fault(octets):
    """(what is wrong, the commands)."""
    lines, rest = clear_lines(octets)
    commands = []
    for line in lines:
        if not COMMAND.match(line):
            return f"the client says {line[:80]!r} in clear", commands
        commands.append(line.split(b" ")[0].upper())
    if rest and (not commands or commands[-1] != b"STARTTLS"):
        return "TLS records from the client that never said STARTTLS", commands
    return records_fault(rest), commands


def server_fault(octets, commands, judge_order=True):
    lines, rest = clear_lines(octets)
    replies, current = [], []
    for line in lines:
        if len(line) < 4 and not re.match(rb"[2-5][0-9][0-9]\Z", line):
            return f"the server says {line[:80]!r} in clear"
        current.append(line)
        if line[3:4] != b"-":
            replies.append(current)
            current = []
    if current:
        replies.append(current)
    if replies and not all(GREETING.match(line) or REFUSAL.match(line) for line in replies[0]):
        return f"the server greets with {replies[0][0][:80]!r}"
    for n, reply in enumerate(replies[1:]):
        command = commands[n] if judge_order and n < len(commands) else None
        for line in reply:
            if REFUSAL.match(line + (b" " if len(line) == 3 else b"")):
                continue
            pattern = REPLIES.get(command) if judge_order else re.compile(rb"(220|221|250)[ -].*\Z")
            if pattern is None or not pattern.match(line):
                return f"the server answers {line[:80]!r} in clear" + (f" to {command.decode()}" if command else "")
    if rest and not any(reply[-1].startswith(b"220") for reply in replies[1:]):
        return "TLS records from the server that never answered 220 to STARTTLS"
    return records_fault(rest)


def starttls_fault(connection, client_is_hostile, server_is_hostile):
    fault, commands = client_fault(connection.said.octets())
    if fault and not client_is_hostile:
        return fault
    if server_is_hostile:
        return ""
    return server_fault(connection.answered.octets(), commands, judge_order=not client_is_hostile)


def implicit_fault(connection, client_is_hostile, server_is_hostile):
    fault = "" if client_is_hostile else records_fault(connection.said.octets())
    return fault or ("" if server_is_hostile else records_fault(connection.answered.octets()))


def is_in(address, networks):
    return any(address in network for network in networks)


def check(capture, starttls, implicit, hostile_clients=(), hostile_servers=()):
    """(faults, streams looked at, streams with TLS)"""
    faults, looked_at, with_tls = list(capture.leaks), 0, 0
    for connection in capture.connections:
        port = connection.server[1]
        hostile = is_in(connection.client[0], hostile_clients), is_in(connection.server[0], hostile_servers)
        try:
            said, answered = connection.said.octets(), connection.answered.octets()
            for canary in capture.canaries:         # in two packets, or sent again otherwise
                if canary in said or canary in answered:
                    faults.append(f"{connection}: has {canary.decode()}")
            if port not in starttls and port not in implicit:
                continue
            looked_at += 1
            with_tls += b"\x16\x03" in said[:2000] and b"\x16\x03" in answered[:2000]
            fault = (starttls_fault if port in starttls else implicit_fault)(connection, *hostile)
        except Unproved as reason:
            fault = f"cannot tell: {reason}"
        if fault:
            faults.append(f"{connection}: {fault}")
    return faults, looked_at, with_tls


def ports(text):
    return {int(word) for word in text.split(",") if word}


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--starttls", type=ports, default=set())
    parser.add_argument("--implicit", type=ports, default=set())
    parser.add_argument("--canary", action="append", default=[])
    parser.add_argument("--hostile-client", action="append", default=[], type=ipaddress.ip_network)
    parser.add_argument("--hostile-server", action="append", default=[], type=ipaddress.ip_network)
    parser.add_argument("--least", type=int, default=1, help="streams there must be, or nothing was proved")
    parser.add_argument("captures", nargs="+")
    chosen = parser.parse_args(arguments)
    capture = Capture(chosen.canary)
    try:
        for path in chosen.captures:
            capture.add(path)
        faults, looked_at, with_tls = check(capture, chosen.starttls, chosen.implicit, chosen.hostile_client, chosen.hostile_server)
    except (Unproved, OSError) as reason:
        print(f"plaintext_check: cannot tell: {reason}")
        return 1
    if with_tls < chosen.least:
        faults.append(f"only {with_tls} connections with TLS: nothing is proved")
    for fault in faults[:50]:
        print(f"plaintext_check: {fault}")
    print(f"plaintext_check: {capture.seen_packets} packets, {looked_at} SMTP connections, {with_tls} with TLS, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
