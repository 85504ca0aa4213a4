"""A real Prometheus and a real Alertmanager post to the engine unchanged; the incident and its close arrive on a real Kafka."""

import http.client
import http.server
import json
import os
import threading
import time
import unittest

from harness import DeliveryTest, bootstrap, check_history, free_port, post_on, read_topic, rfc3339, tool, wait_for


class Exporter:
    """A target for Prometheus: one gauge that the test sets."""

    def __init__(self):
        self.value = 0
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"# TYPE checkout_errors gauge\ncheckout_errors {exporter.value}\n".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SenderTest(DeliveryTest):
    def incident_on_kafka(self, status):
        """The one incident, once its newest revision on the events topic has this status."""
        def look():
            newest = list(check_history(read_topic(self.prefix + "tocsin.incidents.events"), self).values())
            return newest[0] if len(newest) == 1 and newest[0]["status"] == status else None
        return wait_for(f"an incident with status {status} on Kafka", look)

    def revisions_on(self, topic, incident):
        return [json.loads(value)["revision"] for _, _, key, _, value in read_topic(self.prefix + topic)
                if key == incident["incident_id"]]

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_prometheus_fires_and_stops_firing(self):
        binary = tool("prometheus")
        exporter = Exporter()
        self.addCleanup(exporter.close)
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        self.write("rules.yml", """
groups:
  - name: checkout
    rules:
      - alert: CheckoutErrorsHigh
        expr: checkout_errors > 10
        labels: {severity: critical, service: checkout}
        annotations: {summary: "checkout answers {{ $value }} errors a second"}
""")
        config = self.write("prometheus.yml", f"""
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{exporter.port}"]}}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{engine.host}:{engine.port}"]}}]
""")
        prometheus = self.run_process([binary, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{free_port()}",
                                       f"--storage.tsdb.path={self.folder}/tsdb"], "prometheus")
        exporter.value = 50
        opened = self.incident_on_kafka("open")
        self.assertEqual(opened["service"], "checkout")
        self.assertEqual(opened["severity"], "critical")
        self.assertRegex(opened["priority"], "^P[12]$")
        self.assertEqual(opened["title"], "checkout answers 50 errors a second")
        self.assertEqual(opened["labels"]["alertname"], "CheckoutErrorsHigh")
        self.assertEqual(opened["source"], "alertmanager")
        exporter.value = 0
        resolved = self.incident_on_kafka("resolved")
        self.assertEqual(resolved["incident_id"], opened["incident_id"])
        self.assertEqual(resolved["active_alert_count"], 0)
        self.assertEqual(prometheus.stop(), 0)
        self.assertEqual(engine.metric("tocsin_alerts_refused_total"), 0)

    def test_alertmanager_posts_its_webhook(self):
        binary = tool("prometheus-alertmanager", "alertmanager")
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        port = free_port()
        config = self.write("alertmanager.yml", f"""
route: {{receiver: tocsin, group_by: [alertname], group_wait: 0s, group_interval: 200ms, repeat_interval: 1h}}
receivers:
  - name: tocsin
    webhook_configs: [{{url: "{engine.url}/v1/sources/alertmanager", send_resolved: true}}]
""")
        alertmanager = self.run_process([binary, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                                         "--cluster.listen-address=", f"--storage.path={self.folder}/alertmanager"], "alertmanager")

        def post(alert):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                return post_on(connection, "/api/v2/alerts", [alert])[0] == 200
            except OSError:
                return False
            finally:
                connection.close()

        alert = {"labels": {"alertname": "DatabaseDown", "severity": "critical", "service": "ledger"},
                 "annotations": {"summary": "the primary of ledger is down"}, "startsAt": rfc3339(time.time() - 1)}
        wait_for("Alertmanager takes the alert", lambda: post(alert))
        opened = self.incident_on_kafka("open")
        self.assertEqual(opened["service"], "ledger")
        self.assertEqual(opened["title"], "the primary of ledger is down")
        self.assertEqual(opened["source"], "alertmanager-webhook")
        self.assertRegex(opened["priority"], "^P[12]$")
        self.assertTrue(post(dict(alert, endsAt=rfc3339(time.time()))))
        resolved = self.incident_on_kafka("resolved")
        self.assertEqual(resolved["incident_id"], opened["incident_id"])
        alertmanager.stop()

    def test_audience_topics_are_those_of_the_routes(self):
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        engine.post("/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical", "service": "checkout"}},
                                       {"labels": {"alertname": "CertificateExpires", "severity": "warning", "service": "blog"}}])
        incidents = wait_for("both incidents", lambda: (lambda found: found if len(found) == 2 else None)(engine.all_of("incidents")))
        self.assertEqual(len({incident["priority"] for incident in incidents}), 2)
        for incident in incidents:
            topic = "incidents.page" if incident["priority"] in ("P1", "P2") else "incidents.queue"
            other = "incidents.queue" if topic == "incidents.page" else "incidents.page"
            wait_for(f"{incident['priority']} on {topic}", lambda: self.revisions_on(topic, incident) == [1])
            self.assertEqual(self.revisions_on(other, incident), [])

    def test_what_is_refused_is_on_the_dead_letter_topic(self):
        engine = self.engine(kafka=bootstrap(), topic_prefix=self.prefix)
        status, body = engine.post("/api/v2/alerts", b'[{"labels": {"alertname": "cut off"')
        self.assertEqual(status, 400)
        self.assertEqual(json.loads(body)["error"]["code"], "malformed")
        letters = wait_for("the dead letter", lambda: [json.loads(value) for *_, value in
                                                       read_topic(self.prefix + "tocsin.alerts.dead")])
        self.assertEqual([letter["body"] for letter in letters], ['[{"labels": {"alertname": "cut off"'])
        self.assertEqual(letters[0]["errors"][0]["code"], "malformed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
