# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_admin.py - the verbs of the admin socket against "weft
# serve": run by serve_admin.sh.
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess

from serve_rig import (Client, Serve, WEFT, DEADLINE, PLUGINS, SLOWLY, alive,
                       main, wait)

ECHO = '''
log = "info"
admin = "@DIR@/admin.sock"
idle = 5m
plugin echo { }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
'''

LEDGER = '''
log = "info"
admin = "@DIR@/admin.sock"
plugin ledger { file = "@DIR@/ledger.so" }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "ledger" }
'''


class Answer:
    """What a verb has said."""

    def __init__(self, serve, *words):
        self.done = subprocess.run(
            [WEFT, words[0], "--admin", serve.dir + "/admin.sock",
             *words[1:]], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=2 * DEADLINE)
        self.status = self.done.returncode
        self.text = self.done.stdout + self.done.stderr

    def has(self, *parts):
        for part in parts:
            assert re.search(part, self.text), \
                "expected %r in %r" % (part, self.text)
        return self

    def ok(self, status=0):
        assert self.status == status, \
            "expected status %d, found %d: %s" % (
                status, self.status, self.text)
        return self

    def lines(self, what):
        every = [json.loads(line) for line in self.done.stdout.splitlines()]
        return [line for line in every if line["is"] == what]


def node(s):
    return Answer(s, "status", "--json").ok().lines("node")[0]


def put(s, version, name="ledger"):
    """That version is what lies in the file from now on."""
    path = "%s/%s.so" % (s.dir, name)
    shutil.copy("%s/ledger_%s.so" % (PLUGINS, version), path + ".new")
    os.rename(path + ".new", path)


def ledger(more=""):
    s = Serve(LEDGER + more, start=False)
    put(s, "one")
    s.start()
    return s


def counts(client, expected):
    """VERSION all mine room since"""
    client.say("count")
    found = client.hear()
    assert found == expected, "expected %r, found %r" % (expected, found)


def gone(port):
    """Nobody is accepted there."""
    try:
        socket.create_connection(("127.0.0.1", port), DEADLINE).close()
    except ConnectionRefusedError:
        return True
    return False


# ---- the socket


def it_answers_and_says_what_is_configured_where():
    with Serve(ECHO.replace('plugin = "echo"', '''plugin = "echo"
        partial = 7s''') + '''
        plugin mortal { file = "@PLUGINS@/mortal.so"
            options { mark = "m" } }''') as s:
        client = Client(s.listening())
        client.echo("hello")
        host = s.ready()
        path = s.dir + "/admin.sock"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        now = node(s)
        assert now["pid"] == host and now["endpoints"] == 1, now
        assert now["file"] == s.path, now
        above = Answer(s, "status", "--json").lines("supervisor")[0]
        assert (above["pid"], above["restarts"]) == (s.pid, 0), above
        Answer(s, "status").ok().has("supervisor pid %d" % s.pid,
                                     "configuration " + re.escape(s.path))
        limits = Answer(s, "explain", "tcp", "--json").ok().lines("bounds")[0]
        assert limits["sources"] == {"idle_ms": s.path + ":4",
                                     "partial_ms": s.path + ":7"}, limits
        assert limits["bounds"]["partial_ms"] == 7000, limits
        Answer(s, "explain", "tcp").ok().has(
            r"partial_ms +7,?000 +" + re.escape(s.path) + ":7")
        plugin = Answer(s, "explain", "mortal", "--json").ok().lines(
            "plugin")[0]
        assert plugin["sources"] == {"file": s.path + ":9",
                                     "mark": s.path + ":10"}, plugin
        Answer(s, "explain", "mortal").ok().has(
            "Its mark stands in " + re.escape(s.path) + ":10")
        Answer(s, "suspend", "tcp").ok().has("suspended")
        Answer(s, "resume", "tcp").ok().has("accepting")
        assert len(Answer(s, "endpoints", "--json").ok()
                   .lines("endpoint")) == 1


def after_a_reload_it_says_which_line_holds_now():
    def sources():
        return Answer(s, "explain", "tcp", "--json").ok().lines(
            "bounds")[0]["sources"]

    with Serve(ECHO) as s:
        s.ready()
        assert sources() == {"idle_ms": s.path + ":4"}
        s.write("\n\n" + ECHO.replace('plugin = "echo"', """plugin = "echo"
            partial = 7s"""))
        Answer(s, "reload").ok().has("listener one: partial: ")
        assert sources() == {"idle_ms": s.path + ":6",
                             "partial_ms": s.path + ":9"}
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        assert sources() == {"idle_ms": s.path + ":6",
                             "partial_ms": s.path + ":9"}


