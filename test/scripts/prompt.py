#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on a terminal, as a person would type it."""
import os, tempfile
import pexpect
from kit import CHRONUS, Claims, jack_server

claim = Claims()


def says(p, pattern, text):
    try:
        p.expect(pattern)
        return claim(True, text)
    except (pexpect.TIMEOUT, pexpect.EOF):
        return claim(False, f"{text}; instead: {p.before!r}")


with jack_server() as env, tempfile.TemporaryDirectory() as home:
    env.update(CHRONUS_HISTFILE=os.path.join(home, "history"), TERM="xterm", LC_ALL="C.UTF-8")
    env.pop("INPUTRC", None)
    p = pexpect.spawn(CHRONUS, env=env, encoding="utf-8", timeout=8, dimensions=(24, 100))
    says(p, r"client \"chronus\", 48000 Hz, 256 frames", "the banner says what it is connected to")
    says(p, r"chronus\[0\]> ", "the prompt shows the revision")
    p.send("create osc1 sa\t freq=110\r")
    says(p, r"chronus\[0\*\]> ", "TAB completes a type; a draft shows in the prompt")
    p.send("connect osc1 nowhere\r")
    says(p, r"error: there is no module 'nowhere'\r\n\s+connect osc1 nowhere\r\n\s{15}\^", "an error has a caret under its word")
    p.send("connect osc1 out\r")
    p.send("commit\r")
    says(p, r"revision 1: primed in", "the commit answers")
    says(p, r"chronus\[1\]> ", "and the prompt counts on")
    p.send("set osc1.fr\t 220\r")
    p.send("show osc1\r")
    says(p, r"freq\s+220 Hz", "TAB completes a parameter; the value is set")
    p.send("\x1b[A")
    says(p, r"show osc1", "the arrow key brings the last line back")
    p.sendcontrol("c")
    p.send("quit\r")
    p.expect(pexpect.EOF)
    p.close()
    claim(p.exitstatus == 0, f"quit: exit status 0 (got {p.exitstatus}, signal {p.signalstatus})")
    claim("commit" in open(env["CHRONUS_HISTFILE"]).read().split("\n"), "the history was kept")
claim.end()
