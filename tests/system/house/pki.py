"""Our own certificate authority, and certificates good and bad in every way that a next hop must be told apart by."""

import datetime
import functools
import hashlib
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from house.places import REVOCATION

KEYS = {
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    # One for all certificates: it takes its time, and they differ in other things.
    "rsa": functools.cache(lambda: rsa.generate_private_key(65537, 2048)),
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
}

# From when until when, in days from now.
PERIODS = {"expired": (-20, -1), "not-yet": (2, 20)}


class Certificate:
    """Paths of a chain, a key, and both in one file."""

    def __init__(self, stem):
        self.certificate = stem + ".pem"
        self.key = stem + ".key"
        self.both = stem + ".both"
        self.issuer = None          # path, where it is not the house's own root

    def fingerprint(self):
        return read_certificate(self.certificate).fingerprint(hashes.SHA256()).hex()

    def tlsa(self, usage=3, selector=1, matching=1, of_issuer=False):
        """A TLSA record that it matches (RFC 6698 2.1): "3 1 1 0123...". of_issuer: that the end of its chain matches."""
        found = read_certificate(self.issuer if of_issuer else self.certificate)
        octets = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if selector == 1 else \
            found.public_bytes(Encoding.DER)
        data = {0: octets.hex, 1: hashlib.sha256(octets).hexdigest, 2: hashlib.sha512(octets).hexdigest}[matching]()
        return f"{usage} {selector} {matching} {data}"

    def write(self, key, chain):
        """Its three files."""
        certificates = text_of(chain)
        secret = private_text(key)
        write_file(self.certificate, certificates)
        write_file(self.key, secret, 0o600)
        write_file(self.both, certificates + secret, 0o600)


def write_file(path, octets, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
        out.write(octets)


def private_text(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def text_of(certificates):
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def read_certificate(path):
    """The first of the file."""
    with open(path, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def signed(name, key, issuer_name, issuer_key, days=(-2, 30), extensions=()):
    """A certificate over `key`. extensions: (extension, is critical)."""
    now = datetime.datetime.utcnow()
    start, end = (now + datetime.timedelta(days=n) for n in days)
    builder = x509.CertificateBuilder(issuer_name=issuer_name, subject_name=name, public_key=key.public_key(),
                                      serial_number=x509.random_serial_number(), not_valid_before=start, not_valid_after=end)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    if issuer_key is not key:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(issuer_key, hashes.SHA256())


def common_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def authority_extensions(path_length=None):
    usage = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                           "crl_sign", "encipher_only", "decipher_only"), False)
    return [(x509.BasicConstraints(True, path_length), True), (x509.KeyUsage(key_cert_sign=True, **usage), True)]


def alternative_name(name):
    is_address = name.replace(".", "").isdigit() or ":" in name
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address else x509.DNSName(name)


def host_extensions(names, kind="good"):
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if kind != "client-only" else [])
    extensions = [(x509.BasicConstraints(False, None), False), (x509.ExtendedKeyUsage(usages), False)]
    if kind != "cn-only":
        extensions.append((x509.SubjectAlternativeName(map(alternative_name, names)), False))
    if kind == "revocable":
        place = x509.UniformResourceIdentifier(f"http://{REVOCATION}/")
        extensions += [(x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)]), False),
                       (x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)]), False)]
    return extensions


class Authority:
    """A root of our own; `trusted` is what sealpost is told to trust."""

    def __init__(self, folder, name="House Root"):
        self.folder = folder
        self.made = {}
        self.anchor = None          # the authority of anchored()
        os.makedirs(folder, exist_ok=True)
        self.trusted = os.path.join(folder, "root.pem")
        self.key = KEYS["ecdsa"]()
        self.name = common_name(name)
        self.root = signed(self.name, self.key, self.name, self.key, extensions=authority_extensions())
        write_file(self.trusted, text_of([self.root]))

    def certificate(self, *names, kind="good", key="ecdsa"):
        """
        A certificate for these names. kind: good, expired, not-yet, wrong-name, cn-only, self-signed, unknown-ca,
        intermediate, client-only (extended key usage), wildcard (of the first name's parent), revocable (says where that would
        be asked).
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
            chain = [read_certificate(leaf.certificate)] + ([other.root] if shown else [])
            write_file(made.certificate, text_of(chain))
            self.made[wanted] = made
        return self.made[wanted]

    def _make(self, names, kind, key):
        if kind == "unknown-ca":
            return Authority(os.path.join(self.folder, "other"), "Nobody's Root").certificate(*names, key=key)
        made = Certificate(os.path.join(self.folder, f"{len(self.made)}-{names[0]}-{kind}-{key}".replace("*", "any").replace(":", "_")))
        if kind == "wrong-name":
            names = ["elsewhere.test"]
        if kind == "wildcard":
            names = ["*." + names[0].split(".", 1)[1]]
        own_key, own_name, chain = KEYS[key](), common_name(names[0]), []
        issuer_name, issuer_key = self.name, self.key
        if kind == "self-signed":
            issuer_name, issuer_key = own_name, own_key
        elif kind == "intermediate":
            issuer_name, issuer_key = common_name("House Intermediate"), KEYS["ecdsa"]()
            chain = [signed(issuer_name, issuer_key, self.name, self.key, extensions=authority_extensions(0))]
        leaf = signed(own_name, own_key, issuer_name, issuer_key, PERIODS.get(kind, (-2, 30)),
                      host_extensions(names, kind))
        made.write(own_key, [leaf] + chain)
        return made
