# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_seccomp.py - hosts of "weft serve" under a profile of system
# calls: run by serve_seccomp.sh.  The plugin outlaw makes the calls.
import glob
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request

from serve_rig import DEADLINE, PLUGINS, WEFT, Client, Serve, main, wait

CONF = '''
log = "info"
seccomp = %s
%s
plugin outlaw { file = "@DIR@/outlaw.so" %s }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "outlaw" }
'''
CRASHES = 'crash_dir = "@DIR@/crashes"'


def put(s, version):
    """That version is what lies in the file from now on."""
    path = s.dir + "/outlaw.so"
    shutil.copy("%s/outlaw_%s.so" % (PLUGINS, version), path + ".new")
    os.rename(path + ".new", path)


def serve(seccomp, more="", options=""):
    s = Serve(CONF % (seccomp, more, options), start=False)
    put(s, "one")
    s.start()
    return s


def call(client, word, expected):
    client.say(word)
    found = client.hear()
    assert found is not None and re.fullmatch(expected, found), \
        "expected %r, found %r" % (expected, found)


def killed(s, word, name, callback="message", count=1):
    """A client's word kills the host, which says why; the next one serves."""
    client = Client(s.listening())
    client.say(word)
    found = client.hear()
    assert found is None, "expected the end, found %r" % found
    client.close()
    s.wait_text(r"SERVE-SECCOMP.* seccomp: host \d+ was killed for calling %s "
                r"\(\d+\), which its profile forbids: plugin outlaw, callback "
                r"%s\n" % (name, callback))
    s.wait_text(r"SERVE-DIED.* has died: signal 31 \(", count=count)
    s.ready(count + 1)
    client = Client(s.listening())
    call(client, "nothing", "nothing 0 0")
    client.close()


def hosts(s):
    return len(re.findall(r"host \d+ is ready", s.text()))


def without_a_profile_all_is_done():
    for seccomp in "off", "log":
        with serve(seccomp) as s:
            client = Client(s.listening())
            call(client, "execve", "execve -1 2")
            call(client, "unshare", "unshare 0 0")
            call(client, "clone", "clone -1 22")
            call(client, "spawn", "spawn 0 0")
            client.close()
            assert hosts(s) == 1
            assert "SERVE-SECCOMP" not in s.text()
            assert ("logged by the kernel" in s.text()) == (seccomp == "log")


def a_forbidden_call_kills_with_a_line_and_a_report():
    with serve("enforce", CRASHES) as s:
        killed(s, "execve", "execve")
        reports = glob.glob(s.dir + "/crashes/crash-*.txt")
        assert len(reports) == 1, reports
        with open(reports[0]) as f:
            text = f.read()
        for line in ("signal: 31 SIGSYS", "code: 1 SYS_SECCOMP",
                     r"syscall: \d+ execve \(forbidden by seccomp\)",
                     "handler: message", "plugin: outlaw",
                     r"  0x[0-9a-f]+ \S+/outlaw.*", "end"):
            assert re.search("(?m)^%s$" % line, text), \
                "expected %r in %s" % (line, text)
        shown = subprocess.run([WEFT, "crashes", "--json", reports[0]],
                               capture_output=True, text=True, check=True)
        shown = json.loads(shown.stdout)
        assert re.fullmatch(r"\d+ execve \(forbidden by seccomp\)",
                            shown["syscall"]), shown
        assert any("outlaw_call" in frame for stack in shown["stacks"]
                   for frame in stack["frames"]), shown
        killed(s, "clone", "clone", count=2)


def without_a_folder_of_reports_the_line_is_there():
    with serve("enforce") as s:
        killed(s, "unshare", "unshare")
        # A plugin that has the signal ignored dies all the same.
        client = Client(s.listening())
        client.say("ignored")
        assert client.hear() is None
        client.close()
        s.wait_text(r"SERVE-SECCOMP.* was killed for calling what its profile "
                    "forbids, and could not say what")
        s.ready(3)


def what_is_only_hidden_kills_nobody():
    with serve("enforce") as s:
        client = Client(s.listening())
        call(client, "clone3", "clone3 -1 38")
        call(client, "new", "new -1 38")
        client.close()
        assert hosts(s) == 1


def a_child_dies_and_the_host_lives():
    for more in "", CRASHES:
        with serve("enforce", more) as s:
            client = Client(s.listening())
            line = (r"SERVE-SECCOMP.* seccomp: process \d+, a child of host "
                    r"\d+, was killed for calling ")
            # 31, and 128 with a core.
            call(client, "fork", "fork (31|159) 0")
            s.wait_text(line + r"execve \(\d+\), which its profile forbids: "
                        r"plugin outlaw, callback message\n")
            # One that the C library starts has no handler.
            call(client, "spawn", "spawn (31|159) 0")
            s.wait_text(line + "what its profile forbids, and could not say")
            call(client, "nothing", "nothing 0 0")
            client.close()
            assert hosts(s) == 1
            assert len(re.findall(line, s.text())) == 2
            assert not glob.glob(s.dir + "/crashes/crash-*.txt")


def load_has_it_too():
    with serve("enforce", CRASHES + " supervisor { restart_max = 0 }",
               'options { at = "load" }') as s:
        assert s.ended() == 1
        s.wait_text(r"SERVE-SECCOMP.* was killed for calling unshare \(\d+\), "
                    r"which its profile forbids: plugin outlaw, callback load")
        s.wait_text("SERVE-GAVE-UP")


