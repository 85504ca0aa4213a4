"""Sinks in trouble: an events file that is slow or fails, a broker that is dead or finds records too large. One stops neither the other
nor intake; what cannot be kept any more is refused at once, and nothing is dropped."""

import errno
import json
import os
import time
import unittest

from faults import FaultTest, bootstrap, post_on, seed, wait_for
from harness import read_topic
from load import Load
from oracle import at_bootstrap, judge
from shim import FAIL, HOLD, SHORT, SYNC, WRITE, Faults

TOO_LARGE = 1000  # max.message.bytes


def critical(name, **annotations):
    return [{"labels": {"alertname": name, "service": name, "severity": "critical"}, "annotations": annotations}]


class EventsFileTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.faults = Faults(os.path.join(self.folder, "faults"))
        self.addCleanup(self.faults.close)
        self.events = os.path.join(self.folder, "events.ndjson")

    def faulty_engine(self, **options):
        return self.engine(environment=self.faults.environment, events=self.events, **options)

    def test_a_slow_sync_of_the_events_file_stops_neither_intake_nor_kafka(self):
        engine = self.faulty_engine(kafka=bootstrap(), topic_prefix=self.prefix)
        self.assertEqual(engine.post("/api/v2/alerts", critical("Before"))[0], 200)
        engine.wait_until_delivered()
        fault = self.faults.disk(self.events, SYNC, HOLD, times=1)
        self.assertEqual(engine.post("/api/v2/alerts", critical("First"))[0], 200)
        wait_for("a sync that is held", lambda: fault.waiting == 1)
        with open(self.events, "rb") as file:
            size = file.seek(0, os.SEEK_END)
        slowest = 0.0
        connection = engine.connect()
        for number in range(50):
            began = time.monotonic()
            self.assertEqual(post_on(connection, "/api/v2/alerts", critical(f"While{number}"))[0], 200)
            slowest = max(slowest, time.monotonic() - began)
        connection.close()
        self.assertLess(slowest, 2, "intake goes on")

        def all_on_kafka():
            names = {json.loads(record[4])["title"] for record in read_topic(self.prefix + "tocsin.incidents.events")}
            return {f"While{number}" for number in range(50)} <= names
        wait_for("records on Kafka while the file stands still", all_on_kafka, 20)
        self.assertEqual(fault.waiting, 1, "the file stood still all the time")
        with open(self.events, "rb") as file:
            self.assertEqual(file.seek(0, os.SEEK_END), size)
        fault.off()
        engine.wait_until_delivered()
        with open(self.events, encoding="utf-8") as file:
            titles = {json.loads(line)["value"]["title"] for line in file}
        self.assertLessEqual({f"While{number}" for number in range(50)}, titles)

    def test_an_events_file_that_fails_gets_everything_later(self):
        engine = self.faulty_engine(kafka=bootstrap(), topic_prefix=self.prefix)
        load = Load(seed(), name="Events")
        load.start(engine)
        load.wait_for_bodies(10)
        for operation, error in ((WRITE, errno.ENOSPC), (SYNC, errno.EIO), (WRITE, None)):
            fault = self.faults.disk(self.events, operation, SHORT if error is None else FAIL, error or 0)
            load.wait_for_bodies(30)
            wait_for("the fault", lambda fault=fault: fault.done > 0)
            if error is not None:
                wait_for("the metric says so", lambda: engine.metric("tocsin_sink_unwell") == 1)
                wait_for("a remark says so", lambda: self.events in engine.health()[1] or "ndjson" in engine.health()[1])
                self.assertTrue(engine.is_ready(), "a sink in trouble does not stop intake")
            fault.off()
        load.stop()
        self.assertEqual(load.refused, 0)
        wait_for("the metric says that all is well", lambda: engine.metric("tocsin_sink_unwell") == 0)
        judge(self, engine, load, events=self.events, kafka_prefix=self.prefix)


