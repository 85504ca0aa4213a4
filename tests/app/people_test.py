"""What people see: the table of incidents and one incident, on a real engine, in a pipe and on a terminal."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "delivery"))
from harness import DeliveryTest, wait_for  # noqa: E402

BIN = os.environ["TOCSIN_BIN"]


def tocsin(*arguments, **more):
    out = subprocess.run([BIN, *arguments], capture_output=True, timeout=60, check=False, text=True, **more)
    return out.returncode, out.stdout, out.stderr


def alert(name, severity="critical", **labels):
    return {"labels": {"alertname": name, "severity": severity, **labels}}


class Terminal:
    """The program on a terminal of so many columns and lines; `read` gives what it has drawn within some seconds."""

    def __init__(self, arguments, columns, lines, term="xterm"):
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.main = main
        self.popen = subprocess.Popen([BIN, *arguments], stdout=other, stderr=other, stdin=subprocess.DEVNULL,
                                      env={**os.environ, "TERM": term}, start_new_session=True)
        os.close(other)
        os.set_blocking(main, False)
        self.bytes = b""

    def read(self, until, seconds=30):
        def look():
            try:
                self.bytes += os.read(self.main, 65536)
            except (BlockingIOError, OSError):
                pass
            return until(self.bytes.decode("utf-8", "replace"))
        return wait_for("what the terminal shows", look, seconds)

    def end(self):
        if self.popen.poll() is None:
            self.popen.terminate()
        self.popen.wait(30)
        os.close(self.main)
        self.main = os.open("/dev/null", os.O_RDONLY)


class PeopleTest(DeliveryTest):
    def incidents(self, engine, count):
        return wait_for("the incidents", lambda: len(engine.all_of("incidents")) >= count)

    def test_the_most_pressing_are_shown_however_many_are_newer(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [alert(f"Old{n}", service=f"old{n}") for n in range(14)])
        engine.post("/api/v2/alerts", [alert("Noise", "warning", service=f"new{n}") for n in range(160)])
        self.incidents(engine, 174)
        code, out, err = tocsin("incidents", "--server", engine.url)
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual([bool(re.match("P[1-5] ", line)) for line in lines[1:-1]], [True] * 100)
        self.assertTrue(all("Old" in line for line in lines[1:15]), out[:3000])
        self.assertEqual(lines[-1], "74 more")
        self.assertRegex(tocsin("incidents", "--server", engine.url, "--where", "service=old3")[1], r"\n.*Old3.*\n$")
        self.assertEqual(tocsin("incidents", "--server", engine.url, "--where", "nonsense")[0], 2)

    def test_only_what_is_live_unless_asked(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [alert("Gone", service="a"), alert("There", service="b")])
        engine.post("/api/v2/alerts", [{**alert("Gone", service="a"), "endsAt": "2020-01-01T00:00:00Z"}])
        wait_for("the end", lambda: "There" in tocsin("incidents", "--server", engine.url)[1] and
                 "Gone" not in tocsin("incidents", "--server", engine.url)[1])
        self.assertIn("Gone", tocsin("incidents", "--server", engine.url, "--all")[1])
        self.assertIn("Gone", tocsin("incidents", "--server", engine.url, "--status", "resolved")[1])
        code, _, err = tocsin("incidents", "--server", engine.url, "--status", "opne")
        self.assertEqual(code, 2)
        self.assertIn("no status `opne`: there is open, acknowledged, resolved, closed, merged", err)

    def test_one_incident_with_all_of_its_alerts_and_links(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [{**alert(f"N{n}", service="a", instance=f"node-{n}:9100"),
                                        "annotations": {"runbook_url": f"https://runbooks.test/{n}"}} for n in range(30)])
        self.incidents(engine, 1)
        table = tocsin("incidents", "--server", engine.url)[1]
        row = dict(zip(table.splitlines()[0].split(), table.splitlines()[1].split()))
        short = re.search(r" ([0-9a-z]{7})  ", table.splitlines()[1]).group(1)
        self.assertEqual(row["PRIO"][0], "P")
        code, out, err = tocsin("incidents", short, "--server", engine.url)
        self.assertEqual((code, err), (0, ""))
        for n in range(30):
            self.assertIn(f"N{n} on node-{n}", out)
        self.assertIn("https://runbooks.test/7", out)
        self.assertIn("inc-" + short, out)
        self.assertRegex(out, r"HISTORY\n(.*\n)*  \S+Z  revision 1, opened: ")
        self.assertEqual(json.loads(tocsin("incidents", short, "--server", engine.url, "--format", "json")[1])["alert_count"], 30)
        code, _, err = tocsin("incidents", "zzzzzz", "--server", engine.url)
        self.assertEqual(code, 1)
        self.assertIn("no incident with this id", err)

    def test_alerts_are_shown_with_their_incident_or_why_they_are_in_none(self):
        engine = self.engine()
        self.assertEqual(tocsin("alerts", "--server", engine.url)[:2], (0, "no alerts fire; --all shows those that have ended too\n"))
        engine.post("/api/v2/alerts", [alert("Down", service="a"), alert("Said", "info", service="b")])
        engine.post("/api/v2/alerts", [alert("Over", "warning", service="c")])
        engine.post("/api/v2/alerts", [{**alert("Over", "warning", service="c"), "endsAt": "2020-01-01T00:00:00Z"}])
        wait_for("the end", lambda: "Over" in tocsin("alerts", "--server", engine.url, "--all")[1] and
                 "Over" not in tocsin("alerts", "--server", engine.url)[1])
        code, out, err = tocsin("alerts", "--server", engine.url)
        self.assertEqual((code, err), (0, ""))
        head, first, second = out.splitlines()
        self.assertEqual(head.split(), "PRIO SEVERITY STATUS NAME SERVICE ON SINCE INCIDENT".split())
        short = re.search(r"^P\d +critical +firing +Down +a .* ([0-9a-z]{7})$", first).group(1)
        self.assertRegex(second, r"^P\d +info +firing +Said +b .*none: no group rule takes it: ")
        self.assertIn("Down", tocsin("alerts", "--server", engine.url, "--where", f"incident_id={short}")[1])
        self.assertEqual(tocsin("alerts", "--server", engine.url, "--where", "service=z")[1], "no alerts\n")
        code, out, _ = tocsin("alerts", "--server", engine.url, "--limit", "1")
        self.assertEqual((code, out.splitlines()[-1]), (0, "there may be more: --limit and --where say which are shown"))
        pages = tocsin("alerts", "--server", engine.url, "--all", "--format", "json")[1].splitlines()
        self.assertEqual(sorted(one["name"] for page in pages for one in json.loads(page)["alerts"]), ["Down", "Over", "Said"])
        for wrong, said in (("nonsense", "--where must be FIELD=VALUE"), ("severty=x", "severty")):
            code, out, err = tocsin("alerts", "--server", engine.url, "--where", wrong)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(said, err)

    def test_a_screen_is_never_overfull_and_nobodys_text_steers_it(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [alert("Esc\u009b2Jx\u202egnp", service=f"s{n}") for n in range(40)])
        self.incidents(engine, 40)
        for term, clears in (("xterm", True), ("dumb", False)):
            terminal = Terminal(["incidents", "--server", engine.url, "--watch"], 80, 20, term)
            self.addCleanup(terminal.end)
            shown = terminal.read(lambda text: text if (" more" in text or not clears) and "Esc" in text else None)
            self.assertNotRegex(shown, "[\u0080-\u009f\u202a-\u202e\u2066-\u2069]")
            self.assertIn("\ufffd", shown)
            self.assertEqual("\033[" in shown, clears, term)
            screen = re.sub(r"\033\[[0-9;]*[A-Za-z]", "", shown.split(" more")[0])
            if clears:
                self.assertLessEqual(screen.count("\n"), 20)
                self.assertLessEqual(max(len(line.rstrip("\r")) for line in screen.split("\n")), 80)

    def test_a_token_and_an_ipv6_address(self):
        tokens = os.path.join(self.folder, "tokens")
        with open(tokens, "w", encoding="utf-8") as file:
            file.write("# for people\nsecret-of-people\n")
        engine = self.engine(extra=f"http:\n  token_file: {json.dumps(tokens)}")
        code, _, err = tocsin("incidents", "--server", engine.url)
        self.assertEqual(code, 1)
        self.assertIn("--token-file", err)
        code, out, err = tocsin("incidents", "--server", engine.url, "--token-file", tokens)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("no incidents", out)
        self.assertEqual(tocsin("incidents", "--server", engine.url, "--token-file", self.folder + "/none")[0], 2)
        for wrong in ("http://::1:9099", "https://127.0.0.1:9099", "http://[::1", "http://a/b", "http://a:x", "http://:1"):
            self.assertEqual(tocsin("incidents", "--server", wrong)[0], 2, wrong)
        code, _, err = tocsin("incidents", "--server", "http://[::1]:1")
        self.assertEqual(code, 1)
        self.assertIn("no answer from http://[::1]:1", err)

    def test_the_program_says_what_was_meant(self):
        code, out, err = tocsin("incident")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("did you mean `incidents`?", err)
        self.assertEqual(tocsin("--version"), tocsin("version"))

    def test_the_width_is_that_of_the_screen_or_what_columns_says(self):
        engine = self.engine()
        engine.post("/api/v2/alerts", [{**alert(f"N{n}", service=f"チェックアウト{n}"), "annotations": {"summary": "ディスクがいっぱいです " * 6}}
                                       for n in range(3)])
        self.incidents(engine, 3)
        for columns in (40, 80, 200):
            out = tocsin("incidents", "--server", engine.url, env={**os.environ, "COLUMNS": str(columns)})[1]
            for line in out.splitlines():
                width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
                self.assertLessEqual(width, columns, line)
            self.assertIn("PRIO", out)

    def test_an_answer_says_what_of_the_accepted_had_no_effect(self):
        engine = self.engine()
        disk = {"name": "Disk", "service": "a", "severity": "error", "key": "disk-1"}
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        self.assertEqual(self.said(engine, {**disk, "status": "problem", "starts_at": began}), {"accepted": 1, "rejected": []})
        self.assertEqual(self.said(engine, {**disk, "status": "ok"}), {"accepted": 1, "rejected": []})
        self.assertEqual(self.said(engine, {**disk, "status": "problem", "starts_at": began}), {"accepted": 1, "rejected": [], "late": 1})
        self.assertEqual(self.said(engine, {**disk, "key": "disk-2", "status": "ok"}), {"accepted": 1, "rejected": [], "stale": 1})
        self.assertEqual(self.said(engine, [{**disk, "key": "disk-3"}, {**disk, "key": "disk-3"}], "?wait=applied"),
                         {"accepted": 2, "rejected": [], "applied": True, "opened": 1, "updated": 0, "repeated": 1, "closed": 0,
                          "still_firing": 0, "late": 0, "stale": 0, "dropped": 0})
        self.assertEqual(json.loads(engine.get(f"/v1/bodies/{self.position}"))["opened"], 1)

    def said(self, engine, body, wait=""):
        status, answer = engine.post("/v1/sources/generic" + wait, body)
        self.assertEqual(status, 202)
        answer = json.loads(answer)
        self.position = answer.pop("position")
        return answer

    def test_output_that_cannot_be_written_is_no_success(self):
        for arguments in ("version", "help"):
            closed = subprocess.run(["sh", "-c", f"exec '{BIN}' {arguments} >&-"], stderr=subprocess.PIPE, timeout=60, check=False,
                                    text=True)
            self.assertEqual(closed.returncode, 1)
            self.assertIn("could not be written", closed.stderr)
        with open("/dev/full", "w", encoding="utf-8") as full:
            for arguments in (["version"], ["--version"], ["help"], ["schema"], ["check", "--format", "json", "-"]):
                out = subprocess.run([BIN, *arguments], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                     timeout=60, check=False, text=True)
                self.assertNotEqual(out.returncode, 0, arguments)
            self.assertIn("No space left", out.stderr + subprocess.run([BIN, "version"], stdout=full, stderr=subprocess.PIPE,
                                                                       timeout=60, check=False, text=True).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
