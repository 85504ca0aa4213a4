"""The pages for operators hold what they say: commands of connectors/README.md run against an engine, JSON on them is JSON, and
every code of an error that the engine can answer stands there."""

import json
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest  # noqa: E402

SOURCE = os.environ["TOCSIN_SOURCE_DIR"]


def page(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def blocks(text, language):
    return [match[1] for match in re.finditer(rf"^```{language}\n((?:.*\n)*?)```$", text, re.M)]


class PagesTest(DeliveryTest):
    def test_commands_of_the_page_of_connectors_work(self):
        engine = self.engine()
        ran = 0
        for text in blocks(page("connectors", "README.md"), "sh"):
            for command in text.replace("\\\n", " ").splitlines():
                command = command.replace("http://127.0.0.1:9099", engine.url)
                if "/v1/stream" in command:
                    command = "timeout 2 " + command + " || test $? = 124"
                else:
                    command = command.replace("curl ", "curl --fail-with-body ", 1)
                out = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False, text=True)
                self.assertEqual(out.returncode, 0, command + "\n" + out.stdout + out.stderr)
                ran += 1
        self.assertGreaterEqual(ran, 3)

    def test_json_on_the_pages_is_json(self):
        for path in (("connectors", "README.md"), ("connectors", "sources", "README.md"), ("deploy", "README.md")):
            for text in blocks(page(*path), "json"):
                decoder = json.JSONDecoder()
                while text.strip():
                    _, end = decoder.raw_decode(text.lstrip())
                    text = text.lstrip()[end:]

    def test_every_code_of_an_error_stands_on_the_page(self):
        names = re.findall(r'^ +"?([a-z_0-9]+)"?,? +//', page("engine", "model", "refusal.h"), re.M)
        self.assertGreater(len(names), 20)
        mended_today = {"bad_label_name", "bad_time", "ends_before_start", "too_many_labels", "too_long"}
        text = page("connectors", "README.md")
        for name in names:
            if name not in mended_today:
                self.assertIn(f"`{name}`", text, name)

    def test_headers_on_the_page_are_those_of_the_records(self):
        events = os.path.join(self.folder, "events.ndjson")
        engine = self.engine(events=events)
        engine.post("/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical", "service": "checkout"}}])
        self.assertEqual(engine.stop(), 0)
        with open(events, encoding="utf-8") as file:
            record = json.loads(file.readline())
        text = page("connectors", "README.md")
        for header in record["headers"]:
            self.assertIn(f"`{header}`", text)
        self.assertEqual(record["headers"]["ce_id"], record["value"]["event_id"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
