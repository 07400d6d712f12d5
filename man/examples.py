#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: examples.py chronus.1     every command line of EXAMPLES is run, in the project's folder; the patch among them is rendered"""
import os, re, shutil, subprocess, sys, tempfile
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "test", "scripts"))
from kit import CHRONUS, Claims, jack_server, level, render, wav

claim = Claims()
page = open(sys.argv[1]).read()
section = page.split(".Sh EXAMPLES", 1)[1].split(".Sh ", 1)[0]
examples = [e.strip("\n").replace("\\e", "\\") for e in re.findall(r"^\.Bd.*?\n(.*?)^\.Ed", section, re.S | re.M)]
claim(len(examples) >= 6, f"there are {len(examples)} examples")
with tempfile.TemporaryDirectory() as folder, jack_server() as env:
    os.symlink(os.path.join(ROOT, "patches"), os.path.join(folder, "patches"))
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(CHRONUS, os.path.join(folder, "bin", "chronus"))
    env["PATH"] = os.path.join(folder, "bin") + ":" + env["PATH"]
    for example in examples:
        if "chronus" not in example.split():
            sound, code, _, err = render(["-"], example)
            claim(code == 0 and level(sound) > 0.01, f"the patch of {len(example.splitlines())} lines renders and sounds {err}")
            continue
        p = subprocess.run(["bash", "-c", example], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        claim(p.returncode == 0, f"{example}   {p.stderr.strip()[-200:] if p.returncode else ''}")
        written = re.search(r"--render (\S+)", example)
        if written and p.returncode == 0:
            claim(level(wav(os.path.join(folder, written.group(1)))[0]) > 0.01, "    and what it wrote sounds")
claim.end()
