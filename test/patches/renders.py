#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: renders.py PATCH     an example renders, is worth hearing, and is the same at any period and number of slots"""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts"))
from kit import Claims, level, np, render, same_bits

claim = Claims()
patch = sys.argv[1]
first = open(patch).readline()
claim(first.startswith("# ") and len(first) > 30, "line one says what is heard")
sound, code, out, err = render(["--json", patch])
claim(code == 0 and not err, f"every command is carried out: {err.strip() or 'no errors'}")
if claim(sound is not None and len(sound) > 0, "there is a file"):
    claim(bool(np.isfinite(sound).all()), "finite")
    peak, rms = float(np.abs(sound).max()), level(sound)
    claim(peak <= 1, f"peak {peak:.3f} is not above 1")
    claim(0.06 < rms < 0.5, f"RMS {20 * np.log10(rms):.1f} dBFS lies from -24 to -6")
    claim(float(np.abs(sound.mean(axis=0)).max()) < 0.02, "no DC")
    claim(10 <= len(sound) / 48000 <= 60, f"{len(sound) / 48000:.1f} s long")
    for options in (["--period", "64"], ["--period", "1024"], ["--slots", "3"]):
        again = render([*options, patch])[0]
        claim(again is not None and same_bits(sound, again), f"{' '.join(options)}: the same bits")
claim.end()
