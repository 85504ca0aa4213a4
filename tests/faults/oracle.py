"""The judge of what an engine did with what it was told, knowing only answers, records and the promise.

Every 2xx is an obligation; readers of the API, the events file and the real Kafka see the same; revisions begin at 1 and have no gap;
no revision and no name of an effect has two contents; what was opened is closed once everything has ended.
"""

import json
import os
import subprocess
import time

from harness import read_topic, wait_for

APPLIED_SECONDS = 20  # at most, from an answer to what a query shows
LOSS_GAP = 1 << 19  # the engine goes on higher than this above what it still knows


class Records:
    """Everything that left the engine, from all the places where it can be read, judged while it is read in."""

    def __init__(self, test):
        self.test = test
        self.revisions = {}  # (incident, revision) → value, as bytes
        self.names = {}      # event_id → (key, value)
        self.headers = {}    # (topic, ce_id, value) → headers: the same wherever it is read
        self.seen = {}       # place → incident → revisions in order of first appearance
        self.titles = set()  # of all records and the alerts that they list
        self.members = set()  # names of the alerts that they list

    def add(self, place, topic, key, headers, value):
        """`place`: which reader and topic; there the order counts."""
        test = self.test
        record = json.loads(value)
        name = headers["ce_id"]
        known = self.headers.setdefault((topic, name, value), headers)
        test.assertEqual(known, headers, f"two copies of {name} on {topic} have other headers")
        if "incident_id" not in record:  # a dead letter
            known = self.names.setdefault(name, (key, value))
            test.assertEqual(known, (key, value), f"{place}: two contents under the name {name}")
            return
        incident, revision = record["incident_id"], record["revision"]
        test.assertEqual(name, record["event_id"])
        test.assertEqual(headers["ce_subject"], incident)
        test.assertEqual(headers["tocsin-revision"], str(revision))
        known = self.revisions.setdefault((incident, revision), value)
        test.assertEqual(known, value, f"{place}: two contents of {incident} revision {revision}")
        known = self.names.setdefault(name, (incident, value))
        test.assertEqual(known, (incident, value), f"{place}: two contents under the name {name}")
        revisions = self.seen.setdefault(place, {}).setdefault(incident, [])
        if revision not in revisions:
            revisions.append(revision)
        self.titles.add(record["title"])
        for alert in record["alerts"]:
            self.members.add(alert["name"])
            self.titles.add(alert["title"])

    def add_file(self, path, torn=False):
        """The lines of an events file; `torn`: its last line may be a half one, since nobody has come back to cut it."""
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        if not torn:
            self.test.assertEqual(lines[-1], b"", "the file ends with a whole line")
        for line in lines[:-1]:
            outer = json.loads(line)
            begin = line.index(b'},"value":') + len(b'},"value":')  # the headers end there: no quote of a text looks so
            self.add(f"file {outer['topic']}", outer["topic"], outer["key"], outer["headers"], line[begin:-1])

    def add_kafka(self, topics, bootstrap=None):
        """All that is on these topics now."""
        with at_bootstrap(bootstrap):
            for topic in topics:
                for _, _, key, headers, value in read_topic(topic):
                    if value:  # a tombstone says nothing
                        self.add(f"kafka {topic}", topic, key, headers, value)

    def newest(self):
        """incident → its newest record."""
        found = {}
        for (incident, revision), value in self.revisions.items():
            if incident not in found or revision > found[incident][0]:
                found[incident] = (revision, value)
        return {incident: json.loads(value) for incident, (_, value) in found.items()}

    def check_order(self, lost_between=False):
        """Gap-free from 1 where all is told; on the topics of audiences gap-free from where they joined to the end.

        `lost_between`: the engine has gone on after a loss that was accepted. Histories may break off there, or go on far above; never
        may they be told otherwise."""
        newest = {incident: record["revision"] for incident, record in self.newest().items()}
        for place, incidents in self.seen.items():
            whole = place.endswith(".events") or place.endswith(".state")
            for incident, revisions in incidents.items():
                steps = [after - before for before, after in zip(revisions, revisions[1:])]
                gaps = [step for step in steps if step != 1 and not (lost_between and step > LOSS_GAP)]
                well = not gaps and (lost_between or revisions[-1] == newest[incident]) and (revisions[0] == 1 or not whole)
                self.test.assertTrue(well, f"{place}: revisions of {incident} in order of first appearance: {revisions}; "
                                           f"the newest told anywhere is {newest[incident]}")
            if whole and not lost_between:
                self.test.assertEqual(set(incidents), set(newest), f"{place}: every incident is told, and no other")

    def check_audiences(self, topics):
        """At least one of the topics was given each incident, from its opening."""
        places = [place for place in self.seen if any(place.endswith(topic) for topic in topics)]
        for incident in self.newest():
            self.test.assertTrue(any(1 in self.seen[place].get(incident, []) for place in places), f"no audience has seen {incident} open")

    def open_ones(self):
        return {incident: record for incident, record in self.newest().items() if record["status"] not in ("closed", "merged")}


