# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_others.py - "weft serve" where other servers have failed: run
# by serve_others.sh.  HACKING.md, "Failures of others", has their names.
import ctypes
import os
import platform
import re
import shutil
import signal
import struct
import threading

from serve_rig import (DEADLINE, PLUGINS, SLOWLY, Client, Serve, alive, main,
                       wait)

CONF = '''
log = "info"
plugin ledger { file = "@DIR@/ledger.so" }
listener one { url = "%s://127.0.0.1:0%s" plugin = "ledger" }
supervisor { restart_max = 100 }
'''
RELOADS = 10


def deploy(s, name):
    """As cp(1) and mv(1) would: never half of it."""
    path = os.path.join(s.dir, "ledger.so")
    shutil.copy(os.path.join(PLUGINS, name + ".so"), path + ".new")
    os.rename(path + ".new", path)


def serve(url, options="", **more):
    s = Serve(CONF % (url, options), start=False, **more)
    deploy(s, "ledger_one")
    s.start()
    s.ready()
    return s


def reload(s):
    """By SIGHUP; it is over, whatever came of it."""
    done = len(re.findall("SERVE-RELOADED", s.text()))
    s.signal(signal.SIGHUP)
    s.wait_text("SERVE-RELOADED", count=done + 1)


def changed(s, n, url, options=""):
    """Another version of the plugin, and another option of its listener."""
    deploy(s, ("ledger_two", "ledger_one")[n % 2])
    s.write(CONF % (url, "?idle=%dm%s" % (10 + n, options)))
    reload(s)


def reloaded(s, count):
    """What a test of reloads has to have done: its plugin was replaced."""
    found = len(re.findall("plugin ledger: reloaded", s.text()))
    assert found == count, "expected %d reloads, found %d" % (count, found)


class Bytes(Client):
    """A client that takes what has a length."""

    def exactly(self, n):
        while len(self.left) < n:
            some = self.s.recv(4096)
            assert some, "it was closed, after %r" % self.left
            self.left += some
        out, self.left = self.left[:n], self.left[n:]
        return out

    def head(self):
        """To the empty line."""
        out = b""
        while not out.endswith(b"\r\n\r\n"):
            out += self.exactly(1)
        return out.decode()


# ---- WebSockets that are open

class Page(Bytes):
    """A WebSocket, as a browser has it."""

    def __init__(self, port):
        super().__init__(port)
        self.s.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                       b"Sec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        head = self.head()
        assert head.startswith("HTTP/1.1 101 "), head

    def frame(self, text):
        return b"\x81" + bytes([0x80 | len(text)]) + b"\0\0\0\0" + \
            text.encode()

    def take(self):
        first, n = self.exactly(2)
        assert first == 0x81, "expected a text, found %#x" % first
        return self.exactly(n).decode()


def open_websockets_stay():
    with serve("ws+text") as s:
        pages = [Page(s.listening()) for _ in range(50)]
        for n in range(RELOADS):
            # Half a frame before, the other half behind it.
            frame = pages[0].frame("count")
            for page in pages:
                page.s.sendall(frame[:n % len(frame)])
            changed(s, n, "ws+text")
            for page in pages:
                page.s.sendall(frame[n % len(frame):])
                words = page.take().split()
                assert words[0] == "21"[n % 2] and words[2] == str(n + 1), \
                    "reload %d: found %r" % (n, words)
        reloaded(s, RELOADS)
        assert len(re.findall(r"host \d+ is ready", s.text())) == 1


# ---- a plugin that cannot be loaded

def a_missing_symbol_ends_nobody():
    with serve("tcp+line") as s:
        client = Client(s.listening())
        client.say("count")
        assert client.hear() == "1 1 1 0 0"
        deploy(s, "undefined")
        reload(s)
        s.wait_text("plugin ledger: .*the version that runs goes on: .*"
                    "undefined symbol: weft_test_no_such_function")
        client.say("count")
        assert client.hear() == "1 2 2 0 0"
        # And the next one that is whole takes over.
        deploy(s, "ledger_two")
        reload(s)
        client.say("count")
        assert client.hear() == "2 3 3 0 7"
        reloaded(s, 1)
        assert len(re.findall(r"host \d+ is ready", s.text())) == 1


# ---- who connects while it is reloaded

