"""Runs the commands of rules/README.md: a block `console` has lines `$ COMMAND` and below each what it prints, standard
output and standard error together. `…` in it stands for any text. They run in a folder that holds the files of the page:
the blocks with a name after their language."""

import os
import re
import subprocess
import tempfile
import unittest

BIN = os.environ["TOCSIN_BIN"]
SOURCE = os.environ["TOCSIN_SOURCE_DIR"]
PAGE = os.path.join(SOURCE, "rules", "README.md")


def blocks():
    """(line in the page, language, name or "", text) of each."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    for match in re.finditer(r"^```(\w+) ?(\S*)(?: after \S+)?\n((?:.*\n)*?)```$", page, re.M):
        yield page.count("\n", 0, match.start()) + 2, match[1], match[2], match[3]


def commands(text):
    """(line in the block, command, what it prints) of each."""
    found = []
    for number, line in enumerate(text.splitlines()):
        if line.startswith("$ "):
            found.append([number, line[2:], ""])
        else:
            found[-1][2] += line + "\n"
    return found


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for _, _, name, text in blocks():
            if name:
                with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                    file.write(text)

    def test_its_commands_print_what_stands_below_them(self):
        count = 0
        path = os.path.dirname(BIN) + os.pathsep + os.environ["PATH"]
        for line, language, _, text in blocks():
            if language != "console":
                continue
            for offset, command, expected in commands(text):
                count += 1
                out = subprocess.run(["bash", "--norc", "-c", command], cwd=self.folder, env={**os.environ, "PATH": path},
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, text=True)
                # Told only where it takes more than a second.
                printed = re.sub(r"^\S+: \d+ of \d+ mutants, \d+ survived\n", "", out.stdout, flags=re.M)
                pattern = ".*".join(re.escape(part) for part in expected.split("…"))
                with self.subTest(place=f"rules/README.md:{line + offset}", command=command):
                    if not re.fullmatch(pattern, printed, re.S):
                        self.assertEqual(printed, expected)
        self.assertGreaterEqual(count, 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
