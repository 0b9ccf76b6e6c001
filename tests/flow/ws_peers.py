# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/ws_peers.py WEFT - the cases of ws_peers.sh.  Every wait has a
# deadline, and nothing sleeps.
import asyncio
import re
import sys

import websockets
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory)

WEFT = sys.argv[1]
DEADLINE = 30
passed = 0


def check(what, condition):
    global passed
    if not condition:
        sys.exit(f"FAIL {what}")
    passed += 1


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, DEADLINE)


class Host:
    """weft run, until the block ends; then it must have ended in order."""

    def __init__(self, *args):
        self.args = args

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            WEFT, "run", *self.args, stdout=asyncio.subprocess.PIPE)
        self.urls = []
        while (line := await soon(self.process.stdout.readline())) != b"ready\n":
            check("listening", line.startswith(b"listening "))
            self.urls.append(line.split()[1].decode())
        # What others call it.
        self.web = [re.sub(r"^ws\+text", "ws", url) for url in self.urls]
        return self

    async def __aexit__(self, *_):
        self.process.terminate()
        check("the host ends in order", await soon(self.process.wait()) == 0)


async def run(*args, stdin=b""):
    process = await asyncio.create_subprocess_exec(
        *args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    out, err = await soon(process.communicate(stdin))
    return process.returncode, out.decode(), err.decode()


def as_bytes(message):
    return message.encode() if isinstance(message, str) else message


async def echo():
    """Their client: messages of all sizes and kinds, whole and in pieces."""
    messages = ["", "x", "\u00fc\u20ac\U0001f600" * 1000, b"", b"\0\1\2"]
    messages += [bytes(n % 251 for n in range(size))
                 for size in (125, 126, 65535, 65536, 1 << 20)]
    async with Host("echo", "--listen", "ws://127.0.0.1:0/echo") as host:
        async with websockets.connect(
                host.web[0], compression=None, max_size=None) as peer:
            for message in messages:
                await peer.send(message)
                reply = await soon(peer.recv())
                check("binary back", isinstance(reply, bytes))
                check("the same back", reply == as_bytes(message))
            await peer.send(["in ", "\u20ac", " pieces"])
            check("joined", await soon(peer.recv()) ==
                  "in \u20ac pieces".encode())
            # Many at once, with pings between.
            pongs = []
            for i in range(1000):
                await peer.send(str(i))
                if i % 100 == 0:
                    pongs.append(await peer.ping(b"%d" % i))
            for i in range(1000):
                check("in order", await soon(peer.recv()) == b"%d" % i)
            for pong in pongs:
                await soon(pong)
            await soon(peer.close(4001, "enough"))
            check("their status back", peer.close_code == 4001)


async def smaller():
    """Their client, with permessage-deflate (RFC 7692)."""
    messages = ["", "x", "\u00fc\u20ac\U0001f600" * 1000, b"\0" * 70000]
    messages += [f'{{"type":"message","id":{i},"text":"{"hello " * 40}"}}'
                 for i in range(100)]
    offers = [{}, {"client_max_window_bits": True},
              {"client_max_window_bits": 10}, {"server_max_window_bits": 9},
              {"server_no_context_takeover": True},
              {"client_no_context_takeover": True}]
    for options in ("yes", "takeover", "takeover&deflate_bits=11"):
        async with Host("echo", "--listen",
                        f"ws+text://127.0.0.1:0/?deflate={options}") as host:
            for offer in offers:
                async with websockets.connect(
                        host.web[0], compression=None, max_size=None,
                        extensions=[ClientPerMessageDeflateFactory(**offer)]
                ) as peer:
                    check(f"{options}, {offer}: agreed",
                          "permessage-deflate" in peer.response_headers[
                              "Sec-WebSocket-Extensions"])
                    for message in messages:
                        await peer.send(message)
                        check(f"{options}, {offer}: the same back",
                              as_bytes(await soon(peer.recv())) ==
                              as_bytes(message))
                    await peer.send(["in ", "\u20ac" * 100, " pieces"])
                    check("joined", await soon(peer.recv()) ==
                          "in " + "\u20ac" * 100 + " pieces")


async def stop():
    """The host stops: 1001, behind what was sent."""
    async with Host("echo", "--listen", "ws+text://127.0.0.1:0") as host:
        peer = await websockets.connect(host.web[0], compression=None)
        await peer.send("last")
        check("text back", await soon(peer.recv()) == "last")
    try:
        await soon(peer.recv())
        check("an end", False)
    except websockets.ConnectionClosed:
        check("going away", peer.close_code == 1001)


async def refused():
    """What a wrong request is answered with."""
    async with Host("echo", "--listen",
                    "ws://127.0.0.1:0/a?origin=https://a.example") as host:
        place = host.web[0].removeprefix("ws://")
        upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
                   "-H", "Sec-WebSocket-Version: 13"]
        key = ["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        cases = [
            (426, []),
            (404, [f"http://{place}x"]),
            (405, ["-X", "PUT"] + upgrade + key),
            (400, upgrade),
            (400, upgrade + key + ["-d", "body", "-X", "GET"]),
            (403, upgrade + key + ["-H", "Origin: https://b.example"]),
            (426, upgrade[:-2] + key),
            (431, ["-H", "X: " + "x" * 9000]),
            (505, ["--http1.0"] + upgrade + key),
        ]
        for status, args in cases:
            target = [] if args and args[0].startswith("http") else [
                f"http://{place}"]
            code, out, err = await run(
                "curl", "-s", "-i", "-m", "20", *args, *target)
            check(f"{status} for {args}, found {out[:20]!r}, curl {code}",
                  code == 0 and out.startswith(f"HTTP/1.1 {status} "))
        async with websockets.connect(
                host.web[0], origin="https://a.example"):
            check("the origin that is named", True)


