"""Every Linux command of the pages, run for real: it must find exactly its port.

Each test works in a Lab: network, process and mount namespaces of its own. Ports 808, 8080 and 18080 are certain to be free there, firewalls
can be closed and files below /etc covered, and nothing of it is left on the machine. A Lab has the addresses 192.0.2.10 and 2001:db8::10; the
peer, a second network namespace, has .20 and ::20 and stands for another computer.

Commands run word for word. ``sudo`` is a script that runs its arguments, and a command that needs no privileges runs as nobody.

This needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN) and the tools of PACKAGES. Where they are missing the tests are skipped, but with CI in the
environment they fail.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

import pytest

from portolan.problem import Problem
from portolan.registry.load import HOME, file_kind, load_file
from portolan.registry.types import Command, Pool, System

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parent.parent
PATH = "/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The Debian package of each tool that the commands, or the tests themselves, use.
PACKAGES = {
    "awk": "mawk",
    "bash": "bash",
    "cat": "coreutils",
    "conntrack": "conntrack",
    "curl": "curl",
    "dbus-daemon": "dbus",
    "firewall-cmd": "firewalld",
    "firewalld": "firewalld",
    "fuser": "psmisc",
    "grep": "grep",
    "ip": "iproute2",
    "ip6tables": "iptables",
    "iptables": "iptables",
    "iptables-save": "iptables",
    "kill": "procps",
    "lsns": "util-linux",
    "lsof": "lsof",
    "mount": "mount",
    "nc": "netcat-openbsd",
    "ncat": "ncat",
    "netstat": "net-tools",
    "nft": "nftables",
    "nmap": "nmap",
    "nsenter": "util-linux",
    "ps": "procps",
    "readlink": "coreutils",
    "rpcbind": "rpcbind",
    "rpcinfo": "rpcbind",
    "sed": "sed",
    "setcap": "libcap2-bin",
    "setpriv": "util-linux",
    "setsid": "util-linux",
    "ss": "iproute2",
    "stdbuf": "coreutils",
    "sysctl": "procps",
    "tcpdump": "tcpdump",
    "timeout": "coreutils",
    "ufw": "ufw",
    "unshare": "util-linux",
}

# Commands that the registry doesn't call tested, and why no test runs them.
UNTESTED = {
    "linux-service-of-process": "needs systemd as process 1, which no container of the tests has",
    "linux-stop-service": "needs systemd as process 1, which no container of the tests has",
    "linux-systemd-sockets": "needs systemd as process 1, which no container of the tests has",
}

# Each port with ports that look like it: a digit more or less at either end, neighbours.
DECOYS = {8080: (18080, 808, 8081, 80), 60603: (50603, 6060, 603, 60604), 808: (8080, 18080, 80, 1808)}
FAMILIES = (4, 6)
LOCAL = {4: "127.0.0.1", 6: "::1"}
LAB = {4: "192.0.2.10", 6: "2001:db8::10"}

# Clients get their ports from 20000 to 29999, where none of the tests' ports lies. No rejection may be held back for there being many.
SETUP = r"""
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/bin
printf '#!/bin/sh\nexec "$@"\n' >/run/bin/sudo
chmod 755 /run/bin/sudo
if [ -e /etc/resolv.conf ]; then mount --bind /dev/null /etc/resolv.conf; fi
ip netns add peer
for n in lab peer; do
    in=$([ $n = lab ] || echo nsenter --net=/run/netns/peer)
    $in sh -c '
        echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6
        echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
        echo 20000 29999 >/proc/sys/net/ipv4/ip_local_port_range
        echo 0 >/proc/sys/net/ipv4/icmp_ratemask
        echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
        ip link set lo up'
done
ip link add wire type veth peer name wire netns peer
ip address add 192.0.2.10/24 dev wire
ip address add 2001:db8::10/64 dev wire nodad
ip link set wire up
ip -n peer address add 192.0.2.20/24 dev wire
ip -n peer address add 2001:db8::20/64 dev wire nodad
ip -n peer link set wire up
echo ready
exec cat
"""


def lacking(reason: str) -> NoReturn:
    """What a test needs isn't here: an error in CI, where everything must run, elsewhere a reason to skip."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(text: str) -> None:
    """End the test unless all tools named in ``text`` are here."""
    for tool, package in PACKAGES.items():
        if re.search(rf"(?<![\w./-]){re.escape(tool)}(?![\w.-])", text) and not shutil.which(tool, path=PATH):
            lacking(f"{tool} is missing (Debian package {package})")


# --- The commands of the registry ---


@functools.cache
def commands() -> dict[str, Command]:
    """All commands for Linux, by their id."""
    (system,) = registry_file("systems/linux.yaml")
    assert isinstance(system, System)
    return {command.id: command for command in system.commands}


def registry_file(path: str) -> tuple[Any, ...]:
    """The entries of one file of the registry, which must be without problems."""
    kind = file_kind(path)
    assert kind is not None
    problems: list[Problem] = []
    entries = tuple(load_file(PROJECT, f"{HOME}/{path}", kind, problems))
    assert problems == []
    return entries


COVERED: list[str] = []


def covers(*names: str) -> pytest.MarkDecorator:
    """Run the test once per command, and note that they have a test."""
    COVERED.extend(names)
    return pytest.mark.parametrize("name", names)


class Answer(NamedTuple):
    """What a command printed, and its exit status."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that it printed."""
        return self.out + self.err


# --- What runs inside the namespaces: sent there as source ---


class Socket(NamedTuple):
    """A socket to open. With a ``remote`` port it connects there, otherwise it waits; family 46 is dual-stack."""

    transport: str
    family: int
    port: int = 0
    remote: int = 0
    address: str = ""
    silent: bool = False


def open_socket(transport: str, family: int, port: int, remote: int, address: str) -> socket.socket:
    """One socket as asked for; a connection has been accepted and answered when this returns."""
    end = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
    if family != 4:
        end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(family == 6))
    if transport == "tcp":
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if port or not remote:
        end.bind((address, port))
    if remote:
        end.settimeout(10)
        end.connect((address, remote))
        end.send(b"?")
        end.recv(1)
    elif transport == "tcp":
        end.listen()
    return end


def give_back(end: socket.socket) -> None:
    """Send back whatever arrives, until nothing more can come."""
    with end, suppress(OSError):
        while data := end.recv(2048):
            end.sendall(data)


def serve(end: socket.socket, transport: str) -> None:
    """Answer everybody who comes to a socket."""
    while transport == "tcp":
        threading.Thread(target=give_back, args=[end.accept()[0]]).start()
    while transport == "udp":
        end.sendto(*end.recvfrom(2048))


def agent() -> None:
    """Open sockets, tell process ID and ports, then answer until somebody ends the process."""
    asked = json.loads(sys.argv[1])
    opened = [open_socket(*one[:5]) for one in asked]
    for (transport, _, _, remote, _, silent), end in zip(asked, opened, strict=True):
        if not remote and not silent:
            threading.Thread(target=serve, args=[end, transport]).start()
    print(json.dumps([os.getpid(), [end.getsockname()[1] for end in opened]]), flush=True)
    threading.Event().wait()


