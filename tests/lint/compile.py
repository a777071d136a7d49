#!/usr/bin/env python3
"""The checks of `./dev lint` that need a compiler. Both take their flags from build/dev/compile_commands.json.

    tests/lint/compile.py headers          every header compiles alone: it includes all that it uses
    tests/lint/compile.py tidy [FILE]...   clang-tidy 14 over the named sources, or over all
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
DATABASE = os.path.join(ROOT, "build", "dev", "compile_commands.json")
TOPS = ["libstream", "actors", "apps", "bench", "tests"]


def without(words, flags_with_value, starts):
    """`words` without the given flags: those that take the next word along, and those that start with one of `starts`."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in flags_with_value:
            skip = True
        elif not word.startswith(tuple(starts)):
            kept.append(word)
    return kept


def load_database():
    """Path of each source -> its compiler's words, without launcher, precompiled headers and sanitizers."""
    with open(DATABASE, encoding="utf-8") as file:
        entries = json.load(file)
    commands = {}
    for entry in entries:
        words = shlex.split(entry["command"])
        compiler = next(i for i, word in enumerate(words) if os.path.basename(word).startswith(("c++", "g++", "clang")))
        words = without(words[compiler:], ["-o", "-c", "-include"], ["-fsanitize", "-fno-sanitize", "-Winvalid-pch", "-fpch"])
        commands[os.path.relpath(entry["file"], ROOT)] = words
    return commands


def flags_for(header, commands):
    """The flags of the nearest source: same folder, else the most specific common folder."""
    def nearness(source):
        return len(os.path.commonprefix([os.path.dirname(header) + "/", os.path.dirname(source) + "/"]))
    real = [source for source in commands if not source.startswith("build")]
    return commands[max(real, key=nearness)]


def run_all(work, items):
    """Runs `work(item) -> (ok, text)` on all cores; prints what fails; returns an exit code."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, text in pool.map(work, items):
            if not ok:
                failed += 1
                print(text.rstrip(), file=sys.stderr)
    return 1 if failed else 0


def headers():
    commands = load_database()
    found = []
    for top in TOPS:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in sorted(names) if name.endswith(".hpp")]

    def compile_alone(header):
        command = flags_for(header, commands) + ["-fsyntax-only", "-x", "c++", "-"]
        done = subprocess.run(command, input=f'#include "{header}"\n#include "{header}"\n', cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0, f"{header}: does not compile alone\n{done.stdout}"

    return run_all(compile_alone, found)


def tidy(named):
    commands = load_database()
    sources = named or [source for source in sorted(commands) if not source.startswith("build")]
    unknown = [source for source in sources if source not in commands]
    if unknown:
        sys.exit(f"{unknown[0]}: not a source of build/dev; name .cpp files from the repository root")
    with tempfile.TemporaryDirectory() as folder:
        entries = [{"directory": ROOT, "file": os.path.join(ROOT, source),
                    "arguments": commands[source] + ["-Wno-unknown-warning-option", "-c", os.path.join(ROOT, source)]}
                   for source in sources]
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump(entries, file)

        def inspect(source):
            done = subprocess.run(["clang-tidy-14", "--quiet", "-p", folder, os.path.join(ROOT, source)], cwd=ROOT,
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return done.returncode == 0, done.stdout or done.stderr

        return run_all(inspect, sources)


def main():
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "headers":
        return headers()
    if verb == "tidy":
        return tidy(sys.argv[2:])
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
