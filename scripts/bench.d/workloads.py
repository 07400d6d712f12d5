# SPDX-License-Identifier: GPL-3.0-or-later
"""What every program is asked to play. Numbers only: each program's own file says them in its own language, and sound.py
checks what came out against them."""
RATE = 48000

# W1: sines, all different, each at 1/N.
SINES = 1000

def sine_hertz(i, n=SINES):
    return 100 + 7300 * i / n

# W2: N voices, each a saw of peak 1/N through a resonant low-pass of two poles and a linear envelope; no two voices have a
# partial in common, so that their powers add. W3: the same, each cutoff moved by a sine of its own. W5: W2 at other periods.
VOICES = (64, 256)
Q = 2
ATTACK, DECAY, SUSTAIN, RELEASE = 0.010, 0.100, 0.6, 0.150     # s; straight lines
GATE_ON = GATE_OFF = 0.250                                     # s: two notes a second
SWAY = 0.5                                                     # of the cutoff, to each side
PERIODS = (16, 64, 256, 1024)

def voice_hertz(i, n):
    return 55 * 2 ** (3.9 * i / n)

def voice_cutoff(i, n):
    return 500 + 2500 * i / n

def sway_hertz(i, n):
    return 0.5 + 4.5 * i / n

# W4: a stereo chain: saws and noise, gated; echo; chorus; reverb; tanh; limiter.
CHAIN = dict(saws=(110.0, 110.7), saw=0.3, noise=0.05, on=0.5, off=1.5, echo=0.250, feedback=0.4, echo_level=0.5, chorus_ms=15, sway_ms=5,
             chorus_hertz=(0.6, 0.7), chorus_level=0.5, room=0.3, drive=1.5, ceiling=0.9, release=0.1)

# How clean a saw is: one of a pitch whose partials and aliases never meet.
SAW_HERTZ = 1864.655

class Work:
    """One column of the tables: which workload, how many voices, at which period."""
    def __init__(self, kind, voices, seconds, period=None):
        self.kind, self.voices, self.seconds, self.period = kind, voices, seconds, period
        self.channels = 2 if kind == "w4" else 1

    @property
    def name(self):
        many = f" {self.voices}" if self.kind in ("w2", "w3") else ""
        return f"{self.kind}{many}" if self.period is None else f"w5 period {self.period}"

    @property
    def unit(self):
        return "ns a frame" if self.kind == "w4" else "ns a voice and frame"

    def samples(self, seconds):
        """What a cost is divided by."""
        return self.voices * seconds * RATE


def all_works(quick):
    works = [Work("w1", SINES, 10)]
    if not quick:
        works.append(Work("w2", 1, 60))
    for n in VOICES[:1] if quick else VOICES:
        works += [Work("w2", n, 10), Work("w3", n, 10)]
    works.append(Work("w4", 1, 30))
    works += [Work("w2", VOICES[0], 10, p) for p in (PERIODS[::3] if quick else PERIODS)]
    return works
