"""
A name server for tables that no zone file could hold: names with any octet, strings of any length, questions that fail. Any name is
its own authority: {"d.test": [("TXT", ["v=spf1 -all"]), ("MX", (10, "mx.d.test")), ("FAILS", None)], ...}.
"""

import socket
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TXT import TXT

IN = dns.rdataclass.IN
CNAMES_MOST = 8


def name_of(text):
    """Every character is an octet, and every dot ends a label."""
    labels = [label.lower().encode("latin-1") for label in text.rstrip(".").split(".")] if text.rstrip(".") else []
    return dns.name.Name(labels + [b""])


def record(kind, value):
    rdtype = dns.rdatatype.from_text(kind)
    if kind == "TXT":
        strings = [text.encode("latin-1") for text in value]
        return TXT(IN, rdtype, [text[at:at + 255] for text in strings for at in range(0, max(len(text), 1), 255)])
    if kind == "MX":
        return MX(IN, rdtype, value[0], name_of(value[1]))
    if kind in ("PTR", "CNAME"):
        return {"PTR": PTR, "CNAME": CNAME}[kind](IN, rdtype, name_of(value))
    return dns.rdata.from_text(IN, kind, value)


class NameTable:
    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.table = {}
        threading.Thread(target=self._serve, daemon=True).start()

    def load(self, table):
        self.table = {name_of(name): rows for name, rows in table.items()}

    def _serve(self):
        try:
            while True:
                octets, peer = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(octets).to_wire(max_size=65535), peer)
        except OSError:
            pass

    def _answer(self, octets):
        question = dns.message.from_wire(octets)
        response = dns.message.make_response(question)
        response.flags |= dns.flags.RA
        name, kind = question.question[0].name, dns.rdatatype.to_text(question.question[0].rdtype)
        for _ in range(CNAMES_MOST):
            rows = self.table.get(name.canonicalize())
            if rows is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
                break
            found = [record(kind, value) for row, value in rows if row == kind]
            alias = [record(row, value) for row, value in rows if row == "CNAME"]
            if found or alias:
                response.answer.append(dns.rrset.from_rdata_list(name, 60, found or alias[:1]))
            elif any(row == "FAILS" for row, _ in rows):
                response.answer.clear()
                response.set_rcode(dns.rcode.SERVFAIL)
            if found or not alias:
                break
            name = alias[0].target
        return response

    def stop(self):
        self.socket.close()
