# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/whole_way.py - one plugin's life: made, developed, checked, served,
# edited, reloaded, rolled back, crashed, drained.  Run by whole_way.sh.
import json
import os
import re
import signal
import subprocess
import time

from serve_rig import DEADLINE, SLOWLY, WEFT, Client, Serve, alive, main, wait

WEFT = os.path.abspath(WEFT)

# Replies "VERSION COUNT text"; what it counts of a client is handed over.
SOURCE = '''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

#define seen_MEMBERS(M) M(u64, lines)
WEFT_TYPE(seen);

static void
opened(struct weft_call *call, weft_endpoint from)
{
	weft_call_set_user(call, calloc(1, sizeof(struct seen)));
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct seen *seen = weft_call_user(call);
	char text[200];
	int n;

	if (msg.len == 3 && memcmp(msg.data, "die", 3) == 0)
		*(volatile int *)0 = 0;
	n = snprintf(text, sizeof(text), "@VERSION@ %d %.*s",
	    (int)++seen->lines, (int)msg.len, (const char *)msg.data);
	weft_send(call, from, (struct weft_bytes){ text, (size_t)n });
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	free(weft_call_user(call));
}

static int
save_endpoint(struct weft_save *save, weft_endpoint who, void *user)
{
	return seen_save(save, user);
}

static int
load_endpoint(
    struct weft_load *load, void *state, weft_endpoint who, void **user)
{
	struct seen *seen = *user = malloc(sizeof(*seen));

	return seen_load(load, seen);
}

static void
drop_endpoint(weft_endpoint who, void *user)
{
	free(user);
}

WEFT_PLUGIN(.name = "hello", .version = "@VERSION@", .opened = opened,
    .message = message, .closed = closed, .save_endpoint = save_endpoint,
    .load_endpoint = load_endpoint, .drop_endpoint = drop_endpoint);
'''


def run(*words, cwd=None, status=0):
    done = subprocess.run(words, cwd=cwd, timeout=2 * DEADLINE, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == status, "%r: status %d: %s" % (
        words, done.returncode, done.stdout)
    return done.stdout


def write(folder, version):
    """As an editor saves: another file in its place."""
    path = os.path.join(folder, "hello.c")
    with open(path + ".new", "w") as f:
        f.write(SOURCE.replace("@VERSION@", version))
    os.rename(path + ".new", path)


def said(client, line, expected):
    client.say(line)
    found = client.hear()
    assert found == expected, "expected %r, found %r" % (expected, found)


class Dev:
    """weft dev in a folder; what it has said so far."""

    def __init__(self, folder):
        self.out = open(os.path.join(folder, "dev.log"), "w+")
        self.process = subprocess.Popen(
            [WEFT, "dev", folder], stdin=subprocess.DEVNULL, stdout=self.out,
            stderr=subprocess.STDOUT)

    def wait(self, pattern):
        def look():
            assert self.process.poll() is None, self.text()
            return re.search(pattern, self.text())

        return wait(look, "%r of weft dev" % pattern)

    def text(self):
        with open(self.out.name) as f:
            return f.read()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(DEADLINE) == 0
        self.out.close()


def made_and_developed(s):
    """weft new, make test, weft dev: edited with a client that stays."""
    folder = os.path.join(s.dir, "hello")
    begin = time.monotonic()
    run(WEFT, "new", "hello", cwd=s.dir)
    run("make", "-s", "test", "WEFT=" + WEFT, cwd=folder)
    first = time.monotonic() - begin
    assert SLOWLY or first < 60, "the first echo took %.1f s" % first
    with open(os.path.join(folder, "weft.conf")) as f:
        conf = f.read()
    with open(os.path.join(folder, "weft.conf"), "w") as f:
        f.write(conf.replace(":7000", ":0"))
    write(folder, "one")
    os.environ["WEFT"] = WEFT
    dev = Dev(folder)
    port = int(dev.wait(r"listening \S+:(\d+) ")[1])
    client = Client(port)
    said(client, "a", "one 1 a")
    saved = time.monotonic()
    write(folder, "two")
    dev.wait("version 2 is live")
    live = time.monotonic() - saved
    assert SLOWLY or live < 5, "from save to live took %.1f s" % live
    said(client, "b", "two 2 b")
    client.close()
    dev.stop()
    return folder, "first echo after %.2f s, live %.0f ms after the save" % (
        first, live * 1000)


def the_whole_way():
    with Serve("", start=False) as s:
        folder, words = made_and_developed(s)
        run(WEFT, "check", "--strict", "./hello.so", cwd=folder)
        with open(os.path.join(folder, "weft.conf"), "a") as f:
            f.write('log = "info"\nadmin = "%s/run/admin.sock"\n'
                    'crash_dir = "%s/crashes"\n' % (s.dir, s.dir))
        run(WEFT, "check", "--plugins", "weft.conf", cwd=folder)
        s.command = [WEFT, "serve", os.path.join(folder, "weft.conf")]
        s.start()
        s.ready()
        os.environ["WEFT_ADMIN"] = s.dir + "/run/admin.sock"
        client = Client(s.listening())
        said(client, "c", "two 1 c")
        assert "hello" in run(WEFT, "status")

        # Reload, roll back, and what is broken.
        write(folder, "three")
        run("make", "-s", "WEFT=" + WEFT, cwd=folder)
        assert "1 endpoints" in run(WEFT, "reload", "hello")
        said(client, "d", "three 2 d")
        run(WEFT, "rollback", "hello")
        said(client, "e", "two 3 e")
        run(WEFT, "reload", "hello")
        said(client, "f", "three 4 f")
        with open(os.path.join(folder, "hello.so"), "r+b") as f:
            f.truncate(1000)
        assert "cut short" in run(WEFT, "reload", "hello", status=1)
        said(client, "g", "three 5 g")
        run("make", "-s", "-B", "WEFT=" + WEFT, cwd=folder)

        # kill -9, and a handler that crashes.
        os.kill(s.ready(), signal.SIGKILL)
        assert client.hear() is None
        client = Client(s.listening())
        said(client, "h", "three 1 h")
        if not SLOWLY:
            host = s.ready(2)
            client.say("die")
            assert client.hear() is None
            wait(lambda: not alive(host), "the end of the host")
            s.ready(3)
            crashes = run(WEFT, "crashes", "--json", s.dir + "/crashes")
            assert "hello" in json.dumps(json.loads(crashes)), crashes
            client = Client(s.listening())
            client.say("i")
            assert client.hear().endswith(" 1 i")
        else:
            client = Client(s.listening())
            said(client, "i", "three 1 i")

        # Drain: who is there goes on, and it ends when the last has gone.
        run(WEFT, "drain")
        client.say("j")
        assert client.hear().endswith(" 2 j")
        client.close()
        assert s.ended() == 0
        return words


main([the_whole_way])
