# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_manager.py - what a real systemd makes of "weft serve": run
# by serve_manager.sh.
#
# One manager of a user serves all cases, each of which has units of its own.
# It believes to be on a machine that was booted with systemd, in a mount
# namespace where /run says so.
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from serve_rig import Client, DEADLINE, Serve, WEFT, alive, main, wait

MANAGER = "/lib/systemd/systemd"
RUN = '''
mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
exec %s --user --unit=basic.target
''' % MANAGER

CONF = '''
log = "info"
plugin mortal { file = "@PLUGINS@/mortal.so" }
listener one { url = "unix+line://@DIR@/one" plugin = "mortal" }
'''

# As weft.service, but for what only the system's manager can do.
SERVICE = '''
[Service]
Type=notify
Type=%(reload)s
NotifyAccess=main
ExecStart=%(weft)s serve %(dir)s/weft.conf
%(exec_reload)s
StandardOutput=append:%(dir)s/out
StandardError=append:%(dir)s/err
Restart=on-failure
RestartSec=0
KillMode=mixed
WatchdogSec=%(watchdog)s
'''

SOCKET = '''
[Socket]
ListenStream=%(dir)s/one
FileDescriptorName=one
'''


class Manager:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="weft-manager.")
        self.units = os.path.join(self.dir, "systemd/user")
        os.makedirs(self.units)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.dir,
                        XDG_CONFIG_HOME=self.dir)
        who = [] if os.geteuid() == 0 else ["-r"]
        self.log = open(self.dir + "/log", "w")
        self.process = subprocess.Popen(
            ["unshare", "-m"] + who + ["sh", "-c", RUN], env=self.env,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def ctl(self, *words):
        done = subprocess.run(
            ["systemctl", "--user"] + list(words), env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=2 * DEADLINE)
        return done.returncode, done.stdout

    def is_up(self):
        return self.process.poll() is not None or \
            self.ctl("is-active", "basic.target")[0] == 0

    def why_not(self):
        """None: it works."""
        wait(self.is_up, "the manager to be up, or to end")
        if self.process.poll() is None:
            return None
        with open(self.dir + "/log") as f:
            return f.read().strip()

    def close(self):
        if self.process.poll() is None:
            self.ctl("exit")
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


manager = None


class Unit(Serve):
    """weft serve, started by the manager."""
    count = 0

    def __init__(self, conf=CONF, watchdog="60", socket=False):
        super().__init__(conf, start=False)
        Unit.count += 1
        self.name = "weft%d" % Unit.count
        knows = int(re.search(r"\d+", subprocess.check_output(
            [MANAGER, "--version"], text=True))[0]) >= 253
        words = {
            "dir": self.dir, "weft": os.path.abspath(WEFT),
            "reload": "notify-reload" if knows else "notify",
            "exec_reload": "" if knows else "ExecReload=/bin/sh -c 'kill -HUP ${MAINPID}'",
            "watchdog": watchdog}
        self.unit("service", SERVICE % words)
        if socket:
            self.unit("socket", SOCKET % words)
        manager.ctl("daemon-reload")

    def unit(self, kind, text):
        with open("%s/%s.%s" % (manager.units, self.name, kind), "w") as f:
            f.write(text)

    def ctl(self, verb, kind="service"):
        code, text = manager.ctl(verb, "%s.%s" % (self.name, kind))
        assert code == 0, "%s: %s\n%s" % (verb, text, self.text())

    def show(self, what):
        return manager.ctl("show", "-P", what, self.name + ".service")[1] \
            .strip()

    def close(self):
        manager.ctl("stop", self.name + ".socket")
        manager.ctl("kill", "-s", "KILL", self.name + ".service")
        manager.ctl("stop", self.name + ".service")
        super().close()


def serves_again(where):
    """Nobody is refused; who came to one that was just ending is closed, and
    asks the next one."""
    def served():
        client = Client(where)
        try:
            client.say("again")
            found = client.hear()
        except (BrokenPipeError, ConnectionResetError):
            found = None
        assert found in ("again", None), found
        return found is not None

    wait(served, "a reply")


def it_has_started_when_it_is_ready():
    with Unit() as s:
        s.ctl("start")
        # No wait: it is there as soon as "start" has returned.
        Client(s.dir + "/one").echo("hello")
        assert s.show("ActiveState") == "active"
        assert s.show("StatusText").startswith("serving"), \
            s.show("StatusText")


def what_cannot_start_has_failed():
    with Unit(CONF + "workerz = 1\n") as s:
        code, text = manager.ctl("start", s.name + ".service")
        assert code != 0, text
        assert "workerz" in s.text()
        wait(lambda: s.show("ActiveState") == "failed", "no more restarts")


def a_reload_has_ended_when_it_returns():
    with Unit() as s:
        s.ctl("start")
        client = Client(s.dir + "/one")
        s.write(CONF + 'listener two { url = "unix+line://@DIR@/two" '
                'plugin = "mortal" }\n')
        s.ctl("reload")
        wait(lambda: os.path.exists(s.dir + "/two"), "the new listener")
        wait(lambda: s.show("StatusText").endswith("reloaded"), "its status")
        assert s.show("ActiveState") == "active"
        client.echo("the same connection")


def a_host_that_dies_is_none_of_its_business():
    with Unit() as s:
        s.ctl("start")
        pid = s.show("MainPID")
        os.kill(s.ready(), signal.SIGKILL)
        serves_again(s.dir + "/one")
        s.ready(2)
        assert s.show("MainPID") == pid
        assert s.show("NRestarts") == "0"


def a_client_starts_it():
    with Unit(socket=True) as s:
        s.ctl("start", "socket")
        assert s.show("ActiveState") == "inactive"
        Client(s.dir + "/one").echo("hello")
        assert s.show("ActiveState") == "active"


def a_supervisor_that_dies_refuses_nobody():
    with Unit(socket=True) as s:
        s.ctl("start", "socket")
        s.ctl("start")
        pid = int(s.show("MainPID"))
        os.kill(pid, signal.SIGKILL)
        # The socket is systemd's.
        serves_again(s.dir + "/one")
        wait(lambda: s.show("NRestarts") == "1", "the restart")
        assert int(s.show("MainPID")) != pid


def a_supervisor_that_hangs_is_replaced():
    with Unit(watchdog="5", socket=True) as s:
        s.ctl("start", "socket")
        s.ctl("start")
        os.kill(int(s.show("MainPID")), signal.SIGSTOP)
        wait(lambda: s.show("NRestarts") != "0", "the watchdog's restart")
        serves_again(s.dir + "/one")


def a_new_binary_is_the_main_process():
    with Unit() as s:
        s.ctl("start")
        pid = int(s.show("MainPID"))
        client = Client(s.dir + "/one")
        client.echo("before")
        os.kill(pid, signal.SIGUSR2)
        wait(lambda: int(s.show("MainPID")) not in (0, pid), "MAINPID")
        client.echo("the old host")
        Client(s.dir + "/one").echo("the new one")
        client.close()
        wait(lambda: not alive(pid), "the old supervisor's end")
        assert s.show("ActiveState") == "active"
        Client(s.dir + "/one").echo("still there")
        assert s.show("NRestarts") == "0"


def a_stop_drains():
    with Unit(CONF.replace("mortal.so\"", "mortal.so\" options { hold_s = 1 "
                           'mark = "@DIR@/in" }')) as s:
        s.ctl("start")
        client = Client(s.dir + "/one")
        client.say("hold")
        wait(lambda: os.path.exists(s.dir + "/in"), "the handler to begin")
        manager.ctl("stop", "--no-block", s.name + ".service")
        assert client.hear() == "hold"
        assert client.hear() is None
        client.close()
        wait(lambda: s.show("ActiveState") == "inactive", "its end")
        assert s.show("Result") == "success"


if __name__ == "__main__":
    if not os.path.exists(MANAGER):
        print("SKIP: no %s" % MANAGER)
        sys.exit(77)
    manager = Manager()
    try:
        why = manager.why_not()
        if why is not None:
            print("SKIP: no manager of systemd can be started here: " + why)
            sys.exit(77)
        main([
            it_has_started_when_it_is_ready,
            what_cannot_start_has_failed,
            a_reload_has_ended_when_it_returns,
            a_host_that_dies_is_none_of_its_business,
            a_client_starts_it,
            a_supervisor_that_dies_refuses_nobody,
            a_supervisor_that_hangs_is_replaced,
            a_new_binary_is_the_main_process,
            a_stop_drains,
        ])
    finally:
        manager.close()
