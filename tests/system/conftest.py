"""The house and its fixtures. Everything that a test starts is stopped when the test is over, whatever became of it."""

import itertools
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from house.attacker import BEHIND, Attacker                              # noqa: E402
from house.capture import Recording                                      # noqa: E402
from house.client import Client, secured                                 # noqa: E402
from house.daemon import Programs, Sealpost                              # noqa: E402
from house.lmtp import LocalDelivery                                     # noqa: E402
from house.mx import MailHost                                            # noqa: E402
from house.names import Names                                            # noqa: E402
from house.namewire import NameWire                                      # noqa: E402
from house.operators import NOTIFYING, PERIODS, Operator                 # noqa: E402
from house.pki import Authority                                          # noqa: E402
from house.places import CLIENT, OPERATORS, RESOLVER, RESOLVER_WIRE, SHAPES, SITES  # noqa: E402
from house.policyhost import Nginx, PolicyHost, policy_text              # noqa: E402
from house.processes import run                                          # noqa: E402
from house.situations import World                                       # noqa: E402
from house.zones import ABUSE, HOSTS, NOC, SITE_COUNT                    # noqa: E402

verdict = {}


def pytest_addoption(parser):
    parser.addoption("--build", help="the build folder of sealpost, made and ready to install from")
    parser.addoption("--installed", help="where it is installed already (make install DESTDIR=)")
    parser.addoption("--rounds", type=int, default=6, help="how often test_rounds.py kills (tests/system/rounds)")
    parser.addoption("--sessions", type=int, default=1000, help="that test_ledger_truth.py counts")
    parser.addoption("--rounds-seed", type=int, default=None, help="what it kills and when; without it another one each time")


def pytest_sessionstart(session):
    if os.environ.get("SEALPOST_HOUSE") != "1":
        pytest.exit("run me with tests/run system, or in tests/system/enter", 2)
    session.config.house = House(session.config.getoption("--build"), session.config.getoption("--installed"))


def pytest_sessionfinish(session, exitstatus):
    house = getattr(session.config, "house", None)
    if house is None:
        return
    verdict["clean"], verdict["text"] = house.close()
    if not verdict["clean"] and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    for line in verdict.get("text", "").splitlines():
        terminalreporter.write_line(line)


class House:
    def __init__(self, build, root=None):
        self.folder = tempfile.mkdtemp(prefix="sealpost-house-")
        os.chmod(self.folder, 0o755)
        self.build, self.root = build, root
        self.relays = []
        self.sites = itertools.count(1)
        self.recording = Recording(self.folder)
        self.authority = Authority(os.path.join(self.folder, "pki"))
        self.names = Names(os.path.join(self.folder, "names"))
        self.installed = None

    def programs(self):
        """make install DESTDIR=, once, unless somebody did; what is missing is named by every test that wants it."""
        if self.installed is None and self.root is None:
            self.root = os.path.join(self.folder, "root")
            run(["make", "-s", "-C", self.build, "install", f"DESTDIR={self.root}"], 300)
            run(["chmod", "-R", "a+rX", self.root])
        if self.installed is None:
            self.installed = Programs(self.root)
        return self.installed

    def run_only(self, relay):
        """All relays live at the same addresses: one at a time."""
        for other in self.relays:
            if other is not relay and other.process is not None:
                other.stop()
        if relay.process is None or not relay.process.is_running():
            relay.start()
        return relay

    def tool(self, name):
        path = os.path.join(self.build, name)
        assert os.path.exists(path), f"{path} is not built (make system-tools)"
        return path

    def close(self):
        self.names.stop()
        clean, text = self.recording.verdict(1 if self.relays else 0)
        if clean:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            text += f"\nplaintext_check: the capture is kept: {self.recording.path}"
        return clean, text


class Site:
    """A domain with one MX host of its own, set up by the test."""

    def __init__(self, number, zone):
        self.number, self.zone = number, zone
        self.domain = f"d{number}.{zone}.test"
        self.host = f"h{number}.{zone}.test"
        self.address = f"{SITES}.{number}"

    def mailbox(self, name="canary4f1d9c"):
        return f"{name}@{self.domain}"


@pytest.fixture(scope="session")
def house(request):
    return request.config.house


@pytest.fixture
def authority(house):
    return house.authority


@pytest.fixture
def site(house):
    """site() or site("insecure"): a fresh domain and its host. In "live" and "open" its records can be changed."""
    def make(zone="secure"):
        number = next(house.sites)
        assert number <= SITE_COUNT, "more sites wanted than there are: SITE_COUNT in house/zones.py"
        return Site(number, zone)
    return make


@pytest.fixture
def mx(house):
    """mx(site, kind="good", ...): a mail host for a site, or for (address, name)."""
    hosts = []

    def make(place, kind="good", key="ecdsa", **options):
        address, name = (place.address, place.host) if isinstance(place, Site) else place
        certificate = options.pop("certificate", None) or house.authority.certificate(name, kind=kind, key=key)
        hosts.append(MailHost(address, name, certificate, **options))
        return hosts[-1]
    yield make
    for host in hosts:
        host.stop()


@pytest.fixture
def names(house):
    """names.change({owner: [records]}) in the live zones; names.wire is what an attacker may hold. All is calm afterwards."""
    yield house.names
    house.names.wire.calm()


@pytest.fixture
def resolver_wire(house):
    """resolver_wire(address): another address of the resolver, by a wire that can be held."""
    wires = []

    def make(address=RESOLVER_WIRE):
        wires.append(NameWire(address, RESOLVER))
        return wires[-1]
    yield make
    for wire in wires:
        wire.stop()


