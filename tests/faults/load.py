"""One writer of load: threads that tell of conditions that open, repeat, change and close, and keep what was answered.

All choices come from the seed. A thread owns its conditions and tells of each in order, so what must be true of a condition follows
from the answers to its words: the newest that was answered 2xx, or one of those behind it whose answer nobody saw.
"""

import http.client
import json
import random
import threading
import time

from harness import rfc3339

SOURCES = ("alertmanager", "webhook", "generic")
PATHS = {"alertmanager": "/api/v2/alerts", "webhook": "/v1/sources/alertmanager", "generic": "/v1/sources/generic"}
LEASE = 240  # what senders state as the end of what fires, as Prometheus does: 4 minutes from now


class Word:
    """What was said of a condition, once."""

    def __init__(self, number, fires):
        self.number, self.fires = number, fires


class Condition:
    """What a thread says of it, and what of that counts."""

    def __init__(self, name, source, service, alone):
        self.name, self.source, self.service, self.alone = name, source, service, alone
        self.words = 0
        self.said = None        # the newest word that was answered 2xx
        self.unknown = []       # words behind it that may be in or not
        self.ended = 0.0        # when the newest end was, by the sender's clock
        self.began = 0.0
        self.turned = 0.0       # the later of both
        self.openings = []      # numbers of the words that opened it beyond doubt
        self.acknowledged = 0

    @property
    def fires(self):
        return self.said is not None and self.said.fires

    @property
    def is_certain(self):
        return not self.unknown

    def title(self, number):
        return f"{self.name} word {number}"

    def possible(self):
        """Words of which one is the newest that the engine knows; None: none at all."""
        return [self.said] + self.unknown


