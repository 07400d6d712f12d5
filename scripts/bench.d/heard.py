# SPDX-License-Identifier: GPL-3.0-or-later
"""From an edit to the ear: 1000 voices sound at a JACK server of our own (dummy driver, period 64), a `commit` brings in one more
sound, and another JACK client tells when the first frame of it has come (test/scripts/bench_onset.cpp). What is timed begins as the
line is written into the program's standard input, and holds all that lies between: reading it, building, priming, the workers' lead,
the swap, the cycle. Machines that stand still for a moment show as xruns, and in the highest figures."""
import json, os, queue, shutil, subprocess, tempfile, threading, time
import measure

PERIOD = 64
PATCHES = {"in 4 modules": [f"create s{i} saw freq={55 + i}..{1055 + i} lanes=250 gain=0.0005" for i in range(4)],
           "in 1000 modules": [f"create s{i} saw freq={55 + i} gain=0.0005" for i in range(1000)]}


def possible():
    return bool(shutil.which("jackd") and shutil.which("jack_wait"))


class Lines:
    """What a process prints, line by line; waiting for it has an end."""
    def __init__(self, process):
        self.queue = queue.Queue()
        threading.Thread(target=lambda: [self.queue.put(line) for line in process.stdout], daemon=True).start()

    def next(self):
        return self.queue.get(timeout=10)


class Stage:
    """A server and the program on it, in a folder of their own."""
    def __init__(self, binary):
        self.running, self.folder = [], tempfile.mkdtemp(prefix="chronus-bench-")
        try:
            self.env = dict(os.environ, JACK_DEFAULT_SERVER=f"chronus-bench-{os.getpid()}", JACK_NO_START_SERVER="1",
                            JACK_NO_AUDIO_RESERVATION="1", XDG_STATE_HOME=self.folder)
            self.start(["jackd", "-S", "-n", self.env["JACK_DEFAULT_SERVER"], "-d", "dummy", "-r", "48000", "-p", str(PERIOD)], stdout=subprocess.DEVNULL)
            subprocess.run(["jack_wait", "-w", "-t", "10"], env=self.env, capture_output=True, check=True)
            self.program = self.start([binary, "--json"], stdin=subprocess.PIPE)
            self.answers = Lines(self.program)
        except BaseException:
            self.end()
            raise

    def start(self, command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL):
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=self.env, text=True, bufsize=1)
        self.running.append(process)
        return process

    def say(self, *lines):
        self.program.stdin.write("".join(line + "\n" for line in lines))
        self.program.stdin.flush()

    def answer(self, command):
        while True:
            answer = json.loads(self.answers.next())
            if not answer["ok"]:
                raise RuntimeError(answer["error"])
            if answer["command"] == command:
                return answer

    def commit(self, *lines):
        """\\return when the `commit` behind these lines was written, ns, and its answer"""
        if lines:
            self.say(*lines)
            self.answer(lines[-1].split()[0])
        begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.say("commit")
        return begun, self.answer("commit")

    def end(self):
        for process in reversed(self.running):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def patch(binary, onset, name, count):
    stage = Stage(binary)
    try:
        lines = PATCHES[name]
        stage.commit(*lines, *[f"connect {line.split()[1]} out.1" for line in lines],
                     "create mark sine freq=1000 gain=0.1", "create way gain", "connect mark way")
        onsets = Lines(stage.start([onset, "chronus:out_2"]))
        if onsets.next().strip() != "ready":
            raise RuntimeError("bench_onset")
        heard, primed = [], []
        for i in range(count):
            time.sleep(0.05 + 0.013 * (i % 7) / 7)  # silent cycles, and no fixed place within one
            begun, answer = stage.commit("connect way out.2")
            heard.append((int(onsets.next()) - begun) / 1e6)
            primed.append(answer["prime_ms"])
            stage.commit("disconnect way out.2")
        stage.say("stats")
        stats = stage.answer("stats")
    finally:
        stage.end()
    return dict(patch=name, commits=count, p50_ms=measure.median(heard), p90_ms=measure.percentile(heard, 0.9), p99_ms=measure.percentile(heard, 0.99),
                max_ms=max(heard), prime_p50_ms=measure.median(primed), lead=stats["lead"], xruns=stats["xruns"], starved=stats["starved"])


def run(binary, onset, quick):
    return [patch(binary, onset, name, 20 if quick else 300) for name in PATCHES]
