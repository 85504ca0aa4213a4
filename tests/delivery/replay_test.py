"""The same journal gives the same effects, byte for byte: live, replayed, replayed again, and by another build of the engine.

TOCSIN_OTHER_BIN names that other build (say, with sanitizers); without it this part is skipped, visibly.
"""

import json
import os
import random
import subprocess
import time
import unittest

from harness import DeliveryTest, rfc3339


def run(command):
    out = subprocess.run(command, capture_output=True, timeout=300, check=False)
    if out.returncode != 0:
        raise AssertionError(f"{command}: {out.stderr.decode()[-2000:]}")
    return out.stdout


class ReplayTest(DeliveryTest):
    def make_history(self):
        """A folder with some hundred bodies of all sorts, and the records that were told while it happened."""
        seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"TOCSIN_SEED={seed}", flush=True)
        draw = random.Random(seed)
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        for number in range(300):
            body = []
            for _ in range(draw.randint(0, 6)):
                alert = {"labels": {"alertname": f"A{draw.randint(0, 5)}", "service": f"s{draw.randint(0, 39)}",
                                    "severity": draw.choice(["critical", "error", "warning", "info"])},
                         "annotations": {"summary": f"number {number}"}}
                if draw.random() < 0.3:
                    alert["endsAt"] = rfc3339(time.time() + draw.choice([-1, 0.05, 60]))
                if draw.random() < 0.05:
                    alert["labels"]["not a name"] = "x"
                body.append(alert)
            engine.post("/api/v2/alerts", b"[{" if number % 50 == 0 else body)
            if number == 150:
                engine.kill()
                engine.start()
        self.assertEqual(engine.stop(), 0)
        with open(events, "rb") as file:
            return engine, file.read()

    def test_live_and_replayed_effects_are_equal(self):
        engine, live = self.make_history()
        replay = [os.environ["TOCSIN_BIN"], "replay", "--data", engine.data]
        first, second = run(replay), run(replay)
        self.assertGreater(len(first.splitlines()), 50)
        self.assertEqual(first, second, "replayed twice")
        # The live file may hold copies of what was not confirmed when the engine was killed, nothing else.
        lines, seen = [], set()
        for line in live.splitlines():
            if line not in seen:
                seen.add(line)
                lines.append(line)
        self.assertEqual(lines, first.splitlines(), "live, then replayed")
        self.assertTrue(all(json.loads(line)["topic"] for line in lines))

        other = os.environ.get("TOCSIN_OTHER_BIN")
        if not other:
            print("SKIPPED: TOCSIN_OTHER_BIN is not set: no other build to compare with", flush=True)
            return
        self.assertEqual(first, run([other, "replay", "--data", engine.data]), "replayed by another build")


if __name__ == "__main__":
    unittest.main(verbosity=2)
