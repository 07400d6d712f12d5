#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person has made is not lost: takes, patches and black boxes replace only what was named for it, and only by what is whole."""
import os, resource, shutil, signal, subprocess, tempfile, time
from kit import CHRONUS, REPORT, Claims, same_bits, wav

claim = Claims()
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
os.environ.update(JACK_DEFAULT_SERVER="chronus-none", JACK_NO_START_SERVER="1", XDG_STATE_HOME=folder.name + "/state", HOME=folder.name + "/home")
os.mkdir("home")
TONE = "create a sine\nconnect a out\ncommit\n"


def write(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    open(name, "w").write(text)
    return name


def read(name):
    return open(name, "rb").read()


def render(text, *arguments, to="r.wav", report=False, **how):
    """exit status, stdout, stderr"""
    p = subprocess.run([CHRONUS, "--render", to, *arguments], input=text.encode(), capture_output=True, timeout=60, **how)
    said = p.stderr.decode(errors="replace")
    return p.returncode, p.stdout.decode(errors="replace"), said if report else REPORT.sub("", said)


def refused(name, text, why, *arguments, kept=(), **how):
    before = {k: read(k) for k in kept}
    code, _, said = render(text, *arguments, **how)
    claim(code == 1 and why in said and said.count("\n") == 1, f"{name}: {said.strip()!r}")
    claim(all(read(k) == v for k, v in before.items()), f"{name}: what was there is there still")


# A take offline has every frame, and its answer the true number of them.
for period in "64", "256", "8192":
    for seconds, wait in (48000, "1s"), (480, "10ms"), (48000 * 60, "60s"):
        _, out, said = render(TONE + f"wait 64ms\nrecord start take.wav\nwait {wait}\nrecord stop\n", "--period", period)
        claim(f"{seconds} frames recorded, 0 lost" in out and not said, f"period {period}: a take of {wait}: {out.strip()[-60:]!r} {said}")
        whole, take = wav("r.wav")[0], wav("take.wav")[0]
        claim(len(take) == seconds and same_bits(take, whole[3072:3072 + seconds]), f"period {period}: the render's own bits")
_, out, _ = render(TONE + "wait 64ms\nrecord start take.wav\nwait 100ms\nrecord stop\nwait 100ms\nrecord start take.wav\nwait 50ms\nrecord stop\nwait 1s\n")
claim("4800 frames recorded" in out and "2400 frames recorded" in out and len(wav("take.wav")[0]) == 2400, "a take that is whole is replaced by the next")
code, _, said = render(TONE + "record start open.wav\nwait 100ms\n")
claim(code == 0 and len(wav("open.wav")[0]) == 4800, f"a take that nobody stops has its end at the script's ({said})")
claim(not [f for f in os.listdir(".") if ".part-" in f], "no take is left beside its place")

# What a take must not replace.
write("notes.txt", "mine")
write("song.chronus", TONE + "record start song.chronus\nwait 10ms\n")
os.link("take.wav", "hard.wav")
os.symlink("take.wav", "soft.wav")
refused("onto a text", TONE + "record start notes.txt\nwait 10ms\n", "no sound file", kept=["notes.txt"])
refused("onto a picture", TONE + f"record start {write('p.webp', 'RIFF    WEBPVP8 ')}\nwait 10ms\n", "no sound file", kept=["p.webp"])
refused("onto the script", "", "script that runs", "song.chronus", kept=["song.chronus"])
refused("onto a script by source", "source song.chronus\n", "script that runs", kept=["song.chronus"])
refused("onto the render", TONE + "record start ./r.wav\nwait 10ms\n", "being rendered")
os.remove("r.wav")
refused("onto the render that is not there yet", TONE + "record start ./r.wav\nwait 10ms\n", "being rendered")
for other in "take.wav", "hard.wav", "soft.wav", "./take.wav":
    code, _, said = render(TONE + f"record start take.wav\nwait 10ms\nrecord stop\nrecord start {other}\nwait 10ms\n")
    claim(code == 1 and "a take is still being written" in said, f"a second take by the name {other}: {said.strip()!r}")
    claim(len(wav("take.wav")[0]) == 480, "the first is whole")
    os.path.exists("hard.wav") or os.link("take.wav", "hard.wav")
    os.remove("hard.wav")
    os.link("take.wav", "hard.wav")
refused("save onto a take", TONE + "record start take.wav\nsave! take.wav\nwait 10ms\n", "take is still being written")
refused("save onto the render", TONE + "save! r.wav\nwait 10ms\n", "being rendered")

# A disk that is full: told, status 1, and what is there is kept.
small = dict(preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000)))[1])
for stop in "record stop\n", "":
    before = read("take.wav")
    code, _, said = render(TONE + f"record start take.wav\nwait 10s\n{stop}wait 10ms\n", to="/dev/null", **small)
    claim(code == 1 and "File too large" in said, f"a take on a full disk, {stop.strip() or 'not stopped'}: {said.strip()!r}")
    left = [f for f in os.listdir(".") if f.startswith("take.wav.part-")]
    claim(read("take.wav") == before and len(left) == 1 and left[0] in said and len(wav(left[0])[0]) > 200_000, f"the old one is kept, and the new one as far as it came ({left})")
    os.remove(left[0])
    code, _, said = render(TONE + f"record start fresh.wav\nwait 10s\n{stop}wait 10ms\n", to="/dev/null", **small)
    claim(code == 1 and len(wav("fresh.wav")[0]) > 200_000 and not [f for f in os.listdir(".") if ".part-" in f], "where none was it is good as far as it came")
    os.remove("fresh.wav")
