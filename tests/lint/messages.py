#!/usr/bin/env python3
"""Fails on every message that docs/reference/messages.md does not list, on every one that it lists and nobody defines, and on every one that
travels without bounds.

    tests/lint/messages.py [ROOT]     exit 0: the page lists all of them; 1: each other one is printed

A message is a struct at the beginning of a line of actors/*/messages.hpp. It has bounds if it lists its fields with WEIR_MESSAGE; those that
never travel, which the page's last table has, may do without.
"""

import glob
import os
import re
import sys

# Of these the page speaks although they are defined elsewhere.
ELSEWHERE = {"peer_restarted"}


def names_in(tables):
    rows = [line for line in tables.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    page_path = "docs/reference/messages.md"
    with open(os.path.join(root, page_path), encoding="utf-8") as page:
        travelling, _, local = page.read().partition("\n## Within ")
    listed = names_in(travelling) | names_in(local)
    defined, unbounded = {}, []
    for path in sorted(glob.glob(os.path.join(root, "actors/*/messages.hpp"))):
        with open(path, encoding="utf-8") as header:
            for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", header.read(), re.MULTILINE | re.DOTALL):
                defined[name] = os.path.relpath(path, root)
                if name in names_in(travelling) and "WEIR_MESSAGE(" not in body:
                    unbounded.append(f"{defined[name]}: {name} travels, so it lists its fields with WEIR_MESSAGE")
    wrong = [f"{path}: {page_path} does not list {name}" for name, path in defined.items() if name not in listed]
    wrong += [f"{page_path}: {name} is no message of actors/*/messages.hpp" for name in listed - set(defined) - ELSEWHERE]
    wrong += unbounded
    for sentence in sorted(wrong):
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
