# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_system.py - "weft serve" under systemd, and as another user:
# run by serve_system.sh.  There is no systemd here: its sides of the protocols
# are played by the tests, and by systemd-socket-activate(1).
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from serve_rig import Client, Serve, WEFT, alive, main, wait, DEADLINE

ECHO = '''
log = "info"
plugin echo { }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
'''


class Notices:
    """A socket for $NOTIFY_SOCKET."""

    def __init__(self, name):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(name)
        self.s.settimeout(DEADLINE)

    def next(self):
        """The next one, as a dictionary."""
        return dict(line.split("=", 1) for line in
                    self.s.recv(4096).decode().split("\n"))


def it_tells_systemd(name, env):
    notices = Notices(name)
    with Serve(ECHO, env=dict(env, WATCHDOG_USEC="")) as s:
        words = notices.next()
        assert words["READY"] == "1" and words["MAINPID"] == str(s.pid), words
        begin = time.monotonic_ns() // 1000
        s.signal(signal.SIGHUP)
        words = notices.next()
        assert words["RELOADING"] == "1", words
        assert begin <= int(words["MONOTONIC_USEC"]) <= \
            time.monotonic_ns() // 1000, words
        words = notices.next()
        assert words["READY"] == "1" and "reloaded" in words["STATUS"], words
        # One that fails is over, too.
        s.write("workerz = 1\n")
        s.signal(signal.SIGHUP)
        assert notices.next()["RELOADING"] == "1"
        words = notices.next()
        assert words["READY"] == "1" and "failed" in words["STATUS"], words
        s.write(ECHO)
        # A host that dies is nothing that systemd must act upon.
        os.kill(s.ready(), signal.SIGKILL)
        words = notices.next()
        assert words["READY"] == "1", words
        # Another one takes over: both say so, and this one is believed.
        s.signal(signal.SIGUSR2)
        words = notices.next()
        assert words["READY"] == "1" and words["MAINPID"] != str(s.pid), words
        pid = int(words["MAINPID"])
        assert notices.next() == {"MAINPID": str(pid)}
        assert s.ended() == 0
        os.kill(pid, signal.SIGTERM)
        while "STOPPING" not in words:
            words = notices.next()
        assert words["STOPPING"] == "1", words
        wait(lambda: not alive(pid), "the new one to end")


def a_path_is_told():
    with Serve(ECHO, start=False) as s:
        name = s.dir + "/notify"
        it_tells_systemd(name, {"NOTIFY_SOCKET": name})


def an_abstract_name_is_told():
    name = "weft-notify-%d" % os.getpid()
    it_tells_systemd("\0" + name, {"NOTIFY_SOCKET": "@" + name})


def giving_up_is_told():
    name = "weft-notify-%d" % os.getpid()
    notices = Notices("\0" + name)
    with Serve("""
        plugin mortal { file = "@PLUGINS@/mortal.so" options { at = "load" } }
        listener one { url = "tcp+line://127.0.0.1:0" plugin = "mortal" }
        supervisor { restart_max = 0 }
        """, env={"NOTIFY_SOCKET": "@" + name}) as s:
        words = notices.next()
        assert words["STOPPING"] == "1" and "gave up" in words["STATUS"]
        assert s.ended() == 1


def the_watchdog_is_fed():
    name = "weft-notify-%d" % os.getpid()
    notices = Notices("\0" + name)
    begin = time.monotonic()
    with Serve(ECHO, env={"NOTIFY_SOCKET": "@" + name,
                          "WATCHDOG_USEC": "200000"}) as s:
        n = 0
        while n < 11:
            n += "WATCHDOG" in notices.next()
        took = time.monotonic() - begin
        # 100 ms apart: half of what is asked.  From before the first, as we
        # may read late: what is read late came no later.
        assert 0.9 < took < DEADLINE, took
        s.signal(signal.SIGTERM)
        assert s.ended() == 0


