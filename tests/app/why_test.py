"""`tocsin why` and `tocsin timeline`, over the real program: from a data folder, stopped and beside a running engine."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Engine, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]


def tocsin(*arguments):
    out = subprocess.run([BIN, *arguments], capture_output=True, timeout=60, check=False, text=True)
    return out.returncode, out.stdout, out.stderr


def alerts(*names):
    return json.dumps([{"labels": {"alertname": name, "service": "ledger", "severity": "critical"}} for name in names])


class WhyTest(DeliveryTest):
    def started(self):
        engine = Engine(self.folder)
        engine.start()
        self.assertEqual(engine.post("/api/v2/alerts", alerts("DiskFull", "DbSlow").encode())[0], 200)
        return engine

    def incident(self, engine):
        found = []

        def look():
            found[:] = engine.all_of("incidents")
            return bool(found)

        wait_for("an incident", look)
        return found[0]

    def test_an_incident_is_explained_beside_a_running_engine_and_after_its_end(self):
        engine = self.started()
        incident = self.incident(engine)
        for beside in (True, False):
            code, out, err = tocsin("why", incident["incident_id"], "--data", engine.data)
            self.assertEqual((code, err), (0, ""))
            self.assertIn(incident["incident_id"], out)
            self.assertRegex(out, r"DiskFull \{service=ledger\} opens incident \S+ by \S+ \(\S+:\d+\)")
            self.assertRegex(out, r'severity critical: the word "critical"; priority P\d: impact')
            self.assertIn("is told from here on", out)
            if beside:
                engine.stop()

    def test_the_record_that_was_kept_is_the_one_that_is_worked_out(self):
        engine = self.started()
        kept = self.incident(engine)
        engine.stop()
        code, out, _ = tocsin("why", kept["incident_id"], "--data", engine.data, "--format", "json")
        self.assertEqual(code, 0)
        worked_out = json.loads(out)["record"]
        self.assertEqual(worked_out, kept)

    def test_a_timeline_is_text_json_and_markdown(self):
        engine = self.started()
        incident = self.incident(engine)["incident_id"]
        engine.stop()
        code, out, _ = tocsin("timeline", incident[:12], "--data", engine.data)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"\d{4}-\d\d-\d\dT\S+Z  revision    revision 1, opened")
        code, out, _ = tocsin("timeline", "1", "--data", engine.data, "--format", "json")
        self.assertEqual(code, 0)
        entries = json.loads(out)["timeline"]
        self.assertEqual(entries[0]["kind"], "alert")
        self.assertEqual([one["revision"] for one in entries if one["kind"] == "revision"][0], 1)
        self.assertEqual(sorted(one["position"] for one in entries), [one["position"] for one in entries])
        code, out, _ = tocsin("timeline", incident, "--data", engine.data, "--format", "markdown")
        self.assertEqual(code, 0)
        self.assertIn("## Timeline", out)

    def test_why_not_says_where_alerts_stand_and_what_comes_near(self):
        engine = self.started()
        self.incident(engine)
        for beside in (True, False):
            code, out, err = tocsin("why-not", 'alertname="DiskFull"', "--data", engine.data)
            self.assertEqual((code, err), (0, ""))
            self.assertIn('1 alerts match alertname="DiskFull"', out)
            self.assertRegex(out, r"in incident inc-\S+ \(P\d, open\) by \S+ \(\S+:\d+\)")
            code, out, _ = tocsin("why-not", "alertname=DiskFull", "service=cart", "--data", engine.data)
            self.assertEqual(code, 0)
            self.assertIn("no alert that matches", out)
            self.assertIn('DiskFull {service=ledger}: service is "ledger", not service="cart"', out)
            if beside:
                engine.stop()
        code, out, _ = tocsin("why-not", "alertname=DiskFull", "--at", "2001-01-01T00:00:00Z", "--data", engine.data)
        self.assertEqual(code, 0)
        self.assertIn("no alert that matches", out)
        code, _, err = tocsin("why-not", "nonsense", "--data", engine.data)
        self.assertEqual(code, 2)
        self.assertIn("is no matcher", err)

    def test_a_running_engine_answers_the_same(self):
        engine = self.started()
        incident = self.incident(engine)["incident_id"]
        for part, command in (("explain", "why"), ("timeline", "timeline")):
            asked = json.loads(engine.get(f"/v1/incidents/{incident}/{part}"))
            code, out, _ = tocsin(command, incident, "--data", engine.data, "--format", "json")
            self.assertEqual(code, 0)
            self.assertEqual(asked, json.loads(out))
            code, out, _ = tocsin(command, incident, "--server", engine.url)
            self.assertEqual(code, 0)
            self.assertEqual(out, tocsin(command, incident, "--data", engine.data)[1])
        self.assertIn("## Timeline", engine.get(f"/v1/incidents/{incident}/timeline?format=markdown"))
        asked = json.loads(engine.get("/v1/explain?match=alertname%3D%22DiskFull%22"))
        self.assertEqual(len(asked["alerts"]), 1)
        self.assertIn("in incident " + incident, asked["alerts"][0]["standing"][0])
        code, out, _ = tocsin("why-not", "alertname=DiskFull", "service=ledger", "--server", engine.url)
        self.assertEqual(code, 0)
        self.assertIn("in incident " + incident, out)
        for path, status in (("/v1/incidents/inc-u/explain", 404), ("/v1/explain", 400), ("/v1/explain?match=x", 400),
                             (f"/v1/incidents/{incident}/explain?format=xml", 400)):
            with self.assertRaisesRegex(AssertionError, str(status)):
                engine.get(path)

    def test_an_incident_that_is_not_there_is_said(self):
        engine = self.started()
        self.incident(engine)
        engine.stop()
        code, _, err = tocsin("why", "inc-0000", "--data", engine.data)
        self.assertEqual(code, 2)
        self.assertIn("no such incident in this journal", err)
        code, _, err = tocsin("why", "inc-0000", "--data", os.path.join(self.folder, "nowhere"))
        self.assertEqual(code, 1)


if __name__ == "__main__":
    unittest.main()
