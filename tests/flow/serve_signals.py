# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_signals.py - what "weft serve" does on signals: run by
# serve_signals.sh.
import os
import re
import signal
import socket
import time

from serve_rig import Client, Serve, alive, main, wait

ECHO = '''
log = "info"
plugin echo { }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
'''

MORE = '''
plugin mortal { file = "@PLUGINS@/mortal.so" %s }
listener two { url = "unix+line://@DIR@/%s" plugin = "mortal" }
'''

HOLD = '''
log = "info"
plugin mortal {
    file = "@PLUGINS@/mortal.so"
    options { hold_s = %d mark = "@DIR@/in" }
}
listener one { url = "tcp+line://127.0.0.1:0" plugin = "mortal" }
'''


def held(s):
    """A client whose message is in its handler."""
    client = Client(s.listening())
    client.say("hold")
    wait(lambda: os.path.exists(s.dir + "/in"), "the handler to begin")
    return client


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return False
    except ConnectionRefusedError:
        return True


# ---- stop

def what_was_read_is_answered_before_it_stops():
    with Serve(HOLD % 1) as s:
        port = s.listening()
        client = held(s)
        s.signal(signal.SIGTERM)
        s.wait_text("SERVE-STOPPING")
        wait(lambda: refused(port), "new clients to be refused")
        assert client.hear() == "hold"
        assert client.hear() is None
        assert s.ended() == 0


def a_second_signal_stops_at_once():
    with Serve(HOLD % 60) as s:
        held(s)
        s.signal(signal.SIGTERM)
        s.wait_text("SERVE-STOPPING")
        begin = time.monotonic()
        s.signal(signal.SIGINT)
        host = s.ready()
        status = s.ended()
        assert time.monotonic() - begin < 50, "it waited for the handler"
        assert status == 1, status  # a handler was cut off
        assert not alive(host)


def a_host_that_does_not_stop_is_killed():
    with Serve(HOLD % 60 + "supervisor { drain = 300ms }") as s:
        held(s)
        s.signal(signal.SIGTERM)
        assert s.ended() == 1
        assert re.search("SERVE-KILL host .* has not stopped in time",
                         s.text())


def it_stops_while_a_restart_waits():
    with Serve('''
        plugin mortal { file = "@PLUGINS@/mortal.so" options { at = "load" } }
        listener one { url = "tcp+line://127.0.0.1:0" plugin = "mortal" }
        supervisor { backoff = 60s backoff_max = 60s }''') as s:
        s.wait_text("next host is started in 60000 ms")
        s.signal(signal.SIGTERM)
        assert s.ended() == 0


# ---- reload

def reload(s):
    n = len(re.findall("SERVE-RELOAD", s.text()))
    s.signal(signal.SIGHUP)
    wait(lambda: len(re.findall(
        "SERVE-RELOADED|goes on$", s.text(), re.M)) > 0 and
        len(re.findall("SERVE-RELOAD", s.text())) > n, "the reload")
    return s.text()


def listeners_come_and_go_and_clients_stay():
    with Serve(ECHO + '''
        listener two { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
        ''') as s:
        one, two = s.listening(0), s.listening(1)
        clients = [Client(one), Client(two)]
        for client in clients:
            client.echo("before")
        s.write(ECHO + '''
        listener three { url = "unix+line://@DIR@/s" plugin = "echo" }
        listener four { url = "ws+text://127.0.0.1:0" plugin = "echo" }''')
        reload(s)
        assert s.listening(2) == s.dir + "/s"
        for client in clients:
            client.echo("after")
        Client(one).echo("one")
        Client(s.dir + "/s").echo("three")
        assert refused(two)
        assert s.ready() and len(re.findall("is ready", s.text())) == 1
        # The next host has the new plan.
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        Client(s.dir + "/s").echo("three")
        assert refused(two)
        s.write(ECHO)
        reload(s)
        assert not os.path.exists(s.dir + "/s"), "its file was left"


def a_listener_changes_in_place_and_keeps_its_port():
    with Serve(ECHO) as s:
        port = s.listening()
        load = s.load(port, 2)
        client = Client(port)
        client.echo("before")
        for idle in range(10, 20):
            n = len(re.findall("SERVE-RELOADED", s.text()))
            s.write(ECHO.replace(":0", ":0?idle=%ds" % idle))
            s.signal(signal.SIGHUP)
            s.wait_text("SERVE-RELOADED", count=n + 1)
        client.echo("after")
        counts = s.loaded(load)
        assert counts["refused"] == counts["lost"] == counts["late"] == 0, \
            counts
        Client(port).echo("again")
        return str(counts)