def probe_one(transport: str, family: int, address: str, port: int, seconds: float) -> str:
    """Whether something answers there."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, kind) as end:
        end.settimeout(seconds)
        try:
            end.connect((address, port))
            end.send(b"?")
            end.recv(1)
        except TimeoutError:
            return "dropped"
        except OSError:
            return "rejected"
        return "open"


def session() -> None:
    """Keep a connection to a port, and tell over and over whether it still answers: 1 or 0."""
    family, address, port = json.loads(sys.argv[1])
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_STREAM) as end:
        end.settimeout(0.5)
        end.connect((address, port))
        while True:
            try:
                end.send(b"?")
                print(len(end.recv(1)), flush=True)
            except OSError:
                print(0, flush=True)
            threading.Event().wait(0.1)


def probe() -> None:
    """Tell what many ports answer, all asked at once."""
    asked = json.loads(sys.argv[1])
    with ThreadPoolExecutor(len(asked)) as pool:
        print(json.dumps(list(pool.map(lambda one: probe_one(*one), asked))))


def register_rpc() -> None:
    """Register RPC services at rpcbind: program, transport number, port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 1000))
        end.settimeout(5)
        for program, transport, port in json.loads(sys.argv[1]):
            call = (port, 0, 2, 100000, 2, 1, 0, 0, 0, 0, program, 1, transport, port)  # PMAPPROC_SET of RFC 1833
            end.sendto(b"".join(number.to_bytes(4, "big") for number in call), ("127.0.0.1", 111))
            print(int.from_bytes(end.recv(512)[-4:], "big"))


def source(*functions: Callable[..., Any]) -> str:
    """A program of these functions that calls the last one."""
    imports = "import json, os, socket, sys, threading\nfrom concurrent.futures import ThreadPoolExecutor\nfrom contextlib import suppress\n"
    return imports + "\n".join(map(inspect.getsource, functions)) + f"\n{functions[-1].__name__}()\n"


# --- Namespaces ---


class Agent(NamedTuple):
    """A process with sockets: its process ID and the port of each socket, in the order asked for."""

    pid: int
    ports: tuple[int, ...]


