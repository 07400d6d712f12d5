#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that stands still now and then, as a virtual one does whose host is busy: for a moment no processor runs anything of JACK's
or ours. The lead is two periods long, so that nothing is missing afterwards."""
import os, random, sys, time
from kit import Claims, Player, jack_server

PAUSES, EVERY, LONGEST = 300, 0.03, 0.003  # s; many of them last longer than the period, 1.3 ms
FRONT = 98                                 # the priority of what stands in the way of all


def stand_in_the_way(processor, pauses):
    """Takes one processor for itself at each of the times, for as long."""
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FRONT))
    for begin, end in pauses:
        time.sleep(max(0, begin - time.monotonic()))
        while time.monotonic() < end:
            pass
    os._exit(0)


try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
except PermissionError:
    print("nothing to see: real-time priorities are not to be had here, and nothing can stand in the way of all")
    sys.exit(0)


def play():
    """what the counters say before and after, and the exit status"""
    with jack_server(64) as env:
        p = Player(env, "--eof", "stay")
        p.ask("create a sine freq=440 gain=0.3", "create l lfo freq=3", "connect l a.freq by=20", "connect a out", "commit")
        time.sleep(0.5)
        before = p.ask("stats")
        dice = random.Random(5)
        begins = [time.monotonic() + 0.2 + EVERY * (i + 0.5 * dice.random()) for i in range(PAUSES)]
        pauses = [(begin, begin + LONGEST * dice.random()) for begin in begins]
        hogs = []
        for processor in os.sched_getaffinity(0):
            hogs.append(os.fork())
            if not hogs[-1]:
                stand_in_the_way(processor, pauses)
        for hog in hogs:
            os.waitpid(hog, 0)
        return before, p.ask("stats"), p.end()


claim = Claims()
for tries in range(3):  # the machine may stand still for longer than we ask it to
    before, after, status = play()
    if after["starved"] == 0:
        break
frames, xruns = after["frame"] - before["frame"], after["xruns"] - before["xruns"]
claim(before["lead"] == 128, f"the lead is two periods of 64 ({before['lead']})")
claim(frames > 0.5 * 48000 * PAUSES * EVERY, f"time went on ({frames} frames, {xruns} xruns)")
claim(after["starved"] == 0, f"no frame was missing ({after['starved']}; {after['failovers']} failovers; try {tries + 1})")
claim(status == 0, f"and it ends with 0 ({status})")
claim.end()