class at_bootstrap:
    """Makes the harness read another broker than the shared one."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def __enter__(self):
        self.before = os.environ.get("TOCSIN_TEST_BOOTSTRAP")
        if self.bootstrap:
            os.environ["TOCSIN_TEST_BOOTSTRAP"] = self.bootstrap

    def __exit__(self, *_):
        if self.bootstrap and self.before is not None:
            os.environ["TOCSIN_TEST_BOOTSTRAP"] = self.before
        elif self.bootstrap:
            del os.environ["TOCSIN_TEST_BOOTSTRAP"]


# ---- what must be in the engine

def check_state(test, engine, load, when=""):
    """Each condition is as its newest acknowledged word says, or as a later word whose answer nobody saw. An answer says that a word
    is durable; what is seen of it may come a moment later."""
    end = time.monotonic() + APPLIED_SECONDS
    while True:
        alerts, wrong = compare_state(engine, load)
        if not wrong or time.monotonic() > end:
            break
    test.assertEqual(wrong, [], f"{len(wrong)} acknowledged alerts are not what they must be {when}")
    return alerts


def compare_state(engine, load):
    """The alerts by name, and what of them is not as it must be."""
    alerts = {}
    for alert in engine.all_of("alerts"):
        alerts[alert["labels"]["alertname"]] = alert
    wrong = []
    for condition in load.conditions:
        alert = alerts.get(condition.name)
        possible = condition.possible()
        if possible == [None]:
            continue
        if alert is None:
            # What has ended is forgotten after a while; what fires never is.
            if all(word is not None and word.fires for word in possible):
                wrong.append(f"{condition.name} is not there; it fires since word {condition.said.number}")
            continue
        fires = alert["status"] == "firing"
        title = alert["annotations"].get("summary")
        if not any(word is None or (word.fires == fires and (not fires or title == condition.title(word.number))) for word in possible):
            words = ", ".join(f"{'fires' if word.fires else 'ended'} ({word.number})" for word in possible if word)
            wrong.append(f"{condition.name} is {alert['status']} ({title}); said was: {words}")
    return alerts, wrong


def check_openings(test, records, load):
    """Each acknowledged opening of a condition that has its incident to itself is in a record."""
    lost = []
    for condition in load.conditions:
        if condition.alone:
            lost += [condition.title(number) for number in condition.openings if condition.title(number) not in records.titles]
        elif condition.acknowledged and condition.openings and condition.name not in records.members:
            lost.append(condition.name)
    test.assertEqual(lost, [], f"{len(lost)} acknowledged openings are in no record")


def check_api(test, engine, records, closed_bytes=30):
    """What the API says of its incidents is what was told of them last."""
    newest = records.newest()
    for incident in engine.all_of("incidents"):
        record = newest.get(incident["incident_id"])
        test.assertIsNotNone(record, f"{incident['incident_id']} is known to the API and was told to nobody")
        for field in ("revision", "status", "event_id", "opened_at", "active_alert_count"):
            test.assertEqual(incident[field], record[field], f"{field} of {incident['incident_id']}")
        if incident["status"] == "closed":
            test.assertEqual(incident, record)
            if closed_bytes > 0:
                closed_bytes -= 1
                raw = engine.get(f"/v1/incidents/{incident['incident_id']}").encode()
                test.assertEqual(raw, records.revisions[(incident["incident_id"], incident["revision"])], "the API's bytes are the record's")


def check_metrics(test, engine):
    """Every alert is counted as one thing, every effect is confirmed or waits."""
    page = {}
    for line in engine.get("/metrics").splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            page[name] = float(value)

    def total(family):
        return sum(value for name, value in page.items() if name == family or name.startswith(family + "{"))

    counted = sum(total(f"tocsin_alerts_{what}_total") for what in ("duplicates", "updates", "new", "resolved", "stale", "late", "refused"))
    test.assertEqual(total("tocsin_alerts_received_total"), counted, "received alerts = repeats + updates + new + resolved + stale + refused")
    test.assertEqual(total("tocsin_open_without_close_total"), 0)
    sinks = {name.split('sink="')[1].split('"')[0] for name in page if name.startswith("tocsin_effects_confirmed_total{")}
    for sink in sinks:
        told = page[f'tocsin_effects_confirmed_total{{sink="{sink}"}}'] + page[f'tocsin_effects_waiting{{sink="{sink}"}}']
        test.assertEqual(told, total("tocsin_effects_total"), f"effects = confirmed + waiting of {sink}")
    return page


def check_replay(test, engine, events):
    """The journal of an engine that has ended gives what was told, byte for byte and in that order; copies of what was not confirmed
    before a kill aside. The events file must be the only sink: it has the topics' names as replay has them."""
    out = subprocess.run([os.environ["TOCSIN_BIN"], "replay", "--data", engine.data], capture_output=True, timeout=300, check=False)
    test.assertEqual(out.returncode, 0, out.stderr.decode()[-2000:])
    with open(events, "rb") as file:
        told = list(dict.fromkeys(file.read().splitlines()))
    replayed = out.stdout.splitlines()
    for number, (live, again) in enumerate(zip(told, replayed)):
        test.assertEqual(live, again, f"line {number + 1}: told, then replayed")
    test.assertEqual(len(told), len(replayed), "as many lines told as replayed")