def the_first_host_needs_its_socket():
    with Serve(ECHO, start=False) as s:
        with open(s.dir + "/admin.sock", "w") as f:
            f.write("precious")
        s.start()
        assert s.ended() == 1
        s.wait_text("SERVE-FAILED .*admin.sock")
        assert open(s.dir + "/admin.sock").read() == "precious"


def a_host_that_is_started_again_has_it_again():
    with Serve(ECHO) as s:
        host = s.ready()
        node(s)
        os.kill(host, signal.SIGKILL)
        again = s.ready(2)
        assert node(s)["pid"] == again
        assert Answer(s, "status", "--json").lines("supervisor")[0][
            "restarts"] == 1


def a_later_host_serves_without_it_and_gets_it_when_it_can():
    with Serve(ECHO.replace("@DIR@/admin", "@DIR@/in/admin")) as s:
        port, host = s.listening(), s.ready()
        os.mkdir(s.dir + "/away")
        os.rename(s.dir + "/in", s.dir + "/away/in")
        with open(s.dir + "/in", "w") as f:
            f.write("no folder")
        os.kill(host, signal.SIGKILL)
        host = s.ready(2)
        s.wait_text("HOST-ADMIN .*it is tried again")
        Client(port).echo("hello")
        os.remove(s.dir + "/in")
        s.dir_before, s.dir = s.dir, s.dir + "/in"
        try:
            wait(lambda: Answer(s, "status").status == 0, "the socket")
            assert node(s)["pid"] == host
        finally:
            s.dir = s.dir_before


def the_next_host_takes_it_over():
    with Serve(ECHO) as s:
        port, host = s.listening(), s.ready()
        client = Client(port)
        client.echo("before")
        assert node(s)["pid"] == host
        s.signal(signal.SIGUSR2)
        again = s.ready(2)
        wait(lambda: Answer(s, "status").status == 0 and
             node(s)["pid"] == again, "the new host's answer")
        client.echo("still with the old one")
        client.close()
        s.ended()
        assert node(s)["pid"] == again
        Answer(s, "stop").ok()
        wait(lambda: not alive(again) and gone(port), "its end")


# ---- stop, drain


def stop_ends_the_service():
    with Serve(ECHO) as s:
        port, host = s.listening(), s.ready()
        client = Client(port)
        client.echo("hello")
        Answer(s, "stop").ok().has(r"pid %d\) has gone" % host)
        assert s.ended() == 0
        assert gone(port) and not alive(host)
        assert client.hear() is None
        assert not os.path.exists(s.dir + "/admin.sock")
        assert "has died" not in s.text()


def stop_now_does_not_wait():
    held = LEDGER + "drain = 5m supervisor { drain = 5m }"
    with Serve(held, start=False) as s:
        put(s, "one")
        os.mkfifo(s.dir + "/hold")
        s.env["LEDGER_HOLD"] = s.dir + "/hold"
        s.start()
        client = Client(s.listening())
        client.say("hold")
        assert client.hear() == "holding"
        Answer(s, "stop", "--now").ok()
        s.ended()  # long before five minutes


def drain_ends_it_when_the_last_client_has_gone():
    with Serve(ECHO) as s:
        port, host = s.listening(), s.ready()
        client, last = Client(port), Client(port)
        client.echo("one")
        last.echo("two")
        Answer(s, "drain").ok().has("2 endpoints are still there")
        wait(lambda: gone(port), "new clients to be refused")
        wait(lambda: node(s)["phase"] == "draining", "the phase")
        client.close()
        last.echo("three")
        assert s.process.poll() is None and alive(host)
        Answer(s, "reload").ok(1).has("found one that stops")
        last.close()
        assert s.ended() == 0
        assert "has died" not in s.text() and "has not stopped" not in \
            s.text()


def drain_has_a_deadline():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("one")
        Answer(s, "drain", "--deadline", "100ms", "--wait").ok()
        assert s.ended() == 0
        assert client.hear() is None


