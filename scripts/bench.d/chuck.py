# SPDX-License-Identifier: GPL-3.0-or-later
"""ChucK, in blocks (--adaptive), which is its fast way. It writes 16 bit only. Gates, and in W3 the cutoffs each 64 samples, are moved by
shreds. No tanh among its units: a Chugen computes it, a sample at a time. BlitSaw has half the height of ours."""
import os, shutil
import workloads as w

NAME = "chuck"
PACKAGES = "chuck"

HEAD = """WvOut{2} file => blackhole;
"{wav}" => file.wavFilename;
"""
END = """{seconds}::second => now;
file.closeFile();
"""
SINES = """SinOsc s[{n}];
for (0 => int i; i < {n}; i++) {{ 100 + 7300.0 * i / {n} => s[i].freq; 1.0 / {n} => s[i].gain; s[i] => file; }}
"""
VOICES = """BlitSaw saw[{n}]; LPF low[{n}]; ADSR shape[{n}]; SinOsc sway[{n}]; float cutoff[{n}];
for (0 => int i; i < {n}; i++) {{
  saw[i] => low[i] => shape[i] => file;
  55 * Math.pow(2, 3.9 * i / {n}) => saw[i].freq;
  2.0 / {n} => saw[i].gain;
  500 + 2500.0 * i / {n} => cutoff[i] => low[i].freq;
  {q} => low[i].Q;
  shape[i].set({attack}::second, {decay}::second, {sustain}, {release}::second);
  if ({sways}) {{ sway[i] => blackhole; 0.5 + 4.5 * i / {n} => sway[i].freq; }}
}}
fun void play() {{
  while (true) {{
    for (0 => int i; i < {n}; i++) 1 => shape[i].keyOn;
    {on}::second => now;
    for (0 => int i; i < {n}; i++) 1 => shape[i].keyOff;
    {off}::second => now;
  }}
}}
fun void move() {{
  while (true) {{
    for (0 => int i; i < {n}; i++) cutoff[i] * (1 + {by} * sway[i].last()) => low[i].freq;
    64::samp => now;
  }}
}}
spork ~ play();
if ({sways}) spork ~ move();
"""
CHAIN = """class Round extends Chugen {{ fun float tick(float x) {{ return Math.tanh({drive} * x); }} }}
Noise hiss; {noise} => hiss.gain;
BlitSaw saw[2]; Gain dry[2]; Delay line[2]; Gain again[2]; Gain echoed[2]; Chorus many[2]; NRev room[2]; Round tube[2]; Dyno top[2];
[{left}, {right}] @=> float pitch[]; [{slow}, {fast}] @=> float sway[];
for (0 => int k; k < 2; k++) {{
  pitch[k] => saw[k].freq; {saw} * 2 => saw[k].gain;
  saw[k] => dry[k]; hiss => dry[k];
  {echo}::second => line[k].max => line[k].delay;
  dry[k] => echoed[k]; dry[k] => line[k] => echoed[k]; line[k] => again[k] => line[k];
  {echo_level} => line[k].gain; {feedback} / {echo_level} => again[k].gain;
  echoed[k] => many[k] => room[k] => tube[k] => top[k] => file.chan(k);
  sway[k] => many[k].modFreq; 0.33 => many[k].modDepth; 0.33 => many[k].mix; {late}::ms => many[k].baseDelay;
  {room} => room[k].mix; top[k].limit(); {ceiling} => top[k].thresh;
}}
fun void play() {{
  while (true) {{ 1 => dry[0].gain => dry[1].gain; {on}::second => now; 0 => dry[0].gain => dry[1].gain; {off}::second => now; }}
}}
spork ~ play();
"""
SAW = "BlitSaw s => file; {hertz} => s.freq;\n"


class Program:
    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def installed():
        return bool(shutil.which("chuck"))

    def variants(self, work):
        return {"w1": ["SinOsc"], "w4": ["Chorus, NRev, Dyno"]}.get(work.kind, ["BlitSaw, LPF, ADSR"])

    def command(self, body, seconds, wav, tag, channels=1, block=64):
        path = os.path.join(self.folder, tag + ".ck")
        with open(path, "w") as file:
            file.write(HEAD.format("", "", "2" if channels == 2 else "", wav=wav) + body + END.format(seconds=seconds))
        return ["chuck", "--silent", f"--srate:{w.RATE}", f"--adaptive:{block}", path]

    def prepare(self, work, variant, seconds, wav, tag):
        c = w.CHAIN
        if work.kind == "w1":
            body = SINES.format(n=work.voices)
        elif work.kind == "w4":
            body = CHAIN.format(drive=c["drive"], noise=c["noise"], left=c["saws"][0], right=c["saws"][1], slow=c["chorus_hertz"][0],
                                fast=c["chorus_hertz"][1], saw=c["saw"], echo=c["echo"], echo_level=c["echo_level"], feedback=c["feedback"],
                                late=c["chorus_ms"], room=c["room"], ceiling=c["ceiling"], on=c["on"], off=c["off"])
        else:
            body = VOICES.format(n=work.voices, q=w.Q, attack=w.ATTACK, decay=w.DECAY, sustain=w.SUSTAIN, release=w.RELEASE, on=w.GATE_ON,
                                 off=w.GATE_OFF, by=w.SWAY, sways=int(work.kind == "w3"))
        return self.command(body, seconds, wav, tag, work.channels, work.period or 64)

    def saw(self, wav):
        return self.command(SAW.format(hertz=w.SAW_HERTZ), 4, wav, "saw")
