# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit costs: how long a commit builds and primes (`prime_ms` of --json), in patches of several sizes, and what memory they
take. Straight lines through both, and how far the figures are from them."""
import json, os, subprocess
import numpy as np
import measure


def voices(modules):
    """Saw, filter, envelope, gain: a fourth of the modules each, all of them sounding."""
    lines = []
    for i in range(modules // 4):
        lines += [f"create w{i} saw freq={55 + 1000 * i / modules:.3f} gain={0.5 / modules:g}", f"create f{i} svf cutoff={500 + i % 1000}",
                  f"create e{i} adsr", f"create g{i} gain gain=0.9", f"connect w{i} f{i} e{i} g{i} out", f"gate e{i} on"]
    return lines + ["commit", "wait 100ms"]


def changes(count):
    """A module is put into a voice, and taken out again."""
    there = ["create new gain gain=0.8", "disconnect g0 out", "connect g0 new out", "commit", "wait 50ms"]
    gone = ["delete new", "connect g0 out", "commit", "wait 50ms"]
    return [line for i in range(count) for line in (gone if i % 2 else there)]


def commits(binary, folder, lines, spare="on"):
    """\\return (prime_ms of each commit, the CPU seconds and the peak memory of the whole run)"""
    script, answers = os.path.join(folder, "edits.chronus"), os.path.join(folder, "edits.json")
    with open(script, "w") as file:
        file.write("\n".join(lines) + "\n")
    cost = measure.run([binary, "--json", "--render", "/dev/null", "--spare", spare, script], log=answers, memory=True)
    times = []
    with open(answers) as file:
        for line in file:
            if line.startswith('{"ok":true,"command":"commit"'):
                times.append(json.loads(line)["prime_ms"])
    return times, cost


def latency(binary, folder, modules, count):
    times, _ = commits(binary, folder, voices(modules) + changes(count))
    times = times[1:]
    return dict(modules=modules, commits=len(times), p50_ms=measure.median(times), p99_ms=measure.percentile(times, 0.99), max_ms=max(times))


def growth(binary, folder, modules):
    """One commit of a whole patch, by the clock and as CPU of the whole run; the least of five, as others use the machine too."""
    runs = [commits(binary, folder, voices(modules)) for _ in range(5)]
    return dict(modules=modules, prime_ms=min(times[0] for times, _ in runs), cpu_s=min(cost.cpu for _, cost in runs),
                memory_bytes=max(cost.memory for _, cost in runs))


def wide(lanes, chains=16):
    """Saw, filter, envelope, gain, of so many lanes each."""
    lines = []
    for i in range(chains):
        lines += [f"create w{i} saw lanes={lanes} freq=55..820 gain={0.5 / lanes:g}", f"create f{i} svf", f"create e{i} adsr", f"create g{i} gain",
                  f"connect w{i} f{i} e{i} g{i} out", f"gate e{i} on"]
    return lines + ["commit", "wait 100ms"], 4 * chains


def line_through(x, y):
    """\return slope, beginning, the largest distance from the line and the largest y"""
    slope, begin = np.polyfit(x, y, 1)
    away = np.abs(np.polyval((slope, begin), x) - np.asarray(y)).max()
    return dict(slope=float(slope), begin=float(begin), farthest=float(away), most=float(max(y)))


def lanes_memory(binary, folder):
    """Bytes for each lane of each module: with one slot, and with the spare."""
    counts, found = [16, 64, 256], {}
    for spare in ("off", "on"):
        memory = []
        for lanes in counts:
            lines, modules = wide(lanes)
            memory.append(max(commits(binary, folder, lines, spare)[1].memory for _ in range(3)))
        found[spare] = line_through(counts, memory)["slope"] / modules
    return found


def run(binary, folder, quick):
    plan = [(20, 100), (1000, 20)] if quick else [(20, 1000), (1000, 100)]
    sizes = [20, 1000] if quick else [20, 100, 300, 1000, 3000, 10_000]
    found = dict(latency=[latency(binary, folder, *p) for p in plan], growth=[growth(binary, folder, n) for n in sizes])
    found["prime_fit"] = line_through(sizes, [g["prime_ms"] for g in found["growth"]])
    found["cpu_fit"] = line_through(sizes, [g["cpu_s"] for g in found["growth"]])
    found["memory_fit"] = line_through(sizes, [g["memory_bytes"] for g in found["growth"]])
    found["lane_bytes"] = lanes_memory(binary, folder)
    return found


def callbacks(program, place, cycles):
    """How long the callback takes at a period of 64 with a recording going on, for 1 voice and for 256 (test/engine/bench_callback.cpp)."""
    wav = os.path.join(place.sounds, "callback.wav")
    text = subprocess.run([program, wav, str(cycles)], capture_output=True, text=True, check=True, timeout=measure.TOO_LONG).stdout
    names = ["voices", "p50_us", "p99_us", "max_us", "cpu_p50_us", "cpu_p99_us", "cpu_max_us", "missing", "not_recorded"]
    os.unlink(wav)
    return [dict(zip(names, map(float, line.split())), cycles=cycles) for line in text.splitlines()]
