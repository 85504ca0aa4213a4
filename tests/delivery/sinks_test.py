"""A sink that is gone, full, or refuses records: what senders, operators and the other sink see. Over the real binary."""

import json
import os
import re
import shutil
import subprocess
import time

from harness import DeliveryTest, bootstrap, free_port, missing, post_on, read_topic, wait_for
import unittest

KAFKA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "kafka")
SMALL_OUTBOX = "outbox_disk_bytes_max: 1048576\noutbox_memory_bytes_max: 8388608"


def alert(number):
    """An incident of its own, some 30 KiB long: beside the outbox, 32 MiB are on their way to a broker."""
    labels = {"alertname": f"Disk{number}", "service": f"s{number}", "severity": "critical"}
    labels.update({f"filler_{i}": "f" * 1000 for i in range(25)})
    return [{"labels": labels, "annotations": {"description": "d" * 3500}}]


def get(engine, path):
    connection = engine.connect()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def opened_in(path):
    """The names of alerts whose incidents the events file says were opened."""
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.endswith("\n")]
    return {record["value"]["labels"]["alertname"] for record in records
            if record["topic"].endswith("tocsin.incidents.events") and record["value"]["revision"] == 1}


class Broker:
    """A Kafka of the test's own, which can be ended and brought back at the same address."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "kafka")
        bootstrap()  # where there is none, there is nothing to start one with
        self.start()

    def start(self):
        run = subprocess.run([os.path.join(KAFKA, "start"), "--data", self.folder], capture_output=True, text=True,
                             timeout=120, check=False)
        if run.returncode != 0:
            missing("no Kafka of the test's own can be started: " + run.stderr[-300:])
        self.bootstrap = run.stdout.strip()

    def kill(self):
        subprocess.run([os.path.join(KAFKA, "stop"), "--kill", self.folder], capture_output=True, timeout=60, check=True)


class SinksTest(DeliveryTest):
    def send_until_full(self, engine):
        """Sends incidents until a 503 comes: how many were accepted, the answer and how long it took."""
        connection = engine.connect()
        for number in range(5000):
            began = time.monotonic()
            connection.request("POST", "/api/v2/alerts", json.dumps(alert(number)).encode(),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 503:
                connection.close()
                return number, json.loads(body), answer.headers, time.monotonic() - began
            self.assertEqual(answer.status, 200, body)
        raise AssertionError("5,000 incidents did not fill the outbox")

    def test_a_dead_broker_and_a_full_outbox_refuse_at_once_and_the_events_file_goes_on(self):
        broker = Broker(self.folder)
        try:
            broker.kill()
            events = os.path.join(self.folder, "events.ndjson")
            engine = self.engine(kafka=broker.bootstrap, topic_prefix=self.prefix, events=events, extra=SMALL_OUTBOX)
            accepted, error, headers, seconds = self.send_until_full(engine)
            self.assertEqual(error["error"]["code"], "sink_full")
            self.assertEqual(headers["Retry-After"], "10")
            self.assertLess(seconds, 1)
            self.assertGreater(accepted, 100)

            status, _, ready = get(engine, "/-/ready")
            self.assertEqual(status, 503)
            self.assertIn("sink kafka is full since ", ready)
            status, _, health = get(engine, "/-/healthy")
            self.assertEqual(status, 200, "a restart would mend nothing")
            self.assertRegex(health, r"sink kafka is full since .*: \d+ effects, [0-9.]+ MiB waiting")
            self.assertIn("sink kafka: Kafka: not well since ", health)

            def sinks():
                return {sink["name"]: sink for sink in json.loads(engine.get("/v1/sinks"))["sinks"]}

            # An answer says that a body is durable; what follows from it may come a moment later.
            wait_for("all that was accepted to wait for Kafka", lambda: sinks()["kafka"]["effects_waiting"] >= accepted)
            self.assertIsNone(sinks()["events:" + events]["full_since"])
            wait_for("all that was accepted in the events file", lambda: len(opened_in(events)) == accepted)
            wait_for("the log to say that Kafka is gone and since when",
                     lambda: re.search(r"warning sink kafka: Kafka: not well since .* waiting", engine.process.output()))

            broker.start()
            wait_for("the sink to drain", lambda: get(engine, "/-/ready")[0] == 200)
            connection = engine.connect()
            self.assertEqual(post_on(connection, "/api/v2/alerts", alert(accepted))[0], 200)
            connection.close()
            wait_for("all on Kafka", lambda: json.loads(engine.get("/v1/sinks"))["sinks"][1]["effects_waiting"] == 0)
            wait_for("the log to say that it is back", lambda: "sink kafka is well again" in engine.process.output())
            self.assertIn("sink kafka is no longer full", engine.process.output())
            self.assertEqual(engine.stop(), 0)
        finally:
            subprocess.run([os.path.join(KAFKA, "stop"), "--kill", broker.folder], capture_output=True, timeout=60,
                           check=False)

    def test_stop_with_kafka_gone_says_what_it_waits_for(self):
        engine = self.engine(kafka=f"127.0.0.1:{free_port()}", topic_prefix=self.prefix)
        self.assertEqual(engine.post("/api/v2/alerts", alert(1))[0], 200)
        began = time.monotonic()
        self.assertEqual(engine.stop(), 0)
        self.assertLess(time.monotonic() - began, 14)
        self.assertRegex(engine.process.output(), r"waiting for kafka: 1 effect, .*; \d+ s left")

    def test_an_empty_journal_beside_a_told_file_is_refused_unless_it_is_meant(self):
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        engine.post("/api/v2/alerts", alert(1))
        wait_for("the incident in the file", lambda: opened_in(events))
        engine.stop()
        shutil.rmtree(engine.data)
        command = [os.environ["TOCSIN_BIN"], "run", "--config", engine.config]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("the journal is empty, but the sink", run.stderr)
        self.assertIn("--new-journal", run.stderr)
        again = self.run_process(command + ["--new-journal"], "again")
        wait_for("the ready line", lambda: "tocsin is ready" in again.output())
        self.assertEqual(again.stop(), 0)

    def test_what_a_topic_does_not_take_is_listed_and_sent_again(self):
        kafka = bootstrap()
        topic = self.prefix + "tocsin.alerts.dead"
        subprocess.run([os.path.join(KAFKA, "tool"), "topics", "--bootstrap-server", kafka, "--create", "--topic", topic,
                        "--config", "max.message.bytes=200"], capture_output=True, timeout=60, check=True)
        engine = self.engine(kafka=kafka, topic_prefix=self.prefix)
        self.assertEqual(engine.post("/api/v2/alerts", b"not JSON")[0], 400)
        tool = [os.environ["TOCSIN_BIN"], "undeliverable", "--server", engine.url]

        def told(*more):
            return subprocess.run(tool + list(more), capture_output=True, text=True, timeout=60, check=True).stdout

        wait_for("the dead letter to be held", lambda: "kafka: 1 record" in told())
        self.assertIn(f" to {topic}, ", told())
        self.assertIn("takes 200 bytes", told())
        self.assertIn("1 record held as undeliverable", get(engine, "/-/healthy")[2])
        self.assertEqual(engine.post("/api/v2/alerts", alert(1))[0], 200)
        wait_for("the rest to go on", lambda: read_topic(self.prefix + "tocsin.incidents.events"))
        engine.stop()
        engine.start()  # it outlives the process
        tool[-1] = engine.url
        self.assertIn("kafka: 1 record", told())
        subprocess.run([os.path.join(KAFKA, "tool"), "configs", "--bootstrap-server", kafka, "--alter", "--entity-type",
                        "topics", "--entity-name", topic, "--add-config", "max.message.bytes=4000"],
                       capture_output=True, timeout=60, check=True)
        self.assertIn("sent again", told("--resend"))
        wait_for("nothing to be held any more", lambda: "nothing is undeliverable" in told())
        self.assertEqual(len(read_topic(topic)), 1)


if __name__ == "__main__":
    unittest.main()
