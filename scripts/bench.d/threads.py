# SPDX-License-Identifier: GPL-3.0-or-later
"""More than one core, by the clock: the same work with one thread a slot and with two, and two whole programs of one thread each at
once. The last is what the machine gives at the most: its cores share caches, memory, and a host with others."""
import os, subprocess, time
import measure
import workloads as w
from rounds import START

WORKS = [w.Work("w2", w.VOICES[-1], 100), w.Work("w4", 16, 30)]
THREADS = 2


def wall(command, at_once=1):
    """Of each run, s."""
    begun = time.monotonic()
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(at_once)]
    if any([process.wait(measure.TOO_LONG) for process in running]):
        raise RuntimeError(" ".join(command))
    return (time.monotonic() - begun) / at_once


def run(ours, rounds, quick):
    rows = []
    for work in WORKS:
        ways = {"one": (1, 1), "threads": (THREADS, 1), "at_once": (1, THREADS)}  # threads of a slot, programs
        def times(seconds, way):
            threads, programs = ways[way]
            command = ours.prepare(work, "", seconds, os.devnull, f"threads_{work.kind}_{seconds:g}", ("--spare", "off", "--workers", str(threads)))
            return wall(command, programs)
        seconds = work.seconds / 5 if quick else work.seconds
        start = {way: measure.median([times(START, way) for _ in range(max(3, rounds))]) for way in ways}
        found = {way: [] for way in ways}
        for _ in range(max(3, rounds)):
            for way in ways:
                found[way].append(times(seconds, way) - start[way])
        ratios = {way: measure.median([one / other for one, other in zip(found["one"], found[way])]) for way in ways}
        least = {way: min(found["one"]) / min(found[way]) for way in ways}
        rows.append(dict(work=f"{work.voices} {'voices' if work.kind == 'w2' else 'chains'}", threads=THREADS, one_s=measure.median(found["one"]),
                         faster=ratios["threads"], limit=ratios["at_once"], fastest=least["threads"], fastest_limit=least["at_once"]))
    return rows
