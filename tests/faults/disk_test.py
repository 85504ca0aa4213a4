"""The disk of the data folder fails, takes less than it was given, or takes its time, by a preloaded library: what was answered 2xx is
there, what could not be is answered 503."""

import errno
import os
import random
import subprocess
import unittest

from faults import FaultTest, LONG, seed, wait_for
from load import Load
from oracle import check_state, judge
from shim import CREATE, FAIL, HOLD, RESERVE, SHORT, SYNC, WRITE, Faults


def log_of(engine):
    """The pattern of the files that alerts are made durable in."""
    return os.path.join(engine.data, "log", "*") if os.path.isdir(os.path.join(engine.data, "log")) else os.path.join(engine.data, "*.log")


class DiskTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.faults = Faults(os.path.join(self.folder, "faults"))
        self.addCleanup(self.faults.close)
        self.events = os.path.join(self.folder, "events.ndjson")

    def faulty_engine(self, **options):
        return self.engine(environment=self.faults.environment, events=self.events, **options)

    def the_log_fails(self, operations, times):
        engine = self.faulty_engine()
        load = Load(seed(), name="Fail")
        load.start(engine)
        load.wait_for_bodies(40)
        fault = self.faults.disk(log_of(engine), operations, FAIL, errno.EIO, skip=3, times=times)
        load.wait_for_refusals(5)
        fault.off()
        self.assertGreaterEqual(fault.done, 1)
        # For good: what the disk holds after a failure nobody knows, until it is read again.
        taken = load.bodies
        load.wait_for_refusals(5)
        self.assertEqual(load.bodies, taken, "nothing is answered 2xx after a failure of the log")
        load.stop()
        status, text = engine.health()
        self.assertEqual(status, 503)
        self.assertRegex(text, "(?i)journal|log|disk")
        self.assertFalse(engine.is_ready())
        self.assertEqual(engine.metric("tocsin_journal_failed"), 1)
        self.assertGreater(len(engine.all_of("alerts")), 0, "queries go on")
        engine.kill()
        engine.start()
        self.assertTrue(engine.is_ready())
        load.start(engine)
        load.wait_for_bodies(20)
        load.stop()
        judge(self, engine, load, events=self.events)

    def test_a_write_of_the_log_fails_once(self):
        self.the_log_fails(WRITE, 1)

    def test_a_sync_of_the_log_fails_once(self):
        self.the_log_fails(SYNC, 1)

    def test_the_log_fails_for_good(self):
        self.the_log_fails(WRITE | SYNC, -1)

    def test_short_writes_of_the_log_are_finished(self):
        engine = self.faulty_engine()
        load = Load(seed(), name="Short")
        load.start(engine)
        load.wait_for_bodies(20)
        fault = self.faults.disk(log_of(engine), WRITE, SHORT, times=20)
        load.wait_for_bodies(60)
        load.stop()
        fault.off()
        self.assertGreater(fault.done, 0)
        self.assertEqual(load.refused, 0)
        engine.kill()
        engine.start()
        judge(self, engine, load, events=self.events)

    def test_senders_wait_for_a_slow_sync_of_the_log(self):
        engine = self.faulty_engine()
        load = Load(seed(), name="Slow")
        load.start(engine)
        load.wait_for_bodies(20)
        fault = self.faults.disk(log_of(engine), SYNC, HOLD, skip=2, times=1)
        wait_for("a sync that is held", lambda: fault.waiting == 1)
        before = load.bodies
        # All that is asked meanwhile is answered, and no body is.
        for _ in range(10):
            engine.ask("/-/healthy")
            engine.all_of("incidents")
        answers_while_held = load.bodies - before
        self.assertLessEqual(answers_while_held, len(load.per_thread), "only answers that were on their way")
        self.assertEqual(load.refused, 0, "who waits is not refused")
        fault.off()
        load.wait_for_bodies(20)
        load.stop()
        self.assertEqual(load.refused, 0)
        judge(self, engine, load, events=self.events)

    def test_a_kill_during_a_sync_of_the_log_loses_nothing(self):
        engine = self.faulty_engine()
        load = Load(seed(), name="Held")
        for _ in range(5):
            load.start(engine)
            load.wait_for_bodies(15)
            fault = self.faults.disk(log_of(engine), SYNC, HOLD, skip=2, times=1)
            wait_for("a sync that is held", lambda fault=fault: fault.waiting == 1)
            engine.kill()
            load.stop()
            fault.off()
            engine.start()
            check_state(self, engine, load)
        judge(self, engine, load, events=self.events)

    def test_whatever_file_fails_at_whatever_call_nothing_acknowledged_is_lost(self):
        number = seed()
        draw = random.Random(number)
        engine = self.faulty_engine()
        load = Load(number, name="Any", weight=3000)
        for turn in range(40 if LONG else 10):
            pattern = os.path.join(engine.data, draw.choice(["*", "*", "*mark*", "log/*", "db/*"]))
            operations = draw.choice([WRITE, SYNC, WRITE | SYNC, CREATE, RESERVE, WRITE | CREATE | RESERVE])
            action, error = draw.choice([(FAIL, errno.EIO), (FAIL, errno.ENOSPC), (SHORT, 0)])
            times = draw.choice([1, 3, -1])
            load.start(engine)
            load.wait_for_bodies(5)
            fault = self.faults.disk(pattern, operations, action, error, skip=draw.randint(0, 20), times=times)
            enough, refused = load.bodies + 25, load.refused + 8
            wait_for("some bodies, taken or refused", lambda: load.bodies >= enough or load.refused >= refused or not engine.process.alive())
            if draw.random() < 0.5:
                engine.kill()
                load.stop()
            else:
                load.stop()
                engine.process.popen.terminate()
                try:
                    engine.process.popen.wait(20)
                except subprocess.TimeoutExpired:  # its disk is broken: it may not come to an end, and the next start must cope
                    engine.kill()
            fault.off()
            what = f"turn {turn}: {pattern}, operations {operations}, action {action}, errno {error}, {fault.done} of {fault.seen} calls"
            try:
                engine.start()
                check_state(self, engine, load)
            except AssertionError as failure:
                raise AssertionError(f"{what}: {failure}") from failure
        judge(self, engine, load, events=self.events)


if __name__ == "__main__":
    unittest.main(verbosity=2)
