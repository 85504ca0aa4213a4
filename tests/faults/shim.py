"""The preloaded library's other side: switches faults of disk and clock of a running engine (fault_control.h has the layout).

Environment: TOCSIN_FAULT_SHIM the library. It is empty where the engine is built with a sanitizer, whose own library wants to come
first and whose checks would see ours.
"""

import errno
import mmap
import os
import struct
import time
import unittest

WRITE, SYNC, CREATE, RESERVE = 1, 2, 4, 8
FAIL, SHORT, HOLD = 1, 2, 3

MAGIC = 0x31544C5541464354
CLOCK = 64
RULES, RULE_BYTES, RULE_COUNT = 128, 384, 8
PATTERN = 128  # in a rule
SIZE = RULES + RULE_COUNT * RULE_BYTES


def library():
    """The path of the shim; skips the test where there is none."""
    path = os.environ.get("TOCSIN_FAULT_SHIM", "")
    if not path:
        print("SKIPPED: no faults of disk and clock under a sanitizer: its library has to be the first one that is loaded", flush=True)
        raise unittest.SkipTest("no preloaded library under a sanitizer")
    return path


class DiskFault:
    """One rule that is on; `off` lets go who is held by it."""

    def __init__(self, faults, number):
        self.faults, self.at = faults, RULES + number * RULE_BYTES
        self.number = number

    def count(self, offset):
        return struct.unpack_from("<Q", self.faults.bytes, self.at + offset)[0]

    @property
    def seen(self):
        return self.count(32)

    @property
    def done(self):
        return self.count(40)

    @property
    def waiting(self):
        return self.count(48)

    def off(self):
        if self.number in self.faults.free:
            return
        struct.pack_into("<I", self.faults.bytes, self.at, 0)
        self.faults.free.append(self.number)


class Faults:
    """The control file of one engine. Use `environment` for its process."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", MAGIC).ljust(SIZE, b"\0"))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), SIZE)
        self.free = list(range(RULE_COUNT))
        self.environment = {"LD_PRELOAD": library(), "TOCSIN_FAULT_CONTROL": path}

    def close(self):
        self.bytes.close()

    def disk(self, pattern, operations, action=FAIL, error=errno.EIO, skip=0, times=-1):
        """Switches a rule on: the first `skip` calls that match go well, then `times` go wrong (-1: all)."""
        number = self.free.pop(0)
        name = pattern.encode()
        assert len(name) < 256, "the pattern is too long"
        rule = struct.pack("<IIIiqqQQQ", 0, operations, action, error, skip, times, 0, 0, 0).ljust(PATTERN, b"\0")
        at = RULES + number * RULE_BYTES
        self.bytes[at:at + RULE_BYTES] = rule + name.ljust(RULE_BYTES - PATTERN, b"\0")
        struct.pack_into("<I", self.bytes, at, 1)  # last: from here on it counts
        return DiskFault(self, number)

    # The order of writes: what is read together is made true before the switch.
    def arm_clock(self):
        """Before the engine starts: its waits then follow steps of the clock, as the kernel's would."""
        struct.pack_into("<I", self.bytes, CLOCK, 1)

    def set_clock(self, ahead_seconds):
        struct.pack_into("<q", self.bytes, CLOCK + 8, int(ahead_seconds * 1e9))
        struct.pack_into("<I", self.bytes, CLOCK + 4, 0)

    def freeze_clock(self):
        shown = time.time_ns() + struct.unpack_from("<q", self.bytes, CLOCK + 8)[0]
        struct.pack_into("<q", self.bytes, CLOCK + 16, shown)
        struct.pack_into("<I", self.bytes, CLOCK + 4, 1)

    @property
    def looks_at_clock(self):
        return struct.unpack_from("<Q", self.bytes, CLOCK + 24)[0]

    def now(self):
        """What the engine's clock shows."""
        if struct.unpack_from("<I", self.bytes, CLOCK + 4)[0]:
            return struct.unpack_from("<q", self.bytes, CLOCK + 16)[0] / 1e9
        return time.time() + struct.unpack_from("<q", self.bytes, CLOCK + 8)[0] / 1e9
