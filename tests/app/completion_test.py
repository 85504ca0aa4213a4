"""`tocsin completion`: the script of bash in a real bash; those of zsh and fish read by their shells where these are installed."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

BIN = os.environ["TOCSIN_BIN"]


def tocsin(*arguments):
    return subprocess.run([BIN, *arguments], capture_output=True, timeout=60, check=False, text=True)


def commands():
    """The names that the overview lists."""
    return re.findall(r"^  ([\w-]+)  ", tocsin("help").stdout.split("Subcommands:")[1], re.M)


class CompletionTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in ("rules.yaml", "alert.json"):
            open(os.path.join(self.folder.name, name), "w", encoding="utf-8").close()

    def complete(self, *words):
        """What bash offers for the last of `words`."""
        quoted = " ".join("'" + word + "'" for word in ("tocsin",) + words)
        out = subprocess.run(
            ["bash", "--norc", "-c", f"eval \"$SCRIPT\"; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _tocsin\n"
             "printf '%s\\n' \"${COMPREPLY[@]}\""],
            capture_output=True, timeout=60, check=True, text=True, cwd=self.folder.name,
            env={**os.environ, "SCRIPT": tocsin("completion", "bash").stdout})
        self.assertEqual(out.stderr, "")
        return sorted(out.stdout.split())

    def test_a_shell_that_is_not_known_is_misuse(self):
        self.assertEqual(tocsin("completion", "cmd").returncode, 2)
        self.assertEqual(tocsin("completion").returncode, 2)

    def test_bash_offers_every_command(self):
        self.assertGreaterEqual(len(commands()), 10)
        self.assertEqual(self.complete(""), sorted(commands()))
        self.assertEqual(self.complete("ch"), ["check"])
        self.assertEqual(self.complete("help", ""), sorted(commands()))

    def test_bash_offers_every_flag_of_a_command(self):
        for command in commands():
            flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", tocsin("help", command).stdout.split("Options:")[-1]))
            offered = set(self.complete(command, "--"))
            self.assertLessEqual(offered, flags, command)
            self.assertIn("--help", offered, command)
        self.assertEqual(self.complete("test", "--fo"), ["--format"])

    def test_bash_offers_the_values_of_a_flag(self):
        self.assertEqual(self.complete("test", "--format", ""), ["json", "junit", "text"])
        self.assertEqual(self.complete("check", "--format", "j"), ["json"])
        self.assertEqual(self.complete("completion", ""), ["bash", "fish", "zsh"])

    def test_bash_offers_files_where_files_go(self):
        self.assertEqual(self.complete("check", "ru"), ["rules.yaml"])
        self.assertEqual(self.complete("eval", "--alert", "al"), ["alert.json"])
        self.assertEqual(self.complete("run", "--rules", ""), ["alert.json", "rules.yaml"])

    def test_zsh_and_fish_know_every_command_and_flag(self):
        zsh, fish = tocsin("completion", "zsh").stdout, tocsin("completion", "fish").stdout
        for command in commands():
            self.assertIn(f"'{command}:", zsh)
            self.assertIn(f"-a {command} -d", fish)
            for flag in self.complete(command, "--"):
                self.assertIn(f"'*{flag}[", zsh)
                self.assertIn(f"-l {flag[2:]} ", fish)

    def test_zsh_reads_its_script(self):
        self.read_by("zsh")

    def test_fish_reads_its_script(self):
        self.read_by("fish")

    def read_by(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")
        out = subprocess.run([shell, "-n", "/dev/stdin"], input=tocsin("completion", shell).stdout, capture_output=True,
                             timeout=60, check=False, text=True)
        self.assertEqual((out.returncode, out.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
