"""Our own certificate authority, and certificates good and bad in every way that a next hop must be told apart by."""

import base64
import datetime
import hashlib
import os
import re

from house.processes import run

KEYS = {
    "ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
}


class Certificate:
    """Paths of a chain, a key, and both in one file."""

    def __init__(self, stem):
        self.certificate = stem + ".pem"
        self.key = stem + ".key"
        self.both = stem + ".both"
        self.issuer = None          # path, where it is not the house's own root

    def fingerprint(self):
        text = run(["openssl", "x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha256"]).stdout
        return text.split("=", 1)[1].strip().replace(":", "").lower()

    def tlsa(self, usage=3, selector=1, matching=1, of_issuer=False):
        """A TLSA record that it matches (RFC 6698 2.1): "3 1 1 0123...". of_issuer: that the end of its chain matches."""
        path = self.issuer if of_issuer else self.certificate
        command = ["openssl", "x509", "-in", path] + (["-noout", "-pubkey"] if selector == 1 else [])
        found = re.search(r"-----BEGIN [A-Z ]+-----(.*?)-----END", run(command).stdout, re.DOTALL)
        octets = base64.b64decode(found[1])
        data = {0: octets.hex, 1: hashlib.sha256(octets).hexdigest, 2: hashlib.sha512(octets).hexdigest}[matching]()
        return f"{usage} {selector} {matching} {data}"

    def write_both(self):
        with open(self.both, "w", encoding="ascii") as out:
            for path in (self.certificate, self.key):
                with open(path, encoding="ascii") as part:
                    out.write(part.read())
        os.chmod(self.both, 0o600)


class Authority:
    """A root of our own; `trusted` is what sealpost is told to trust."""

    def __init__(self, folder, name="House Root"):
        self.folder = folder
        self.name = name
        self.made = {}
        self.anchor = None          # the authority of anchored()
        os.makedirs(folder, exist_ok=True)
        self.key = os.path.join(folder, "root.key")
        self.trusted = os.path.join(folder, "root.pem")
        self._new_key("ecdsa", self.key)
        run(["openssl", "req", "-x509", "-new", "-key", self.key, "-subj", f"/CN={name}", "-days", "30", "-out", self.trusted,
             "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    @staticmethod
    def _new_key(kind, path):
        run(["openssl", "genpkey", *KEYS[kind], "-out", path])

    def certificate(self, *names, kind="good", key="ecdsa"):
        """
        A certificate for these names. kind: good, expired, not-yet, wrong-name, cn-only, self-signed, unknown-ca,
        intermediate, client-only (extended key usage), wildcard (of the first name's parent).
        """
        wanted = (names, kind, key)
        if wanted not in self.made:
            self.made[wanted] = self._make(names, kind, key)
        return self.made[wanted]

    def anchored(self, *names, kind="good", shown=True):
        """Of an authority that nobody trusts, for DANE-TA: it stands in the chain, unless it is not shown."""
        wanted = (names, kind, shown)
        if wanted not in self.made:
            other = self.anchor = self.anchor or Authority(os.path.join(self.folder, "anchor"), "An Anchor")
            made = Certificate(os.path.join(self.folder, f"{len(self.made)}-{names[0]}-anchored-{kind}".replace("*", "any")))
            leaf = other.certificate(*names, kind=kind)
            made.issuer, made.key = other.trusted, leaf.key
            with open(made.certificate, "w", encoding="ascii") as out:
                for path in [leaf.certificate] + ([other.trusted] if shown else []):
                    with open(path, encoding="ascii") as part:
                        out.write(part.read())
            self.made[wanted] = made
        return self.made[wanted]

    def _make(self, names, kind, key):
        stem = os.path.join(self.folder, f"{len(self.made)}-{names[0]}-{kind}-{key}".replace("*", "any").replace(":", "_"))
        made = Certificate(stem)
        self._new_key(key, made.key)
        if kind == "unknown-ca":
            other = Authority(os.path.join(self.folder, "other"), "Nobody's Root")
            return other.certificate(*names, key=key)
        if kind == "wrong-name":
            names = ["elsewhere.test"]
        if kind == "wildcard":
            names = ["*." + names[0].split(".", 1)[1]]
        issuer_key, issuer, chain = self.key, self.trusted, []
        if kind == "self-signed":
            issuer_key = issuer = None
        elif kind == "intermediate":
            issuer_key, issuer = self._intermediate(stem)
            chain = [issuer]
        self._sign(made, stem, names, kind, issuer_key, issuer)
        with open(made.certificate, "a", encoding="ascii") as out:
            for path in chain:
                with open(path, encoding="ascii") as part:
                    out.write(part.read())
        made.write_both()
        return made

    def _intermediate(self, stem):
        key, certificate, request = stem + ".ikey", stem + ".ipem", stem + ".icsr"
        self._new_key("ecdsa", key)
        run(["openssl", "req", "-new", "-key", key, "-subj", "/CN=House Intermediate", "-out", request])
        extensions = stem + ".iext"
        with open(extensions, "w", encoding="ascii") as out:
            out.write("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.trusted, "-CAkey", self.key, "-CAcreateserial", "-days", "30",
             "-extfile", extensions, "-out", certificate])
        return key, certificate

    @staticmethod
    def _sign(made, stem, names, kind, issuer_key, issuer):
        """`openssl ca` is the one command of Debian 12 that takes a beginning and an end."""
        now = datetime.datetime.now(datetime.timezone.utc)
        days = {"expired": (-20, -1), "not-yet": (2, 20)}.get(kind, (-2, 30))
        start, end = ((now + datetime.timedelta(days=n)).strftime("%Y%m%d%H%M%SZ") for n in days)
        request, config, database = stem + ".csr", stem + ".cnf", stem + ".db"
        subject = f"/CN={names[0]}"[:64]
        alternatives = ",".join(("IP:" if name.replace(".", "").isdigit() or ":" in name else "DNS:") + name for name in names)
        usage = "clientAuth" if kind == "client-only" else "serverAuth,clientAuth"
        with open(config, "w", encoding="ascii") as out:
            out.write(f"[ca]\ndefault_ca=it\n[it]\ndatabase={database}\nserial={stem}.srl\nnew_certs_dir={os.path.dirname(stem)}\n"
                      "default_md=sha256\npolicy=any\nunique_subject=no\nx509_extensions=ext\n[any]\ncommonName=supplied\n"
                      f"[ext]\nbasicConstraints=CA:FALSE\nextendedKeyUsage={usage}\nsubjectKeyIdentifier=hash\n")
            if kind != "cn-only":
                out.write(f"subjectAltName={alternatives}\n")
        with open(database, "w", encoding="ascii"):
            pass
        run(["openssl", "req", "-new", "-key", made.key, "-subj", subject, "-out", request])
        signer = ["-selfsign", "-keyfile", made.key] if issuer is None else ["-cert", issuer, "-keyfile", issuer_key]
        run(["openssl", "ca", "-batch", "-notext", "-rand_serial", "-config", config, *signer, "-in", request, "-startdate", start,
             "-enddate", end, "-out", made.certificate])
