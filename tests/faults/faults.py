"""What the fault tests are made of: an engine that can be preloaded, a Kafka of one's own, folders with a size.

Environment, beside that of tests/delivery: TOCSIN_FAULT_SHIM (shim.py), TOCSIN_FAULTS_LONG=1 for long runs, TOCSIN_SEED to repeat a run.
"""

import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, Engine, Process, WAIT_SECONDS, bootstrap, missing, post_on, rfc3339, wait_for  # noqa: E402

LONG = os.environ.get("TOCSIN_FAULTS_LONG") == "1"
KAFKA = os.environ.get("TOCSIN_KAFKA_DIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "kafka")

# An incident is closed a second after its end, so that a test sees the close.
RULES = """
tocsin: 1
ruleset: faults
dedup: {resolve: {expire: 5m}, reopen: {within: 1s}, flap: none}
correlate: [{id: faults.service, kind: group, when: severity >= warning, by: [service], window: {idle: 1h, max: 4h}}]
route:
  - {id: faults.page, when: 'incident.priority in ["P1", "P2"]', topic: incidents.page, final: true}
  - {id: faults.queue, topic: incidents.queue}
"""


def seed():
    return int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(1 << 32)))


class FaultEngine(Engine):
    """An engine with rules of ours, flags and an environment; both are those of the next start."""

    def __init__(self, folder, rules=RULES, flags=(), environment=None, binary=None, data=None, **options):
        super().__init__(folder, **options)
        self.rules = os.path.join(folder, "rules.yaml")
        with open(self.rules, "w", encoding="utf-8") as file:
            file.write(rules)
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(f"rules: {json.dumps(self.rules)}\nwatch_rules: false\n")
        if data:
            with open(self.config, encoding="utf-8") as file:
                text = file.read()
            with open(self.config, "w", encoding="utf-8") as file:
                file.write(text.replace(f"data: {json.dumps(self.data)}", f"data: {json.dumps(data)}"))
            self.data = data
        self.flags, self.environment, self.binary = list(flags), dict(environment or {}), binary

    def launch(self):
        """Starts the process and waits for nothing."""
        self.starts += 1
        log = os.path.join(self.folder, f"engine-{self.starts}.log")
        command = [self.binary or os.environ["TOCSIN_BIN"], "run", "--config", self.config, *self.flags]
        self.process = Process(command, log, self.environment)
        return self

    def start(self):
        self.launch()

        def ready():
            if not self.process.alive():
                raise AssertionError(f"the engine ended while starting, with {self.process.popen.returncode}:\n" + self.process.output()[-4000:])
            return re.search(r"tocsin is ready: http://([0-9.]+):(\d+)", self.process.output())

        match = wait_for("the engine's ready line", ready)
        self.host, self.port = match.group(1), int(match.group(2))
        return self

    def start_is_refused(self):
        """A start that must not come to be: its exit code and what it said."""
        self.launch()
        wait_for("the end of a start that cannot be", lambda: not self.process.alive())
        return self.process.popen.returncode, self.process.output()

    def ask(self, path, method="GET", value=None):
        """Status and text of any answer."""
        connection = self.connect()
        try:
            body = None if value is None else json.dumps(value).encode()
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def health(self):
        return self.ask("/-/healthy")[:2]

    def is_ready(self):
        return self.ask("/-/ready")[0] == 200


class OwnKafka:
    """A broker that may be ended and brought back."""

    def __init__(self, folder):
        self.folder = folder
        self.bootstrap = None

    def call(self, command, *arguments):
        return subprocess.run([os.path.join(KAFKA, command), *arguments], capture_output=True, timeout=300, check=False, text=True)

    def start(self):
        done = self.call("start", "--data", self.folder)
        if done.returncode != 0:
            missing("no Kafka of our own can be started: " + done.stderr[-500:])
        self.bootstrap = done.stdout.strip()
        return self

    def kill(self):
        self.call("stop", "--kill", self.folder)

    def configure(self, *arguments):
        done = self.call("tool", "configs", "--bootstrap-server", self.bootstrap, *arguments)
        assert done.returncode == 0, done.stderr[-800:]

    def make_topic(self, name, *settings):
        arguments = ["topics", "--bootstrap-server", self.bootstrap, "--create", "--if-not-exists", "--topic", name, "--partitions", "2"]
        for setting in settings:
            arguments += ["--config", setting]
        done = self.call("tool", *arguments)
        assert done.returncode == 0, done.stderr[-800:]


class FaultTest(DeliveryTest):
    def engine(self, start=True, **options):
        engine = FaultEngine(os.path.join(self.folder, f"engine{len(self.running)}"), **options)
        self.running.append(engine)
        return engine.start() if start else engine

    def own_kafka(self):
        kafka = OwnKafka(os.path.join(self.folder, "kafka"))
        self.addCleanup(kafka.kill)
        return kafka.start()

    def small_disk(self, megabytes):
        """A folder of its own file system, so large; unmounted with the test."""
        folder = os.path.join(self.folder, f"disk{len(self.running)}")
        os.mkdir(folder)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, text=True,
                                 check=False)
        if mounted.returncode != 0:
            missing("no small file system can be mounted (that needs root): " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        return folder


__all__ = ["FaultTest", "FaultEngine", "KAFKA", "LONG", "OwnKafka", "RULES", "WAIT_SECONDS", "bootstrap", "missing", "post_on", "rfc3339",
           "seed", "wait_for"]
