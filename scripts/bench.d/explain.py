# SPDX-License-Identifier: GPL-3.0-or-later
"""bench --explain: where the time goes that is left.
usage: bench --explain [--only w1,w2,w3,w4] [--chronus FILE]

  time          of a whole run with its notes and rests, its cost as in the tables; shared out by perf's samples, where there is perf
  instructions  of one block of 64 frames while all notes sound, counted one by one: the worker's thread is led through them
                (steps.cpp), so that no counters of the machine are needed, which virtual machines rarely have
  floor         what these instructions of the worker cost at the least where nothing ever waits, on a core that has four pipes of 256 bits for
                vectors, of which two multiply, two add and two shuffle, two loads and one store of 256 bits a cycle, and begins six
                instructions a cycle (Zen 4; others differ); at the clock that multiplications in a row reach just now"""
import collections, os, re, shutil, subprocess
import chronus, measure, rounds
import workloads as w

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = 64
WORKS = {"w1": ("w1", w.SINES), "w2": ("w2", w.VOICES[-1]), "w3": ("w3", w.VOICES[-1]), "w4": ("w4", 1)}

# What lies above the floor, as far as it is known.
WHY = {"w1": "each vector of sines is written, and read again to be added up: a pass of its own, bound by stores and the nearest cache",
       "w2": "the filter waits for its own last two frames, a fused product and a sum in a row (7 to 8 cycles for two frames of 16 voices); falls of saws are put right one by one",
       "w3": "the filter's corner: some thirteen products and a division a frame, so that the multiplying pipes are nearly full; the rest as in w2",
       "w4": "the reverb's lines are transposed there and back, and its low-passes wait for their last frame; pages for the file come from the kernel"}


def part(function, file=""):
    """Which part of the program a function belongs to."""
    if module := re.search(r"modules::\w+::\(anonymous namespace\)::(\w+)<", function):
        return module[1].lower()
    if band := re.search(r"Filter<\d+, \(chronus::\w+::Band\)(\d)>", function):
        return "svf" if band[1] == "1" else "biquad"
    if "Kernel<" in function:
        return "cables, sums"
    if "render::" in function or "vdso" in file or "clock_gettime" in function:
        return "plan, worker"
    if "kernel" in file:
        return "system: file, wake-ups"
    if re.search(r"chronus::(rt|control|program|link)::", function) or "sndfile" in file:
        return "callback, file"
    return "other, copies"


def times(command, place):
    """\\return part → share, and the number of samples; None without perf"""
    data = os.path.join(place.folder, "perf.data")
    record = ["perf", "record", "-q", "-F", "5000", "-o", data, "--", *command]
    if not shutil.which("perf") or subprocess.run(record, capture_output=True).returncode != 0:
        return None, 0
    text = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso"], capture_output=True, text=True).stdout
    found = collections.Counter()
    for line in text.splitlines():
        if m := re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line):
            found[part(m[1], m[2])] += 1
    total = sum(found.values())
    return {name: n / max(total, 1) for name, n in found.items()}, total


class Listing:
    """A program's functions and instructions by address."""
    def __init__(self, program):
        self.program, self.starts, self.names = program, [], []
        for line in subprocess.run(["nm", "-Cn", "--defined-only", program], capture_output=True, text=True, check=True).stdout.splitlines():
            address, kind, name = line.split(" ", 2)
            if kind in "tTwWi":
                self.starts.append(int(address, 16))
                self.names.append(name)
        self.text = {}
        dump = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-M", "intel", program], capture_output=True, text=True, check=True).stdout
        for line in dump.splitlines():
            if m := re.match(r"\s*([0-9a-f]+):\t(.*)", line):
                self.text[int(m[1], 16)] = m[2]

    def address(self, begin):
        return next(a for a, name in zip(self.starts, self.names) if name.startswith(begin))

    def function(self, address):
        import bisect
        i = bisect.bisect_right(self.starts, address) - 1
        return self.names[i] if i >= 0 and address in self.text else ""


def pipes(instruction):
    """What one instruction takes: halves of 256 bits for each kind of pipe."""
    name, _, operands = instruction.partition(" ")
    operands = operands.strip()
    half = 2 if "zmm" in operands or "ZMMWORD" in operands else 1
    use = collections.Counter(all=1)
    if "PTR [" in operands and not name.startswith(("lea", "nop", "prefetch")):
        width = 2 if "ZMMWORD" in operands else 1
        stores = "PTR [" in operands.split(",")[0] and ("mov" in name or not name.startswith(("v", "cmp", "test")))
        use["store" if stores else "load"] += width
    if name.startswith("v"):
        if re.match(r"v(mul|fm|fnm|div|sqrt|rcp)", name):
            use["multiply"] += half
        elif re.match(r"v(add|sub|min|max|cmp|cvt|andp|round|rnd)", name) and "p" in name:
            use["add"] += half
        elif re.match(r"v(perm|shuf|unpck|align|insert|extract|movlh|movhl|movsh|movsl|pshuf|pslldq)", name):
            use["shuffle"] += half
        elif not name.startswith(("vmov", "vbroadcast", "vzero")) or "PTR" not in operands:
            use["vector"] += half
    return use


