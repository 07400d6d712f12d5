#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, does not answer, or loses the file: one message, the sound untouched, and program and prompt go on.
SLOW_DISK names the library that holds up whoever writes."""
import os, resource, shutil, signal, subprocess, tempfile, time
from kit import CHRONUS, Claims, Player, jack_server, level, np, render, run, until, wav

claim = Claims()
folder = tempfile.mkdtemp(prefix="chronus-disk-")
sign = os.path.join(folder, "slow")
TONE = ("create t sine freq=440 gain=0.2", "connect t out", "commit", "wait 50ms")


def path(name):
    return os.path.join(folder, name)


def stall(on=True):
    open(sign, "w").close() if on else os.path.exists(sign) and os.unlink(sign)


def untouched(player, what):
    stats = player.ask("stats")
    ordinary = any("no real-time priority" in line for line in player.said)  # ordinary threads may be late at any time
    claim((stats["starved"], stats["late"], stats["dropped"]) == (0, 0, 0) or ordinary,
          f"{what}: the sound is untouched (starved {stats['starved']}, late {stats['late']}, dropped {stats['dropped']})")


def tells(player, what, text, seconds=10):
    claim(player.says(text, seconds), f"{what}: that is said")
    time.sleep(1.2)  # the writer looks once a second
    claim(sum("recording:" in line for line in player.said) == 1, f"{what}: once ({[line.strip() for line in player.said if 'recording:' in line]})")


def pure(sound, rate, gap=None):
    """whether it is the tone throughout, but for the gap"""
    wanted = sound[:rate].astype(np.float64)
    t = np.arange(len(sound))
    basis = np.stack([np.sin(2 * np.pi * 440 * t / rate), np.cos(2 * np.pi * 440 * t / rate)], 1)
    fit = basis @ np.linalg.lstsq(basis[:rate], wanted, rcond=None)[0]
    wrong = np.abs(fit - sound) > 1e-3
    if gap:
        claim(not sound[gap[0]:gap[1]].any(), "the gap is silence")
        wrong[gap[0]:gap[1]] = False
    return not wrong.any()


def full(env):
    """no room after a second or so"""
    what, player = "full", Player(env)
    resource.prlimit(player.process.pid, resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    player.ask(*TONE, "record start " + path("full.wav"))
    tells(player, what, "File too large")
    ended = player.ask("record stop")
    sound, rate = wav(path("full.wav"))
    claim(not ended["ok"] and ended["frames"] == len(sound) and "ended early" in ended["error"], f"{what}: so does record stop ({ended.get('error')})")
    claim(len(sound) > 49_000 and pure(sound[:, 0], rate), f"{what}: what is there is whole ({len(sound)} frames)")
    player.ask("record start " + path("full.wav"))
    claim(until(lambda: sum("recording:" in line for line in player.said) == 2), f"{what}: the same again")
    resource.prlimit(player.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    ended = player.ask("record start " + path("room.wav"), "wait 100ms", "record stop")
    claim(ended["ok"] and ended["frames"] == 4800, f"{what}: with room again the next recording needs no stop of the last ({ended})")
    untouched(player, what)
    claim(player.end() == 1, f"{what}: the exit status tells of the one that failed")


def no_room(env):
    """a real file system without room, where one may be made"""
    what, small = "no room", path("small")
    os.mkdir(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "chronus-test", small], capture_output=True).returncode != 0:
        return print("no room: file systems cannot be made here")
    try:
        player = Player(env)
        player.ask(*TONE, f"record start {small}/a.wav")
        tells(player, what, "No space left on device")
        claim(not player.ask(f"save {small}/patch")["ok"] or os.path.getsize(f"{small}/patch") > 0, f"{what}: save writes all or nothing")
        claim(not player.ask(f"blackbox {small}/box")["ok"], f"{what}: blackbox is refused")
        untouched(player, what)
        player.end()
        os.unlink(f"{small}/a.wav")
        code, _, err = run([CHRONUS, "--render", f"{small}/r.wav"], "\n".join(TONE) + "\nwait 5s\n")
        claim(code == 1 and err.count("\n") == 1 and "No space left" in err and "at frame" in err, f"{what}: --render says so and fails ({code}, {err.strip()})")
    finally:
        subprocess.run(["umount", "-l", small])


def lost(env):
    """the file is deleted, or its folder"""
    for what, loss in ("deleted", lambda: os.unlink(path("box/lost.wav"))), ("folder gone", lambda: shutil.rmtree(path("box"))):
        os.makedirs(path("box"), exist_ok=True)
        player = Player(env)
        player.ask(*TONE, "record start " + path("box/lost.wav"), "wait 500ms", "stats")
        loss()
        tells(player, what, "lost.wav: the file was deleted")
        ended = player.ask("record stop")
        claim(not ended["ok"] and ended["frames"] > 20_000, f"{what}: record stop says so too ({ended})")
        claim(not os.path.exists(path("box/lost.wav")), f"{what}: nothing is made in its place")
        untouched(player, what)
        claim(player.end() == 1, f"{what}: the exit status tells")


def slow(env):
    env = dict(env, LD_PRELOAD=os.environ["SLOW_DISK"], CHRONUS_SLOW_WHILE=sign)
    what, player = "3 s", Player(env)
    player.ask(*TONE, "record start " + path("slow.wav"), "wait 500ms", "stats")
    stall()
    first = player.ask("stats")["frame"]
    time.sleep(3)
    claim(player.ask("stats")["frame"] >= first + 2 * 48000, f"{what}: the prompt answers meanwhile")
    stall(False)
    player.send("record stop")
    ended = player.replies.get(timeout=10)
    sound, rate = wav(path("slow.wav"))
    claim(ended["ok"] and ended["gaps"] == 0 and ended["frames"] == len(sound) and len(sound) > 3 * rate, f"{what}: nothing is lost ({ended})")
    claim(pure(sound[:, 0], rate), f"{what}: every frame is what was heard")

    what = "stop in a stall"
    player.ask("record start " + path("stop.wav"), "wait 500ms", "stats")
    stall()
    time.sleep(0.1)
    player.send("record stop\nset t.gain 0.2\nwait 300ms\nset t.gain 0.2")
    ended = player.replies.get(timeout=10)
    claim(ended["ok"] and "not taken" in ended.get("note", ""), f"{what}: answered without the disk ({ended})")
    stall(False)
    claim(player.says("stop.wav: whole: "), f"{what}: and told when it is whole")
    sound, rate = wav(path("stop.wav"))
    claim(len(sound) > 24000 and pure(sound[:, 0], rate) and f"{len(sound)} frames, 0 lost" in "".join(player.said), f"{what}: it is ({len(sound)} frames)")
    while not player.replies.empty():
        player.replies.get()

    what = "start in a stall"
    stall()
    begun = player.ask("record start " + path("start.wav"))
    claim(begun["ok"] and player.ask("stats")["ok"], f"{what}: answered without the disk")
    time.sleep(0.5)
    stall(False)
    ended = player.ask("wait 100ms", "record stop")
    sound, rate = wav(path("start.wav"))
    claim(ended["gaps"] == 0 and len(sound) == ended["frames"] > 24000 and pure(sound[:, 0], rate), f"{what}: and from that frame on it is all there ({ended})")
    stall()
    player.ask("record start " + path("nowhere/start.wav"))
    stall(False)
    claim(player.says("nowhere/start.wav: No such file"), f"{what}: what cannot be made is told later")
    player.ask("record stop")

    what = "11 s"
    player.said.clear()
    player.ask("record start " + path("gap.wav"), "wait 500ms", "stats")
    stall()
    time.sleep(11)
    stall(False)
    tells(player, what, "the disk is too slow")
    ended = player.ask("record stop")
    sound, rate = wav(path("gap.wav"))
    claim(ended["ok"] and 48000 < ended["gaps"] < 5 * 48000 and ended["frames"] == len(sound), f"{what}: what the memory could not hold is told ({ended})")
    line = next(line for line in player.said if "too slow" in line).split()
    lost, at = int(line[line.index("frames") - 1]), int(line[line.index("frame") + 1]) - (ended["frame"] - ended["frames"])
    claim(lost == ended["gaps"], f"{what}: by the same number ({lost})")
    claim(pure(sound[:, 0], rate, (at, at + lost)), f"{what}: and what follows it is in its place")
    untouched(player, "slow")

    what = "quit in a stall"
    player.ask("record start " + path("quit.wav"), "wait 300ms", "stats")
    stall()
    time.sleep(0.1)
    begun = time.monotonic()
    code = player.end()
    claim(code == 1 and any("quit.wav: the disk does not take the end" in line for line in player.said), f"{what}: it leaves, and says what is lost ({code}, {time.monotonic() - begun:.1f} s)")
    stall(False)


with jack_server() as env:
    full(env)
    no_room(env)
    lost(env)
    slow(env)
shutil.rmtree(folder, ignore_errors=True)
claim.end()
