"""tcpdump of everything on loopback, from the first test to the last."""

import os
import re
import signal
import subprocess
import sys

from house.places import CANARY
from house.processes import Process, wait_for

CHECKER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "plaintext_check.py")

BUFFER_KIB = "262144"       # of packets that tcpdump has not come to yet


class Recording:
    def __init__(self, folder):
        self.path = os.path.join(folder, "everything.pcap")
        # The kernel hands over every packet of loopback twice, as it leaves and as it comes in; once is enough, and in a storm
        # of others' work twice is too much. No -U: a write for each packet is, too.
        self.process = Process(["nice", "-n", "-10" if os.geteuid() == 0 else "0", "tcpdump", "-i", "lo", "-n", "-s", "0", "-B", BUFFER_KIB,
                                "-Z", "root", "-w", self.path, "inbound and (tcp or udp)"], os.path.join(folder, "tcpdump.log"))
        wait_for(lambda: "listening on" in self.process.log() or not self.process.is_running(), 10, "tcpdump listens")
        assert self.process.is_running(), self.process.log()

    def stop(self):
        self.process.popen.send_signal(signal.SIGINT)
        self.process.popen.wait(20)

    def verdict(self, least):
        """Stops the recording. (is it clean?, what the checker said)."""
        self.stop()
        dropped = re.search(r"(\d+) packets dropped by kernel", self.process.log())
        if not dropped or int(dropped[1]) > 0:
            return False, f"plaintext_check: cannot tell: {dropped[0] if dropped else 'tcpdump did not end well'}"
        done = subprocess.run([sys.executable, CHECKER, "--starttls", "25,587,2525,2600", "--implicit", "465", "--canary", CANARY,
                               "--hostile-client", "127.44.66.0/24", "--hostile-server", "127.44.10.0/24", "--least", str(least),
                               self.path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        return done.returncode == 0, done.stdout.strip()
