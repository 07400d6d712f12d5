# SPDX-License-Identifier: GPL-3.0-or-later
"""SuperCollider's server, without real time: it plays a list of timed commands. Single precision, blocks of 64.
Synths are compiled by sclang beforehand. RLPF has two poles and no zeros; gates and the sway of RLPF's cutoff run once a block, as
is usual there; BLowPass is the cookbook's filter, swayed each frame. Saw has half the height of ours, FreeVerb2 and Limiter do W4."""
import math, os, shutil, struct, subprocess
import measure
import workloads as w

NAME = "scsynth"
PACKAGES = "supercollider-server supercollider-language"

DEFINITIONS = """
var folder = thisProcess.argv[0];
var add = { |name, graph| SynthDef(name, graph).writeDefFile(folder) };
var notes = { EnvGen.kr(Env.adsr(%(attack)g, %(decay)g, %(sustain)g, %(release)g, 1, \\lin), LFPulse.kr(%(notes)g)) };
add.("bank", { Out.ar(0, Mix.fill(%(sines)d, { |i| SinOsc.ar(100 + (7300 * i / %(sines)d), 0, 1 / %(sines)d) })) });
add.("klang", { Out.ar(0, Klang.ar(`[Array.fill(%(sines)d, { |i| 100 + (7300 * i / %(sines)d) }), (1 / %(sines)d) ! %(sines)d, nil])) });
add.("sine", { |freq, level| Out.ar(0, SinOsc.ar(freq, 0, level)) });
add.("voice", { |freq, cutoff, level| Out.ar(0, RLPF.ar(Saw.ar(freq, level), cutoff, %(rq)g) * notes.value) });
add.("voice_exact", { |freq, cutoff, level| Out.ar(0, BLowPass.ar(Saw.ar(freq, level), cutoff, %(rq)g) * notes.value) });
add.("swayed", { |freq, cutoff, level, sway|
  Out.ar(0, RLPF.ar(Saw.ar(freq, level), cutoff * (1 + SinOsc.kr(sway, 0, %(by)g)), %(rq)g) * notes.value) });
add.("swayed_exact", { |freq, cutoff, level, sway|
  Out.ar(0, BLowPass.ar(Saw.ar(freq, level), cutoff * (1 + SinOsc.ar(sway, 0, %(by)g)), %(rq)g) * notes.value) });
add.("chain", {
  var gate = LFPulse.kr(%(gate)g, 0, %(part)g);
  var dry = (Saw.ar([%(left)g, %(right)g], %(saw)g * 2) + WhiteNoise.ar(%(noise)g)) * gate;
  var echoed = dry + CombN.ar(dry, %(echo)g, %(echo)g, %(fall)g, %(echo_level)g);
  var late = DelayC.ar(echoed, 0.05, SinOsc.kr([%(slow)g, %(fast)g], 0, %(sway)g, %(late)g), %(chorus)g);
  var many = echoed + late;
  Out.ar(0, Limiter.ar((FreeVerb2.ar(many[0], many[1], %(room)g, 0.7, 0.5) * %(drive)g).tanh, %(ceiling)g, 0.01));
});
add.("pure_saw", { |freq| Out.ar(0, Saw.ar(freq)) });
0.exit;
"""


def definitions():
    c = w.CHAIN
    return "(" + DEFINITIONS % dict(
        attack=w.ATTACK, decay=w.DECAY, sustain=w.SUSTAIN, release=w.RELEASE, notes=1 / (w.GATE_ON + w.GATE_OFF), sines=w.SINES, rq=1 / w.Q,
        by=w.SWAY, gate=1 / (c["on"] + c["off"]), part=c["on"] / (c["on"] + c["off"]), left=c["saws"][0], right=c["saws"][1], saw=c["saw"],
        noise=c["noise"], echo=c["echo"], fall=c["echo"] * math.log(0.001) / math.log(c["feedback"]), echo_level=c["echo_level"],
        slow=c["chorus_hertz"][0], fast=c["chorus_hertz"][1], sway=c["sway_ms"] / 1000, late=c["chorus_ms"] / 1000, chorus=c["chorus_level"],
        room=c["room"], drive=c["drive"], ceiling=c["ceiling"]) + ")"


