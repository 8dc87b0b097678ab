"""Numbers for a monitoring system: over HTTP and by `sealpost metrics` they are what happened, whoever asks, however badly (H29)."""

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from house.client import Client, secured, tls_context
from house.places import CANARY, CLIENT, HOSTILE
from house.processes import LIBRARY_PATHS, Process, is_alive, run, wait_for

PORT = 9925
PLACE = f"127.0.0.1:{PORT}"
RELAY_SETTINGS = {"metrics": {"listen": [PLACE, f"[::1]:{PORT}"]}, "queue": {"retry_first": "1h", "retry_most": "2h"},
                  "relay": {"idle": "1s"}, "ledger": {"flush": "1s"}}
OLD = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "etc", "prometheus.rules.yaml")


def read(text):
    """{(name, labels): value}, read by Prometheus' own parser of the format: it complains of what is not of it."""
    assert text.endswith("# EOF\n")
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def scrape(host="127.0.0.1", timeout=60):
    connection = http.client.HTTPConnection(host, PORT, timeout=timeout)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (200, MEDIA_TYPE)
    text = answer.read().decode("utf-8")
    connection.close()
    return text


def numbers():
    return read(scrape())


def total(found, name, **wanted):
    """The sum over all that has these labels."""
    return sum(value for (sample, labels), value in found.items()
               if sample == f"sealpost_{name}" and wanted.items() <= dict(labels).items())


def grows(before, name, by, **wanted):
    """Wait until it has grown by so much, and see that it is not more."""
    start = total(before, name, **wanted)
    wait_for(lambda: total(numbers(), name, **wanted) >= start + by, 10,
             lambda: f"{name} {wanted} by {by}: from {start} to {total(numbers(), name, **wanted)}")
    assert total(numbers(), name, **wanted) == start + by, (name, wanted)


def raw(octets, timeout=60, place=("127.0.0.1", PORT)):
    """What comes back for these octets until the connection ends."""
    with socket.create_connection(place, timeout=timeout) as connection:
        connection.sendall(octets)
        heard = b""
        while True:
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                return heard
            if not more:
                return heard
            heard += more


def status_of(octets, **options):
    return raw(octets, **options).split(b"\r\n")[0]


# --- the numbers

def test_numbers_are_what_happened(relay, site, mx):
    good, bad = site(), site()
    host = mx(good)
    mx(bad, kind="expired")
    before = numbers()
    for number in range(3):
        relay.submit(good.mailbox())
        assert relay.outcome(good.mailbox(), count=number + 1)["result"] == "delivered"
    relay.submit(bad.mailbox())
    failed = relay.outcome(bad.mailbox())
    assert failed["reason"] == "certificate-expired"
    grows(before, "messages_accepted_total", 4)
    grows(before, "delivery_outcomes_total", 3, outcome="delivered", reason="none")
    grows(before, "delivery_outcomes_total", 1, outcome="later", reason=failed["reason"])
    grows(before, "tls_sessions_total", 1, direction="out", reason=failed["reason"])
    grows(before, "tls_sessions_total", len(host.sessions), direction="out", reason="none", version="TLSv1.3")
    grows(before, "outbound_sessions_total", len(host.sessions), level=relay.outcome(good.mailbox())["tls"].partition(":")[0])
    grows(before, "tls_sessions_total", 4, direction="in", reason="none")
    grows(before, "recipients_ended_total", 3, end="delivered")
    grows(before, "recipients_deferred_total", 1)
    now = numbers()
    assert total(now, "queue_messages") == len(relay.queue_list()) == total(now, "queue_tasks", state="waiting")
    assert total(now, "queue_next_hops_resting") == 1
    assert 0 < total(now, "queue_oldest_message_age_seconds") < 60
    assert total(now, "accepted_bytes_total") > total(before, "accepted_bytes_total")


def test_commits_are_measured(relay, site, mx):
    place = site()
    mx(place)
    before = numbers()
    relay.submit(place.mailbox())
    grows(before, "commit_seconds_count", 1, room="intake")
    now = numbers()
    assert total(now, "commit_seconds_sum", room="intake") > total(before, "commit_seconds_sum", room="intake")
    assert total(now, "sync_bytes_sum", room="intake") > total(before, "sync_bytes_sum", room="intake")
    assert total(now, "commit_seconds_bucket", room="intake", le="+Inf") == total(now, "commit_seconds_count", room="intake")
    assert total(now, "commit_errors_total") == 0


