"""People at work on the real program: acknowledge, assign, note, resolve, silence, from the command line and over HTTP; all of it is
there again after a restart, and in the audit log."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]


def alert(name, service="ledger", severity="critical"):
    return {"labels": {"alertname": name, "service": service, "severity": severity, "tier": "1"}}


class OperatorsTest(DeliveryTest):
    def tocsin(self, *arguments):
        out = subprocess.run([BIN, *arguments, "--server", self.live.url], capture_output=True, timeout=60, check=False, text=True)
        return out.returncode, out.stdout, out.stderr

    def setUp(self):
        super().setUp()
        self.events = os.path.join(self.folder, "events.ndjson")
        self.live = self.engine(events=self.events)

    def incidents(self, status="open,acknowledged"):
        return json.loads(self.live.get(f"/v1/incidents?status={status}"))["incidents"]

    def post(self, path, body):
        status, answer = self.live.post(path, body)
        return status, json.loads(answer)

    def test_an_incident_is_taken_on_noted_and_resolved_and_all_is_there_after_a_restart(self):
        self.assertEqual(self.live.post("/api/v2/alerts", [alert("DiskFull")])[0], 200)
        incident = wait_for("an incident", self.incidents)[0]
        short = incident["incident_id"][:9]
        code, out, err = self.tocsin("ack", short, "--by", "ana")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("applied", out)
        self.assertIn("open to acknowledged", out)
        self.assertEqual(self.tocsin("assign", short, "bob", "--by", "ana")[0], 0)
        self.assertEqual(self.tocsin("note", short, "the disk is on its way")[0], 0)
        code, out, err = self.tocsin("ack", "inc-zzzz")
        self.assertEqual(code, 1)
        self.assertIn("unknown_incident", err)
        code, _, err = self.tocsin("ack", short, "--if-revision", "1")
        self.assertEqual(code, 1)
        self.assertIn("stale_revision", err)
        now = self.incidents()[0]
        self.assertEqual((now["status"], now["owner"], now["acknowledged_by"]), ("acknowledged", "bob", "ana"))
        self.assertIsNotNone(now["acknowledged_at"])
        self.assertEqual(self.live.stop(), 0)
        self.live.start()
        again = self.incidents()[0]
        self.assertEqual((again["revision"], again["status"], again["owner"]), (now["revision"], "acknowledged", "bob"))
        status, answer = self.post(f"/v1/incidents/{now['incident_id']}/resolve", {"by": "bob", "command_id": "r1"})
        self.assertEqual((status, answer["audit"]["result"]), (202, "applied"))
        status, answer = self.post(f"/v1/incidents/{now['incident_id']}/resolve", {"by": "bob", "command_id": "r1"})
        self.assertEqual((status, answer["audit"]["result"]), (202, "repeated"))
        self.assertEqual(self.incidents(), [])
        audit = json.loads(self.live.get("/v1/audit"))["audit"]
        self.assertEqual([entry["command"] for entry in audit], ["resolve", "resolve", "ack", "ack", "note", "assign", "ack"])
        code, out, _ = self.tocsin("audit")
        self.assertEqual(code, 0)
        self.assertIn("ana (http)", out)
        with open(self.events, encoding="utf-8") as file:
            topics = [json.loads(line)["topic"] for line in file]
        self.assertEqual(topics.count("tocsin.audit"), 7)
        self.assertEqual(self.live.metric("tocsin_commands_total"), 7)

    def test_silences_hold_back_and_let_go(self):
        code, out, err = self.tocsin("silence", "add", 'alertname="DiskFull"', "--for", "2h", "--comment", "disk swap", "--by", "ana")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual(self.live.post("/api/v2/alerts", [alert("DiskFull"), alert("Down", "web")])[0], 200)
        self.assertEqual([i["title"] for i in wait_for("an incident", self.incidents)], ["Down (web)"])
        code, out, _ = self.tocsin("silence", "list")
        self.assertRegex(out, r'silence-1  active .*alertname="DiskFull"  1 alerts  by ana: disk swap')
        code, out, _ = self.tocsin("silence", "preview", 'service=~"we.*"')
        self.assertIn("Down", out)
        self.assertNotIn("DiskFull", out)
        self.assertEqual(self.tocsin("silence", "extend", "silence-1", "--for", "1h")[0], 0)
        code, out, _ = self.tocsin("silence", "expire", "silence-1", "--by", "ana")
        self.assertIn("a P1 among those that it held back", out)
        self.assertEqual(len(self.incidents()), 2)
        self.assertIn("no silences", self.tocsin("silence", "list")[1])
        self.assertEqual(self.tocsin("silence", "expire", "silence-1")[0], 1)
        self.assertEqual(self.tocsin("silence", "add", 'alertname=~"("', "--for", "2h")[0], 2)
        self.assertEqual(self.tocsin("silence", "add", 'alertname=~".*"', "--for", "2h")[0], 2)

    def test_what_is_no_command_is_refused_and_kept(self):
        status, answer = self.post("/v1/incidents/1/ack", {"if_revison": 3})
        self.assertEqual((status, answer["error"]["pointer"]), (400, "/if_revison"))
        self.assertEqual(self.post("/v1/incidents/1/dance", {})[0], 404)
        self.assertEqual(self.post("/v1/commands", {"command": "ack", "incident": 1})[1]["audit"]["result"], "unknown_incident")
        self.assertEqual(self.post("/v1/silences", {"matchers": ['a=~".*"'], "for": "1h"})[0], 400)
        self.assertEqual(self.live.metric("tocsin_bodies_refused_total"), 3)


if __name__ == "__main__":
    unittest.main()
