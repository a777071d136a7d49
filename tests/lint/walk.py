#!/usr/bin/env python3
"""docs/walk.md and the files on a record's way count the same steps.

A file on the way opens with a comment like "On a record's way, step 2 of 11: ..." (or "steps 7 and 8 of 11"). There are as many steps as walk.md has,
and the first file of each step says that it is on it. Headers of templates are let off: a comment there would compile everything anew."""
import re
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
problems = []

steps = {}  # number -> files that the step names
for number, text in re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^\S)", (root / "docs/walk.md").read_text(), re.M | re.S):
    steps[int(number)] = re.findall(r"\]\(\.\./([^)]+)\)", text)
last = max(steps)
if sorted(steps) != list(range(1, last + 1)):
    problems.append(f"docs/walk.md: its steps are {sorted(steps)}")

says = {}  # file -> steps that its first line names
files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.hpp"], cwd=root, capture_output=True, text=True, check=True)
for file in files.stdout.splitlines():
    path = root / file
    if not path.is_file():
        continue
    with path.open() as opened:
        first = opened.readline()
    if not first.startswith("// On a record's way"):
        continue
    found = re.match(r"// On a record's way, steps? ([\d, and]+) of (\d+)[:,]", first)
    if not found:
        problems.append(f"{file}:1: write \"On a record's way, step N of {last}: ...\"")
        continue
    says[file] = {int(number) for number in re.findall(r"\d+", found[1])}
    if int(found[2]) != last or not says[file] <= set(steps):
        problems.append(f"{file}:1: docs/walk.md has {last} steps")

for number, named in steps.items():
    for file in named:
        if not (root / file).is_file():
            problems.append(f"docs/walk.md: step {number} names {file}, which is not there")
        elif file.endswith(".cpp") and number not in says.get(file, set()):
            problems.append(f"{file}:1: docs/walk.md has it on step {number}; say so in the first line")

print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
sys.exit(bool(problems))