def test_clients_without_tls_that_will_do_are_counted(relay):
    before = numbers()
    for _ in range(2):
        with Client(source=HOSTILE) as client:
            client.expect("EHLO plain.client.test", 250)
            client.expect("MAIL FROM:<someone@sender.test>", 530)
            client.quit()
    with pytest.raises(ssl.SSLError), Client() as client:
        client.starttls(tls_context(OLD[0], OLD[1], "DEFAULT@SECLEVEL=0"), ehlo="old.client.test")
    with secured() as client:
        client.expect("MAIL FROM:<nobody>", 501)
        client.quit()
    grows(before, "tls_sessions_total", 2, direction="in", version="none", reason="plaintext-inbound")
    grows(before, "tls_sessions_total", 1, direction="in", version="none", reason="protocol-old")
    grows(before, "refusals_total", 2, reply="tls-required")


def test_a_notification_is_counted(relay, site, mx):
    place, home = site(), site()
    mx(place, script={"DOT": "554 5.7.1 no"})
    mx(home)
    before = numbers()
    relay.submit(place.mailbox(), sender=home.mailbox("sender"))
    assert relay.outcome(place.mailbox())["result"] == "failed"
    grows(before, "notifications_total", 1, action="failed")
    grows(before, "recipients_ended_total", 1, end="failed", reason="message-refused")
    grows(before, "commit_seconds_count", 1, room="report")


def test_policies_are_counted(relay, site, mx, published):
    place = site("open")
    mx(place)
    published(place)
    before = numbers()
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["tls"] == "secure:sts"
    grows(before, "policy_fetches_total", 1, result="done")
    grows(before, "policies", 1, mode="enforce")
    grows(before, "outbound_sessions_total", 1, applied="sts", level="secure")
    assert total(numbers(), "policy_domains_cached") >= 1


def test_of_every_room_it_is_told_how_it_is(relay):
    now = numbers()
    before = time.time()
    started = relay.ctl("status", as_json=True)
    after = time.time()
    for row in started:
        wanted = {"room": row["room"], "index": str(row["index"])}
        assert total(now, "room_up", **wanted) == 1, wanted
        assert before - 2 < row["up_s"] + total(now, "room_start_time_seconds", **wanted) < after + 2, wanted
        assert 0 < total(now, "room_resident_memory_bytes", **wanted) < 2**30 and total(now, "room_cpu_seconds_total", **wanted) > 0, wanted
        assert len([name for name, _ in now if name == "sealpost_room_up"]) == len(started)
    assert total(now, "build_info", room="master") == 1
    assert total(now, "spool_locked") == 0 and total(now, "ledger_open") == 1 and total(now, "dnssec_trusted", index="0") == 1


def test_when_our_certificate_ends_is_told(relay):
    ends = subprocess.run(["openssl", "x509", "-enddate", "-noout", "-in", relay.settings["certificate"]], text=True, stdout=subprocess.PIPE,
                          check=True).stdout.partition("=")[2].strip()
    assert total(numbers(), "certificate_expiry_timestamp_seconds", number="0") == ssl.cert_time_to_seconds(ends)


def test_the_tool_tells_the_same(relay):
    text = relay.ctl("metrics").stdout
    over_http = numbers()
    assert {name for name, _ in read(text)} == {name for name, _ in over_http}
    assert total(read(text), "messages_accepted_total") == total(over_http, "messages_accepted_total")
    assert relay.ctl("metrics", "word", check=False).returncode == 64


def test_both_families_of_addresses_are_served(relay):
    assert read(scrape("::1"))


def test_nobody_is_named(relay, site, mx):
    place = site()
    mx(place)
    relay.submit(place.mailbox())
    relay.outcome(place.mailbox())
    samples = [line for line in scrape().splitlines() if not line.startswith("#")]
    for word in ("@", ".test", CANARY, place.address, CLIENT, relay.folder):
        assert not [line for line in samples if word in line], word


# --- who asks, and how

GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9925\r\n\r\n"

