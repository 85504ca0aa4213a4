"""The data folder goes away under a running engine: it stops answering 2xx, and an empty journal beside sinks that know another one is
begun only when that is asked for."""

import os
import shutil
import time
import unittest

from faults import FaultTest, seed, wait_for
from load import Load
from oracle import Records


class FolderTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.events = os.path.join(self.folder, "events.ndjson")
        self.engine_ = self.engine(events=self.events)

    def taken_away(self, take):
        engine = self.engine_
        load = Load(seed(), name="Gone")
        load.start(engine)
        load.wait_for_bodies(20)
        take(engine.data)
        gone = time.monotonic()
        wait_for("it stops answering 2xx", lambda: engine.ask("/api/v2/alerts", "POST", [{"labels": {"alertname": "Probe"}}])[0] == 503, 10)
        self.assertLess(time.monotonic() - gone, 2.5)
        taken = load.bodies
        load.wait_for_refusals(10)
        self.assertEqual(load.bodies, taken, "and never again does")
        load.stop()
        status, text = engine.health()
        self.assertEqual(status, 503)
        self.assertIn(engine.data, text)
        self.assertFalse(engine.is_ready())
        engine.wait_until_delivered()
        records = Records(self)
        records.add_file(self.events)  # what was acknowledged is told
        for condition in load.conditions:
            if condition.alone:
                for number in condition.openings:
                    self.assertIn(condition.title(number), records.titles)
        engine.process.popen.terminate()
        engine.process.popen.wait(30)
        return records

    def begins_anew_only_when_asked(self, records):
        engine = self.engine_
        code, text = engine.start_is_refused()
        self.assertEqual(code, 1, text)
        self.assertIn("--new-journal", text)
        self.assertIn(self.events, text)
        engine.flags = ["--new-journal"]
        engine.start()
        load = Load(seed(), name="Anew")
        load.start(engine)
        load.wait_for_bodies(10)
        load.stop()
        engine.wait_until_delivered()
        records.add_file(self.events)  # no name and no revision with two contents, over both lives
        records.check_order(lost_between=True)
        self.assertEqual(engine.stop(), 0)
        engine.flags = []
        engine.start()  # the flag is needed once

    def test_deleted(self):
        self.begins_anew_only_when_asked(self.taken_away(shutil.rmtree))

    def test_moved_and_another_put_in_its_place(self):
        def swap(folder):
            os.rename(folder, folder + ".moved")
            os.mkdir(folder)
        records = self.taken_away(swap)
        self.begins_anew_only_when_asked(records)


if __name__ == "__main__":
    unittest.main(verbosity=2)
