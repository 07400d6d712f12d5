# SPDX-License-Identifier: GPL-3.0-or-later
"""Faust: compiled ahead of time to C++, and by g++ -O3 -march=native -ffast-math. All voices in one program, or one voice N times, which is how
Faust plays polyphony. All of it at audio rate. faust.cpp beside this file drives it."""
import os, shutil, subprocess
import workloads as w

NAME = "faust"
PACKAGES = "faust g++"
HERE = os.path.dirname(os.path.abspath(__file__))

# Equal envelopes would be computed once for all voices: each has an attack longer by millionths.
VOICE = """beat = os.lf_sawpos({notes}) * {cycle} < {on};
shape(i) = en.adsr({attack} * (1 + i * 1e-6), {decay}, {sustain}, {release}, beat);
voice(f, c, i) = os.sawtooth(f) : fi.resonlp(c, {q}, 1) : *(shape(i));
"""
CHAIN = """gate = os.lf_sawpos({beats}) < {part};
source(f) = (os.sawtooth(f) * {saw} + no.noise * {noise}) * gate;
echo(x) = x + {echo_level} * ((+(x) : de.delay(16384, {echo} - 1)) ~ *({feedback}) : mem);
many(r, x) = x + {chorus} * de.fdelay(4096, ({late} + {sway} * os.osc(r)) * {rate}, x);
wet(a, b) = a * 0.045, b * 0.045 : re.stereo_freeverb(0.896, 0.5, 0.2, 23);
room(a, b) = wet(a, b) : \\(l, r).(a * (1 - {room}) + l * {room}, b * (1 - {room}) + r * {room});
tube = *({drive}) : ma.tanh;
process = (source({left}) : echo : many({slow})), (source({right}) : echo : many({fast})) : room : tube, tube
        : co.limiter_lad_stereo(0.0015, {ceiling}, 0.001, 0.01, {release});
"""


class Program:
    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def installed():
        return bool(shutil.which("faust") and shutil.which("g++"))

    def variants(self, work):
        if work.kind == "w4":
            return ["-vec"]
        return ["one program", "a voice N times"] if work.voices <= 64 else ["a voice N times"]

    def source(self, work, many):
        c = w.CHAIN
        if work.kind == "w1":
            return 'process = os.osc(nentry("f", 440, 1, 20000, 0.001));'
        if work.kind == "w4":
            return CHAIN.format(beats=1 / (c["on"] + c["off"]), part=c["on"] / (c["on"] + c["off"]), saw=c["saw"], noise=c["noise"],
                                echo_level=c["echo_level"], echo=round(c["echo"] * w.RATE), feedback=c["feedback"], chorus=c["chorus_level"],
                                late=c["chorus_ms"] / 1000, sway=c["sway_ms"] / 1000, rate=w.RATE, room=c["room"], drive=c["drive"],
                                left=c["saws"][0], right=c["saws"][1], slow=c["chorus_hertz"][0], fast=c["chorus_hertz"][1],
                                ceiling=c["ceiling"], release=c["release"])
        text = VOICE.format(notes=1 / (w.GATE_ON + w.GATE_OFF), cycle=w.GATE_ON + w.GATE_OFF, on=w.GATE_ON, attack=w.ATTACK, decay=w.DECAY,
                            sustain=w.SUSTAIN, release=w.RELEASE, q=w.Q)
        n, sways = work.voices, work.kind == "w3"
        if many:
            sway = f" * (1 + {w.SWAY} * os.osc(0.5 + 4.5 * i / {n}))" if sways else ""
            return text + f"process = sum(i, {n}, voice(55 * pow(2, 3.9 * i / {n}), (500 + 2500.0 * i / {n}){sway}, i)) / {n};"
        sway = f' * (1 + {w.SWAY} * os.osc(nentry("s", 1, 0, 100, 0.001)))' if sways else ""
        return text + f'process = voice(nentry("f", 110, 1, 20000, 0.001), nentry("c", 1000, 1, 20000, 0.001){sway}, 0);'

    def compiled(self, text, name, options=(), copies=False):
        path = os.path.join(self.folder, name)
        binary = path + ".bin"
        if os.path.exists(binary):
            return binary
        with open(path + ".dsp", "w") as file:
            file.write('import("stdfaust.lib");\n' + text + "\n")
        subprocess.run(["faust", "-t", "600", *options, "-o", path + ".hpp", path + ".dsp"], check=True, capture_output=True, timeout=900)
        subprocess.run(["g++", "-std=c++17", "-O3", "-march=native", "-ffast-math", "-w", f'-DSOUND="{path}.hpp"', f"-DCOPIES={int(copies)}",
                        "-o", binary, os.path.join(HERE, "faust.cpp")], check=True, capture_output=True, timeout=900)
        return binary

    def prepare(self, work, variant, seconds, wav, tag):
        copies = variant == "a voice N times" or work.kind == "w1" and variant != "one program"
        name = f"{work.kind}_{work.voices}_{variant.replace(' ', '_')}"
        vector = ["-vec", "-lv", "1", "-vs", "64"] if variant == "-vec" or work.kind == "w1" else []
        binary = self.compiled(self.source(work, not copies), name, vector, copies)
        return [binary, str(work.voices if copies else 1), str(round(seconds * w.RATE)), wav, str(work.period or 64), work.kind]

    def saw(self, wav):
        return [self.compiled(f"process = os.sawtooth({w.SAW_HERTZ});", "saw"), "1", str(4 * w.RATE), wav, "64", "saw"]
