# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/tls_peers.py WEFT - the cases of tls_peers.sh.  Every wait has a
# deadline, and nothing sleeps but between two looks.
import asyncio
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile

import websockets

WEFT = sys.argv[1]
DEADLINE = 30
passed = 0
folder = tempfile.TemporaryDirectory(prefix="weft-tls-peers-")


def check(what, condition, found=""):
    global passed
    if not condition:
        sys.exit(f"FAIL {what} {found}")
    passed += 1


def file(name):
    return os.path.join(folder.name, name)


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, DEADLINE)


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, timeout=DEADLINE,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(name):
    """One for localhost that ca has signed, in NAME.crt and NAME.key."""
    openssl("req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            file(name + ".key"), "-out", file("request"), "-subj",
            "/CN=localhost")
    with open(file("names"), "w") as names:
        names.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", file("request"), "-CA", file("ca.crt"),
            "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "3",
            "-extfile", file("names"), "-out", file("fresh"))
    os.replace(file("fresh"), file(name + ".crt"))


def authority():
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3",
            "-keyout", file("ca.key"), "-out", file("ca.crt"), "-subj",
            "/CN=weft test")


class Host:
    """weft run, until the block ends; then it must have ended in order."""

    def __init__(self, *args):
        self.args = args

    async def __aenter__(self):
        self.errors = open(file("errors"), "w+")
        self.process = await asyncio.create_subprocess_exec(
            WEFT, "run", *self.args, stdout=asyncio.subprocess.PIPE,
            stderr=self.errors)
        self.ports = []
        while True:
            line = await soon(self.process.stdout.readline())
            if line == b"ready\n":
                return self
            check("listening", line.startswith(b"listening "), line)
            self.ports.append(int(re.search(rb":(\d+)", line)[1]))

    def said(self):
        with open(file("errors")) as errors:
            return errors.read()

    async def until(self, words):
        async def look():
            while words not in self.said():
                await asyncio.sleep(0.01)
        await soon(look())

    async def __aexit__(self, *_):
        self.process.terminate()
        check("the host ends in order", await soon(self.process.wait()) == 0)


async def run(*args, stdin=b""):
    process = await asyncio.create_subprocess_exec(
        *args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT)
    out, _ = await soon(process.communicate(stdin))
    return process.returncode, out.decode(errors="replace")


def with_files(url):
    return url + "?cert=" + file("a.crt") + "&key=" + file("a.key")


def trusting(version=None):
    context = ssl.create_default_context(cafile=file("ca.crt"))
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


async def python_clients(port):
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        reader, writer = await soon(asyncio.open_connection(
            "localhost", port, ssl=trusting(version),
            server_hostname="localhost"))
        found = writer.get_extra_info("ssl_object").version()
        check("a version", found == version.name.replace("_", "."), found)
        text = b"hello " * 5000 + b"\n"
        writer.write(text)
        check("an echo", await soon(reader.readexactly(len(text))) == text)
        writer.close()
        await soon(writer.wait_closed())


async def s_clients(port):
    for option in "-tls1_2", "-tls1_3":
        # -ign_eof alone would wait for us, Q at a line's begin ends it.
        code, out = await run(
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", option,
            "-CAfile", file("ca.crt"), "-verify_return_error",
            "-verify_hostname", "localhost", "-servername", "localhost",
            stdin=b"hello\nQ\n")
        check("s_client " + option, code == 0 and "Verification: OK" in out,
              out)
    # Five more connections, by the ticket of the first.
    code, out = await run(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2",
        "-reconnect", "-CAfile", file("ca.crt"), stdin=b"Q\n")
    check("sessions are taken up", out.count("\nReused, TLSv1.2") == 5, out)
    code, out = await run(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_1",
        "-cipher", "DEFAULT:@SECLEVEL=0", stdin=b"Q\n")
    check("TLS 1.1 is refused", code != 0 and "protocol version" in out, out)


async def curls(port):
    url = f"https://127.0.0.1:{port}/chat"
    code, out = await run("curl", "-sS", "--cacert", file("ca.crt"), "-o",
                          "/dev/null", "-w", "%{http_code}", url)
    check("curl is answered by HTTP", code == 0 and out == "426", out)
    code, out = await run("curl", "-sS", url)
    check("curl does not trust", code == 60, out)
    code, out = await run("curl", "-sS", f"http://127.0.0.1:{port}/chat")
    check("HTTP without TLS is refused", code != 0, out)


async def web_sockets(port):
    async with websockets.connect(
            f"wss://localhost:{port}/chat", ssl=trusting()) as peer:
        for message in b"", b"hello", bytes(300000):
            await soon(peer.send(message))
            check("an echo by wss", await soon(peer.recv()) == message)
    url = f"wss://127.0.0.1:{port}/chat?ca=" + file("ca.crt")
    code, out = await run(WEFT, "cat", url, stdin=b"one\ntwo\n")
    check("weft cat by wss", code == 0 and out == "one\ntwo\n", out)


