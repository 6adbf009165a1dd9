"""Measure what a program takes: processor seconds and peak memory, of all its processes together.

Wall time is not measured: what else a machine does changes it most.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
PAUSE = 0.05
MEGABYTE = 1024**2


class BenchmarkError(Exception):
    """Nothing can be reported, with the reason."""


@dataclass(frozen=True)
class Limits:
    """What a program may take before it is stopped; None for no limit."""

    cpu_seconds: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True)
class Usage:
    """What a program took, and why it was stopped, if it was."""

    cpu_seconds: float
    peak_mb: float
    stopped: str | None = None


def run(
    words: Sequence[str | Path],
    log: Path,
    limits: Limits | None = None,
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a program to its end, or to a limit, and measure it with all that it starts.

    Args:
        words: the program and its arguments.
        log: the file for what it prints.
        limits: what it may take.
        environment: variables beside ours.

    Raises:
        BenchmarkError: it failed, with the last that it printed.
    """
    limits = limits or Limits()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [os.fspath(word) for word in words],
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        peak = cpu = 0.0
        stopped = None
        try:
            while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                seen = of_tree(process.pid)
                cpu, peak = max(cpu, seen.cpu_seconds), max(peak, seen.peak_mb)
                stopped = beyond(limits, cpu, peak)
                if stopped:
                    break
                time.sleep(PAUSE)
        finally:
            # What is left of it, if anything: it has a session of its own.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # The kernel counts to the last moment, but not what was killed with its parent.
    cpu = max(cpu, usage.ru_utime + usage.ru_stime)
    if not PROC.exists():
        # In bytes on macOS. Where there is /proc this is too much: it begins with what we held.
        peak = usage.ru_maxrss / MEGABYTE
    if process.returncode and not stopped:
        said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise BenchmarkError(f"{' '.join(str(word) for word in words[:3])} failed:\n{said}")
    return Usage(cpu, peak, stopped)


def beyond(limits: Limits, cpu_seconds: float, peak_mb: float) -> str | None:
    """Say which limit was passed, if one was."""
    if limits.cpu_seconds is not None and cpu_seconds > limits.cpu_seconds:
        return f"stopped after {limits.cpu_seconds:,.0f} processor seconds"
    if limits.peak_mb is not None and peak_mb > limits.peak_mb:
        return f"stopped when it held more than {limits.peak_mb:,.0f} MB"
    return None


def of_tree(pid: int) -> Usage:
    """Add up what a process and all below it have taken so far, and the memory they hold.

    It is what all hold now, or the most that one has held, if that is more. Pages that processes
    share count once for each, so the sum is rather too large.
    """
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found, cpu, memory, highest = [pid], 0.0, 0.0, 0.0
    while found:
        folder = PROC / str(found.pop())
        try:
            # The name in brackets may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            for children in folder.glob("task/*/children"):
                found += [int(child) for child in children.read_text().split()]
        except OSError:
            continue  # it has ended
        cpu += sum(int(ticks) for ticks in fields[11:15]) / tick
        memory += int(fields[21]) * page / MEGABYTE
        highest = max(highest, most_held_mb(folder))
    return Usage(cpu, max(memory, highest))


@dataclass
class Phases:
    """What the parts of a program took, measured by itself: seconds add up, peaks do not."""

    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a block as a phase, or as more of one."""
        forget_peak()
        begun = own_cpu_seconds()
        yield
        self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + own_cpu_seconds() - begun
        self.peak_mb[name] = max(self.peak_mb.get(name, 0.0), own_peak_mb())

    def write(self, path: Path) -> None:
        """Write what was measured, for `read_phases`."""
        written = {
            name: {"cpu_seconds": seconds, "peak_mb": self.peak_mb[name]}
            for name, seconds in self.cpu_seconds.items()
        }
        path.write_text(json.dumps(written, indent=1), encoding="utf-8")


def read_phases(path: Path) -> dict[str, Usage]:
    """Read what a program measured of its phases."""
    return {
        name: Usage(**usage) for name, usage in json.loads(path.read_text(encoding="utf-8")).items()
    }


def own_cpu_seconds() -> float:
    """Give what this process and those it waited for have taken so far, of all threads."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def forget_peak() -> None:
    """Begin the peak of this process again, where the system can."""
    # Else a phase's peak is that of all phases until then.
    with suppress(OSError):
        (PROC / "self/clear_refs").write_text("5")


def own_peak_mb() -> float:
    """Give the most memory that this process has held since the peak was forgotten."""
    return most_held_mb(PROC / "self") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def most_held_mb(process: Path) -> float:
    """Give the most memory that a process has held; 0 if it has ended, or nobody knows."""
    try:
        for line in (process / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
