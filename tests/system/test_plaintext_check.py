"""The checker of promise P1 fails when it should: captures made by hand, each with one fault."""

import ipaddress
import struct

import pytest

import plaintext_check

CLIENT, SERVER = ("127.44.2.1", 40000), ("127.44.1.1", 25)
HELLO = b"\x16\x03\x01\x00\x05hello"
DATA = b"\x17\x03\x03\x00\x04data"
GOOD = [("S", b"220 mx ESMTP\r\n"), ("C", b"EHLO client.test\r\n"), ("S", b"250-mx\r\n250 STARTTLS\r\n"), ("C", b"STARTTLS\r\n"),
        ("S", b"220 2.0.0 go\r\n"), ("C", HELLO), ("S", HELLO), ("C", DATA), ("S", DATA)]


def packet(source, destination, number, acknowledged, flags, data=b""):
    tcp = struct.pack(">HHIIBBHHH", source[1], destination[1], number & 0xffffffff, acknowledged & 0xffffffff, 5 << 4, flags, 65535, 0, 0)
    addresses = [ipaddress.ip_address(end[0]) for end in (source, destination)]
    if addresses[0].version == 6:
        ip = struct.pack(">IHBB", 6 << 28, len(tcp) + len(data), 6, 64) + addresses[0].packed + addresses[1].packed
        kind = b"\x86\xdd"
    else:
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0) + addresses[0].packed + addresses[1].packed
        kind = b"\x08\x00"
    return b"\0" * 12 + kind + ip + tcp + data


def conversation(steps, client=CLIENT, server=SERVER, base=4294967290):
    """Packets of a connection; sequence numbers wrap on the way."""
    at = {"C": base + 1, "S": base + 1001}
    made = [packet(client, server, base, 0, 2), packet(server, client, base + 1000, base + 1, 18)]
    for side, data in steps:
        here, there, other = (client, server, "S") if side == "C" else (server, client, "C")
        made.append(packet(here, there, at[side], at[other], 16, data))
        at[side] += len(data)
        made.append(packet(there, here, at[other], at[side], 16))
    made.append(packet(client, server, at["C"], at["S"], 17))
    made.append(packet(server, client, at["S"], at["C"] + 1, 17))
    return made


@pytest.fixture
def verdict(tmp_path, capsys):
    def check(made, *options, link=1):
        path = tmp_path / "made.pcap"
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
            for octets in made:
                out.write(struct.pack("<IIII", 0, 0, len(octets), len(octets)) + octets)
        status = plaintext_check.main(["--starttls", "25,587", "--implicit", "465", "--canary", "secretword", *options, str(path)])
        return status, capsys.readouterr().out
    return check


def replaced(at, *steps):
    return GOOD[:at] + list(steps) + GOOD[at + 1:]


def test_a_good_connection_is_clean(verdict):
    assert verdict(conversation(GOOD))[0] == 0
    assert verdict(conversation(GOOD, ("fd44::2", 40000), ("fd44::1", 25)))[0] == 0


@pytest.mark.parametrize("steps", [
    replaced(1, ("C", b"NOOP\r\n"), ("S", b"250 2.0.0 ok\r\n"), ("C", b"ehlo [127.44.2.1]\r\n")),
    replaced(1, ("C", b"EHLO a.test\r\n"), ("S", b"250 mx\r\n"), ("C", b"EHLO client.test\r\n")),
    GOOD[:3] + [("C", b"QUIT\r\n"), ("S", b"221 2.0.0 bye\r\n")],
    GOOD[:4] + [("S", b"454 4.7.0 not now\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n")],
    [("S", b"421 4.3.2 busy\r\n")],
    [("S", b"554 no\r\n")],
    GOOD[:6] + [("S", b"\x15\x03\x03\x00\x02\x02\x28")],
    GOOD[:4] + [("S", b"220-one\r\n220 two\r\n")] + GOOD[5:],
    GOOD[:5] + [("C", HELLO[:3]), ("C", HELLO[3:]), ("S", HELLO)],
    [("S", b"220 mx"), ("S", b" ESMTP\r"), ("S", b"\n")] + GOOD[1:],
])
def test_what_may_be_said_is_clean(verdict, steps):
    status, text = verdict(conversation(steps), "--least", "0")
    assert status == 0, text


@pytest.mark.parametrize("steps", [
    replaced(1, ("C", b"HELO client.test\r\n")),
    replaced(1, ("C", b"EHLO client.test\r\nMAIL FROM:<a@b>\r\n")),
    replaced(3, ("C", b"MAIL FROM:<a@b>\r\n"), ("S", b"250 ok\r\n")),
    replaced(3, ("C", b"RSET\r\n"), ("S", b"250 ok\r\n"), ("C", b"STARTTLS\r\n")),
    replaced(3, ("C", b"AUTH PLAIN AGEAYg==\r\n")),
    replaced(3, ("C", b"STARTTLS now\r\n")),
    replaced(3, ("C", b"STARTTLS\r\nNOOP x\r\n")),
    replaced(5, ("C", b"MAIL FROM:<a@b>\r\n")),
    replaced(7, ("C", b"MAIL FROM:<a@b>\r\n")),
    replaced(8, ("S", b"250 ok\r\n")),
    replaced(7, ("C", DATA + b"plain")),
    replaced(0, ("S", b"250 mx\r\n")),
    replaced(2, ("S", b"250-mx\r\nleaked words\r\n250 STARTTLS\r\n")),
    replaced(4, ("S", b"354 go ahead\r\n")),
    replaced(4, ("S", b"250 2.0.0 queued\r\n")),
    GOOD[:3] + [("C", HELLO)],
    GOOD[:4] + [("S", b"454 no\r\n"), ("C", b"MAIL FROM:<a@b>\r\n"), ("S", b"250 ok\r\n")],
    replaced(7, ("C", b"\x17\x03\x03\xff\xffdata")),
])
def test_anything_else_is_a_fault(verdict, steps):
    status, text = verdict(conversation(steps), "--least", "0")
    assert status == 1 and "127.44.2.1:40000 -> 127.44.1.1:25" in text, text


