# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file is the sound that was asked for: before anything is timed. Levels and pitches against ideal waves and filters."""
import cmath, math, struct
import numpy as np
import workloads as w


def read(path):
    """\\return frames × channels, −1 to 1; float and 16 bit files, also such whose header was never finished"""
    data = open(path, "rb").read()
    if data[:4] not in (b"RIFF", b"RF64"):
        raise ValueError("not a WAV file")
    at, form, body = 12, None, b""
    while at + 8 <= len(data):
        tag, size = struct.unpack_from("<4sI", data, at)
        if tag == b"fmt ":
            _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
            form = channels, rate, bits
        if tag == b"data":
            body = data[at + 8:] if size in (0, 0xFFFFFFFF) else data[at + 8:at + 8 + size]
            break
        at += 8 + size + size % 2
    channels, rate, bits = form
    if rate != w.RATE:
        raise ValueError(f"{rate} Hz")
    body = body[:len(body) // (channels * bits // 8) * (channels * bits // 8)]
    x = np.frombuffer(body, "<i2") / 32768 if bits == 16 else np.frombuffer(body, "<f4").astype(float)
    return x.reshape(-1, channels)


def decibels(ratio):
    return 20 * math.log10(max(float(ratio), 1e-12))


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def lines(x):
    """The amplitude of a sine at each bin, under Hann's window."""
    window = np.hanning(len(x))
    return np.abs(np.fft.rfft(x * window)) * 2 / window.sum()


def around(spectrum, hertz, frames):
    k = round(hertz * frames / w.RATE)
    return spectrum[max(k - 4, 0):k + 5].max()


def low_pass(hertz, cutoff):
    """|H| of the audio EQ cookbook's low-pass."""
    turn = 2 * math.pi * cutoff / w.RATE
    alpha, cosine = math.sin(turn) / (2 * w.Q), math.cos(turn)
    z = cmath.exp(-2j * math.pi * hertz / w.RATE)
    return abs((1 - cosine) / 2 * (1 + z) ** 2 / (1 + alpha - 2 * cosine * z + (1 - alpha) * z * z))


def envelope():
    """One note's, and the rest up to the next."""
    t = np.arange(int((w.GATE_ON + w.GATE_OFF) * w.RATE)) / w.RATE
    on, end = w.GATE_ON, w.GATE_ON + w.RELEASE
    return np.interp(t, [0, w.ATTACK, w.ATTACK + w.DECAY, on, end], [0, 1, w.SUSTAIN, w.SUSTAIN, 0])


def voice_power(i, n, sways):
    """A voice's mean square over one note, from its partials."""
    phases = [math.sin(2 * math.pi * p / 16) for p in range(16)] if sways else [0]
    hertz, power = w.voice_hertz(i, n), 0
    for k in range(1, int(w.RATE / 2 / hertz)):
        gains = [low_pass(k * hertz, w.voice_cutoff(i, n) * (1 + w.SWAY * p)) ** 2 for p in phases]
        power += 0.5 * (2 / (math.pi * k)) ** 2 * sum(gains) / len(gains)
        if k * hertz > 8 * w.voice_cutoff(i, n):
            break
    return power / n ** 2 * float(np.mean(envelope() ** 2))


def check_sines(x, n):
    y = x[w.RATE:9 * w.RATE, 0]
    spectrum = lines(y)
    found = sum(abs(decibels(around(spectrum, w.sine_hertz(i, n), len(y)) * n)) < 1.5 for i in range(n))
    level = decibels(rms(y) / math.sqrt(0.5 / n))
    return found >= 0.99 * n and abs(level) < 0.5, f"{found} of {n} sines, level {level:+.2f} dB"


def check_voices(x, n, sways):
    y = x[w.RATE:9 * w.RATE, 0]
    step = max(1, n // 64)  # a part of many voices stands for all of them
    wanted = sum(voice_power(i, n, sways) for i in range(0, n, step)) * step
    level = 10 * math.log10(np.mean(y * y) / wanted)
    note = int((w.GATE_ON + w.GATE_OFF) * w.RATE)

    def part(a, b):
        return rms(np.concatenate([y[k + int(a * w.RATE):k + int(b * w.RATE)] for k in range(0, len(y) - note + 1, note)]))
    held, rest = part(0.15, 0.24), part(0.43, 0.49)
    gate = decibels(held) - decibels(rest)
    said = f"level {level:+.2f} dB, gate {gate:.0f} dB"
    good = abs(level) < 2.5 and gate > 25
    if n <= 64:
        spectrum, mean = lines(y), float(np.mean(envelope()))
        ideal = [2 / math.pi / n * mean * low_pass(w.voice_hertz(i, n), w.voice_cutoff(i, n)) for i in range(n)]
        found = sum(abs(decibels(around(spectrum, w.voice_hertz(i, n), len(y)) / ideal[i])) < (6 if sways else 4) for i in range(n))
        said += f", {found} of {n} pitches"
        good = good and found >= 0.9 * n
    return good, said


def check_chain(x):
    cycle = w.CHAIN["on"] + w.CHAIN["off"]

    def level(a, b):
        return rms(np.concatenate([x[int((k * cycle + a) * w.RATE):int((k * cycle + b) * w.RATE)] for k in (1, 2, 3)]))
    on, first, second, tail = level(0.1, 0.5), level(0.55, 0.75), level(0.8, 1.0), level(1.7, 1.95)
    sides = float(np.corrcoef(x[2 * w.RATE:8 * w.RATE].T)[0, 1])
    peak = float(np.abs(x).max())
    good = on > 0.03 and 0.02 * on < first < 1.5 * on and first > second > tail > 1e-5 and peak <= 1.01 and sides < 0.999
    return good, f"on {decibels(on):.1f}, echoes {decibels(first):.1f} and {decibels(second):.1f}, tail {decibels(tail):.1f} dB, peak {peak:.2f}"


def check(path, work):
    """\\return (whether it is the sound asked for, what was found)"""
    try:
        x = read(path)
    except (OSError, ValueError, TypeError) as e:
        return False, str(e)
    if x.shape[1] != work.channels or len(x) < 9 * w.RATE or not np.isfinite(x).all():
        return False, f"{x.shape[1]} channels, {len(x)} frames, or not finite"
    if work.kind == "w1":
        return check_sines(x, work.voices)
    return check_chain(x) if work.kind == "w4" else check_voices(x, work.voices, work.kind == "w3")


def saw_aliases(path):
    """All that lies between the partials of one saw, against them, in dB; what is below 200 Hz is drift."""
    n = 1 << 17
    x = read(path)[w.RATE // 2:w.RATE // 2 + n, 0]
    t = 2 * np.pi * np.arange(n) / n
    window = 0.35875 - 0.48829 * np.cos(t) + 0.14128 * np.cos(2 * t) - 0.01168 * np.cos(3 * t)  # Blackman-Harris
    power = np.abs(np.fft.rfft(x * window)) ** 2
    hertz = np.fft.rfftfreq(n, 1 / w.RATE)
    partial = np.abs(hertz - np.round(hertz / w.SAW_HERTZ) * w.SAW_HERTZ) < 6 * w.RATE / n
    partial &= hertz > w.SAW_HERTZ / 2
    return 10 * math.log10(power[~partial & (hertz > 200)].sum() / power[partial].sum())
