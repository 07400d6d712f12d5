# SPDX-License-Identifier: GPL-3.0-or-later
"""Csound: double precision, a note a voice, ksmps 64. Band-limited tables (vco2), the cookbook's filter (rbjeq) with its cutoff once a
block, envelopes once a block and drawn as lines between. There is no limiter among its opcodes: compress2 with a steep ratio is one."""
import math, os, shutil
import workloads as w

NAME = "csound"
PACKAGES = "csound"

HEAD = """<CsoundSynthesizer>
<CsInstruments>
sr = {rate}
ksmps = {block}
nchnls = {channels}
0dbfs = 1
gisine ftgen 1, 0, 16384, 10, 1
gisaws vco2init 1
"""
TAIL = """</CsInstruments>
<CsScore>
{notes}
e
</CsScore>
</CsoundSynthesizer>
"""
SINE = """instr 1
  out oscili(p4, p5, gisine)
endin
"""
BANK = """gipitches ftgen 2, 0, -{n}, -2, {pitches}
gilevels ftgen 3, 0, -{n}, -2, {levels}
instr 1
  out adsynt2(1, 1, gisine, gipitches, gilevels, {n}, 0)
endin
"""
VOICE = """instr 1
  kcutoff init p6
  {sway}
  asaw vco2 p4, p5, 0
  alow rbjeq asaw, kcutoff, 1, {q}, 1, 0
  kshape loopseg {notes}, 0, 0, 0, {attack}, 1, {decay}, {sustain}, {hold}, {sustain}, {release}, 0, {rest}
  out alow * interp(kshape)
endin
"""
CHAIN = """instr 1
  kturn phasor {gate}
  agate interp (kturn < {part} ? 1 : 0)
  ahiss rand {noise}, 2, 1
  aleft vco2 {saw}, {left}
  aright vco2 {saw}, {right}
  aleft = (aleft + ahiss) * agate
  aright = (aright + ahiss) * agate
  aecho1 comb aleft, {fall}, {echo}
  aecho2 comb aright, {fall}, {echo}
  aleft = aleft + aecho1 * {echo_level}
  aright = aright + aecho2 * {echo_level}
  alate1 vdelay aleft, {late} + oscil:a({sway}, {slow}, gisine), 50
  alate2 vdelay aright, {late} + oscil:a({sway}, {fast}, gisine), 50
  aleft = aleft + alate1 * {chorus}
  aright = aright + alate2 * {chorus}
  aroom1, aroom2 freeverb aleft, aright, 0.7, 0.5
  aleft = tanh({drive} * (aleft * (1 - {room}) + aroom1 * {room}))
  aright = tanh({drive} * (aright * (1 - {room}) + aroom2 * {room}))
  aleft compress2 aleft, aleft, -90, {ceiling}, {ceiling}, 100, 0.001, {release}, 0.01
  aright compress2 aright, aright, -90, {ceiling}, {ceiling}, 100, 0.001, {release}, 0.01
  outs aleft, aright
endin
"""
SAW = """instr 1
  out vco2(1, p4)
endin
"""


class Program:
    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def installed():
        return bool(shutil.which("csound"))

    def variants(self, work):
        return {"w1": ["a note a sine, oscili", "adsynt2"], "w4": ["freeverb"]}.get(work.kind, ["a note a voice, vco2, rbjeq"])

    def command(self, body, notes, wav, tag, channels=1, block=64):
        path = os.path.join(self.folder, tag + ".csd")
        with open(path, "w") as file:
            file.write(HEAD.format(rate=w.RATE, block=block, channels=channels) + body + TAIL.format(notes="\n".join(notes)))
        return ["csound", "-d", "-m0", "-W", "-f", "-o", wav, path]

    def prepare(self, work, variant, seconds, wav, tag):
        n, block = work.voices, work.period or 64
        if work.kind == "w1" and variant == "adsynt2":
            body = BANK.format(n=n, pitches=",".join(f"{w.sine_hertz(i):.7g}" for i in range(n)), levels=",".join([f"{1 / n:g}"] * n))
            return self.command(body, [f"i 1 0 {seconds}"], wav, tag)
        if work.kind == "w1":
            return self.command(SINE, [f"i 1 0 {seconds} {1 / n:g} {w.sine_hertz(i):.7g}" for i in range(n)], wav, tag)
        if work.kind == "w4":
            c = w.CHAIN
            body = CHAIN.format(gate=1 / (c["on"] + c["off"]), part=c["on"] / (c["on"] + c["off"]), noise=c["noise"], saw=c["saw"], left=c["saws"][0],
                                right=c["saws"][1], fall=c["echo"] * math.log(0.001) / math.log(c["feedback"]), echo=c["echo"],
                                echo_level=c["echo_level"], late=c["chorus_ms"], sway=c["sway_ms"], slow=c["chorus_hertz"][0],
                                fast=c["chorus_hertz"][1], chorus=c["chorus_level"], drive=c["drive"], room=c["room"],
                                ceiling=20 * math.log10(c["ceiling"]), release=c["release"])
            return self.command(body, [f"i 1 0 {seconds}"], wav, tag, channels=2)
        sway = f"kcutoff = p6 * (1 + oscil:k({w.SWAY}, p7, gisine))" if work.kind == "w3" else ""
        hold = w.GATE_ON - w.ATTACK - w.DECAY
        body = VOICE.format(sway=sway, q=w.Q, notes=1 / (w.GATE_ON + w.GATE_OFF), attack=w.ATTACK, decay=w.DECAY, sustain=w.SUSTAIN, hold=hold,
                            release=w.RELEASE, rest=w.GATE_OFF - w.RELEASE)
        notes = [f"i 1 0 {seconds} {1 / n:.9g} {w.voice_hertz(i, n):.7g} {w.voice_cutoff(i, n):.7g} {w.sway_hertz(i, n):.7g}" for i in range(n)]
        return self.command(body, notes, wav, tag, block=block)

    def saw(self, wav):
        return self.command(SAW, [f"i 1 0 4 {w.SAW_HERTZ}"], wav, "saw")