def test_a_canary_is_found_wherever_it_is(verdict):
    for server in (SERVER, ("127.44.1.1", 8080)):
        assert verdict(conversation(GOOD + [("C", b"\x17\x03\x03\x00\x0asecretword")], server=server))[0] == 1
        assert verdict(conversation(GOOD + [("C", b"\x17\x03\x03\x00\x0asecre"), ("C", b"tword")], server=server))[0] == 1
    datagram = b"\0" * 12 + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 38, 1, 0, 64, 17, 0) + b"\x7f\0\0\1" * 2 + b"secretword"
    assert verdict(conversation(GOOD) + [datagram])[0] == 1


def test_an_implicit_port_has_records_only(verdict):
    server = ("127.44.1.1", 465)
    assert verdict(conversation([("C", HELLO), ("S", HELLO), ("C", DATA)], server=server))[0] == 0
    assert verdict(conversation([("S", b"220 mx\r\n"), ("C", HELLO), ("S", HELLO)], server=server))[0] == 1
    assert verdict(conversation([("C", b"EHLO a\r\n"), ("S", HELLO)], server=server), "--least", "0")[0] == 1
    assert verdict(conversation([("C", b"EHLO a\r\n"), ("S", b"\x15\x03\x03\x00\x02\x02\x28")], server=server), "--least", "0",
                   "--hostile-client", "127.44.2.0/24")[0] == 0


def test_hostile_clients_are_answered_all_the_same(verdict):
    hostile = ["--hostile-client", "127.44.2.0/24", "--least", "0"]
    steps = [("S", b"220 mx\r\n"), ("C", b"MAIL FROM:<a@b>\r\n"), ("S", b"530 5.7.0 TLS first\r\n")]
    assert verdict(conversation(steps), "--least", "0")[0] == 1
    assert verdict(conversation(steps), *hostile)[0] == 0
    assert verdict(conversation(steps[:2] + [("S", b"354 go\r\n")]), *hostile)[0] == 1
    assert verdict(conversation(steps[:2] + [("S", b"250 ok\r\n"), ("C", b"secretword\r\n")]), *hostile)[0] == 1
    assert verdict(conversation(steps[:2] + [("S", b"whatever\r\n")]), *hostile)[0] == 1


def test_hostile_servers_are_spoken_to_all_the_same(verdict):
    hostile = ["--hostile-server", "127.44.1.0/24", "--least", "0"]
    garbage = replaced(0, ("S", b"\x00garbage\r\n"))
    assert verdict(conversation(garbage), "--least", "0")[0] == 1
    assert verdict(conversation(garbage), *hostile)[0] == 0
    assert verdict(conversation(replaced(3, ("C", b"MAIL FROM:<a@b>\r\n"))), *hostile)[0] == 1


def test_other_ports_are_searched_for_canaries_only(verdict):
    assert verdict(conversation([("C", b"GET / HTTP/1.0\r\n")], server=("127.44.1.1", 80)), "--least", "0")[0] == 0


def test_order_and_repetition_do_not_matter(verdict):
    made = conversation(GOOD)
    assert verdict(made[:5] + [made[4]] + made[5:])[0] == 0
    assert verdict(made[:2] + [made[4], made[2], made[3]] + made[5:])[0] == 0


def test_what_was_not_captured_proves_nothing(verdict):
    made = conversation(GOOD)
    status, text = verdict(made[:4] + made[5:])
    assert status == 1 and "not captured" in text
    assert verdict(made[2:])[0] == 1                        # began before
    assert verdict(conversation(GOOD[:3]))[0] == 1          # no TLS at all, and some was wanted
    assert verdict([])[0] == 1


def test_a_file_that_is_no_capture_proves_nothing(tmp_path, capsys):
    path = tmp_path / "text"
    path.write_text("not a capture")
    assert plaintext_check.main(["--starttls", "25", str(path)]) == 1
    assert plaintext_check.main(["--starttls", "25", str(tmp_path / "nowhere")]) == 1
    capsys.readouterr()


def test_a_shortened_packet_proves_nothing(tmp_path, capsys):
    path = tmp_path / "short.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 96, 1) + struct.pack("<IIII", 0, 0, 10, 100) + b"\0" * 10)
    assert plaintext_check.main(["--starttls", "25", "--least", "0", str(path)]) == 1
    assert "cut" in capsys.readouterr().out
