#!/usr/bin/env python3
"""Fails on every #include that is an arrow which the design of the house does not draw.

    tests/lint/arrows.py [ROOT]     exit 0: all arrows are drawn; 1: each other one is printed as FILE:LINE: sentence

A rule is a row of a table below. Only the standard library; no compiler, so it takes a blink.
"""

import os
import re
import sys

# Which rooms a room may include, apart from itself. The longest matching row counts.
ROOMS = {
    "libstream/base": [],
    "libstream/data": ["libstream/base"],
    "libstream/plan": ["libstream/data", "libstream/base"],
    "libstream/operators": ["libstream/plan", "libstream/data", "libstream/base"],
    "libstream/log": ["libstream/data", "libstream/base"],
    "libstream/api": ["libstream/operators", "libstream/plan", "libstream/data", "libstream/base"],
    "libstream/testing": ["libstream"],
    "libstream/weir": ["libstream"],
    "actors": ["libstream"], # and inside it: ACTORS
    "apps": ["actors", "libstream"],
    "bench": ["actors", "libstream"],
    "tests/simulation": ["actors", "libstream"],
    "tests/metamorphic": ["libstream"],
    "tests/acceptance": ["actors", "libstream", "tests/unit/actors"],
    "tests/process": ["apps/weir", "actors", "libstream", "tests/skip.hpp"],
    "tests/programs": ["actors", "libstream"],
    "tests/docs": ["actors", "libstream"],
    "tests/mistakes": ["libstream"],
    "tests/outside": ["actors", "libstream"],
    "tests": [],
}

# The rooms inside actors/, from the bottom up: which of the others a room may include, as rooms or single headers. MESSAGES stands for what
# every actor may say to every other one. The headers that lie in actors/ itself are for all. `runtime` and `simulation` wire all.
MESSAGES = ["messages.hpp", "protocol.hpp"]
ACTOR_BASE = ["actors/application", "actors/node", "actors/monitor/journal.hpp", "actors/monitor/chaos_page.hpp"]
ACTORS = {
    "actors/supervisor": [],
    "actors/sources": [],
    "actors/monitor": ["actors/node/role.hpp"],
    "actors/application": ["actors/node/role.hpp", "actors/sources/input_url.hpp"],
    "actors/node": ["actors/application", "actors/monitor/journal.hpp", "actors/monitor/chaos_page.hpp", "actors/sources"],
    "actors/checkpoint_writer": ACTOR_BASE + [MESSAGES],
    "actors/block_store": ACTOR_BASE + [MESSAGES],
    "actors/receiver": ACTOR_BASE + [MESSAGES, "actors/sources"],
    "actors/partition_executor": ACTOR_BASE + [MESSAGES],
    "actors/sinks": ACTOR_BASE + [MESSAGES],
    "actors/batch_coordinator": ACTOR_BASE + [MESSAGES],
    "actors/runtime": ["actors"],
    "actors/simulation": ["actors"],
}

# A unit test may include what the room it tests may, that room, and these. (tests/unit/log counts as libstream/log.)
UNIT_TESTS_TOO = ["libstream/testing", "tests"]

# Each application and tool is a room of its own.
CLOSED_ROOMS = ["apps"]

# Projects of their own, as a user has one: they know installed headers, and paths are their own.
OWN_PROJECTS = ["apps/examples/10-own-project"]

# Rooms that only these may include, whatever the table above says.
PRIVATE_ROOMS = {"actors/simulation": ["actors/simulation", "apps/weir", "tests/simulation"]}

# Who may know a library. The pattern is matched against what stands between the brackets.
LIBRARIES = [
    ("CAF", r"caf/", ["actors", "tests/simulation"]),
    ("Asio", r"boost/asio", ["actors/asio.hpp", "actors/sources", "actors/monitor", "actors/net", "tests/unit/actors", "tests/process"]),
    ("LMDB", r"lmdb", ["libstream/log"]),
    ("msgpack", r"msgpack", ["libstream/data"]),
    ("TOML", r"toml\+\+", ["actors/runtime"]),
    ("Catch2", r"catch2/", ["tests"] + OWN_PROJECTS),
    ("rapidcheck", r"rapidcheck", ["tests"]),
    ("threads", r"(thread|stop_token|condition_variable)$", ["actors", "apps", "bench", "tests"]),
    ("sockets", r"(sys/socket|sys/epoll|netinet/|arpa/)", ["actors", "apps", "bench", "tests"]),
]