class Connects(threading.Thread):
    """Connects, asks, hears and leaves, over and over; what went wrong."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over, self.replies, self.wrong = port, False, 0, []

    def run(self):
        while not self.over and not self.wrong:
            try:
                client = Client(self.port)
                client.say("count")
                words = (client.hear() or "").split()
                client.close()
            except OSError as e:
                self.wrong.append(e)
                return
            if len(words) != 5 or words[2] != "1":
                self.wrong.append(words)
            self.replies += 1


def run_beside(s, threads, url, options=""):
    """Reloads while they run; each has some turns between two of them."""
    for thread in threads:
        thread.start()
    for n in range(RELOADS):
        was = [thread.replies for thread in threads]
        wait(lambda: all(t.wrong or t.replies >= r + 3
                         for t, r in zip(threads, was)), "replies")
        changed(s, n, url, options)
    for thread in threads:
        thread.over = True
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive(), "a client waits for ever"
        assert not thread.wrong, thread.wrong
    reloaded(s, RELOADS)
    return "%d replies" % sum(thread.replies for thread in threads)


def no_connect_is_refused_at_a_reload():
    with serve("tcp+line") as s:
        threads = [Connects(s.listening()) for _ in range(4)]
        return run_beside(s, threads, "tcp+line")


# ---- connections that are kept alive

class KeptAlive(threading.Thread):
    """Requests on one connection; each third time two at once."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.client = Bytes(port)
        self.over, self.replies, self.wrong = False, 0, []

    def post(self, count):
        self.client.s.sendall(count * (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: 5\r\n\r\ncount"))
        for _ in range(count):
            head = self.client.head()
            length = re.search(r"(?i)content-length: *(\d+)", head)
            words = self.client.exactly(int(length[1])).decode().split()
            self.replies += 1
            assert head.startswith("HTTP/1.1 200 "), head
            assert "close" not in head.lower(), head
            assert words[2] == str(self.replies), words

    def run(self):
        try:
            while not self.over:
                self.post(2 if self.replies % 3 == 0 else 1)
        except (AssertionError, OSError, TypeError) as e:
            self.wrong.append(e)


def no_request_of_a_connection_that_is_kept_alive_is_lost():
    with serve("http") as s:
        threads = [KeptAlive(s.listening()) for _ in range(8)]
        return run_beside(s, threads, "http")


# ---- a process that dies

def a_killed_host_is_replaced_and_its_supervisor_stays():
    with serve("tcp+line") as s:
        port = s.listening()
        for n, signum in enumerate((signal.SIGKILL, signal.SIGSEGV,
                                    signal.SIGTERM, signal.SIGABRT)):
            client = Client(port)
            client.say("count")
            assert client.hear() == "1 1 1 0 0"
            host = s.ready(n + 1)
            os.kill(host, signum)
            wait(lambda: not alive(host), "the host to die")
            assert client.hear() is None
            assert s.ready(n + 2) != host
            assert s.process.poll() is None, "the supervisor has ended"
        s.signal(signal.SIGTERM)
        assert s.ended() == 0


# ---- a sandbox

# Calls of x86-64 that weft.service forbids, by their numbers: of @mount,
# @module, @reboot, @swap, @clock, @raw-io, @debug and @privileged.
FORBIDDEN = [155, 161, 163, 164, 165, 166, 167, 168, 169, 172, 173, 175, 176,
             227, 246, 298, 305, 313, 320, 321]
PTRACE = 101  # the search for leaks of ASan needs it


def sandbox():
    """In the child before execve: who calls one of these is killed."""
    calls = FORBIDDEN + ([] if SLOWLY else [PTRACE])
    code = struct.pack("HBBI", 0x20, 0, 0, 0)  # load the number
    for i, call in enumerate(calls):
        code += struct.pack("HBBI", 0x15, len(calls) - i, 0, call)
    code += struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000)  # ALLOW
    code += struct.pack("HBBI", 0x06, 0, 0, 0x80000000)  # KILL_PROCESS
    room = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack(
        "HxxxxxxP", len(code) // 8, ctypes.addressof(room)))
    libc = ctypes.CDLL(None, use_errno=True)
    # PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def a_sandbox_kills_nobody():
    if platform.machine() != "x86_64":
        return "not tried: other numbers"
    with serve("tcp+line", preexec_fn=sandbox) as s:
        host = s.ready()
        with open("/proc/%d/status" % host) as f:
            assert re.search(r"(?m)^Seccomp:\s2$", f.read()), "no filter"
        port = s.listening()
        client = Client(port)
        for n in range(RELOADS):
            changed(s, n, "tcp+line")
            client.say("count")
            words = (client.hear() or "").split()
            assert words and words[2] == str(n + 1), words
        reloaded(s, RELOADS)
        assert s.ready() == host and alive(host)
        # The next host has it from its supervisor, and serves as well.
        os.kill(host, signal.SIGKILL)
        s.ready(2)
        client = Client(port)
        client.say("count")
        assert client.hear() == "1 1 1 0 0"
        s.signal(signal.SIGTERM)
        assert s.ended() == 0


if __name__ == "__main__":
    main([
        open_websockets_stay,
        a_missing_symbol_ends_nobody,
        no_connect_is_refused_at_a_reload,
        no_request_of_a_connection_that_is_kept_alive_is_lost,
        a_killed_host_is_replaced_and_its_supervisor_stays,
        a_sandbox_kills_nobody,
    ])
