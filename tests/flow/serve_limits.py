# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_limits.py - options that stand in no block change at a
# reload of "weft serve": run by serve_limits.sh.
import os
import signal

from serve_admin import Answer
from serve_rig import Client, Serve, main, wait

ECHO = '''
log = "info"
admin = "@DIR@/admin.sock"
plugin echo { }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
'''


def bounds(s, what="tcp"):
    return Answer(s, "explain", what, "--json").ok().lines("bounds")[0]


def refused(port):
    """The next client there is closed at once."""
    client = Client(port)
    try:
        client.say("me?")
        return client.hear() is None
    except (BrokenPipeError, ConnectionResetError):
        return True


def limits_change_under_clients():
    with Serve(ECHO) as s:
        port = s.listening()
        clients = [Client(port), Client(port)]
        for client in clients:
            client.echo("hello")
        s.write("max_endpoints_per_ip = 2\nmailbox_high_bytes = 32k\n" +
                ECHO + "idle = 1h\n")
        Answer(s, "reload", "--dry-run").ok().has(
            r"max_endpoints_per_ip: 0 -> 2\n", r"idle: 0 -> 1h\n",
            r"mailbox_high_bytes: 64k -> 32k\n")
        assert bounds(s)["bounds"]["idle_ms"] == 0, "it was not dry"
        Answer(s, "reload").ok().has(r"idle: 0 -> 1h\n")
        found = bounds(s)
        assert found["bounds"]["max_endpoints_per_ip"] == 2, found
        assert found["bounds"]["idle_ms"] == 3600000, found
        assert found["bounds"]["mailbox_high_bytes"] == 32768, found
        sources = found["sources"]
        assert sources["max_endpoints_per_ip"].endswith("weft.conf:1"), found
        assert sources["mailbox_high_bytes"].endswith("weft.conf:2"), found
        assert sources["idle_ms"].endswith("weft.conf:8"), found
        assert refused(port)
        for client in clients:
            client.echo("still")
        s.write(ECHO)
        Answer(s, "reload").ok().has("max_endpoints_per_ip: 2 -> 0")
        found = bounds(s)
        assert found["bounds"]["max_endpoints_per_ip"] == 0, found
        assert "max_endpoints_per_ip" not in found["sources"], found
        Client(port).echo("any")
        for client in clients:
            client.echo("still")


def who_is_idle_closes():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("hello")
        s.write("idle = 1s\n" + ECHO)
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        assert client.hear() is None
        s.wait_text("IO-IDLE .*nothing arrived for")


def the_log_says_more():
    with Serve(ECHO.replace('"info"', '"warn"')) as s:
        client = Client(s.listening())
        assert "IO-LISTENING" not in s.text(), s.text()
        s.write(ECHO + 'listener two { url = "unix+line://@DIR@/two" '
                'plugin = "echo" }\n')
        Answer(s, "reload").ok().has("log: warn -> info\n")
        s.wait_text("IO-LISTENING unix")
        client.echo("still")


def what_takes_a_restart_stays():
    with Serve("workers = 2\nmax_message = 1k\n" + ECHO) as s:
        client = Client(s.listening())
        client.echo("hello")
        s.write("max_message = 2k\n# moved\nworkers = 3\n" + ECHO)
        Answer(s, "reload").ok().has(
            r"workers: 2 -> 3 \(takes a restart\)", r"max_message: 1k -> 2k\n")
        found = bounds(s)
        assert found["bounds"]["max_message"] == 2048, found
        assert found["sources"]["max_message"].endswith("weft.conf:1"), found
        status = Answer(s, "status", "--json").ok()
        assert status.lines("node")[0]["workers"]["always"] == 2, status.text
        options = dict((o["name"], (o["value"], o["source"].split("/")[-1]))
                       for o in status.lines("option"))
        assert options == {"workers": ("2", "weft.conf:1"),
                           "max_message": ("2k", "weft.conf:1"),
                           "log": ("info", "weft.conf:5")}, options
        Answer(s, "status").ok().has(
            r"(?s)options of the node\n.*workers +2 +\S*weft.conf:1\n")
        client.echo("still")
        # The next host has it.
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        wait(lambda: Answer(s, "status").status == 0, "the next host")
        node = Answer(s, "status", "--json").ok().lines("node")[0]
        assert node["workers"]["always"] == 3, node


def what_is_reserved_at_the_start_is_the_bound():
    with Serve("max_endpoints = 4\n" + ECHO) as s:
        port = s.listening()
        clients = [Client(port) for _ in range(3)]
        for client in clients:
            client.echo("hello")
        s.write("max_endpoints = 3\n" + ECHO)
        Answer(s, "reload").ok().has(r"max_endpoints: 4 -> 3\n")
        waits = Client(port)
        waits.say("me?")
        s.wait_text("IO-ACCEPT-PAUSED")
        s.write("max_endpoints = 5\nidle = 1h\n" + ECHO)
        for words in (["--dry-run"], []):
            Answer(s, "reload", *words).ok(1).has(
                "max_endpoints: expected at most 4, which was reserved at "
                "the start, found 5: takes a restart")
        # All else is done, and it is said once.
        assert bounds(s)["bounds"]["idle_ms"] == 3600000
        Answer(s, "reload").ok().has("nothing changes")
        s.write("max_endpoints = 4\n" + ECHO)
        Answer(s, "reload").ok().has(r"max_endpoints: 5 -> 4\n")
        assert waits.hear() == "me?"
        for client in clients:
            client.echo("still")


def a_listener_that_says_it_keeps_it():
    conf = ECHO + '''
        listener two { url = "unix+line://@DIR@/s" plugin = "echo" idle = 2h }
        '''
    with Serve(conf) as s:
        client = Client(s.listening(1))
        client.echo("hello")
        s.write("idle = 1h\n" + conf)
        Answer(s, "reload").ok().has(r"idle: 0 -> 1h\n")
        assert bounds(s)["bounds"]["idle_ms"] == 3600000
        found = bounds(s, "unix")
        assert found["bounds"]["idle_ms"] == 7200000, found
        assert found["sources"]["idle_ms"].endswith("weft.conf:8"), found
        client.echo("still")


def nothing_is_lost_under_load():
    with Serve(ECHO) as s:
        load = s.load(s.listening(), 3)
        for i in range(12):
            s.write("mailbox_high_messages = %d\noutbox_high_bytes = %dk\n"
                    "idle = %ds\nmax_message = %dk\ndeadline = %ds\n" %
                    (1 + i % 3, 32 << i % 3, 100 + i, 64 + i, 60 + i) + ECHO)
            Answer(s, "reload").ok().has("idle: ")
        counts = s.loaded(load)
        assert counts["refused"] + counts["lost"] + counts["late"] == 0, counts
        assert counts["replies"] > 0, counts


if __name__ == "__main__":
    main([
        limits_change_under_clients,
        who_is_idle_closes,
        the_log_says_more,
        what_takes_a_restart_stays,
        what_is_reserved_at_the_start_is_the_bound,
        a_listener_that_says_it_keeps_it,
        nothing_is_lost_under_load,
    ])
