"""A journal of the first version is carried over: nothing that was acknowledged under the old engine is lost, nothing that it told is
contradicted, also when the carrying over is killed.

TOCSIN_OLD_BIN names an engine that writes the first version; without it this is skipped, visibly.
"""

import os
import random
import time
import unittest

from faults import FaultTest, seed
from load import Load
from oracle import check_state, judge


class OldJournalTest(FaultTest):
    def setUp(self):
        super().setUp()
        if not os.environ.get("TOCSIN_OLD_BIN"):
            print("SKIPPED: TOCSIN_OLD_BIN is not set: no engine of the first version to write a journal with", flush=True)
            self.skipTest("no engine of the first version")

    def test_it_is_carried_over_with_kills_between(self):
        number = seed()
        draw = random.Random(number)
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events, binary=os.environ["TOCSIN_OLD_BIN"])
        load = Load(number, conditions=24, name="Old")
        load.start(engine)
        load.wait_for_bodies(800, 120)
        # Its rules were others, so what it told must be told before it goes: the new engine says no more under its names.
        load.stop()
        engine.wait_until_delivered()
        engine.kill()
        engine.binary = None
        for _ in range(6):
            engine.launch()
            time.sleep(draw.random() * 0.3)
            engine.kill()
        engine.start()
        check_state(self, engine, load)
        load.start(engine)
        load.wait_for_bodies(50)
        engine.kill()
        load.stop()
        engine.start()
        judge(self, engine, load, events=events, lost_between=True)
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
