#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Input of any size, at any speed, and of any bytes: memory stays bounded, each fault is one error, the sound goes on."""
import json, os, subprocess, sys, tempfile, time
import numpy as np
import pexpect
from kit import CHRONUS, LIMIT, REPORT, Claims, jack_server, level, render, run, until, wav

claim = Claims()
folder = tempfile.mkdtemp(prefix="chronus-input-")
HEAD = "create t sine gain=0.1\nconnect t out\ncommit\nwait 100ms\n"
MILLION = "".join(f"set t.freq {20 + i % 900}\n" for i in range(900_000))


def path(name, text=None):
    where = os.path.join(folder, name)
    if text is not None:
        open(where, "w").write(text)
    return where


def peak(pid):
    """MiB"""
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM")).split()[1]) / 1024


def measured(script, *arguments):
    """exit status, seconds, peak MiB and errors of an offline run that reads these bytes"""
    # By way of a small process: a large one's memory would be counted with its children's.
    small = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    begun = time.monotonic()
    p = subprocess.run([sys.executable, "-c", small, CHRONUS, "--render", path("out.wav"), *arguments], input=script, capture_output=True, timeout=LIMIT)
    code, kib = map(int, p.stdout.split())
    return code, time.monotonic() - begun, kib / 1024, REPORT.sub("", p.stderr.decode(errors="replace"))


def crowds():
    """Many commits at one frame, and many sets of what only comes with them: each waits for its turn, and the script comes to its end."""
    edits = "".join(f"create b sine freq={100 + i} gain=0.05\nconnect b out\ncommit\ndelete b\ncommit\n" for i in range(400))
    sets = "".join(f"set z.freq {20 + i % 900}\n" for i in range(20_000)) + "".join(f"set z{i}.gain 0.00001\n" for i in range(1500))
    many = "".join(f"create z{i} saw gain=0\nconnect z{i} out\n" for i in range(1500))
    script = HEAD + edits + f"create z sine freq=50 gain=0.5\nconnect z out\n{many}commit\n" + sets + "delete t\ncommit\nset z.freq 1000\n" + "wait 30s\n"
    code, seconds, mib, err = measured(script.encode())
    claim(code == 0 and not err, f"800 commits at one frame, 21500 sets of what they bring: {seconds:.1f} s, {mib:.0f} MiB ({code}, {err[:200]})")
    sound = wav(path("out.wav"))[0][-48000:, 0]
    claim(int(np.argmax(np.abs(np.fft.rfft(sound)))) == 1000, "and what was set last holds")


def files():
    path("self.chronus", f"create a sine\nsource {folder}/self.chronus\nwait 10ms\n")
    path("one.chronus", f"source {folder}/other.chronus\n")
    path("other.chronus", f"source {folder}/one.chronus\n")
    os.mkfifo(path("fifo"))
    for name, why in (("self.chronus", "would include itself"), ("one.chronus", "would include itself"), ("", "is a directory"),
                      ("missing", "No such file or directory"), ("/dev/zero", "is not a regular file")):
        where = name if name.startswith("/") else path(name)
        _, code, _, err = render([], f"source {where}\nwait 10ms\n")
        claim(code == 1 and err.count("\n") == 1 and why in err, f"source {name or 'a folder'}: {err.strip()}")
        code, _, err = run([CHRONUS, "--render", path("out.wav"), where])
        claim(code in (1, 2) and err.count("\n") == 1 and why in err, f"the same as an argument: {err.strip()}")


def offline():
    for name, arguments, script in (("a pipe", (), HEAD + MILLION + "wait 1s\n"), ("a file", (path("million.chronus", HEAD + MILLION + "wait 1s\n"),), "")):
        code, seconds, mib, err = measured(script.encode(), *arguments)
        claim(code == 0 and not err and mib < 200, f"900000 lines of {name}, offline: {seconds:.1f} s, {mib:.0f} MiB ({code}, {err[:100]})")
    code, seconds, mib, err = measured((HEAD + "x" * 10_000_000 + "\nset t.freq 300\nwait 100ms\n").encode())
    claim(code == 1 and err == "<stdin>:5:65537: the line is over the limit of 64 KiB\n" and mib < 100, f"a line of 10 MB: one error, {mib:.0f} MiB ({err[:200]})")
    claim(len(wav(path("out.wav"))[0]) == 9600, "and the next is carried out")
    code, _, mib, err = measured(b"x" * 10_000_000)
    claim(code == 1 and err.startswith("<stdin>:1:65537: ") and err.count("\n") == 1 and mib < 100, f"10 MB without any newline: one error, {mib:.0f} MiB ({err[:200]})")
    code, _, mib, err = measured(b"\0" * 10_000_000)
    claim(code == 1 and err.count("\n") == 1 and mib < 100, f"10 MB of NULs: one error, {mib:.0f} MiB ({err[:200]})")
    code, _, _, err = measured(HEAD.encode() + b"set t.fr\0eq 300\n\0\nwait 10ms\n")
    lines = err.split("\n")
    claim(code == 1 and len(lines) == 3 and r"<stdin>:5:9: the control character \x00" in lines[0] and r"<stdin>:6:1: the control character \x00" in lines[1], f"NULs within lines are pointed at ({err})")


