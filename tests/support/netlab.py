"""A network of real sockets that never leaves this machine: hosts are network namespaces.

    with NetLab() as lab:
        internet = lab.internet(Weather(loss=0.05, delay=0.08, jitter=0.02))
        alice = internet.host(NatKind.PORT_RESTRICTED)      # behind a NAT
        bob = internet.host()                               # in the open
        subprocess.Popen(alice.command(sys.executable, ...))
        eve, mallory = lab.lan(2)                           # one cable, no way out

The internet is a thread: each host has a TUN device whose other end is here, where datagrams pass the hosts' NATs
(``nat_box``: the kernel's own have no full cone), are lost, delayed and thereby reordered. It carries UDP over IPv4 only and
has the addresses that are set aside for benchmarks. A LAN is a bridge of the kernel with true broadcasts.

It takes root, ``ip`` and ``/dev/net/tun``; ``why_not()`` says what is missing. Leaving the block removes everything.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import select
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from net.ids import Endpoint
from tests.support.nat_box import NatBox, NatKind

TUN_PATH = Path("/dev/net/tun")
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
UDP = 17
IPV4_HEADER = 20
# Bytes: more than any datagram here has.
READ_SIZE = 2048
# Datagrams taken from one host before the others have a turn.
BATCH = 64
_labs = itertools.count()


@dataclass(frozen=True)
class Weather:
    """What happens to a datagram on its way; a probability, and seconds."""

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0


@dataclass(frozen=True)
class LabHost:
    """A namespace. ``address`` is its interface's; ``public`` is what others see, for hosts in the open the same."""

    namespace: str
    address: str
    public: str

    def command(self, *words: str) -> list[str]:
        """Return a command line that runs on this host."""
        return ["ip", "netns", "exec", self.namespace, *words]


@dataclass
class _Socket:
    """One host's end of the internet."""

    fd: int
    host: LabHost
    nat: NatBox | None


def why_not() -> str | None:
    """Return why there can be no lab here, or None."""
    if shutil.which("ip") is None:
        return "no ip command here"
    probe = f"sv{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces are not permitted here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    try:
        os.close(os.open(TUN_PATH, os.O_RDWR))
    except OSError as error:
        return f"no TUN devices here: {error.strerror}"
    return None


