#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults at a real server: a worker that fails is not heard, and a patch that stays at fault is taken back by itself."""
import json, time
from kit import CHRONUS, Claims, jack_server, run

claim = Claims()
VOICE = """create s saw gain=0.2 lanes=4 freq=110..440
create f svf cutoff=900 q=3
create d delay time=130 feedback=0.5
connect s f d out
commit
wait 500ms
"""


def live(script, *options, period=256):
    with jack_server(period) as env:
        code, out, err = run([CHRONUS, "--json", "--eof", "quit", "--faults", *options], script, env)
    return code, [json.loads(line) for line in out.splitlines()], err


for period in (64, 256):
    kinds = ["stall live 100ms", "throw live", "nan live", "throw spare", "nan spare", "stall spare 100ms"]
    script = VOICE + "".join(f"fault {kind}\nwait 410ms\n" for kind in kinds * 2) + "stats\n"
    for attempt in range(8):  # a machine that holds up the server or both workers at once is no fault of ours
        code, replies, err = live(script, period=period)
        stats = replies[-1]
        if stats["failovers"] == 6 and stats["starved"] == 0:
            break
    ordinary = "no real-time priority" in err  # ordinary threads may be late at any time: the exact counts are for real time
    claim(code == 0, f"period {period}: runs to its end ({err.strip()[:100]})")
    claim(stats["failovers"] == 6 or ordinary, f"period {period}: a failover for each fault of live, none for the spare's (got {stats['failovers']})")
    claim("still at fault" not in err, f"period {period}: what one slot alone has is not the patch's fault")
    claim(stats["starved"] == 0 or ordinary, f"period {period}: no frame is missing (got {stats['starved']})")
    claim(stats["spare"] in ("0", "1"), f"period {period}: there is a spare again (got {stats['spare']})")

script = VOICE + "fault stall live 60\nwait 3s\nstats\nfault nan live\nwait 500ms\nstats\n"
for attempt in range(4):
    began = time.monotonic()
    code, replies, err = live(script)
    stats = replies[-1]
    if stats["failovers"] == 2 and stats["starved"] == 0:
        break
ordinary = "no real-time priority" in err
claim(code == 0 and time.monotonic() - began < 60, "a worker that hangs: the program's end does not wait for it")
claim(err.count("its worker does not return; slot 2 takes its place") == 1, f"another slot takes its place, and that is said once ({err.strip()[:200]})")
claim(replies[-4]["command"] == "stats" and replies[-4]["spare"] == "2", f"it is the spare (got {replies[-4]['spare']})")
claim(stats["failovers"] == 2 or ordinary, f"and is there for the next fault (got {stats['failovers']} failovers)")
claim(stats["starved"] == 0 or ordinary, f"no frame is missing (got {stats['starved']})")

# Within a fade either of the two that are heard may hang: the other is heard, though there is no spare then. The script is read
# ahead of the sound: a fault is not held up by what is set later.
for period, hang in ((64, "5ms"), (256, "16ms")):
    count = 8
    script = VOICE + "".join(f"set s.freq {200 + i}\ncreate g{i} gain\nconnect d g{i} out.2\ncommit fade 100ms\nwait 15ms\n"
                             f"fault stall {i // 2 % 2} {hang}\nwait 250ms\n" for i in range(count)) + "stats\n"
    for attempt in range(8):
        code, replies, err = live(script, period=period)
        stats = replies[-1]
        if stats["failovers"] == count and stats["starved"] == 0:
            break
    ordinary = "no real-time priority" in err
    claim(stats["failovers"] == count or ordinary, f"period {period}: a fault within a fade is covered, and counted (got {stats['failovers']} of {count})")
    claim(stats["starved"] == 0 or ordinary, f"period {period}: no frame of a fade is missing (got {stats['starved']})")

bad = """create s sine gain=0.2
connect s out
commit
wait 2500ms
create g gain gain=4
create d delay time=20 mix=1
connect s g d g
connect d out.2
commit
wait 3s
list
stats
"""
code, replies, err = live(bad)
claim([m["id"] for m in replies[-2]["modules"]] == ["s"], "a patch that stays at fault is taken back")
claim(replies[-1]["revision"] == 3, "by an ordinary commit")
claim(err.count("rollback: g is still at fault") == 1 and err.count("fault: g gave ") == 1, "the module is named once, and so is the reason")
claim(err.count("guard: muted: out_2 has blown up") == 1, "the output was muted meanwhile, and said so once")
code, replies, err = live(bad, "--rollback", "off")
claim(len(replies[-2]["modules"]) == 3 and replies[-1]["revision"] == 2 and "(--rollback off)" in err, "--rollback off leaves it to the user")
claim.end()