def another_process_watchdog_is_not_ours():
    name = "weft-notify-%d" % os.getpid()
    notices = Notices("\0" + name)
    with Serve(ECHO, env={"NOTIFY_SOCKET": "@" + name, "WATCHDOG_PID": "1",
                          "WATCHDOG_USEC": "20000"}) as s:
        s.ready()
        s.signal(signal.SIGTERM)
        words = {}
        while "STOPPING" not in words:
            words = notices.next()
            assert "WATCHDOG" not in words


# ---- sockets

def activated(conf, sockets, names):
    """A supervisor that was given those sockets as systemd does it."""
    def hand_over():
        copies = [os.dup(s.fileno()) for s in sockets]
        for i, fd in enumerate(copies):
            os.dup2(fd, 100 + i)
        for i in range(len(sockets)):
            os.dup2(100 + i, 3 + i)

    return Serve(conf, command=["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"',
                                "sh"],
                 env={"LISTEN_FDS": str(len(sockets)),
                      "LISTEN_FDNAMES": names},
                 preexec_fn=hand_over, close_fds=False)


def a_socket_is_found_by_its_address():
    one, other = socket.socket(), socket.socket()
    for s in (one, other):
        s.bind(("127.0.0.1", 0))
        s.listen()
    port, other_port = (s.getsockname()[1] for s in (one, other))
    early = Client(port)
    early.say("before there was anybody")
    with activated('''
        log = "info"
        plugin echo { }
        listener any { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
        listener one { url = "tcp+line://127.0.0.1:%d" plugin = "echo" }
        ''' % port, [other, one], "") as s:
        assert s.listening(1) == port
        assert early.hear() == "before there was anybody"
        # Any port is not that of a socket without a name.
        assert s.listening(0) not in (port, other_port)


def a_socket_is_found_by_its_name():
    plain, named = socket.socket(), socket.socket()
    for s in (plain, named):
        s.bind(("127.0.0.1", 0))
        s.listen()
    port = named.getsockname()[1]
    with activated('''
        log = "info"
        plugin echo { }
        listener two { url = "tcp+line://127.0.0.1:0" plugin = "echo" }
        ''', [plain, named], "unknown:two") as s:
        assert s.listening(0) == port
        Client(port).echo("by name")
        s.wait_text("SERVE-CLOSED unknown")
        named.close()
        plain.close()
        # It survives a restart and a reload.
        os.kill(s.ready(), signal.SIGKILL)
        s.ready(2)
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        Client(port).echo("again")


def systemd_socket_activate_starts_it():
    program = shutil.which("systemd-socket-activate")
    if program is None:
        return "SKIP: without systemd-socket-activate"
    with Serve('''
        log = "info"
        plugin echo { }
        listener one { url = "unix+line://@DIR@/s" plugin = "echo" }
        ''', start=False) as s:
        s.command = [program, "-l", s.dir + "/s", "-E", "PATH"] + s.command
        s.start()
        wait(lambda: os.path.exists(s.dir + "/s"), "its socket")
        client = Client(s.dir + "/s")
        client.echo("hello")
        s.signal(signal.SIGTERM)
        assert s.ended() == 0
        assert os.path.exists(s.dir + "/s"), "the file is systemd's"


def the_journal_gets_priorities():
    with Serve(ECHO, start=False) as s:
        s.out = open(s.dir + "/out", "w")
        s.err = open(s.dir + "/err", "w")
        st = os.fstat(s.err.fileno())
        s.process = subprocess.Popen(
            s.command, stdout=s.out, stderr=s.err,
            env=dict(s.env, JOURNAL_STREAM="%d:%d" % (st.st_dev, st.st_ino)))
        s.pid = s.process.pid
        s.ready()
        text = s.text()
        assert re.search("(?m)^<6>info SERVE-READY", text), text
        assert re.search("(?m)^<6>info PLUGIN-LOADED", text), text
        if os.geteuid() == 0:
            assert re.search("(?m)^<4>warn SERVE-ROOT", text), text


