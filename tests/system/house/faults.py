"""A disk or a clock that fails some rooms of a relay, on demand: their programs are started with tests/system/faults.c in them."""

import copy
import os
import struct

LAYOUT = struct.Struct("=iiqq")


class Faults:
    """Made before the relay starts. Settings hold until they are changed, and for all processes of these rooms."""

    def __init__(self, relay, library, *rooms):
        self.path = os.path.join(relay.folder, "faults")
        with open(self.path, "wb") as file:
            file.write(LAYOUT.pack(0, 0, 0, 0))
        os.chmod(self.path, 0o666)
        folder = os.path.join(relay.folder, "libexec")
        os.mkdir(folder)
        for name in os.listdir(relay.programs.libexec):
            program, path = os.path.join(relay.programs.libexec, name), os.path.join(folder, name)
            if name not in rooms:
                os.symlink(program, path)
                continue
            with open(path, "w", encoding="ascii") as script:
                script.write(f"#!/bin/bash\nexport LD_PRELOAD={library} SEALPOST_FAULTS={self.path}\nexec -a \"sealpost-{name}\" {program}\n")
            os.chmod(path, 0o755)
        relay.programs = copy.copy(relay.programs)
        relay.programs.libexec = folder

    def set(self, sync_error=0, write_error=0, clock_s=0):
        """Errnos for syncs, and for writes and files opened to write; seconds that the wall clock is ahead."""
        with open(self.path, "r+b") as file:
            file.write(LAYOUT.pack(sync_error, write_error, clock_s, self.failed_syncs()))

    def failed_syncs(self):
        with open(self.path, "rb") as file:
            return LAYOUT.unpack(file.read())[3]
