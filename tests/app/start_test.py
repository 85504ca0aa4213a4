"""A start that an operator can trust: what is wrong is said before anything is written, and an engine whose folder goes says so."""

import json
import os
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Engine, free_port, missing, tool, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]

RULES = """
tocsin: 1
ruleset: mine
correlate: [{id: group, kind: group, by: [service]}]
"""
MENDED = RULES.replace("mine", "mended")
BAD = RULES.replace("service", "servce")


def run(*arguments, prefix=(), **options):
    out = subprocess.run([*prefix, BIN, "run", *arguments], capture_output=True, timeout=60, check=False, text=True, **options)
    return out.returncode, out.stdout, out.stderr


def alert(name):
    return {"labels": {"alertname": name, "service": "ledger", "severity": "critical"}}


class StartTest(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.folder, "data")
        self.rules = os.path.join(self.folder, "rules.yaml")

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def get_any(self, engine, path):
        connection = engine.connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(self):
        other = self.engine()
        bad = self.write(self.rules, BAD)
        code, out, err = run("--data", self.data, "--listen", f"127.0.0.1:{other.port}", "--listen", "nowhere",
                             "--events", self.folder + "/no/such/events", "--rules", bad)
        self.assertEqual((code, out), (2, ""))
        for sentence in (f"127.0.0.1:{other.port}: another program has it", "'nowhere' is not ADDRESS:PORT",
                         "no/such/events cannot be made", "rules.yaml:4:43: error[unknown_field]", "the rules have errors"):
            self.assertIn(sentence, err)
        self.assertFalse(os.path.exists(self.data))

    def test_an_address_that_another_program_has_is_tried_again_and_nothing_is_written(self):
        events = os.path.join(self.folder, "events")
        with socket.create_server(("127.0.0.1", 0)) as other:
            code, _, err = run("--data", self.data, "--listen", f"127.0.0.1:{other.getsockname()[1]}", "--events", events)
        self.assertEqual(code, 75, err)
        self.assertFalse(os.path.exists(self.data) or os.path.exists(events))

    def test_one_address_twice_is_misuse(self):
        port = free_port()
        code, _, err = run("--data", self.data, "--listen", f"127.0.0.1:{port}", "--listen", f"0.0.0.0:{port}")
        self.assertEqual(code, 2)
        self.assertIn("is to be listened on twice", err)
        self.assertFalse(os.path.exists(self.data))

    def test_a_folder_that_another_tocsin_has_is_tried_again(self):
        engine = self.engine()
        code, _, err = run("--data", engine.data, "--listen", "127.0.0.1:0")
        self.assertEqual(code, 75)
        self.assertIn("in use by another tocsin", err)

    def test_a_folder_with_other_things_is_left_alone(self):
        os.mkdir(self.data)
        self.write(os.path.join(self.data, "diary.txt"), "dear diary")
        code, _, err = run("--data", self.data, "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn("it holds diary.txt", err)
        self.assertEqual(os.listdir(self.data), ["diary.txt"])

    def test_a_file_in_the_place_of_the_folder_is_refused(self):
        self.write(self.data, "a file")
        self.assertIn("is not a folder", run("--data", self.data, "--listen", "127.0.0.1:0")[2])
        code, _, err = run("--data", self.data + "/below", "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn("cannot be made", err)

    def test_a_full_disk_is_tried_again_and_says_how_much_is_missing(self):
        unshare = tool("unshare")
        if subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode != 0:
            missing("no mount of one's own is allowed here (unshare -rm)")
        os.mkdir(self.data)
        mount = f"mount -t tmpfs -o size=4m none '{self.data}' && exec \"$@\""
        code, _, err = run("--data", self.data, "--listen", "127.0.0.1:0", prefix=(unshare, "-rm", "sh", "-c", mount, "sh"))
        self.assertEqual(code, 75, err)
        self.assertIn("4.0 MiB free, a start needs 16.0 MiB", err)

    def test_closed_standard_files_are_not_taken_by_the_journal(self):
        port = free_port()
        command = f"exec '{BIN}' run --data '{self.data}' --listen 127.0.0.1:{port} <&- >&- 2>&-"
        process = subprocess.Popen(["sh", "-c", command], start_new_session=True)
        try:
            engine = Engine(os.path.join(self.folder, "asked"))
            engine.host, engine.port = "127.0.0.1", port

            def is_ready():
                self.assertIsNone(process.poll())
                try:
                    return self.get_any(engine, "/-/ready")[0] == 200
                except OSError:
                    return False

            wait_for("the engine", is_ready)
            for number in range(3):
                self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{number}"), "/dev/null")
        finally:
            process.terminate()
            self.assertEqual(process.wait(60), 0)
        code, _, err = run("--data", self.data, "--listen", "127.0.0.1:0", "--events", "-", preexec_fn=lambda: os.close(1))
        self.assertEqual(code, 2)
        self.assertIn("standard output", err)

    def test_broken_rules_beside_a_journal_start_on_its_last_ones_and_say_so(self):
        self.write(self.rules, RULES)
        engine = self.engine(extra=f"rules: {json.dumps(self.rules)}")
        engine.post("/api/v2/alerts", [alert("Disk")])
        before = wait_for("the incident", lambda: engine.all_of("incidents"))  # answered when durable, then applied
        engine.kill()
        self.write(self.rules, BAD)
        engine.start()
        self.assertEqual(engine.all_of("incidents"), before)
        self.assertIn("rules: mine", engine.process.output())
        self.assertIn("goes on with the journal's last rules, mine", engine.process.output())
        self.assertEqual(engine.metric("tocsin_rules_reload_last_success"), 0)
        status, health = self.get_any(engine, "/-/healthy")
        self.assertEqual(status, 200)
        self.assertRegex(health, r"rules\.yaml:4:43: error\[unknown_field\].*\(since 20")
        self.assertEqual(engine.post("/api/v2/alerts", [alert("Cpu")])[0], 200)
        self.write(self.rules, MENDED)
        wait_for("the mended rules", lambda: 'rule_set="mended"' in engine.get("/metrics"))
        self.assertEqual(engine.metric("tocsin_rules_reload_last_success"), 1)
        self.assertEqual(engine.get("/-/healthy"), "healthy\n")
        self.assertEqual(engine.stop(), 0)

    def test_rules_that_are_not_there_are_waited_for_too(self):
        self.write(self.rules, RULES)
        engine = self.engine(extra=f"rules: {json.dumps(self.rules)}")
        self.assertEqual(engine.stop(), 0)
        os.remove(self.rules)
        engine.start()
        self.assertIn("cannot be read", engine.get("/-/healthy"))
        self.write(self.rules, MENDED)
        wait_for("the new rules", lambda: 'rule_set="mended"' in engine.get("/metrics"))

    def test_broken_rules_without_a_rule_set_in_the_journal_are_misuse(self):
        bad = self.write(self.rules, BAD)
        code, _, err = run("--data", self.data, "--listen", "127.0.0.1:0", "--rules", bad)
        self.assertEqual(code, 2)
        self.assertIn("error[unknown_field]", err)
        self.assertFalse(os.path.exists(self.data))

    def check_it_accepts_nothing(self, engine, why):
        wait_for("not ready", lambda: self.get_any(engine, "/-/ready")[0] == 503)
        status, body = engine.post("/api/v2/alerts", [alert("Cpu")])
        self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "storage_failed"))
        status, health = self.get_any(engine, "/-/healthy")
        self.assertEqual(status, 503)
        self.assertRegex(health, r"nothing can be accepted since 20.*" + why)
        wait_for("the log", lambda: why in engine.process.output())

    def test_a_folder_that_is_deleted_takes_nothing_more_and_what_was_accepted_is_told(self):
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        engine.post("/api/v2/alerts", [alert("Disk")])
        os.rename(engine.data, engine.data + ".gone")
        self.check_it_accepts_nothing(engine, "deleted or renamed")
        wait_for("queries to be answered", lambda: len(engine.all_of("incidents")) == 1)

        def told():
            with open(events, encoding="utf-8") as file:
                return "Disk" in file.read()

        wait_for("the file to be told", told)
        self.assertEqual(engine.stop(), 1, "it could not go on")

    def test_a_folder_in_the_place_of_the_old_one_is_noticed(self):
        engine = self.engine()
        os.rename(engine.data, engine.data + ".gone")
        os.mkdir(engine.data)
        self.check_it_accepts_nothing(engine, "replaced while the engine runs")

    def test_a_lock_that_is_removed_is_noticed(self):
        engine = self.engine()
        os.remove(os.path.join(engine.data, "LOCK"))
        self.check_it_accepts_nothing(engine, "lost its LOCK")

    def test_a_log_that_is_removed_while_it_is_written_is_noticed(self):
        engine = self.engine()
        process = f"/proc/{engine.process.popen.pid}"
        written = set()
        for number in os.listdir(f"{process}/fd"):
            try:
                path = os.readlink(f"{process}/fd/{number}")
                with open(f"{process}/fdinfo/{number}", encoding="utf-8") as info:
                    flags = int(next(line for line in info if line.startswith("flags:")).split()[1], 8)
            except FileNotFoundError:
                continue  # it was closed meanwhile: the next segment is prepared by a thread of its own
            if path.startswith(engine.data + "/") and flags & os.O_ACCMODE != os.O_RDONLY and not path.endswith("LOCK"):
                written.add(path)
        self.assertTrue(written)
        for path in written:
            os.remove(path)
        self.check_it_accepts_nothing(engine, "has lost")


if __name__ == "__main__":
    unittest.main(verbosity=2)
