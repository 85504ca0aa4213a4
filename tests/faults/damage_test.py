"""Files of the data folder are damaged while the engine is down: the start is refused with a sentence, `--accept-loss` goes on, and what
is told then contradicts nothing that was told before. (A thousand cases of this are tested below the process, in tests/runtime.)"""

import os
import random
import shutil
import unittest

from faults import FaultTest, bootstrap, seed, wait_for
from load import Load
from oracle import Records, check_metrics, check_state, wait_until_closed


def log_files(folder):
    """The files of the log that hold something, oldest first."""
    log = os.path.join(folder, "log")
    return [os.path.join(log, name) for name in sorted(os.listdir(log)) if name.endswith(".log")]


def oldest(folder):
    return log_files(folder)[0]


def newest(folder):
    return log_files(folder)[-1]


def used_bytes(path):
    """Of a preallocated file: up to the last byte that is not zero."""
    with open(path, "rb") as file:
        return len(file.read().rstrip(b"\0"))


def flip(path, part, draw):
    at = int(used_bytes(path) * part)
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << draw.randrange(8))]))


def zero_page(path, part):
    at = int(used_bytes(path) * part) // 4096 * 4096
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"\0" * 4096)


def cut(path, size):
    with open(path, "r+b") as file:
        file.truncate(used_bytes(path) - size)


