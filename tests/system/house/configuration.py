"""
sealpost.yaml as tests write it: nested dicts merged over what every test wants, and turned into text. The one place
that knows the names of keys (sealpost config describe has them all).
"""

import json
import re

from house.places import CANARY_NAMES, HOSTNAME, RELAY, RESOLVER

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*|[0-9]+[a-zA-Z]*")


def defaults(folder, authority):
    certificate = authority.certificate(HOSTNAME)
    return {
        "hostname": HOSTNAME,
        "certificate": certificate.both,
        "help_url": "https://help.house.test/tls",
        "listen": [f"{RELAY}:25", f"{RELAY}:587", {"address": f"{RELAY}:465", "tls": "implicit"}],
        "clients": ["127.44.2.0/24"],
        "trust": authority.trusted,
        "dns": {"servers": [RESOLVER], "private_destinations": True, "timeout": "2s", "tries": 3, "canaries": CANARY_NAMES},
        "queue": {"retry_first": "1s", "retry_most": "2s"},
        "spool": {"directory": f"{folder}/spool"},
        "workers": {"intake": 2, "relay": 2},
        "control": f"{folder}/control",
        "submission": {"socket": f"{folder}/submission"},
        "grace": "5s",
    }


def merge(base, more):
    """Dicts are merged, None takes a key away, everything else replaces."""
    merged = dict(base)
    for key, value in more.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def scalar(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def text_of(settings):
    return "".join(f"{key}: {flow(value)}\n" for key, value in settings.items())
