"""kill -9 a hundred times under load, one in five during the start: nothing that was answered 2xx is lost, nothing is told twice in
other words, everything that was opened is closed.

TOCSIN_SEED repeats a run's choices; TOCSIN_KILLS sets how many (default 100).
"""

import os
import random
import statistics
import time
import unittest

from faults import FaultTest, LONG, bootstrap, seed, wait_for
from load import Load
from oracle import check_replay, check_state, judge


class KillTest(FaultTest):
    def test_a_hundred_kills_lose_nothing(self):
        number = seed()
        kills = int(os.environ.get("TOCSIN_KILLS", "400" if LONG else "100"))
        draw = random.Random(number)
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(start=False, kafka=bootstrap(), topic_prefix=self.prefix, events=events)
        load = Load(number, threads=3, conditions=24, weight=3000)
        spans, done, in_start = [], 0, 0
        while done < kills:
            began = time.monotonic()
            engine.start()
            spans.append(time.monotonic() - began)
            if done % 5 == 0:
                check_state(self, engine, load, f"after kill {done}")
            load.start(engine)
            load.wait_for_bodies(draw.randint(1, 30))
            engine.kill()
            load.stop()
            done += 1
            if done % 4 == 0 and done < kills:
                # one more, somewhere between its first instruction and a little after it is ready
                engine.launch()
                time.sleep(draw.random() * 1.2 * statistics.median(spans))
                engine.kill()
                done, in_start = done + 1, in_start + 1
        engine.start()
        print(f"{done} kills, {in_start} of them during the start; a start takes {statistics.median(spans):.2f} s, "
              f"the longest took {max(spans):.2f} s", flush=True)
        judge(self, engine, load, events=events, kafka_prefix=self.prefix)
        self.assertEqual(engine.stop(), 0)

    def test_a_kill_while_a_long_journal_is_replayed_changes_nothing(self):
        draw = random.Random(seed())
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        load = Load(seed(), threads=2, conditions=24, name="Replay")
        load.start(engine)
        load.wait_for_bodies(1500, 120)
        engine.kill()
        load.stop()
        for _ in range(8):
            engine.launch()
            wait_for("the process", engine.process.alive)
            time.sleep(draw.random() * 0.4)
            engine.kill()
        engine.start()
        judge(self, engine, load, events=events)
        self.assertEqual(engine.stop(), 0)
        check_replay(self, engine, events)


if __name__ == "__main__":
    unittest.main(verbosity=2)