def a_new_version_is_tried_under_it():
    with serve("enforce", CRASHES) as s:
        client = Client(s.listening())
        call(client, "nothing", "nothing 0 0")
        put(s, "two")
        s.signal(signal.SIGHUP)
        s.wait_text('plugin outlaw: reloaded, version "1" to "2"')
        call(client, "nothing", "nothing 0 0")
        put(s, "loads")
        s.signal(signal.SIGHUP)
        s.wait_text("the version that runs goes on: .*it crashed: signal 31 ")
        call(client, "nothing", "nothing 0 0")
        client.close()
        assert hosts(s) == 1


def a_change_of_it_takes_the_next_host():
    with serve("off") as s:
        client = Client(s.listening())
        s.write(CONF % ("enforce", "", ""))
        s.signal(signal.SIGHUP)
        s.wait_text(r"SERVE-CHANGE.*seccomp.*off.*enforce")
        s.wait_text("SERVE-RELOADED")
        call(client, "unshare", "unshare 0 0")
        os.kill(s.ready(), signal.SIGKILL)
        client.close()
        s.ready(2)
        client = Client(s.listening())
        client.say("unshare")
        assert client.hear() is None
        client.close()
        s.wait_text(r"SERVE-SECCOMP.* for calling unshare")


TOWN = '''
log = "info"
log_file = "@DIR@/log"
admin = "@DIR@/admin.sock"
crash_dir = "@DIR@/crashes"
seccomp = enforce
plugin echo { }
plugin files { options { root = "@DIR@/root" } }
listener lines {
	url = "tls+line://127.0.0.1:0" plugin = "echo"
	cert = "@DIR@/cert.pem" key = "@DIR@/key.pem"
}
listener web { url = "http://127.0.0.1:0" plugin = "files" }
'''


def certificate(s, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
         "-days", "2", "-keyout", s.dir + "/key.pem",
         "-out", s.dir + "/cert.pem"], check=True, capture_output=True)


def tls_echo(port):
    """The certificate that it says an echo under."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as plain:
        with context.wrap_socket(plain) as s:
            s.sendall(b"hello\n")
            assert s.recv(100) == b"hello\n"
            return s.getpeercert(True)


def log(s):
    return s.text("log")


def all_that_a_host_does_goes_on():
    s = Serve(TOWN, start=False)
    os.mkdir(s.dir + "/root")
    with open(s.dir + "/root/a.txt", "w") as f:
        f.write("some file\n")
    certificate(s, "first")
    with s:
        s.start()
        tls, web = s.listening(0), s.listening(1)
        first = tls_echo(tls)
        with urllib.request.urlopen("http://127.0.0.1:%d/a.txt" % web,
                                    timeout=DEADLINE) as page:
            assert page.read() == b"some file\n"
        # Another certificate; and the log's file anew.
        certificate(s, "second")
        s.signal(signal.SIGHUP)
        wait(lambda: "SERVE-RELOADED" in log(s), "a reload")
        assert tls_echo(tls) != first
        os.rename(s.dir + "/log", s.dir + "/log.1")
        s.signal(signal.SIGUSR1)
        wait(lambda: os.path.exists(s.dir + "/log"), "a new log")
        # What operates it.
        done = subprocess.run(
            [WEFT, "status", "--json", "--admin", s.dir + "/admin.sock"],
            capture_output=True, text=True, timeout=2 * DEADLINE)
        assert done.returncode == 0 and '"echo"' in done.stdout, done
        done = subprocess.run(
            [WEFT, "reload", "echo", "--admin", s.dir + "/admin.sock"],
            capture_output=True, text=True, timeout=2 * DEADLINE)
        assert done.returncode == 0, done
        done = subprocess.run(
            [WEFT, "stop", "--admin", s.dir + "/admin.sock"],
            capture_output=True, text=True, timeout=2 * DEADLINE)
        assert done.returncode == 0, done
        assert s.ended() == 0
        assert "SECCOMP" not in re.sub("HOST-SECCOMP", "", s.text("log.1") +
                                       log(s) + s.text())


def crashes_of_other_kinds_are_reported():
    with serve("enforce", CRASHES) as s:
        os.kill(s.ready(), signal.SIGABRT)
        s.ready(2)
        reports = glob.glob(s.dir + "/crashes/crash-*.txt")
        assert len(reports) == 1, reports
        with open(reports[0]) as f:
            text = f.read()
        assert "signal: 6 SIGABRT" in text and text.endswith("end\n"), text
        assert "SERVE-SECCOMP" not in s.text()


def skip():
    """Why it cannot be tested here; None: it can."""
    s = Serve(CONF % ("enforce", "", ""), start=False)
    with s:
        put(s, "one")
        s.start()
        wait(lambda: s.process.poll() is not None or hosts(s) > 0, "a host")
        for words in ("built without libseccomp",
                      "expected a kernel that takes the profile"):
            if words in s.text():
                return words
    return None


WHY = skip()
if WHY:
    print("SKIP: " + WHY)
    sys.exit(77)
main([
    without_a_profile_all_is_done,
    a_forbidden_call_kills_with_a_line_and_a_report,
    without_a_folder_of_reports_the_line_is_there,
    what_is_only_hidden_kills_nobody,
    a_child_dies_and_the_host_lives,
    load_has_it_too,
    a_new_version_is_tried_under_it,
    a_change_of_it_takes_the_next_host,
    all_that_a_host_does_goes_on,
    crashes_of_other_kinds_are_reported,
])