def a_broken_file_changes_nothing():
    with Serve(ECHO) as s:
        port = s.listening()
        client = Client(port)
        s.write(ECHO + "workerz = 2\n")
        text = reload(s)
        assert re.search(r"SERVE-CONF .*weft\.conf:5:1: .*workerz", text), text
        assert re.search("SERVE-RELOAD .*configured before goes on", text)
        client.echo("still")
        # Nor does it for the next host.
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        Client(port).echo("again")


def a_taken_address_changes_nothing():
    with Serve(ECHO) as s, socket.socket() as other:
        s.listening()
        other.bind(("127.0.0.1", 0))
        other.listen()
        s.write(ECHO + '''
            listener two { url = "unix+line://@DIR@/s" plugin = "echo" }
            listener three { url = "tcp+line://127.0.0.1:%d" plugin = "echo" }
            ''' % other.getsockname()[1])
        assert "Address already in use" in reload(s)
        assert not os.path.exists(s.dir + "/s")
        Client(s.listening()).echo("still")


def what_needs_a_restart_is_said():
    with Serve(ECHO) as s:
        s.listening()
        s.write(ECHO + "max_timers = 2000\n")
        s.signal(signal.SIGHUP)
        text = s.wait_text("SERVE-RELOADED") and s.text()
        assert re.search(r"SERVE-CHANGE max_timers: .*\(takes a restart\)",
                         text), text


def a_new_plugin_is_loaded_and_serves():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        client.echo("before")
        s.write(ECHO + MORE % ("", "two"))
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        s.wait_text("plugin mortal: loaded")
        Client(s.dir + "/two").echo("new")
        client.echo("the same connection")
        # It is changed, goes and comes back like any other.
        s.write(ECHO)
        s.signal(signal.SIGHUP)
        s.wait_text(r"plugin mortal: unload .*\(takes a restart\)")
        s.write(ECHO + MORE % ("", "three"))
        s.signal(signal.SIGHUP)
        wait(lambda: os.path.exists(s.dir + "/three"), "the third socket")
        Client(s.dir + "/three").echo("again")
        client.echo("still the same")
        assert s.text().count("PLUGIN-LOADED mortal") == 1, s.text()
        # The next host has it from the start.
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        assert s.text().count("PLUGIN-LOADED mortal") == 2, s.text()


def a_new_plugin_that_cannot_be_loaded_is_left():
    with Serve(ECHO) as s:
        client = Client(s.listening())
        s.write(ECHO + MORE % ('options { at = "load" }', "two"))
        text = reload(s)
        assert re.search("plugin mortal: .*mortal.so.*: expected the trial to "
                         "return, found that it crashed.*: not loaded",
                         text), text
        assert re.search("listener two: expected a plugin that is loaded, "
                         "found mortal", text), text
        client.echo("still")
        # And then it can.
        s.write(ECHO + MORE % ("", "two"))
        s.signal(signal.SIGHUP)
        s.wait_text("plugin mortal: loaded")
        wait(lambda: os.path.exists(s.dir + "/two"), "the socket")
        Client(s.dir + "/two").echo("new")
        client.echo("the same connection")


def a_host_that_dies_over_it_changes_nothing():
    with Serve(ECHO) as s:
        port = s.listening()
        os.kill(s.ready(), signal.SIGSTOP)
        s.write(ECHO + '\nlistener two { url = "unix+line://@DIR@/s" '
                'plugin = "echo" }\n')
        s.signal(signal.SIGHUP)
        wait(lambda: os.path.exists(s.dir + "/s"), "the new socket")
        os.kill(s.ready(), signal.SIGKILL)
        s.wait_text("SERVE-RELOAD .*the host has died meanwhile")
        Client(port).echo("again")
        assert not os.path.exists(s.dir + "/s")
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        Client(s.dir + "/s").echo("now")


# ---- logs

def the_log_may_move():
    with Serve(ECHO) as s:
        s.listening()
        s.write(ECHO.replace('"info"', '"info" log_file = "@DIR@/log"'))
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED", "log")
        s.write(ECHO.replace('"info"', '"error" log_file = "@DIR@/log"'))
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-CHANGE .*log: ", "log")
        s.signal(signal.SIGTERM)
        assert s.ended() == 0
        # Of both processes nothing below "error".
        assert "IO-STOP" not in s.text("log") + s.text()
        assert "SERVE-STOPPED" not in s.text("log") + s.text()


def a_log_that_was_moved_is_opened_anew():
    with Serve(ECHO.replace('log = "info"',
                            'log = "info" log_file = "@DIR@/log"')) as s:
        s.listening()
        s.wait_text("SERVE-READY", "log")
        assert re.search(r"(?m)^\d{4}-\d\d-\d\dT\S+Z info PLUGIN-LOADED",
                         s.text("log"))
        os.rename(s.dir + "/log", s.dir + "/old")
        s.signal(signal.SIGUSR1)
        wait(lambda: os.path.exists(s.dir + "/log"), "the new file")
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED", "log")
        s.signal(signal.SIGTERM)
        assert s.ended() == 0
        # Both processes have it.
        assert "IO-STOPPED" in s.text("log"), s.text("log")
        assert "SERVE-RELOADED" not in s.text("old")