def a_drain_can_be_cut_short():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("one")
        Answer(s, "drain").ok()
        wait(lambda: node(s)["phase"] == "draining", "the phase")
        s.signal(signal.SIGTERM)
        assert s.ended() == 0
        assert client.hear() is None


# ---- a plugin


def a_plugin_is_reloaded_and_rolled_back_under_a_client():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "two")
        Answer(s, "reload", "ledger", "--dry-run").ok()
        counts(client, "1 2 2 0 0")
        Answer(s, "reload", "ledger").ok().has("handed over: 1 endpoints")
        counts(client, "2 3 3 0 7")
        put(s, "crashes")
        Answer(s, "reload", "ledger").ok(1).has(
            "crash|signal|ended its process")
        counts(client, "2 4 4 0 7")
        shutil.copy(PLUGINS + "/undefined.so", s.dir + "/ledger.so.new")
        os.rename(s.dir + "/ledger.so.new", s.dir + "/ledger.so")
        Answer(s, "reload", "ledger").ok(1).has("undefined symbol")
        counts(client, "2 5 5 0 7")
        Answer(s, "rollback", "ledger").ok()
        counts(client, "1 6 6 0 0")


def a_version_that_killed_a_host_is_refused():
    if SLOWLY:
        return  # the sanitizers have handlers of their own
    with ledger('crash_dir = "@DIR@/crashes"\n') as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "two")
        Answer(s, "reload", "ledger").ok()
        client.say("die")
        assert client.hear() is None
        s.ready(2)
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        refused = s.wait_text("--release ([0-9a-f]{16})")[1]
        for words in (["ledger"], ["ledger", "--dry-run"], []):
            Answer(s, "reload", *words).ok(1).has("a host has died of this")
        counts(client, "1 2 2 0 0")
        subprocess.run([WEFT, "crashes", s.dir + "/crashes", "--release",
                        refused], check=True, timeout=DEADLINE)
        Answer(s, "reload", "ledger").ok()
        counts(client, "2 3 3 0 7")


def another_file_is_loaded_if_the_configuration_says_so():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "two", "other")
        other = s.dir + "/other.so"
        Answer(s, "reload", "ledger", other).ok(1).has("load_any")
        counts(client, "1 2 2 0 0")
        s.write(LEDGER + "load_any = yes\n")
        Answer(s, "reload").ok().has("load_any: no -> yes")
        Answer(s, "reload", "ledger", other).ok()
        counts(client, "2 3 3 0 7")


# ---- the configuration


def a_reload_answers_what_it_has_done():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        Answer(s, "reload").ok().has("nothing changes")
        put(s, "two")
        s.write(LEDGER + '''workers = 3
            listener two { url = "unix+line://@DIR@/s" plugin = "ledger" }''')
        Answer(s, "reload", "--dry-run").ok().has(
            "listener two: open unix",
            r"workers: \S+ -> 3 \(takes a restart\)",
            r'ledger: would be reloaded, version "1[^"]*" to "2')
        counts(client, "1 2 2 0 0")
        assert not os.path.exists(s.dir + "/s"), "it was not dry"
        assert "SERVE-CHANGE listener" not in s.text(), "a dry run is logged"
        done = Answer(s, "reload", "--json").ok()
        changes = {line["change"]: line for line in done.lines("change")}
        assert changes["listener-open"]["title"] == "two", changes
        assert changes["option"]["live"] is False, changes
        counts(client, "2 3 3 0 7")
        counts(Client(s.dir + "/s"), "2 4 1 0 7")
        s.wait_text("SERVE-RELOADED", count=2)


def a_reload_says_whom_it_is_about():
    two = ECHO + '''
        listener two { url = "unix+line://@DIR@/s" plugin = "echo" %s }'''
    with Serve(two % "") as s:
        client = Client(s.listening(1))
        client.echo("hello")
        s.write(two % "idle = 9s")
        Answer(s, "reload", "--dry-run").ok().has(
            "listener two: idle: .*; it has 1 endpoints now")
        s.write(ECHO)
        dry = Answer(s, "reload", "--dry-run", "--json").ok()
        change = dry.lines("change")[0]
        assert (change["change"], change["endpoints"]) == \
            ("listener-close", 1), change
        Client(s.dir + "/s").echo("it is still open")
        Answer(s, "reload").ok().has("listener two: close unix")
        wait(lambda: not os.path.exists(s.dir + "/s"), "its file to go")
        client.echo("who was there stays")


