# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script tests share: the program, JACK dummy servers of their own, and sound as numbers. CHRONUS names the program."""
import contextlib, os, shutil, signal, struct, subprocess, sys, tempfile, time
import numpy as np

CHRONUS = os.path.abspath(os.environ.get("CHRONUS", "build/chronus"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 120  # seconds; nothing here takes as long


def wav(path):
    """frames x channels as they stand in the file, and the rate"""
    data = open(path, "rb").read()
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        sys.exit(f"{path}: not a WAV file")
    channels, rate, at = 0, 0, 12
    while at + 8 <= len(data):
        tag, size = struct.unpack_from("<4sI", data, at)
        if tag == b"fmt ":
            channels, rate = struct.unpack_from("<HI", data, at + 10)
        if tag == b"data":
            whole = min(size, len(data) - at - 8) // (4 * channels) * 4 * channels
            return np.frombuffer(data, "<f4", whole // 4, at + 8).reshape(-1, channels), rate
        at += 8 + size + size % 2
    sys.exit(f"{path}: no samples")


def run(arguments, text="", env=None, cwd=None):
    p = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=LIMIT, env=env, cwd=cwd)
    return p.returncode, p.stdout, p.stderr


def render(arguments, text="", cwd=None):
    """the sound, exit status, stdout, stderr of an offline run"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.wav")
        code, out, err = run([CHRONUS, "--render", path, *arguments], text, cwd=cwd)
        return (wav(path)[0].copy() if os.path.exists(path) else None), code, out, err


@contextlib.contextmanager
def jack_server(period=256, rate=48000):
    """A server of our own in synchronous mode; yields the environment for its clients, whose state goes with it."""
    state = tempfile.mkdtemp(prefix="chronus-state-")
    name = f"chronus-test-{os.getpid()}-{time.monotonic_ns() % 10 ** 6}"
    env = dict(os.environ, JACK_DEFAULT_SERVER=name, JACK_NO_START_SERVER="1", JACK_NO_AUDIO_RESERVATION="1", XDG_STATE_HOME=state)
    server = subprocess.Popen(["jackd", "-S", "-n", name, "-d", "dummy", "-r", str(rate), "-p", str(period)], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["jack_wait", "-w", "-t", "10"], env=env, capture_output=True, check=True)
        yield env
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(state, ignore_errors=True)


def until(holds, seconds=30):
    """Whether it came to hold. A busy machine takes its time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def level(sound):
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def same_bits(a, b):
    return a.shape == b.shape and np.array_equal(a.view(np.uint32), b.view(np.uint32))


def skip_without(*programs):
    for program in programs:
        if not shutil.which(program):
            print(f"skipped: there is no {program}")
            sys.exit(77)


class Claims:
    """Counts what holds; `end` is the exit status."""
    def __init__(self):
        self.broken = 0

    def __call__(self, holds, text):
        print(("ok    " if holds else "FAIL  ") + text, flush=True)
        self.broken += not holds
        return holds

    def end(self):
        sys.exit(1 if self.broken else 0)