class NetLab:
    """A context manager that holds namespaces and removes them."""

    def __init__(self) -> None:
        self._name = f"sv{os.getpid()}n{next(_labs)}"
        self._namespaces: list[str] = []
        self._internets: list[Internet] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for internet in self._internets:
            internet.close()
        for namespace in self._namespaces:
            subprocess.run(["ip", "netns", "del", namespace], check=False)

    def internet(self, weather: Weather | None = None, seed: int = 1) -> Internet:
        """Return an internet without hosts."""
        internet = Internet(self, weather or Weather(), seed)
        self._internets.append(internet)
        return internet

    def lan(self, count: int) -> list[LabHost]:
        """Return hosts on one cable, with no way out."""
        cable = self.namespace()
        run("ip", "-n", cable, "link", "add", "cable", "type", "bridge")
        run("ip", "-n", cable, "link", "set", "cable", "up")
        hosts: list[LabHost] = []
        for number in range(1, count + 1):
            namespace = self.namespace()
            address = f"192.168.77.{number}"
            run("ip", "-n", namespace, "link", "add", "eth0", "type", "veth", "peer", f"port{number}", "netns", cable)
            run("ip", "-n", cable, "link", "set", f"port{number}", "master", "cable", "up")
            run("ip", "-n", namespace, "addr", "add", f"{address}/24", "broadcast", "+", "dev", "eth0")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")
            hosts.append(LabHost(namespace, address, address))
        return hosts

    def namespace(self) -> str:
        """Make one, with a loopback of its own."""
        name = f"{self._name}h{len(self._namespaces)}"
        run("ip", "netns", "add", name)
        self._namespaces.append(name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        return name


class Internet:
    """Hosts and the weather between them."""

    def __init__(self, lab: NetLab, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._lab = lab
        self._random = Random(seed)
        self._sockets: dict[int, _Socket] = {}
        self._by_address: dict[str, _Socket] = {}
        self._air: list[tuple[float, int, int, bytes]] = []
        self._serial = itertools.count()
        self._moves = 0
        self._epoll = select.epoll()
        self._is_open = True
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def host(self, kind: NatKind | None = None) -> LabHost:
        """Add a host, in the open or behind a NAT of its own."""
        number = len(self._sockets) + 1
        public = f"198.18.{number}.1"
        address = f"10.77.{number}.2" if kind else public
        host = LabHost(self._lab.namespace(), address, public)
        device = f"{host.namespace[2:]}w"[-15:]
        fd = os.open(TUN_PATH, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN_NO_PI))
        run("ip", "link", "set", device, "netns", host.namespace, "name", "wire")
        run("ip", "-n", host.namespace, "addr", "add", f"{address}/32", "dev", "wire")
        run("ip", "-n", host.namespace, "link", "set", "wire", "mtu", "1500", "txqueuelen", "2000", "up")
        run("ip", "-n", host.namespace, "route", "add", "default", "dev", "wire")
        self._sockets[fd] = self._by_address[public] = _Socket(fd, host, NatBox(kind, public) if kind else None)
        self._epoll.register(fd, select.EPOLLIN)
        return host

    def unplug(self, host: LabHost) -> None:
        """Pull a host's wire."""
        run("ip", "-n", host.namespace, "link", "set", "wire", "down")

    def plug(self, host: LabHost) -> None:
        """Put it back."""
        run("ip", "-n", host.namespace, "link", "set", "wire", "up")
        run("ip", "-n", host.namespace, "route", "add", "default", "dev", "wire")

    def move(self, host: LabHost, kind: NatKind | None = None) -> LabHost:
        """Carry a host elsewhere, wire and all: other addresses, and another NAT or none."""
        socket = self._by_address.pop(host.public)
        self._moves += 1
        public = f"198.19.{self._moves}.1"
        moved = LabHost(host.namespace, f"10.78.{self._moves}.2" if kind else public, public)
        self.unplug(host)
        run("ip", "-n", host.namespace, "addr", "del", f"{host.address}/32", "dev", "wire")
        run("ip", "-n", host.namespace, "addr", "add", f"{moved.address}/32", "dev", "wire")
        socket.host, socket.nat = moved, NatBox(kind, public) if kind else None
        self._by_address[public] = socket
        self.plug(moved)
        return moved

    def close(self) -> None:
        """Stop carrying."""
        self._is_open = False
        self._thread.join()
        self._epoll.close()
        for fd in self._sockets:
            os.close(fd)

    def _carry(self) -> None:
        while self._is_open:
            wait = 0.05 if not self._air else min(0.05, max(0.0, self._air[0][0] - time.monotonic()))
            for fd, _ in self._epoll.poll(wait):
                for _ in range(BATCH):
                    try:
                        packet = os.read(fd, READ_SIZE)
                    except OSError:
                        break
                    self._post(self._sockets[fd], packet)
            now = time.monotonic()
            while self._air and self._air[0][0] <= now:
                _, _, fd, packet = heapq.heappop(self._air)
                try:
                    os.write(fd, packet)
                except OSError:
                    continue  # the host's device is down or full: as good as loss

    def _post(self, sender: _Socket, packet: bytes) -> None:
        if len(packet) < IPV4_HEADER + 8 or packet[0] != 0x45 or packet[9] != UDP:
            return
        source, target = _endpoints(packet)
        if sender.nat is not None:
            source = sender.nat.outbound(source, target)
        receiver = self._by_address.get(target.host)
        if receiver is not None and receiver.nat is not None:
            inside = receiver.nat.inbound(source, target.port)
            target = inside or target
            receiver = receiver if inside else None
        if receiver is None or self._random.random() < self.weather.loss:
            return
        delay = max(0.0, self.weather.delay + self._random.uniform(-1, 1) * self.weather.jitter)
        rewritten = _readdressed(packet, source, target)
        heapq.heappush(self._air, (time.monotonic() + delay, next(self._serial), receiver.fd, rewritten))


def _endpoints(packet: bytes) -> tuple[Endpoint, Endpoint]:
    source_port, target_port = struct.unpack_from("!HH", packet, IPV4_HEADER)
    source, target = str(IPv4Address(packet[12:16])), str(IPv4Address(packet[16:20]))
    return Endpoint(source, source_port), Endpoint(target, target_port)


def _readdressed(packet: bytes, source: Endpoint, target: Endpoint) -> bytes:
    """The same packet with other endpoints. The UDP checksum is left out, as IPv4 allows."""
    header = bytearray(packet[:IPV4_HEADER])
    header[10:12] = bytes(2)
    header[12:20] = IPv4Address(source.host).packed + IPv4Address(target.host).packed
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    header[10:12] = struct.pack("!H", ~total & 0xFFFF)
    length = packet[IPV4_HEADER + 4 : IPV4_HEADER + 6]
    udp = struct.pack("!HH", source.port, target.port) + length + bytes(2)
    return bytes(header) + udp + packet[IPV4_HEADER + 8 :]


def run(*words: str) -> None:
    """Run a command that has to work."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")


@dataclass
class Programs:
    """Processes on hosts; all of them are ended by ``close``."""

    running: list[subprocess.Popen[str]] = field(default_factory=list["subprocess.Popen[str]"])

    def start(self, host: LabHost, *words: str) -> subprocess.Popen[str]:
        """Start a program that reads lines and says lines."""
        process = subprocess.Popen(
            host.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.running.append(process)
        return process

    def close(self) -> None:
        """End them."""
        for process in self.running:
            process.kill()
        for process in self.running:
            process.communicate()


def lines(process: subprocess.Popen[str], count: int, patience: float) -> Sequence[str]:
    """Return so many lines that a program said, or fewer when it took too long."""
    assert process.stdout is not None
    said: list[str] = []
    # A watchdog rather than select: the stream is buffered.
    watchdog = threading.Timer(patience, process.kill)
    watchdog.start()
    try:
        while len(said) < count and (line := process.stdout.readline()):
            said.append(line.rstrip("\n"))
    finally:
        watchdog.cancel()
    return said
