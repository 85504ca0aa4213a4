"""The program as people call it: exit codes, what goes to standard output and what to standard error, and what help says."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, free_port  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]
SOURCE = os.environ["TOCSIN_SOURCE_DIR"]

GOOD = """
tocsin: 1
ruleset: good
tests:
  - name: a critical alert opens an incident
    send: [{at: 0s, alert: {alertname: Down, service: a, severity: critical}}]
    expect: [{at: 1s, incidents: [{alerts: [Down]}]}]
"""


def tocsin(*arguments, text=""):
    out = subprocess.run([BIN, *arguments], capture_output=True, timeout=60, check=False, text=True, input=text)
    return out.returncode, out.stdout, out.stderr


class CommandsTest(DeliveryTest):
    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_version(self):
        code, out, _ = tocsin("version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^tocsin \d+\.\d+\.\d+\n$")

    def test_help_explains_every_command_and_each_flag_of_run_with_its_default(self):
        code, out, _ = tocsin("help")
        self.assertEqual(code, 0)
        for command in ("run", "check", "test", "eval", "fmt", "schema", "completion", "incidents", "ack", "resolve", "note", "silence",
                        "audit", "storms", "sources", "rules", "undeliverable", "replay", "journal", "why", "why-not", "timeline", "version"):
            self.assertIn(command, out)
            self.assertEqual(tocsin("help", command)[0], 0)
        _, out, _ = tocsin("help", "run")
        for flag in ("--config", "--rules", "--data", "--listen", "--events", "--kafka", "--accept-loss"):
            self.assertRegex(out, flag)
        self.assertEqual(len(re.findall(r"default", out)), 6)
        self.assertEqual(tocsin("help", "nonsense")[0], 2)

    def test_misuse_is_exit_code_2(self):
        self.assertEqual(tocsin()[0], 2)
        self.assertEqual(tocsin("nonsense")[0], 2)
        self.assertEqual(tocsin("check")[0], 2)
        self.assertEqual(tocsin("check", self.folder + "/missing.yaml")[0], 2)
        self.assertEqual(tocsin("test", self.folder)[0], 2, "a folder without rule files")
        self.assertEqual(tocsin("run", "--no-such-flag")[0], 2)
        self.assertEqual(tocsin("run", "--rules", self.folder + "/missing.yaml")[0], 2)
        code, _, err = tocsin("run", "--config", self.file("bad.yaml", "lisen: 127.0.0.1:0\n"))
        self.assertEqual(code, 2)
        self.assertIn("bad.yaml:1:1: error[unknown_key]", err)
        self.assertIn("listen", err, "it is suggested")

    def test_check_names_the_place_of_every_mistake(self):
        self.assertEqual(tocsin("check", self.file("good.yaml", GOOD))[0], 0)
        bad = self.file("bad.yaml", GOOD + "severity:\n  rules:\n    - {id: a, when: 'servce == \"x\"', is: critical}\n"
                        "    - {id: b, when: 'true', is: critcal}\n")
        code, out, _ = tocsin("check", bad)
        self.assertEqual(code, 1)
        self.assertRegex(out, rf"{re.escape(bad)}:\d+:\d+: error\[\w+\]: .*servce")
        self.assertRegex(out, r"service", "a suggestion")
        self.assertRegex(out, r"critcal")
        code, out, _ = tocsin("check", "--format", "json", bad)
        self.assertEqual(code, 1)
        self.assertGreaterEqual(len(json.loads(out)), 2)

    def test_test_runs_the_stories_and_tells_what_failed(self):
        code, out, _ = tocsin("test", self.file("good.yaml", GOOD))
        self.assertEqual((code, "1 passed, 0 failed" in out), (0, True))
        code, out, _ = tocsin("test", self.file("wrong.yaml", GOOD.replace("alerts: [Down]", "alerts: [Up]")))
        self.assertEqual(code, 1)
        self.assertIn("alerts is Down, expected Up", out)
        code, out, _ = tocsin("test", "--format", "json", self.folder + "/wrong.yaml")
        self.assertEqual(code, 1)
        self.assertFalse(json.loads(out)[0]["passed"])

    def test_test_tells_a_file_of_a_team_after_that_of_the_platform(self):
        layers = os.path.join(SOURCE, "tests", "scenarios", "layers")
        platform, team = os.path.join(layers, "00-platform.yaml"), os.path.join(layers, "10-payments.yaml")
        code, out, err = tocsin("test", team)
        self.assertEqual(code, 1)
        self.assertIn("unknown_id", err, "the rule that it changes is in another file")
        code, out, err = tocsin("test", "--with", platform, team)
        self.assertEqual((code, err), (0, ""), out)
        self.assertNotIn("00-platform", out, "the tests of that are its own matter")
        self.assertEqual(tocsin("test", "--with", platform, "--coverage", team)[0], 0)
        self.assertEqual(tocsin("test", "--with", self.folder + "/missing.yaml", team)[0], 2)

    def test_test_writes_junit_that_any_xml_parser_reads(self):
        hostile = 'a <b> & "c" \'d\' ]]> \\x01 \\ufffe \\n \\t é'
        text = GOOD.replace("name: a critical alert opens an incident", 'name: "' + hostile.replace('"', '\\"') + '"')
        wrong = self.file("wrong&.yaml", text.replace("alerts: [Down]", "alerts: ['<Up>']") + GOOD[GOOD.index("  - name"):])
        broken = self.file("broken.yaml", "tocsin: 1\nrules: <&>\n")
        code, out, _ = tocsin("test", "--format", "junit", wrong, broken)
        self.assertEqual(code, 1)
        root = ElementTree.fromstring(out)
        self.assertEqual((root.tag, root.get("tests"), root.get("failures"), root.get("errors")), ("testsuites", "3", "1", "1"))
        suites = root.findall("testsuite")
        self.assertEqual([suite.get("name") for suite in suites], [wrong, broken])
        case = suites[0].findall("testcase")[0]
        self.assertEqual(case.get("name"), 'a <b> & "c" \'d\' ]]> \ufffd \ufffd \n \t é')
        self.assertEqual((case.get("file"), case.get("line")), (wrong, "5"))
        self.assertIn("<Up>", case.find("failure").get("message"))
        self.assertIn("because:", case.find("failure").text)
        self.assertEqual(len(suites[0].findall("testcase")[1]), 0, "a passed story has nothing inside")
        self.assertIn("rules", suites[1].find("testcase/error").get("message"))
        code, out, err = tocsin("test", "--format", "junit", self.file("good.yaml", GOOD))
        self.assertEqual((code, err, ElementTree.fromstring(out).get("failures")), (0, "", "0"))

    def test_coverage_names_what_no_test_reached(self):
        good = self.file("good.yaml", GOOD + "route:\n  - {id: pages, when: 'incident.priority == \"P1\"', topic: pages}\n"
                         "  - {id: rest, topic: rest}\n")
        code, out, err = tocsin("test", "--coverage", good)
        self.assertEqual((code, err), (0, ""), "coverage alone fails nothing")
        self.assertIn(f"{good}:9:23: `when incident.priority == \"P1\"` never held\n", out)
        self.assertRegex(out, r"pages +1 of 2\n")
        self.assertRegex(out, r"rest +1 of 1\n")
        self.assertIn("coverage: 66.6 %, 2 of 3\n", out)
        self.assertEqual(tocsin("test", "--coverage", "--coverage-min", "66", good)[0], 0)
        self.assertEqual(tocsin("test", "--coverage", "--coverage-min", "67", good)[0], 1)
        self.assertEqual(tocsin("test", "--coverage-min", "67", good)[0], 2, "a minimum of what is not asked for")
        report = json.loads(tocsin("test", "--coverage", "--format", "json", good)[1])
        self.assertTrue(report["tests"][0]["passed"])
        coverage = report["coverage"][0]
        self.assertEqual((coverage["file"], coverage["seen"], coverage["of"], coverage["percent"]), (good, 2, 3, 66.6))
        self.assertEqual(coverage["points"][0], {"line": 9, "column": 23, "rule": "pages", "text": 'when incident.priority == "P1"',
                                                 "outcomes": {"held": False, "not held": True}})
        for least, failures in (("60", "0"), ("67", "1")):
            out = tocsin("test", "--coverage", "--coverage-min", least, "--format", "junit", good)[1]
            root = ElementTree.fromstring(out)
            self.assertEqual((root.get("tests"), root.get("failures")), ("2", failures))

    def test_mutants_that_no_test_notices_are_named(self):
        rules = ("tocsin: 1\nruleset: groups\ncorrelate:\n"
                 "  - {id: all, kind: group, when: severity >= error, by: [], window: {idle: 2m, max: 1h}}\n"
                 "tests:\n"
                 "  - name: two minutes after the last one, not more\n"
                 "    send:\n"
                 "      - {at: 0s, alert: {alertname: A, severity: error}}\n"
                 "      - {at: 1s, resolve: {alertname: A, severity: error}}\n"
                 "      - {at: 2m, alert: {alertname: B, severity: error}}\n"
                 "      - {at: 2m1s, resolve: {alertname: B, severity: error}}\n"
                 "      - {at: 4m2s, alert: {alertname: C, severity: error}}\n"
                 "      - {at: 4m2s, alert: {alertname: D, severity: warning}}\n"
                 "    expect:\n"
                 "      - {at: 2m, incidents: [{alerts: [B], revision: 3}]}\n"
                 "      - {at: 4m2s, incidents: [{alerts: [C], revision: 1}]}\n")
        path = self.file("groups.yaml", rules)
        code, out, _ = tocsin("test", "--mutate", path)
        self.assertEqual(code, 1)
        self.assertIn(f"{path}:4:85: `max 1h -> 30m` survived\n", out)
        self.assertIn("mutants: 9, 7 killed, 2 survived, 0 accepted, 0 are no rule files\n", out)
        self.assertNotIn("idle", out.split("mutants:")[0].replace("window: {idle: 2m", ""), "both are noticed")

        accepted = rules.replace("correlate:\n", "correlate:\n  # survives: max 1h -> 30m: nobody waits\n"
                                 "  # survives: max 1h -> 2h: so long\n")
        code, out, _ = tocsin("test", "--mutate", self.file("accepted.yaml", accepted))
        self.assertEqual(code, 0, out)
        self.assertIn("`max 1h -> 30m` is accepted: nobody waits\n", out)
        report = json.loads(tocsin("test", "--mutate", "--format", "json", self.folder + "/accepted.yaml")[1])["mutants"][0]
        self.assertEqual((report["made"], report["killed"], len(report["accepted"]), report["survivors"], report["unused"]),
                         (9, 7, 2, [], []))

        for wrong, why in (("idle 2m -> 3m: noticed", "not needed"), ("idle 2m -> 9m: not made", "no mutant"),
                           ("max 1h -> 2h", "reason is missing")):
            text = accepted.replace("  # survives: max 1h -> 2h: so long\n", "  # survives: max 1h -> 2h: so long\n"
                                    f"  # survives: {wrong}\n")
            code, out, _ = tocsin("test", "--mutate", self.file("wrong.yaml", text))
            self.assertEqual(code, 1, wrong)
            self.assertRegex(out, r"wrong.yaml:6:3: error: .*" + why)
        out = tocsin("test", "--mutate", "--format", "junit", path)[1]
        failures = ElementTree.fromstring(out).findall("testsuite/testcase[@name='mutants']/failure")
        self.assertEqual([one.get("message") for one in failures], ["`max 1h -> 30m` survived", "`max 1h -> 2h` survived"])

    def test_coverage_and_mutants_of_a_file_that_changes_another(self):
        platform = self.file("platform.yaml", "tocsin: 1\nruleset: platform\nseverity:\n  rules:\n"
                             "    - {id: up, when: name == \"Down\", is: critical}\n")
        team = self.file("team.yaml", "tocsin: 1\nruleset: team\nexceptions:\n  - {id: up, fields: service, values: [test]}\n"
                         "route:\n  - {id: all, topic: all}\n"
                         "tests:\n  - name: not in test\n    send:\n"
                         "      - {at: 0s, alert: {alertname: Down, service: test, severity: warning}}\n"
                         "      - {at: 0s, alert: {alertname: Down, service: shop, severity: warning}}\n"
                         "    expect: [{at: 1s, incidents: [{severity: warning, topic: all}, {severity: critical}]}]\n")
        code, out, err = tocsin("test", "--with", platform, "--coverage", "--mutate", team)
        self.assertIn("1 passed, 0 failed", out, err)
        self.assertRegex(out, r"all +1 of 1\n")
        self.assertRegex(out, r"mutants: \d+, \d+ killed, .* 0 are no rule files\n")
        self.assertEqual(code, 0, out)

    def test_a_test_less_is_a_survivor_more(self):
        rules = ("tocsin: 1\nruleset: words\nseverity:\n  rules:\n    - {id: up, when: name == \"Down\", is: critical}\n"
                 "tests:\n  - name: what is down is critical\n    send:\n"
                 "      - {at: 0s, alert: {alertname: Down, severity: warning}}\n"
                 "      - {at: 0s, alert: {alertname: Slow, severity: warning, service: other}}\n"
                 "    expect: [{at: 1s, incidents: [{alerts: [Down], severity: critical}, {alerts: [Slow], severity: warning}]}]\n")
        code, out, _ = tocsin("test", "--mutate", self.file("whole.yaml", rules))
        self.assertEqual((code, "0 survived" in out), (0, True), out)
        code, out, _ = tocsin("test", "--mutate", self.file("less.yaml", rules.replace(", severity: warning}]", "}]")))
        self.assertEqual(code, 1)
        self.assertIn('less.yaml:5:22: `when name == "Down" -> true` survived', out)
        failing = self.file("failing.yaml", rules.replace("severity: critical}", "severity: error}"))
        self.assertNotIn("mutants:", tocsin("test", "--mutate", failing)[1], "they say nothing when the tests fail anyway")

    def test_fmt_brings_files_in_order_and_says_which(self):
        good = self.file("good.yaml", GOOD.lstrip())
        bad = self.file("bad.yaml", GOOD.replace("send: [{at: 0s, ", "send:    [ {at:   0s ,") + "\n\n# the end  ")
        os.chmod(bad, 0o640)
        code, out, err = tocsin("fmt", "--check", good, bad)
        self.assertEqual((code, out, err), (1, bad + "\n", ""))
        code, out, _ = tocsin("fmt", self.folder)
        self.assertEqual((code, out), (0, bad + "\n"))
        with open(bad, encoding="utf-8") as file:
            self.assertEqual(file.read(), GOOD.lstrip() + "\n# the end\n")
        self.assertEqual(os.stat(bad).st_mode & 0o777, 0o640, "the mode stays")
        self.assertEqual(sorted(os.listdir(self.folder)), ["bad.yaml", "good.yaml"], "nothing is left beside it")
        self.assertEqual(tocsin("fmt", "--check", self.folder), (0, "", ""))

    def test_fmt_of_a_dash_goes_from_standard_input_to_standard_output(self):
        self.assertEqual(tocsin("fmt", "-", text="a:   1\r\nb: [1 ,2]"), (0, "a: 1\nb: [1, 2]\n", ""))
        self.assertEqual(tocsin("fmt", "--check", "-", text="a:   1\n"), (1, "", ""))
        self.assertEqual(tocsin("fmt", "--check", "-", text="a: 1\n"), (0, "", ""))
        code, out, err = tocsin("fmt", "-", text="a: [")
        self.assertEqual((code, out), (1, ""), "nothing comes out of what is no YAML")
        self.assertIn("error[", err)
        self.assertEqual(tocsin("fmt", "-", self.file("good.yaml", GOOD))[0], 2, "it goes alone")

    def test_schema_is_a_json_schema(self):
        code, out, err = tocsin("schema")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("2020-12", json.loads(out)["$schema"])

    def test_fmt_leaves_what_is_no_yaml_as_it_is(self):
        text = "a: [1\nb:   2\n"
        broken = self.file("broken.yaml", text)
        code, out, err = tocsin("fmt", broken)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("broken.yaml:1:4:", err)
        with open(broken, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(tocsin("fmt", self.folder + "/missing.yaml")[0], 2)
        self.assertEqual(tocsin("fmt")[0], 2)

    def test_shipped_rule_files_check_and_pass_their_tests(self):
        library = os.path.join(SOURCE, "rules", "library")
        self.assertEqual(tocsin("check", library)[0], 0, tocsin("check", library)[1])
        code, out, _ = tocsin("test", library, os.path.join(SOURCE, "tests", "scenarios"))
        self.assertEqual(code, 0, out)

    def test_eval_tries_an_expression_on_an_alert(self):
        alert = '{"labels": {"alertname": "Down", "instance": "db1:9100", "severity": "crit"}, "annotations": {"a": "1"}}'
        path = self.file("alert.json", alert)
        for expression, kind, value in (
                ("severity >= error", "bool", True),
                ("host", "string", "db1"),
                ("severity", "severity", "critical"),
                ("tier + 2", "int", 2),
                ("1.5 * 2.0", "double", 3),
                ("[1, 2]", "list(int)", [1, 2]),
                ("labels.missing", "string", ""),
                ("annotations", "map(string, string)", {"a": "1"}),
                ('name + "\\n\\"" ', "string", 'Down\n"')):
            code, out, err = tocsin("eval", expression, "--alert", path, "--format", "json")
            self.assertEqual((code, err), (0, ""), expression)
            self.assertEqual(json.loads(out), {"type": kind, "value": value}, expression)
        self.assertEqual(tocsin("eval", "name", "--alert", path)[1], 'type:  string\nvalue: "Down"\n')
        for text in (alert, "[" + alert + ', {"labels": {"alertname": "Other"}}]', "\n " + alert + "\n"):
            self.assertIn('"Down"', tocsin("eval", "name", "--alert", "-", text=text)[1])
        out = tocsin("eval", "received_at", "--alert", path, "--at", "2026-03-28T23:00:00Z")[1]
        self.assertIn("2026-03-28T23:00:00Z", out)

    def test_eval_knows_the_scale_and_the_tables_of_the_rules(self):
        self.file("services.csv", "service,tier\npay,1\n")
        rules = self.file("own.yaml", "tocsin: 1\nruleset: own\ntables:\n  svc: {file: services.csv, key: service}\n"
                          "severity: {scale: [quiet, loud], map: {from: level, default: loud}}\n")
        alert = '{"labels": {"alertname": "Down", "service": "pay"}}'
        code, out, err = tocsin("eval", 'svc[service].tier + string(severity == loud)', "--alert", "-", "--rules", rules,
                                text=alert)
        self.assertEqual((code, out), (0, 'type:  string\nvalue: "1true"\n'), err)
        self.assertEqual(tocsin("eval", "severity == critical", "--alert", "-", "--rules", rules, text=alert)[0], 1)

    def test_eval_shows_mistakes_with_their_place(self):
        alert = '{"labels": {"alertname": "Down"}}'
        code, out, err = tocsin("eval", "name == servce", "--alert", "-", text=alert)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("expression:1:9: error[unknown_name]", err)
        self.assertIn("^~~~~~", err)
        self.assertIn("service", err, "it is suggested")
        code, out, _ = tocsin("eval", "name ==", "--alert", "-", "--format", "json", text=alert)
        self.assertEqual((code, json.loads(out)["errors"][0]["line"]), (1, 1))
        self.assertIn("only `route`", tocsin("eval", "incident.priority", "--alert", "-", text=alert)[2])
        code, out, err = tocsin("eval", "1 / tier", "--alert", "-", text=alert)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("no value", err)
        self.assertIn("fault", json.loads(tocsin("eval", "1 / tier", "--alert", "-", "--format", "json", text=alert)[1]))
        for text in ("", "[]", "{", '{"labels": {}}', '"x"', '{"labels": {"alertname": 1}}', "[1]"):
            code, out, err = tocsin("eval", "name", "--alert", "-", text=text)
            self.assertEqual((code, out), (2, ""), text)
            self.assertIn("tocsin eval: ", err)
        self.assertIn("no JSON", tocsin("eval", "name", "--alert", "-", text="alertname=Down")[2])
        self.assertEqual(tocsin("eval", "name", "--alert", self.folder + "/missing.json")[0], 2)
        self.assertEqual(tocsin("eval", "name", "--alert", self.folder)[0], 2)
        self.assertEqual(tocsin("eval", "name")[0], 2)
        self.assertEqual(tocsin("eval", "name", "--alert", "-", "--at", "noon", text=alert)[0], 2)
        self.assertEqual(tocsin("eval", "name", "--alert", "-", "--rules", self.file("bad.yaml", "tocsin: 2\n"), text=alert)[0], 2)

    def test_incidents_without_an_engine_says_what_to_do(self):
        code, out, err = tocsin("incidents", "--server", f"http://127.0.0.1:{free_port()}")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("tocsin run", err)

    def test_incidents_draws_a_table_and_gives_json(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical", "service": "checkout"}}])
        code, out, _ = tocsin("incidents", "--server", engine.url)
        self.assertEqual(code, 0)
        self.assertRegex(out.splitlines()[0], r"^PRIO +STATUS +TITLE")
        self.assertRegex(out.splitlines()[1], r"^P\d +open +Down")
        code, out, _ = tocsin("incidents", "--server", engine.url, "--format", "json", "--status", "open")
        self.assertEqual(json.loads(out)["incidents"][0]["labels"]["alertname"], "Down")

    def test_a_second_engine_on_the_same_folder_is_refused_with_a_sentence(self):
        engine = self.engine()
        code, _, err = tocsin("run", "--data", engine.data, "--listen", "127.0.0.1:0")
        self.assertEqual(code, 75, "it may go by itself")
        self.assertRegex(err, "another")
        self.assertEqual(engine.stop(), 0)

    def test_a_taken_port_is_refused_with_a_sentence(self):
        engine = self.engine()
        code, _, err = tocsin("run", "--data", self.folder + "/other", "--listen", f"127.0.0.1:{engine.port}")
        self.assertEqual(code, 75, "it may go by itself")
        self.assertIn(str(engine.port), err)

    def test_events_on_standard_output_are_one_json_object_a_line(self):
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        engine.post("/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical", "service": "checkout"}}])
        self.assertEqual(engine.stop(), 0)
        with open(events, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual({"topic", "key", "headers", "value"}, set(lines[0]))
        self.assertEqual([line["topic"] for line in lines][:2], ["tocsin.incidents.events", "tocsin.incidents.state"])
        self.assertTrue(all(line["key"] == line["value"]["incident_id"] for line in lines))

    def test_a_restart_shows_the_same_incidents(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [{"labels": {"alertname": f"A{n}", "severity": "critical", "service": f"s{n}"}}
                                       for n in range(20)])
        before = engine.all_of("incidents")
        self.assertEqual(engine.stop(), 0)
        engine.start()
        self.assertEqual(engine.all_of("incidents"), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
