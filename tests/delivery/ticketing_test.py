"""The round trip of deploy/examples/ticketing.py with the real engine and a real Kafka: incidents open tickets, tickets acknowledge,
assign and close incidents, and the engine is killed with kill -9 again and again: no ticket comes twice, none stays open.

TOCSIN_SEED repeats a run's choices; TOCSIN_KILLS sets how many (default 10).
"""

import json
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "examples"))
from harness import DeliveryTest, bootstrap, rfc3339, tool, wait_for  # noqa: E402
from ticketing import Ticketing  # noqa: E402

INCIDENTS_A_ROUND = 6


class TicketingTest(DeliveryTest):
    def test_no_ticket_comes_twice_and_none_stays_open(self):
        tool("kcat", "kafkacat")
        seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(1 << 32)))
        kills = int(os.environ.get("TOCSIN_KILLS", "10"))
        print(f"TOCSIN_SEED={seed} TOCSIN_KILLS={kills}", flush=True)
        draw = random.Random(seed)
        kafka = bootstrap()
        engine = self.engine(kafka=kafka, topic_prefix=self.prefix)
        tickets = Ticketing(kafka, os.path.join(self.folder, "tickets.db"), self.prefix, partitions=2)

        def alert(service, over=False):
            end = time.time() + (-1 if over else 3600)
            return {"labels": {"alertname": "Down", "service": service, "severity": "critical"}, "endsAt": rfc3339(end)}

        services = []
        for round_number in range(kills):
            fresh = [f"svc-{round_number}-{n}" for n in range(INCIDENTS_A_ROUND)]
            services += fresh
            status, body = engine.post("/api/v2/alerts", [alert(service) for service in fresh])
            self.assertEqual(status, 200, body)
            if draw.random() < 0.5:
                wait_for("a record", tickets.read)
            tickets.send()
            # Some tickets are solved by people, some incidents end by themselves.
            for number, _, state, _, _ in tickets.all():
                if state == "assigned" and draw.random() < 0.3:
                    tickets.solve(number, "ana")
            over = [service for service in services if draw.random() < 0.1]
            if over:
                engine.post("/api/v2/alerts", [alert(service, over=True) for service in over])
            tickets.send()
            time.sleep(draw.random() * 0.5)
            engine.kill()
            tickets.read()
            tickets.send()
            engine.start()

        def all_known():
            tickets.read()
            tickets.send()
            return len({ticket[4] for ticket in tickets.all()}) and len(tickets.all()) >= len(services)
        wait_for("a ticket for each incident", all_known)

        def all_closed():
            tickets.read()
            for number, _, state, _, _ in tickets.all():
                if state in ("new", "assigned"):
                    tickets.solve(number, "bob")
            tickets.send()
            return all(ticket[2] == "closed" for ticket in tickets.all())
        wait_for("all tickets are closed", all_closed, 120)

        incidents = {incident["incident_id"]: incident for incident in engine.all_of("incidents")}
        self.assertEqual({ticket[1] for ticket in tickets.all()}, set(incidents), "one ticket for each incident")
        self.assertEqual(len(tickets.all()), len(incidents), "no incident has two")
        for incident in incidents.values():
            self.assertIn(incident["status"], ("resolved", "closed"))
        audit = json.loads(engine.get("/v1/audit?limit=1000"))["audit"]
        applied = [entry["command_id"] for entry in audit if entry["result"] in ("applied", "unchanged")]
        self.assertEqual(len(applied), len(set(applied)), "no command was applied twice")
        self.assertTrue(all(entry["from"] == "kafka" for entry in audit))
        # An incident may have ended by itself before its ticket was taken on: then the acknowledgement comes too late.
        acknowledged = {entry["incident_id"] for entry in audit if (entry["command"], entry["result"]) == ("ack", "applied")}
        self.assertEqual({key for key, incident in incidents.items() if incident["acknowledged_at"]}, acknowledged)
        self.assertGreater(len(acknowledged), 0)
        self.assertGreater(len(applied), 0)
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    unittest.main()
