"""An end that an operator can trust: bounded, never silent, and a second signal ends it at once. Nothing accepted is lost either way."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Process, free_port, post_on, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]
SLACK_SECONDS = 20  # for machines that do something else meanwhile

RULES = """
tocsin: 1
ruleset: RULESET
correlate: [{id: group, kind: group, by: [name]}]
"""


def alert(name, **more):
    return {"labels": {"alertname": name, "service": "ledger", "severity": "critical"}, **more}


class StopTest(DeliveryTest):
    def begin(self, stop_span, kafka=False, extra="", **options):
        # A port that nobody listens on: a Kafka that is gone.
        return self.engine(kafka=f"127.0.0.1:{free_port()}" if kafka else None, topic_prefix=self.prefix,
                           extra=f"stop_span: {stop_span}" + ("\n" + extra if extra else ""), **options)

    def signal(self, engine, number=signal.SIGTERM):
        engine.process.popen.send_signal(number)

    def wait_for_log(self, engine, pattern):
        return wait_for(pattern, lambda: re.search(pattern, engine.process.output()))

    def exit_code(self, engine, seconds):
        return engine.process.popen.wait(seconds + SLACK_SECONDS)

    def check_the_incident_is_there(self, engine):
        """After the next start."""
        engine.start()
        self.assertEqual([one["labels"]["alertname"] for one in engine.all_of("incidents")], ["Disk"])

    def test_without_anything_to_wait_for_it_ends_at_once(self):
        engine = self.begin("50s")
        began = time.monotonic()
        self.signal(engine)
        self.assertEqual(self.exit_code(engine, 0), 0)
        self.assertLess(time.monotonic() - began, 50)
        self.assertIn("ending within 50 s", engine.process.output())

    def test_a_kafka_that_is_gone_is_waited_for_within_bounds_and_each_second_says_so(self):
        engine = self.begin("3s", kafka=True)
        engine.post("/api/v2/alerts", [alert("Disk")])
        began = time.monotonic()
        self.signal(engine)
        self.assertEqual(self.exit_code(engine, 3), 0)
        self.assertLess(time.monotonic() - began, 3 + SLACK_SECONDS)
        self.assertRegex(engine.process.output(), r"ending: waiting for kafka: \d+ effects?\b.*; [12] s left")
        self.check_the_incident_is_there(engine)

    def test_a_second_signal_ends_it_at_once_and_loses_nothing(self):
        for second in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(second=second):
                engine = self.begin("10m", kafka=True)
                self.assertEqual(engine.post("/api/v2/alerts", [alert("Disk")])[0], 200)
                self.signal(engine)
                self.wait_for_log(engine, r"ending: waiting for kafka: \d+ effect")
                self.signal(engine, second)
                self.assertEqual(self.exit_code(engine, 0), 0)
                self.assertIn("a second signal: it ends at once", engine.process.output())
                self.check_the_incident_is_there(engine)
                engine.kill()

    def test_a_signal_during_the_start_ends_it(self):
        engine = self.begin("10s")
        self.assertEqual(engine.post("/api/v2/alerts", [alert("Disk")])[0], 200)
        engine.kill()
        for turn in range(8):
            log = os.path.join(engine.folder, f"ended-{turn}.log")
            process = Process([BIN, "run", "--config", engine.config], log)
            self.running.append(process)

            def waits_for_signals():
                with open(f"/proc/{process.popen.pid}/status", encoding="utf-8") as status:
                    blocked = int(re.search(r"SigBlk:\s*([0-9a-f]+)", status.read())[1], 16)
                # Each turn a little later: when a thread more has its name.
                threads = os.listdir(f"/proc/{process.popen.pid}/task")
                return blocked & (1 << (signal.SIGTERM - 1)) and len(threads) > turn

            wait_for("signals to be waited for", waits_for_signals)
            process.popen.send_signal(signal.SIGTERM)
            self.assertEqual(process.popen.wait(10 + SLACK_SECONDS), 0, process.output())
        self.check_the_incident_is_there(engine)

    def test_a_stream_a_half_sent_body_and_an_idle_connection_do_not_hold_it_up(self):
        engine = self.begin("2s")
        stream = engine.connect()
        stream.request("GET", "/v1/stream")
        self.assertEqual(stream.getresponse().status, 200)
        half = socket.create_connection((engine.host, engine.port))
        half.sendall(b"POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[")
        idle = socket.create_connection((engine.host, engine.port))
        wait_for("the body to begin", lambda: engine.metric("tocsin_http_connections_open") >= 3)
        self.signal(engine)
        self.assertEqual(self.exit_code(engine, 2), 0)
        for connection in (half, idle, stream):
            connection.close()

    def test_hangups_and_reloads_while_it_ends_do_not_hold_it_up(self):
        rules = os.path.join(self.folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES)
        engine = self.begin("3s", kafka=True, extra=f"rules: {json.dumps(rules)}")
        engine.post("/api/v2/alerts", [alert("Disk")])
        self.signal(engine)
        self.wait_for_log(engine, "ending within")
        while engine.process.alive():
            with open(rules, "a", encoding="utf-8") as file:
                file.write("# again\n")
            self.signal(engine, signal.SIGHUP)
            try:
                engine.process.popen.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        self.assertEqual(self.exit_code(engine, 3), 0)

    def fill(self, engine):
        """Posts new alerts until one is not answered 200 within two seconds: the outbox is full."""
        connection, count = None, 0
        while True:
            connection = connection or http.client.HTTPConnection(engine.host, engine.port, timeout=2)
            more = {"annotations": {"description": "x" * 4000}}
            try:
                status, _ = post_on(connection, "/api/v2/alerts", [alert(f"N{count + i}", **more) for i in range(100)])
            except OSError:
                return
            if status != 200:
                return
            count += 100

    def test_a_full_outbox_and_a_reload_under_way_do_not_wait_for_each_other(self):
        rules = os.path.join(self.folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES)
        engine = self.begin("4s", kafka=True, extra=f"rules: {json.dumps(rules)}\nwatch_rules: false\n"
                            "outbox_memory_bytes_max: 1048576\noutbox_disk_bytes_max: 1048576")
        self.fill(engine)
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES.replace("RULESET", "OTHER"))
        asking = engine.connect()
        asking.request("POST", "/-/reload", b"")
        engine.get("/metrics")  # the one thread that reads requests has read that one before
        began = time.monotonic()
        self.signal(engine)
        self.assertEqual(self.exit_code(engine, 4), 0)
        self.assertLess(time.monotonic() - began, 4 + SLACK_SECONDS)
        self.assertIn(asking.getresponse().status, (200, 503))


if __name__ == "__main__":
    unittest.main(verbosity=2)
