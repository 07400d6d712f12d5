#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the program begins and ends when something about it is wrong: its status tells the truth, and no file is lost."""
import os, resource, signal, subprocess, tempfile, time
from kit import CHRONUS, Claims, wav

TONE = "create a sine\nconnect a out\ncommit\nwait 200ms\n"
claim = Claims()
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
# No JACK server is to be met: what is wrong with a script is found before one is asked for.
os.environ.update(JACK_DEFAULT_SERVER="chronus-none", JACK_NO_START_SERVER="1", XDG_STATE_HOME=folder.name)
open("tone", "w").write(TONE)
os.mkdir("folder")
with open("large", "wb") as large:
    large.truncate((16 << 20) + 1)


def ends(*arguments, text="", **how):
    """exit status, what was said, seconds"""
    begun = time.monotonic()
    p = subprocess.run([CHRONUS, *arguments], input=text.encode(), capture_output=True, timeout=30, **how)
    return p.returncode, p.stderr.decode(errors="replace"), time.monotonic() - begun


def shell(line):
    """exit status of a command in which $C is the program"""
    return subprocess.run(["timeout", "-k", "1", "10", "bash", "-c", line], env=dict(os.environ, C=CHRONUS), stdin=subprocess.DEVNULL, capture_output=True).returncode


# Scripts that cannot be read.
for bad in ("nosuch", "folder", "large", "/dev/zero"):
    for how in ((), ("--json",), ("--strict",), ("--render", "z.wav")):
        for scripts in ((bad,), ("tone", bad)):
            status, said, _ = ends(*how, *scripts)
            claim(status == 1 and said.startswith(f"chronus: {bad}: ") and said.count("\n") == 1, f"{' '.join([*how, *scripts])}: {said.strip()!r}")
claim(not os.path.exists("z.wav"), "and nothing was rendered")

# Descriptors that are closed, or that fail.
for closed in ("<&-", "<&- >&- 2>&-", ">&-", "2>&-"):
    claim(shell(f"$C --render z.wav tone {closed}") == 0 and len(wav("z.wav")[0]) == 9600, f"{closed}: a whole WAV, status 0")
claim(shell("$C --render z.wav <&-") == 0, "closed standard input is an empty script")
claim(shell("$C --render z.wav tone >/dev/full") == 1, "answers to a full disk: status 1")
claim(shell("$C --render z.wav < .") == 1, "standard input that cannot be read: status 1")

# Too little of everything: one line, and a status.
for what, limits in (("RLIMIT_AS", (20 << 20, 40 << 20)), ("RLIMIT_NPROC", (1, 10)), ("RLIMIT_NOFILE", (3, 4, 5, 6, 7))):
    for limit in limits:
        as_nobody = {"user": 65534} if what == "RLIMIT_NPROC" and os.geteuid() == 0 else {}
        status, said, seconds = ends("--render", "/dev/null", "tone", preexec_fn=lambda: resource.setrlimit(getattr(resource, what), (limit, limit)), **as_nobody)
        claim(status in (0, 1, 127) and "terminate" not in said, f"{what} {limit}: status {status} {said.strip()!r}")

# A render that a signal ends.
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    for text in (TONE + "wait 70000s\n", TONE + "fault stall live 3600\nwait 1s\n"):
        p = subprocess.Popen([CHRONUS, "--faults", "--render", "ended.wav"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        p.stdin.write(text.encode())
        p.stdin.close()
        time.sleep(0.7)
        p.send_signal(each)
        begun = time.monotonic()
        said = p.stderr.read().decode()
        claim(p.wait(10) == 128 + each and f"ended by {each.name} at frame" in said and time.monotonic() - begun < 2, f"{each.name}: {said.strip()!r}")
        claim(len(wav("ended.wav")[0]) > 0, "what was rendered is a whole file")
        os.remove("ended.wav")

# Nothing that somebody made is lost.
ends("--render", "good.wav", text=TONE)
good = open("good.wav", "rb").read()
os.link("tone", "tone.wav")
os.symlink("tone", "link")
open("notes.txt", "w").write("mine")
for arguments, text in ((("tone",), ""), (("tone.wav", "tone"), ""), (("link", "tone"), ""), (("good.wav", "nosuch"), ""),
                        (("good.wav", "--strict"), "create a sine\nconect a out\n"), (("notes.txt", "tone"), ""), (("folder", "tone"), "")):
    status, said, _ = ends("--render", *arguments, text=text)
    claim(status == 1 and said, f"--render {' '.join(arguments)}: {said.strip()!r}")
claim(open("tone").read() == TONE and open("notes.txt").read() == "mine" and open("good.wav", "rb").read() == good, "all is as it was")
p = subprocess.Popen([CHRONUS, "--render", "good.wav", "--seconds", "80000", "tone"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(0.5)
p.kill()
p.wait()
claim(open("good.wav", "rb").read() == good and not [f for f in os.listdir(".") if f.startswith("good.wav.")], "a render that is killed leaves the old file, and nothing beside it")
claim(ends("--render", "good.wav", "--seconds", "0.1", "tone")[0] == 0 and len(wav("good.wav")[0]) == 4800, "a sound file that is named is replaced by a whole one")
claim(shell("$C --render - tone 2>/dev/null | cmp - <($C --render other.wav tone >/dev/null; cat other.wav)") == 0, "--render - is the same file on standard output")
claim(not os.path.exists("-"), "and makes no file of that name")
os.chdir("/")
claim.end()