before = read("r.wav") if os.path.exists("r.wav") else render(TONE + "wait 1s\n") and read("r.wav")
code, _, said = render(TONE + "wait 10s\n", **small)
claim(code == 1 and "what was there is kept" in said and read("r.wav") == before, f"a render on a full disk: {said.strip()!r}")

# What was rendered is told, on stderr alone; pipes and devices are written straight.
code, out, said = render("create a sine gain=0.5\nconnect a out\ncommit\nwait 1s\n", report=True)
claim(said == "chronus: r.wav: 1.000 s, peak -6.0 dB\n", f"a render says what it wrote: {said!r}")
claim(render(TONE + "wait 1s\n", "--json", report=True)[2] == "" and render(TONE + "wait 1s\n", to="/dev/null", report=True)[2] == "", "not with --json, nor to nowhere")
code, _, said = render(TONE + "wait 1s\n", to="/dev/full")
claim(code == 1 and "No space left" in said, f"to a device that is full: {said.strip()!r}")
os.mkfifo("pipe")
reader = subprocess.Popen("sleep 0.5; cat pipe > through.wav", shell=True)
code = render(TONE + "wait 1s\n", to="pipe")[0]
reader.wait(10)
render(TONE + "wait 1s\n")
claim(code == 0 and read("through.wav") == read("r.wav"), "to a pipe whose reader comes later: the same file")
p = subprocess.Popen([CHRONUS, "--render", "pipe"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
time.sleep(0.5)
p.terminate()
claim(p.wait(5) == 128 + signal.SIGTERM, f"a pipe that nobody reads does not hold up SIGTERM ({p.stderr.read()})")

# save: onto what this patch came from or went to; else only with !, and never onto what is no script.
write("old.chronus", "create z saw\n")
write("mine.txt", "to do:\n- practise\n")
write("a.sh", "#!/bin/sh\nset -e\ncd /\n")
refused("save onto another patch", TONE + "save old.chronus\n", "save! FILE", kept=["old.chronus"])
for other in "mine.txt", "a.sh", "take.wav":
    for how in "save", "save!":
        refused(f"{how} onto {other}", TONE + f"{how} {other}\n", "no chronus script", kept=[other])
claim(render(TONE + "save new.chronus\nset a.gain 0.1\nsave new.chronus\n")[0] == 0 and b"gain=0.1" in read("new.chronus"), "onto what it saved itself")
claim(render("load new.chronus\nset a.gain 0.2\nsave new.chronus\n")[0] == 0 and b"gain=0.2" in read("new.chronus"), "onto what it was loaded from")
refused("onto what was loaded before something else", "load new.chronus\nload old.chronus\nsave new.chronus\n", "save! FILE", kept=["new.chronus"])
claim(render(TONE + "save! old.chronus\n")[0] == 0 and b"create a sine" in read("old.chronus"), "save! replaces a script")
claim(render(TONE + "save empty\n")[0] == 0 and write("none", "") and render(TONE + "save none\n")[0] == 0 and read("none") == read("empty"), "an empty file may be filled")
p = subprocess.Popen([CHRONUS, "--render", "/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdin.write(b"load new.chronus\nsave new.chronus\n")
p.stdin.flush()
time.sleep(0.5)
write("new.chronus", "create edited saw\n")
said = p.communicate(b"save new.chronus\n", 10)[1].decode()
claim("has been changed since" in said and read("new.chronus") == b"create edited saw\n", f"what somebody has edited meanwhile is kept: {said.strip()!r}")

# blackbox replaces its own files alone.
claim(render(TONE + "wait 1s\nblackbox box\n")[0] == 0 and render(TONE + "wait 1s\nblackbox box\n")[0] == 0, "blackbox twice")
write("other.json", '{"mine": 1}')
refused("blackbox onto another's JSON", TONE + "wait 1s\nblackbox other\n", "not replaced", kept=["other.json"])
claim(not os.path.exists("other.wav"), "and then there is no WAV either")

# Where a script's path leads to: beside the file that says it, the home folder, a pipe.
write("set/song.chronus", "source parts/voice.chronus\ncommit\nwait 100ms\n")
write("set/parts/voice.chronus", "source sound.chronus\nconnect a out\n")
write("set/parts/sound.chronus", "create a sine\n")
write("set/loads.chronus", "load parts/sound.chronus\nconnect a out\ncommit\nwait 100ms\n")
for script in "set/song.chronus", os.path.abspath("set/song.chronus"), "set/loads.chronus":
    code, _, said = render("", script)
    claim(code == 0 and not said and len(wav("r.wav")[0]) == 4800, f"a folder of files plays from elsewhere: {script} {said.strip()}")
write("home/h.chronus", TONE + "wait 100ms\nsave ~/kept.chronus\n")
claim(render("source ~/h.chronus\n")[0] == 0 and os.path.exists("home/kept.chronus") and not os.path.exists("~"), "~ is the home folder, for what is read and written")
write("t.chronus", TONE + "wait 100ms\n")
for how in ("$C --render p.wav <(cat t.chronus)", "$C --render p.wav <(sleep 0.3; cat t.chronus)", "cat t.chronus | $C --render p.wav /dev/stdin", "$C --render p.wav /dev/stdin < t.chronus",
            "(sleep 0.3; cat t.chronus > pipe) & $C --render p.wav pipe", "echo source /dev/fd/9 | $C --render p.wav 9< <(cat t.chronus)",
            "(sleep 0.3; echo create a sine; sleep 0.3; printf 'connect a out\\ncommit\\nwait 100ms') | $C --render p.wav /dev/stdin"):
    p = subprocess.run(["bash", "-c", how], env=dict(os.environ, C=CHRONUS), stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    claim(p.returncode == 0 and os.path.exists("p.wav") and len(wav("p.wav")[0]) == 4800, f"{how}: {p.stderr.decode().strip()!r}")
    os.path.exists("p.wav") and os.remove("p.wav")
p = subprocess.run(["bash", "-c", "$C --render p.wav <(true)"], env=dict(os.environ, C=CHRONUS), stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
claim(p.returncode == 0, "an empty pipe is an empty script")

# A script's size is its text's, not its lines'.
small_process = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
write("lines", "\n" * (16 << 20))
shutil.copy("t.chronus", "after")
for text, limit in ("source lines\nsource after\n", 120), ("source n1\nsource after\n", 250):
    for i in range(1, 5):
        write(f"n{i}", ("\n" * ((16 << 20) - 100)) + f"source n{i + 1}\n" if i < 3 else TONE)
    begun = time.monotonic()
    p = subprocess.run(["/usr/bin/python3", "-c", small_process, CHRONUS, "--render", "p.wav"], input=text.encode(), capture_output=True, timeout=60)
    code, kib = map(int, p.stdout.split())
    claim(code in (0, 1) and kib / 1024 < limit, f"{text.split()[1]}: 16 MiB of newlines: {kib / 1024:.0f} MiB, {time.monotonic() - begun:.1f} s, status {code}")
for i in range(1, 7):
    write(f"n{i}", f"source n{i + 1}\n" + "\n" * ((16 << 20) - 100))
write("n7", "\n")
refused("more files within files than memory is given to", "source n1\n", "MiB of scripts")

os.chdir("/")
claim.end()
