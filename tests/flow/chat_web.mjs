// SPDX-License-Identifier: Apache-2.0
//
// tests/flow/chat_web.mjs WEFT PAGE PICTURES - the page of examples/chat-web in
// two browsers, a desktop and a phone, with a weft cat in the same room.
//
// Nothing here sleeps: each wait is for something, and has a deadline.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const [weft, page, pictures] = process.argv.slice(2);
const { chromium } = await import(process.env.PLAYWRIGHT);
const DEADLINE = 60000;
const children = new Set();
let passed = 0;

function check(what, found, wanted = true) {
	const is = JSON.stringify(found), should = JSON.stringify(wanted);

	if (is !== should)
		throw new Error(`${what}: expected ${should}, found ${is}`);
	passed++;
}

function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(
			`${what}: not within ${DEADLINE} ms`)), DEADLINE);
	});

	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A program: next() is the next line of what it prints that is like that.
function run(args, errors = "inherit") {
	const child = spawn(weft, args, { stdio: ["pipe", "pipe", errors] });
	const lines = createInterface({ input: child.stdout })[
		Symbol.asyncIterator]();
	const ended = new Promise((resolve) => child.on("close", resolve));

	children.add(child);
	return {
		say: (text) => child.stdin.write(text),
		next: (like) => within((async () => {
			for (;;) {
				const { value, done } = await lines.next();

				if (done)
					throw new Error(`the end before ${like}`);
				if (like.test(value))
					return value;
			}
		})(), like),
		end: () => {
			child.kill("SIGTERM");
			return within(ended, "the end of weft " + args[0]);
		},
	};
}

const types = { html: "text/html", css: "text/css", js: "text/javascript" };

// The files of the page, and no other.
function serve() {
	const server = createServer(async (request, response) => {
		const path = new URL(request.url, "http://x").pathname;
		const name = path === "/" ? "index.html" : path.slice(1);

		try {
			if (!/^[\w-]+\.(html|css|js)$/.test(name))
				throw new Error(name);
			response.setHeader("content-type",
				types[name.split(".").pop()] + "; charset=utf-8");
			response.end(await readFile(`${page}/${name}`));
		} catch {
			response.statusCode = 404;
			response.end();
		}
	});

	return new Promise((resolve) => server.listen(0, "127.0.0.1",
		() => resolve(server)));
}

async function host(origin, wsPort, tcpPort) {
	const chat = run(["run", "chat",
		"--listen", `ws://127.0.0.1:${wsPort}/chat?origin=${origin}`,
		"--listen", `tcp+line://127.0.0.1:${tcpPort}`]);
	const port = (line) => Number(/:(\d+)[/ ]/.exec(line)[1]);

	chat.ws = port(await chat.next(/^listening ws:/));
	chat.tcp = port(await chat.next(/^listening tcp/));
	await chat.next(/^ready/);
	return chat;
}

// A port that nobody has: both listeners of the next one name it.
function free() {
	const server = createServer();

	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => {
		const { port } = server.address();

		server.close(() => resolve(port));
	}));
}

// As the README has it: plugins/files serves the page where the chat is.
async function home() {
	const port = await free();
	const both = run(["run", `files?root=${page}`,
		"--listen", `http://127.0.0.1:${port}`,
		"chat", "--listen", `ws://127.0.0.1:${port}/chat`]);

	await both.next(/^ready/);
	return { both, port };
}

// ---- a reader

const problems = [];

async function open(browser, url, options) {
	const context = await browser.newContext(options);
	const tab = await context.newPage();

	tab.setDefaultTimeout(DEADLINE);
	tab.on("pageerror", (error) => problems.push(String(error)));
	tab.on("console", (message) => {
		// That nobody listens is what a part of this is about.
		if (message.type() === "error" &&
			!/^WebSocket connection to /.test(message.text()))
			problems.push(message.text());
	});
	await tab.goto(url);
	return tab;
}

async function enter(tab, name, room) {
	await tab.getByLabel("Your name").fill(name);
	await tab.getByLabel("Room").fill(room);
	await tab.getByLabel("Room").press("Enter");
	await inside(tab);
}

const log = (tab) => tab.getByRole("log", { name: "Messages" });
const box = (tab) => tab.getByRole("textbox", { name: "Message" });
const send = (tab) => tab.getByRole("button", { name: "Send" });
const inside = (tab) => tab.waitForFunction(() =>
	document.querySelector("#say button").disabled === false);
const status = (tab, like) => tab.getByRole("status").filter(
	{ hasText: like }).waitFor({ state: "attached" });

async function say(tab, text) {
	await box(tab).fill(text);
	await box(tab).press("Enter");
}

// The last one with that text, and whose it is.
async function heard(tab, nick, text) {
	const item = log(tab).locator("p").filter({ hasText: text }).last();

	await item.waitFor();
	check(`${text}: whose it is`, await item.locator("b").textContent(), nick);
	return item;
}

