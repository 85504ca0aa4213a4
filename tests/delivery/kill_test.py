"""kill -9 at random moments under load: nothing that was answered 2xx is lost, nothing is told twice in different words.

TOCSIN_SEED repeats a run's choices; TOCSIN_KILLS sets how many (default 20).
"""

import http.client
import json
import os
import random
import threading
import time
import unittest

from harness import DeliveryTest, bootstrap, check_history, post_on, read_topic, rfc3339, wait_for

SENDERS = 4
BATCH = 8


class Senders:
    """Threads that post alerts until told to stop, and remember which bodies were answered 2xx."""

    def __init__(self, engine, seed, round_number):
        self.engine = engine
        self.acknowledged = []  # alerts, in no order across threads
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.enough = threading.Condition(self.lock)
        self.count = 0
        self.threads = [threading.Thread(target=self.send, args=(random.Random(f"{seed}/{round_number}/{i}"), i, round_number))
                        for i in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def send(self, draw, sender, round_number):
        connection = self.engine.connect()
        number = 0
        while not self.ended.is_set():
            number += 1
            body = []
            for n in range(BATCH):
                # new ones and repeats of earlier ones; end far away, so that what is there after the restart can be asked for
                identity = f"{round_number}-{sender}-{number if draw.random() < 0.5 else draw.randint(1, number)}-{n}"
                body.append({"labels": {"alertname": "KillTest", "service": f"svc{n}",
                                        "severity": ("warning", "critical")[n % 2], "instance": identity},
                             "annotations": {"summary": f"{identity} is down"},
                             "endsAt": rfc3339(time.time() + 3600)})
            try:
                status, _ = post_on(connection, "/api/v2/alerts", body)
            except (OSError, http.client.HTTPException):
                return  # the engine is gone: what this body did is not known
            if status != 200:
                continue
            with self.lock:
                self.acknowledged += [alert["labels"]["instance"] for alert in body]
                self.count += 1
                self.enough.notify_all()

    def wait_for_bodies(self, count):
        with self.lock:
            if not self.enough.wait_for(lambda: self.count >= count, 60):
                raise AssertionError(f"only {self.count} of {count} bodies were answered within 60 s")

    def join(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(60)


class KillTest(DeliveryTest):
    def test_nothing_acknowledged_is_lost_and_copies_are_identical(self):
        seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(1 << 32)))
        kills = int(os.environ.get("TOCSIN_KILLS", "20"))
        print(f"TOCSIN_SEED={seed} TOCSIN_KILLS={kills}", flush=True)
        draw = random.Random(seed)
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        acknowledged = set()
        ids_seen = {}  # incident id → revision, as shown before a kill

        for round_number in range(kills):
            senders = Senders(engine, seed, round_number)
            senders.wait_for_bodies(draw.randint(1, 60))
            if draw.random() < 0.5:
                for incident in engine.all_of("incidents"):
                    ids_seen[incident["incident_id"]] = incident["revision"]
            engine.kill()
            senders.join()
            acknowledged |= set(senders.acknowledged)

            engine.start()
            firing = {alert["labels"]["instance"] for alert in engine.all_of("alerts") if alert["status"] == "firing"}
            lost = acknowledged - firing
            self.assertEqual(lost, set(), f"{len(lost)} acknowledged alerts are not in state after kill {round_number + 1}")
            now = {incident["incident_id"]: incident["revision"] for incident in engine.all_of("incidents")}
            for incident, revision in ids_seen.items():
                self.assertIn(incident, now, "an incident that was shown before the kill has kept its id")
                self.assertGreaterEqual(now[incident], revision)
        print(f"{kills} kills, {len(acknowledged)} alerts acknowledged, {len(now)} incidents", flush=True)

        def told():
            """Incidents and their newest records, once nothing waits for a fold."""
            engine.wait_until_delivered()
            incidents = {incident["incident_id"]: incident for incident in engine.all_of("incidents")}
            newest = check_history(read_topic(self.prefix + "tocsin.incidents.events"), self)
            self.assertEqual(set(newest), set(incidents), "every incident is on the topic, and nothing else is")
            same = all(record["active_alert_count"] == incidents[key]["active_alert_count"] for key, record in newest.items())
            return (incidents, newest) if same else None

        incidents, newest = wait_for("all that waits for a fold to be told", told, 90)
        for incident_id, record in newest.items():
            self.assertEqual(record["revision"], incidents[incident_id]["revision"], "the newest revision is on the topic")
            self.assertEqual(record["active_alert_count"], incidents[incident_id]["active_alert_count"])
        state = {}
        for _, _, key, _, value in read_topic(self.prefix + "tocsin.incidents.state"):
            state[key] = json.loads(value)
        self.assertEqual(state, newest, "the newest record of the state topic is the newest revision")
        self.assertEqual(engine.stop(), 0)

    def test_a_resolve_that_was_acknowledged_stays_resolved(self):
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        labels = {"alertname": "KillTest", "service": "ledger", "severity": "critical"}
        self.assertEqual(engine.post("/api/v2/alerts", [{"labels": labels}])[0], 200)
        self.assertEqual(engine.post("/api/v2/alerts", [{"labels": labels, "endsAt": rfc3339(time.time())}])[0], 200)
        engine.kill()
        engine.start()
        incidents = engine.all_of("incidents")
        self.assertEqual([incident["status"] for incident in incidents], ["resolved"])
        newest = wait_for("the close on the topic", lambda: {
            key: record for key, record in check_history(read_topic(self.prefix + "tocsin.incidents.events"), self).items()
            if record["status"] == "resolved"})
        self.assertEqual(set(newest), {incidents[0]["incident_id"]})
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
