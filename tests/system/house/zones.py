"""
The names of the small Internet, as zone files: a signed root and a signed test. below it, and under that a zone that is
secure, one that is insecure (delegated without DS), one that is bogus (its DS is of another key), and two that fail.
Two more are for tests that change them while all runs, and for attackers: live.test is signed, open.test is not.
Operators have a zone each, op1.test and so on: a mail host, and a client that its reverse name or the SPF record of the zone vouches
for; who runs their zones is reached at noc.test; abuse.test says whom to tell of an address.
"""

from house.places import CLIENTS, HOSTNAME, NAME_SERVER, NAME_WIRE, NEIGHBOURS, NOBODY, OPERATORS, POLICIES, RELAY, RELAY6, SHAPES, SILENT_SERVER, SINK, SITES

SITE_COUNT = 250
OPERATOR_COUNT = 40
NOC = 250               # the last octet of the mail host of noc.test,
ABUSE = 251             # and of abuse.test
KINDS = ("secure", "insecure", "bogus")
LIVE = ("live.test.", "open.test.")

# The last octet below SHAPES, and the IPv6 addresses fd44::20 and on, of the hosts with these letters.
HOSTS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8}

# MX sets by what there is to say of them: domain, records. {z} is the zone.
SHAPED = {
    "single": ["MX 10 a.{z}."],
    "several": ["MX 10 a.{z}.", "MX 20 b.{z}.", "MX 30 c.{z}."],
    "equal": ["MX 10 a.{z}.", "MX 10 b.{z}.", "MX 10 c.{z}.", "MX 10 d.{z}."],
    "null": ["MX 0 ."],
    "null-and-more": ["MX 0 .", "MX 10 a.{z}."],
    "cname-mx": ["MX 10 alias.{z}."],
    "aliased": ["CNAME single.{z}."],
    "missing": ["MX 10 nowhere.{z}."],
    "missing-first": ["MX 10 nowhere.{z}.", "MX 20 b.{z}."],
    "no-address": ["MX 10 textonly.{z}."],
    "implicit": [f"A {SHAPES}.9"],
    "only-text": ['TXT "no mail here"'],
    "own-first": ["MX 10 " + HOSTNAME + ".", "MX 20 b.{z}."],
    "own-second": ["MX 10 a.{z}.", "MX 20 " + HOSTNAME + ".", "MX 30 c.{z}."],
    "own-address": ["MX 10 mirror.{z}.", "MX 20 b.{z}."],
    "ipv6": ["MX 10 six.{z}."],
    "both": ["MX 10 both.{z}."],
    "literal": [f"MX 10 {SHAPES}.1."],
    "dead": ["MX 10 dead.{z}."],
    "dead-first": ["MX 10 dead.{z}.", "MX 20 b.{z}."],
    "loop": ["CNAME loop2.{z}."],
    "loop2": ["CNAME loop.{z}."],
    "many": ["MX %d dead.{z}." % n for n in range(1, 40)] + ["MX 100 a.{z}."],
}


def operator_zones():
    """
    Zone name to its whole text. Operators up to 30 have reverse names that lead back, the others none; those above 20 let their client send
    mail by SPF, and one at 192.0.2.N. Their customers' domains c1.opN.test ... have the same host.
    """
    def text(zone, rname, records):
        return "\n".join([f"$ORIGIN {zone}", "$TTL 60", f"@ SOA ns.house.test. {rname} 1 3600 600 86400 5", "@ NS ns.house.test.", *records]) + "\n"

    zones, reverse, abuse = {}, [], [f"@ MX 10 mx", f"mx A {OPERATORS}.{ABUSE}"]
    for n in range(1, OPERATOR_COUNT + 1):
        records = ["@ MX 10 mx", f"mx A {OPERATORS}.{n}", f"out A {CLIENTS}.{100 + n}", "*.customers MX 10 mx"]
        records += [f'@ TXT "v=spf1 ip4:{CLIENTS}.{100 + n} ip4:192.0.2.{n} -all"'] if n > 20 else []
        zones[f"op{n}.test."] = text(f"op{n}.test.", "dns\\.team.noc.test.", records)
        reverse += [f"{100 + n}.66.44 PTR out.op{n}.test."] if n <= 30 else []
        abuse += [f'{n}.13.44.127 TXT "abuse-{n}@abuse.test"']
    zones["noc.test."] = text("noc.test.", "hostmaster.noc.test.", ["@ MX 10 mx", f"mx A {OPERATORS}.{NOC}"])
    zones["abuse.test."] = text("abuse.test.", "hostmaster.noc.test.", abuse)
    zones["127.in-addr.arpa."] = text("127.in-addr.arpa.", "hostmaster.noc.test.", reverse)
    return zones


