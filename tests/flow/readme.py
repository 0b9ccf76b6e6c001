# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/readme.py - every block of README.md is what it says; run by
# readme.sh.  A block is known by its first line; one that is not is a failure,
# so that nothing new stays untried.
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SRC, BUILD = os.environ["WEFT_SRC"], os.environ["WEFT_BUILD"]
CC = os.environ.get("CC", "cc")
DEADLINE = 120
DIR = tempfile.mkdtemp(prefix="weft-readme.")


class Block:
    def __init__(self, line, lines):
        self.line, self.lines = line, lines
        self.text = "\n".join(lines) + "\n"

    def commands(self):
        """Of a shell: without what is said of them, in one line each."""
        joined = self.text.replace("\\\n", "")
        for line in joined.splitlines():
            line = re.sub(r"\s+# .*", "", line).strip()
            if line:
                yield line


def blocks():
    found, lines = [], None
    with open(os.path.join(SRC, "README.md")) as f:
        for number, line in enumerate(f, 1):
            if line.startswith("```"):
                if lines is None:
                    lines = []
                else:
                    found.append(Block(number - len(lines) - 1, lines))
                    lines = None
            elif lines is not None:
                lines.append(line.rstrip("\n"))
    return found


def shell(command, stdin="", status=0):
    """What it prints, of both kinds."""
    done = subprocess.run(["bash", "-c", command], cwd=DIR, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=DEADLINE)
    assert done.returncode == status, "%s: status %d: %s" % (
        command, done.returncode, done.stdout)
    return done.stdout


