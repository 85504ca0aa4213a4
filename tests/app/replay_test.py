"""`tocsin replay` over the real program: under the engine's configuration it writes what the engine wrote, byte for byte."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Engine  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]
RECORDS = 'kafka:\n  topic_prefix: "staging."\n  ce_source: /tocsin/west\n  events_topic: events\n'


def replay(*arguments, env=None):
    out = subprocess.run([BIN, "replay", *arguments], capture_output=True, timeout=60, check=False,
                         env=None if env is None else {**os.environ, **env})
    return out.returncode, out.stdout, out.stderr.decode()


class ReplayTest(DeliveryTest):
    def filled(self):
        """An engine with names of its own that was told some alerts, stopped; and its events."""
        events = os.path.join(self.folder, "events.ndjson")
        engine = Engine(self.folder, events=events, extra=RECORDS)
        engine.start()
        for i in range(5):
            body = f'{{"name": "Down{i}", "service": "pay{i}", "severity": "critical"}}'
            self.assertIn(engine.post("/v1/sources/generic", body.encode())[0], (200, 202))
        engine.stop()
        with open(events, "rb") as file:
            return engine, file.read()

    def test_it_writes_what_the_engine_wrote_with_its_prefix_and_source(self):
        engine, written = self.filled()
        self.assertIn(b"staging.events", written)
        self.assertIn(b"/tocsin/west", written)
        code, out, err = replay("--data", engine.data, "--config", engine.config)
        self.assertEqual(code, 0, err)
        self.assertEqual(out, written)
        _, plain, _ = replay("--data", engine.data)
        self.assertNotIn(b"staging.", plain)

    def test_a_configuration_that_cannot_be_read_is_misuse(self):
        engine, _ = self.filled()
        code, out, err = replay("--data", engine.data, "--config", os.path.join(self.folder, "none.yaml"))
        self.assertEqual((code, out), (2, b""))
        self.assertIn("none.yaml: cannot be read", err)

    def test_other_time_zone_data_are_told(self):
        engine, _ = self.filled()
        zones = os.path.join(self.folder, "zones")
        os.makedirs(zones)
        with open(os.path.join(zones, "tzdata.zi"), "w", encoding="utf-8") as file:
            file.write("# version 1999z\n")
        code, _, err = replay("--data", engine.data, "--config", engine.config)
        self.assertEqual(code, 0)
        self.assertNotIn("time zone data", err)
        code, _, err = replay("--data", engine.data, "--config", engine.config, env={"TZDIR": zones})
        self.assertEqual(code, 0, err)
        self.assertIn("this machine has 1999z", err)


if __name__ == "__main__":
    unittest.main()
