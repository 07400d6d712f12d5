# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases in interleaved rounds: a machine that drifts drifts for all of them."""
import os, random, sys
import measure, sound
import workloads as w

START = 0.1       # s of sound: what a program needs to come up


class Case:
    """One way of one program to play one workload."""
    def __init__(self, program, variant, work, options=None):
        self.program, self.variant, self.work, self.options = program, variant, work, options
        self.tag = "".join(c if c.isalnum() else "_" for c in f"{work.name} {work.voices} {program.name} {variant}")
        self.long, self.short, self.memory = [], [], 0
        self.seconds, self.found, self.failed = work.seconds, "", ""

    def run(self, seconds, place, memory=False):
        """\\return (cost, file)"""
        wav = os.path.join(place.sounds, self.tag + ".wav")
        if os.path.exists(wav):
            os.unlink(wav)
        extra = {} if self.options is None else {"options": self.options}
        command = self.program.prepare(self.work, self.variant, seconds, wav, f"{self.tag}_{seconds:g}", **extra)
        cost = measure.run(command, os.path.join(place.folder, self.tag + ".log"), memory)
        return cost, wav

    def check(self, place, aim):
        """Plays it once, looks at the sound, and settles how much of it is timed: about `aim` s of CPU, twenty times as long at most."""
        try:
            cost, wav = self.run(self.seconds, place, memory=True)
            self.memory = cost.memory
            good, self.found = sound.check(wav, self.work)
        except Exception as e:  # a program that cannot is a line in the table, whatever the reason
            good, self.found = False, f"{type(e).__name__}: {e}"
        if good:
            most = 120 if self.work.kind == "w4" else 20 * self.seconds
            self.seconds = min(most, max(self.seconds, round(self.seconds * aim / max(cost.cpu, 1e-3))))
        else:
            self.failed = self.found
        return good

    def measure(self, place):
        for seconds, costs in ((START, self.short), (self.seconds, self.long)):
            cost, wav = self.run(seconds, place)
            if cost.code != 0:
                self.failed = f"exit status {cost.code}"
            costs.append(cost.cpu)
            if os.path.exists(wav):
                os.unlink(wav)

    @property
    def start(self):
        return measure.median(self.short)

    def ns(self, cpu=None):
        """Of CPU for each voice (W4: chain) and frame."""
        net = (measure.median(self.long) if cpu is None else cpu) - self.start
        return max(net, 0) * 1e9 / self.work.samples(self.seconds - START)

    def result(self):
        common = dict(work=self.work.name, program=self.program.name, variant=self.variant, sound=self.found)
        if self.failed:
            return dict(common, failed=self.failed)
        return dict(common, ns=self.ns(), least=self.ns(min(self.long)), most=self.ns(max(self.long)), unit=self.work.unit, seconds=self.seconds,
                    start_cpu_s=self.start, cpu_s=measure.median(self.long), voices_in_real_time=1e9 / w.RATE / max(self.ns(), 1e-9),
                    memory_bytes=self.memory, rounds=len(self.long))


def play(cases, place, rounds, aim):
    """Checks, then times; says on stderr how it goes. \\return those that could"""
    good = []
    for case in cases:
        fine = case.check(place, aim)
        print(f"{'ok  ' if fine else 'FAIL'} {case.work.name:16} {case.program.name} ({case.variant}): {case.found[:150]}", file=sys.stderr)
        if fine:
            good.append(case)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for case in random.sample(good, len(good)):
            case.measure(place)
    return [c for c in good if not c.failed]
