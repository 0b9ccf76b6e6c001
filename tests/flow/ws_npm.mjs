// SPDX-License-Identifier: Apache-2.0
//
// tests/flow/ws_npm.mjs WEFT FOLDER - the cases of ws_npm.sh; npm's packages
// are in FOLDER.  Every wait has a deadline, and nothing sleeps.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { once } from "node:events";
import { createInterface } from "node:readline";

const [weft, folder] = process.argv.slice(2);
const WebSocket = createRequire(`${folder}/`)("ws");
const deadline = 30000;
let passed = 0;

function check(what, condition) {
    if (!condition) {
        console.log(`FAIL ${what}`);
        process.exit(1);
    }
    passed++;
}

function soon(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`waited for ${what}`)),
            deadline);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// weft run; its url, and stop() for its end in order.
async function host(options) {
    const child = spawn(weft, ["run", "echo", "--listen",
        `ws+text://127.0.0.1:0/${options}`],
        { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    let url;
    const ready = new Promise((resolve) => {
        lines.on("line", (line) => {
            if (line.startsWith("listening "))
                url = line.split(" ")[1].replace("ws+text", "ws");
            if (line === "ready")
                resolve();
        });
    });
    await soon(ready, "weft run");
    return {
        url,
        async stop() {
            const ended = once(child, "exit");
            child.kill("SIGTERM");
            const [code] = await soon(ended, "the end of weft run");
            check("the host ends in order", code === 0);
        },
    };
}

function texts() {
    const all = ["", "x", "\u00fc\u20ac\u{1f600}".repeat(500)];
    for (const size of [127, 128, 1000, 65535, 65536, 300000])
        all.push("the quick brown fox ".repeat(size / 20 + 1).slice(0, size));
    for (let i = 0; i < 50; i++)
        all.push(JSON.stringify({ type: "message", room: "general", id: i,
            text: "hello ".repeat(30 + i) }));
    return all;
}

// What comes back, one after the other.
class Inbox {
    constructor(peer) {
        this.got = [];
        this.wants = [];
        peer.on("message", (data, binary) => {
            const want = this.wants.shift();
            if (want)
                want([data, binary]);
            else
                this.got.push([data, binary]);
        });
    }

    next() {
        return soon(this.got.length > 0 ? Promise.resolve(this.got.shift()) :
            new Promise((resolve) => this.wants.push(resolve)), "a message");
    }
}

// Their client, our server: what is sent comes back, in fewer bytes.
async function theirClient(options, deflate, agreed) {
    const server = await host(options);
    const peer = new WebSocket(server.url, { perMessageDeflate: deflate });
    const inbox = new Inbox(peer);
    const what = `${options} ${JSON.stringify(deflate)}`;
    await soon(once(peer, "open"), `open: ${what}`);
    check(`extensions of ${what}: ${peer.extensions}`,
        peer.extensions === (agreed ? "permessage-deflate" : ""));
    let sum = 0;
    for (const text of texts()) {
        sum += text.length;
        peer.send(text, { compress: true });
        const [back, binary] = await inbox.next();
        check(`the same back: ${what}`, !binary && back.toString() === text);
    }
    // In pieces, and many at once.
    peer.send("piece ".repeat(100), { fin: false, compress: true });
    peer.send("", { fin: false, compress: true });
    peer.send("end", { fin: true, compress: true });
    check("pieces", (await inbox.next())[0].toString() ===
        "piece ".repeat(100) + "end");
    for (let i = 0; i < 500; i++)
        peer.send(`${i} `.repeat(100), { compress: i % 3 !== 0 });
    for (let i = 0; i < 500; i++)
        check(`in order: ${what}`,
            (await inbox.next())[0].toString() === `${i} `.repeat(100));
    const read = peer._socket.bytesRead;
    check(`${read} bytes for ${sum}: ${what}`,
        agreed ? read < sum / 2 : read > sum);
    const closed = once(peer, "close");
    peer.close(4001, "enough");
    check("their status back", (await soon(closed, "close"))[0] === 4001);
    await server.stop();
}

// Our client, their server.
async function ourClient(options, deflate, agreed) {
    const server = new WebSocket.Server({ host: "127.0.0.1", port: 0,
        perMessageDeflate: deflate });
    await soon(once(server, "listening"), "listening");
    let extensions, read;
    server.on("connection", (peer) => {
        extensions = peer.extensions;
        peer.on("message", (data) => {
            read = peer._socket.bytesRead;
            peer.send(data, { binary: false, compress: true });
        });
    });
    const what = `${options} ${JSON.stringify(deflate)}`;
    const lines = texts().filter((text) => text !== "").join("\n") + "\n";
    const child = spawn(weft, ["cat",
        `ws+text://127.0.0.1:${server.address().port}/${options}`],
        { stdio: ["pipe", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (data) => { out += data; });
    child.stdin.end(lines);
    const [code] = await soon(once(child, "close"), `weft cat: ${what}`);
    check(`weft cat ends well: ${what}`, code === 0);
    check(`the same back: ${what}`, out === lines);
    check(`extensions of ${what}: ${extensions}`,
        extensions === (agreed ? "permessage-deflate" : ""));
    check(`${read} bytes for ${lines.length}: ${what}`,
        agreed ? read < lines.length / 2 : read > lines.length);
    server.close();
}

const any = { threshold: 0 };
for (const options of ["?deflate=yes", "?deflate=takeover",
    "?deflate=takeover&deflate_bits=9"])
    for (const deflate of [any, { ...any, serverNoContextTakeover: true },
        { ...any, clientNoContextTakeover: true },
        { ...any, serverMaxWindowBits: 9 },
        { ...any, serverMaxWindowBits: 13, clientMaxWindowBits: 10 },
        { ...any, clientMaxWindowBits: 8 },
        { ...any, zlibDeflateOptions: { level: 9 } }])
        await theirClient(options, deflate, true);
await theirClient("?deflate=no", any, false);
await theirClient("?deflate=yes", false, false);

for (const options of ["?deflate=yes", "?deflate=takeover"])
    for (const deflate of [any, { ...any, serverNoContextTakeover: true },
        { ...any, clientNoContextTakeover: true },
        { ...any, clientMaxWindowBits: 9 },
        { ...any, clientMaxWindowBits: 13 }])
        await ourClient(options, deflate, true);
await ourClient("?deflate=takeover&deflate_bits=10", any, true);
await ourClient("?deflate=yes", false, false);
await ourClient("", any, false);
console.log(`${passed} passed`);
process.exit(0);