class Lab:
    """Namespaces to run commands in; made by ``lab()``."""

    def __init__(self, process: int) -> None:
        home = f"/proc/{process}/ns"
        self.enter = ["nsenter", f"--net={home}/net", f"--mount={home}/mnt", f"--pid={home}/pid_for_children", "--"]

    def words(self, *words: str, peer: bool = False, nobody: bool = False) -> list[str]:
        """The words of a command that runs in here."""
        to_peer = ["nsenter", "--net=/run/netns/peer", "--"] if peer else []
        to_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if nobody else []
        return [*self.enter, *to_peer, *to_nobody, *words]

    def run(self, text: str, *, peer: bool = False, nobody: bool = False) -> Answer:
        """Run a command line in the shell sh."""
        words = self.words("sh", "-c", text, peer=peer, nobody=nobody)
        done = subprocess.run(words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, text: str) -> str:
        """Run a command line that prepares or inspects something, and must not fail."""
        need(text)
        answer = self.run(text)
        assert answer.code == 0, f"{text}: {answer}"
        return answer.out

    def python(self, *functions: Callable[..., Any], asked: Any, peer: bool = False) -> str:
        """Run functions of this file in here, the last with ``asked`` as its argument; returns what they print."""
        words = [sys.executable, "-I", "-S", "-c", source(*functions), json.dumps(asked)]
        return subprocess.run(self.words(*words, peer=peer), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout

    @contextmanager
    def spawned(self, *words: str, peer: bool = False) -> Iterator[tuple[int, IO[bytes]]]:
        """Keep a program running; gives its process ID and its output."""
        start = self.words("setsid", "sh", "-c", 'echo $$; exec "$@"', "sh", *words, peer=peer)
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        with subprocess.Popen(start, env=ENVIRONMENT, stdin=null, stdout=pipe, stderr=subprocess.STDOUT, bufsize=0) as process:
            assert process.stdout is not None
            pid = int(process.stdout.readline())
            try:
                yield pid, process.stdout
            finally:
                self.run(f"kill -9 -{pid}")

    @contextmanager
    def agent(self, *sockets: Socket, peer: bool = False) -> Iterator[Agent]:
        """Keep sockets open, all by one process."""
        program = source(open_socket, give_back, serve, agent)
        with self.spawned(sys.executable, "-I", "-S", "-c", program, json.dumps(sockets), peer=peer) as (_, output):
            line = output.readline()
            assert line.startswith(b"["), (line + output.read()).decode()
            pid, ports = json.loads(line)
            yield Agent(pid, tuple(ports))

    def command(self, name: str, port: int, **words: str) -> Answer:
        """Run a command of the registry for a port, with the words in capitals filled in."""
        return self.run(filled(commands()[name].command, port, **words), nobody=commands()[name].privileges == "none")

    def undo(self, name: str, port: int, **words: str) -> Answer:
        """Run the command that takes back what a command of the registry did."""
        text = commands()[name].undo
        assert text is not None
        return self.run(filled(text, port, **words))


ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def filled(text: str, port: int, **words: str) -> str:
    """A command line as a reader types it; tells before whether its tools are here."""
    need(text)
    text = text.replace("{port}", str(port))
    for word, value in words.items():
        assert word in text
        text = text.replace(word, value)
    return text


@contextmanager
def lab() -> Iterator[Lab]:
    """Fresh namespaces. Everything in them ends with the first process, which ends with its input."""
    need("ip mount nsenter setpriv setsid unshare")
    if os.geteuid():
        lacking("only root can make namespaces")
    start = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP]
    with subprocess.Popen(start, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if process.stdout.readline() != "ready\n":
            lacking(f"no namespaces: {process.stderr.read().strip()}")
        try:
            yield Lab(process.pid)
        finally:
            process.stdin.close()


# --- Listing: ss, lsof, netstat, fuser ---


class Seen(NamedTuple):
    """A socket as a tool shows it: remote is 0 where it waits, pid is 0 where the tool doesn't tell."""

    transport: str
    family: int
    port: int
    remote: int
    pid: int


def port_of(end: str) -> int:
    """The port of ``address:port``, 0 for ``*``."""
    port = end.rpartition(":")[2]
    return 0 if port == "*" else int(port)


def read_ss(text: str, transport: str = "") -> list[Seen]:
    """The sockets in the output of ss; its lines name no transport where only one was asked for."""
    seen = []
    for line in text.splitlines():
        words = line.split()
        if words[0] in ("Netid", "State", "Recv-Q"):
            continue
        local, remote = [word for word in words if re.fullmatch(r"\S+:(\d+|\*)", word)]
        pids = set(map(int, re.findall(r"pid=(\d+)", line))) or {0}
        family = 6 if local.startswith(("[", "*")) else 4
        seen += [Seen(transport or words[0], family, port_of(local), port_of(remote), pid) for pid in pids]
    return seen


def read_lsof(text: str) -> list[Seen]:
    """The sockets in the output of lsof."""
    form = re.compile(r"\S+ +(\d+) +\S+ +\d+u +IPv([46]) +\d+ +0t0 +(TCP|UDP) (\S+?)(?:->(\S+))?(?: \([A-Z_]+\))? *")
    seen = []
    for line in text.splitlines()[1:]:
        row = form.fullmatch(line)
        assert row, line
        seen.append(Seen(row[3].lower(), int(row[2]), port_of(row[4]), port_of(row[5] or "*"), int(row[1])))
    return seen


def read_netstat(text: str) -> list[Seen]:
    """The sockets in the output of netstat, its heading cut away."""
    form = re.compile(r"(tcp|udp)(6?) +\d+ +\d+ (\S+) +(\S+) +(?:[A-Z_]+\d? +)?(?:(\d+)/.*|-) *")
    seen = []
    for line in text.splitlines():
        row = form.fullmatch(line)
        assert row, line
        seen.append(Seen(row[1], 6 if row[2] else 4, port_of(row[3]), port_of(row[4]), int(row[5] or 0)))
    return seen


def read_fuser(text: str) -> list[Seen]:
    """Transports and process IDs in the output of fuser, which tells no more."""
    seen, port, transport = [], 0, ""
    for line in text.splitlines():
        if row := re.fullmatch(r"(?:(\d+)/(tcp|udp):)? +\S+ +(\d+) F\.\.\.\. .+", line):
            port, transport = int(row[1] or port), row[2] or transport
            seen.append(Seen(transport, 0, port, 0, int(row[3])))
        else:
            assert line.split() == ["USER", "PID", "ACCESS", "COMMAND"]
    return seen


def waiting(sockets: list[Seen], _: int) -> list[Seen]:
    """Those that wait for somebody."""
    return [one for one in sockets if not one.remote]


def concerned(sockets: list[Seen], port: int) -> list[Seen]:
    """Those that have the port at either end."""
    return [one for one in sockets if port in (one.port, one.remote)]


def owners(sockets: list[Seen], port: int) -> list[Seen]:
    """Who has the port at the own end, once per transport and program."""
    return sorted({Seen(one.transport, 0, one.port, 0, one.pid) for one in sockets if one.port == port})


class Listing(NamedTuple):
    """How to read what a command shows, and which sockets it must show."""

    read: Callable[[str], list[Seen]]
    expected: Callable[[list[Seen], int], list[Seen]]


LISTINGS = {
    "linux-ss-listening": Listing(read_ss, waiting),
    "linux-ss-listening-no-root": Listing(read_ss, waiting),
    "linux-ss-cgroup": Listing(read_ss, waiting),
    "linux-ss-connected": Listing(read_ss, concerned),
    "linux-lsof-listening-tcp": Listing(read_lsof, waiting),
    "linux-lsof-udp": Listing(read_lsof, concerned),
    "linux-lsof-any": Listing(read_lsof, concerned),
    "linux-netstat-listening": Listing(read_netstat, waiting),
    "linux-netstat-connected": Listing(read_netstat, concerned),
    "linux-fuser": Listing(read_fuser, owners),
}

SINGLE = tuple(Socket(transport, family) for transport in ("tcp", "udp") for family in FAMILIES)
DUAL = tuple(Socket(transport, 46) for transport in ("tcp", "udp"))
SCENES: dict[str, tuple[Socket, ...]] = {
    "nothing": (),
    "tcp4": (Socket("tcp", 4),),
    "tcp6": (Socket("tcp", 6),),
    "tcp-dual": (Socket("tcp", 46),),
    "udp4": (Socket("udp", 4),),
    "udp6": (Socket("udp", 6),),
    "udp-dual": (Socket("udp", 46),),
    "all": SINGLE,
    "loopback": tuple(one._replace(address=LOCAL[one.family]) for one in SINGLE),
    "served": SINGLE,
    "served-dual": DUAL,
    "outgoing": (),
}


class Scene(NamedTuple):
    """A lab with listeners and connections, and the sockets in it that have ``port`` at either end."""

    lab: Lab
    name: str
    port: int
    sockets: list[Seen]


def clients(port: int, own: int = 0) -> list[Socket]:
    """Connections to a port: TCP and UDP, IPv4 and IPv6."""
    return [Socket(one.transport, one.family, own, port, LOCAL[one.family]) for one in SINGLE]


@contextmanager
def staged(name: str, port: int) -> Iterator[Scene]:
    """Listeners on all decoys, connections to two of them, and on the port what the scene wants."""
    with ExitStack() as stack:
        here = stack.enter_context(lab())
        decoys = stack.enter_context(here.agent(*(one._replace(port=decoy) for decoy in DECOYS[port] for one in SINGLE)))
        stack.enter_context(here.agent(*(one for decoy in DECOYS[port][:2] for one in clients(decoy))))
        listeners = SCENES[name]
        server = stack.enter_context(here.agent(*(one._replace(port=port) for one in listeners)))
        sockets = [Seen(one.transport, 4 if one.family == 4 else 6, port, 0, server.pid) for one in listeners]
        to, by, own = (DECOYS[port][0], decoys, port) if name == "outgoing" else (port, server, 0)
        if name in ("served", "served-dual", "outgoing"):
            connections = clients(to, own)
            client = stack.enter_context(here.agent(*connections))
            for one, used in zip(connections, client.ports, strict=True):
                sockets.append(Seen(one.transport, one.family, used, to, client.pid))
                if one.transport == "tcp":
                    sockets.append(Seen("tcp", 6 if name == "served-dual" else one.family, to, used, by.pid))
        yield Scene(here, name, port, sockets)


STAGED = [(name, port) for name in SCENES for port in DECOYS if port != 808 or name in ("all", "served", "outgoing")]


@pytest.fixture(scope="module", params=STAGED, ids=lambda param: f"{param[0]}-{param[1]}")
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Each scene, on each port; on the smallest port those that differ most."""
    with staged(*request.param) as it:
        yield it


@covers(*LISTINGS)
def test_listing_finds_exactly_the_port(scene: Scene, name: str) -> None:
    command = commands()[name]
    expected = [one for one in LISTINGS[name].expected(scene.sockets, scene.port) if one.transport in command.transports]
    if command.privileges == "none":
        expected = [one._replace(pid=0) for one in expected]
    answer = scene.lab.run(filled(command.command, scene.port) + " 2>&1", nobody=command.privileges == "none")
    assert sorted(LISTINGS[name].read(answer.out)) == sorted(expected)
    if not expected and "ss " in command.command:
        assert (len(answer.out.splitlines()), answer.code) == (1, 0)
    elif not expected:
        assert (answer.out, answer.code) == ("", 1)


@pytest.mark.parametrize("name", LISTINGS)
def test_without_root_the_programs_of_others_stay_hidden(name: str) -> None:
    command = commands()[name]
    with staged("served", 8080) as here:
        expected = [one._replace(pid=0) for one in LISTINGS[name].expected(here.sockets, 8080) if one.transport in command.transports]
        answer = here.lab.run(filled(command.command, 8080).replace("sudo ", ""), nobody=True)
    if "lsof" in name or "fuser" in name:
        assert (answer.out, answer.code) == ("", 1)
    else:
        assert sorted(LISTINGS[name].read(answer.out)) == sorted(expected)


@pytest.mark.parametrize("name", LISTINGS)
def test_the_answer_on_the_page_is_of_the_form_that_the_tool_prints(name: str) -> None:
    answer = commands()[name].answer
    assert answer is not None
    seen = LISTINGS[name].read(answer)
    assert seen
    assert all(60603 in (one.port, one.remote) for one in seen)


@covers("linux-ss-time-wait")
@pytest.mark.parametrize("port", DECOYS)
@pytest.mark.parametrize("first", ["client", "server"])
def test_closed_connections_are_found(name: str, port: int, first: str) -> None:
    ports = (port, *DECOYS[port])
    with lab() as here, ExitStack() as one, ExitStack() as other:
        (one if first == "server" else other).enter_context(here.agent(*(Socket("tcp", family, at) for at in ports for family in FAMILIES)))
        calls = [Socket("tcp", family, 0, at, LOCAL[family]) for at in ports for family in FAMILIES]
        client = (one if first == "client" else other).enter_context(here.agent(*calls))
        assert read_ss(here.command(name, port).out, "tcp") == []
        one.close()
        if first == "server":
            other.close()
        closed = sorted(
            Seen("tcp", call.family, *((used, port) if first == "client" else (port, used)), 0)
            for call, used in zip(calls, client.ports, strict=True)
            if call.remote == port
        )
        for _ in range(50):
            everything = here.must(f"ss -tan state time-wait 'sport = :{port} or dport = :{port}'")
            if sorted(read_ss(everything, "tcp")) == closed:
                break
            time.sleep(0.1)
        assert sorted(read_ss(everything, "tcp")) == closed
        answer = here.command(name, port)
        expected = [one for one in closed if one.port == port]
        assert sorted(read_ss(answer.out, "tcp")) == expected
        assert answer.out.count("timer:(timewait,") == len(expected)


@covers("linux-ss-bound")
def test_a_port_that_is_held_without_listening_is_found(name: str) -> None:
    """Debian 12 has no ss that can tell; then it says so, as the page does."""
    with lab() as here, here.agent(Socket("tcp", 4, 8080, silent=True)):
        answer = here.command(name, 60603)
        if answer.code:
            assert "invalid option -- 'B'" in answer.err
            assert "invalid option" in (commands()[name].pitfall or "")
        else:
            held = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 60603)); time.sleep(60)"
            with here.spawned(sys.executable, "-I", "-S", "-c", held) as (pid, _):
                for _ in range(50):
                    if seen := read_ss(here.command(name, 60603).out, "tcp"):
                        break
                    time.sleep(0.1)
                assert seen == [Seen("tcp", 4, 60603, 0, pid)]
                assert read_ss(here.command(name, 8080).out, "tcp") == []


@covers("linux-nsenter")
@pytest.mark.parametrize("port", DECOYS)
def test_listeners_in_the_namespace_of_a_process_are_found(name: str, port: int) -> None:
    with lab() as here, here.agent(*(one._replace(port=at) for at in (port, *DECOYS[port]) for one in SINGLE), peer=True) as server:
        assert here.command("linux-ss-listening", port).out.count("\n") == 1
        seen = read_ss(here.command(name, port, PID=str(server.pid)).out)
    assert sorted(seen) == sorted(Seen(one.transport, one.family, port, 0, server.pid) for one in SINGLE)


@covers("linux-all-namespaces")
@pytest.mark.parametrize("port", DECOYS)
def test_listeners_in_every_namespace_are_found(name: str, port: int) -> None:
    sockets = [one._replace(port=at) for at in (port, *DECOYS[port]) for one in SINGLE]
    with lab() as here:
        with here.agent(*sockets) as near, here.agent(*sockets, peer=True) as far:
            answer = here.command(name, port)
        assert sorted(read_ss(answer.out)) == sorted(Seen(one.transport, one.family, port, 0, pid) for one in SINGLE for pid in (near.pid, far.pid))
        assert here.command(name, port).out == ""


# --- Programs ---


@covers("linux-ps")
def test_the_process_is_described(name: str) -> None:
    with lab() as here, here.spawned("sleep", "611"), here.spawned("sleep", "612") as (pid, _), here.spawned("sleep", "613"):
        heading, line = here.command(name, 8080, PID=str(pid)).out.splitlines()
    assert heading.split() == ["PID", "USER", "STARTED", "COMMAND"]
    assert re.fullmatch(rf" *{pid} root +\w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d \d{{4}} sleep 612", line)


@covers("linux-kill")
def test_the_process_ends_and_gives_the_port_back(name: str) -> None:
    """Of two programs of one user only the one that was named ends."""
    listen = "import socket, sys, time; s = socket.socket(); s.bind(('', int(sys.argv[1]))); s.listen(); print('on', flush=True); time.sleep(60)"
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-I", "-S", "-c", listen]
    with lab() as here, here.spawned(*as_nobody, "8080") as (pid, output), here.spawned(*as_nobody, "8081") as (_, other):
        for one in (output, other):
            read_until(one, lambda text: "on" in text)
        assert here.command(name, 8080, PID=str(pid)) == (0, "", "")
        for _ in range(50):
            if here.must("ss -Htln 'sport = :8080'") == "":
                break
            time.sleep(0.1)
        assert here.must("ss -Htln 'sport = :8080'") == ""
        assert here.must("ss -Htln 'sport = :8081'") != ""


def test_lsof_finds_the_clients_of_a_port_too() -> None:
    """Why no page says to end all that ``lsof -t -i`` finds."""
    with lab() as here, here.agent(Socket("tcp", 4, 8080)) as server, here.agent(Socket("tcp", 4, 0, 8080, LOCAL[4])) as client:
        assert sorted(map(int, here.must("lsof -nP -t -i:8080").split())) == sorted([server.pid, client.pid])
        assert here.must("lsof -nP -t -iTCP:8080 -sTCP:LISTEN").split() == [str(server.pid)]
    texts = [text for command in commands().values() for text in (command.command, command.undo or "")]
    assert not [text for text in texts if re.search(r"kill .*\$\(", text) or "fuser -k" in text]


def settled(here: Lab, name: str, pid: int) -> str:
    """The answer to a command about a process, once the shell has become the program that it was told to start."""
    for _ in range(50):
        if "sh\n" not in (out := here.command(name, 8080, PID=str(pid)).out):
            break
        time.sleep(0.1)
    return out


@covers("linux-exe")
def test_the_file_of_a_process_is_found(name: str) -> None:
    with lab() as here:
        with here.spawned("sleep", "612") as (pid, _):
            assert settled(here, name, pid) == f"{Path(shutil.which('sleep', path=PATH) or '').resolve()}\n"
        here.must("cp -L $(command -v sleep) /run/gone")
        with here.spawned("/run/gone", "612") as (pid, _):
            settled(here, name, pid)
            here.must("rm /run/gone")
            assert here.command(name, 8080, PID=str(pid)).out == "/run/gone (deleted)\n"


@covers("linux-rpcinfo")
@pytest.mark.parametrize("port", DECOYS)
def test_rpc_services_are_found(name: str, port: int) -> None:
    need("rpcbind")
    transports = {6: "tcp", 17: "udp"}
    services = [(300000 + at, number, at) for at in (port, *DECOYS[port]) for number in transports]
    with lab() as here, here.spawned("rpcbind", "-f"):
        for _ in range(50):
            if here.run("rpcinfo -p").code == 0:
                break
            time.sleep(0.1)
        assert here.python(register_rpc, asked=services).split() == ["1"] * len(services)
        answer = here.command(name, port)
        assert sorted(line.split() for line in answer.out.splitlines()) == [[str(300000 + port), "1", way, str(port)] for way in ("tcp", "udp")]
        assert here.command(name, 1).out == ""


# --- What passes: conntrack, tcpdump ---


@covers("linux-conntrack-tcp", "linux-conntrack-udp")
@pytest.mark.parametrize("port", DECOYS)
def test_forwarded_connections_are_found(name: str, port: int) -> None:
    """The lab sends on what comes to the port and to its decoys; both ends of such a connection are elsewhere."""
    need("nft")
    (transport,) = commands()[name].transports
    ports = (port, *DECOYS[port])
    calls = [Socket(one.transport, one.family, 0, at, LAB[one.family]) for at in ports for one in SINGLE]
    with lab() as here:
        here.must("nft add table inet nat && nft add chain inet nat pre '{ type nat hook prerouting priority dstnat; }'")
        here.must(f"nft add rule inet nat pre meta l4proto '{{ tcp, udp }}' th dport '{{ {', '.join(map(str, ports))} }}' redirect to :9999")
        with here.agent(*(one._replace(port=9999) for one in SINGLE)), here.agent(*calls, peer=True) as client:
            assert here.command("linux-ss-listening", port).out.count("\n") == 1
            answer = here.command(name, port)
    expected = {used for call, used in zip(calls, client.ports, strict=True) if (call.transport, call.remote) == (transport, port)}
    rows = [re.match(r"(\w+) .*?src=(\S+) dst=\S+ sport=(\d+) dport=(\d+) ", line) for line in answer.out.splitlines()]
    assert sorted((row[1], int(row[3]), int(row[4])) for row in rows if row) == sorted((transport, used, port) for used in expected)
    assert len(rows) == len(expected)


@covers("linux-tcpdump")
@pytest.mark.parametrize("port", DECOYS)
def test_packets_are_shown(name: str, port: int) -> None:
    """The decoys are asked first: what the port gets is the last that could be shown."""
    need("stdbuf")
    ports = (*DECOYS[port], port)
    targets = [(one.transport, one.family, LAB[one.family], at, 5) for at in ports for one in SINGLE]
    form = re.compile(r"[\d:.]+ \S+ +(?:In|Out) +IP(6?) \S+\.(\d+) > \S+\.(\d+): (UDP|Flags)?.*")

    def packets(text: str) -> list[tuple[str, ...]]:
        """IP version, ports and kind of each packet."""
        rows = [(line, form.fullmatch(line)) for line in text.splitlines() if " IP" in line]
        assert all(row for _, row in rows), text
        return [row.groups() for _, row in rows if row]

    def all_kinds(text: str) -> bool:
        """Whether the last kinds of packets that must come to the port are there."""
        return {("", "UDP"), ("6", "UDP"), ("", "Flags"), ("6", "Flags")} <= {(one[0], one[3]) for one in packets(text) if one[2] == str(port)}

    with lab() as here, ExitStack() as stack:
        stack.enter_context(here.agent(*(one._replace(port=at) for at in ports for one in SINGLE)))
        _, output = stack.enter_context(here.spawned("stdbuf", "-oL", "sh", "-c", filled(commands()[name].command, port)))
        read_until(output, lambda text: "listening on any" in text)
        assert json.loads(here.python(probe_one, probe, asked=targets, peer=True)) == ["open"] * len(targets)
        text = read_until(output, all_kinds)
    assert all(str(port) in one[1:3] for one in packets(text)), text


def read_until(output: IO[bytes], enough: Callable[[str], bool], seconds: float = 10) -> str:
    """What a running program prints, until it is enough or time is up."""
    text = b""
    end = time.monotonic() + seconds
    while not enough(text.decode()) and time.monotonic() < end:
        if select.select([output], [], [], 0.1)[0]:
            data = os.read(output.fileno(), 65536)
            assert data, text.decode()
            text += data
    assert enough(text.decode()), text.decode()
    return text.decode()


# --- Reachability ---

# What the tool prints in each state, the first that matches counts; the texts are those that "shows" promises.
VERDICTS = {
    "linux-nc-reachable": {"open": r"(?m)^open$", "closed": "Connection refused", "dropped": "timed out"},
    "linux-ncat-reachable": {"open": "Ncat: Connected to", "closed": "Connection refused", "dropped": "TIMEOUT"},
    "linux-bash-reachable": {"open": r"\Aopen\n", "closed": "Connection refused", "dropped": r"\Aexit 124\Z"},
    "linux-curl-reachable": {"open": r"\* (?:Connected|Established connection) to", "closed": "Connection refused", "dropped": "timed out"},
    "linux-nmap-tcp": {"open": r"\n{port}/tcp +open +\S+\n", "closed": r"\n{port}/tcp +closed ", "dropped": r"\n{port}/tcp +filtered "},
    "linux-nmap-udp": {
        "open": r"\n{port}/udp +open +\S+\n",
        "closed": r"\n{port}/udp +closed ",
        "dropped": r"\n{port}/udp +open\|filtered ",
        "silent": r"\n{port}/udp +open\|filtered ",
    },
}


def asked_at(name: str, port: int, family: int) -> str:
    """The command for this computer. An IPv6 address stands in brackets in a URL, and nmap wants to be told."""
    text = commands()[name].command
    if family == 6 and "nmap" in name and " -6 " not in text:
        text = text.replace("nmap ", "nmap -6 ")
    return filled(text, port, HOST="[::1]" if family == 6 and "curl" in name else LOCAL[family])


def ask_all(port: int, state: str) -> dict[tuple[str, int], Answer]:
    """All commands at once, for IPv4 and IPv6. Only the port has listeners, or only its decoys if it is to be closed."""
    ports = DECOYS[port] if state == "closed" else (port,)
    cases = [(name, family) for name in VERDICTS for family in FAMILIES if state in VERDICTS[name]]
    with lab() as here, here.agent(*(one._replace(port=at, silent=state == "silent") for at in ports for one in SINGLE)):
        if state == "dropped":
            here.must("nft add table inet t && nft add chain inet t in '{ type filter hook input priority filter; }'")
            here.must(f"nft add rule inet t in meta l4proto '{{ tcp, udp }}' th dport {port} drop")
        with ThreadPoolExecutor(len(cases)) as pool:
            asked = {case: pool.submit(here.run, asked_at(case[0], port, case[1]), nobody=commands()[case[0]].privileges == "none") for case in cases}
            return {case: answer.result() for case, answer in asked.items()}


@pytest.fixture(scope="module")
def reached() -> dict[tuple[int, str], dict[tuple[str, int], Answer]]:
    """What the tools say about each port in each state."""
    need("nft nc ncat bash curl nmap timeout")
    cases = [(port, state) for port in DECOYS for state in ("open", "closed", "dropped", "silent")]
    with ThreadPoolExecutor(len(cases)) as pool:
        return dict(zip(cases, pool.map(lambda case: ask_all(*case), cases), strict=True))


@covers(*VERDICTS)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("port", DECOYS)
def test_reachability_is_told(reached: dict[tuple[int, str], dict[tuple[str, int], Answer]], name: str, port: int, family: int) -> None:
    for state, pattern in VERDICTS[name].items():
        answer = reached[port, state][name, family]
        text = f"{answer.text}exit {answer.code}"
        matching = [other for other, form in VERDICTS[name].items() if re.search(form.replace("{port}", str(port)), text)]
        assert matching, f"{state}: {text}"
        assert VERDICTS[name][matching[0]] == pattern, f"{state}: {text}"


# --- Firewalls ---

BUS = """<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>"""

# The first deletion completes a chain of ufw's own ("counter reject"), so it is made before anything is compared.
NFT = """
nft add table inet filter
nft add chain inet filter input '{ type filter hook input priority filter; }'
nft add rule inet filter input meta l4proto '{ tcp, udp }' VERDICT
"""
IPTABLES = "for i in iptables ip6tables; do for t in tcp udp; do $i -A INPUT -p $t -j VERDICT; done; done"
FIREWALLD = "for p in PORTS; do for t in tcp udp; do firewall-cmd --permanent --add-port=$p/$t; done; done; firewall-cmd --reload"
UFW = r"""
mkdir /run/ufw
cp /usr/share/ufw/ufw.conf /usr/share/ufw/*.init /usr/share/ufw/iptables/*.rules /etc/ufw/sysctl.conf /run/ufw
cp -r /etc/ufw/applications.d /run/ufw
chmod 640 /run/ufw/*.rules
mount --bind /run/ufw /etc/ufw
sed 's/^IPV6=.*/IPV6=yes/; s/^DEFAULT_INPUT_POLICY=.*/DEFAULT_INPUT_POLICY="DROP"/' /etc/default/ufw >/run/ufw.default
mount --bind /run/ufw.default /etc/default/ufw
ufw --force enable
ufw allow 22/tcp
ufw delete allow 22/tcp
"""


class Wall(NamedTuple):
    """A firewall: how it is made to keep everything out and to let everything in, and what a closed port answers."""

    shut: str
    open: str
    closed: str = "dropped"


WALLS = {
    "nft": Wall(NFT.replace("VERDICT", "drop"), NFT.replace("VERDICT", "accept")),
    "iptables": Wall(IPTABLES.replace("VERDICT", "DROP"), IPTABLES.replace("VERDICT", "ACCEPT")),
    "ufw": Wall(UFW, UFW + "for p in PORTS; do ufw allow $p/tcp; ufw allow $p/udp; done"),
    "firewalld": Wall("", FIREWALLD, "rejected"),
}


@contextmanager
def firewalld(here: Lab) -> Iterator[None]:
    """Run firewalld with its default settings, and the message bus that it is spoken to over."""
    need("dbus-daemon firewall-cmd firewalld")
    here.must(f"mkdir -p /run/dbus /run/etc && mount --bind /run/etc /etc/firewalld && echo '{BUS}' >/run/bus.conf")
    with here.spawned("dbus-daemon", "--nofork", "--config-file=/run/bus.conf"), here.spawned("firewalld", "--nofork", "--nopid"):
        for _ in range(100):
            if here.run("firewall-cmd --state").out == "running\n":
                break
            time.sleep(0.1)
        yield


def rules(here: Lab) -> str:
    """All rules of all firewalls, without counters."""
    listed = here.must("nft -s list ruleset; iptables-save; ip6tables-save")
    return "".join(line for line in re.sub(r"\[\d+:\d+\]", "", listed).splitlines(keepends=True) if not line.startswith("#"))


States = dict[tuple[str, int, int], str]


def answers(here: Lab, expected: States) -> States:
    """What the ports of the lab answer the peer; asked again when it isn't what was expected, for packets may be late.

    Between namespaces Linux hears a rejection of TCP over IPv6 at its second try only, after one second.
    """
    for seconds in (1.5, 3) if "rejected" in expected.values() else (0.4, 1.5, 3):
        asked = [(transport, family, LAB[family], port, seconds) for transport, family, port in expected]
        states = dict(zip(expected, json.loads(here.python(probe_one, probe, asked=asked, peer=True)), strict=True))
        if states == expected:
            break
    return states


FIREWALL_RULES = (
    "linux-nft-allow",
    "linux-nft-block",
    "linux-iptables-allow",
    "linux-iptables-block",
    "linux-ufw-allow-tcp",
    "linux-ufw-allow-udp",
    "linux-ufw-block",
    "linux-firewalld-allow-tcp",
    "linux-firewalld-allow-udp",
    "linux-firewalld-block",
)
# What the answer to a command says that changed nothing, because its rule was there before.
CHANGED_NOTHING = {"ufw-allow": "Skipping adding existing rule", "ufw-block": "Skipping inserting existing rule", "firewalld": "ALREADY_ENABLED"}
OWN = """
nft add table inet mine
nft add chain inet mine input '{ type filter hook input priority 5; }'
nft add rule inet mine input tcp dport 9 drop
"""


@contextmanager
def walled(name: str, port: int) -> Iterator[tuple[Lab, States]]:
    """A lab with servers on the port and its decoys, behind a firewall that keeps out what the command lets in, or the other way round."""
    need("nft iptables-save")
    need(commands()[name].command)
    wall = WALLS[name.split("-")[1]]
    prepare, usual = (wall.shut, wall.closed) if commands()[name].purpose == "allow" else (wall.open, "open")
    ports = (port, *DECOYS[port], 60603)
    with ExitStack() as stack:
        here = stack.enter_context(lab())
        stack.enter_context(here.agent(*(one._replace(port=at) for at in ports for one in SINGLE)))
        if "firewalld" in name:
            stack.enter_context(firewalld(here))
        here.must(prepare.replace("PORTS", " ".join(map(str, ports))) + OWN)
        yield here, {(transport, family, at): usual for transport in ("tcp", "udp") for family in FAMILIES for at in ports}


def handle_of(here: Lab, name: str, port: int) -> dict[str, str]:
    """What a reader fills in for HANDLE, if the undo wants it."""
    if "HANDLE" not in (commands()[name].undo or ""):
        return {}
    found = re.findall(rf"dport {port} .*# handle (\d+)", here.must("nft -a list chain inet filter input"))
    return {"HANDLE": found[0]}


def at_home(here: Lab, port: int) -> set[str]:
    """What the port answers to programs of its own computer, at each of its addresses."""
    asked = [(one.transport, one.family, address, port, 1) for one in SINGLE for address in (LOCAL[one.family], LAB[one.family])]
    return set(json.loads(here.python(probe_one, probe, asked=asked)))


@covers(*FIREWALL_RULES)
def test_firewall_opens_and_closes_exactly_the_port(name: str) -> None:
    command, port = commands()[name], 8080
    changed = "open" if command.purpose == "allow" else "dropped"
    with walled(name, port) as (here, before):
        after = {key: changed if key[2] == port and key[0] in command.transports else state for key, state in before.items()}
        assert answers(here, before) == before
        earlier = rules(here)
        answer = here.command(name, port)
        if "handle" in (command.answer or ""):
            (told,) = re.findall(r"# handle (\d+)\n", answer.out)
            assert {"HANDLE": told} == handle_of(here, name, port)
            assert re.sub(r"\d+", "N", answer.out) == re.sub(r"\d+", "N", command.answer or "")
        else:
            assert (answer.code, answer.text) == (0, command.answer or "")
        assert answers(here, after) == after
        if command.purpose == "block":
            assert at_home(here, port) == {"open"}
        assert rules(here) != earlier
        assert here.undo(name, port, **handle_of(here, name, port)).code == 0
        assert answers(here, before) == before
        assert rules(here) == earlier


@pytest.mark.parametrize("name", [name for name in FIREWALL_RULES if "block" in name])
def test_the_page_says_whether_open_connections_outlive_the_rule(name: str) -> None:
    command, port = commands()[name], 8080
    program = [sys.executable, "-I", "-S", "-c", source(session), json.dumps([4, LAB[4], port])]
    with walled(name, port) as (here, _), here.spawned(*program, peer=True) as (_, output):
        read_until(output, lambda text: "1\n1\n" in text)
        assert here.command(name, port).code == 0
        time.sleep(1.5)
        lives = read_until(output, lambda text: text.count("\n") > 5).split()[-1] == "1"
    text = f"{command.shows} {command.pitfall}"
    assert lives == ("connections that are open stay open" in text)
    assert lives != ("Connections that are open break off" in text)
    assert "connected through this very port" in text


@pytest.mark.parametrize("name", FIREWALL_RULES)
def test_a_rule_that_was_there_before_is_not_lost(name: str) -> None:
    """Either the undo leaves it in place, or the answer says that nothing was changed, and the page that the undo is not to be used then."""
    command, port = commands()[name], 8080
    with walled(name, port) as (here, _):
        assert here.command(name, port).code == 0
        earlier = rules(here)
        again = here.command(name, port)
        warning = next((text for kind, text in CHANGED_NOTHING.items() if kind in name), "File exists" if name == "linux-nft-block" else "")
        if warning:
            assert warning in again.text
            assert rules(here) == earlier
            assert warning in (command.pitfall or "")
        else:
            assert rules(here) != earlier
            assert here.undo(name, port, **handle_of(here, name, port)).code == 0
            assert rules(here) == earlier


@pytest.mark.parametrize("name", [name for name in FIREWALL_RULES if "ufw" in name])
def test_ufw_says_when_it_filters_nothing(name: str) -> None:
    command = commands()[name]
    with lab() as here:
        here.must(UFW.replace("ufw --force enable\n", ""))
        earlier = here.must("nft -s list ruleset")
        assert here.command("linux-ufw-status", 8080).out == "Status: inactive\n"
        assert here.command(name, 8080).out == "Rules updated\nRules updated (v6)\n"
        assert here.must("nft -s list ruleset") == earlier
    assert "Rules updated means that ufw is switched off" in (command.pitfall or "")
    assert "Status: inactive" in (commands()["linux-ufw-status"].pitfall or "")


def test_ufw_turns_a_rule_round_and_back() -> None:
    """What the pitfalls of ufw's commands say of a rule of the other kind, and of how to take that back."""
    with lab() as here:
        here.must(UFW + "ufw allow 9/tcp; ufw deny 8080/tcp")
        earlier = rules(here)
        assert here.command("linux-ufw-allow-tcp", 8080).out == "Rule updated\nRule updated (v6)\n"
        here.must("ufw deny 8080/tcp")
        assert rules(here) == earlier
        here.must("ufw delete deny 8080/tcp; ufw allow 8080")
        earlier = rules(here)
        here.must("ufw deny 8080; ufw allow 8080")
        assert rules(here) == earlier


def lines_of(text: str) -> list[str]:
    """Lines without what stands at their ends and cannot be seen."""
    return [line.rstrip() for line in text.strip().splitlines()]


@covers("linux-ufw-status")
def test_the_state_of_ufw_is_shown(name: str) -> None:
    with lab() as here:
        here.must(UFW)
        here.command("linux-ufw-allow-tcp", 60603)
        assert lines_of(here.command(name, 60603).out) == lines_of(commands()[name].answer or "")


@covers("linux-firewalld-list")
def test_the_state_of_firewalld_is_shown(name: str) -> None:
    with lab() as here:
        with firewalld(here):
            assert here.command("linux-firewalld-allow-tcp", 60603).code == 0
            assert lines_of(here.command(name, 60603).out) == lines_of(commands()[name].answer or "")
            assert here.run("firewall-cmd --get-active-zones").code == 0
        with here.spawned("dbus-daemon", "--nofork", "--config-file=/run/bus.conf") as (pid, _):
            for _ in range(50):
                if here.run("test -S /run/dbus/system_bus_socket").code == 0 and "connect" not in (text := here.command(name, 60603).text):
                    break
                time.sleep(0.1)
            assert "FirewallD is not running" in text, pid


@covers("linux-ufw-block")
def test_ufw_leaves_an_allow_rule_of_the_same_form_alone(name: str) -> None:
    """A trap: ufw doesn't put its rule in front of one that differs in nothing but the verdict, and doesn't fail either. The page must say so."""
    trap = "Skipping inserting existing rule"
    opened: States = {(transport, family, 8080): "open" for transport in ("tcp", "udp") for family in FAMILIES}
    with lab() as here, here.agent(*(one._replace(port=8080) for one in SINGLE)):
        here.must(UFW + "ufw allow 8080")
        assert here.command(name, 8080).text == f"{trap}\n{trap} (v6)\n"
        assert answers(here, opened) == opened
        here.must("ufw deny 8080")
        assert set(answers(here, dict.fromkeys(opened, "dropped")).values()) == {"dropped"}
    assert trap in f"{commands()[name].shows} {commands()[name].pitfall}"


RULES = """
table inet filter {
    set more { type inet_service; elements = { 25, %PORT% } }
    chain input {
        type filter hook input priority filter; policy drop;
        tcp dport %PORT% drop
        udp dport { 9, %PORT% } counter packets 18080 bytes 808 accept
        tcp sport %PORT% reject
        tcp dport %PORT%-%NEXT% accept
        tcp dport 18080 accept
        tcp dport { 808, 2200, 2223, 50603, 6060, 603 } accept
        ip saddr 10.0.0.%OCTET% tcp dport 1 accept
        ip saddr %OCTET%.0.0.10 tcp dport 2 accept
        tcp dport 3 counter packets %PORT% bytes %PORT% accept
        tcp dport 4 limit rate %OCTET%/second accept
        ip daddr 10.0.0.0/%PREFIX% tcp dport 5 accept
    }
}
"""


@covers("linux-nft-rules")
@pytest.mark.parametrize("port", [8080, 60603, 22])
def test_rules_that_name_the_port_are_found(name: str, port: int) -> None:
    """Port 22: numbers of that size also stand in addresses, counters and limits of rules for other ports."""
    small = port if port < 32 else 77
    values = {"%PORT%": port, "%NEXT%": port + 1, "%OCTET%": small, "%PREFIX%": min(small, 30)}
    script = functools.reduce(lambda text, item: text.replace(item[0], str(item[1])), values.items(), RULES)
    with lab() as here:
        here.must(f"nft -f - <<'END'\n{script}\nEND")
        lines = [line.strip() for line in here.command(name, port).out.splitlines()]
        assert here.command(name, 4444).out == ""
    assert len(lines) == 5, lines
    for line, start in zip(lines, ("elements", "tcp dport", "udp dport", "tcp sport", "tcp dport"), strict=True):
        assert line.startswith(start)
        assert re.search(rf"\b{port}\b", line.partition("counter")[0])


@covers("linux-nft-rules")
def test_the_rules_of_other_firewalls_are_found(name: str) -> None:
    """iptables and ufw write their rules through nftables in Debian."""
    with lab() as here:
        here.must(WALLS["ufw"].shut)
        for port in (8080, 18080, 808):
            assert here.command("linux-ufw-allow-udp", port).code == 0
            assert here.command("linux-iptables-block", port).code == 0
        lines = [line.split(" counter ")[0].strip() for line in here.command(name, 8080).out.splitlines()]
    spared = 'iifname != "lo" tcp dport 8080'
    assert sorted(lines) == [spared, spared, "udp dport 8080", "udp dport 8080"]


# --- Ports that the kernel hands out ---


@covers("linux-reserve")
@pytest.mark.parametrize("earlier", ["", "808,9148-9150,18080"])
def test_a_reserved_port_is_not_handed_out(name: str, earlier: str) -> None:
    with lab() as here:
        if earlier:
            here.must(f"sysctl -w net.ipv4.ip_local_reserved_ports={earlier}")
        here.must("sysctl -w net.ipv4.ip_local_port_range='8080 8081'")
        answer = here.command(name, 8080)
        now = "808,8080,9148-9150,18080" if earlier else "8080"
        assert answer.code == 0
        assert here.command("linux-reserved-show", 8080).out == f"net.ipv4.ip_local_reserved_ports = {now}\n"
        for transport in ("tcp", "udp"):
            for family in FAMILIES:
                with here.agent(Socket(transport, family)) as picked:
                    assert picked.ports == (8081,)
                with here.agent(Socket(transport, family, 8080)) as asked:
                    assert asked.ports == (8080,)
        assert here.undo(name, 8080, LIST=earlier).code == 0
        assert here.must("cat /proc/sys/net/ipv4/ip_local_reserved_ports") == f"{earlier}\n"
        here.must("sysctl -w net.ipv4.ip_local_port_range='8080 8080'")
        with here.agent(Socket("udp", 4)) as picked:
            assert picked.ports == (8080,)


@covers("linux-reserved-show")
def test_reserved_ports_are_shown(name: str) -> None:
    with lab() as here:
        assert here.command(name, 8080).out.rstrip() == "net.ipv4.ip_local_reserved_ports ="
        here.must("sysctl -w net.ipv4.ip_local_reserved_ports=60603,8080,9148-9150")
        assert here.command(name, 8080).out == commands()[name].answer


@covers("linux-pool")
def test_the_pool_is_shown(name: str) -> None:
    with lab() as here:
        assert here.command(name, 8080).out == "20000\t29999\n"
        here.must("sysctl -w net.ipv4.ip_local_port_range='32768 60999'")
        assert here.command(name, 8080).out == commands()[name].answer


@pytest.mark.parametrize("pool", ["linux", "linux-2007", "docker-linux"])
def test_the_recipes_of_pools_read_and_change_it(pool: str) -> None:
    """The commands at the ranges, which stand in pools.yaml."""
    (entry,) = (one for one in registry_file("pools.yaml") if one.id == pool)
    assert isinstance(entry, Pool)
    with lab() as here:
        for change in entry.change:
            assert here.run(filled(change.command, 0, FIRST="8078", LAST="8081")).code == 0
        for read in entry.read:
            assert here.run(filled(read.command, 0), nobody=True).out.split()[-2:] == ["8078", "8081"]
        with here.agent(Socket("udp", 4), Socket("udp", 4), Socket("udp", 4), Socket("udp", 4)) as picked:
            assert sorted(picked.ports) == [8078, 8079, 8080, 8081]


def test_the_linux_pools_are_all_covered() -> None:
    """A pool with a recipe for Linux must be in the test before this one."""
    recipes = [(pool.id, recipe.command) for pool in registry_file("pools.yaml") for recipe in (*pool.read, *pool.change)]
    assert {pool for pool, text in recipes if "ip_local_port_range" in text} == {"linux", "linux-2007", "docker-linux"}


# --- Commands in texts ---


def test_the_commands_about_privileged_ports_work() -> None:
    """``content/notes/privileged.md``, which is on the pages of the ports below 1024."""
    note = (PROJECT / "content/notes/privileged.md").read_text(encoding="utf-8").partition("**Linux:**")[2].partition("\n")[0]
    commands_in_note = [text for text in re.findall("`([^`]+)`", note) if " " in text]
    assert commands_in_note == ["sudo setcap cap_net_bind_service=+ep PROGRAM", "sysctl net.ipv4.ip_unprivileged_port_start"]
    grant, show = commands_in_note
    listen = f"timeout 1 /run/nc -l 127.0.0.1 808 >/dev/null & sleep 0.2; {commands()['linux-ss-listening-no-root'].command.replace('{port}', '808')}"
    with lab() as here:
        assert here.run(filled(show, 808), nobody=True).out == "net.ipv4.ip_unprivileged_port_start = 1024\n"
        here.must("cp -L $(command -v nc) /run/nc")
        denied = here.run(listen, nobody=True)
        assert denied.out.count("\n") == 1
        assert "Permission denied" in denied.err
        assert here.run(filled(grant, 808, PROGRAM="/run/nc")).code == 0
        assert [one.port for one in read_ss(here.run(listen, nobody=True).out)] == [808]


# --- Shells ---

SYSTEMS = ("linux", "macos", "freebsd", "openbsd", "docker", "kubernetes")
# Each tool is a script that writes down how it was called, so nothing of the computer is read or changed.
STARTED = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config", "-C", "function grep; command grep $argv; end"]}
COMPLAINTS = "parse error|no matches found|syntax error|event not found|fish: (?:Missing|Expected|Unexpected)"
FAKE = """#!/bin/bash
printf '%s|' "${0##*/}" "$@" >"$CALLS/$BASHPID"
"""


def lines_for_shells() -> list[tuple[str, str]]:
    """All command lines for the shells of Unix: of systems, with their undo, and of pools."""
    lines = []
    for id in SYSTEMS:
        (system,) = registry_file(f"systems/{id}.yaml")
        assert isinstance(system, System)
        lines += [(command.id, text) for command in system.commands if command.shell == "sh" for text in (command.command, command.undo) if text]
    for pool in registry_file("pools.yaml"):
        lines += [(pool.id, recipe.command) for recipe in (*pool.read, *pool.change) if recipe.shell == "sh"]
    return [(name, text.replace("{port}", "60603")) for name, text in lines]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_every_command_means_the_same_in_other_shells(shell: str, tmp_path: Path) -> None:
    """Braces, brackets, exclamation marks and dollar signs reach the tools unchanged."""
    if not shutil.which(shell, path=PATH):
        lacking(f"{shell} is missing (Debian package {shell})")
    tools = tmp_path / "bin"
    tools.mkdir()
    words = {word for _, text in lines_for_shells() for word in re.findall(r"[\w./-]+", text) if re.fullmatch(r"[a-z][a-z0-9_-]*", word)}
    for word in words - {"echo", "bash", "sh", "for", "do", "done", "in", "and", "or", "not"}:
        (tools / word).write_text(FAKE, encoding="utf-8")
        (tools / word).chmod(0o755)

    def calls(shell: str, text: str) -> list[str]:
        """How the tools are called when a shell runs a line; pipelines start theirs in any order."""
        log = Path(tempfile.mkdtemp(dir=tmp_path))
        environment = {"PATH": str(tools), "CALLS": str(log), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "dumb"}
        start = [shutil.which(shell, path=PATH) or shell, *STARTED[shell], "-c", text]
        done = subprocess.run(start, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert not re.search(COMPLAINTS, done.stderr), (text, done.stderr)
        made = sorted(one.read_text() for one in log.iterdir())
        return [call for call in made if not call.startswith("kill|")]  # most shells have a kill of their own

    for name, text in lines_for_shells():
        expected = calls("bash", text)
        assert calls(shell, text) == expected, (name, text)
        assert expected or text.split()[0] == "kill" or "/" in text.split()[0], (name, text)


# --- Nothing is forgotten ---


def test_every_tested_command_has_a_test() -> None:
    assert sorted(set(COVERED)) == sorted(command.id for command in commands().values() if command.tested)


def test_every_untested_command_has_a_reason() -> None:
    assert sorted(UNTESTED) == sorted(command.id for command in commands().values() if not command.tested)


def test_sudo_stands_where_privileges_are_needed() -> None:
    for command in commands().values():
        assert ("sudo " in command.command) == (command.privileges != "none"), command.id