def wait_until_closed(engine, seconds=60):
    wait_for("every incident closed", lambda: all(
        incident["status"] == "closed" for incident in engine.all_of("incidents")), seconds)


def judge(test, engine, load, events=None, kafka_prefix=None, audiences=("incidents.page", "incidents.queue"), bootstrap=None,
          lost_between=False):
    """The whole judgement at the end: resolves everything, waits for the closes, reads everything. Gives the records.
    `lost_between`: see Records.check_order."""
    check_state(test, engine, load)
    load.resolve_all(engine)
    wait_until_closed(engine)
    engine.wait_until_delivered()
    records = Records(test)
    if events:
        records.add_file(events)
    if kafka_prefix is not None:
        topics = ["tocsin.incidents.events", "tocsin.incidents.state", "tocsin.alerts.dead", *audiences]
        records.add_kafka([kafka_prefix + topic for topic in topics], bootstrap)
    records.check_order(lost_between)
    records.check_audiences(audiences)
    check_openings(test, records, load)
    check_api(test, engine, records)
    check_metrics(test, engine)
    test.assertEqual(records.open_ones(), {}, "everything has ended, and this was not closed")
    print(f"{load}; {len(records.newest())} incidents, {len(records.revisions)} revisions; "
          f"{load.opened_by_doubt} openings whose beginning nobody saw answered", flush=True)
    return records
