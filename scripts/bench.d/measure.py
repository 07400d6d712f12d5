# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs: the kernel's own account of a finished process."""
import os, subprocess, time

TOO_LONG = 300  # s


class Cost:
    def __init__(self, usage, wall, code, memory):
        self.cpu = usage.ru_utime + usage.ru_stime
        self.wall, self.code = wall, code
        self.memory = memory  # bytes, at the most; 0 where it was not asked for


def most_memory(pid):
    """So far. The kernel's account of a finished process would count what this one had when it started the other."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


# sclang without a screen, and where root runs it.
ENVIRONMENT = dict(os.environ, QT_QPA_PLATFORM="offscreen", QTWEBENGINE_DISABLE_SANDBOX="1")


def run(command, log=None, memory=False):
    """Start to end of one process with all its threads. What it says goes to `log`; its memory is looked at every 10 ms."""
    start = time.monotonic()
    with open(log or os.devnull, "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT)
    pause, most = 0.0005, 0
    while True:
        if memory:
            most = max(most, most_memory(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - start > TOO_LONG:
            os.kill(process.pid, 9)
        time.sleep(pause)
        pause = min(0.01, pause * 1.5)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(usage, time.monotonic() - start, process.returncode, most)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