def zone_text(zone, records, serial=1):
    """What is live is forgotten after a second."""
    ttl, negative, server = (1, 1, "ns.wire.test.") if zone in LIVE else (60, 5, "ns.house.test.")
    return "\n".join([f"$ORIGIN {zone}", f"$TTL {ttl}", f"@ SOA {server} hostmaster.house.test. {serial} 3600 600 86400 {negative}",
                      f"@ NS {server}", *records]) + "\n"


def child_records(kind):
    zone = f"{kind}.test"
    records = [f"{letter} A {SHAPES}.{n}" for letter, n in HOSTS.items()]
    records += ["alias CNAME b", 'textonly TXT "no address"', f"dead A {NOBODY}", f"mirror A {RELAY}", "six AAAA fd44::20",
                f"both A {SHAPES}.10", "both AAAA fd44::21"]
    records += [f"canary A {NOBODY}"]
    for name, rows in SHAPED.items():
        records += [f"{name} " + row.format(z=zone) for row in rows]
    # Pairs of a domain and its host, for tests that want a site of their own.
    for n in range(1, SITE_COUNT + 1 if kind != "bogus" else 2):
        records += [f"h{n} A {SITES}.{n}", f"d{n} MX 10 h{n}"]
    return records


def live_records():
    """Owner to records, of a live zone as it begins: a domain, its mail host and its policy host by number."""
    records = {}
    for n in range(1, SITE_COUNT + 1):
        records[f"h{n}"] = [f"A {SITES}.{n}"]
        records[f"d{n}"] = [f"MX 10 h{n}"]
        records[f"mta-sts.d{n}"] = [f"A {POLICIES}.{n}"]
    return records


def all_zones():
    """Zone name to records. Delegations stand in their parents; the signer adds DS records."""
    zones = {f"{kind}.test.": child_records(kind) for kind in KINDS}
    zones["house.test."] = [f"ns A {NAME_SERVER}", f"relay A {RELAY}", f"relay AAAA {RELAY6}", f"sink A {SINK}", "@ MX 10 relay",
                            f"mx A {RELAY}"] + [f"sink{n} A 127.44.12.{n}" for n in range(1, 20)] + [
        f"neighbour{n} A {NEIGHBOURS}.{n}" for n in range(1, 20)]
    zones["test."] = [f"{kind} NS ns.house.test." for kind in KINDS] + [
        "house NS ns.house.test.", f"ns.house A {NAME_SERVER}",
        "lame NS ns.lame", f"ns.lame A {NOBODY}", "silent NS ns.silent", f"ns.silent A {SILENT_SERVER}"]
    zones["test."] += [f"{zone.split('.')[0]} NS ns.wire.test." for zone in LIVE] + [f"ns.wire A {NAME_WIRE}"]
    for zone in LIVE:
        zones[zone] = [f"{owner} {record}" for owner, records in live_records().items() for record in records]
    zones["test."] += [f"{zone.split('.')[0]} NS ns.house.test." for zone in operator_zones() if zone.endswith(".test.")]
    zones["."] = ["test NS ns.house.test.", f"ns.house.test A {NAME_SERVER}", "127.in-addr.arpa NS ns.house.test."]
    return zones