def floor(use):
    """In cycles. \\return (what decides, how many)"""
    vector = use["multiply"] + use["add"] + use["shuffle"] + use["vector"]
    limits = {"multiplications": use["multiply"] / 2, "additions": use["add"] / 2, "shuffles": use["shuffle"] / 2, "all vector pipes": vector / 4,
              "loads": use["load"] / 2, "stores": use["store"], "instructions": use["all"] / 6}
    return max(limits.items(), key=lambda kind: kind[1])


def lines(kind, voices):
    """The workload's patch with all its notes sounding."""
    if kind == "w1":
        return chronus.banks() + ["commit", "wait 600s"]
    if kind == "w4":
        return chronus.chain() + ["commit", "gate gate_left on", "gate gate_right on", "wait 600s"]
    return chronus.voices(voices, kind == "w3") + ["commit", "gate note on", "wait 600s"]


def stepped(tool, listing, kind, voices, place):
    """\\return part → Counter of pipes, of one block; None where it cannot be led"""
    script = os.path.join(place.folder, f"explain_{kind}.chronus")
    with open(script, "w") as file:
        file.write("\n".join(lines(kind, voices)) + "\n")
    command = [listing.program, "--render", "/dev/null", "--spare", "off", "--outs", "2" if kind == "w4" else "1", script]
    run = subprocess.run([tool, "700", f"{listing.address('chronus::render::Plan::run('):x}", "1", *command], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    if run.returncode != 0:
        return None
    found = collections.defaultdict(collections.Counter)
    for line in run.stdout.splitlines():
        address, count = line.split()
        address, count = int(address, 16), int(count)
        use = pipes(listing.text[address]) if address in listing.text else collections.Counter(all=1)
        for name, n in use.items():
            found[part(listing.function(address))][name] += n * count
    return found


def explain(program, only, place):
    print(__doc__.split("\n\n", 1)[1])
    ours = chronus.Program(place.folder, program)
    ours.name = chronus.NAME
    tool = os.path.join(place.folder, "steps")
    built = subprocess.run(["g++", "-std=c++20", "-O2", "-o", tool, os.path.join(HERE, "steps.cpp")], capture_output=True).returncode == 0
    listing = Listing(program) if built else None
    clock = float(subprocess.run([tool, "clock"], capture_output=True, text=True).stdout) if built else 0
    found = {}
    for kind in (k for k in WORKS if k in only):
        kind, voices = WORKS[kind]
        work = w.Work(kind, voices, 30 if kind == "w4" else 10)
        case = rounds.Case(ours, ours.variants(work)[0], work)
        if not rounds.play([case], place, 3, 0.8):
            continue
        wav = os.path.join(place.sounds, "explain.wav")
        shares, samples = times(ours.prepare(work, case.variant, case.seconds, wav, "explain"), place)
        uses = stepped(tool, listing, kind, voices, place) if built else None
        found[kind] = tell(work, case.ns(), shares, samples, uses, clock)
    return found


def tell(work, ns, shares, samples, uses, clock):
    """Prints one workload's table. \\return it"""
    shares, uses = shares or {}, uses or {}
    per = work.voices * BLOCK
    print(f"\n{work.name}: {ns:.3f} {work.unit}" + (f"; {samples} samples" if samples else "; no perf here: instructions alone"))
    print(f"  {'':24} {'time':>7} {'ns':>8} {'instructions':>13}")
    rows = {}
    for name in sorted(shares.keys() | uses.keys(), key=lambda n: (-shares.get(n, 0), -uses.get(n, {}).get("all", 0))):
        share, count = shares.get(name, 0), uses.get(name, {}).get("all", 0) / per
        rows[name] = dict(share=share, ns=share * ns, instructions=count)
        if share >= 0.01 or count * per >= 100:
            print(f"  {name:24} {share * 100:5.1f} % {share * ns:8.3f} {count:13.2f}")
    total = sum(uses.values(), collections.Counter())
    if not total:
        return dict(ns=ns, parts=rows)
    what, cycles = floor(total)
    least = cycles / per / clock
    kinds = ", ".join(f"{name} {total[name] / per:.2f}" for name in ("multiply", "add", "shuffle", "vector", "load", "store"))
    print(f"  {total['all'] / per:.2f} instructions; halves of 256 bits: {kinds}")
    print(f"  floor: {cycles / per:.2f} cycles ({what}), {least:.3f} ns at {clock:.2f} GHz; measured: {ns / max(least, 1e-9):.1f} times as much")
    print(f"  above it: {WHY[work.kind]}")
    return dict(ns=ns, parts=rows, instructions=total["all"] / per, floor_ns=least, floor=what, clock_ghz=clock)
