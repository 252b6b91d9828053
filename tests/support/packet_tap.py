"""Sees every UDP packet of a network namespace: ``python -m tests.support.packet_tap FILE``, started under ``unshare -n``.

It brings the loopback interface up, says ``ready`` and writes each packet to FILE: source port, destination port and
length, two bytes each, then the payload. Programs that shall be seen are started under ``nsenter`` into its namespace.
"""

from __future__ import annotations

import ctypes
import fcntl
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEADER = struct.Struct(">HHH")
_ETHERNET_SIZE, _UDP, _UDP_HEADER_SIZE = 14, 17, 8
_ETH_P_IP = 0x0800
_PACKET_HOST = 0  # linux/if_packet.h; on the loopback a packet is sent and received, and is wanted once
_RECEIVE_BUFFER = 64 * 1024 * 1024  # bytes; a burst must not be missed
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_SO_RCVBUFFORCE = 33
_PATIENCE = 10.0


class Packet(NamedTuple):
    """One datagram as it stood on the wire."""

    source: int
    destination: int
    payload: bytes


class Tap:
    """A network namespace of its own, and what passes in it. ``prefix`` starts a program inside."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes], prefix: tuple[str, ...]) -> None:
        self.path = path
        self.prefix = prefix
        self._process = process

    @classmethod
    def open(cls, path: Path, root: Path) -> Tap | None:
        """Return a tap that writes to ``path``, or None where this system does not allow one."""
        if shutil.which("unshare") is None or shutil.which("nsenter") is None:
            return None
        for unshare, enter in ((("-n",), ("--net",)), (("-rn",), ("--user", "--preserve-credentials", "--net"))):
            command = ["unshare", *unshare, sys.executable, "-m", "tests.support.packet_tap", str(path)]
            process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            assert process.stdout is not None
            if process.stdout.readline() == b"ready\n":
                return cls(path, process, ("nsenter", "--target", str(process.pid), *enter, "--"))
            process.wait(_PATIENCE)
            process.stdout.close()
        return None

    def so_far(self) -> list[Packet]:
        """Return what passed until now."""
        return list(_packets(self.path.read_bytes()))

    def open_socket(self) -> socket.socket:
        """Return a UDP socket inside; raises OSError where only root may enter.

        A thread goes there for a moment; a socket stays where it was made.
        """
        made: list[socket.socket | OSError] = []
        with Path(f"/proc/{self._process.pid}/ns/net").open("rb") as inside:

            def make() -> None:
                try:
                    _enter(inside.fileno())
                    made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                except OSError as error:
                    made.append(error)

            thread = threading.Thread(target=make)  # ends there, so no other thread is moved
            thread.start()
            thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def close(self) -> list[Packet]:
        """End the tap; return every packet."""
        self._process.terminate()
        self._process.wait(_PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return list(_packets(self.path.read_bytes()))


def _packets(data: bytes) -> Iterator[Packet]:
    at = 0
    while at + HEADER.size <= len(data):
        source, destination, length = HEADER.unpack_from(data, at)
        at += HEADER.size
        yield Packet(source, destination, data[at : at + length])
        at += length


def _enter(namespace: int) -> None:
    """Move the calling thread; setns(2), which the os module has from Python 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "setns")


def _bring_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _capture(path: Path) -> None:
    _bring_up()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP)) as tap, path.open("wb") as out:
        tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        tap.bind(("lo", 0))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            frame, address = tap.recvfrom(65536)
            if address[2] != _PACKET_HOST or frame[_ETHERNET_SIZE + 9] != _UDP:
                continue
            udp = frame[_ETHERNET_SIZE + 4 * (frame[_ETHERNET_SIZE] & 0x0F) :]
            source, destination = struct.unpack_from(">HH", udp)
            payload = udp[_UDP_HEADER_SIZE:]
            out.write(HEADER.pack(source, destination, len(payload)) + payload)
            out.flush()


if __name__ == "__main__":
    _capture(Path(sys.argv[1]))