async def cat_asks_python():
    async def echo(reader, writer):
        while (line := await reader.readline()) != b"":
            writer.write(line)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file("a.crt"), file("a.key"))
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    url = f"tls+line://localhost:{port}?ca=" + file("ca.crt")
    code, out = await run(WEFT, "cat", url, stdin=b"one\ntwo\n")
    check("weft cat asks python", code == 0 and out == "one\ntwo\n", out)
    code, out = await run(WEFT, "cat", f"tls+line://localhost:{port}",
                          stdin=b"one\n")
    check("weft cat does not trust", code == 1 and "one we trust" in out, out)
    code, out = await run(WEFT, "cat", url + "&server_name=b.example",
                          stdin=b"one\n")
    check("weft cat looks at the name", code == 1 and
          "expected a certificate for b.example, found one for localhost" in
          out, out)
    server.close()
    await soon(server.wait_closed())


async def cat_asks_s_server():
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert",
        file("a.crt"), "-key", file("a.key"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    while (line := await soon(process.stdout.readline())) != b"":
        if (found := re.search(rb"ACCEPT .*:(\d+)", line)) is not None:
            break
    url = f"tls+line://127.0.0.1:{int(found[1])}?ca=" + file("ca.crt")
    code, out = await run(WEFT, "cat", url, stdin=b"abc\n")
    check("s_server turns it round", code == 0 and out == "cba\n", out)
    code, out = await run(WEFT, "cat", url + "&min_version=1.3",
                          stdin=b"abc\n")
    check("and again", code == 0 and out == "cba\n", out)
    process.kill()
    await soon(process.wait())


async def shown(port):
    """The certificate that a new client is shown."""
    _, writer = await soon(asyncio.open_connection(
        "localhost", port, ssl=trusting(), server_hostname="localhost"))
    found = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    await soon(writer.wait_closed())
    return found["serialNumber"]


async def reload(host):
    port = host.ports[0]
    before = await shown(port)
    reader, writer = await soon(asyncio.open_connection(
        "localhost", port, ssl=trusting(), server_hostname="localhost"))
    certificate("a")
    check("not yet", await shown(port) == before)
    host.process.send_signal(signal.SIGHUP)
    await host.until("TLS-RELOADED")
    after = await shown(port)
    check("another certificate", after != before)
    with open(file("a.crt"), "w") as broken:
        broken.write("nothing")
    host.process.send_signal(signal.SIGHUP)
    await host.until("TLS-RELOAD-FAILED")
    check("still that one", await shown(port) == after)
    writer.write(b"still\n")
    check("an old client", await soon(reader.readline()) == b"still\n")
    writer.close()
    await soon(writer.wait_closed())
    certificate("a")


async def curl(*args, stdin=b""):
    return await run("curl", "-s", "--max-time", str(DEADLINE), "--cacert",
                     file("ca.crt"), *args, stdin=stdin)


async def pages(host):
    """https://: files, a body that is sent back, and that behind a proxy."""
    page, echo, behind = (f"https://localhost:{port}/" for port in host.ports)
    code, out = await curl("-w", " %{http_code} %{http_version}", page)
    check("a page", code == 0 and out == "<p>page</p> 200 1.1", out)
    code, out = await curl("-o", file("copy"), page + "long.bin")
    with open(file("www/long.bin"), "rb") as a, open(file("copy"), "rb") as b:
        check("a long file", code == 0 and a.read() == b.read())
    code, out = await curl("-H", "Transfer-Encoding: chunked", "-o",
                           file("copy"), "--data-binary",
                           "@" + file("www/long.bin"), echo)
    with open(file("www/long.bin"), "rb") as a, open(file("copy"), "rb") as b:
        check("it comes back", code == 0 and a.read() == b.read())
    code, out = await curl("--haproxy-protocol", "-d", "hello", behind)
    check("behind a proxy", code == 0 and out == "hello", out)
    code, out = await curl("-d", "hello", behind)
    check("without what the proxy says", code != 0 and out == "", out)
    code, out = await run("curl", "-s", "--max-time", str(DEADLINE), page)
    check("curl trusts nobody", code == 60 and out == "", out)


async def main():
    authority()
    certificate("a")
    os.chmod(file("a.key"), 0o644)
    async with Host(
            "echo", "--log", "info",
            "--listen", with_files("tls+line://127.0.0.1:0"),
            "--listen", with_files("wss://127.0.0.1:0/chat")) as host:
        check("a key that all can read is told of",
              "TLS-KEY-OPEN" in host.said() and "0644" in host.said())
        await python_clients(host.ports[0])
        await s_clients(host.ports[0])
        await curls(host.ports[1])
        await web_sockets(host.ports[1])
        await reload(host)
    os.mkdir(file("www"))
    with open(file("www/index.html"), "w") as index:
        index.write("<p>page</p>")
    with open(file("www/long.bin"), "wb") as long:
        long.write(os.urandom(900000))
    async with Host(
            "files?root=" + file("www"), "--listen",
            with_files("https://127.0.0.1:0") + "&alpn=http/1.1",
            "echo", "--listen", with_files("https://127.0.0.1:0"),
            "--listen", with_files("https://127.0.0.1:0") +
            "&proxy=127.0.0.1") as host:
        await pages(host)
    await cat_asks_python()
    await cat_asks_s_server()
    print(f"{passed} passed")


asyncio.run(main())
