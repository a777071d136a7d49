#!/usr/bin/env python3
"""Writes a ctest for each test case of a Catch2 program; the build calls it after linking the program.

    discover.py PROGRAM OUTPUT PREFIX LABELS [PROPERTY VALUE]...

The tests run where it is called: names of sources that the compiler was given relative to there can be opened.
Test cases tagged [long] are labelled `long`, the others `quick`, besides LABELS (separated by commas). Catch's own CMake script
cannot give two labels, and loses a test whose name has a semicolon.
"""

import os
import re
import subprocess
import sys

TIMEOUT_SECONDS = {"quick": 300, "long": 1800}


def names(program, tags):
    # Catch's exit code is the number of test cases, modulo 256.
    listed = subprocess.run([program, tags, "--list-test-names-only"], stdout=subprocess.PIPE, text=True).stdout
    return [line for line in listed.splitlines() if line.strip()]


def bracket(text):
    return f"[====[{text}]====]"


def ctest(program, name, prefix, labels, properties):
    pattern = re.sub(r'([\\,\[\]"*~])', r"\\\1", name)
    title = bracket(f"{prefix}: {name}")
    settings = " ".join(f'{key} "{value}"' for key, value in properties)
    return (f"add_test({title} {bracket(program)} {bracket(pattern)} --warn NoTests)\n"
            f'set_tests_properties({title} PROPERTIES LABELS "{";".join(labels)}" {settings})\n')


def main():
    program, output, prefix, labels, *rest = sys.argv[1:]
    labels = [label for label in labels.split(",") if label]
    properties = list(zip(rest[0::2], rest[1::2]))
    directory = os.getcwd()
    text = ""
    for label, tags in (("quick", "~[long]"), ("long", "[long]")):
        for name in names(program, tags):
            text += ctest(program, name, prefix, labels + [label], [("TIMEOUT", TIMEOUT_SECONDS[label]), ("SKIP_RETURN_CODE", 77), ("WORKING_DIRECTORY", directory)] + properties)
    if not text:
        sys.exit(f"{program}: lists no test cases")
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
