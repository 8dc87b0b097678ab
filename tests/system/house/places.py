"""Who lives where. Everything is below 127.44.0.0/16, in a network namespace of the house's own."""

RESOLVER = "127.44.0.53"        # unbound, validating
RESOLVER_WIRE = "127.44.0.57"   # the same, by a wire
REMOTE_RESOLVER = "192.0.2.53"  # the same, as if it were elsewhere
NAME_SERVER = "127.44.0.54"     # nsd: the root and everything below it
LIVE_SERVERS = ("127.44.0.60", "127.44.0.61")  # of live.test and open.test, by turns: an nsd for each state that they are in
NAME_WIRE = "127.44.0.56"       # where they are asked: a wire that an attacker may hold
SILENT_SERVER = "127.44.0.98"   # takes questions, never answers
REVOCATION = "127.44.0.98"      # where certificates of kind revocable say that it can be asked about
TABLE_SERVER = "127.44.0.58"     # names of a table (house/nametable.py)
NOBODY = "127.44.0.99"          # nothing listens here

RELAY = "127.44.1.1"            # sealpostd
RELAY6 = "fd44::1"
CLIENT = "127.44.2.1"           # may relay
STRANGER = "127.44.3.1"         # may not
HOSTILE = "127.44.66.1"         # clients that say in clear what they should not: only what they are answered is judged

SITES = "127.44.10"             # .1 to .250: mail hosts that tests set up as they like
SHAPES = "127.44.11"            # hosts of the domains with an MX set of a certain shape
SINK = "127.44.12.1"            # the sink in C
NEIGHBOURS = "127.44.20"        # Postfix, Exim, OpenSMTPD
OPERATORS = "127.44.13"         # mail hosts of operators with a zone of their own (house/zones.py),
CLIENTS = "127.44.66"           # and clients of theirs, .100 and on: hostile ones, as they try it in clear
POLICIES = "127.44.30"          # hosts of MTA-STS policies: of the site with the same number

HOSTNAME = "relay.house.test"   # sealpost's own name

# Names that show whether a resolver validates.
CANARY_NAMES = {"signed": "canary.secure.test", "unsigned": "canary.insecure.test", "broken": "canary.bogus.test"}

# In every message of the tests, in every address: must never be seen on the wire.
CANARY = "canary4f1d9c"
