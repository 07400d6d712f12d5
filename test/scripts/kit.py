# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script tests share: the program, JACK dummy servers of their own, and sound as numbers. CHRONUS names the program."""
import contextlib, json, os, queue, re, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time
import numpy as np

CHRONUS = os.path.abspath(os.environ.get("CHRONUS", "build/chronus"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 120  # seconds; nothing here takes as long
REPORT = re.compile(r"^chronus: .*: [0-9.]+ s, (peak .* dB|silent)\n", re.M)  # what a render says that it wrote


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
    return p.returncode, p.stdout, REPORT.sub("", p.stderr)


def render(arguments, text="", cwd=None):
    """the sound, exit status, stdout, stderr of an offline run"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.wav")
        code, out, err = run([CHRONUS, "--render", path, *arguments], text, cwd=cwd)
        return (wav(path)[0].copy() if os.path.exists(path) else None), code, out, err


class Server:
    """A server of our own in synchronous mode, which can be ended and started again; `env` is for its clients."""
    def __init__(self, period=256, rate=48000):
        self.state = tempfile.mkdtemp(prefix="chronus-state-")
        self.name = f"chronus-test-{os.getpid()}-{time.monotonic_ns() % 10 ** 6}"
        self.env = dict(os.environ, JACK_DEFAULT_SERVER=self.name, JACK_NO_START_SERVER="1", JACK_NO_AUDIO_RESERVATION="1", XDG_STATE_HOME=self.state)
        self.start(period, rate)

    def start(self, period=256, rate=48000, settled=True):
        self.process = subprocess.Popen(["jackd", "-S", "-n", self.name, "-d", "dummy", "-r", str(rate), "-p", str(period)], env=self.env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if settled:
            subprocess.run(["jack_wait", "-w", "-t", "10"], env=self.env, capture_output=True, check=True)
        else:  # as soon as it listens
            until(lambda: socket.socket(socket.AF_UNIX).connect_ex(f"/dev/shm/jack_{self.name}_{os.getuid()}_0") == 0, 10, 0.001)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def jack_server(period=256, rate=48000):
    """yields the environment for the clients of a server, whose state goes with it"""
    server = Server(period, rate)
    try:
        yield server.env
    finally:
        server.end()
        shutil.rmtree(server.state, ignore_errors=True)


class Player:
    """The program at a server, spoken to by a pipe: its answers one by one, and what it says besides."""
    def __init__(self, env, *options, by=()):
        self.process = subprocess.Popen([*by, CHRONUS, "--json", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)
        self.replies, self.said = queue.Queue(), []
        threading.Thread(target=lambda: [self.replies.put(json.loads(line)) for line in self.process.stdout], daemon=True).start()
        self.listener = threading.Thread(target=lambda: [self.said.append(line) for line in self.process.stderr], daemon=True)
        self.listener.start()

    def send(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def ask(self, *lines):
        """the answer to the last of these commands, which come together"""
        self.send("\n".join(lines))
        return [self.replies.get(timeout=30) for _ in lines][-1]

    def says(self, text, seconds=20):
        return until(lambda: any(text in line for line in self.said), seconds)

    def end(self):
        """the exit status"""
        self.process.stdin.close()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.listener.join(5)
        return status


def until(holds, seconds=30, every=0.05):
    """Whether it came to hold. A busy machine takes its time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(every)
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
