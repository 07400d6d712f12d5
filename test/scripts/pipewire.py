#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under PipeWire: the sound is the one rendered, any period is borne while it plays, and a daemon that is killed is noticed and joined again."""
import os, shutil, signal, subprocess, tempfile, time
from kit import CHRONUS, ROOT, Claims, Player, level, np, render, run, same_bits, skip_without, until, wav

skip_without("pipewire", "pw-jack", "pw-metadata", "jack_lsp", "jack_bufsize")
claim = Claims()
folder = tempfile.mkdtemp(prefix="chronus-pw-")
DAEMON = """
context.properties = { default.clock.rate = 48000  default.clock.quantum = 256  default.clock.min-quantum = 16 }
context.objects = [
  { factory = adapter args = { factory.name = support.null-audio-sink  node.name = "sink"  media.class = "Audio/Sink"
      object.linger = true  audio.position = [ FL FR ]  priority.driver = 20000  node.always-process = true
      adapter.auto-port-config = { mode = dsp  monitor = false } } }
  { factory = metadata args = { metadata.name = default } } ]
"""


class PipeWire:
    """A daemon with one sink and no hardware, no session bus and no session manager: its own home and its own socket."""
    def __init__(self):
        settings = os.path.join(folder, ".config/pipewire/pipewire.conf.d")
        os.makedirs(settings)
        open(os.path.join(settings, "sink.conf"), "w").write(DAEMON)
        runtime = os.path.join(folder, "run")
        os.mkdir(runtime, 0o700)
        self.env = dict(os.environ, HOME=folder, XDG_RUNTIME_DIR=runtime, XDG_STATE_HOME=folder)
        for name in ("JACK_DEFAULT_SERVER", "XDG_CONFIG_HOME", "PIPEWIRE_REMOTE", "DBUS_SESSION_BUS_ADDRESS"):
            self.env.pop(name, None)
        self.start()

    def start(self):
        self.process = subprocess.Popen(["pipewire"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stands = until(lambda: "sink" in self.look("jack_lsp"), 20)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(10)

    def look(self, *command):
        return run(["pw-jack", *command], env=self.env)[1]

    def force(self, period):
        run(["pw-metadata", "-n", "settings", "0", "clock.force-quantum", str(period)], env=self.env)

    def wires(self):
        return self.look("jack_lsp", "-c", "chronus:").count("   ")


SCRIPT = open(os.path.join(ROOT, "patches/acid.chronus")).read().split("# The filter sings out.")[0].replace("wait 8s", "wait 5s")


def rendered_and_played():
    """While the period goes up and down between 16 and 8192 frames."""
    offline, code, _, _ = render([], SCRIPT)
    take = os.path.join(folder, "take.wav")
    player = Player(server.env, "--connect", "--lead", "4096", by=("pw-jack",))
    try:
        claim(until(lambda: server.wires() == 2), "its outputs are wired")
        player.send(f"record start {take}\n{SCRIPT}\nrecord stop\nstats")
        for period in (2048, 16, 1024, 32, 256, 8192, 64, 512):
            server.force(period)
            time.sleep(1)
            claim(server.look("jack_bufsize").strip() == str(period), f"a period of {period}")
        while (answer := player.replies.get(timeout=30))["command"] != "stats":
            claim(answer["ok"], answer["command"])
        sound, _ = wav(take)
        claim(code == 0 and len(sound) == len(offline), f"{len(sound) / 48000:.1f} s are recorded, as many as rendered")
        claim(same_bits(sound, offline), "the same bits as rendered")
        quiet = ("starved", "late", "failovers", "dropped", "slipped")
        claim(not any(answer[k] for k in quiet), f"nothing was missed ({[(k, answer[k]) for k in quiet]})")
        claim(player.end() == 0, f"and it leaves with 0 ({player.said})")
    finally:
        player.process.kill()


def lost_and_found():
    """A daemon that dies tells no client: the program sees that nobody calls."""
    player = Player(server.env, "--connect", by=("pw-jack",))
    try:
        player.ask("create t sine freq=440 gain=0.2", "connect t out", "commit", "set t.gain 0.1", "wait 200ms")
        claim(until(lambda: server.wires() == 2), "wired")
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            name = how.name
            then = player.ask("stats")
            player.said.clear()
            server.process.send_signal(how)
            claim(player.says("the server has fallen silent", 5), f"{name}: the loss is told")
            if how == signal.SIGSTOP:
                claim(player.says("the server does not answer", 10), f"{name}: and that there is no answer")
                claim(player.ask("list")["ok"], f"{name}: the prompt answers")
                server.process.send_signal(signal.SIGCONT)
            else:
                server.process.wait(10)
                server.start()
            begun = time.monotonic()
            claim(player.says("jack: back at 48000 Hz", 10), f"{name}: back after {time.monotonic() - begun:.1f} s ({player.said})")
            claim(until(lambda: server.wires() == 2, 10), f"{name}: wired again")
            now = player.ask("stats")
            claim(now["revision"] == then["revision"] and now["frame"] >= then["frame"] and now["starved"] == 0, f"{name}: patch and time go on ({then}, {now})")
            take = os.path.join(folder, name + ".wav")
            ended = player.ask("record start " + take, "wait 500ms", "record stop")
            claim(ended["gaps"] == 0 and abs(level(wav(take)[0]) - 0.1 / np.sqrt(2)) < 0.001, f"{name}: so does the value that was set")
        server.end()
        claim(player.says("the server has fallen silent", 5) and player.end() == 0, f"without a daemon it leaves with 0 ({player.said})")
    finally:
        player.process.kill()
    code, _, err = run(["pw-jack", CHRONUS], env=server.env)
    claim(code == 3 and err.count("\n") == 1, f"and does not begin: 3 ({err.strip()})")


server = PipeWire()
try:
    if not server.stands:
        print("skipped: pipewire does not start here")
        raise SystemExit(77)
    rendered_and_played()
    lost_and_found()
finally:
    server.end()
    shutil.rmtree(folder, ignore_errors=True)
claim.end()