class Load:
    """Threads × conditions. Stop it before reading what it knows."""

    def __init__(self, seed, threads=3, conditions=12, name="Load", clock=time.time, weight=0, weight_in="noise"):
        """`weight`: bytes that each firing word carries and that no packing makes smaller, so that the log grows; in which annotation. A
        `description` goes into records as well."""
        print(f"TOCSIN_SEED={seed}", flush=True)
        self.seed, self.clock, self.weight, self.weight_in = seed, clock, weight, weight_in
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.conditions = []
        self.per_thread = []
        for thread in range(threads):
            own = []
            for n in range(conditions):
                source = SOURCES[(thread + n) % len(SOURCES)]
                alone = n % 3 != 0  # in an incident of its own; the others share one by four
                service = f"{name}-{thread}-{n}" if alone else f"{name}-shared-{(thread * conditions + n) // 12}"
                own.append(Condition(f"{name}{thread}x{n}", source, service, alone))
            self.per_thread.append(own)
            self.conditions += own
        self.draws = [random.Random(f"{seed}/{thread}") for thread in range(threads)]
        self.positions = {}     # position → the body that was answered with it
        self.acknowledged = 0   # alerts in bodies that were answered 2xx
        self.bodies = 0
        self.refused = 0        # bodies that were answered 503
        self.refusals = {}      # code of the answer → how often
        self.slowest = 0.0      # seconds that an answer took
        self.opened_by_doubt = 0
        self.running = []
        self.ended = threading.Event()
        self.failure = None

    # ---- running

    def start(self, engine):
        self.ended = threading.Event()
        self.running = [threading.Thread(target=self.run, args=(engine, self.ended, number)) for number in range(len(self.per_thread))]
        for thread in self.running:
            thread.start()

    def stop(self):
        self.ended.set()
        for thread in self.running:
            thread.join(120)
            assert not thread.is_alive(), "a sender hangs"
        self.running = []
        if self.failure:
            raise self.failure

    def wait_for_bodies(self, more, seconds=60):
        """Until so many more bodies were answered 2xx."""
        with self.changed:
            wanted = self.bodies + more
            if not self.changed.wait_for(lambda: self.bodies >= wanted or self.failure, seconds):
                raise AssertionError(f"only {self.bodies} of {wanted} bodies were answered 2xx within {seconds} s; refused: {self.refused}")

    def wait_for_refusals(self, more, seconds=60):
        """Until so many more were answered 503."""
        with self.changed:
            wanted = self.refused + more
            if not self.changed.wait_for(lambda: self.refused >= wanted or self.failure, seconds):
                raise AssertionError(f"only {self.refused} of {wanted} bodies were refused within {seconds} s")

    def run(self, engine, ended, number):
        connection = engine.connect()
        try:
            while not ended.is_set():
                try:
                    if self.say_something(connection, number) == 503:
                        ended.wait(0.02)  # as a sender would, only sooner
                except (OSError, http.client.HTTPException):
                    connection.close()
                    if ended.wait(0.01) or not engine.process.alive():
                        return
                    connection = engine.connect()
        except AssertionError as failure:
            with self.changed:
                self.failure = failure
                self.changed.notify_all()
        finally:
            connection.close()

    def say_something(self, connection, number):
        draw, own = self.draws[number], self.per_thread[number]
        source = draw.choice(SOURCES)
        chosen = [condition for condition in own if condition.source == source and draw.random() < 0.5]
        words = []
        now = self.clock()
        for condition in chosen:
            what = draw.random()
            if now < condition.turned + 0.01:
                continue  # times are told in milliseconds: ends and starts of one instant would mean either
            if condition.fires and condition.is_certain and what < 0.35:
                words.append((condition, self.word(condition, fires=False)))
            elif condition.fires and condition.is_certain and what < 0.6 and condition.said.number:
                words.append((condition, condition.said))  # a repeat: the same words
            elif condition.is_certain or what < 0.8:
                words.append((condition, self.word(condition, fires=True)))
            else:
                words.append((condition, self.word(condition, fires=False)))
        return self.say(connection, source, words) if words else None

    def word(self, condition, fires):
        condition.words += 1
        return Word(condition.words, fires)

    # ---- words and answers

    def say(self, connection, source, words):
        """Posts a body; gives the status. Raises when there is no answer: then nobody knows."""
        alerts = []
        for condition, word in words:
            alerts.append(self.text(condition, word))
        value = {"alertmanager": alerts, "generic": alerts,
                 "webhook": {"version": "4", "status": "firing", "receiver": "tocsin", "alerts": alerts}}[source]
        body = json.dumps(value).encode()
        with self.lock:
            for condition, word in words:
                if word is not condition.said:
                    condition.unknown.append(word)  # until somebody says otherwise
        began = time.monotonic()
        connection.request("POST", PATHS[source], body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        took = time.monotonic() - began
        with self.changed:
            self.slowest = max(self.slowest, took)
            if answer.status // 100 != 2:
                assert answer.status == 503, f"only 503 may refuse a good body: {answer.status} {text[:300]!r}"
                self.refused += 1
                code = json.loads(text)["error"]["code"]
                self.refusals[code] = self.refusals.get(code, 0) + 1
                self.changed.notify_all()
                # Refused at the door, or given up while it was on its way to the disk: what becomes of it is not said.
                return answer.status
            said = json.loads(text) if text else {}
            if said:
                assert said["accepted"] == len(words) and not said["rejected"], f"a good alert was refused: {said}"
                position = int(said["position"])
                assert position not in self.positions, f"position {position} was answered twice"
                self.positions[position] = body
            for condition, word in words:
                self.heard(condition, word)
            self.acknowledged += len(words)
            self.bodies += 1
            self.changed.notify_all()
        return answer.status

    def heard(self, condition, word):
        condition.acknowledged += 1
        if word is condition.said:
            return
        certain = condition.unknown == [word]
        was_open = condition.fires
        condition.said, condition.unknown = word, []
        if word.fires and not was_open:
            if certain:
                condition.openings.append(word.number)
            else:
                self.opened_by_doubt += 1

    def text(self, condition, word):
        now = self.clock()
        if word.fires:
            if condition.began <= condition.ended:  # a new life
                condition.began = condition.turned = now
        else:
            condition.ended = condition.turned = now
        labels = {"alertname": condition.name, "service": condition.service, "severity": "critical" if condition.alone else "warning"}
        title = condition.title(word.number)
        noise = {}
        if self.weight and word.fires:  # the same again in a repeat of the word
            noise = {self.weight_in: random.Random(f"{self.seed}/{title}").randbytes(self.weight // 2).hex()}
        if condition.source == "generic":
            alert = {**labels, "annotations": noise, "title": title, "status": "firing" if word.fires else "resolved", "starts_at": rfc3339(condition.began),
                     "key": condition.name}
            if not word.fires:
                alert["ends_at"] = rfc3339(condition.ended)
            return alert
        alert = {"labels": labels, "annotations": {"summary": title, **noise}, "startsAt": rfc3339(condition.began)}
        if condition.source == "webhook":
            alert["status"] = "firing" if word.fires else "resolved"
            alert["endsAt"] = "0001-01-01T00:00:00Z" if word.fires else rfc3339(condition.ended)
        else:
            alert["endsAt"] = rfc3339(now + LEASE if word.fires else condition.ended)
        return alert

    def resolve_all(self, engine):
        """Ends every condition that was ever told; each must be answered 2xx."""
        time.sleep(0.02)  # see say_something
        connection = engine.connect()
        try:
            for source in SOURCES:
                told = [condition for condition in self.conditions if condition.source == source and condition.words]
                for begin in range(0, len(told), 50):
                    words = [(condition, self.word(condition, fires=False)) for condition in told[begin:begin + 50]]
                    status = self.say(connection, source, words)
                    assert status // 100 == 2, f"a resolve was refused: {status}"
        finally:
            connection.close()

    def __str__(self):
        return (f"{self.bodies} bodies and {self.acknowledged} alerts acknowledged, {self.refused} bodies refused {self.refusals or ''}, "
                f"slowest answer {self.slowest:.2f} s")
