"""Rules that change while the engine runs: on SIGHUP, on POST /-/reload, and when their files change.

TOCSIN_RELOAD_SECONDS: how long the load test lasts (default 6; a whole run is 60).
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, post_on, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]
SECONDS = float(os.environ.get("TOCSIN_RELOAD_SECONDS", "6"))

BY_SERVICE = """
tocsin: 1
ruleset: by-service
correlate: [{id: group, kind: group, by: [service], window: {idle: 1h, max: 4h}}]
route: [{id: page, topic: incidents.page}]
"""

BY_NAME = """
tocsin: 1
ruleset: by-name
correlate: [{id: group, kind: group, by: [name]}]
route: [{id: queue, topic: incidents.queue}]
"""

BAD = """
tocsin: 1
correlate: [{id: group, kind: group, by: [nmae]}]
"""

WITH_TABLE = """
tocsin: 1
ruleset: with-table
tables: {owners: {file: owners.csv, key: service}}
normalise: [{id: owner, when: service in owners, set: {team: 'owners[service].team'}}]
"""


def alert(name, service="ledger", instance="a"):
    return {"labels": {"alertname": name, "service": service, "instance": instance, "severity": "error"}}


class ReloadTest(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.rules = os.path.join(self.folder, "rules")
        os.mkdir(self.rules)

    def write(self, text, name="rules.yaml"):
        """As editors save: a new file, renamed over the old one."""
        path = os.path.join(self.rules, name)
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".tmp", path)
        return path

    def begin(self, extra="", watch=True, **options):
        lines = [f"rules: {json.dumps(self.rules)}", f"watch_rules: {json.dumps(watch)}"] + ([extra] if extra else [])
        return self.engine(extra="\n".join(lines), **options)

    def reload(self, engine):
        status, body = engine.post("/-/reload", b"")
        return status, json.loads(body)

    def wait_for_rules(self, engine, name):
        wait_for(f"rule set {name}", lambda: f'rule_set="{name}"' in engine.get("/metrics"))

    def test_post_answers_what_is_kept_reset_new_and_removed(self):
        self.write(BY_SERVICE)
        engine = self.begin(watch=False)
        engine.post("/api/v2/alerts", [alert("Disk")])
        status, same = self.reload(engine)
        self.assertEqual((status, same["reloaded"], same["changed"]), (200, True, False))
        self.assertEqual((same["rule_set"], same["position"]), ("by-service", "1"))
        self.write(BY_NAME)
        status, other = self.reload(engine)
        self.assertEqual((status, other["reloaded"], other["changed"]), (200, True, True))
        self.assertEqual((other["rule_set"], other["position"]), ("by-name", "3"))
        self.assertEqual((other["reset"], other["new"], other["removed"]), (["group"], ["queue"], ["page"]))
        self.assertIn("builtin.labels", other["kept"])
        self.assertRegex(other["digest"], "^[0-9a-f]{32}$")
        self.assertNotEqual(other["digest"], same["digest"])
        self.assertRegex(engine.process.output(), r"rules reloaded: by-name .*reset: group; new: queue; removed: page")

    def test_a_bad_file_leaves_the_old_rules_and_says_why_everywhere(self):
        self.write(BY_SERVICE)
        engine = self.begin(watch=False)
        path = self.write(BAD)
        status, answer = self.reload(engine)
        self.assertEqual((status, answer["reloaded"]), (400, False))
        self.assertEqual(answer["error"]["code"], "bad_rules")
        self.assertEqual(answer["rule_set"], "by-service")
        self.assertEqual(len(answer["diagnostics"]), 1)
        found = answer["diagnostics"][0]
        self.assertEqual((found["file"], found["line"], found["column"], found["level"], found["code"]),
                         (path, 3, 43, "error", "unknown_field"))
        self.assertEqual(engine.metric("tocsin_rules_reload_last_success"), 0)
        self.assertIn(f"{path}:3:43: error[unknown_field]", engine.get("/-/healthy"))
        wait_for("the log", lambda: f"{path}:3:43: error[unknown_field]" in engine.process.output())
        engine.post("/api/v2/alerts", [alert("Disk"), alert("Cpu")])
        wait_for("both alerts", lambda: engine.metric("tocsin_alerts_firing") == 2)
        self.assertEqual(len(engine.all_of("incidents")), 1, "grouped by the old rules")
        self.write(BY_NAME)
        self.assertEqual(self.reload(engine)[0], 200)
        self.assertEqual(engine.metric("tocsin_rules_reload_last_success"), 1)
        self.assertEqual(engine.get("/-/healthy"), "healthy\n")
        self.assertIn('tocsin_rules_reloads_total{result="refused"} 1', engine.get("/metrics"))

    def test_a_file_that_is_gone_leaves_the_old_rules(self):
        path = self.write(BY_SERVICE)
        engine = self.begin(watch=False)
        os.remove(path)
        status, answer = self.reload(engine)
        self.assertEqual((status, answer["diagnostics"][0]["code"]), (400, "file_not_readable"))
        self.assertEqual(answer["rule_set"], "by-service")

    def test_post_needs_the_token_where_there_is_one_and_no_other_method_does(self):
        self.write(BY_SERVICE)
        tokens = os.path.join(self.folder, "tokens")
        with open(tokens, "w", encoding="utf-8") as file:
            file.write("secret\n")
        engine = self.begin(watch=False, extra=f"http: {{token_file: {json.dumps(tokens)}}}")
        self.assertEqual(engine.post("/-/reload", b"")[0], 401)
        connection = engine.connect()
        connection.request("GET", "/-/reload", headers={"Authorization": "Bearer secret"})
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Allow")), (405, "POST"))
        answer.read()
        connection.request("POST", "/-/reload", headers={"Authorization": "Bearer secret"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_sighup_reloads(self):
        self.write(BY_SERVICE)
        engine = self.begin(watch=False)
        self.write(BY_NAME)
        engine.process.popen.send_signal(signal.SIGHUP)
        self.wait_for_rules(engine, "by-name")
        engine.process.popen.send_signal(signal.SIGHUP)
        wait_for("the log", lambda: "nothing changed" in engine.process.output())

    def test_a_changed_file_is_seen_also_when_it_is_replaced_or_comes_or_goes(self):
        self.write(BY_SERVICE)
        engine = self.begin()
        self.write(BY_NAME)
        self.wait_for_rules(engine, "by-name")
        self.write("tocsin: 1\nruleset: first\n", name="a.yaml")
        self.wait_for_rules(engine, "first and 1 more")
        os.remove(os.path.join(self.rules, "a.yaml"))
        self.wait_for_rules(engine, "by-name")
        with open(os.path.join(self.rules, "rules.yaml"), "w", encoding="utf-8") as file:
            file.write(BY_SERVICE)
        self.wait_for_rules(engine, "by-service")
        self.write(BAD)
        wait_for("the refusal", lambda: "error[unknown_field]" in engine.get("/-/healthy"))
        self.write(BY_NAME)
        self.wait_for_rules(engine, "by-name")
        self.assertEqual(engine.get("/-/healthy"), "healthy\n")

    def test_a_changed_table_is_seen_and_one_that_was_missing(self):
        self.write(BY_SERVICE)
        engine = self.begin()
        self.write(WITH_TABLE)
        wait_for("the refusal", lambda: "error[table_not_found]" in engine.get("/-/healthy"))
        self.write("service,team\nledger,money\n", name="owners.csv")
        self.wait_for_rules(engine, "with-table")
        engine.post("/api/v2/alerts", [alert("Disk")])
        wait_for("the team of the table", lambda: [one["team"] for one in engine.all_of("incidents")] == ["money"])
        before = engine.metric("tocsin_journal_rule_sets_total")
        self.write("service,team\nledger,payments\n", name="owners.csv")
        wait_for("the new table", lambda: engine.metric("tocsin_journal_rule_sets_total") > before)
        engine.post("/api/v2/alerts", [alert("Disk")])
        wait_for("a repeat is looked at by the new rules",
                 lambda: [one["team"] for one in engine.all_of("incidents")] == ["payments"])

    def test_a_folder_that_is_replaced_by_a_link_to_another_is_seen(self):
        """As configuration is mounted by Kubernetes: the names in the folder lead through a link that is exchanged."""
        for version, text in (("v1", BY_SERVICE), ("v2", BY_NAME)):
            os.mkdir(os.path.join(self.rules, ".." + version))
            self.write(text, name=f"..{version}/rules.yaml")
        os.symlink("..v1", os.path.join(self.rules, "..data"))
        os.symlink("..data/rules.yaml", os.path.join(self.rules, "rules.yaml"))
        engine = self.begin()
        os.symlink("..v2", os.path.join(self.rules, "..data.tmp"))
        os.rename(os.path.join(self.rules, "..data.tmp"), os.path.join(self.rules, "..data"))
        self.wait_for_rules(engine, "by-name")

    def test_history_keeps_the_rules_of_then_when_files_change_while_it_is_down(self):
        self.write(BY_SERVICE)
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.begin(events=events)
        engine.post("/api/v2/alerts", [alert("Disk"), alert("Cpu")])
        engine.wait_until_delivered()
        before = engine.all_of("incidents")
        engine.kill()
        self.write(BY_NAME)
        engine.start()
        self.wait_for_rules(engine, "by-name")
        self.assertEqual(engine.all_of("incidents"), before)
        engine.post("/api/v2/alerts", [alert("Cpu", instance="b")])
        # durable, so answered; the shard sees it in its own time
        wait_for("an incident by the new rules", lambda: len(engine.all_of("incidents")) == 2)
        self.assertEqual(engine.stop(), 0)
        self.check_replay(engine, events)

    def check_replay(self, engine, events):
        """The replay tells what was told live, byte for byte."""
        out = subprocess.run([BIN, "replay", "--data", engine.data], capture_output=True, timeout=300, check=False)
        self.assertEqual(out.returncode, 0, out.stderr.decode())
        with open(events, "rb") as file:
            lines = list(dict.fromkeys(file.read().splitlines()))  # a kill leaves copies of what was not confirmed
        self.assertEqual(lines, out.stdout.splitlines())

    def send_for(self, engine, seconds, accepted, number):
        """Posts new alerts until the time is over, at a pace that a minute's can be checked; notes what was answered 2xx."""
        ends_at = time.monotonic() + seconds
        turn = time.monotonic()
        connection, count = None, 0
        while time.monotonic() < ends_at:
            turn = max(turn + 0.006, time.monotonic() - 0.1)
            time.sleep(max(0.0, turn - time.monotonic()))
            names = [f"{number}-{count + i}" for i in range(8)]
            count += 8
            try:
                connection = connection or engine.connect()
                status, _ = post_on(connection, "/api/v2/alerts",
                                    [alert(f"N{i % 3}", service=f"s{i % 5}", instance=name) for i, name in enumerate(names)])
                if status == 200:
                    accepted.update(names)
            except OSError:
                connection = None  # killed, and not there again yet
                time.sleep(0.02)
            except Exception:  # half an answer
                connection = None
        if connection:
            connection.close()

    def load(self, kills):
        self.write(BY_SERVICE)
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.begin(events=events, watch=False)
        accepted = [set(), set()]
        senders = [threading.Thread(target=self.send_for, args=(engine, SECONDS, accepted[i], i)) for i in range(2)]
        for sender in senders:
            sender.start()
        answered = {200: 0, 400: 0}
        began = time.monotonic()
        killed = False
        for turn in range(int(SECONDS * 10)):
            self.write((BY_NAME, BY_SERVICE, BAD)[turn % 3])
            status, _ = self.reload(engine)
            answered[status] += 1
            if kills and not killed and time.monotonic() - began > SECONDS / 2:
                killed = True
                engine.kill()
                self.write(BY_NAME)
                engine.start()
            time.sleep(max(0.0, began + (turn + 1) / 10 - time.monotonic()))
        for sender in senders:
            sender.join()
        self.assertGreaterEqual(answered[200], int(SECONDS * 10) * 2 // 3 - 1)
        self.assertGreater(answered[400], 0)
        engine.wait_until_delivered()
        known = {one["labels"]["instance"] for one in engine.all_of("alerts")}
        lost = (accepted[0] | accepted[1]) - known
        self.assertGreater(len(known), 100)
        self.assertEqual(lost, set(), "alerts that were answered 2xx")
        self.assertEqual(engine.metric("tocsin_open_without_close_total"), 0)
        self.assertEqual(engine.stop(), 0)
        self.check_revisions(events)
        self.check_replay(engine, events)
        print(f"{len(known)} alerts, {answered} reloads in {time.monotonic() - began:.1f} s", flush=True)

    def check_revisions(self, events):
        seen = {}
        with open(events, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if record["topic"].endswith("incidents.events"):
                    value = record["value"]
                    seen.setdefault(value["incident_id"], {})[value["revision"]] = None  # a set that keeps the order
        self.assertGreater(len(seen), 5)
        for incident, revisions in seen.items():
            self.assertEqual(list(revisions), list(range(1, len(revisions) + 1)), incident)

    def test_ten_reloads_a_second_under_load_lose_nothing(self):
        self.load(kills=False)

    def test_ten_reloads_a_second_under_load_and_a_kill_lose_nothing(self):
        self.load(kills=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
