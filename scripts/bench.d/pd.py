# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure Data, its own objects alone, single precision. It has no band-limited saw: tables of one octave each, read by tabosc4~, are the
usual remedy. biquad~ with the cookbook's coefficients; vcf~ where the cutoff sways each frame; vline~ envelopes; rev3~ in W4."""
import math, os, shutil
import workloads as w

NAME = "pd"
PACKAGES = "puredata-core puredata-extra"
OCTAVES = 6


class Canvas:
    """A patch being drawn: each object by its number."""
    def __init__(self):
        self.things, self.cords = [], []

    def put(self, what, kind="obj"):
        self.things.append(f"#X {kind} 9 9 {what.replace('$', chr(92) + '$').replace(',', ' ' + chr(92) + ',').replace(';', chr(92) + ';')};")
        return len(self.things) - 1

    def cord(self, *ends):
        """Each a number, or (number, port): from one to the next."""
        whole = [e if isinstance(e, tuple) else (e, 0) for e in ends]
        for (a, out), (b, into) in zip(whole, whole[1:]):
            self.cords.append(f"#X connect {a} {out} {b} {into};")

    def row(self, *what):
        """Objects one after the other."""
        made = [self.put(o) for o in what]
        self.cord(*made)
        return made

    def inner(self, canvas, name):
        self.things.append(canvas.text(name) + f"#X restore 9 9 pd {name};")
        return len(self.things) - 1

    def text(self, name=None):
        head = f"#N canvas 0 0 400 300 {name} 0;" if name else "#N canvas 0 0 400 300 10;"
        return "\n".join([head, *self.things, *self.cords]) + "\n"


def table_of(hertz):
    return min(OCTAVES - 1, max(0, math.ceil(math.log2(hertz / 110))))


def add_tables(p, start):
    for k in range(OCTAVES):
        top = 110 * 2 ** k
        p.put(f"array define saw{k} 4099")
        partials = " ".join(f"{2 / math.pi / h:.6g}" for h in range(1, int(20000 / top) + 1))
        p.cord(start, p.put(f"; saw{k} sinesum 4096 {partials}", "msg"))


def cookbook(cutoff):
    turn = 2 * math.pi * cutoff / w.RATE
    alpha, c = math.sin(turn) / (2 * w.Q), math.cos(turn)
    a0 = 1 + alpha
    b = (1 - c) / 2 / a0
    return f"biquad~ {2 * c / a0:.9g} {(alpha - 1) / a0:.9g} {b:.9g} {2 * b:.9g} {b:.9g}"


def add_voices(p, n, sways, sink):
    """Each voice has its own envelope; all of them are struck together."""
    beat = p.put("r beat")
    strike = p.put(f"1 {w.ATTACK * 1000:g}, {w.SUSTAIN} {w.DECAY * 1000:g} {w.ATTACK * 1000:g}, 0 {w.RELEASE * 1000:g} {w.GATE_ON * 1000:g}", "msg")
    p.cord(beat, strike)
    for i in range(n):
        wave = p.row(f"sig~ {w.voice_hertz(i, n):.7g}", f"tabosc4~ saw{table_of(w.voice_hertz(i, n))}")[-1]
        if sways:
            centre = w.voice_cutoff(i, n)
            low = p.put(f"vcf~ {w.Q}")
            sway = p.row(f"osc~ {w.sway_hertz(i, n):.7g}", f"*~ {w.SWAY * centre:.7g}", f"+~ {centre:.7g}")[-1]
            p.cord(wave, low)
            p.cord(sway, (low, 1))
            out, level = (low, 0), w.Q / n  # its peak is 1 where the cookbook's is q
        else:
            low = p.put(cookbook(w.voice_cutoff(i, n)))
            p.cord(wave, low)
            out, level = (low, 0), 1 / n
        line, times = p.put("vline~"), p.put("*~")
        p.cord(strike, line)
        p.cord(out, times)
        p.cord(line, (times, 1))
        p.cord(times, p.put(f"*~ {level:.9g}"), sink)


