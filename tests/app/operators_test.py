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

    def test_storms_sources_and_rules_are_shown_and_counted(self):
        rules = os.path.join(self.folder, "watched.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write("tocsin: 1\nruleset: watched\n"
                       "storm: {at_least: 5, factor: 1, after: 0s, by: [service]}\n"
                       "blind: {expect: [{source: alertmanager, every: 1m}]}\n"
                       "correlate:\n"
                       "  - {id: burst, kind: threshold, when: 'name.startsWith(\"Down\")', by: [service], count: 3, within: 1m, max_keys: 1, emit: {}}\n"
                       "  - {id: quiet, kind: threshold, when: 'name == \"Never\"', by: [service], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: each, kind: group, by: [name, service]}\n")
        for command, nothing in (("storms", "no storm lasts"), ("sources", "nobody has spoken yet"),
                                 ("rules", "no rule that sees patterns has seen anything")):
            code, out, err = self.tocsin(command)
            self.assertEqual((code, err), (0, ""), command)
            self.assertIn(nothing if command != "rules" else "rule", out)
        watched = self.engine(extra=f"rules: [{json.dumps(rules)}]")
        self.live, live = watched, self.live
        self.addCleanup(lambda: setattr(self, "live", live))
        alerts = [dict(alert(f"Down{n}", "web", "warning"), generatorURL="http://prometheus-1:9090/graph") for n in range(8)]
        self.assertEqual(watched.post("/api/v2/alerts", alerts)[0], 200)
        self.assertEqual(watched.post("/api/v2/alerts", [alert("Down", "cart", "warning")])[0], 200)
        wait_for("a storm", lambda: json.loads(watched.get("/v1/storms"))["storms"])
        code, out, err = self.tocsin("storms")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"STORM +STATUS +SCOPE")
        self.assertRegex(out, r"1 +lasts +service=web ")
        incident = out.splitlines()[1].split()[-1]
        self.assertEqual(self.tocsin("incidents", incident)[0], 0, "the last column is an incident")
        code, out, _ = self.tocsin("sources")
        self.assertRegex(out, r"heard +alertmanager +http://prometheus-1:9090 .* 3m +stated")
        self.assertIn("no source is silent", self.tocsin("sources", "--silent")[1])
        code, out, _ = self.tocsin("rules")
        self.assertRegex(out, r"burst +threshold +service +1m +1 +1 +1 +0 +1")
        self.assertNotIn("quiet", out)
        self.assertIn("quiet", self.tocsin("rules", "--all")[1])
        for command in ("storms", "sources", "rules"):
            code, out, _ = self.tocsin(command, "--format", "json")
            self.assertEqual(code, 0)
            self.assertIn(command, json.loads(out))
            self.assertEqual(self.tocsin(command, "--limit", "0")[0], 2)
        page = watched.get("/metrics")
        for line in ('tocsin_rule_keys{rule="burst"} 1', 'tocsin_rule_keys_max{rule="burst"} 1',
                     'tocsin_rule_keys_evicted_total{rule="burst"} 1', 'tocsin_rule_alerts_refused_total{rule="burst"} 0',
                     'tocsin_rule_fired_total{rule="burst"} 1', "tocsin_storms 1"):
            self.assertIn(line + "\n", page)
        self.assertNotIn('rule="quiet"', page)
        self.assertEqual(watched.stop(), 0)
        self.assertEqual(self.tocsin("storms")[0], 1, "nobody answers")

    def test_what_is_no_command_is_refused_and_kept(self):
        status, answer = self.post("/v1/incidents/1/ack", {"if_revison": 3})
        self.assertEqual((status, answer["error"]["pointer"]), (400, "/if_revison"))
        self.assertEqual(self.post("/v1/incidents/1/dance", {})[0], 404)
        self.assertEqual(self.post("/v1/commands", {"command": "ack", "incident": 1})[1]["audit"]["result"], "unknown_incident")
        self.assertEqual(self.post("/v1/silences", {"matchers": ['a=~".*"'], "for": "1h"})[0], 400)
        self.assertEqual(self.live.metric("tocsin_bodies_refused_total"), 3)

    def test_a_plan_is_followed_roles_are_given_and_the_review_has_all_of_it(self):
        rules = os.path.join(self.folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write("""tocsin: 1
ruleset: plans
correlate: [{id: per-service, kind: group, by: [service]}]
plans:
  - id: ledger
    when: 'true'
    steps: [Look at the dashboard, Call the vendor]
    roles: {commander: ana, liaison: cleo}
    update_every: 30m
route: [{id: rest, topic: all}]
""")
        self.live.stop()
        self.live = self.engine(extra=f"rules: {json.dumps(rules)}")
        self.live.post("/api/v2/alerts", [alert("DiskFull"), alert("CertExpires", severity="warning")])
        incident = wait_for("an incident", self.incidents)[0]["incident_id"]
        for command in (["plan-step", incident, "Call", "--by", "ana", "--comment", "they know"],
                        ["roles", incident, "commander=dora", "safety=emil"],
                        ["note", incident, "the vendor is on it", "--by", "dora"],
                        ["split", incident, "CertExpires", "--by", "dora"],
                        ["priority", incident, "P1"],
                        ["severity", incident, "critical", "--comment", "money"]):
            code, out, err = self.tocsin(*command)
            self.assertEqual((code, err), (0, ""), command)
            self.assertIn("applied", out)
        code, _, err = self.tocsin("plan-step", incident, "7")
        self.assertEqual(code, 1)
        self.assertIn("bad_value", err)
        code, _, err = self.tocsin("score", incident, "5")
        self.assertEqual(code, 1)
        self.assertIn("not_resolved", err)
        now = json.loads(self.live.get(f"/v1/incidents/{incident}"))
        self.assertEqual((now["plan_steps_done"], now["commander"], now["roles"]["safety"]), (1, "dora", "emil"))
        self.assertFalse(now["update_overdue"])
        self.assertEqual(len(self.incidents()), 2)
        notes = json.loads(self.live.get(f"/v1/incidents/{incident}/notes"))["notes"]
        self.assertEqual([(note["by"], note["text"]) for note in notes], [("dora", "the vendor is on it")])
        page = self.tocsin("incidents", incident)[1]
        self.assertIn("[x] Call the vendor (ana, ", page)
        self.assertRegex(page, r"roles +commander dora, liaison cleo, safety emil")
        self.assertRegex(page, r"next update +by \S+Z \(in ")
        self.assertEqual(self.tocsin("resolve", incident)[0], 0)
        self.assertEqual(self.tocsin("score", incident, "4", "--comment", "quick")[0], 0)
        self.assertEqual(self.tocsin("heartbeat", "backup", "--label", "service=tapes")[:2], (0, ""))
        status, _ = self.post("/v1/heartbeats/backup", {"labels": {"service": "tapes"}})
        self.assertEqual(status, 202)
        beat = [one for one in self.live.all_of("alerts") if one["source"] == "heartbeat"]
        self.assertEqual([(one["name"], one["service"], one["incident_id"]) for one in beat], [("backup", "tapes", None)])
        review = self.tocsin("timeline", incident, "--format", "markdown")[1]
        for part in ("## Plan", "- [x] Call the vendor", "- [ ] Look at the dashboard", "## What people did",
                     "plan_step by ana", "split by dora", "| roles | commander dora, liaison cleo, safety emil |",
                     "| score | 4 |", "## Timeline", "## To be written"):
            self.assertIn(part, review)
        self.assertEqual(self.tocsin("timeline", incident, "--format", "markdown")[1], review)


if __name__ == "__main__":
    unittest.main()
