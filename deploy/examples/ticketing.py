#!/usr/bin/env python3
"""A ticketing system's side of tocsin, as an example: incidents open tickets, tickets acknowledge, assign and close incidents.

  deploy/examples/ticketing.py --bootstrap 127.0.0.1:9092 --tickets tickets.db

Reads `tocsin.incidents.events`, writes `tocsin.commands`. What makes it right, in any language:
- A ticket is found by incident_id; a revision that is not newer than the ticket's is a copy, and is passed over.
- Tickets, the place up to which the topic was read, and the commands that are to be sent change in one transaction. So a crash
  anywhere loses nothing and does nothing twice.
- Each command has a command_id of its own and is sent until Kafka has it. The engine applies one id once.
- It never asks which incidents are open: every one that it was told of is told to its close.

It needs Python and kcat (apt install kcat); a program of yours would use a Kafka library.
"""

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
  number INTEGER PRIMARY KEY AUTOINCREMENT, incident TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, title TEXT NOT NULL,
  priority TEXT NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL);           -- state: new, assigned, solved, closed
CREATE TABLE IF NOT EXISTS places (part INTEGER PRIMARY KEY, next INTEGER NOT NULL);  -- where to read on
CREATE TABLE IF NOT EXISTS commands (id TEXT PRIMARY KEY, incident TEXT NOT NULL, body TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
"""

OVER = ("resolved", "closed", "merged")


class Ticketing:
    def __init__(self, bootstrap, path, prefix="", partitions=6, people=("ana", "bob")):
        self.kcat = [shutil.which("kcat") or shutil.which("kafkacat") or "kcat", "-q", "-b", bootstrap]
        self.events = prefix + "tocsin.incidents.events"
        self.commands = prefix + "tocsin.commands"
        self.partitions = partitions
        self.people = people
        self.tickets = sqlite3.connect(path, isolation_level=None)
        self.tickets.executescript(SCHEMA)

    def read(self):
        """Takes what is new on the topic; gives how many records that were."""
        count = 0
        for part in range(self.partitions):
            row = self.tickets.execute("SELECT next FROM places WHERE part = ?", (part,)).fetchone()
            command = self.kcat + ["-C", "-e", "-t", self.events, "-p", str(part), "-o", str(row[0] if row else 0), "-f", "%o\t%s\n"]
            out = subprocess.run(command, capture_output=True, timeout=120, check=False)
            for line in out.stdout.splitlines():
                offset, value = line.split(b"\t", 1)
                self.take(part, int(offset), json.loads(value))
                count += 1
        return count

    def take(self, part, offset, record):
        """One revision, with all that follows from it, in one transaction."""
        with self.tickets:
            self.tickets.execute("BEGIN IMMEDIATE")
            incident, revision = record["incident_id"], record["revision"]
            ticket = self.tickets.execute("SELECT number, revision, state FROM tickets WHERE incident = ?", (incident,)).fetchone()
            if ticket is None:
                state = "closed" if record["status"] in OVER else "new"
                cursor = self.tickets.execute(
                    "INSERT INTO tickets (incident, revision, title, priority, owner, state) VALUES (?, ?, ?, ?, ?, ?)",
                    (incident, revision, record["title"], record["priority"], record["owner"], state))
                if state == "new":
                    self.take_on(cursor.lastrowid, incident)
            elif revision > ticket[1]:
                state = "closed" if record["status"] in OVER else "new" if ticket[2] in ("solved", "closed") else ticket[2]
                if record["event_type"] == "reopened":
                    state = "new"
                self.tickets.execute("UPDATE tickets SET revision = ?, title = ?, priority = ?, owner = ?, state = ? WHERE number = ?",
                                     (revision, record["title"], record["priority"], record["owner"], state, ticket[0]))
            self.tickets.execute("INSERT INTO places VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET next = excluded.next",
                                 (part, offset + 1))

    def take_on(self, number, incident):
        """A new ticket goes to somebody, and the incident hears of it."""
        who = self.people[number % len(self.people)]
        self.tickets.execute("UPDATE tickets SET state = 'assigned' WHERE number = ?", (number,))
        self.add_command(f"ticket-{number}/ack", incident, {"command": "ack", "by": "ticketing", "text": f"ticket {number}"})
        self.add_command(f"ticket-{number}/assign", incident, {"command": "assign", "to": who, "by": "ticketing"})

    def solve(self, number, by):
        """Somebody says that a ticket is solved: the incident is resolved; the ticket closes when the engine says so."""
        with self.tickets:
            self.tickets.execute("BEGIN IMMEDIATE")
            incident, revision, state = self.tickets.execute(
                "SELECT incident, revision, state FROM tickets WHERE number = ?", (number,)).fetchone()
            if state in ("solved", "closed"):
                return
            self.tickets.execute("UPDATE tickets SET state = 'solved' WHERE number = ?", (number,))
            self.add_command(f"ticket-{number}/resolve/{revision}", incident, {"command": "resolve", "by": by})

    def add_command(self, command_id, incident, body):
        body = {"incident": incident, "command_id": command_id, **body}
        self.tickets.execute("INSERT OR IGNORE INTO commands (id, incident, body) VALUES (?, ?, ?)",
                             (command_id, incident, json.dumps(body)))

    def send(self):
        """Sends what waits, in order; a command counts as sent when the broker has it."""
        waiting = self.tickets.execute("SELECT id, incident, body FROM commands WHERE NOT sent ORDER BY rowid").fetchall()
        if not waiting:
            return 0
        lines = "".join(f"{incident}\t{body}\n" for _, incident, body in waiting)
        command = self.kcat + ["-P", "-t", self.commands, "-K", "\t", "-X", "acks=all", "-X", "partitioner=murmur2_random"]
        out = subprocess.run(command, input=lines.encode(), capture_output=True, timeout=120, check=False)
        if out.returncode != 0:
            return 0  # all of them again: the engine knows their ids
        with self.tickets:
            self.tickets.execute("BEGIN IMMEDIATE")
            self.tickets.executemany("UPDATE commands SET sent = 1 WHERE id = ?", [(row[0],) for row in waiting])
        return len(waiting)

    def all(self):
        return self.tickets.execute("SELECT number, incident, state, owner, title FROM tickets ORDER BY number").fetchall()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--bootstrap", default="127.0.0.1:9092", help="the Kafka cluster")
    options.add_argument("--tickets", default="tickets.db", help="the file of tickets (SQLite)")
    options.add_argument("--prefix", default="", help="before the names of topics")
    options.add_argument("--partitions", type=int, default=6, help="of the topic of events")
    options.add_argument("--solve", type=int, metavar="TICKET", help="say that a ticket is solved, and end")
    given = options.parse_args()
    ticketing = Ticketing(given.bootstrap, given.tickets, given.prefix, given.partitions)
    if given.solve is not None:
        ticketing.solve(given.solve, "ticketing")
        ticketing.send()
        return 0
    while True:
        if ticketing.read() + ticketing.send():
            for number, incident, state, owner, title in ticketing.all():
                print(f"{number:5} {state:9} {owner:12} {incident} {title}")
            print(flush=True)
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
