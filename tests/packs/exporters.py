"""The exporters that Debian ships, really running beside what they measure, and a Prometheus that scrapes them.

Everything listens on loopback, on ports that were free a moment before, and is ended by its own process id.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.servers.programs import free_port, program

UP_WITHIN_S = 180.0
END_WITHIN_S = 60.0


@dataclass(frozen=True)
class Target:
    """Where to scrape."""

    job: str
    address: str
    path: str = "/metrics"
    params: Mapping[str, str] | None = None


def found(name: str) -> str | None:
    """Where a program is, also where only root's PATH would find it."""
    beside = os.pathsep.join(["/usr/sbin", "/sbin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))])
    return shutil.which(name) or shutil.which(name, path=beside)


def installed(name: str) -> str:
    """Where a program is; where it is missing the test is skipped, or fails if servers are required."""
    return found(name) or program(name)


def wait_for(ready: Callable[[], bool], *, what: str, log: Path | None = None) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
    raise RuntimeError(f"{what} is not up after {UP_WITHIN_S:g} s\n{tail}")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process group of our own, ended when the block ends. Who has given up root may not write to /tmp."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command),
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(log.parent), **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sign)
            except ProcessLookupError:
                break
            try:
                process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
        process.wait(END_WITHIN_S)


def run(command: Sequence[str], *, folder: Path) -> None:
    """A step before a server can start: in that server's own folder, and its words are told if it fails."""
    done = subprocess.run(
        list(command),
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=UP_WITHIN_S,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def as_user(folder: Path, *names: str) -> list[str]:
    """A prefix that gives up root: databases refuse to run as root. The folder is given to that user."""
    if os.getuid() != 0:
        return []
    for name in (*names, "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise RuntimeError("no user to run as")


class _Web(BaseHTTPRequestHandler):
    """A web service that fails one request in ten."""

    def do_GET(self) -> None:
        status = 500 if self.path.endswith("0") else 200
        self.send_response(status)
        self.send_header("Content-Length", "2")
        with suppress(ConnectionError):  # the one who asked is on its way down
            self.end_headers()
            self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        return


@contextmanager
def web_service() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(END_WITHIN_S)


@contextmanager
def exporter(
    command: Sequence[str], *, port: int, folder: Path, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    log = folder / f"{Path(command[0]).name}.log"
    with running(command, log=log, env=env):
        wait_for(lambda: listens(port), what=command[0], log=log)
        yield


# ------------------------------------------------------------------------------------------------ one a technology


@contextmanager
def node(folder: Path) -> Iterator[Target]:
    port = free_port()
    with exporter(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"], port=port, folder=folder):
        yield Target("node", f"127.0.0.1:{port}")


@contextmanager
def process(folder: Path) -> Iterator[Target]:
    port = free_port()
    config = folder / "process.yml"
    config.write_text("process_names:\n  - name: '{{.Comm}}'\n    cmdline: ['.+']\n")
    command = ["prometheus-process-exporter", f"-config.path={config}", f"-web.listen-address=127.0.0.1:{port}"]
    command += ["-gather-smaps=false", "-threads=false"]  # of every process of the machine: slower than a scrape
    with exporter(command, port=port, folder=folder):
        yield Target("process", f"127.0.0.1:{port}")


@contextmanager
def blackbox(folder: Path) -> Iterator[Target]:
    port = free_port()
    config = folder / "blackbox.yml"
    config.write_text("modules:\n  http_2xx: {prober: http}\n  tcp_connect: {prober: tcp}\n")
    command = ["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with web_service() as web, exporter(command, port=port, folder=folder):
        params = {"target": f"http://127.0.0.1:{web}/", "module": "http_2xx"}
        yield Target("blackbox", f"127.0.0.1:{port}", path="/probe", params=params)


@contextmanager
def haproxy(folder: Path) -> Iterator[Target]:
    port, front = free_port(), free_port()
    with web_service() as web:
        config = folder / "haproxy.cfg"
        config.write_text(f"""
global
  maxconn 100
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend metrics
  bind 127.0.0.1:{port}
  http-request use-service prometheus-exporter
frontend shop
  bind 127.0.0.1:{front}
  default_backend shop
backend shop
  option httpchk GET /
  server a 127.0.0.1:{web} check inter 500ms
""")
        log = folder / "haproxy.log"
        with running([installed("haproxy"), "-f", str(config), "-db"], log=log):
            wait_for(lambda: listens(port), what="haproxy", log=log)
            with traffic(lambda number: answers(f"http://127.0.0.1:{front}/{number}")):
                yield Target("haproxy", f"127.0.0.1:{port}")


@contextmanager
def nginx(folder: Path) -> Iterator[Target]:
    port, front = free_port(), free_port()
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{front}; location = /status {{ stub_status; }} location / {{ return 200 "ok"; }} }}
}}
""")
    log = folder / "nginx.log"
    command = [
        "prometheus-nginx-exporter",
        f"-nginx.scrape-uri=http://127.0.0.1:{front}/status",
        f"-web.listen-address=127.0.0.1:{port}",
    ]
    with running([installed("nginx"), "-c", str(config)], log=log):
        wait_for(lambda: listens(front), what="nginx", log=log)
        with (
            exporter(command, port=port, folder=folder),
            traffic(lambda number: answers(f"http://127.0.0.1:{front}/{number}")),
        ):
            yield Target("nginx", f"127.0.0.1:{port}")


@contextmanager
def redis(folder: Path) -> Iterator[Target]:
    port, server = free_port(), free_port()
    log = folder / "redis.log"
    command = [
        "redis-server",
        "--port",
        str(server),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--maxmemory",
        "64mb",
        "--dir",
        str(folder),
    ]

    def ask(number: int) -> bool:
        with socket.create_connection(("127.0.0.1", server), timeout=2) as link:
            link.sendall(f"SET key{number} 1\r\nGET key{number}\r\nGET none\r\n".encode())
            return bool(link.recv(100))

    with running(command, log=log):
        wait_for(lambda: listens(server), what="redis", log=log)
        exporting = [
            "prometheus-redis-exporter",
            f"-redis.addr=redis://127.0.0.1:{server}",
            f"-web.listen-address=127.0.0.1:{port}",
        ]
        with exporter(exporting, port=port, folder=folder), traffic(ask):
            yield Target("redis", f"127.0.0.1:{port}")


@contextmanager
def mysql(folder: Path) -> Iterator[Target]:
    port, server = free_port(), free_port()
    data, sock, log = folder / "data", folder / "my.sock", folder / "mariadb.log"
    data.mkdir()
    user = as_user(folder, "mysql")
    # A machine may not know its own name; --force goes on without looking it up.
    install = [*user, installed("mariadb-install-db"), "--no-defaults", "--force", f"--datadir={data}"]
    run([*install, "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"], folder=folder)
    command = [
        *user,
        installed("mariadbd"),
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={sock}",
        f"--port={server}",
        "--bind-address=127.0.0.1",
        "--innodb-buffer-pool-size=16M",
        "--innodb-log-file-size=8M",
        f"--pid-file={folder}/my.pid",
    ]
    with running(command, log=log):
        wait_for(sock.exists, what="mariadb", log=log)
        exporting = ["prometheus-mysqld-exporter", f"--web.listen-address=127.0.0.1:{port}"]
        env = {"DATA_SOURCE_NAME": f"root@unix({sock})/"}
        with exporter(exporting, port=port, folder=folder, env=env):
            yield Target("mysql", f"127.0.0.1:{port}")


@contextmanager
def _postgres_server(folder: Path) -> Iterator[int]:
    server = free_port()
    data, log = folder / "data", folder / "postgres.log"
    data.mkdir()
    user = as_user(folder, "postgres")
    initdb = [*user, installed("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
    run(initdb, folder=folder)
    command = [
        *user,
        installed("postgres"),
        "-D",
        str(data),
        "-p",
        str(server),
        "-h",
        "127.0.0.1",
        "-k",
        str(folder),
    ]
    with running([*command, "-c", "fsync=off"], log=log, cwd=folder):
        wait_for(lambda: "ready to accept connections" in log.read_text(errors="replace"), what="postgres", log=log)
        psql = [installed("psql"), "-h", "127.0.0.1", "-p", str(server), "-U", "postgres", "-c"]
        run([*psql, "create table orders as select 1 as id"], folder=folder)
        yield server


@contextmanager
def postgres(folder: Path) -> Iterator[Target]:
    port = free_port()
    with _postgres_server(folder) as server:
        env = {"DATA_SOURCE_NAME": f"postgresql://postgres@127.0.0.1:{server}/postgres?sslmode=disable"}
        exporting = ["prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{port}"]
        with exporter(exporting, port=port, folder=folder, env=env):
            yield Target("postgres", f"127.0.0.1:{port}")


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Target]:
    port, amqp, dist, epmd = free_port(), free_port(), free_port(), free_port()
    (folder / "enabled_plugins").write_text("[rabbitmq_prometheus].\n")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nprometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {port}\n"
    )
    for name in ("mnesia", "log"):
        (folder / name).mkdir()
    env = {
        "HOME": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_NODENAME": f"test{amqp}@localhost",
        "RABBITMQ_DIST_PORT": str(dist),
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    }
    server = Path("/usr/lib/rabbitmq/lib")
    scripts = sorted(server.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    log = folder / "rabbitmq.log"
    command = [*as_user(folder, "rabbitmq"), str(scripts[-1]) if scripts else "rabbitmq-server"]
    # The name server of Erlang would be started by the broker, and outlive it: ours is there first, and ends with us.
    names = [installed("epmd"), "-port", str(epmd), "-address", "127.0.0.1"]
    with running(names, log=folder / "epmd.log"):
        wait_for(lambda: listens(epmd), what="epmd")
        with running(command, log=log, env=env, cwd=folder):
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/metrics"), what="rabbitmq", log=log)
            yield Target("rabbitmq", f"127.0.0.1:{port}")


@contextmanager
def traffic(ask: Callable[[int], object]) -> Iterator[None]:
    """Twenty requests a second, until the block ends."""
    over = threading.Event()

    def send() -> None:
        number = 0
        while not over.wait(0.05):
            number += 1
            try:
                ask(number)
            except OSError:  # the server is on its way down
                continue

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(END_WITHIN_S)
