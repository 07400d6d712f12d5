#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The black box through the real program: offline, live, and by itself when a block is missing."""
import json, os, signal, subprocess, sys, tempfile, time
from kit import CHRONUS, Claims, jack_server, level, np, render, run, same_bits, wav

claim = Claims()
TONE = "create a sine freq=300 gain=0.2\nconnect a out\ncommit\n"


def read(stem):
    sound, rate = wav(stem + ".wav")
    return sound, json.load(open(stem + ".json"))


with jack_server() as env, tempfile.TemporaryDirectory() as folder:
    box = os.path.join(folder, "box")
    # Offline.
    sound, code, out, err = render([], TONE + f"wait 12s\nset a.gain 0.1\nblackbox {box}\nwait 1s\n")
    kept, told = read(box)
    claim(code == 0 and told["until"] - told["from"] == len(kept) == 480000, "offline: 10 s")
    claim(same_bits(kept, sound[told["from"]:told["until"]]), "the very samples of the render")
    claim("create a sine freq=300Hz gain=0.1" in told["patch"] and told["discontinuities"] == [], "the patch; a clean tone has no discontinuity")
    claim(sum(c["frames"] for c in told["cycles"] if c["frame"] >= told["from"]) >= 479000 and told["counters"]["lost"] == 0, "a record of each cycle")
    _, code, _, err = render([], TONE + "wait 1s\nblackbox /nowhere/x\n")
    claim(code == 1 and "<stdin>:5:10:" in err and "/nowhere/x.wav" in err, "a file that cannot be written is an error at its word")

    # Live.
    live = os.path.join(folder, "live")
    take = os.path.join(folder, "take.wav")
    code, out, err = run([CHRONUS, "--eof", "quit"], TONE + f"record start {take}\nwait 1s\nset a.freq 310\nwait 500ms\nrecord stop\nblackbox {live}\nblackbox {take}\n", env=env)
    kept, told = read(live)
    claim(code == 0 and f"{live}.wav" in out and os.path.exists(os.path.join(folder, "take.json")), f"live: {out.strip().splitlines()[-1:]}")
    ops = [c for c in told["cycles"] if c["ops"]]
    claim(len(ops) == 1 and ops[0]["ops"] == 1, "one op, in one cycle")
    claim(all(a["frame"] + a["frames"] == b["frame"] for a, b in zip(told["cycles"], told["cycles"][1:])) and told["counters"]["lost"] == 0, "cycle follows cycle")
    claim(len(told["cycles"][0]["blocks"]) == 2 and any(c["spare"] >= 0 for c in told["cycles"]), "each slot's ring; a spare in sync")
    claim(told["counters"]["starved"] > 0 or told["discontinuities_found"] <= 1, f"{told['discontinuities_found']} discontinuities")

    # By itself.
    dumps = os.path.join(folder, "dumps")
    p = subprocess.run([CHRONUS, "--eof", "quit", "--faults", "--spare", "off", "--name", "b", "--blackbox=" + dumps], capture_output=True, text=True, timeout=60,
                       input=TONE + "wait 1s\nfault stall live 200ms\nwait 1500ms\nfault stall live 200ms\nwait 1s\n", env=env)
    files = sorted(os.listdir(dumps)) if os.path.isdir(dumps) else []
    claim(len(files) == 2 and files[0].endswith(".json") and files[1].endswith(".wav"), f"a missing block is written down, once a minute: {files}")
    if files:
        at = int(files[0][2:-5])
        kept, told = read(os.path.join(dumps, files[0][:-5]))
        claim(p.stderr.count("blackbox: something went wrong at frame") == 1, p.stderr.strip())
        first = next(c for c in told["cycles"] if c["starved"])
        claim(first["frame"] == at and told["counters"]["starved"] > 0 and told["until"] >= at + 24000, "the frame in its name is the cycle that starved; half a second more is there")
    p = subprocess.run([CHRONUS, "--eof", "quit", "--faults", "--blackbox"], capture_output=True, text=True, timeout=60,
                       input=TONE + "wait 1s\nfault nan\nwait 200ms\n", env=env)
    state = os.path.join(env["XDG_STATE_HOME"], "chronus")
    files = [f for f in os.listdir(state) if f.startswith("chronus-")]
    claim(len(files) == 2, f"so is a module at fault, in the state folder, also when the end comes first: {files}")
    p = subprocess.run([CHRONUS, "--eof", "quit", "--faults", "--spare", "off", "--name", "quiet"], capture_output=True, text=True, timeout=60,
                       input=TONE + "wait 500ms\nfault stall live 200ms\nwait 1s\n", env=env)
    claim(not [f for f in os.listdir(state) if f.startswith("quiet") and not f.endswith(".chronus")], "without --blackbox nothing is written")
claim.end()