REQUESTS = {
    "a browser that was led here": (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
    "the same with our port": (b"GET /metrics HTTP/1.1\r\nHost: evil.example:9925\r\n\r\n", b"421"),
    "a name that begins as ours": (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", b"421"),
    "another host in the target": (b"GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"421"),
    "no host": (b"GET /metrics HTTP/1.1\r\n\r\n", b"400"),
    "no host, of old": (b"GET /metrics HTTP/1.0\r\n\r\n", b"400"),
    "localhost": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
    "the other loopback": (b"GET /metrics HTTP/1.1\r\nHost: [::1]:9925\r\n\r\n", b"200"),
    "a whole target": (b"GET http://127.0.0.1:9925/metrics HTTP/1.1\r\nHost: 127.0.0.1:9925\r\n\r\n", b"200"),
    "a query": (b"GET /metrics?name[]=x HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
    "POST": (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab", b"405"),
    "POST of much": (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\nab", b"413"),
    "DELETE": (b"DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
    "a method that is none": (b"BREW /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
    "the root": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    "a longer path": (b"GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    "a way out": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    "a header without end": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20000 + b"\r\n\r\n", b"400"),
    "headers without end": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 4000 + b"\r\n", b"400"),
    "no HTTP": (b"EHLO client.test\r\nMAIL FROM:<>\r\n", b"400"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_are_answered(relay, name):
    request, status = REQUESTS[name]
    answer = status_of(request)
    assert status in answer or (status == b"400" and answer == b""), answer
    assert numbers()


def test_no_answer_lets_others_read_it(relay):
    """No CORS, nothing kept; and an error repeats nothing of the request (H29)."""
    answer = raw(b"GET /<script>x</script> HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n")
    head = raw(GET).partition(b"\r\n\r\n")[0].lower()
    assert b"script" not in answer and b"access-control" not in answer.lower() + head and b"cache-control: no-store" in head


def test_head_has_no_body(relay):
    head, _, body = raw(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and not body and int(head.lower().partition(b"content-length: ")[2].split()[0]) > 1000


def test_a_slow_client_is_sent_away(relay):
    """A byte now and then keeps no connection: ten seconds are all it gets."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", PORT), timeout=1) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ")
        while time.monotonic() < begun + 30:
            try:
                connection.sendall(b"x")
                if connection.recv(100) == b"":
                    break
            except socket.timeout:
                pass
            except OSError:
                break
    assert 8 < time.monotonic() - begun < 25


def test_idle_connections_keep_nobody_out(relay):
    idle = [socket.create_connection(("127.0.0.1", PORT), timeout=60) for _ in range(100)]
    try:
        begun = time.monotonic()
        assert total(numbers(), "web_connections") <= 33
        assert time.monotonic() - begun < 8, "their time is not over"
        assert len(os.listdir(f"/proc/{relay.rooms('web')[0]}/fd")) < 60
    finally:
        for connection in idle:
            connection.close()


def test_many_who_ask_at_once_are_all_answered(relay):
    asking = [socket.create_connection(("127.0.0.1", PORT), timeout=60) for _ in range(30)]
    for connection in asking:
        connection.sendall(GET)
    for connection in asking:
        assert connection.recv(20).startswith(b"HTTP/1.1 200")
        connection.close()


def test_who_goes_away_meanwhile_hurts_nobody(relay):
    web = relay.rooms("web")
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", PORT), timeout=60) as connection:
            connection.sendall(GET)
    assert numbers() and relay.rooms("web") == web


# --- rooms that are not there

def test_a_room_that_is_killed_is_down_and_comes_back(relay):
    before, killed = numbers(), set()

    def is_down():
        """They come back after a second, on a busy machine perhaps before they have been asked."""
        killed.update(relay.kill_room("relay"))
        now = numbers()
        return total(now, "room_up", room="relay") < 2 and total(now, "room_up", room="queue") == 1
    wait_for(is_down, what="a relay that is down")
    wait_for(lambda: total(numbers(), "room_up", room="relay") == 2, 10, "relays")
    grows(before, "room_restarts_total", len(killed), room="relay")
    assert total(numbers(), "delivery_outcomes_total") == 0, "a counter begins with its room"


def test_a_room_that_is_silent_is_left_out(relay):
    pid = relay.rooms("queue")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        now = numbers()
        assert 0.8 < time.monotonic() - begun < 10
        assert total(now, "room_up", room="queue") == 0 and total(now, "room_up", room="intake") == 2
        assert ("sealpost_queue_messages", frozenset({("room", "queue"), ("index", "0")})) not in now
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: total(numbers(), "room_up", room="queue") == 1, 5, "queue")


def test_web_may_be_killed(relay, site, mx):
    place = site()
    mx(place)
    pid = relay.kill_room("web")[0]
    wait_for(lambda: not is_alive(pid), 5, "its end")
    relay.submit(place.mailbox())
    assert relay.outcome(place.mailbox())["result"] == "delivered"
    assert total(read(relay.ctl("metrics").stdout), "messages_accepted_total") > 0
    wait_for(lambda: status_of(GET, timeout=10).startswith(b"HTTP/1.1 200"), 15, "numbers over HTTP")
    grows({}, "room_restarts_total", 1, room="web")


# --- configuration

@pytest.mark.parametrize("place", ["0.0.0.0:9925", "192.0.2.1:9925", "[::]:9925", "127.0.0.1", "localhost:9925", "unix:relative", "9925"])
def test_other_places_are_refused(sealpost, place):
    relay = sealpost({"metrics": {"listen": place}}, start=False)
    for command in (relay.ctl("check", relay.config, check=False), subprocess.run(relay.command() + ["-n"], text=True, stdout=subprocess.PIPE,
                                                                  stderr=subprocess.PIPE, env=LIBRARY_PATHS, check=False)):
        assert command.returncode != 0 and "metrics.listen" in command.stdout + command.stderr, command
        if place.startswith(("0.", "192.", "[::]")):
            assert "not a loopback address" in command.stdout + command.stderr


def test_by_default_nobody_listens(sealpost):
    relay = sealpost()
    assert not relay.rooms("web")
    with pytest.raises(ConnectionRefusedError):
        raw(GET)
    found = read(relay.ctl("metrics").stdout)
    assert total(found, "room_up", room="intake") == 2 and not [labels for _, labels in found if ("room", "web") in labels]
    relay.reload({"metrics": {"listen": PLACE}})
    wait_for(lambda: relay.rooms("web"), 10, "a web room")
    wait_for(lambda: relay.events("reload"), 10, "the reload")
    assert total(numbers(), "reloads_total", result="applied") == 1
    relay.reload({"metrics": {"listen": "0.0.0.0:1"}})
    wait_for(lambda: total(numbers(), "reloads_total", result="refused") == 1, 10, "a reload that was refused")
    relay.reload({"metrics": {"listen": None}})
    wait_for(lambda: not relay.rooms("web"), 10, "the end of web")


def test_a_path_with_its_permissions(sealpost):
    relay = sealpost(start=False)
    path = os.path.join(relay.folder, "numbers")
    relay.write({"metrics": {"listen": f"unix:{path}", "mode": "0640"}})
    relay.start()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    done = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://localhost/metrics"], text=True, stdout=subprocess.PIPE, check=True)
    assert total(read(done.stdout), "room_up", room="web") == 1
    relay.stop()
    assert not os.path.exists(path)


def test_while_the_spool_is_locked_it_says_so(sealpost):
    relay = sealpost({"metrics": {"listen": PLACE}}, start=False)
    key = os.path.join(relay.folder, "spool.pem")
    run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-aes256", "-pass", "pass:open", "-out", key])
    run(["openssl", "pkey", "-in", key, "-passin", "pass:open", "-pubout", "-out", key + ".pub"])
    os.chmod(key, 0o600)
    relay.write({"spool": {"key": key}})
    relay.start()
    found = numbers()
    assert total(found, "spool_locked") == 1 and total(found, "room_up", room="queue") == 0 and total(found, "room_up", room="intake") == 2


# --- Prometheus itself

def test_the_rules_are_rules(relay):
    done = run(["promtool", "check", "rules", RULES])
    assert "SUCCESS" in done.stdout
    done = run(["promtool", "test", "rules", os.path.join(DATA, "prometheus.rules.test.yaml")], check=False)
    assert done.returncode == 0, done.stdout


def test_without_comments_it_is_the_older_format(relay):
    """promtool reads what the textfile collector of the node exporter reads: the manual has what to do for that."""
    for command, is_read in (("cat", False), ("grep -v '^#'", True)):
        text = subprocess.run(command, shell=True, input=relay.ctl("metrics").stdout, text=True, stdout=subprocess.PIPE, check=True).stdout
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert ("parsing error" not in done.stdout) == is_read, done.stdout
        assert is_read or 'unknown metric type "info"' in done.stdout


def ask(path):
    connection = http.client.HTTPConnection("127.0.0.1", 9090, timeout=60)
    try:
        connection.request("GET", "/api/v1/" + path)
        return json.loads(connection.getresponse().read())["data"]
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_prometheus_scrapes_and_judges(relay, tmp_path):
    config = tmp_path / "prometheus.yml"
    config.write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{os.path.realpath(RULES)}]\n"
                      f"scrape_configs: [{{job_name: sealpost, static_configs: [{{targets: [\"{PLACE}\"]}}]}}]\n")
    scraper = Process(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data", "--web.listen-address=127.0.0.1:9090"],
                      str(tmp_path / "log"))
    try:
        up = wait_for(lambda: (found := ask("query?query=sealpost_room_up")) and found["result"], 30, lambda: (tmp_path / "log").read_text())
        assert {row["metric"]["room"] for row in up} == {"master", "intake", "queue", "relay", "policy", "report", "web"}
        target = wait_for(lambda: (found := ask("targets")) and found["activeTargets"][0], 10)
        assert (target["health"], target["lastError"]) == ("up", "")
        rules = wait_for(lambda: (found := ask("rules")) and [rule for group in found["groups"] for rule in group["rules"]
                                                              if rule["lastEvaluation"] > "2000"], 20, "rules")
        assert all(rule["health"] == "ok" for rule in rules) and len(rules) > 15
        kinds = wait_for(lambda: ask("metadata"), what="kinds")
        assert kinds["sealpost_commit_seconds"][0]["type"] == "histogram" and kinds["sealpost_spool_bytes"][0]["unit"] == "bytes"
    finally:
        scraper.stop()