async def cat_against_them():
    """Our client, their server."""
    asked = []

    async def serve(peer):
        asked.append((peer.path, peer.request_headers["Host"]))
        await peer.ping(b"are you there")
        async for message in peer:
            await peer.send([as_bytes(message)[:2], as_bytes(message)[2:]])

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code, out, err = await run(
            WEFT, "cat", f"ws://127.0.0.1:{port}/p", stdin=b"one\ntwo\n")
        check(f"weft cat: {out!r} {err!r}",
              code == 0 and out == "one\ntwo\n")
        check("what it asked", asked == [("/p", f"127.0.0.1:{port}")])
        lines = "".join(f"{i} of {'many ' * 60}\n" for i in range(100))
        for options in ("yes", "takeover", "takeover&deflate_bits=9"):
            code, out, err = await run(
                WEFT, "cat", f"ws://127.0.0.1:{port}/p?deflate={options}",
                stdin=lines.encode())
            check(f"weft cat, {options}: {err!r}", code == 0 and out == lines)
        code, out, err = await run(
            WEFT, "cat", f"ws+text://127.0.0.1:{port}/?protocols=a")
        check(f"weft cat of nothing: {err!r}", code == 0)

    async def http(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(http, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code, out, err = await run(
            WEFT, "cat", f"ws://127.0.0.1:{port}", stdin=b"one\n")
        check(f"no WebSocket: {err!r}", code != 0 and "101" in err)


async def chat():
    """A browser's side and a program's in one room."""
    async with Host("chat", "--listen", "ws+text://127.0.0.1:0/chat",
                    "--listen", "tcp+line://127.0.0.1:0") as host:
        async with websockets.connect(host.web[0]) as ann:
            await soon(ann.recv())
            for line in ("/nick ann", "/join room"):
                await ann.send(line)
            while "1 in room" not in await soon(ann.recv()):
                pass
            cat = await asyncio.create_subprocess_exec(
                WEFT, "cat", host.urls[1], stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE)
            cat.stdin.write(b"/nick bob\n/join room\nhello ann\n")
            while await soon(ann.recv()) != "bob: hello ann":
                pass
            await ann.send("hello bob")
            while await soon(cat.stdout.readline()) != b"ann: hello bob\n":
                pass
            cat.kill()
            await soon(cat.wait())
            check("both heard", True)


async def main():
    await echo()
    await smaller()
    await stop()
    await refused()
    await cat_against_them()
    await chat()
    print(f"{passed} passed")


asyncio.run(main())
