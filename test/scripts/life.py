#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the program begins and ends: exit statuses, the end of a pipe, signals, a recording that is cut short, a server that hangs."""
import os, signal, subprocess, sys, tempfile, time
from kit import CHRONUS, LIMIT, Claims, Player, Server, jack_server, level, np, render, run, until, wav

TONE = "create a sine freq=300 gain=0.2\nconnect a out\ncommit\n"
claim = Claims()


def start(env, *options, text=TONE):
    p = subprocess.Popen([CHRONUS, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)
    p.stdin.write(text)
    p.stdin.flush()
    return p


def ended(p, seconds):
    try:
        return p.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


# Exit statuses.
claim(run([CHRONUS, "--version"])[0] == 0, "--version: 0")
code, out, _ = run([CHRONUS, "--help"])
claim(code == 0 and "--render FILE" in out, "--help: 0, on stdout")
code, out, err = run([CHRONUS, "--nonsense"])
claim(code == 2 and not out and "--nonsense" in err, "a wrong option: 2, on stderr")
code, _, err = run([CHRONUS], env=dict(os.environ, JACK_DEFAULT_SERVER=f"none{os.getpid()}"))
claim(code == 3 and err.count("\n") == 1, "no server: 3, and one line that says what to do")
sound, code, out, err = render([], TONE + "connect a nowhere\nwait 1s\n")
claim(code == 1 and "<stdin>:4:11:" in err and len(sound) == 48000, "an error: 1, but the rest of the script is run")
sound, code, _, err = render(["--strict"], TONE + "wait 64ms\nconnect a nowhere\nwait 1s\n")
claim(code == 1 and sound is not None and len(sound) < 48000, "--strict stops at it")
code, _, err = run([CHRONUS, "--render", "/nowhere/out.wav"], TONE)
claim(code in (1, 2) and "/nowhere" in err, "a file that cannot be written is named")

with jack_server() as env, tempfile.TemporaryDirectory() as folder:
    # The end of a pipe.
    p = start(env, "--eof", "quit", text=TONE + "wait 300ms\n")
    begun = time.monotonic()
    p.stdin.close()
    claim(ended(p, 10) == 0 and time.monotonic() - begun > 0.3, "--eof quit: leaves when the script's own time has been played")
    p = start(env, text=TONE)
    p.stdin.close()
    claim(ended(p, 1.5) is None, "a patch that sounds stays at the end of the pipe")
    p.send_signal(signal.SIGTERM)
    claim(ended(p, 5) == 0 and "still playing" in p.stderr.read(), "SIGTERM ends it: 0, and it had said that it stays")
    p = start(env, text="create a sine\nwait 100ms\n")
    p.stdin.close()
    claim(ended(p, 10) == 0, "without a patch the end of the pipe is the end")
    p = start(env, "--eof", "stay", text="")
    p.stdin.close()
    claim(ended(p, 1) is None, "--eof stay stays, patch or not")
    p.send_signal(signal.SIGINT)
    claim(ended(p, 5) == 0, "SIGINT ends it")

    # A script, and a pipe that stays open.
    script = os.path.join(folder, "short.chronus")
    open(script, "w").write(TONE + "wait 200ms\n")
    p = start(env, "--eof", "quit", script, text="")
    claim(ended(p, 20) == 0, "a script is all that is read where one is named")
    p = start(env, "--eof", "quit", script, "-", text="")
    claim(ended(p, 2) is None, "and the pipe too, with -")
    p.stdin.close()
    claim(ended(p, 20) == 0, "until it ends")

    # A recording under way.
    take = os.path.join(folder, "take.wav")
    p = start(env, text=TONE + f"wait 200ms\nrecord start {take}\nwait 30s\n")
    claim(until(lambda: os.path.exists(take) and os.path.getsize(take) > 400_000), "a recording grows while it is made")
    p.send_signal(signal.SIGTERM)
    claim(ended(p, 5) == 0, "SIGTERM during a recording: 0")
    sound, rate = wav(take)
    claim(0.5 < len(sound) / rate < 30 and level(sound) > 0.1, f"the file is whole: {len(sound) / rate:.2f} s, {level(sound):.3f} RMS")
    step = np.abs(np.diff(sound[:, 0])).max()
    claim(step < 0.2 * 2 * np.pi * 300 / rate * 1.2, f"and ends in a fade, not in a click (largest step {step:.4f})")

    # Names are the server's to give.
    p = start(env, "--name", "twice", text=TONE)
    q = start(env, "--name", "twice", text=TONE)
    def twice():
        ports = run(["jack_lsp"], env=env)[1].split()
        return "twice:out_1" in ports and sum(port.endswith(":out_2") and port.startswith("twice") for port in ports) == 2
    claim(until(twice), "two clients of one name have ports each")
    for each in (p, q):
        each.send_signal(signal.SIGTERM)
        ended(each, 5)

# A server that is there, and takes no client.
server = Server()
p = Player(server.env, "--eof", "stay")
p.ask(*TONE.splitlines())
try:
    for ends in (False, True):
        name = "killed" if ends else "goes on"
        p.said.clear()
        server.end(signal.SIGKILL)
        claim(p.says("jack: the server is gone"), f"{name}: the loss is told")
        server.start(settled=False)
        server.process.send_signal(signal.SIGSTOP)
        claim(p.says("jack: the server does not answer; still waiting"), f"{name}: a server that stands still is told of")
        time.sleep(5)
        begun = time.monotonic()
        claim(p.ask("list")["ok"] and time.monotonic() - begun < 0.5, f"{name}: the prompt answers at once")
        claim(sum("does not answer" in line for line in p.said) == 1, f"{name}: once ({p.said})")
        if ends:
            server.end(signal.SIGKILL)
            server.start()
        else:
            server.process.send_signal(signal.SIGCONT)
        claim(p.says("jack: back at 48000 Hz", 10), f"{name}: it comes back ({p.said})")
        frame = p.ask("stats")["frame"]
        claim(until(lambda: p.ask("stats")["frame"] > frame + 4800, 5), f"{name}: and plays")
    claim(p.end() == 0, f"and leaves with 0 ({p.said})")

    server.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    code, _, err = run([CHRONUS], env=server.env)
    claim(code == 3 and "does not answer" in err and time.monotonic() - begun < 20, f"at the start: 3, after {time.monotonic() - begun:.0f} s ({err.strip()})")
    server.process.send_signal(signal.SIGCONT)
finally:
    p.process.kill()
    server.end()
claim.end()
