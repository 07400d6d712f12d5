#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is killed gives its patch back to the next one, and to no other than it should."""
import os, signal, subprocess, sys, tempfile, time
from kit import CHRONUS, Claims, jack_server, level, render, until, wav

claim = Claims()
PATCH = """create a sine freq=300 gain=0.2
create e adsr sustain=0.5
connect a e out
gate e on
commit
create n lfo freq=3
connect n a.freq by=10Hz
commit
undo
redo
"""


def text_of(path):
    return open(path).read() if os.path.exists(path) else ""


with jack_server() as env, tempfile.TemporaryDirectory() as folder:
    state = os.path.join(env["XDG_STATE_HOME"], "chronus")
    journal, last = os.path.join(state, "x.chronus"), os.path.join(state, "x.last.chronus")

    def start(*options, text="", stay=True, name="x", where=env):
        errors = tempfile.NamedTemporaryFile("w+", dir=folder, delete=False)
        p = subprocess.Popen([CHRONUS, "--name", name, *(("--eof", "stay") if stay else ()), *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                             stderr=errors, env=where, text=True)
        p.said = lambda: text_of(errors.name)
        p.stdin.write(text)
        p.stdin.flush()
        return p

    def leave(p, how=signal.SIGTERM):
        p.send_signal(how)
        return p.wait(8)

    # Killed.
    saved = os.path.join(folder, "saved.chronus")
    p = start(text=PATCH + f"set a.gain 0.3\nwait 300ms\nsave {saved}\n")
    claim(until(lambda: os.path.exists(saved) and text_of(journal) == text_of(saved)), "the journal is what save writes, with the values set since the commit")
    claim(oct(os.stat(journal).st_mode & 0o777) == "0o600" and oct(os.stat(state).st_mode & 0o777) == "0o700", "nobody else reads it")
    q = start(text="create b saw\nconnect b out\ncommit\n")
    second = os.path.join(state, "x-01.chronus")
    claim(until(lambda: "create b saw" in text_of(second)) and text_of(journal) == text_of(saved), "a second program of the name has a journal of its own")
    claim(leave(q) == 0 and not os.path.exists(second) and "create b saw" in text_of(os.path.join(state, "x-01.last.chronus")), "and sets it aside when it leaves")
    os.remove(os.path.join(state, "x-01.last.chronus"))
    leave(p, signal.SIGKILL)
    claim(text_of(journal) == text_of(saved), "after SIGKILL it lies there")

    # Resumed.
    again, take = os.path.join(folder, "again.chronus"), os.path.join(folder, "take.wav")
    p = start("--resume", "--eof", "quit", text=f"save {again}\nshow\nrecord start {take}\nwait 1s\nrecord stop\n", stay=False)
    p.stdin.close()
    claim(p.wait(15) == 0, "--resume: 0")
    claim(p.said().count("resume: 'x' goes on as revision 1: 3 modules, 3 cables") == 1, f"it says what it did: {p.said().strip()!r}")
    claim(text_of(again) == text_of(saved) != "", "save gives the same patch")
    sound, rate = wav(take)
    claim(len(sound) == rate and level(sound[rate // 10:]) > 0.05, f"it sounds: {level(sound):.3f} RMS")
    claim(os.listdir(state) == ["x.last.chronus"] and text_of(last) == text_of(saved), "a clean end keeps what was heard last")
    os.remove(last)
    p = start("--resume")
    claim(until(lambda: "left nothing behind" in p.said()), "then there is nothing to resume, and it says so")

    # Set aside.
    p.stdin.write("create c sine\nconnect c out\ncommit\n")
    p.stdin.flush()
    claim(until(lambda: "create c sine" in text_of(journal)), "it goes on as if it had begun afresh")
    leave(p, signal.SIGKILL)
    p = start(text="create d saw\nconnect d out\ncommit\n")
    claim(until(lambda: "create d saw" in text_of(journal)) and "create c sine" in text_of(last), "without --resume the old revision is set aside")
    claim(p.said().count("--resume") == 1, "and the next start says once how to have it back")
    older = os.path.join(state, "x.last-2.chronus")
    claim(leave(p, signal.SIGINT) == 0 and "create d saw" in text_of(last) and "create c sine" in text_of(older), "SIGINT is a clean end: its patch is kept, before the older one")
    p = start()
    p.stdin.write("quit\n")
    p.stdin.flush()
    claim(p.wait(8) == 0 and "--resume" not in p.said() and "create d saw" in text_of(last), "a program that played nothing keeps nothing, and needs no word about the last one")
    p = start("--resume")
    claim(until(lambda: "1 module, 1 cable" in p.said()) and not os.path.exists(last), "--resume finds it there too")
    p.stdin.write("quit\n")
    p.stdin.flush()
    claim(p.wait(8) == 0 and "create d saw" in text_of(last), "quit keeps it again")

    # What cannot be read, or cannot be written.
    open(journal, "w").write("create a nonsense\n")
    p = start("--resume", text="create d saw\nconnect d out\ncommit\n")
    claim(until(lambda: "create d saw" in text_of(journal)) and "nonsense" in text_of(last) and f"{journal}:1:10:" in p.said(), "a journal that cannot be read is named, and kept")
    leave(p)
    p = start(text=PATCH, where=dict(env, XDG_STATE_HOME="/dev/null"))
    claim(until(lambda: "journal: " in p.said()), "a folder that cannot be had is told of")
    time.sleep(0.5)
    claim(leave(p) == 0 and p.said().count("journal: ") == 1, "once, and stops nobody")
    before = os.listdir(state)
    render(["--name", "y"], PATCH + "wait 1s\n")
    claim(os.listdir(state) == before, "a render keeps none")
claim.end()
