# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_versions.py - a plugin of "weft serve" is deployed again: run
# by serve_versions.sh.
import os
import re
import shutil
import signal
import subprocess

from serve_rig import PLUGINS, SLOWLY, WEFT, Client, Serve, main

CONF = '''
log = "info"
crash_dir = "@DIR@/crashes"
plugin ledger { file = "@DIR@/ledger.so" }
listener one { url = "tcp+line://127.0.0.1:0" plugin = "ledger" }
'''


def deploy(s, name):
    """As cp(1) and mv(1) would: never half of it."""
    path = os.path.join(s.dir, "ledger.so")
    shutil.copy(os.path.join(PLUGINS, "ledger_%s.so" % name), path + ".new")
    os.rename(path + ".new", path)


def serve():
    s = Serve(CONF, start=False)
    deploy(s, "one")
    s.start()
    s.ready()
    return s


def count(client, expected):
    client.say("count")
    found = client.hear()
    assert found == expected, "expected %r, found %r" % (expected, found)


def reload(s, pattern, times=1):
    s.signal(signal.SIGHUP)
    return s.wait_text(pattern, count=times)


def a_changed_file_takes_over_and_clients_stay():
    with serve() as s:
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        deploy(s, "two")
        reload(s, r'plugin ledger: reloaded, version "1" to "2", paused for')
        count(client, "2 2 2 0 7")
        # The same file again is no change.
        s.signal(signal.SIGHUP)
        s.wait_text("SERVE-RELOADED", count=2)
        count(client, "2 3 3 0 7")
        assert len(re.findall("plugin ledger: reloaded", s.text())) == 1
        client.close()


def a_version_that_cannot_take_over_is_named_and_the_old_one_goes_on():
    bad = [("refuses", "not today"), ("deaf", "expected load_endpoint"),
           ("scope", "expected scope 0")]
    if not SLOWLY:
        bad += [("crashes", "it crashed: signal"),
                ("aborts", "it crashed: signal 6")]
    with serve() as s:
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        for n, (name, words) in enumerate(bad):
            deploy(s, name)
            reload(s, "the version that runs goes on: .*" + re.escape(words))
            count(client, "1 %d %d 0 0" % (n + 2, n + 2))
        assert len(re.findall("host \\d+ is ready", s.text())) == 1
        client.close()


def a_version_that_kills_the_host_is_taken_back():
    if SLOWLY:
        return  # the sanitizers have handlers of their own
    with serve() as s:
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        deploy(s, "two")
        reload(s, "plugin ledger: reloaded")
        count(client, "2 2 2 0 7")
        client.say("die")
        assert client.hear() is None
        client.close()
        s.ready(2)
        found = s.wait_text(r"HOST-REFUSED.*ledger.so: a host has died of this"
                            r" file \(\S+/crashes/crash-\S+\.txt\): the "
                            r"version before it, [0-9a-f]{16}, serves; .*"
                            r"--release ([0-9a-f]{16})")
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        # Not by a reload either, until it is told otherwise.
        reload(s, "the version that runs goes on: .*a host has died of this")
        count(client, "1 2 2 0 0")
        subprocess.run([WEFT, "crashes", s.dir + "/crashes", "--release",
                        found[1]], check=True)
        reload(s, "plugin ledger: reloaded", 2)
        count(client, "2 3 3 0 7")
        client.close()


def a_file_that_others_can_write_is_not_loaded():
    s = Serve(CONF, start=False)
    deploy(s, "one")
    os.chmod(s.dir + "/ledger.so", 0o666)
    with s:
        s.start()
        assert s.ended() == 1
        s.wait_text("plugin ledger: .*that everybody can")
    with serve() as s:
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        deploy(s, "two")
        os.chmod(s.dir + "/ledger.so", 0o666)
        reload(s, "the version that runs goes on: .*that everybody can")
        count(client, "1 2 2 0 0")
        client.close()


def one_that_has_no_version_before_it_is_restarted_as_it_is():
    if SLOWLY:
        return
    with serve() as s:
        client = Client(s.listening())
        client.say("die")
        assert client.hear() is None
        client.close()
        s.ready(2)
        client = Client(s.listening())
        count(client, "1 1 1 0 0")
        client.close()
        assert "HOST-REFUSED" not in s.text()


main([
    a_changed_file_takes_over_and_clients_stay,
    a_version_that_cannot_take_over_is_named_and_the_old_one_goes_on,
    a_version_that_kills_the_host_is_taken_back,
    a_file_that_others_can_write_is_not_loaded,
    one_that_has_no_version_before_it_is_restarted_as_it_is,
])