# ---- another supervisor

def handed_over(s, count=1):
    found = s.wait_text(r"supervisor (\d+) has taken over from (\d+)",
                        count=count)
    assert int(found[2]) == s.pid
    return int(found[1])


def another_supervisor_takes_over_under_load():
    with Serve(ECHO + '''
        listener two { url = "unix+line://@DIR@/s" plugin = "echo" }
        ''') as s:
        port = s.listening(0)
        client = Client(port)
        client.echo("before")
        load = s.load(port, 3)
        first = s.process
        time.sleep(0.5)
        s.signal(signal.SIGUSR2)
        pid = handed_over(s)
        client.echo("in the old one")
        Client(s.dir + "/s").echo("in the new one")
        assert first.poll() is None, "the old one did not wait"
        client.close()
        counts = s.loaded(load)
        assert first.wait(20) == 0
        assert counts["refused"] == counts["lost"] == counts["late"] == 0, \
            counts
        assert counts["replies"] > 100
        s.pid = pid
        # And once more, by the new one.
        load = s.load(port, 1)
        s.signal(signal.SIGUSR2)
        s.pid = handed_over(s, 2)
        again = s.loaded(load)
        assert again["refused"] == again["lost"] == again["late"] == 0, again
        wait(lambda: not alive(pid), "the second one to end")
        assert os.path.exists(s.dir + "/s")
        s.signal(signal.SIGTERM)
        wait(lambda: not alive(s.pid), "the third one to end")
        assert not os.path.exists(s.dir + "/s")
        assert refused(port)
        return str(counts)


def clients_who_stay_too_long_are_ended():
    with Serve(ECHO + "supervisor { handover = 300ms }") as s:
        client = Client(s.listening())
        client.echo("hello")
        s.signal(signal.SIGUSR2)
        pid = handed_over(s)
        assert client.hear() is None
        assert s.ended() == 0
        os.kill(pid, signal.SIGTERM)
        wait(lambda: not alive(pid), "the new one to end")


def a_new_one_that_does_not_start_changes_nothing():
    with Serve(ECHO + '''
        listener two { url = "unix+line://@DIR@/s" plugin = "echo" }
        ''') as s:
        port = s.listening(0)
        client = Client(port)
        s.write(ECHO + "workerz = 2\n")
        s.signal(signal.SIGUSR2)
        s.wait_text("has ended before it was ready: exit status 1")
        client.echo("still")
        Client(port).echo("again")
        Client(s.dir + "/s").echo("there")
        s.write(ECHO)
        s.signal(signal.SIGUSR2)
        pid = handed_over(s)
        client.close()
        assert s.ended() == 0
        assert not os.path.exists(s.dir + "/s"), "nobody listens there"
        os.kill(pid, signal.SIGTERM)
        wait(lambda: not alive(pid), "the new one to end")


def it_stops_while_a_new_one_starts():
    with Serve(HOLD % 60) as s:
        s.listening()
        # The new one's host does not get ready.
        s.write((HOLD % 60).replace("hold_s", 'at = "hold" hold_s'))
        s.signal(signal.SIGUSR2)
        wait(lambda: os.path.exists(s.dir + "/in"), "its host")
        pid = int(s.wait_text(r"supervisor (\d+) is started")[1])
        s.signal(signal.SIGTERM)
        assert s.ended() == 0
        os.kill(int(open(s.dir + "/in").read()), signal.SIGKILL)
        wait(lambda: not alive(pid), "the new one to end")


if __name__ == "__main__":
    main([
        what_was_read_is_answered_before_it_stops,
        a_second_signal_stops_at_once,
        a_host_that_does_not_stop_is_killed,
        it_stops_while_a_restart_waits,
        listeners_come_and_go_and_clients_stay,
        a_listener_changes_in_place_and_keeps_its_port,
        a_broken_file_changes_nothing,
        a_taken_address_changes_nothing,
        what_needs_a_restart_is_said,
        a_new_plugin_is_loaded_and_serves,
        a_new_plugin_that_cannot_be_loaded_is_left,
        a_host_that_dies_over_it_changes_nothing,
        the_log_may_move,
        a_log_that_was_moved_is_opened_anew,
        another_supervisor_takes_over_under_load,
        clients_who_stay_too_long_are_ended,
        a_new_one_that_does_not_start_changes_nothing,
        it_stops_while_a_new_one_starts,
    ])