# Our headers that users include with brackets, and where they lie.
PUBLIC = {"weir/weir.hpp": "actors/runtime/weir/weir.hpp",
          "weir/supervisor.hpp": "actors/runtime/weir/supervisor.hpp",
          "weir/stream.hpp": "libstream/weir/stream.hpp",
          "weir/receiver.hpp": "libstream/weir/receiver.hpp",
          "weir/replayable.hpp": "libstream/weir/replayable.hpp",
          "weir/msgpack_record.hpp": "libstream/weir/msgpack_record.hpp",
          "weir/testing.hpp": "libstream/weir/testing.hpp"}

TOPS = ["libstream", "actors", "apps", "bench", "tests"]
SOURCES = (".hpp", ".cpp", ".h", ".ipp")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def within(path, room):
    return path == room or path.startswith(room + "/")


def tested_room(path):
    """The room that a unit test tests: tests/unit/log/x_test.cpp -> libstream/log; None for other files."""
    match = re.match(r"tests/unit/([^/]+)/", path)
    if not match:
        return None
    return "actors" if match.group(1) in ("actors", "apps") else "libstream/" + match.group(1)


def room_of(path):
    rows = [room for room in ROOMS if within(path, room)]
    return max(rows, key=len) if rows else None


def own_room(path):
    """The rooms that a file may include because it lives there."""
    for closed in CLOSED_ROOMS:
        if within(path, closed):
            return os.path.dirname(path)
    return room_of(path)


def allowed_rooms(path):
    tested = tested_room(path)
    if tested:
        return [tested] + ROOMS.get(tested, []) + UNIT_TESTS_TOO
    return [own_room(path)] + ROOMS[room_of(path)]


def refused_room(path, target):
    """A sentence when `path` may not include our file `target`, else None."""
    if room_of(path) is None:
        return "no rule for this folder; add a row to ROOMS in tests/lint/arrows.py"
    for private, rooms in PRIVATE_ROOMS.items():
        if within(target, private) and not any(within(path, room) for room in rooms):
            return f"may not include {target}: only {', '.join(rooms)} may include {private}"
    allowed = [room for room in allowed_rooms(path) if room]
    if any(within(target, room) for room in allowed):
        return refused_actor_room(path, target) if within(path, "actors") and within(target, "actors") else None
    return f"may not include {target}: {os.path.dirname(path)} may include only {', '.join(allowed)}"


def refused_actor_room(path, target):
    """A sentence when `path`, inside actors/, may not include `target` there, else None."""
    room, other = (os.path.dirname(each).split("/") for each in (path, target))
    room, other = "/".join(room[:2]), "/".join(other[:2])
    if room == other or other == "actors":
        return None
    if room == "actors":
        return f"may not include {target}: what lies in actors/ itself is for all its rooms, and knows none of them"
    if room not in ACTORS:
        return "no rule for this folder; add a row to ACTORS in tests/lint/arrows.py"
    for allowed in ACTORS[room]:
        if allowed is MESSAGES:
            if MESSAGES in ACTORS.get(other, []) and os.path.basename(target) in MESSAGES:
                return None
        elif within(target, allowed):
            return None
    said = ["messages.hpp and protocol.hpp of other actors" if each is MESSAGES else each for each in ACTORS[room]]
    return f"may not include {target}: {room} may include only {', '.join(said) or 'headers of actors/ itself'}"


def refused_library(path, name):
    """A sentence when `path` may not know the library of header `name`, else None."""
    tested = tested_room(path)
    for library, pattern, rooms in LIBRARIES:
        if not re.match(pattern, name):
            continue
        if any(within(path, room) or (tested and within(tested, room)) for room in rooms):
            continue
        return f"may not include <{name}>: only {', '.join(rooms)} may know {library}"
    return None


def check_include(root, path, quoted, bracketed):
    name = quoted or bracketed
    if bracketed in PUBLIC:
        return refused_room(path, PUBLIC[bracketed])
    ours = any(within(name, top) for top in TOPS)
    own_project = any(within(path, project) for project in OWN_PROJECTS)
    if own_project and ours:
        return f"<{name}> is not for users: a project of its own includes {', '.join(f'<{header}>' for header in PUBLIC)}"
    if ours and bracketed:
        return f"<{name}> is ours: include it with quotes"
    if ours:
        return refused_room(path, name) if os.path.isfile(os.path.join(root, name)) else f'"{name}" does not exist'
    if quoted and own_project:
        return None if os.path.isfile(os.path.join(root, os.path.dirname(path), name)) else f'"{name}" does not exist'
    if quoted:
        return f'"{name}" is not a path from the repository root'
    return refused_library(path, name)


def check_file(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as source:
        for number, line in enumerate(source, 1):
            match = INCLUDE.match(line)
            if match:
                sentence = check_include(root, path, match.group(1), match.group(2))
                if sentence:
                    yield f"{path}:{number}: {sentence}"


def source_files(root):
    for top in TOPS:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    found = [sentence for path in source_files(root) for sentence in check_file(root, path)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
