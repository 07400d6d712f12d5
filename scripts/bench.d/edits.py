# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit costs: how long a commit builds and primes (`prime_ms` of --json), in patches of several sizes."""
import json, os, subprocess
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


def commits(binary, folder, lines):
    """\\return (prime_ms of each commit, the CPU seconds and the peak memory of the whole run)"""
    script, answers = os.path.join(folder, "edits.chronus"), os.path.join(folder, "edits.json")
    with open(script, "w") as file:
        file.write("\n".join(lines) + "\n")
    cost = measure.run([binary, "--json", "--render", "/dev/null", script], log=answers, memory=True)
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
    """One commit of a whole patch; the least of three, as it is one number."""
    runs = [commits(binary, folder, voices(modules)) for _ in range(3)]
    return dict(modules=modules, prime_ms=min(times[0] for times, _ in runs), cpu_s=min(cost.cpu for _, cost in runs),
                memory_bytes=max(cost.memory for _, cost in runs))


def run(binary, folder, quick):
    plan = [(20, 100), (1000, 20)] if quick else [(20, 1000), (1000, 100)]
    sizes = [20, 1000] if quick else [20, 100, 1000, 10_000]
    return dict(latency=[latency(binary, folder, *p) for p in plan], growth=[growth(binary, folder, n) for n in sizes])