class Server:
    """A command that goes on, until it is told to stop."""

    def __init__(self, command, cwd=DIR):
        self.command = command
        self.out = open(os.path.join(DIR, "server.log"), "w+")
        self.process = subprocess.Popen(
            ["bash", "-c", "exec " + command], cwd=cwd, stdout=self.out,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        while not re.search(r"(?m)^(\S+ )?ready\b", self.text()):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError("%s: expected it to be ready: %s" % (
                    command, self.text()))
            time.sleep(0.01)

    def text(self):
        with open(self.out.name) as f:
            return f.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.out.close()
        assert status == 0, "%s: status %d" % (self.command, status)


def write(name, text):
    with open(os.path.join(DIR, name), "w") as f:
        f.write(text)


def compiled(name, text, more=""):
    """A plugin of it, as README.md tells: what is not used may be so."""
    write(name + ".c", text)
    shell(CC + " -Wall -Wno-unused-function -Werror -shared -fPIC "
          "$(pkg-config --cflags weft) %s.c -o %s.so %s" % (name, name, more))


def contains(text, *words):
    for word in words:
        assert word in text, "expected %r, found %r" % (word, text)


INCLUDE = "#include <stdlib.h>\n#include <errno.h>\n#include <weft/weft.h>\n"
ECHO = {}


def demo():
    """What ./bootstrap run starts."""
    with open(os.path.join(SRC, "bootstrap")) as f:
        found = re.search(r"exec (build/weft run .*?[^\\])\n", f.read(), re.S)
    return Server(found[1].replace("\\\n", ""))


def the_demo(block):
    # ./bootstrap itself is the first step of .ci/run.
    for command in block.commands():
        path, word = command.split()
        assert path == "./bootstrap", command
        contains(shell("bash %s/bootstrap --help" % SRC), path + " " + word)


def a_terminal(block):
    with demo():
        command, = block.commands()
        contains(shell(command, "/nick cid\n/join lobby\nhello\n"), "cid",
                 "hello")


def the_demo_by_hand(block):
    command, = block.commands()
    with Server(command):
        contains(shell("curl -s http://127.0.0.1:8080/"), "<html")


def echo_and_bench(block):
    echo, bench = block.commands()
    with demo():
        assert shell(echo) == "hello\n"
        contains(shell(bench), "50 connections")


def smallest(block):
    compiled("echo", block.text)
    ECHO["text"] = block.text


def smallest_built(block):
    cc, run = block.commands()
    shell(cc)
    with Server(run):
        assert shell("echo hello | weft cat tcp+varint://127.0.0.1:3042") == \
            "hello\n"


def a_folder_of_yours(block):
    make, export = block.commands()
    # A whole build: tests/flow/install.sh installs, the rest are its words.
    contains(make, "../configure --prefix", "make install")
    contains(export, "/lib/pkgconfig")


def made(block):
    new, cd, make, dev = block.commands()
    shell(new)
    folder = os.path.join(DIR, cd.split()[1])
    shell("%s && %s" % (cd, make))
    cat = re.search(r"in another terminal: (weft cat \S+)", block.text)[1]
    with Server(dev, folder):
        contains(shell(cat, "hello\n"), "hello")


def drawing(block):
    pass


def strands(block):
    compiled("strands", INCLUDE + block.text +
             'WEFT_PLUGIN(.name = "strands", .message = message);')


def topics(block):
    compiled("feed", INCLUDE + block.text + 'WEFT_PLUGIN(.name = "feed", '
             '.opened = opened, .message = message);')


def slow_readers(block):
    command, = block.commands()
    with Server(command):
        pass


def requests(block):
    compiled("asks", INCLUDE + "void use(struct weft_bytes msg);\n"
             "void use(struct weft_bytes msg) { (void)msg; }\n" + block.text +
             'WEFT_PLUGIN(.name = "asks", .opened = opened, .message = '
             'message);')


# fd is a connection; behind the block what its last comment says.
TPL_CLIENT = """
#include <stdio.h>
#include <tpl.h>
int main(void)
{
	char *type = "reading", *sensor = "roof";
	double celsius = 21.5, highest;
	unsigned readings;
	int fd = 3;
	%s
	tpl_free(map);
	map = tpl_map("suf", &type, &readings, &highest);
	if (tpl_load(map, TPL_FD, fd) != 0 || tpl_unpack(map, 0) <= 0)
		return 1;
	printf("%%u %%g\\n", readings, highest);
	return 0;
}
"""


def typed(block):
    parts = re.split(r"(?m)^/\* (reading\.h|the server|a client)\b.*\n",
                     block.text)
    header, server, client = parts[2], parts[4], parts[6]
    write("reading.h", "#ifndef READING\n#define READING\n" + header +
          "#endif\n")
    compiled("thermo", server)
    with Server("weft run ./thermo.so --listen tcp+tpl://127.0.0.1:3042"):
        write("client.c", TPL_CLIENT % client)
        shell(CC + " client.c -o client -ltpl")
        assert shell("./client 3<>/dev/tcp/127.0.0.1/3042") == "1 21.5\n"


def urls(block):
    for line in block.lines:
        url = line.split()[0]
        if "reconnect" not in url:  # that is for connecting
            write("url.conf", 'plugin echo { }\nlistener one '
                  '{ url = "%s" plugin = echo }\n' % url)
            shell("weft check url.conf")


def chat(block):
    command, = block.commands()
    with Server(command):
        pass


def log_line(block):
    """Its id is in the code; a test of its own provokes it."""
    for line in block.lines:
        name = re.match(r"(?:error|warning|info) ([A-Z-]+) ", line)[1]
        shell("grep -rqF '\"%s\"' %s/framework" % (name, SRC))


def page(block):
    contains(block.text, "new WebSocket(")  # tests/flow/chat_web.sh has one


def http(block):
    compiled("hello", block.text)


def http_built(block):
    cc, run, curl = block.commands()
    shell(cc)
    with Server(run):
        contains(shell(curl), "ann")


def tls(block):
    openssl, run, cat = block.commands()
    shell(openssl)
    with Server(run):
        contains(shell(cat), "hello")


def codec(block):
    compiled("zero", block.text + ECHO["text"].replace('"echo"', '"zero"'))


def codec_spoken(block):
    run, say = block.commands()
    with Server(run):
        assert shell(say) == "hello\0"


def serve(block):
    contains(shell("weft serve --help"), "FILE")


def served(block):
    write("weft.conf", block.text.replace('"weft"', '"root"'))
    shell("weft check weft.conf")
    with Server("weft serve weft.conf"):
        pass


def handed_over(block):
    compiled("score", INCLUDE + block.text +
             'WEFT_PLUGIN(.name = "score", .save_endpoint = save_endpoint, '
             '.load_endpoint = load_endpoint, .drop_endpoint = '
             'drop_endpoint);')


def configuration(block):
    write("more.conf", "")
    write("weft.conf", block.text)
    shell("weft check weft.conf")


def what_is_wrong(block):
    with open(os.path.join(DIR, "weft.conf")) as f:
        text = f.read()
    write("weft.conf", text.replace("workers", "wokers").replace(
        "plugin = chat", "plugin = chta"))
    found = shell("weft check weft.conf", status=1)
    for line in block.lines:
        contains(found, line + "\n")


KNOWN = {
    "./bootstrap run": the_demo,
    "build/weft cat tcp+line": a_terminal,
    "build/weft run 'files": the_demo_by_hand,
    "printf 'hello": echo_and_bench,
    "cc -shared -fPIC $(pkg-config --cflags weft) echo.c": smallest_built,
    "mkdir -p build-home": a_folder_of_yours,
    "weft new hello": made,
    "        I/O thread": drawing,
    "   ann  ": drawing,
    "weft run ./feed.so": slow_readers,
    "/* reading.h */": typed,
    "tcp+varint://": urls,
    "weft run chat --listen 'ws+text": chat,
    "weft run chat --listen ws+text": chat,
    "const chat": page,
    "cc -shared -fPIC $(pkg-config --cflags weft) hello.c": http_built,
    "openssl req": tls,
    "weft run ./zero.so": codec_spoken,
    "weft serve /etc": serve,
    'log = "info"': served,
    "#define score_MEMBERS": handed_over,
    "workers = 4": configuration,
    "weft.conf:1:1": what_is_wrong,
    "error SERVE-": log_line,
}
# Blocks of C begin alike: by what is in them.
KNOWN_C = {
    '.name = "echo"': smallest,
    "weft_strand_get(": strands,
    "weft_publish_except(": topics,
    "weft_request(": requests,
    "WEFT_ROUTE(": http,
    "WEFT_CODEC(": codec,
}


def how(block):
    for first, test in KNOWN.items():
        if block.lines[0].startswith(first):
            return test
    for word, test in KNOWN_C.items():
        if word in block.text:
            return test
    raise AssertionError("expected a way to try it, found none")


def main():
    bin_dir = os.path.join(DIR, "bin")
    os.mkdir(bin_dir)
    os.symlink(os.path.join(BUILD, "weft"), os.path.join(bin_dir, "weft"))
    os.symlink(BUILD, os.path.join(DIR, "build"))
    os.symlink(os.path.join(SRC, "examples"), os.path.join(DIR, "examples"))
    os.environ["PATH"] = bin_dir + ":" + os.environ["PATH"]
    os.environ["PKG_CONFIG_PATH"] = os.path.join(BUILD, "framework")
    failed, all_blocks = 0, blocks()
    for block in all_blocks:
        try:
            begin = time.monotonic()
            test = how(block)
            test(block)
            print("ok   README.md:%d %s (%.1f s)" % (
                block.line, test.__name__, time.monotonic() - begin),
                flush=True)
        except Exception:
            failed += 1
            print("FAIL README.md:%d %s" % (block.line, block.lines[0]))
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    shutil.rmtree(DIR, ignore_errors=True)
    assert len(all_blocks) >= 25, "found %d blocks" % len(all_blocks)
    print("readme: %d passed, %d failed" % (len(all_blocks) - failed, failed))
    sys.exit(1 if failed else 0)


main()
