"""A small disk that fills up and gets room again: 503 while it is full, by itself on again, nothing lost; a start on a full disk says so.

Runs in a mount namespace of its own (as root, or as a user who may have one), so that nothing stays mounted.
"""

import os
import random
import subprocess
import sys
import unittest

from faults import FaultTest, LONG, seed, wait_for
from load import Load
from oracle import check_state, judge

MEGABYTES = 64
TEMPORARY_FAILURE = 75  # EX_TEMPFAIL: a supervisor should start it again


class Ballast:
    """Fills a file system to its last byte, and gives the room back."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "ballast")

    def fill(self):
        with open(self.path, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass

    def free(self):
        if os.path.exists(self.path):
            os.remove(self.path)


class SpaceTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.disk = self.small_disk(MEGABYTES)
        self.ballast = Ballast(self.disk)
        self.events = os.path.join(self.folder, "events.ndjson")

    def heavy(self, draw, number):
        """An alert that does not get smaller by packing, and opens nothing."""
        return [{"labels": {"alertname": f"Heavy{number}", "severity": "info"},
                 "annotations": {f"text{n}": draw.randbytes(8000).hex() for n in range(4)}}]

    def test_it_goes_on_by_itself_when_there_is_room_again(self):
        number = seed()
        draw = random.Random(number)
        engine = self.engine(data=os.path.join(self.disk, "data"), events=self.events)
        load = Load(number, name="Full")
        taken, told = set(), 0
        for turn in range(10 if LONG else 3):
            load.start(engine)
            load.wait_for_bodies(10)
            self.ballast.fill()
            refused = None
            while refused is None:  # what is reserved already is used up first
                told += 1
                status, text, headers = engine.ask("/api/v2/alerts", "POST", self.heavy(draw, told))
                if status == 200:
                    taken.add(f"Heavy{told}")
                else:
                    refused = (status, text)
                self.assertLess(told, 20000, "the disk is never full")
            self.assertEqual(refused[0], 503)
            self.assertIn("storage_full", refused[1])
            self.assertIn("Retry-After", headers)
            load.wait_for_refusals(5)
            self.assertFalse(engine.is_ready())
            status, text = engine.health()
            self.assertEqual(status, 200, "no restart mends it")
            self.assertRegex(text, "(?i)full|space")
            self.assertGreater(len(engine.all_of("alerts")), 0, "queries go on")
            self.ballast.free()
            wait_for("it is ready by itself", engine.is_ready, 15)
            load.wait_for_bodies(10)
            load.stop()
            if turn == 0:
                engine.kill()
                engine.start()
            check_state(self, engine, load)
            self.assertLessEqual(taken, {alert["labels"]["alertname"] for alert in engine.all_of("alerts") if alert["status"] == "firing"})
        judge(self, engine, load, events=self.events)
        self.assertEqual(engine.stop(), 0)

    def test_killed_while_full_and_started_while_full(self):
        number = seed()
        draw = random.Random(number)
        engine = self.engine(data=os.path.join(self.disk, "data"), events=self.events)
        load = Load(number, name="Killed")
        load.start(engine)
        load.wait_for_bodies(30)
        self.ballast.fill()
        told = 0
        while engine.ask("/api/v2/alerts", "POST", self.heavy(draw, told))[0] == 200:
            told += 1
        engine.kill()
        load.stop()
        code, text = engine.start_is_refused()
        self.assertEqual(code, TEMPORARY_FAILURE, text)
        self.assertRegex(text, "(?i)full|space|free")
        self.assertLess(len(text.splitlines()), 20, "a sentence, not a dump")
        self.ballast.free()
        engine.start()
        judge(self, engine, load, events=self.events)

    def test_a_first_start_on_a_full_disk(self):
        self.ballast.fill()
        engine = self.engine(start=False, data=os.path.join(self.disk, "data"), events=self.events)
        code, text = engine.start_is_refused()
        self.assertEqual(code, TEMPORARY_FAILURE, text)
        self.assertRegex(text, "(?i)full|space|free")
        self.ballast.free()
        engine.start()
        self.assertEqual(engine.post("/api/v2/alerts", self.heavy(random.Random(1), 1))[0], 200)

    def test_an_events_file_on_a_full_disk_gets_everything_later(self):
        events = os.path.join(self.disk, "events.ndjson")
        engine = self.engine(events=events)
        load = Load(seed(), name="Events")
        load.start(engine)
        load.wait_for_bodies(10)
        self.ballast.fill()
        load.wait_for_bodies(60)
        wait_for("the metric says so", lambda: engine.metric("tocsin_sink_unwell") == 1)
        self.assertEqual(load.refused, 0)
        self.ballast.free()
        load.stop()
        judge(self, engine, load, events=events)


def main():
    if os.environ.get("TOCSIN_OWN_MOUNTS") != "1":
        for command in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
            try:
                if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                    os.environ["TOCSIN_OWN_MOUNTS"] = "1"
                    os.execvp(command[0], [*command, sys.executable, *sys.argv])
            except FileNotFoundError:
                pass
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
