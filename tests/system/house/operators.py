"""
Operators of the small Internet, each with a zone of its own (house/zones.py), and what a relay that sends notices has to say of them.
"""

import email
import email.policy
import itertools
import os
import time

from house.places import CANARY, CLIENTS, OPERATORS
from house.processes import wait_for

FROM = "postmaster@relay.house.test"
TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "etc", "notices", "en.txt")
PERIODS = {"template": TEMPLATE, "after": "1s", "sessions": 3, "remind": "3s", "silence": "1h", "from": FROM}
NOTIFYING = {"ledger": {"flush": "1s"}, "queue": {"retry_first": "1s", "retry_most": "1s"}, "relay": {"idle": "1s"},
             "policy": {"default": "encrypt"}, "limits": {"sessions_per_client": 500}}

# The first have reverse names, the others SPF records alone.
operators, proved_by_spf = itertools.count(1), itertools.count(31)


class Operator:
    """A domain, its mail host, and its client; mail_host is what answers there."""

    def __init__(self, number=None):
        self.number = number or next(operators)
        self.domain = f"op{self.number}.test"
        self.host = f"mx.op{self.number}.test"
        self.address = f"{OPERATORS}.{self.number}"
        self.client = f"{CLIENTS}.{100 + self.number}"
        self.mail_host = None

    def mailbox(self, name=CANARY):
        return f"{name}@{self.domain}"


def mail_to(relay, one, count=3):
    """So many messages, so many sessions: each waits a second for its next try."""
    for _ in range(count):
        relay.submit(one.mailbox())


def notices_of(host):
    return [message for message in host.messages if b"URGENT security problem" in message.content]


def told(host, count=1, timeout=25):
    """The notices that came, at least so many."""
    wait_for(lambda: len(notices_of(host)) >= count, timeout, lambda: f"{count} notices at {host.name}: {[m.addresses for m in host.messages]}")
    return notices_of(host)


def is_quiet(host, seconds=3, count=0):
    """So many notices came, and no more for a while."""
    time.sleep(seconds)
    assert len(notices_of(host)) == count, [message.addresses for message in notices_of(host)]


def listed(relay, **wanted):
    rows = relay.ctl("notice", "list", as_json=True)
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def results(relay, result, **wanted):
    return relay.events("notice", result=result, **wanted)


def parsed(message):
    return email.message_from_bytes(message.content, policy=email.policy.SMTP)


def text_of(message):
    return parsed(message).get_body(("plain",)).get_content()
