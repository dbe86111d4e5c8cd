"""A PostgreSQL of several servers, with durable settings: a primary, a synchronous standby, and an archive of the write-ahead log."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.databases import free_port, owner_of, postgresql_binaries, run_as
from tests.waiting import until

DURABLE = "-c fsync=on -c full_page_writes=on -c max_connections=100 -c wal_keep_size=256MB"
SYNCHRONOUS = "-c synchronous_commit=remote_apply -c synchronous_standby_names=standby"


def all_binaries() -> Path:
    """The machine's own, else those inside PyPI's pgserver."""
    found = postgresql_binaries()
    if found is None:
        pgserver = find_spec("pgserver")
        assert pgserver is not None and pgserver.origin is not None
        found = Path(pgserver.origin).parent / "pginstall" / "bin"
    return found


@dataclass
class Server:
    data: Path
    owner: str | None
    options: str
    port: int = field(default_factory=free_port)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, *more: str) -> None:
        """Returns when it answers: a standby, too, answers questions."""
        options = f"{self.options} {' '.join(more)} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -p {self.port}"
        self._control("-w", "-o", options, "-l", f"{self.data}.log", "start")

    def restart(self, mode: str) -> None:
        self._control("-w", "-m", mode, "-l", f"{self.data}.log", "restart")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def promote(self) -> None:
        self._control("-w", "promote")

    def lose(self) -> None:
        """Power cut and disk gone: no process of it does anything more, and no file is left."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=True).stdout.split()
        for pid in (*map(int, children), postmaster):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.data)

    def is_there(self) -> bool:
        return self.data.exists()

    def _control(self, *arguments: str) -> None:
        run_as(self.owner, [str(all_binaries() / "pg_ctl"), "-D", str(self.data), *arguments])


@dataclass
class Cluster:
    folder: Path
    primary: Server
    standby: Server

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def url(self) -> str:
        """As libpq writes it; which of the two takes writes is found out by asking them."""
        return f"postgresql://makerpd@{self.primary.host},{self.standby.host}/postgres?target_session_attrs=read-write"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Of the primary alone, at first."""
    with tempfile.TemporaryDirectory() as name:
        folder, owner = Path(name), owner_of(name)
        archive = folder / "archive"
        archive.mkdir()
        if owner is not None:
            shutil.chown(archive, owner)
        archiving = f"-c archive_mode=on -c archive_command='test ! -f {archive}/%f && cp %p {archive}/%f'"
        servers = [Server(folder / name, owner, f"{DURABLE} {archiving}") for name in ("primary", "standby")]
        cluster = Cluster(folder, *servers)
        initdb = [str(all_binaries() / "initdb"), "-D", str(cluster.primary.data), "-U", "makerpd", "-A", "trust", "-E", "UTF8"]
        run_as(owner, initdb)
        try:
            cluster.primary.start()
            yield cluster
        finally:
            for server in servers:
                if server.is_there():
                    server.stop()


def add_standby(cluster: Cluster) -> None:
    """A copy of the primary that follows it; from then on a commit is acknowledged when both have it."""
    primary, standby = cluster.primary, cluster.standby
    source = f"host=127.0.0.1 port={primary.port} user=makerpd application_name=standby"
    copying = [str(all_binaries() / "pg_basebackup"), "-d", source, "-D", str(standby.data), "-R", "-X", "stream", "-c", "fast"]
    run_as(standby.owner, copying)
    standby.start()
    primary.stop()
    primary.start(SYNCHRONOUS)
    until(lambda: "sync" in ask(primary, "SELECT sync_state FROM pg_stat_replication"))


def ask(server: Server, sql: str) -> str:
    command = [str(all_binaries() / "psql"), "-h", "127.0.0.1", "-p", str(server.port), "-U", "makerpd", "-d", "postgres", "-Atqc", sql]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