class DamageTest(FaultTest):
    def history(self, kafka=False):
        """An engine that was killed, with its sinks, and an older copy of its folder."""
        events = os.path.join(self.folder, "events.ndjson")
        options = {"kafka": bootstrap(), "topic_prefix": self.prefix} if kafka else {}
        engine = self.engine(events=events, **options)
        self.load = Load(seed(), conditions=24, name="Damage", weight=8000)
        self.load.start(engine)
        self.load.wait_for_bodies(60)
        self.load.stop()
        self.assertEqual(engine.stop(), 0)
        self.older = engine.data + ".older"
        shutil.copytree(engine.data, self.older)
        engine.start()
        self.load.start(engine)
        self.load.wait_for_bodies(200)
        self.load.stop()
        engine.wait_until_delivered()
        engine.kill()
        self.assertGreater(len(log_files(engine.data)), 2, "the history fills several files of the log")
        self.whole = engine.data + ".whole"
        shutil.copytree(engine.data, self.whole)
        self.events = events
        self.whole_events = events + ".whole"
        shutil.copyfile(events, self.whole_events)
        return engine

    def restore(self, engine):
        if engine.process.alive():
            engine.kill()
        engine.flags = []
        shutil.rmtree(engine.data)
        shutil.copytree(self.whole, engine.data)
        shutil.copyfile(self.whole_events, self.events)

    def is_refused(self, engine, what):
        code, text = engine.start_is_refused()
        self.assertEqual(code, 1, f"{what}: {text}")
        self.assertIn("--accept-loss", text, what)
        self.assertIn(engine.data, text, f"{what}: says which file")
        self.assertLess(len(text.splitlines()), 25, f"{what}: a sentence, not a dump")
        return text

    def goes_on(self, engine, what, number, kafka=False):
        """With the loss accepted: opens, takes, closes, and contradicts nothing."""
        records = Records(self)
        records.add_file(self.whole_events)
        told = dict(records.revisions)
        engine.flags = ["--accept-loss"]
        engine.start()
        engine.flags = []
        load = Load(number, name="Damage", conditions=24)  # the same conditions again: they meet what is left of the old ones
        load.positions = dict(self.load.positions)           # none of these may be answered again
        for condition in load.conditions:
            condition.words = max(condition.words, 1)        # all may fire, from before: all are to be ended
        load.start(engine)
        load.wait_for_bodies(30)
        load.stop()
        load.resolve_all(engine)
        wait_until_closed(engine)
        engine.wait_until_delivered()
        records.add_file(self.events)
        if kafka:
            records.add_kafka([self.prefix + topic for topic in ("tocsin.incidents.events", "incidents.page", "incidents.queue")])
        records.check_order(lost_between=True)
        check_metrics(self, engine)
        self.assertTrue(set(records.revisions) - set(told), f"{what}: something is told after the loss")
        # Incidents of before may take in what fires after it; those that are new end here.
        opened = {incident for incident, _ in records.revisions} - {incident for incident, _ in told}
        for incident in opened:
            self.assertNotIn(incident, records.open_ones(), f"{what}: what was opened after the loss is closed")
        engine.kill()
        engine.start()  # needs no flag any more
        self.assertEqual(engine.stop(), 0)

    def test_each_damage_is_refused_and_can_be_accepted(self):
        number = seed()
        draw = random.Random(number)
        engine = self.history()

        def put_older(name):
            shutil.copyfile(os.path.join(self.older, name), os.path.join(engine.data, name))

        cases = {
            "a bit flipped at a tenth of the log": lambda: flip(oldest(engine.data), 0.1, draw),
            "a bit flipped in the middle of the log": lambda: flip(newest(engine.data), 0.5, draw),
            "a bit flipped at its end": lambda: flip(newest(engine.data), 0.999, draw),
            "a page of zeros": lambda: zero_page(newest(engine.data), 0.4),
            "the last 50 bytes cut off": lambda: cut(newest(engine.data), 50),
            "the last 4096 bytes cut off": lambda: cut(newest(engine.data), 4096),
            "its last page zeros": lambda: zero_page(newest(engine.data), 0.9999),
            "the log's last file missing": lambda: os.remove(newest(engine.data)),
            "a file in its middle missing": lambda: os.remove(log_files(engine.data)[1]),
            "the log's last file in an older copy": lambda: put_older(os.path.relpath(newest(self.older), self.older)),
            "the mark missing": lambda: os.remove(os.path.join(engine.data, "mark")),
            "the identity missing": lambda: os.remove(os.path.join(engine.data, "identity")),
        }
        for turn, (what, damage) in enumerate(cases.items()):
            with self.subTest(what):
                self.restore(engine)
                damage()
                before = snapshot(engine.data)
                self.is_refused(engine, what)
                self.assertEqual(snapshot(engine.data), before, f"{what}: a refused start changes nothing")
                self.goes_on(engine, what, number + turn + 1)

    def test_an_older_copy_of_the_whole_folder_is_told_by_its_sinks(self):
        engine = self.history()
        shutil.rmtree(engine.data)
        shutil.copytree(self.older, engine.data)
        self.is_refused(engine, "an older copy")
        self.goes_on(engine, "an older copy", seed())

    def test_kafka_and_the_file_are_not_contradicted_after_a_loss(self):
        number = seed()
        engine = self.history(kafka=True)
        flip(oldest(engine.data), 0.1, random.Random(number))
        self.is_refused(engine, "a flipped bit")
        self.goes_on(engine, "a flipped bit", number + 1, kafka=True)

    def test_a_mark_that_is_damaged_or_old_takes_nothing_away(self):
        number = seed()
        draw = random.Random(number)
        engine = self.history()
        mark = os.path.join(engine.data, "mark")
        for what, damage in {"flipped": lambda: flip(mark, draw.random(), draw), "cut": lambda: cut(mark, 1),
                             "older": lambda: shutil.copyfile(os.path.join(self.older, "mark"), mark)}.items():
            with self.subTest(what):
                self.restore(engine)
                damage()
                engine.launch()
                wait_for("a refusal or a start", lambda: not engine.process.alive() or "tocsin is ready" in engine.process.output())
                if engine.process.alive():  # it is kept twice, and the log says itself what is in it
                    engine.kill()
                    engine.start()
                    check_state(self, engine, self.load, f"with a mark that is {what}")
                    engine.kill()
                else:
                    self.assertIn("--accept-loss", engine.process.output())

    def test_what_is_whole_starts(self):
        engine = self.history()
        engine.start()
        check_state(self, engine, self.load)
        self.load.resolve_all(engine)
        wait_until_closed(engine)
        self.assertEqual(engine.stop(), 0)
        wait_for("its end", lambda: not engine.process.alive())


def snapshot(folder):
    """Names and contents of the log's files; locks and the database's own notes aside."""
    found = {}
    for name in ["mark", "identity", *(os.path.relpath(path, folder) for path in log_files(folder))]:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


if __name__ == "__main__":
    unittest.main(verbosity=2)
