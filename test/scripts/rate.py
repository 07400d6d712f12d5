#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is killed and comes back at another rate: patch, values, gates, revisions, undo, wires and time go on at that rate."""
import os, signal, tempfile, time
from kit import Claims, Player, Server, level, np, run, until, wav

claim = Claims()
folder = tempfile.mkdtemp(prefix="chronus-rate-")


class Hung(Exception):
    """libjack does not return from jack_client_open, which it did towards a server that was just going: nobody can help it out"""


def pitch(sound, rate):
    """by the strongest bin, in Hz"""
    strength = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(strength)) * rate / len(sound)


def listen(player, name):
    """half a second of what is heard now"""
    take = os.path.join(folder, name.replace(" ", "_") + ".wav")
    ended = player.ask("record start " + take, "wait 500ms", "record stop")
    sound, rate = wav(take)
    claim(ended["gaps"] == 0 and len(sound) == rate // 2, f"{name}: half a second is {len(sound)} frames at {rate} Hz")
    return sound, rate


def wires(env):
    return " ".join(run(["jack_lsp", "-c", "chronus:"], env=env)[1].split())


def change(before, after, how):
    server = Server(rate=before)
    player = Player(server.env, "--connect")
    title = f"{before} to {after} Hz"
    try:
        player.ask("create t sine freq=440 gain=0.2", "create e adsr attack=5 release=30", "connect t e out", "gate e on", "commit")
        player.ask("create x sine freq=3000 gain=0.01", "connect x out.2", "commit", "delete x", "commit", "set t.freq 660")
        sound, rate = listen(player, f"{title}, before")
        claim(rate == before and abs(pitch(sound[:, 0], rate) - 660) < 5, f"{title}: 660 Hz before")
        player.ask("record start " + os.path.join(folder, "cut.wav"), "wait 300ms")
        then = player.ask("stats")
        claim(until(lambda: wires(server.env).count("system:playback_") == 2), f"{title}: wired")

        server.end(how)
        claim(player.says("jack: the server is gone"), f"{title}: the loss is told")
        server.start(rate=after)
        back = player.says(f"jack: back at {after} Hz")
        if not back and any("does not answer" in line or "libjack hangs" in line for line in player.said):
            raise Hung
        claim(back, f"{title}: and so is the return ({player.said[-3:]})")
        claim(player.says("cut.wav ends where the rate changes"), f"{title}: the recording under way ends there, and that is said")
        sound, rate = wav(os.path.join(folder, "cut.wav"))
        claim(rate == before and len(sound) > 0.2 * before and level(sound) > 0.09, f"{title}: what it has stays good ({len(sound)} frames)")
        claim(until(lambda: wires(server.env).count("system:playback_") == 2), f"{title}: wired again ({wires(server.env)})")

        now = player.ask("stats")
        claim(now["frame"] >= then["frame"], f"{title}: the frames count on ({then['frame']}, {now['frame']})")
        kept = ("revision", "swaps", "refused")
        claim(all(now[k] == then[k] for k in kept), f"{title}: nothing else has changed ({[(k, then[k], now[k]) for k in kept]})")
        claim(until(lambda: player.ask("stats")["spare"] in ("0", "1")), f"{title}: there is a spare")
        sound, rate = listen(player, f"{title}, after")
        claim(rate == after and abs(pitch(sound[:, 0], rate) - 660) < 5, f"{title}: the value that was set holds: {pitch(sound[:, 0], rate):.0f} Hz")
        claim(abs(level(sound) / (0.2 * 0.7 / np.sqrt(2)) - 1) < 0.02, f"{title}: the gate is open ({level(sound):.3f} RMS)")
        player.ask("undo", "wait 50ms")
        sound, _ = listen(player, f"{title}, undo")
        claim(abs(pitch(sound[:, 1] - sound[:, 0], after) - 3000) < 5, f"{title}: undo brings back what the commit before the loss took out")
        answer = player.ask("redo")
        claim(answer["ok"] and answer["revision"] == then["revision"] + 2, f"{title}: and redo takes it out ({answer})")
        player.ask("gate e off", "wait 200ms")
        sound, _ = listen(player, f"{title}, closed")
        claim(level(sound) == 0, f"{title}: the gate closes")
        player.ask("gate e on", "wait 100ms")
        sound, _ = listen(player, f"{title}, open again")
        claim(level(sound) > 0.09, f"{title}: and opens")

        player.ask("create d saw", "connect d out", "commit", "wait 50ms", "panic", "wait 50ms", "stats")
        server.end(how)
        claim(until(lambda: sum("server is gone" in line for line in player.said) == 2), f"{title}: lost again")
        server.start(rate=before)
        back = player.says(f"jack: back at {before} Hz")
        if not back and any("does not answer" in line or "libjack hangs" in line for line in player.said):
            raise Hung
        claim(back, f"{title}: and back at {before} Hz")
        sound, rate = listen(player, f"{title} and back")
        claim(rate == before and level(sound) == 0, f"{title}: what a panic has silenced stays silent")
        player.ask("create y sine freq=1k", "delete d", "connect y out", "commit", "wait 100ms")
        sound, rate = listen(player, f"{title} and back, edited")
        claim(abs(pitch(sound[:, 0], rate) - 1000) < 5, f"{title}: and what comes then is heard")
        code = player.end()
        claim(code == 0, f"{title}: the end is clean ({code}, {player.said})")
    finally:
        player.process.kill()
        server.end()


for each in ((48000, 44100, signal.SIGKILL), (44100, 96000, signal.SIGTERM)):
    for attempt in range(3):
        try:
            change(*each)
            break
        except Hung:
            print("libjack hangs; once more")
    else:
        claim(False, "libjack hung three times")
claim.end()