@pytest.fixture
def policy_host(house):
    """policy_host(site, policy, kind="good", fault=None): the host of a site's MTA-STS policy."""
    hosts = []

    def make(place, policy="", kind="good", behind=False, certificate=None, **options):
        certificate = certificate or house.authority.certificate(f"mta-sts.{place.domain}", kind=kind)
        hosts.append(PolicyHost(place, certificate, policy, port=443 + BEHIND if behind else 443, **options))
        return hosts[-1]
    yield make
    for host in hosts:
        host.stop()


@pytest.fixture
def published(names, policy_host):
    """published(place, mode, patterns, identity="one", max_age=..): an MTA-STS policy, served and announced; returns its host."""
    def make(place, mode="enforce", patterns=None, identity="one", host=None, max_age=86400, **options):
        text = policy_text(mode, [place.host] if patterns is None else patterns, max_age)
        host = host or policy_host(place, **options)
        host.use(policy=text)
        names.change({f"_mta-sts.{place.domain}": [f'TXT "v=STSv1; id={identity}"']})
        return host
    return make


@pytest.fixture
def nginx(house):
    """nginx(site, policy): the same by somebody else."""
    hosts = []

    def make(place, policy):
        hosts.append(Nginx(house.folder, place, house.authority.certificate(f"mta-sts.{place.domain}"), policy))
        return hosts[-1]
    yield make
    for host in hosts:
        host.stop()


@pytest.fixture
def attacker(house, names):
    """attacker(site): somebody on all paths to it. Its hosts listen behind: mx(site, port=25 + BEHIND), policy_host(.., behind=True)."""
    made = []

    def make(place, certificate=None):
        own = certificate or house.authority.certificate(place.host, f"mta-sts.{place.domain}", kind="self-signed")
        made.append(Attacker(names, place, own))
        return made[-1]
    yield make
    for one in made:
        one.stop()


@pytest.fixture
def shape(mx):
    """shape("a", "b", zone="secure"): the hosts of the shaped domains, by letter."""
    def make(*letters, zone="secure", **options):
        return [mx((f"{SHAPES}.{HOSTS[letter]}", f"{letter}.{zone}.test"), **options) for letter in letters]
    return make


def relay_maker(house):
    """A function that makes relays, and the list of what it made."""
    made = []

    def make(settings=None, start=True, user=None, **options):
        folder = tempfile.mkdtemp(prefix="relay-", dir=house.folder)
        relay = Sealpost(house.programs(), folder, house.authority, settings, user)
        if user:
            run(["chown", "-R", user, folder])
        made.append(relay)
        for other in house.relays:
            other.stop()
        house.relays.append(relay)
        return relay.start(**options) if start else relay
    return make, made


def standing(house, rows, settings):
    """All of the rows of house.situations at once, as a fixture: yields the world, and ends it."""
    make, made = relay_maker(house)
    world = World(house, make(settings, start=False), rows, lambda zone: Site(next(house.sites), zone))
    try:
        yield world.begin()
    finally:
        world.end()
        relays_end(made)


def relays_end(made):
    """Nothing of them is left, and nothing went wrong that no test asked for."""
    for relay in made:
        relay.forget()
    for relay in made:
        log = relay.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log[-4000:]
        assert not relay.events("fatal"), relay.events("fatal")
        shutil.rmtree(relay.folder, ignore_errors=True)


@pytest.fixture
def sealpost(house):
    """sealpost({settings}): a relay of this test's own, running."""
    make, made = relay_maker(house)
    yield make
    relays_end(made)


@pytest.fixture(scope="module")
def relay_of_module(house, request):
    make, made = relay_maker(house)
    yield make(getattr(request.module, "RELAY_SETTINGS", None), start=False)
    relays_end(made)


@pytest.fixture
def relay(house, relay_of_module):
    """One relay for all tests of a module; RELAY_SETTINGS in the module changes its configuration."""
    return house.run_only(relay_of_module)


@pytest.fixture
def client(relay):
    """client(...): a connection to the module's relay, in clear; secured(...) is behind STARTTLS and EHLO."""
    clients = []

    def make(*arguments, secure=False, **options):
        clients.append((secured if secure else Client)(*arguments, **options))
        return clients[-1]
    yield make
    for one in clients:
        one.close()


@pytest.fixture
def lmtp(house):
    servers = []

    def make(**options):
        path = os.path.join(house.folder, f"lmtp{len(servers)}-{os.getpid()}-{next(house.sites)}")
        servers.append(LocalDelivery(path, **options))
        return servers[-1]
    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def source():
    return CLIENT


# --- notices to peers

@pytest.fixture
def notifier(sealpost):
    """notifier(more, remind=...): a relay that tells peers after a second."""
    def make(more=None, **periods):
        return sealpost({**NOTIFYING, **(more or {}), "notices": {**PERIODS, **periods}})
    return make


@pytest.fixture
def operator(mx):
    """operator(kind="good", ...): an operator, and its mail host."""
    def make(number=None, **options):
        one = Operator(number)
        one.mail_host = mx((one.address, one.host), **options)
        return one
    return make


@pytest.fixture
def noc(mx):
    """Who runs the zones of the operators."""
    return mx((f"{OPERATORS}.{NOC}", "mx.noc.test"))


@pytest.fixture
def abuse(mx):
    """Who hears of their addresses."""
    return mx((f"{OPERATORS}.{ABUSE}", "mx.abuse.test"))
