# SPDX-License-Identifier: GPL-3.0-or-later
"""Ours: the scripts that a user would write, and the command that renders them."""
import os
import workloads as w

NAME = "chronus"


def spread(values):
    return "[" + " ".join(f"{v:.7g}" for v in values) + "]"


def banks():
    """W1: as few modules as hold 1000 sines."""
    lines = []
    for first in range(0, w.SINES, 250):
        lines.append(f"create s{first} sine freq={spread(w.sine_hertz(i) for i in range(first, first + 250))} gain={1 / w.SINES:g}")
        lines.append(f"connect s{first} out")
    return lines


def single_sines():
    """W1: a module for each."""
    lines = []
    for i in range(w.SINES):
        lines += [f"create s{i} sine freq={w.sine_hertz(i):.7g} gain={1 / w.SINES:g}", f"connect s{i} out"]
    return lines


def voices(n, sways):
    numbers = range(n)
    lines = [f"create wave saw freq={spread(w.voice_hertz(i, n) for i in numbers)} gain={1 / n:.9g}",
             f"create tone {'svf' if sways else 'biquad'} cutoff={spread(w.voice_cutoff(i, n) for i in numbers)} q={w.Q}",
             f"create note adsr attack={w.ATTACK * 1000:g} decay={w.DECAY * 1000:g} sustain={w.SUSTAIN} release={w.RELEASE * 1000:g}",
             "connect wave tone note out"]
    if sways:
        depths = spread(w.SWAY * w.voice_cutoff(i, n) / 1000 for i in numbers)
        lines += [f"create sway lfo freq={spread(w.sway_hertz(i, n) for i in numbers)} depth={depths}", "connect sway tone.cutoff by=1000"]
    return lines


def chain(tag="", of=1):
    """W4, one of so many."""
    c = w.CHAIN
    echo = c["echo_level"] / (1 + c["echo_level"])   # as parts of a whole: the levels that follow make up for it
    chorus = c["chorus_level"] / (1 + c["chorus_level"])
    drive = c["drive"] * (1 + c["echo_level"]) * (1 + c["chorus_level"])
    lines = [f"create hiss{tag} noise gain={c['noise']}"]
    for side, hertz in zip(("left", "right"), c["saws"]):
        lines += [f"create {side}{tag} saw freq={hertz} gain={c['saw']}",
                  f"create gate_{side}{tag} adsr attack=0.01 decay=1 sustain=1 release=0.01",
                  f"create echo_{side}{tag} delay time={c['echo'] * 1000:g} feedback={c['feedback']} mix={echo:g}",
                  f"create tube_{side}{tag} drive amount={drive:g} curve=tanh oversample=off"]
    lines += [f"create crowd{tag} chorus voices=one rate={c['chorus_hertz'][0]} depth={c['sway_ms']} delay={c['chorus_ms']} mix={chorus:g}",
              f"create room{tag} reverb decay=2s mix={c['room']}",
              f"create top{tag} limiter ceiling={c['ceiling'] / of:g} release={c['release'] * 1000:g}"]
    for side in ("left", "right"):
        lines += [f"connect {side}{tag} gate_{side}{tag} echo_{side}{tag} crowd{tag}.{side}", f"connect hiss{tag} gate_{side}{tag}",
                  f"connect room{tag}.{side} tube_{side}{tag} top{tag}.{side}"]
    return lines + [f"connect crowd{tag} room{tag}", f"connect top{tag} out"]


def played(names, on, off, seconds):
    """Gates opened and closed for so long, to the frame."""
    lines, left = [], seconds
    while left > 1e-9:
        for state, time in (("on", on), ("off", off)):
            time = min(time, left)
            if time > 1e-9:
                lines += [f"gate {name} {state}" for name in names] + [f"wait {time:g}s"]
            left -= time
    return lines


class Program:
    def __init__(self, folder, binary):
        self.folder, self.binary = folder, binary

    def variants(self, work):
        if work.kind == "w1":
            return ["four modules of 250 lanes", "1000 modules"]
        return {"w4": ["twelve modules, stereo"]}.get(work.kind, ["modules of all lanes"])

    def prepare(self, work, variant, seconds, wav, tag, options=("--spare", "off")):
        """\\return the command"""
        if work.kind == "w1":
            lines = banks() if "lanes" in variant else single_sines()
        else:
            tags = [str(i) for i in range(work.voices)] if work.kind == "w4" and work.voices > 1 else [""]
            chains = [line for tag in tags for line in chain(tag, len(tags))]
            lines = chains if work.kind == "w4" else voices(work.voices, work.kind == "w3")
        lines.append("commit")
        if work.kind == "w1":
            lines.append(f"wait {seconds:g}s")
        elif work.kind == "w4":
            lines += played([f"gate_{side}{tag}" for tag in tags for side in ("left", "right")], w.CHAIN["on"], w.CHAIN["off"], seconds)
        else:
            lines += played(["note"], w.GATE_ON, w.GATE_OFF, seconds)
        script = os.path.join(self.folder, tag + ".chronus")
        with open(script, "w") as file:
            file.write("\n".join(lines) + "\n")
        period = [] if work.period is None else ["--period", str(work.period)]
        return [self.binary, "--render", wav, "--outs", str(work.channels), *options, *period, script]

    def saw(self, wav):
        script = os.path.join(self.folder, "saw.chronus")
        with open(script, "w") as file:
            file.write(f"create a saw freq={w.SAW_HERTZ}\nconnect a out\ncommit\nwait 4s\n")
        return [self.binary, "--render", wav, "--outs", "1", script]
