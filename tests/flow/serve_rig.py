# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_rig.py - what the tests of "weft serve" share: a folder, a
# configuration, a supervisor, clients, and waits with a deadline.
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

WEFT = os.environ.get("WEFT", "./weft")
PLUGINS = os.environ.get("WEFT_TEST_PLUGINS", "tests/plugins/.libs")
SLOWLY = os.environ.get("WEFT_SANITIZED") == "1"
DEADLINE = 60 if SLOWLY else 20
LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "serve_load.py")


def wait(condition, what):
    """Until it holds; its value."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("%s: not within %d s" % (what, DEADLINE))


def state(pid):
    """A letter as ps(1) shows it: of all of its threads, if these agree."""
    letters = set()
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
                letters.add(f.read().rsplit(")", 1)[1].split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return letters.pop() if len(letters) == 1 else "?"


def alive(pid):
    return state(pid) not in ("", "Z")


class Client:
    """A connection of lines, with a deadline."""

    def __init__(self, where):
        if isinstance(where, int):
            self.s = socket.create_connection(("127.0.0.1", where), DEADLINE)
        else:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.settimeout(DEADLINE)
            self.s.connect(where)
        self.left = b""

    def say(self, line):
        self.s.sendall(line.encode() + b"\n")

    def hear(self):
        """The next line; None: the end."""
        while b"\n" not in self.left:
            try:
                some = self.s.recv(4096)
            except ConnectionResetError:
                some = b""
            if not some:
                return None
            self.left += some
        line, self.left = self.left.split(b"\n", 1)
        return line.decode()

    def echo(self, line):
        self.say(line)
        found = self.hear()
        assert found == line, "expected %r back, found %r" % (line, found)

    def close(self):
        self.s.close()


class Serve:
    """weft serve, in a folder of its own."""

    def __init__(self, conf, command=None, env=None, start=True, **more):
        self.dir = tempfile.mkdtemp(prefix="weft-serve.")
        self.path = os.path.join(self.dir, "weft.conf")
        self.write(conf)
        self.children = []
        self.process = None
        self.command = (command or []) + [WEFT, "serve", self.path]
        self.env = dict(os.environ, **(env or {}))
        self.more = more
        if start:
            self.start()

    def write(self, conf):
        conf = conf.replace("@DIR@", self.dir).replace("@PLUGINS@", PLUGINS)
        with open(self.path, "w") as f:
            f.write(conf)

    def start(self):
        self.out = open(os.path.join(self.dir, "out"), "w")
        self.err = open(os.path.join(self.dir, "err"), "w")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self.out,
            stderr=self.err, env=self.env, **self.more)
        self.pid = self.process.pid

    def text(self, name="err"):
        try:
            with open(os.path.join(self.dir, name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def wait_text(self, pattern, name="err", count=1):
        """Until it is there that often: the last match."""
        found = []

        def look():
            found[:] = re.finditer(pattern, self.text(name))
            return len(found) >= count

        wait(look, "%r in %s (%d times)" % (pattern, name, count))
        return found[count - 1]

    def ready(self, count=1):
        """The pid of the host that became ready as the count-th."""
        return int(self.wait_text(r"host (\d+) is ready", count=count)[1])

    def listening(self, title=0):
        """Where the listener of that place in the file is."""
        self.wait_text(r"(?m)^ready$", "out")
        urls = re.findall(r"(?m)^listening (\S+)", self.text("out"))
        if urls[title].startswith("unix"):
            return urls[title].split("://")[1]
        return int(urls[title].rsplit(":", 1)[1].split("/")[0])

    def signal(self, signum):
        os.kill(self.pid, signum)

    def ended(self):
        """Its exit status."""
        return self.process.wait(DEADLINE)

    def load(self, port, seconds, clients=4):
        self.children.append(subprocess.Popen(
            [sys.executable, LOAD, str(port), str(seconds), str(clients)],
            stdout=subprocess.PIPE, text=True))
        return self.children[-1]

    def loaded(self, load):
        """What a load has counted."""
        text, _ = load.communicate(timeout=2 * DEADLINE)
        assert load.returncode == 0, "the load failed: %r" % text
        return dict((k, int(v)) for k, v in
                    (word.split("=") for word in text.split()))

    def close(self):
        """Whatever is left of it ends."""
        for child in self.children:
            if child.poll() is None:
                child.kill()
        pids = set(map(int, re.findall(
            r"(?:host|supervisor) (\d+)", self.text()))) if self.process else []
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in pids:
            try:
                with open("/proc/%d/cmdline" % pid) as f:
                    if "weft" in f.read():
                        os.kill(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print("---- stderr of weft serve\n" + self.text())
        self.close()


def main(tests):
    """Run them all, or those named on the command line."""
    names = sys.argv[1:]
    failed = 0
    for test in tests:
        if names and test.__name__ not in names:
            continue
        try:
            begin = time.monotonic()
            words = test()
            print("ok   %s (%.1f s)%s" % (
                test.__name__, time.monotonic() - begin,
                ": " + words if words else ""), flush=True)
        except Exception:
            failed += 1
            print("FAIL %s" % test.__name__)
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
