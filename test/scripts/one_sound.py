#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: one_sound.py PERIOD     one script, rendered offline and played at a JACK server, is the same bits"""
import os, subprocess, sys, tempfile
from kit import CHRONUS, LIMIT, Claims, jack_server, level, np, render, same_bits

SCRIPT = """
wait 1500ms
create osc saw freq=110 gain=0.3
create tone svf cutoff=700 q=3
create env adsr attack=5 decay=60 sustain=0.5 release=150
create wob lfo freq=3 depth=1
connect osc tone env out
connect wob tone.cutoff by=200
gate env on
commit
wait 311ms
set osc.freq 165
wait 97.3ms
create echo delay time=120 feedback=0.5 mix=0.4
disconnect env out
connect env echo out
commit fade 30ms
wait 400ms
gate env off
wait 250ms
undo
gate env on
wait 200ms
stats
"""


def sounding(a):
    loud = np.flatnonzero(np.abs(a).max(axis=1))
    return a[loud[0]:loud[-1] + 1] if len(loud) else a[:0]


period = int(sys.argv[1])
claim = Claims()
offline, code, _, err = render(["--json"], SCRIPT)
claim(code == 0 and level(offline) > 0.01, f"offline: it sounds {err.strip()}")
with jack_server(period) as env, tempfile.TemporaryDirectory() as folder:
    raw = os.path.join(folder, "heard.f32")
    chronus = subprocess.Popen([CHRONUS, "--eof", "quit", "--name", "one"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    ears = subprocess.Popen([os.environ["LISTENER"], raw, "4", "one:out_1", "one:out_2"], stdout=subprocess.PIPE, env=env)
    stats, err = chronus.communicate(SCRIPT.encode(), timeout=LIMIT)
    said = ears.communicate(timeout=LIMIT)[0].decode()
    claim(chronus.returncode == 0, f"live: exit status 0 ({err.decode().strip()})")
    claim("lost 0" in said, f"the listener lost nothing ({said.split()})")
    live = np.fromfile(raw, "<f4").reshape(-1, 2)
want, got = sounding(offline), sounding(live)
# What follows the script's own end is the fade, of which an offline render has nothing.
same = claim(len(got) >= len(want) and same_bits(want, got[:len(want)].copy()), f"period {period}: {len(want)} frames, the same bits")
if not same and len(got) >= len(want):
    wrong = np.flatnonzero((want != got[:len(want)]).any(axis=1))
    print(f"{len(wrong)} frames differ, the first {wrong[:4]}, by up to {np.abs(want - got[:len(want)]).max()}\n{stats.decode()}")
claim.end()