# ---- Open Sound Control: strings and blobs end on multiples of four bytes ----------------------------------------------
def padded(data):
    return data + bytes(-len(data) % 4)


def text(s):
    return padded(s.encode() + b"\0")


def message(address, *values):
    tags, body = ",", b""
    for v in values:
        if isinstance(v, str):
            tags, body = tags + "s", body + text(v)
        elif isinstance(v, bytes):
            tags, body = tags + "b", body + struct.pack(">i", len(v)) + padded(v)
        elif isinstance(v, float):
            tags, body = tags + "f", body + struct.pack(">f", v)
        else:
            tags, body = tags + "i", body + struct.pack(">i", v)
    return text(address) + text(tags) + body


def timed(seconds, *messages):
    bundle = b"#bundle\0" + struct.pack(">Q", round(seconds * 2 ** 32))
    for m in messages:
        bundle += struct.pack(">i", len(m)) + m
    return struct.pack(">i", len(bundle)) + bundle


class Program:
    def __init__(self, folder):
        self.folder, self.made = folder, False

    @staticmethod
    def installed():
        return bool(shutil.which("scsynth") and shutil.which("sclang"))

    def variants(self, work):
        return {"w1": ["SinOsc in one synth", "Klang"], "w2": ["a synth a voice, RLPF", "a synth a voice, BLowPass"],
                "w3": ["RLPF, once a block", "BLowPass, each frame"], "w4": ["FreeVerb2, Limiter"]}[work.kind]

    def compile(self):
        if self.made:
            return
        source = os.path.join(self.folder, "synths.scd")
        with open(source, "w") as file:
            file.write(definitions())
        said = subprocess.run(["sclang", source, self.folder], env=measure.ENVIRONMENT, capture_output=True, text=True, timeout=180)
        if not os.path.exists(os.path.join(self.folder, "pure_saw.scsyndef")):
            raise RuntimeError("sclang: " + said.stdout[-500:])
        self.made = True

    def command(self, synths, seconds, wav, tag, channels, period):
        self.compile()
        score = os.path.join(self.folder, tag + ".osc")
        with open(score, "wb") as file:
            for name in sorted({s[0] for s in synths}):
                with open(os.path.join(self.folder, name + ".scsyndef"), "rb") as definition:
                    file.write(timed(0, message("/d_recv", definition.read())))
            for i, (name, *values) in enumerate(synths):
                file.write(timed(0, message("/s_new", name, 1000 + i, 1, 0, *values)))
            file.write(timed(seconds, message("/c_set", 0, 0.0)))
        return ["scsynth", "-N", score, "_", wav, str(w.RATE), "WAV", "float", "-i", "0", "-o", str(channels), "-z", str(period or 64),
                "-m", "65536", "-w", "4096", "-n", "4096", "-D", "0", "-V", "-2"]

    def prepare(self, work, variant, seconds, wav, tag):
        if work.kind == "w1":
            synths = [("klang" if variant == "Klang" else "bank",)]
        elif work.kind == "w4":
            synths = [("chain",)]
        else:
            name = ("voice" if work.kind == "w2" else "swayed") + ("_exact" if "BLowPass" in variant else "")
            n = work.voices
            synths = [(name, "freq", float(w.voice_hertz(i, n)), "cutoff", float(w.voice_cutoff(i, n)), "level", 2 / n,
                       *(["sway", float(w.sway_hertz(i, n))] if work.kind == "w3" else [])) for i in range(n)]
        return self.command(synths, seconds, wav, tag, work.channels, work.period)

    def saw(self, wav):
        return self.command([("pure_saw", "freq", w.SAW_HERTZ)], 4, wav, "saw", 1, None)
