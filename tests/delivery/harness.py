"""What the delivery tests are made of: the real engine as a process, a real Kafka, and waiting for conditions.

Environment: TOCSIN_BIN the engine; TOCSIN_TEST_BOOTSTRAP the broker. Without a broker the tests are skipped, visibly; with CI=true
that is a failure. Everything listens on loopback, and only processes started here are ended.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

WAIT_SECONDS = 60  # for any one condition; generous, because machines are slow under sanitizers


def wait_for(what, condition, seconds=WAIT_SECONDS):
    """Asks until the condition gives something true, and gives that; fails with `what` when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def tool(*names):
    """The path of the first program of these that is installed; skips the test (fails it under CI) when none is."""
    for name in names:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if found:
            return found
    missing(f"{names[0]} is not installed; deploy/setup test installs it")


def missing(why):
    if os.environ.get("CI") == "true":
        raise AssertionError(f"CI must not skip: {why}")
    print(f"SKIPPED: {why}", flush=True)
    raise unittest.SkipTest(why)


def bootstrap():
    given = os.environ.get("TOCSIN_TEST_BOOTSTRAP")
    if not given:
        missing("no Kafka: TOCSIN_TEST_BOOTSTRAP is not set; deploy/test starts one")
    return given


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rfc3339(seconds):
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1000):03d}Z"


class Process:
    """A program in a session of its own, with its output in a file; ended by its own id at the latest with the test."""

    def __init__(self, command, log, environment=None):
        """`environment` comes on top of ours."""
        self.log = log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                          start_new_session=True, env={**os.environ, **(environment or {})})

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            return text.read()

    def alive(self):
        return self.popen.poll() is None

    def kill(self):
        """kill -9: nothing of the program runs after this."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self, seconds=WAIT_SECONDS):
        """SIGTERM, and its exit code."""
        if self.alive():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("SIGTERM did not end it:\n" + self.output()[-2000:])
        return self.popen.returncode


class Engine:
    """`tocsin run` on a folder of its own; start it again and it goes on where it was."""

    def __init__(self, folder, kafka=None, topic_prefix="", events=None, extra=""):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.data = os.path.join(folder, "data")
        self.config = os.path.join(folder, "tocsin.yaml")
        self.prefix = topic_prefix
        lines = ["listen: 127.0.0.1:0", f"data: {json.dumps(self.data)}"]
        if events:
            lines.append(f"events: {json.dumps(events)}")
        if kafka:
            lines += ["kafka:", f"  bootstrap: {json.dumps(kafka)}", f"  topic_prefix: {json.dumps(topic_prefix)}",
                      "  partitions: 2"]
        if extra:
            lines.append(extra)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.process = None
        self.starts = 0

    def start(self):
        self.starts += 1
        log = os.path.join(self.folder, f"engine-{self.starts}.log")
        self.process = Process([os.environ["TOCSIN_BIN"], "run", "--config", self.config], log)

        def ready():
            if not self.process.alive():
                raise AssertionError("the engine ended while starting:\n" + self.process.output()[-4000:])
            return re.search(r"tocsin is ready: http://([0-9.]+):(\d+)", self.process.output())

        match = wait_for("the engine's ready line", ready)
        self.host, self.port = match.group(1), int(match.group(2))
        return self

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=WAIT_SECONDS)

    def get(self, path):
        connection = self.connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise AssertionError(f"GET {path}: {answer.status} {body[:500]!r}")
            return body.decode()
        finally:
            connection.close()

    def post(self, path, value):
        connection = self.connect()
        try:
            return post_on(connection, path, value)
        finally:
            connection.close()

    def all_of(self, kind):
        """All pages of /v1/incidents or /v1/alerts."""
        found, after = [], ""
        while True:
            page = json.loads(self.get(f"/v1/{kind}?limit=1000{after}"))
            found += page[kind]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    def metric(self, name):
        """The sum of a family's samples."""
        total = 0.0
        for line in self.get("/metrics").splitlines():
            match = re.match(rf"{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)", line)
            if match:
                total += float(match.group(1))
        return total

    def wait_until_delivered(self):
        wait_for("all effects confirmed by their sinks", lambda: self.metric("tocsin_effects_waiting") == 0)

    def kill(self):
        self.process.kill()

    def stop(self):
        return self.process.stop()


def post_on(connection, path, value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def read_topic(topic):
    """All records of a topic now, as kcat, an independent reader, sees them: [(partition, offset, key, headers, value)]."""
    command = [tool("kcat", "kafkacat"), "-C", "-q", "-e", "-b", bootstrap(), "-t", topic, "-o", "beginning",
               "-f", "%p\x1f%o\x1f%k\x1f%h\x1f%s\x1e"]
    out = subprocess.run(command, capture_output=True, timeout=120, check=False)
    if b"Unknown topic or partition" in out.stderr:
        return []  # topics are made when they are first needed
    if out.returncode != 0:
        raise AssertionError(f"kcat: {out.stderr.decode()[-500:]}")
    records = []
    for record in out.stdout.split(b"\x1e")[:-1]:
        partition, offset, key, headers, value = record.split(b"\x1f")
        named = dict(part.split("=", 1) for part in headers.decode().split(",") if "=" in part)
        records.append((int(partition), int(offset), key.decode(), named, value))
    return records


def check_history(records, test):
    """What every consumer relies on, of all records of the events topic: gives incident id → its newest revision's value.

    All copies of (incident, revision) are byte-identical; revisions begin at 1 and have no gap, counted by first appearance; an
    incident's records are on one partition.
    """
    copies, order, partitions = {}, {}, {}
    for partition, _, key, headers, value in records:
        record = json.loads(value)
        test.assertEqual(key, record["incident_id"])
        test.assertEqual(headers["ce_subject"], key)
        test.assertEqual(headers["tocsin-revision"], str(record["revision"]))
        test.assertEqual(headers["tocsin-priority"], record["priority"])
        test.assertEqual(partitions.setdefault(key, partition), partition, "an incident is on one partition")
        known = copies.setdefault((key, record["revision"]), value)
        test.assertEqual(known, value, f"two copies of {key} revision {record['revision']} differ")
        seen = order.setdefault(key, [])
        if record["revision"] not in seen:
            seen.append(record["revision"])
    for incident, revisions in order.items():
        test.assertEqual(revisions, list(range(1, len(revisions) + 1)), f"revisions of {incident} in order of appearance")
    return {incident: json.loads(copies[(incident, revisions[-1])]) for incident, revisions in order.items()}


class DeliveryTest(unittest.TestCase):
    """A folder of its own, removed when the test passed; processes and engines are ended in any case."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tocsin-delivery-")
        self.prefix = f"t{uuid.uuid4().hex[:10]}."
        self.running = []

    def tearDown(self):
        for process in self.running:
            if isinstance(process, Engine):
                process = process.process
            if process is not None and process.alive():
                process.kill()
        failed = any(error for _, error in getattr(self._outcome, "errors", [])) or (
            getattr(self._outcome, "result", None) is not None and
            any(case is self for case, _ in self._outcome.result.failures + self._outcome.result.errors))
        if failed:
            print(f"kept for a look: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def engine(self, **options):
        engine = Engine(os.path.join(self.folder, f"engine{len(self.running)}"), **options)
        self.running.append(engine)
        return engine.start()

    def run_process(self, command, name):
        process = Process(command, os.path.join(self.folder, name + ".log"))
        self.running.append(process)
        return process
