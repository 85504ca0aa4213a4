"""`tocsin journal` and `--accept-loss`, over the real program: a whole journal, one beside a running engine, a damaged one."""

import base64
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Engine, Process, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]


def journal(*arguments):
    out = subprocess.run([BIN, "journal", *arguments], capture_output=True, timeout=60, check=False, text=True)
    return out.returncode, out.stdout, out.stderr


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


BODY = '{"title": "Disk füll", "severity": "critical"}'


def post(engine, body):
    return engine.post("/v1/sources/generic", body if isinstance(body, bytes) else body.encode())[0]


class JournalTest(DeliveryTest):
    def filled(self, alerts=20):
        """A data folder with some alerts in it, stopped."""
        engine = Engine(self.folder)
        engine.start()
        for i in range(alerts):
            self.assertIn(post(engine, BODY.replace("füll", f"füll {i}")), (200, 202))
        engine.stop()
        return engine

    def segment(self, engine):
        folder = os.path.join(engine.data, "log")
        return os.path.join(folder, sorted(name for name in os.listdir(folder) if name.endswith(".log"))[-1])

    def test_a_whole_journal_is_verified_counted_and_printed(self):
        engine = self.filled()
        code, out, err = journal("verify", engine.data)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"whole: \d+ entries in 1 files, positions 1 to \d+")
        code, out, _ = journal("stat", engine.data, "--format", "json")
        self.assertEqual(code, 0)
        counts = json.loads(out)
        self.assertTrue(counts["whole"])
        self.assertEqual(counts["kinds"]["alerts"], 20)
        self.assertEqual(counts["kinds"]["rule_set"], 1)
        code, out, _ = journal("dump", engine.data, "--bodies")
        self.assertEqual(code, 0)
        entries = lines(out)
        self.assertEqual(len(entries), counts["entries"])
        self.assertEqual([entry["position"] for entry in entries], list(range(1, len(entries) + 1)))
        alerts = [entry for entry in entries if entry["kind"] == "alerts"]
        self.assertEqual(alerts[3]["body"], BODY.replace("füll", "füll 3"))
        self.assertEqual(alerts[3]["epoch"], 1)
        position = alerts[3]["position"]
        code, out, _ = journal("dump", engine.data, "--from", str(position), "--to", str(position))
        self.assertEqual([entry["position"] for entry in lines(out)], [position])
        self.assertNotIn("body", lines(out)[0])

    def test_what_is_not_utf_8_is_base64(self):
        engine = Engine(self.folder)
        engine.start()
        self.assertEqual(post(engine, b'{"title": "\xff\xfe"}'), 400)
        engine.stop()
        _, out, _ = journal("dump", engine.data, "--bodies")
        refused = [entry for entry in lines(out) if entry["kind"] == "refused_body"]
        self.assertEqual(base64.b64decode(refused[0]["body_base64"]), b'{"title": "\xff\xfe"}')
        self.assertEqual(refused[0]["refusal"], "invalid_utf8")

    def test_it_is_read_beside_a_running_engine(self):
        engine = Engine(self.folder)
        engine.start()
        post(engine, BODY)
        code, out, _ = journal("verify", engine.data, "--format", "json")
        self.assertEqual(code, 0)
        self.assertTrue(json.loads(out)["beside_an_engine"])
        post(engine, BODY)
        engine.stop()

    def test_a_flipped_bit_is_refused_and_can_be_gone_on_from(self):
        engine = self.filled()
        name = self.segment(engine)
        with open(name, "r+b") as file:
            file.seek(10 * 4096 + 200)
            byte = file.read(1)[0]
            file.seek(10 * 4096 + 200)
            file.write(bytes([byte ^ 1]))
        code, out, err = journal("verify", engine.data, "--format", "json")
        self.assertEqual(code, 1)
        self.assertIn("byte 40960", err)
        damage = json.loads(out)["damage"]
        self.assertEqual((damage["byte"], damage["entries_missing"]), (40960, 1))
        refused = subprocess.run([BIN, "run", "--data", engine.data, "--listen", "127.0.0.1:0"], capture_output=True, timeout=60,
                                 check=False, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--accept-loss", refused.stderr)
        self.assertIn("1 entry is missing", refused.stderr)

        process = Process([BIN, "run", "--config", engine.config, "--accept-loss"], self.folder + "/accepted.log")
        wait_for("the ready line", lambda: "tocsin is ready" in process.output())
        self.assertEqual(process.stop(), 0)
        self.assertIn("loss accepted", process.output())
        self.assertIn("epoch 2", process.output())
        engine.start()
        self.assertIn(post(engine, BODY), (200, 202))
        engine.stop()
        code, out, _ = journal("dump", engine.data)
        self.assertEqual(code, 0)
        entries = lines(out)
        self.assertEqual(sum(entry["kind"] == "alerts" for entry in entries), 20)  # one lost, one new
        self.assertEqual({entry["epoch"] for entry in entries}, {1, 2})
        self.assertTrue(os.listdir(os.path.join(engine.data, "lost")))
        positions = [entry["position"] for entry in entries]
        self.assertEqual(positions, sorted(set(positions)))

    def test_what_repeats_is_kept_once_and_printed_as_it_was_received(self):
        def body(minute):
            return json.dumps([{"annotations": {"summary": f"pod {pod} is down"}, "endsAt": f"2036-03-28T23:{minute:02}:0{pod % 3}Z",
                                "startsAt": "2026-03-28T22:58:30.326Z", "generatorURL": "http://prometheus:9090/graph",
                                "labels": {"alertname": "Down", "pod": f"pod-{pod}"}} for pod in range(20)], separators=(",", ":"))

        def webhook(minute):
            return ('{"receiver":"web\\\\.hook","status":"firing","alerts":' +
                    body(minute).replace('{"annotations"', '{"status":"firing","annotations"') + ',"groupLabels":{},"version":"4"}')

        engine = Engine(self.folder)
        sent = []
        for minute in range(24):
            if minute % 8 == 0:
                engine.start()
            for path, text in (("/api/v2/alerts", body(minute)), ("/v1/sources/alertmanager", webhook(minute))):
                self.assertIn(engine.post(path, text.encode())[0], (200, 202))
                sent.append(text)
            if minute % 8 == 7:
                engine.stop()
        code, out, err = journal("verify", engine.data)
        self.assertEqual((code, err), (0, ""))
        code, out, _ = journal("dump", engine.data, "--bodies")
        self.assertEqual(code, 0)
        alerts = [entry for entry in lines(out) if entry["kind"] == "alerts"]
        self.assertEqual([entry["body"] for entry in alerts], sent)
        kept = [entry["bytes"] for entry in alerts]
        self.assertLess(sum(kept), sum(map(len, sent)) * 2 // 3)
        self.assertLess(min(kept[-4:]), 400, "one that was told before is a number")

    def test_misuse(self):
        self.assertEqual(journal("verify", self.folder + "/nothing")[0], 2)
        self.assertEqual(journal("nonsense", self.folder)[0], 2)
        self.assertEqual(journal()[0], 2)


if __name__ == "__main__":
    unittest.main()