def add_chain(p, file):
    c = w.CHAIN
    beat, strike = p.put("r beat"), p.put(f"1, 0 0 {c['on'] * 1000:g}", "msg")
    gate = p.put("vline~")
    p.cord(beat, strike, gate)
    hiss = p.row("noise~", f"*~ {c['noise']}")[-1]
    rev = p.put("rev3~ 100 85 3000 20")
    for k in range(2):
        saw = p.row(f"sig~ {c['saws'][k]}", "tabosc4~ saw0" if c["saws"][k] <= 110 else "tabosc4~ saw1", f"*~ {c['saw']}")[-1]
        dry = p.put("*~")
        p.cord(saw, dry)
        p.cord(hiss, dry)
        p.cord(gate, (dry, 1))
        line, echo = p.put(f"delwrite~ echo{k} 300"), p.put(f"delread~ echo{k} {c['echo'] * 1000:g}")
        p.cord(dry, line)
        p.cord(echo, p.put(f"*~ {c['feedback']}"), line)
        both = p.put("+~")
        p.cord(dry, both)
        p.cord(echo, p.put(f"*~ {c['echo_level']}"), (both, 1))
        p.cord(both, p.put(f"delwrite~ sway{k} 60"))
        late = p.row(f"osc~ {c['chorus_hertz'][k]}", f"*~ {c['sway_ms']}", f"+~ {c['chorus_ms']}", f"delread4~ sway{k}",
                     f"*~ {c['chorus_level']}")[-1]
        many, sum_ = p.put("+~"), p.put("+~")
        p.cord(both, many)
        p.cord(late, (many, 1))
        p.cord(many, (rev, k))
        p.cord(many, p.put(f"*~ {1 - c['room']:g}"), sum_)
        p.cord((rev, k), p.put(f"*~ {c['room']}"), (sum_, 1))
        bent = p.put(f"expr~ tanh({c['drive']} * $v1)")
        held = p.put(f"expr~ $v1 * {c['ceiling']} / max($v2, {c['ceiling']})")
        p.cord(sum_, bent, held)
        p.cord(bent, p.put("abs~"), p.put("slop~ 1.6 0 1e+06 0 1.6"), (held, 1))
        p.cord(held, (file, k))


class Program:
    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def installed():
        return bool(shutil.which("pd"))

    def variants(self, work):
        return {"w1": ["osc~"], "w2": ["tabosc4~, biquad~, vline~"], "w3": ["tabosc4~, vcf~, vline~"], "w4": ["rev3~, expr~"]}[work.kind]

    def command(self, fill, seconds, wav, tag, channels=1, every=None, period=None):
        """`fill` draws the sound; the patch starts itself, writes the file and quits."""
        p = Canvas()
        start = p.put("loadbang")
        add_tables(p, start)
        file = p.put(f"writesf~ {channels}")
        p.cord(start, p.put(f"open -wave -bytes 4 {wav}, start", "msg"), file)
        fill(p, file)
        p.cord(start, p.put("; pd dsp 1", "msg"))
        if every:
            p.cord(start, p.put(f"metro {every * 1000:g}"), p.put("s beat"))
        end = p.put(f"del {seconds * 1000:g}")
        p.cord(start, end)
        p.cord(end, p.put("stop", "msg"), file)
        p.cord(end, p.put("; pd dsp 0", "msg"))
        p.cord(end, p.put("del 20000"), p.put("; pd quit", "msg"))  # the file is written by another thread: it gets some time
        path = os.path.join(self.folder, tag + ".pd")
        with open(path, "w") as out:
            out.write(p.text())
        return ["pd", "-nogui", "-batch", "-noaudio", "-nomidi", "-noprefs", "-r", str(w.RATE), "-path", "/usr/lib/puredata/extra", path]

    def prepare(self, work, variant, seconds, wav, tag):
        n = work.voices
        if work.kind == "w1":
            def fill(p, file):
                for i in range(n):
                    p.cord(*p.row(f"osc~ {w.sine_hertz(i):.7g}", f"*~ {1 / n:g}"), file)
            return self.command(fill, seconds, wav, tag)
        if work.kind == "w4":
            return self.command(add_chain, seconds, wav, tag, 2, w.CHAIN["on"] + w.CHAIN["off"])

        def fill(p, file):
            if work.period is None:
                return add_voices(p, n, work.kind == "w3", file)
            inner = Canvas()  # a period of its own
            inner.put(f"block~ {work.period}")
            add_voices(inner, n, False, inner.put("outlet~"))
            p.cord(p.inner(inner, "voices"), file)
        return self.command(fill, seconds, wav, tag, 1, w.GATE_ON + w.GATE_OFF)

    def saw(self, wav):
        return self.command(lambda p, file: p.cord(*p.row(f"sig~ {w.SAW_HERTZ}", f"tabosc4~ saw{table_of(w.SAW_HERTZ)}"), file), 4, wav, "saw")