def storm(env):
    """100000 lines a second for 10 s; a gate in each burst. \return what came late because of it"""
    out, err = open(path("answers"), "w"), open(path("errors"), "w")
    p = subprocess.Popen([CHRONUS, "--json"], stdin=subprocess.PIPE, stdout=out, stderr=err, env=env)
    answers = lambda: [json.loads(line) for line in open(path("answers")) if line.endswith("\n")]
    p.stdin.write(("create t sine gain=0.1\nconnect t out.1\ncreate e adsr attack=0.01 release=0.01\nconnect e out.2\ncommit\nwait 300ms\nstats\n").encode())
    p.stdin.flush()
    claim(until(lambda: any(a["command"] == "stats" for a in answers())), "storm: it plays")
    calm, before, begun, sent, gates = peak(p.pid), answers()[-1], time.monotonic(), 0, 0
    p.stdin.write(f"record start {path('storm.wav')}\n".encode())
    while (now := time.monotonic() - begun) < 10:
        n = int(now * 100_000) - sent
        if n < 1000:
            time.sleep(0.002)
            continue
        burst = [f"set t.freq {100 + i % 900}" for i in range(n)]
        burst[n // 2] = f"gate e {'off' if gates % 2 else 'on'}"
        gates += 1
        p.stdin.write(("\n".join(burst) + "\n").encode())
        p.stdin.flush()
        sent += n
    lasted, asked = time.monotonic() - begun, time.monotonic()
    p.stdin.write(f"gate e {'off' if gates % 2 else 'on'}\nwait 100ms\nstats\ngate e off\nwait 100ms\nrecord stop\n".encode())
    p.stdin.flush()
    claim(until(lambda: b'"gaps"' in open(path("answers"), "rb").read()[-200:], 30), "storm: the answers come")
    waited, after, mib = time.monotonic() - asked, next(a for a in reversed(answers()) if a["command"] == "stats"), peak(p.pid)
    late, starved = after["late"] - before["late"], after["starved"] - before["starved"]
    print(f"      {sent} lines and {gates} gates in {lasted:.1f} s, {waited:.2f} s behind at the end; {calm:.0f} MiB before, {mib:.0f} after; late {late}, starved {starved}, dropped {after['dropped']}")
    ordinary = "no real-time priority" in open(path("errors")).read()
    claim(mib < calm + 32, f"storm: memory stays bounded ({calm:.0f} to {mib:.0f} MiB)")
    claim(all(a["ok"] for a in answers()) and len(answers()) > sent, "storm: every line is answered")
    p.terminate()
    claim(p.wait(10) == 0, "storm: it leaves")
    right = wav(path("storm.wav"))[0][:, 1]
    claim(right.any() and not right[-1000:].any(), "storm: the gate was heard, and none is left open")
    return 0 if ordinary else late + after["dropped"]


def prompt(env):
    """a million lines of a script, and a person at the prompt meanwhile"""
    env = dict(env, CHRONUS_HISTFILE=path("history"), TERM="dumb", LC_ALL="C.UTF-8")
    p = pexpect.spawn(CHRONUS, [path("busy.chronus", HEAD + MILLION + "create z sine\nconnect z out\ncommit\n")], env=env, encoding="utf-8", timeout=30)
    p.expect("chronus.*> ")
    times = []
    for _ in range(10):
        begun = time.monotonic()
        p.send("stats\r")
        p.expect(r"starved (\d+), late (\d+)")
        times.append(time.monotonic() - begun)
        mib = peak(p.pid)
    print(f"      answers at the prompt after {min(times) * 1e3:.0f} to {max(times) * 1e3:.0f} ms, {mib:.0f} MiB")
    claim(mib < 400, f"a script of 900000 lines, live: memory is bounded ({mib:.0f} MiB)")
    p.send("live set t.gain 0.05\r")
    p.expect("revision 2: ")
    claim(True, "the prompt answers meanwhile, and the script comes to its end")
    p.send("quit\r")
    p.expect(pexpect.EOF)
    p.close()
    claim(p.exitstatus == 0, f"and quit leaves ({p.exitstatus})")


files()
crowds()
offline()
with jack_server() as env:
    late = next((n for n in map(storm, [env] * 4) if n == 0), -1)  # a machine that stands still for a while is no fault of ours
    claim(late == 0, "storm: nothing comes late because of it")
    prompt(env)
claim.end()