def the_unit_file_shuts_it_in():
    program = shutil.which("systemd-analyze")
    unit = os.path.join(os.environ.get("WEFT_BUILD", "."),
                        "framework/host/weft.service")
    if program is None:
        return "SKIP: without systemd-analyze"
    with open(unit) as f:
        assert not re.search("@[a-z]+dir@", f.read())
    text = subprocess.run([program, "security", "--offline=yes", unit],
                          capture_output=True, text=True,
                          timeout=DEADLINE).stdout
    level = re.search(r"Overall exposure level for weft.service: ([\d.]+)",
                      text)
    assert level and float(level[1]) <= 2.0, text
    return level[0]


# ---- another user

def status(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines()
                    if ":\t" in line)


def the_host_is_another_user():
    if os.geteuid() != 0:
        return "SKIP: not root"
    with Serve(ECHO + '''
        user = "nobody"
        listener two { url = "unix+line://@DIR@/s" plugin = "echo" }
        ''') as s:
        port = s.listening()
        found = status(s.ready())
        assert set(found["Uid"].split()) == {"65534"}, found["Uid"]
        assert set(found["Gid"].split()) == {"65534"}, found["Gid"]
        assert found["Groups"].split() in ([], ["65534"]), found["Groups"]
        assert found["NoNewPrivs"] == "1"
        assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == 0
        assert status(s.pid)["Uid"].split()[0] == "0"
        Client(port).echo("hello")
        # Its folder is root's alone: the supervisor has made this one.
        Client(s.dir + "/s").echo("there")
        s.write(ECHO + '''
            user = "nobody"
            listener three { url = "unix+line://@DIR@/t" plugin = "echo" }''')
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED")
        Client(s.dir + "/t").echo("late")
        os.kill(s.ready(), signal.SIGKILL)
        assert status(s.ready(2))["Uid"].split()[0] == "65534"
        host = s.ready(2)
        # The kernel forgets PR_SET_PDEATHSIG at a change of user.
        s.process.kill()
        s.process.wait()
        wait(lambda: not alive(host), "the host to end")


def a_group_may_be_said():
    if os.geteuid() != 0:
        return "SKIP: not root"
    with Serve(ECHO + 'user = "nobody"\ngroup = "daemon"\n') as s:
        s.listening()
        found = status(s.ready())
        assert set(found["Gid"].split()) == {"1"}, found["Gid"]


def an_unknown_user_is_an_error():
    if os.geteuid() != 0:
        return "SKIP: not root"
    with Serve(ECHO + 'user = "nosuchuser"\n') as s:
        assert s.ended() == 1
        assert re.search('user: expected a user of this machine, found '
                         '"nosuchuser"', s.text()), s.text()


def who_is_not_root_cannot_be_another():
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return "SKIP: not root, or without setpriv"
    with Serve(ECHO + 'user = "root"\n', start=False) as s:
        os.chmod(s.dir, 0o755)
        s.command = ["setpriv", "--reuid=65534", "--regid=65534",
                     "--clear-groups"] + s.command
        s.start()
        assert s.ended() == 1
        assert re.search('user: expected root, who may become "root", found '
                         'user 65534', s.text()), s.text()


if __name__ == "__main__":
    main([
        a_path_is_told,
        an_abstract_name_is_told,
        giving_up_is_told,
        the_watchdog_is_fed,
        another_process_watchdog_is_not_ours,
        a_socket_is_found_by_its_address,
        a_socket_is_found_by_its_name,
        systemd_socket_activate_starts_it,
        the_journal_gets_priorities,
        the_unit_file_shuts_it_in,
        the_host_is_another_user,
        a_group_may_be_said,
        an_unknown_user_is_an_error,
        who_is_not_root_cannot_be_another,
    ])