class DeadBrokerTest(FaultTest):
    def test_a_full_outbox_refuses_at_once_and_drains_when_the_broker_is_back(self):
        kafka = self.own_kafka()
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(kafka=kafka.bootstrap, topic_prefix=self.prefix, events=events,
                             extra="outbox_memory_bytes_max: 1048576\noutbox_disk_bytes_max: 1048576")
        load = Load(seed(), conditions=100, name="Dead", weight=3000, weight_in="description")
        load.start(engine)
        load.wait_for_bodies(10)
        load.stop()
        engine.wait_until_delivered()

        kafka.kill()
        # Nothing waits for it, and still it is said.
        wait_for("the log says that Kafka is gone", lambda: "kafka" in log_since_ready(engine).lower(), 8)
        self.assertTrue(engine.is_ready(), "a broker that is gone stops nobody while there is room")

        load.start(engine)
        load.wait_for_refusals(20, 120)
        load.stop()
        self.assertLess(load.slowest, 1, "who is refused is refused at once")
        self.assertEqual(set(load.refusals), {"sink_full"})
        status, text, headers = engine.ask("/api/v2/alerts", "POST", critical("Late"))
        self.assertEqual(status, 503, text)
        self.assertGreaterEqual(int(headers["Retry-After"]), 5)
        self.assertFalse(engine.is_ready())
        self.assertRegex(engine.health()[1], "(?i)kafka")
        wait_for("the events file goes on", lambda: waiting_of(engine, "kafka") > 0 and waiting_of(engine, "kafka", other=True) == 0)

        # A restart in that state keeps what waits.
        engine.kill()
        engine.start()
        kafka.start()
        wait_for("it is ready again", engine.is_ready)
        load.start(engine)
        load.wait_for_bodies(5)
        load.stop()
        wait_for("the log says that Kafka is back", lambda: waiting_of(engine, "kafka") == 0)
        judge(self, engine, load, events=events, kafka_prefix=self.prefix, bootstrap=kafka.bootstrap)

    def test_a_stop_with_a_dead_broker_is_bounded_and_loses_nothing(self):
        kafka = self.own_kafka()
        engine = self.engine(kafka=kafka.bootstrap, topic_prefix=self.prefix)
        load = Load(seed(), name="Stop")
        load.start(engine)
        load.wait_for_bodies(10)
        kafka.kill()
        load.wait_for_bodies(20)
        load.stop()
        began = time.monotonic()
        engine.process.stop(30)
        self.assertLess(time.monotonic() - began, 15)
        self.assertIn("waiting for", engine.process.output())
        kafka.start()
        engine.start()
        judge(self, engine, load, kafka_prefix=self.prefix, bootstrap=kafka.bootstrap)


class TooLargeTest(FaultTest):
    def test_every_close_arrives_where_records_are_too_large(self):
        kafka = self.own_kafka()
        topics = [self.prefix + topic for topic in ("tocsin.incidents.events", "tocsin.incidents.state", "incidents.page", "incidents.queue")]
        for topic in topics:
            kafka.make_topic(topic, f"max.message.bytes={TOO_LARGE}")
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(kafka=kafka.bootstrap, topic_prefix=self.prefix, events=events)
        names = {f"Large{number}" for number in range(20)} | {f"Small{number}" for number in range(20)}
        text = "the quick brown fox jumps over the lazy dog " * 80
        began = time.monotonic()
        for name in sorted(names):
            alert = critical(name, summary=name, **({"description": text, "runbook_url": "http://runbooks/" + "x" * 300} if "Large" in name else {}))
            self.assertEqual(engine.post("/v1/sources/alertmanager", webhook(alert, "firing"))[0], 202)
        for name in sorted(names):
            self.assertEqual(engine.post("/v1/sources/alertmanager", webhook(critical(name, summary=name), "resolved"))[0], 202)

        with open(events, "rb") as file:
            whole = wait_for("all closes in the file", lambda: closes_in(file, names))
        with at_bootstrap(kafka.bootstrap):
            for topic in topics[:3]:
                def closed_on(topic=topic):
                    records = [json.loads(record[4]) for record in read_topic(topic)]
                    return {record["title"] for record in records if record["status"] == "closed"} >= names and records
                records = wait_for(f"all closes on {topic}", closed_on, 60)
                by_incident = {}
                for record in records:
                    by_incident.setdefault(record["incident_id"], set()).add(record["revision"])
                for incident, revisions in by_incident.items():
                    self.assertEqual(revisions, set(range(1, max(revisions) + 1)), f"{incident} on {topic}")
                self.assertEqual(set(by_incident), whole)
        self.assertLess(time.monotonic() - began, 45, "the sink does not slow down behind what is too large")
        engine.wait_until_delivered()


def webhook(alerts, status):
    return {"version": "4", "status": status, "alerts": [{**alert, "status": status} for alert in alerts]}


def closes_in(file, names):
    """The ids of the incidents in the events file, once all of these were closed."""
    file.seek(0)
    incidents, closed = set(), set()
    for line in file.read().splitlines():
        value = json.loads(line)["value"]
        incidents.add(value["incident_id"])
        if value["status"] == "closed":
            closed.add(value["title"])
    return closed >= names and incidents


def waiting_of(engine, sink, other=False):
    """Effects that wait for this sink, or for the others."""
    total = 0
    for line in engine.get("/metrics").splitlines():
        if line.startswith("tocsin_effects_waiting{") and (f'sink="{sink}' in line) != other:
            total += float(line.rsplit(" ", 1)[1])
    return total


def log_since_ready(engine):
    return engine.process.output().split("tocsin is ready", 1)[1].split("\n", 1)[1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
