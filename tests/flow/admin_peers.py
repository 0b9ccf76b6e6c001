# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/admin_peers.py - the admin socket of a host with clients that are
# slow, hostile or many.  Usage: admin_peers.py WEFT
#
# Nothing sleeps in order to wait: what must happen is waited for, with a
# deadline.

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

DEADLINE = 60
PATIENCE = 5  # [s] ADMIN_PATIENCE_NS in framework/host/admin.c
failed = passed = 0


def check(words, found, expected):
    global failed, passed
    if found == expected:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {words}: expected {expected!r}, found {found!r}")


class Host:
    def __init__(self, weft, folder, *more):
        self.path = os.path.join(folder, "admin.sock")
        self.process = subprocess.Popen(
            [weft, "run", "echo", "--listen", "tcp+line://127.0.0.1:0",
             "--admin", self.path, *more],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.port = 0
        for line in self.process.stdout:
            if line.startswith(b"listening"):
                self.port = int(line.split()[1].rsplit(b":", 1)[1])
            if line == b"ready\n":
                return
        raise SystemExit("FAIL: it does not listen")

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.path)  # waits while the backlog is full
        s.settimeout(DEADLINE)
        return s

    def ask(self, line):
        s = self.connect()
        s.sendall(line)
        return hear(s)

    def client(self):
        return socket.create_connection(("127.0.0.1", self.port), DEADLINE)


def hear(s):
    """All that comes, as lines of JSON."""
    all_of_it = b""
    while piece := s.recv(1 << 20):
        all_of_it += piece
    s.close()
    return [json.loads(line) for line in all_of_it.splitlines()]


def ends(s):
    """It is closed, with or without what it was sent."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def outcome(lines):
    return lines[-1]["is"] == "outcome" and lines[-1]["ok"]


def hostile_lines(host):
    for words, line, code in [
        ("an unknown verb", b"weft/1 fly\n", "-ENOSYS"),
        ("another protocol", b"GET / HTTP/1.1\r\n", "-EPROTO"),
        ("nothing", b"\n", "-EPROTO"),
        ("NUL", b"weft/1 sta\0tus\n", "-EBADMSG"),
        ("no UTF-8", b"weft/1 \xff\n", "-EBADMSG"),
        ("an open string", b'weft/1 "status\n', "-EBADMSG"),
        ("an unknown option", b"weft/1 endpoints size=1\n", "-EINVAL"),
        ("a limit that is none", b"weft/1 endpoints limit=x\n", "-EINVAL"),
        ("words missing", b"weft/1 explain\n", "-EINVAL"),
        ("many words", b"weft/1 " + b"a " * 100 + b"\n", "-E2BIG"),
    ]:
        lines = host.ask(line)
        check(words, (len(lines), lines[-1]["ok"], lines[-1]["code"]),
              (1, False, code.lstrip("-")))
    check("CRLF", outcome(host.ask(b"weft/1 status\r\n")), True)
    check("a verb as a string", outcome(host.ask(b'"weft/1" "status"\n')),
          True)
    check("what comes behind a line is not looked at",
          outcome(host.ask(b"weft/1 status\nweft/1 stop\n")), True)


def long_line(host):
    s = host.connect()
    sent = 0
    try:
        while sent < 1 << 20:
            sent += s.send(b"a" * 4096)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        lines = hear(s)
        check("1 MiB without an end", lines[-1]["code"], "E2BIG")
    except ConnectionResetError:
        check("1 MiB without an end", "reset", "E2BIG")


def cut_lines(host):
    line = b'weft/1 explain "echo"\n'
    for n in range(len(line)):
        s = host.connect()
        s.sendall(line[:n])
        s.close()
    s = host.connect()
    for i in range(len(line)):
        s.sendall(line[i:i + 1])
    check("one byte at a time", outcome(hear(s)), True)
    s = host.connect()
    s.sendall(line[:-1])
    s.shutdown(socket.SHUT_WR)
    check("a line without an end", ends(s), True)


def slow_clients(host):
    """They hold up nobody, and are closed in time."""
    begun = time.monotonic()
    silent = [host.connect() for _ in range(10)]
    half = host.connect()
    half.sendall(b"weft/1 sta")
    for _ in range(20):
        check("another is answered", outcome(host.ask(b"weft/1 status\n")),
              True)
    check("before the slow ones are closed",
          time.monotonic() - begun < PATIENCE, True)
    for s in silent + [half]:
        check("a slow one is closed", ends(s), True)
    check("in time", time.monotonic() - begun < 3 * PATIENCE, True)


def one_that_does_not_read(host, clients):
    """An answer that is not taken is made no further than a piece."""
    greedy = host.connect()
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    greedy.sendall(b"weft/1 endpoints\n")
    check("another is answered", outcome(host.ask(b"weft/1 status\n")), True)
    lines = host.ask(b"weft/1 endpoints\n")
    check("all endpoints", len(lines) - 1, len(clients))
    check("each once", len({line["id"] for line in lines[:-1]}),
          len(clients))
    lines = hear(greedy)
    check("the one that read late has all", len(lines) - 1, len(clients))


def one_that_never_stops_talking(host):
    """Behind its line it may send what it likes, but not for ever."""
    s = host.connect()
    s.sendall(b"weft/1 status\n")
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < 4 * PATIENCE:
            s.sendall(b"a" * 4096)
    except (BrokenPipeError, ConnectionResetError):
        pass
    check("it is closed in time", time.monotonic() - begun < 3 * PATIENCE,
          True)
    s.close()


def a_hundred_at_once(host):
    all_of_them = [host.connect() for _ in range(100)]
    for i, s in enumerate(all_of_them):
        s.sendall(b"weft/1 status\n" if i % 2 else b"weft/1 endpoints\n")
    # At once, or those that are read last are slow clients.
    with ThreadPoolExecutor(len(all_of_them)) as pool:
        answered = sum(map(outcome, pool.map(hear, all_of_them)))
    check("a hundred at once", answered, 100)


def gone_in_between(host):
    for _ in range(200):
        s = host.connect()
        s.sendall(b"weft/1 endpoints\n")
        s.close()
    check("those who do not wait harm nobody",
          outcome(host.ask(b"weft/1 status\n")), True)


def stop_while_asked(host):
    """Who waits when the host ends is told so by the end."""
    silent = [host.connect() for _ in range(5)]
    check("stop", outcome(host.ask(b"weft/1 stop\n")), True)
    for s in silent:
        check("it ends", ends(s), True)
    check("its status", host.process.wait(DEADLINE), 0)
    check("no socket is left", os.path.exists(host.path), False)


def main():
    with tempfile.TemporaryDirectory(prefix="weft-admin.") as folder:
        host = Host(sys.argv[1], folder)
        try:
            hostile_lines(host)
            long_line(host)
            cut_lines(host)
            slow_clients(host)
            one_that_never_stops_talking(host)
            clients = [host.client() for _ in range(700)]
            for s in clients:
                s.sendall(b"hello\n")
            for s in clients:
                s.recv(100)
            one_that_does_not_read(host, clients)
            a_hundred_at_once(host)
            gone_in_between(host)
            for s in clients:
                s.close()
            stop_while_asked(host)
        finally:
            host.process.kill()
            host.process.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or passed < 60 else 0)


main()
