#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: transcript.py FILE     what is typed after `> `, and what is answered, word for word, below it
The first line says how: `$ offline OPTION...` or `$ live PERIOD OPTION...` (at a JACK server of its own); a last line `= N` gives the exit
status. stdout and stderr stand together in the order in which they came. `<n>` stands for a number, `<*>` for anything in a line.
Runs in an empty folder; $PATCHES in a line is the folder of examples. `# ` begins a remark."""
import os, re, subprocess, sys, tempfile
from kit import CHRONUS, LIMIT, ROOT, jack_server

NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?"


def read(path):
    how, typed, answers, status = [], [], [], 0
    for line in open(path).read().splitlines():
        if line.startswith("$ "):
            how = line[2:].split()
        elif line.startswith("= "):
            status = int(line[2:])
        elif line.startswith(">"):
            typed.append(line[2:].replace("$PATCHES", ROOT + "/patches"))
        elif line and not line.startswith("# "):
            answers.append(line)
    return how, typed, answers, status


def play(how, text, folder):
    command = [CHRONUS, "--render", "out.wav", *how[1:]] if how[0] == "offline" else [CHRONUS, *how[2:]]

    def start(env):
        p = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, env=env, timeout=LIMIT)
        return p.returncode, p.stdout.decode()
    if how[0] == "offline":
        return start(None)
    with jack_server(int(how[1])) as env:
        return start(env)


def fits(expected, got):
    parts = re.split(r"(<n>|<\*>)", expected)
    return re.fullmatch("".join({"<n>": NUMBER, "<*>": ".*"}.get(p, re.escape(p)) for p in parts), got) is not None


def main(path):
    how, typed, answers, status = read(path)
    with tempfile.TemporaryDirectory() as folder:
        got_status, out = play(how, "".join(line + "\n" for line in typed), folder)
    got = [line for line in out.splitlines() if line]
    for i in range(max(len(got), len(answers))):
        want, have = (rows[i] if i < len(rows) else "(nothing)" for rows in (answers, got))
        if not fits(want, have):
            sys.exit(f"{path}: answer {i + 1}\n  wanted  {want}\n  got     {have}\nall that was answered:\n{out}")
    if got_status != status:
        sys.exit(f"{path}: exit status {got_status}, wanted {status}")
    print(f"{len(typed)} lines, {len(answers)} answers, exit status {status}")


if __name__ == "__main__":
    main(sys.argv[1])