def a_reload_of_a_broken_file_says_all_that_is_wrong():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("hello")
        s.write(ECHO + "workerz = 3\nmax_message = many\n")
        for words in (["--dry-run"], []):
            Answer(s, "reload", *words).ok(1).has(
                r"weft\.conf:7:1: .*workerz", r"weft\.conf:8:1: max_message",
                "what was configured before goes on")
        found = Answer(s, "reload", "--json").ok(1)
        assert [p["line"] for p in found.lines("problem")] == [7, 8]
        assert found.lines("outcome")[0]["code"] == "EINVAL", found.text
        client.echo("still")
        s.write(ECHO)
        Answer(s, "reload").ok().has("nothing changes")


def a_reload_that_leaves_something_fails():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "refuses")
        Answer(s, "reload", "--dry-run").ok(1).has("not today")
        done = Answer(s, "reload", "--json").ok(1)
        assert len(done.lines("left")) == 1, done.text
        done.has("1 things that were left", "not today")
        counts(client, "1 2 2 0 0")
        put(s, "one")
        s.write(LEDGER + 'plugin other { file = "@PLUGINS@/refuses.so" }\n')
        Answer(s, "reload", "--dry-run").ok().has("plugin other: load",
                                                  "would be loaded")
        Answer(s, "reload").ok(1).has("plugin other: load",
                                      "no database at port 5432",
                                      "not loaded")


def sighup_reloads_a_plugin_whose_file_is_another():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "two")
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        counts(client, "2 2 2 0 7")


def sighup_while_a_dry_run_is_made_is_not_lost():
    with ledger() as s:
        client = Client(s.listening())
        counts(client, "1 1 1 0 0")
        put(s, "two")
        host = s.ready()

        def asks():
            threads = subprocess.run(
                ["ps", "-L", "-o", "comm=", "-p", str(host)],
                capture_output=True, text=True).stdout
            return "weft-reload" in threads

        # It hears its host first, then the signal.
        s.signal(signal.SIGSTOP)
        dry = subprocess.Popen(
            [WEFT, "reload", "--dry-run", "--admin", s.dir + "/admin.sock"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        s.children.append(dry)
        try:
            wait(asks, "the host to ask")
            s.signal(signal.SIGHUP)
        finally:
            s.signal(signal.SIGCONT)
        text, _ = dry.communicate(timeout=2 * DEADLINE)
        # Should the question have been late, there is a reload under way.
        assert "would be reloaded" in text or "found one; try again" in text
        s.wait_text("SERVE-RELOADED")
        counts(client, "2 2 2 0 7")


def who_asks_is_told_when_the_supervisor_says_nothing():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("hello")
        s.signal(signal.SIGSTOP)
        try:
            # The others are answered meanwhile.
            waits = subprocess.Popen(
                [WEFT, "reload", "--admin", s.dir + "/admin.sock"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            s.children.append(waits)
            Answer(s, "status").ok()
            text, _ = waits.communicate(timeout=60)
        finally:
            s.signal(signal.SIGCONT)
        assert waits.returncode == 1
        assert "expected an answer of the supervisor within 30000 ms" in \
            text, text
        # What is answered too late is nobody's.
        s.wait_text("SERVE-RELOADED")
        Answer(s, "reload").ok().has("nothing changes")


if __name__ == "__main__":
    main([
        it_answers_and_says_what_is_configured_where,
        after_a_reload_it_says_which_line_holds_now,
        the_first_host_needs_its_socket,
        a_host_that_is_started_again_has_it_again,
        a_later_host_serves_without_it_and_gets_it_when_it_can,
        the_next_host_takes_it_over,
        stop_ends_the_service,
        stop_now_does_not_wait,
        drain_ends_it_when_the_last_client_has_gone,
        drain_has_a_deadline,
        a_drain_can_be_cut_short,
        a_plugin_is_reloaded_and_rolled_back_under_a_client,
        a_version_that_killed_a_host_is_refused,
        another_file_is_loaded_if_the_configuration_says_so,
        a_reload_answers_what_it_has_done,
        a_reload_says_whom_it_is_about,
        a_reload_of_a_broken_file_says_all_that_is_wrong,
        a_reload_that_leaves_something_fails,
        sighup_reloads_a_plugin_whose_file_is_another,
        sighup_while_a_dry_run_is_made_is_not_lost,
        who_asks_is_told_when_the_supervisor_says_nothing,
    ])
