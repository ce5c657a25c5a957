"""The local stack's processes: started once, found again by their ids, ended by their ids."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.local.progress import StackError
from infra.local.settings import HOST, PORT_VARIABLES, ROOT

STOP_S = 10
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the stack, kept as `<name>.pid` and `<name>.log` in the run folder."""

    name: str
    command: Sequence[str]
    port_name: str
    port: int
    run_folder: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.run_folder / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.run_folder / f"{self.name}.pid"

    def is_running(self) -> bool:
        """Whether the process that was started is still there, and is the same one."""
        recorded = self._read_pid()
        return recorded is not None and _started_at(recorded[0]) == recorded[1]

    def start(self) -> None:
        """Start it in a session of its own; raises `StackError` when its port is taken."""
        if self.is_running():
            return
        if _port_answers(self.port):
            variable = PORT_VARIABLES[self.port_name][0]
            raise StackError(
                f"Port {self.port} is taken by another program, and {self.name} needs it. "
                f"Choose another one: {variable}=<port> make up"
            )
        self.run_folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{started.pid} {_started_at(started.pid)}")

    def stop(self) -> bool:
        """End it and what it started, first politely; returns whether anything was running."""
        recorded = self._read_pid()
        if recorded is None or _started_at(recorded[0]) != recorded[1]:
            self._pid_file.unlink(missing_ok=True)
            return False
        os.killpg(recorded[0], signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        while _started_at(recorded[0]) == recorded[1]:
            if time.monotonic() > deadline:
                os.killpg(recorded[0], signal.SIGKILL)
            _reap(recorded[0])
            time.sleep(POLL_S)
        self._pid_file.unlink(missing_ok=True)
        return True

    def wait_for(self, url: str, timeout_s: float) -> None:
        """Wait until `url` answers 200, else raise `StackError` with the log's place."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if httpx.get(url, timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                if not self.is_running():
                    raise StackError(f"{self.name} ended at once. Its log: {self.log}") from None
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.name} did not answer at {url} within {timeout_s:.0f} s. "
                    f"Its log: {self.log}"
                )
            time.sleep(POLL_S)

    def wait_for_port(self, timeout_s: float) -> None:
        """Wait until its port accepts a connection; errors as in `wait_for`."""
        deadline = time.monotonic() + timeout_s
        while not _port_answers(self.port):
            if time.monotonic() > deadline or not self.is_running():
                raise StackError(f"{self.name} did not start. Its log: {self.log}")
            time.sleep(POLL_S)

    def _read_pid(self) -> tuple[int, str] | None:
        if not self._pid_file.exists():
            return None
        pid, started_at = self._pid_file.read_text().split()
        return int(pid), started_at


def _started_at(pid: int) -> str | None:
    """Return what tells a process from a later one with the same id, or `None` when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return _started_at_by_ps(pid) if not Path("/proc/self").exists() else None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _started_at_by_ps(pid: int) -> str | None:
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "-".join(shown.stdout.split()) or None


def _reap(pid: int) -> None:
    """Take a child of ours that has ended off the process table; others are not ours to take."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
