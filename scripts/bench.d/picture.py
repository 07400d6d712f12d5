# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as a picture: a bar for each program at its best, on a logarithmic scale, longer is dearer. SVG, written by hand."""
import math
import report

BAR, GAP, LEFT, WIDTH, HEAD = 16, 4, 330, 520, 34
COLORS = {"chronus": "#1b6ca8", "scsynth": "#c8553d", "csound": "#588b8b", "pd": "#8d6a9f", "chuck": "#a3a380", "faust": "#d6a24e"}


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def panel(rows, y):
    """\\return (elements, height)"""
    rows = sorted(rows, key=lambda r: r["ns"])
    low = 10 ** math.floor(math.log10(max(rows[0]["ns"], 1e-6) * 0.9))
    high = 10 ** math.ceil(math.log10(rows[-1]["ns"] * 1.1))
    scale = WIDTH / math.log(high / low)

    def x(ns):
        return LEFT + scale * math.log(max(ns, low) / low)
    bottom = y + HEAD + len(rows) * (BAR + GAP)
    out = [f'<text x="{LEFT}" y="{y + 14}" class="h">{escaped(report.title(rows[0]["work"]))}, {escaped(rows[0]["unit"])}</text>']
    tick = low
    while tick <= high * 1.001:
        out.append(f'<line x1="{x(tick):.1f}" y1="{y + HEAD - 6}" x2="{x(tick):.1f}" y2="{bottom}" class="g"/>')
        out.append(f'<text x="{x(tick):.1f}" y="{y + HEAD - 8}" class="t" text-anchor="middle">{tick:g}</text>')
        tick *= 10
    for i, r in enumerate(rows):
        top = y + HEAD + i * (BAR + GAP)
        out.append(f'<text x="{LEFT - 8}" y="{top + 12}" text-anchor="end">{escaped(r["program"] + ": " + r["variant"])}</text>')
        out.append(f'<rect x="{LEFT}" y="{top}" width="{x(r["ns"]) - LEFT:.1f}" height="{BAR}" fill="{COLORS.get(r["program"], "#888")}"/>')
        out.append(f'<line x1="{x(r["least"]):.1f}" y1="{top + 8}" x2="{x(r["most"]):.1f}" y2="{top + 8}" class="w"/>')
        out.append(f'<text x="{x(r["most"]) + 6:.1f}" y="{top + 12}">{r["ns"]:.3g}</text>')
    return out, HEAD + len(rows) * (BAR + GAP) + 18


def draw(results, title):
    timed = [r for r in report.best_of(results).values() if not r["work"].startswith("w5")]
    body, y = [], 40
    for work in dict.fromkeys(r["work"] for r in timed):
        elements, height = panel([r for r in timed if r["work"] == work], y)
        body += elements
        y += height
    style = ("text{font:12px sans-serif;fill:#222}.h{font-weight:bold;font-size:13px}.t{fill:#777;font-size:10px}.g{stroke:#ddd}.w{stroke:#222}"
             "@media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}.w{stroke:#eee}}")
    wide = LEFT + WIDTH + 60
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {y}" width="{wide}">', f"<style>{style}</style>",
                      f'<text x="{LEFT}" y="20" class="h">{escaped(title)}</text>', *body, "</svg>"]) + "\n"
