"""The time of day is wrong for a moment, for good, or stands still, by a preloaded library; senders speak on as Prometheus does, each
second, with their first start and an end a while ahead. Nothing that fires is ended by it, what is new opens at once, what ends is
closed, what falls silent ends in time, and health, log and metrics say what is going on."""

import contextlib
import os
import threading
import time
import unittest

from faults import FaultTest, post_on, rfc3339, wait_for
from oracle import check_metrics, check_replay
from shim import Faults

STANDING = 105
LEASE = 240     # seconds; what Prometheus states
SHORT_LEASE = 6


class Sender(threading.Thread):
    """Repeats what fires each second until it is told to end. `clock`: what this sender believes the time to be."""

    def __init__(self, engine, clock):
        super().__init__(daemon=True)
        self.engine, self.clock = engine, clock
        self.lock = threading.Lock()
        self.firing = {}  # name → [start, lease]
        self.ended = threading.Event()
        self.failure = None
        self.rounds = 0

    def fire(self, name, lease=LEASE):
        with self.lock:
            self.firing[name] = [self.clock(), lease]

    def forget(self, name):
        """Falls silent about it: no word of it is under way any more."""
        with self.lock:
            del self.firing[name]

    def text(self, name, end):
        return {"labels": {"alertname": name, "service": name, "severity": "critical"}, "annotations": {"summary": name}, "endsAt": rfc3339(end)}

    def speak(self, connection):
        with self.lock:
            now = self.clock()
            body = [{**self.text(name, now + lease), "startsAt": rfc3339(start)} for name, (start, lease) in self.firing.items()]
            status, text = post_on(connection, "/api/v2/alerts", body)
        if status != 200 or b'"rejected":[]' not in text:
            raise AssertionError(f"alerts were refused: {status} {text[:500]!r}")
        self.rounds += 1

    def run(self):
        try:
            with contextlib.closing(self.engine.connect()) as connection:
                while True:
                    self.speak(connection)
                    if self.ended.wait(1):
                        return
        except (OSError, AssertionError) as failure:
            self.failure = failure

    def end(self):
        self.ended.set()
        self.join(60)
        if self.failure:
            raise self.failure


class ClockTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.faults = Faults(os.path.join(self.folder, "faults"))
        self.addCleanup(self.faults.close)
        self.faults.arm_clock()
        self.events = os.path.join(self.folder, "events.ndjson")
        self.engine_ = self.engine(environment=self.faults.environment, events=self.events)

    def incident_of(self, name):
        found = [incident for incident in self.engine_.all_of("incidents") if incident["service"] == name]
        self.assertLessEqual(len(found), 1, f"{name} opened twice")
        return found[0] if found else None

    def status_of(self, name):
        incident = self.incident_of(name)
        return incident["status"] if incident else None

    def begin(self, clock=time.time):
        """The standing alerts fire, some of them on a short lease."""
        self.sender = Sender(self.engine_, clock)
        for number in range(STANDING):
            self.sender.fire(f"Standing{number}", SHORT_LEASE if number < 5 else LEASE)
        self.sender.start()
        self.addCleanup(self.sender.ended.set)
        wait_for("what fires at first", lambda: len(self.engine_.all_of("incidents")) == STANDING)
        self.settle(1)
        self.assertGreater(self.faults.looks_at_clock, 0, "the library is asked for the time")

    def settle(self, rounds):
        """Until the senders have spoken so often again."""
        until = self.sender.rounds + rounds
        wait_for("the next round of senders", lambda: self.sender.rounds >= until or self.sender.failure)
        if self.sender.failure:
            raise self.sender.failure

    def step(self, ahead, seconds):
        """The engine's clock is off for so long, and then right again."""
        self.faults.set_clock(ahead)
        began = time.monotonic()
        wait_for("the end of the step", lambda: time.monotonic() - began >= seconds)
        self.faults.set_clock(0)

    def opens(self, name, within=3.0):
        self.sender.fire(name)
        began = time.monotonic()
        wait_for(f"{name} opens", lambda: self.status_of(name) == "open", 20)
        self.assertLess(time.monotonic() - began, within, f"{name} opened late")

    def closes(self, name, clock=None, within=5.0):
        """A sender says that it has ended."""
        self.sender.forget(name)
        end = (clock or self.sender.clock)()
        self.assertEqual(self.engine_.post("/api/v2/alerts", [self.sender.text(name, end)])[0], 200)
        began = time.monotonic()
        wait_for(f"{name} is closed", lambda: self.status_of(name) == "closed", 20)
        self.assertLess(time.monotonic() - began, within, f"{name} was closed late")

    def falls_silent(self, name):
        self.sender.forget(name)
        began = time.monotonic()
        wait_for(f"{name} ends, since nobody speaks of it", lambda: self.status_of(name) in ("resolved", "closed"), 30)
        self.assertGreater(time.monotonic() - began, SHORT_LEASE - 3, f"{name} ended before its lease")
        self.assertLess(time.monotonic() - began, SHORT_LEASE + 4, f"{name} ended late")

    def nothing_was_ended(self, expired_most=0):
        if self.sender.failure:
            raise self.sender.failure
        for incident in self.engine_.all_of("incidents"):
            if incident["service"].startswith("Standing") and incident["service"] != "Standing0":
                self.assertEqual((incident["status"], incident["revision"]), ("open", 1), f"{incident['service']} was ended by the clock")
        self.assertEqual(self.engine_.metric("tocsin_alerts_stale_total"), 0)
        self.assertLessEqual(self.engine_.metric("tocsin_alerts_expired_total"), expired_most)
        check_metrics(self, self.engine_)

    def said(self, words):
        wait_for(f"the log says: {words}", lambda: words in self.engine_.process.output().lower(), 10)

    def trusted(self):
        return self.engine_.metric("tocsin_clock_trusted")

    def ahead_for_a_moment(self, seconds):
        self.begin()
        self.step(seconds, 1.5)
        self.opens("AtOnce")
        self.settle(3)
        self.nothing_was_ended()
        self.closes("AtOnce")
        self.opens("Later")
        wait_for("the clock is trusted again", lambda: self.trusted() == 1, 15)
        self.assertLess(abs(self.engine_.metric("tocsin_clock_offset_seconds")), 1)
        self.nothing_was_ended()
        self.falls_silent("Standing0")
        self.restart()

    def restart(self, again=False):
        """What fired before fires after it, and the effects of the journal are those that were told."""
        self.sender.end()
        self.engine_.kill()
        self.engine_.start()
        firing = {alert["labels"]["alertname"] for alert in self.engine_.all_of("alerts") if alert["status"] == "firing"}
        self.assertLessEqual({f"Standing{number}" for number in range(5, STANDING)}, firing)
        if not again:
            self.assertEqual(self.engine_.stop(), 0)
            check_replay(self, self.engine_, self.events)

    def test_an_hour_ahead_for_a_moment(self):
        self.ahead_for_a_moment(3600)

    def test_five_minutes_ahead_for_a_moment(self):
        self.ahead_for_a_moment(300)

    def test_an_hour_back_for_a_moment(self):
        self.ahead_for_a_moment(-3600)

    def test_an_hour_back_for_good(self):
        self.begin()
        self.faults.set_clock(-3600)
        self.opens("AtOnce")
        self.settle(3)
        self.nothing_was_ended()
        self.said("clock")
        wait_for("the step is believed", lambda: self.engine_.metric("tocsin_clock_offset_seconds") > 3000, 15)
        self.opens("Later")
        # Its end is told by one who has the new time; by the old one it would lie an hour ahead.
        self.closes("AtOnce", self.faults.now)
        self.nothing_was_ended()
        self.restart(again=True)
        self.sender = Sender(self.engine_, time.time)
        self.sender.start()
        self.opens("AfterRestart")
        self.sender.end()
        self.assertEqual(self.engine_.stop(), 0)
        check_replay(self, self.engine_, self.events)

    def test_an_hour_ahead_for_good(self):
        self.begin(self.faults.now)  # the time of all has changed
        self.faults.set_clock(3600)
        self.opens("AtOnce")
        self.settle(4)
        self.nothing_was_ended()
        self.said("clock")
        wait_for("the step is believed", lambda: self.engine_.metric("tocsin_clock_jumps_total") >= 1 and self.trusted() == 1, 15)
        self.opens("Later")
        self.closes("AtOnce")
        self.nothing_was_ended()
        self.falls_silent("Standing0")
        self.restart()

    def test_a_clock_that_stands(self):
        self.begin()
        self.faults.freeze_clock()
        self.opens("AtOnce")
        self.settle(5)
        self.nothing_was_ended()
        self.said("clock")
        wait_for("nobody trusts it", lambda: self.trusted() == 0, 15)
        self.assertIn("clock", self.engine_.health()[1].lower())
        self.opens("Later")
        # The engine's time lies behind by what passed before it knew. An end that is said lies ahead by so much, and is met then.
        self.closes("AtOnce")
        self.nothing_was_ended(expired_most=1)
        self.falls_silent("Standing0")
        self.faults.set_clock(0)
        wait_for("it is trusted again", lambda: self.trusted() == 1, 20)
        self.opens("Afterwards")
        self.closes("Later")
        self.nothing_was_ended(expired_most=3)
        self.restart()


if __name__ == "__main__":
    unittest.main(verbosity=2)
