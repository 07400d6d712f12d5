# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, as text."""


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def name(row):
    return f"{row['program']} ({row['variant']})"


def works(results):
    """One table for each workload, the cheapest first; ratios to our first line."""
    out = []
    for work in dict.fromkeys(r["work"] for r in results):
        rows = [r for r in results if r["work"] == work]
        timed = sorted((r for r in rows if "ns" in r), key=lambda r: r["ns"])
        if not timed:
            continue
        ours = next((r for r in rows if r["program"] == "chronus" and "ns" in r), timed[0])
        out.append(f"\n{work}: {timed[0]['unit']}, CPU of the whole process, start-up subtracted")
        out.append(f"  {'':52} {'ns':>9} {'least':>9} {'most':>9} {'ratio':>7} {'voices':>9}  start-up")
        for r in timed:
            out.append(f"  {name(r):52} {r['ns']:9.3f} {r['least']:9.3f} {r['most']:9.3f} {r['ns'] / ours['ns']:6.1f}x "
                       f"{r['voices_in_real_time']:9.0f}  {seconds(r['start_cpu_s'])}")
        out += [f"  {name(r):52} failed: {r['failed'][:80]}" for r in rows if "failed" in r]
    return "\n".join(out)


def best_of(results):
    """\return (work, program) → its cheapest way"""
    found = {}
    for r in results:
        key = r["work"], r["program"]
        if "ns" in r and (key not in found or r["ns"] < found[key]["ns"]):
            found[key] = r
    return found


TITLES = {"w1": "1000 sines", "w4": "echo, chorus, reverb, tanh, limiter; stereo"}
KINDS = {"w2": "saw, filter, envelope", "w3": "the same, cutoffs swayed"}


def title(work):
    kind, _, voices = work.partition(" ")
    many = "one voice" if voices == "1" else f"{voices} voices"
    return TITLES[kind] if kind in TITLES else f"{KINDS[kind]}: {many}" if kind in KINDS else f"{KINDS['w2']}: 64 voices, {voices}"


def times(ratio):
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}"


def markdown(found):
    """One table: ns a voice and frame, each program at its best, and how many times what chronus takes."""
    best, programs = best_of(found["results"]), found["programs"]
    works = [work for work in dict.fromkeys(r["work"] for r in found["results"]) if (work, "chronus") in best]
    aliases = {r["program"]: f"{r['aliases_db']:.0f} dB" for r in found.get("saws", []) if "aliases_db" in r}
    head = ["ns of CPU a voice and frame", *programs]
    out = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for work in works:
        cells = []
        for program in programs:
            r, ours = best.get((work, program)), best[work, "chronus"]
            cells.append("" if r is None else f"{r['ns']:.3g}" if r is ours else f"{r['ns']:.3g} ({times(r['ns'] / ours['ns'])}×)")
        out.append(f"| {title(work)} | " + " | ".join(cells) + " |")
    if aliases:
        out.append("| a saw's aliases at 1865 Hz | " + " | ".join(aliases.get(p, "") for p in programs) + " |")
    return "\n".join(out) + "\n"


def saws(rows):
    out = ["\nsaws at 1865 Hz: what lies between their partials, dB"]
    for r in rows:
        out.append(f"  {r['program']:12} " + (f"{r['aliases_db']:7.1f}" if "aliases_db" in r else r["failed"][:90]))
    return "\n".join(out)


def edits(e):
    out = ["\nfrom commit to a primed plan, ms", f"  {'modules':>8} {'commits':>8} {'p50':>8} {'p99':>8} {'max':>8}"]
    out += [f"  {r['modules']:8} {r['commits']:8} {r['p50_ms']:8.3f} {r['p99_ms']:8.3f} {r['max_ms']:8.3f}" for r in e["latency"]]
    out += ["\na whole patch at once: built and primed; CPU and memory of the whole run",
            f"  {'modules':>8} {'prime ms':>9} {'us each':>8} {'CPU':>9} {'memory':>9}"]
    for r in e["growth"]:
        each = r["prime_ms"] * 1000 / r["modules"]
        out.append(f"  {r['modules']:8} {r['prime_ms']:9.2f} {each:8.1f} {seconds(r['cpu_s']):>9} {r['memory_bytes'] / 1e6:6.1f} MB")
    if "prime_fit" in e:
        line, cpu, memory, lanes = e["prime_fit"], e["cpu_fit"], e["memory_fit"], e["lane_bytes"]
        out += [f"  a straight line through the times: {line['slope'] * 1000:.1f} us a module, {line['farthest']:.1f} ms from it at the most",
                f"  through the CPU: {cpu['slope'] * 1e6:.1f} us a module, {cpu['farthest'] * 1000:.1f} ms from it at the most",
                f"  and through the memory: {memory['slope']:.0f} bytes a module with its cable and its spare, {memory['farthest'] / 1e6:.1f} MB from it at the most",
                f"  each further lane of a module: {lanes['off']:.0f} bytes, with the spare {lanes['on']:.0f}"]
    return "\n".join(out)


def callbacks(rows):
    period = 64 / 48000 * 1e6
    out = [f"\nthe callback at a period of 64 ({period:.0f} us), with a recording: us, {rows[0]['cycles']} times",
           f"  {'voices':>8} {'p50':>8} {'p99':>8} {'max':>8}   own CPU: {'p50':>8} {'p99':>8} {'max':>8}  blocks missing"]
    for r in rows:
        out.append(f"  {r['voices']:8.0f} {r['p50_us']:8.2f} {r['p99_us']:8.2f} {r['max_us']:8.2f}            {r['cpu_p50_us']:8.2f} {r['cpu_p99_us']:8.2f} "
                   f"{r['cpu_max_us']:8.2f}  {r['missing']:.0f}")
    return "\n".join(out)


def heard(rows):
    out = ["\nfrom a commit that is written to its first frame in another JACK client, at a period of 64, with 1000 voices sounding: ms",
           f"  {'':16} {'commits':>8} {'p50':>8} {'p90':>8} {'p99':>8} {'max':>8} {'priming':>8} {'lead':>8} {'xruns':>8} {'starved':>8}"]
    out += [f"  {r['patch']:16} {r['commits']:8} {r['p50_ms']:8.2f} {r['p90_ms']:8.2f} {r['p99_ms']:8.2f} {r['max_ms']:8.2f} {r['prime_p50_ms']:8.2f} "
            f"{r['lead']:8} {r['xruns']:8} {r['starved']:8}" for r in rows]
    return "\n".join(out)


def threads(rows):
    out = [f"\nthreads: how many times as fast by the clock with --workers {rows[0]['threads']}, and, for the machine's limit, two programs of one thread at once",
           f"  {'':12} {'threads':>8} {'limit':>8}   at their fastest: {'threads':>8} {'limit':>8}"]
    out += [f"  {r['work']:12} {r['faster']:8.2f} {r['limit']:8.2f}   {'':17} {r['fastest']:8.2f} {r['fastest_limit']:8.2f}" for r in rows]
    return "\n".join(out)


def spare(s):
    memory = f"memory {s['memory_on'] / 1e6:.0f} MB, without it {s['memory_off'] / 1e6:.0f} MB"
    return f"\nthe spare: {s['work']} costs {s['ratio']:.2f} times as much with it, {s['ratio'] / 2:.3f} a slot; {memory}"