const noted = (tab, text) => log(tab).locator("p.note").filter(
	{ hasText: text }).last().waitFor();

async function people(tab, ...names) {
	await tab.waitForFunction((wanted) => JSON.stringify(
		[...document.querySelectorAll("#people li")].map(
			(item) => item.textContent)) === wanted,
	JSON.stringify(names));
	check("how many", await tab.locator("#count").textContent(),
		names.length > 0 ? String(names.length) : "Who is");
}

const texts = (tab) => log(tab).locator("p:not(.note)").evaluateAll(
	(items) => items.map((item) => item.children[0].textContent + ": " +
		item.children[2].textContent));

async function fits(tab, width) {
	check(`${width} px: nothing beside the page`, await tab.evaluate(() =>
		document.documentElement.scrollWidth <= innerWidth &&
		document.getElementById("log").scrollWidth <= innerWidth));
	check(`${width} px: all of it is used`, await tab.evaluate(() => {
		const at = (id) =>
			document.getElementById(id).getBoundingClientRect();

		return Math.round(at("chat").top) === 0 &&
			Math.round(at("say").bottom) === innerHeight &&
			at("log").height > innerHeight / 2 &&
			at("log").bottom <= at("say").top;
	}));
	check(`${width} px: the box is on it`, await box(tab).isVisible());
}

// ---- the cases

async function two(ann, bob, cat) {
	check("the address says the room", new URL(ann.url()).hash, "#lobby");
	await people(ann, "ann (you)");
	check("the box has the focus", await ann.evaluate(() =>
		document.activeElement.id), "text");
	await say(ann, "Hello! Is anybody here?");
	await heard(ann, "ann", "Hello! Is anybody here?");
	await enter(bob, "bob", "lobby");
	await heard(bob, "ann", "Hello! Is anybody here?"); // history
	await noted(ann, "bob joined");
	await people(ann, "ann (you)", "bob");
	await people(bob, "ann", "bob (you)");
	await say(bob, "Hi ann, I am on my phone.");
	await heard(ann, "bob", "Hi ann, I am on my phone.");

	cat.say("/nick cid\n/join lobby\nAnd I sit at a terminal.\n");
	await heard(ann, "cid", "And I sit at a terminal.");
	await heard(bob, "cid", "And I sit at a terminal.");
	await people(bob, "ann", "bob (you)", "cid");
	await say(ann, "Nice: all three in the same room, from a browser, a " +
		"phone and a terminal.");
	await cat.next(/^ann: Nice: all three in the same room, /);
	await heard(bob, "ann", "Nice: all three in the same room");
}

async function hostile(ann, bob, cat) {
	const bad = "<img src=x onerror=\"document.title='!'\"><b>bold</b>";

	await say(bob, bad);
	const item = await heard(ann, "bob", bad);
	check("no markup", await item.locator("img, b >> text=bold").count(), 0);
	// Bytes that are no UTF-8, which a terminal may send.
	cat.say(Buffer.from("caf\xe9 au lait\n", "latin1"));
	await heard(ann, "cid", "caf\ufffd au lait");
	await heard(bob, "cid", "caf\ufffd au lait");
	await say(ann, "\u{1f44b} \u0645\u0631\u062d\u0628\u0627");
	await cat.next(/^ann: \u{1f44b} \u0645\u0631\u062d\u0628\u0627$/u);
	await heard(bob, "ann", "\u{1f44b} \u0645\u0631\u062d\u0628\u0627");
	// A name that is taken, and one that cannot be.
	cat.say("/nick ann\n");
	await cat.next(/^\* ann is taken$/);
	cat.say("/nick cyd\n");
	await noted(ann, "cid is now cyd");
	await people(bob, "ann", "bob (you)", "cyd");
	await say(ann, "/nick no blanks");
	await noted(ann, "a nick is 1 to 20");
	// More than the plugin takes stays in the box.
	await say(ann, "\u00fc".repeat(501));
	check("too long", await box(ann).inputValue(), "\u00fc".repeat(501));
	check("by so much", await ann.locator("#left").textContent(), "-2");
	await box(ann).fill("");
}

async function reload(bob) {
	const before = await texts(bob);

	await bob.reload();
	await inside(bob);
	check("history after a reload", await texts(bob), before);
	await people(bob, "ann", "bob (you)", "cyd");
}

// Who reads further up stays there, and is told.
async function above(ann, bob) {
	for (let i = 1; i <= 12; i++)
		await say(bob, `line ${i} of a longer story`);
	await heard(ann, "bob", "line 12 of");
	await ann.setViewportSize({ width: 1280, height: 420 });
	await log(ann).evaluate((list) => new Promise((resolve) => {
		list.onscrollend = resolve;
		list.scrollTo(0, 0);
	}));
	await say(bob, "and that was it.");
	await heard(ann, "bob", "and that was it.");
	await ann.getByRole("button", { name: "New messages" }).click();
	await ann.waitForFunction(() => {
		const list = document.getElementById("log");

		return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
	});
	await ann.setViewportSize({ width: 1280, height: 800 });
}

