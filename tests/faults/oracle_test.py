"""The judge catches what it is there for: each lie is told to it once."""

import json
import unittest

import faults  # noqa: F401  finds the harness
import oracle
from load import Load, Word
from oracle import Records, check_openings, check_state

oracle.APPLIED_SECONDS = 0  # nothing is on its way in a fake


def told(revision, status="open", title="t", incident="inc-1", name=None, change=""):
    value = {"incident_id": incident, "revision": revision, "event_id": name or f"e-{incident}-{revision}", "status": status, "title": title,
             "change": change, "alerts": [{"name": "a", "title": title}]}
    headers = {"ce_id": value["event_id"], "ce_subject": incident, "tocsin-revision": str(revision)}
    return incident, headers, json.dumps(value).encode()


class FakeEngine:
    def __init__(self, alerts):
        self.alerts = alerts

    def all_of(self, _):
        return [{"labels": {"alertname": name}, "status": status, "annotations": {"summary": title}} for name, status, title in self.alerts]


class OracleTest(unittest.TestCase):
    def records(self, *all_told, place="kafka x.events"):
        records = Records(self)
        for one in all_told:
            records.add(place, "x.events", *one)
        return records

    def catches(self, words, do):
        with self.assertRaises(AssertionError) as caught:
            do()
        self.assertIn(words, str(caught.exception))

    def test_what_is_right_passes(self):
        records = self.records(told(1), told(2, "resolved"), told(1), told(2, "resolved"), told(3, "closed"))
        records.check_order()
        self.assertEqual(records.open_ones(), {})

    def test_a_revision_with_two_contents(self):
        self.catches("two contents of inc-1 revision 2", lambda: self.records(told(1), told(2), told(2, change="other", name="other")))

    def test_a_name_with_two_contents(self):
        self.catches("two contents under the name", lambda: self.records(told(1), told(1, incident="inc-2", name="e-inc-1-1")))

    def test_the_file_and_kafka_differ(self):
        records = self.records(told(1))
        self.catches("two contents", lambda: records.add("file x.events", "x.events", *told(1, title="u")))

    def test_a_gap(self):
        self.catches("order of first appearance", self.records(told(1), told(3)).check_order)

    def test_a_history_without_its_beginning(self):
        self.catches("order of first appearance", self.records(told(2), told(3)).check_order)

    def test_an_incident_that_one_reader_does_not_see(self):
        records = self.records(told(1))
        records.add("file x.events", "x.events", *told(1, incident="inc-2"))
        self.catches("every incident is told", records.check_order)

    def test_a_missing_close(self):
        self.assertEqual(set(self.records(told(1), told(2, "resolved")).open_ones()), {"inc-1"})

    def load(self, *words):
        load = Load(1, threads=1, conditions=2)
        condition = load.conditions[1]
        self.assertTrue(condition.alone)
        for number, (fires, acknowledged) in enumerate(words, 1):
            condition.words = number
            condition.unknown.append(Word(number, fires))
            if acknowledged:
                load.heard(condition, condition.unknown[-1])
        return load, condition

    def test_an_acknowledged_alert_that_is_gone(self):
        load, _ = self.load((True, True))
        self.catches("is not there", lambda: check_state(self, FakeEngine([]), load))

    def test_an_acknowledged_end_that_is_forgotten(self):
        load, condition = self.load((True, True), (False, True))
        self.catches("is firing", lambda: check_state(self, FakeEngine([(condition.name, "firing", condition.title(1))]), load))

    def test_an_acknowledged_change_that_is_forgotten(self):
        load, condition = self.load((True, True), (True, True))
        self.catches("word 1", lambda: check_state(self, FakeEngine([(condition.name, "firing", condition.title(1))]), load))

    def test_a_word_whose_answer_nobody_saw_may_be_in_or_not(self):
        load, condition = self.load((True, True), (False, False))
        check_state(self, FakeEngine([(condition.name, "firing", condition.title(1))]), load)
        check_state(self, FakeEngine([(condition.name, "resolved", condition.title(2))]), load)
        check_state(self, FakeEngine([]), load)

    def test_an_acknowledged_opening_that_nobody_was_told_of(self):
        load, condition = self.load((True, True), (False, True), (True, True))
        self.assertEqual(condition.openings, [1, 3])
        check_openings(self, self.records(told(1, title=condition.title(1)), told(2, title=condition.title(3))), load)
        self.catches("in no record", lambda: check_openings(self, self.records(told(1, title=condition.title(1))), load))


if __name__ == "__main__":
    unittest.main(verbosity=2)
