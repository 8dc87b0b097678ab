"""
THE table (standards.md E1, E2): what is published about a next hop, what it shows, what the operator and the sender ask for, and what
becomes of the mail. All of them at once, through one relay; house/situations.py says what the words mean.
"""

import ssl

import pytest

from conftest import standing
from house.mx import CLOSE
from house.places import HOSTNAME
from house.situations import NO_TLS, Row

OLD = {"versions": (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1), "ciphers": "DEFAULT@SECLEVEL=0"}
CBC = {"versions": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), "ciphers": "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"}
PROMISE = {"tls_also": ("REQUIRETLS",)}
OTHER_SHA512 = "3 1 2 " + "5a" * 64
SHORT = "3 1 1 " + "5a" * 31
ALIASED = {"{d}": ["MX 10 alias{n}"]}
ENFORCED = ("enforce", ["{h}"])
STRANGE = ("enforce", ["elsewhere.{z}"])
TWO = {"{d}": ["MX 10 {h}.", "MX 20 {h2}."]}

ROWS = [
    # --- nothing is known: a certificate for the host's name, whoever named it; and TLS in any case
    Row("no STARTTLS", "E1 M33", mx={"starttls": None}, later="starttls-not-supported"),
    Row("STARTTLS mangled", "E1 2.8", mx={"starttls": "XXXXXXXA"}, later="starttls-mangled"),
    Row("454 to STARTTLS", "C34", mx={"script": {"STARTTLS": "454 4.7.0 later"}}, later="starttls-refused"),
    Row("554 to STARTTLS", "C34 2.8", mx={"script": {"STARTTLS": "554 5.7.0 never"}}, later="starttls-refused"),
    Row("closed at STARTTLS", "C35", mx={"script": {"STARTTLS": CLOSE}}, later=("closed", "reset")),
    Row("TLS 1.1 at most", "E1", mx=OLD, later="protocol-old"),
    Row("CBC only", "E1", mx=CBC, later=("no-shared-cipher", "peer-alert")),
    Row("self-signed", "E1", show="self-signed", later="certificate-self-signed"),
    Row("expired", "E1", show="expired", later="certificate-expired"),
    Row("not yet valid", "2.9", show="not-yet", later="certificate-not-yet-valid"),
    Row("wrong name", "E1", show="wrong-name", later="certificate-name-mismatch"),
    Row("a common name only", "M30", show="cn-only", later="certificate-name-mismatch"),
    Row("unknown authority", "E1", show="unknown-ca", later="certificate-unknown-issuer"),
    Row("for clients only", "E1", show="client-only", later="certificate-wrong-purpose"),
    Row("valid, MX signed", "E1 0.7 2.7", delivered="secure:dnssec", sni="{h}"),
    Row("valid, MX not signed", "E1 0.7 D4", zone="open", delivered="verify:mx", sni="{h}"),
    Row("for the domain, MX not signed", "0.7", zone="open", names=("{d}",), delivered="secure:domain"),
    Row("no MX, the domain is the host", "D6", names=("{d}",), records={"{d}": ["A {a}"]}, delivered="secure:domain", sni="{d}"),
    Row("no MX, nothing signed", "0.7", zone="open", names=("{d}",), records={"{d}": ["A {a}"]}, delivered="secure:domain"),
    Row("a wildcard certificate", "D33", show="wildcard", delivered="secure:dnssec"),
    Row("a partial wildcard", "D33", names=("h*.live.test",), later="certificate-name-mismatch"),

    # --- what the operator rules
    Row("rule encrypt, self-signed", "E1", show="self-signed", rule="encrypt", delivered="encrypt:static"),
    Row("rule encrypt, no STARTTLS", "M33", mx={"starttls": None}, rule="encrypt", later="starttls-not-supported"),
    Row("rule secure, MX signed", "E1", rule="secure", delivered="secure:dnssec"),
    Row("rule secure, MX not signed", "0.7", zone="open", rule="secure", later="mx-insecure"),
    Row("rule secure, MX not signed, for the domain", "0.7", zone="open", names=("{d}",), rule="secure", delivered="secure:domain"),
    Row("rule dane, none there", "D4", rule="dane", later="dane-required"),
    Row("rule dane, there", "D41", show="self-signed", tlsa=["3 1 1"], rule="dane", delivered="dane:dnssec"),
    Row("rule dane, MX not signed", "D4", zone="open", rule="dane", later="dane-required"),

    # --- DANE (RFC 7672)
    Row("3 1 1", "D30 D34 D35 V15", show="self-signed", tlsa=["3 1 1"], delivered="dane:dnssec", sni="{h}"),
    Row("3 0 1", "D35", show="self-signed", tlsa=["3 0 1"], delivered="dane:dnssec"),
    Row("3 1 2", "D24", show="self-signed", tlsa=["3 1 2"], delivered="dane:dnssec"),
    Row("3 1 0", "D24", show="self-signed", tlsa=["3 1 0"], delivered="dane:dnssec"),
    Row("3 0 0", "D24", show="self-signed", tlsa=["3 0 0"], delivered="dane:dnssec"),
    Row("3 1 1, expired", "D30 V15", show="expired", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("3 1 1, wrong name", "D30 V15", show="wrong-name", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("3 1 1, unknown authority", "D30", show="unknown-ca", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("3 1 1, for clients only", "D30", show="client-only", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("2 0 1", "D31", show="anchored", tlsa=["2 0 1"], delivered="dane:dnssec"),
    Row("2 1 1", "D31 D35", show="anchored", tlsa=["2 1 1"], delivered="dane:dnssec"),
    Row("2 0 0", "D31", show="anchored", tlsa=["2 0 0"], delivered="dane:dnssec"),
    Row("2 0 1, anchor not shown", "D31", show="unanchored", tlsa=["2 0 1"], later=("dane-mismatch", "certificate-unknown-issuer")),
    Row("2 0 1, expired", "D31", show="anchored-expired", tlsa=["2 0 1"], later=("certificate-expired", "dane-mismatch")),
    Row("2 0 1, wrong name", "D31 DX6", show="anchored", names=("elsewhere.test",), tlsa=["2 0 1"],
        later=("certificate-name-mismatch", "dane-mismatch")),
    Row("2 0 1, for the domain", "D32", show="anchored", names=("{d}",), tlsa=["2 0 1"], delivered="dane:dnssec"),
    Row("2 0 1, partial wildcard", "D33", show="anchored", names=("h*.live.test",), tlsa=["2 0 1"],
        later=("certificate-name-mismatch", "dane-mismatch")),
    Row("2 0 1, whole wildcard", "D33", show="anchored", names=("*.live.test",), tlsa=["2 0 1"], delivered="dane:dnssec"),
    Row("mismatch, certificate valid", "D20 E1 V15", tlsa=["3 1 1 bad"], later="dane-mismatch"),
    Row("mismatch, then a host that matches not", "D20", tlsa=["3 1 1 bad"], mx2={}, records=TWO, delivered="secure:dnssec", by=2),
    Row("rolled over: old and new", "D61", show="self-signed", tlsa=["3 1 1 bad", "3 1 1"], delivered="dane:dnssec"),
    Row("all unusable, rule encrypt, self-signed", "D21 D22 V15 E1", show="self-signed", tlsa=["0 0 1 " + "5a" * 32, "1 1 1 " + "5a" * 32],
        rule="encrypt", delivered="encrypt:dane-unusable"),
    Row("unknown numbers, rule encrypt", "D21", show="self-signed", tlsa=["3 9 1 " + "5a" * 32, "3 1 9 " + "5a" * 32], rule="encrypt",
        delivered="encrypt:dane-unusable"),
    Row("31 octets, rule encrypt", "D21 V15", show="self-signed", tlsa=[SHORT], rule="encrypt", delivered="encrypt:dane-unusable"),
    Row("all unusable, certificate valid", "D21", tlsa=["1 1 1 " + "5a" * 32], delivered="secure:dnssec"),
    Row("all unusable, no STARTTLS", "D21", tlsa=["1 1 1 " + "5a" * 32], mx={"starttls": None}, rule="encrypt",
        later="starttls-not-supported"),
    Row("one usable among others", "D22", show="self-signed", tlsa=["0 0 1 " + "5a" * 32, "3 1 1"], delivered="dane:dnssec"),
    Row("one usable among others, bad", "D22", tlsa=["0 0 1 " + "5a" * 32, "3 1 1 bad"], later="dane-mismatch"),
    Row("agility: the stronger digest counts", "D23 V15", show="self-signed", tlsa=["3 1 1", OTHER_SHA512], later="dane-mismatch"),
    Row("agility: whole data beside it", "D23", show="self-signed", tlsa=["3 1 1", OTHER_SHA512, "3 1 0"], delivered="dane:dnssec"),
    Row("agility: of another selector", "D23", show="self-signed", tlsa=["3 1 1", "3 0 2 bad"], delivered="dane:dnssec"),
    Row("TLSA: SERVFAIL", "D1 E1 V15 DX1", tlsa=["3 1 1"], wire=[("servfail", "_25._tcp.{h}", "TLSA")], later="dane-lookup-failed"),
    Row("TLSA: refused", "D1", tlsa=["3 1 1"], wire=[("refuse", "_25._tcp.{h}", "TLSA")], later="dane-lookup-failed"),
    Row("TLSA: bogus", "D1 E1", tlsa=["3 1 1"], wire=[("spoil", "_25._tcp.{h}", "TLSA")], later="dane-lookup-failed"),
    Row("TLSA: dropped", "D1 DX1", tlsa=["3 1 1"], wire=[("drop", "_25._tcp.{h}", "TLSA")], later="dane-lookup-failed"),
    Row("TLSA: denied without proof", "DX1", tlsa=["3 1 1"], wire=[("deny", "_25._tcp.{h}", "TLSA")], later="dane-lookup-failed"),
    Row("TLSA: SERVFAIL, then another host", "D1", tlsa=["3 1 1"], wire=[("servfail", "_25._tcp.{h}", "TLSA")], mx2={}, records=TWO,
        delivered="secure:dnssec", by=2),
    Row("no TLSA, proved", "D2", tlsa=[], delivered="secure:dnssec", asked=("_25._tcp.{h}", "TLSA", 1)),
    Row("address not signed, TLSA dropped", "D3", records={"{d}": ["MX 10 out{n}.open.test."], "out{n}.open.test": ["A {a}"]},
        names=("out{n}.open.test",),
        wire=[("drop", "_25._tcp.out{n}.open.test", "TLSA")], delivered="secure:dnssec", asked=("_25._tcp.out{n}.open.test", "TLSA", 0)),
    Row("MX not signed, TLSA matches", "D4 E1 DX3", zone="open", show="self-signed", names=("in{n}.live.test",),
        records={"{d}": ["MX 10 in{n}.live.test."], "in{n}.live.test": ["A {a}"], "_25._tcp.in{n}.live.test": ["TLSA 3 1 1"]},
        delivered="verify:dane"),
    Row("MX not signed, TLSA does not match", "D4", zone="open", names=("in{n}.live.test",),
        records={"{d}": ["MX 10 in{n}.live.test."], "in{n}.live.test": ["A {a}"], "_25._tcp.in{n}.live.test": ["TLSA 3 1 1 bad"]},
        later="dane-mismatch"),
    Row("MX not signed, 2 0 1 for the domain", "D32", zone="open", show="anchored", names=("{d}",),
        records={"{d}": ["MX 10 in{n}.live.test."], "in{n}.live.test": ["A {a}"], "_25._tcp.in{n}.live.test": ["TLSA 2 0 1"]},
        later=("certificate-name-mismatch", "dane-mismatch")),
    Row("the first without TLSA, the second with", "D5", mx2={}, records={**TWO, "_25._tcp.{h2}": ["TLSA 3 1 1 " + "5a" * 32]},
        delivered="secure:dnssec", by=1),
    Row("no MX, TLSA of the domain", "D6", show="self-signed", names=("{d}",), records={"{d}": ["A {a}"], "_25._tcp.{d}": ["TLSA 3 1 1"]},
        delivered="dane:domain", sni="{d}"),
    Row("MX bogus", "D1", wire=[("spoil", "{d}", "MX")], later=("dns-failed", "dns-bogus")),
    Row("MX dropped", "D1", wire=[("drop", "{d}", "MX")], later=("dns-failed", "dns-bogus")),
    Row("address bogus", "D1", wire=[("spoil", "{h}", "A")], later=("dns-failed", "dns-bogus", "mx-unusable", "host-not-found")),
    Row("address bogus, then another host", "D1", wire=[("spoil", "{h}", "A")], mx2={}, records=TWO, delivered="secure:dnssec", by=2),

    # --- aliases (D8: five ways)
    Row("alias, TLSA where it leads", "D8 D34", show="self-signed", records={**ALIASED, "alias{n}.live.test": ["CNAME {h}."]},
        tlsa=["3 1 1"],
        delivered="dane:dnssec", sni="{h}"),
    Row("alias, TLSA where it begins", "D8 D34", show="self-signed", records={**ALIASED, "alias{n}.live.test": ["CNAME {h}."],
        "_25._tcp.alias{n}.live.test": ["TLSA 3 1 1"]}, delivered="dane:dnssec", sni="alias{n}.live.test"),
    Row("alias, TLSA of a name in between only", "D8", show="self-signed", records={**ALIASED, "alias{n}.live.test": ["CNAME middle{n}"],
        "middle{n}.live.test": ["CNAME {h}."], "_25._tcp.middle{n}.live.test": ["TLSA 3 1 1"]}, later="certificate-self-signed"),
    Row("alias into an unsigned zone, TLSA where it begins", "D8 D10", show="self-signed", records={**ALIASED,
        "alias{n}.live.test": ["CNAME out{n}.open.test."], "out{n}.open.test": ["A {a}"], "_25._tcp.alias{n}.live.test": ["TLSA 3 1 1"]},
        delivered="dane:dnssec", sni="alias{n}.live.test"),
    Row("alias of an unsigned zone into a signed one", "D8 D10", names=("alias{n}.open.test",),
        records={"{d}": ["MX 10 alias{n}.open.test."],
        "alias{n}.open.test": ["CNAME {h}."]}, tlsa=["3 1 1 bad"], delivered="secure:dnssec"),
    Row("TLSA by an alias of its own", "D9", show="self-signed", records={"_25._tcp.{h}": ["CNAME _tlsa{n}"],
        "_tlsa{n}.live.test": ["TLSA 3 1 1"]}, tlsa=None, delivered="dane:dnssec", sni="{h}"),

    # --- MTA-STS (RFC 8461)
    Row("STS enforce, good", "M30 M36 E1", zone="open", sts=ENFORCED, delivered="secure:sts", sni="{h}"),
    Row("STS enforce, MX signed", "M30", sts=ENFORCED, delivered="secure:sts"),
    Row("STS enforce, by wildcard", "M18 V16", zone="open", sts=("enforce", ["*.open.test"]), delivered="secure:sts"),
    Row("STS enforce, letter case", "M18", zone="open", sts=("enforce", ["*.OPEN.test"]), delivered="secure:sts"),
    Row("STS enforce, MX not in it", "M30 E1", zone="open", sts=STRANGE, later="sts-mx-mismatch"),
    Row("STS enforce, wildcard for two labels", "2.3 V16", zone="open", sts=("enforce", ["*.test"]), later="sts-mx-mismatch"),
    Row("STS enforce, the first not in it", "M30", zone="open", sts=("enforce", ["{h2}"]), mx2={}, records=TWO, delivered="secure:sts",
        by=2),
    Row("STS enforce, the first without STARTTLS", "M30", zone="open", sts=("enforce", ["*.open.test"]), mx={"starttls": None}, mx2={},
        records=TWO, delivered="secure:sts", by=2),
    Row("STS enforce, the first expired", "M30", zone="open", sts=("enforce", ["*.open.test"]), show="expired", mx2={}, records=TWO,
        delivered="secure:sts", by=2),
    Row("STS enforce, self-signed", "M30 E1", zone="open", sts=ENFORCED, show="self-signed", later="certificate-self-signed"),
    Row("STS enforce, expired", "M30", zone="open", sts=ENFORCED, show="expired", later="certificate-expired"),
    Row("STS enforce, wrong name", "M30", zone="open", sts=ENFORCED, show="wrong-name", later="certificate-name-mismatch"),
    Row("STS enforce, a common name only", "M30", zone="open", sts=ENFORCED, show="cn-only", later="certificate-name-mismatch"),
    Row("STS enforce, no STARTTLS", "M30", zone="open", sts=ENFORCED, mx={"starttls": None}, later="starttls-not-supported"),
    Row("STS enforce, 554 to STARTTLS", "2.11", zone="open", sts=ENFORCED, mx={"script": {"STARTTLS": "554 5.7.0 never"}},
        later="starttls-refused"),
    Row("STS enforce, certificate of another below the wildcard", "M37", zone="open", sts=("enforce", ["*.open.test"]),
        names=("other.open.test",), later="certificate-name-mismatch"),
    Row("STS enforce, certificate for the domain only", "M37", zone="open", sts=ENFORCED, names=("{d}",),
        later="certificate-name-mismatch"),
    Row("STS enforce, alias", "M37", zone="open", sts=("enforce", ["alias{n}.open.test"]), names=("alias{n}.open.test",),
        records={**ALIASED, "alias{n}.open.test": ["CNAME {h}."]}, delivered="secure:sts", sni="alias{n}.open.test"),
    Row("STS testing, good", "M32", zone="open", sts=("testing", ["{h}"]), delivered="verify:mx"),
    Row("STS testing, MX not in it", "M32 E1", zone="open", sts=("testing", ["elsewhere.test"]), delivered="verify:mx"),
    Row("STS testing, no STARTTLS", "M33", zone="open", sts=("testing", ["{h}"]), mx={"starttls": None}, later="starttls-not-supported"),
    Row("STS none", "M32 2.2", zone="open", sts=("none", []), delivered="verify:mx"),
    Row("STS none, no STARTTLS", "M33", zone="open", sts=("none", []), mx={"starttls": None}, later="starttls-not-supported"),
    Row("STS record there, policy host fails", "M21", zone="open", sts=ENFORCED, sts_fault="404", delivered="verify:mx"),
    Row("STS record: SERVFAIL, nothing known", "2.1", zone="open", sts=ENFORCED, wire=[("servfail", "_mta-sts.{d}", "TXT")],
        later="sts-dns-failed"),
    # Unsigned, that could be forged: no reason to give up mail of a domain that is known to have a policy (P3).
    Row("STS, our own host before: not in the policy, pruned all the same", "M31", zone="open", sts=ENFORCED,
        records={"{d}": [f"MX 10 {HOSTNAME}.", "MX 20 {h}."]}, later="mail-loop"),
    Row("STS, our own host before, MX signed", "M31 C6", sts=ENFORCED, records={"{d}": [f"MX 10 {HOSTNAME}.", "MX 20 {h}."]},
        failed=("mail-loop", "5.4.6")),
    Row("STS record: bogus, nothing known", "2.1", sts=ENFORCED, wire=[("spoil", "_mta-sts.{d}", "TXT")], later="sts-dns-failed"),

    # --- both
    Row("STS good, TLSA matches", "M35 E1", sts=ENFORCED, tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("STS good, certificate good, TLSA does not match", "M35 E1 2.4", sts=ENFORCED, tlsa=["3 1 1 bad"], later="dane-mismatch"),
    Row("STS: MX not in it, TLSA matches", "M35 2.4", sts=STRANGE, show="self-signed", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("STS good, self-signed, TLSA matches", "M35", sts=ENFORCED, show="self-signed", tlsa=["3 1 1"], delivered="dane:dnssec"),
    Row("STS good, TLSA look-up fails", "M35", sts=ENFORCED, tlsa=["3 1 1"], wire=[("servfail", "_25._tcp.{h}", "TLSA")],
        later="dane-lookup-failed"),
    Row("STS good, self-signed, TLSA unusable", "M35 2.4", sts=ENFORCED, show="self-signed", tlsa=["1 1 1 " + "5a" * 32],
        later="certificate-self-signed"),
    Row("MX not signed: STS names the host, TLSA matches", "D4 M35", zone="open", sts=("enforce", ["in{n}.live.test"]), show="self-signed",
        names=("in{n}.live.test",),
        records={"{d}": ["MX 10 in{n}.live.test."], "in{n}.live.test": ["A {a}"], "_25._tcp.in{n}.live.test": ["TLSA 3 1 1"]},
        delivered="dane:sts"),

    # --- exceptions: always dated, never below encrypt
    Row("exception encrypt, self-signed", "E1", show="self-signed", exception=("encrypt", "2099-01-31"), delivered="encrypt:exception"),
    Row("exception encrypt, STS: MX not in it", "MX2", zone="open", sts=STRANGE, exception=("encrypt", "2099-01-31"),
        delivered="encrypt:exception"),
    Row("exception encrypt, TLSA does not match", "D41", tlsa=["3 1 1 bad"], exception=("encrypt", "2099-01-31"),
        delivered="encrypt:exception"),
    Row("exception encrypt, no STARTTLS", "M33", mx={"starttls": None}, exception=("encrypt", "2099-01-31"),
        later="starttls-not-supported"),
    Row("exception verify, STS: MX not in it", "MX2", zone="open", sts=STRANGE, exception=("verify", "2099-01-31"), delivered="verify:mx"),
    Row("exception that has ended", "issue 1", show="self-signed", exception=("encrypt", "2020-01-31"), later="certificate-self-signed"),

    # --- a list that the operator has loaded
    Row("preload, good", "issue 7", zone="open", preload=("enforce", ["{h}"]), delivered="secure:preload"),
    Row("preload, MX not in it", "issue 7", zone="open", preload=("enforce", ["elsewhere.test"]), later="preload-mx-mismatch"),
    Row("preload testing, MX not in it", "issue 7", zone="open", preload=("testing", ["elsewhere.test"]), delivered="verify:mx"),
    Row("preload, STS none is newer", "issue 7", zone="open", preload=("enforce", ["elsewhere.test"]), sts=("none", []),
        delivered="verify:mx"),
    Row("preload, no STARTTLS", "issue 7", zone="open", preload=("enforce", ["{h}"]), mx={"starttls": None},
        later="starttls-not-supported"),

    # --- the ratchet: a delivery, then the network says something else
    Row("ratchet verify, an MX never seen", "issue 4", zone="open", before=1, mx2={}, then={"records": {"{d}": ["MX 10 {h2}."]}},
        later="ratchet-mx-mismatch"),
    Row("ratchet verify, the same MX", "issue 4", zone="open", before=1, delivered="verify:mx"),
    Row("ratchet dane, TLSA gone with proof", "issue 4 DX2", tlsa=["3 1 1"], before=1, then={"tlsa": []}, delivered="secure:dnssec"),
    Row("ratchet secure, STS gone", "2.1 issue 4", zone="open", sts=ENFORCED, before=1, then={"sts": ("none", [])}, later="ratchet-level"),

    # --- REQUIRETLS (C46)
    Row("REQUIRETLS, good", "C46 S57", mx=PROMISE, params="REQUIRETLS", delivered="secure:dnssec"),
    Row("REQUIRETLS, by STS", "C46", zone="open", mx=PROMISE, sts=ENFORCED, params="REQUIRETLS", delivered="secure:sts"),
    Row("REQUIRETLS, by DANE", "C46", show="self-signed", mx=PROMISE, tlsa=["3 1 1"], params="REQUIRETLS", delivered="dane:dnssec"),
    Row("REQUIRETLS, not offered", "C46", params="REQUIRETLS", failed=("requiretls-not-offered", "5.7.30")),
    Row("REQUIRETLS, offered in clear only", "C46 C32", mx={"clear_also": ("REQUIRETLS",)}, params="REQUIRETLS",
        failed=("requiretls-not-offered", "5.7.30")),
    Row("REQUIRETLS, no STARTTLS", "C46", mx={"starttls": None, **PROMISE}, params="REQUIRETLS", later="starttls-not-supported"),
    Row("REQUIRETLS, MX not signed", "C46", zone="open", mx=PROMISE, params="REQUIRETLS", later="requiretls-unproved"),
    Row("REQUIRETLS, self-signed", "C46", show="self-signed", mx=PROMISE, params="REQUIRETLS", later="certificate-self-signed"),
    Row("REQUIRETLS, wrong name", "C46", show="wrong-name", mx=PROMISE, params="REQUIRETLS", later="certificate-name-mismatch"),
    Row("REQUIRETLS, rule encrypt", "C46", show="self-signed", mx=PROMISE, rule="encrypt", params="REQUIRETLS",
        later="certificate-self-signed"),
    Row("REQUIRETLS, exception", "C46", show="self-signed", mx=PROMISE, exception=("encrypt", "2099-01-31"), params="REQUIRETLS",
        later="certificate-self-signed"),
    Row("REQUIRETLS, the second host offers it", "C46", mx2=PROMISE, records=TWO, params="REQUIRETLS", delivered="secure:dnssec", by=2),
    Row("REQUIRETLS, and TLS-Required: No", "S58", show="self-signed", mx=PROMISE, params="REQUIRETLS", fields=NO_TLS,
        later="certificate-self-signed"),

    # --- TLS-Required: No (0.5): what the receiving side published is set aside, TLS is not
    Row("TLS-Required: No, self-signed", "0.5 E2", show="self-signed", fields=NO_TLS, delivered="encrypt:tls-optional"),
    Row("TLS-Required: No, expired", "0.5 E2", show="expired", fields=NO_TLS, delivered="encrypt:tls-optional"),
    Row("TLS-Required: No, STS: MX not in it", "0.5 E2", zone="open", sts=STRANGE, fields=NO_TLS, delivered="encrypt:tls-optional"),
    Row("TLS-Required: No, TLSA does not match", "0.5 E2", tlsa=["3 1 1 bad"], fields=NO_TLS, delivered="encrypt:tls-optional"),
    Row("TLS-Required: No, no STARTTLS", "0.5 E2", mx={"starttls": None}, fields=NO_TLS, later="starttls-not-supported"),
    Row("TLS-Required: No, rule secure", "0.5", show="self-signed", rule="secure", fields=NO_TLS, later="certificate-self-signed"),
]

RELAY_SETTINGS = {
    "queue": {"retry_first": "1h", "retry_most": "2h"},
    "timeouts": {"connect": "10s", "greeting": "20s", "handshake": "20s", "ehlo": "20s"},
    "policy": {"ratchet_successes": 1, "ratchet_days": 1},
    "relay": {"idle": "0s"},
    "workers": {"relay": 2},
}


@pytest.fixture(scope="module")
def world(house):
    yield from standing(house, ROWS, RELAY_SETTINGS)


def test_the_table_is_large_enough():
    assert len(ROWS) >= 40 and len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_becomes_of_mail(world, row):
    """E1, E2"""
    world[row].check(world.relay)