async function narrow(bob) {
	await say(bob, "a".repeat(200));
	await heard(bob, "bob", "a".repeat(200));
	for (const width of [320, 375]) {
		await bob.setViewportSize({ width, height: 667 });
		await fits(bob, width);
	}
}

// The host goes and comes back: all by itself, and nothing is lost or twice.
async function restart(ann, bob, chat, origin) {
	const before = await texts(ann);

	await box(ann).fill("a draft");
	check("the host's status", await chat.end(), 0);
	for (const tab of [ann, bob]) {
		await status(tab, "The connection is lost");
		check("nothing can be sent", await send(tab).isEnabled(), false);
		await people(tab);
	}
	await box(ann).press("Enter");
	check("the draft stays", await box(ann).inputValue(), "a draft");
	await ann.screenshot({ path: `${pictures}/chat_web_lost.png` });
	const again = await host(origin, chat.ws, chat.tcp);

	for (const tab of [ann, bob]) {
		await inside(tab);
		await noted(tab, "You are back.");
	}
	check("the log after that", await texts(ann), before);
	await box(ann).press("Enter");
	await heard(bob, "ann", "a draft");
	await people(ann, "ann (you)", "bob");
	return again;
}

// The network goes and comes back: what was said meanwhile is there, once.
async function offline(ann, bob) {
	const before = await texts(bob);

	await bob.context().setOffline(true);
	await status(bob, "The connection is lost");
	await noted(ann, "bob left");
	await people(ann, "ann (you)");
	await say(ann, "Where did he go?");
	await heard(ann, "ann", "Where did he go?");
	await bob.context().setOffline(false);
	await noted(ann, "bob joined");
	await heard(bob, "ann", "Where did he go?");
	check("what was missed, once", await texts(bob),
		[...before, "ann: Where did he go?"]);
}

async function leave(ann, bob) {
	await ann.getByRole("button", { name: "Leave" }).click();
	await noted(bob, "ann left");
	check("the door has the name",
		await ann.getByLabel("Your name").inputValue(), "ann");
	await ann.reload();
	check("and stays open", await ann.getByLabel("Your name").isVisible());
}

// A link names the room, and the page finds its chat by itself.
async function at_home(browser) {
	const { both, port } = await home();
	const dan = await open(browser, `http://127.0.0.1:${port}/#den`,
		{ viewport: { width: 1280, height: 800 } });

	check("the room of the link",
		await dan.getByLabel("Room").inputValue(), "den");
	await enter(dan, "dan", "den");
	await people(dan, "dan (you)");
	await say(dan, "Nobody but me.");
	await heard(dan, "dan", "Nobody but me.");
	await say(dan, "/join attic");
	await dan.waitForURL(/#attic$/);
	await inside(dan);
	check("another room", await texts(dan), []);
	await dan.context().close();
	check("its status", await both.end(), 0);
}

const server = await serve();
const origin = `http://127.0.0.1:${server.address().port}`;
let chat = await host(origin, 0, 0);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM,
	args: ["--no-sandbox", "--disable-gpu"],
});
try {
	const url = `${origin}/?ws=ws://127.0.0.1:${chat.ws}/chat`;
	const cat = run(["cat", `tcp+line://127.0.0.1:${chat.tcp}`],
		"ignore"); // it says that the host has gone
	const ann = await open(browser, url,
		{ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
	const bob = await open(browser, url, { viewport: { width: 375,
		height: 667 }, deviceScaleFactor: 2, isMobile: true,
		hasTouch: true, locale: "en-GB" });

	await ann.screenshot({ path: `${pictures}/chat_web_door.png` });
	await bob.setViewportSize({ width: 320, height: 667 });
	check("the door fits", await bob.evaluate(() =>
		document.documentElement.scrollWidth <= innerWidth));
	await bob.setViewportSize({ width: 375, height: 667 });
	await enter(ann, "ann", "lobby");
	await two(ann, bob, cat);
	for (const dark of ["", "_dark"]) {
		const colorScheme = dark ? "dark" : "light";

		await ann.emulateMedia({ colorScheme });
		await bob.emulateMedia({ colorScheme });
		await ann.screenshot(
			{ path: `${pictures}/chat_web_1280${dark}.png` });
		await bob.screenshot(
			{ path: `${pictures}/chat_web_375${dark}.png` });
	}
	await hostile(ann, bob, cat);
	await reload(bob);
	await above(ann, bob);
	await narrow(bob);
	chat = await restart(ann, bob, chat, origin);
	await offline(ann, bob);
	await leave(ann, bob);
	await at_home(browser);
	check("errors of the page", problems, []);
	console.log(`${passed} passed`);
} catch (error) {
	console.log(`FAIL ${error.stack}`);
	if (problems.length > 0)
		console.log(problems.join("\n"));
	process.exitCode = 1;
} finally {
	await browser.close();
	server.close();
	for (const child of children)
		child.kill("SIGKILL");
}
