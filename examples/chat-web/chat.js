// SPDX-License-Identifier: Apache-2.0
//
// The page of examples/chat-web: a client of plugins/chat.
//
// What the plugin says is lines.  "ann: hello" was said in the room; what
// begins with "* " is the server's.  Who joins gets the last lines that were
// said, then "* 2 in lobby: ann bob": up to that line it is history.
//
// Whatever others have said is text: it goes to the page by textContent only.

const $ = (id) => document.getElementById(id);
const KEEPS = 500; // lines of the log
const BYTES = 1000; // of what is said at once: the plugin takes no more
const FIRST = 500, LAST = 15000; // [ms] waits before it connects again

const query = new URLSearchParams(location.search);
const url = query.get("ws") ??
	location.origin.replace(/^http/, "ws") + "/chat";
const decoder = new TextDecoder(); // a line that is no UTF-8 ends nothing
const encoder = new TextEncoder();
const people = new Set();

let name, room; // what is wanted
let me; // what the room calls us: name, or name-2
let socket = null, timer, wait = FIRST;
let inside = false; // the history is over
let past = []; // the history, until it is
let said = []; // the lines in the log that were said
let unread = 0; // of them, while nobody looked
let follows = true; // the log stays at its end

// ---- the log

function atEnd() {
	return $("log").scrollHeight - $("log").scrollTop -
		$("log").clientHeight < 40;
}

function toEnd() {
	follows = true;
	$("log").scrollTop = $("log").scrollHeight;
	$("newer").hidden = true;
}

function append(item) {
	$("log").append(item);
	while ($("log").childElementCount > KEEPS)
		$("log").firstChild.remove();
	if (follows || item.classList.contains("mine"))
		toEnd();
	else
		$("newer").hidden = false;
}

function element(tag, text, kind = "") {
	const made = document.createElement(tag);

	made.textContent = text;
	made.className = kind;
	return made;
}

function note(text) {
	append(element("p", text, "note"));
}

function hue(nick) {
	return [...nick].reduce((n, c) => (n * 31 + c.codePointAt()) % 360, 7);
}

function show(line, live) {
	const nick = line.slice(0, line.indexOf(": "));
	const item = element("p", "");
	const before = $("log").lastChild?.dataset.nick;
	const who = element("b", nick,
		before === nick || nick === me ? "unseen" : "nick");
	const words = element("span", line.slice(nick.length + 2));

	item.dataset.nick = nick;
	item.classList.toggle("first", before !== nick);
	item.classList.toggle("mine", nick === me);
	who.style.setProperty("--hue", hue(nick));
	words.dir = "auto";
	item.append(who, element("span", ": ", "unseen"), words);
	if (live)
		item.append(element("time", new Date().toLocaleTimeString([],
			{ hour: "2-digit", minute: "2-digit" })));
	append(item);
	said = [...said, line].slice(-KEEPS);
	unread += live && document.hidden ? 1 : 0;
	titled();
}

function titled() {
	document.title = (unread > 0 ? `(${unread}) ` : "") +
		(name ? `#${room} - Weft chat` : "Weft chat");
}

function present() {
	const names = [...people].sort((a, b) => a.localeCompare(b));

	$("people").replaceChildren(...names.map((nick) =>
		element("li", nick === me ? `${nick} (you)` : nick)));
	$("count").textContent = people.size || "Who is";
	$("me").textContent = me;
	$("where").textContent = room;
}

// ---- what the server says

// In the room: the part of its history that is not in the log already.
function arrived() {
	const back = said.length > 0;
	let same = Math.min(past.length, said.length);

	while (past.slice(0, same).join("\n") !==
		said.slice(said.length - same).join("\n"))
		same--;
	$("log").ariaLive = "off"; // nobody wants all of that read out
	past.slice(same).forEach((line) => show(line, false));
	if (back)
		note("You are back.");
	$("log").ariaLive = "polite";
	inside = true;
	wait = FIRST;
	state("");
}

// "* ..."; whether it is worth a line in the log.
const news = [
	[/^\* \d+ in ([\w-]+): (.*)$/, (all, where, nicks) => {
		const asked = inside; // by /who

		room = where;
		location.replace("#" + room);
		people.clear();
		nicks.split(" ").forEach((nick) => people.add(nick));
		if (!inside)
			arrived();
		remember();
		return asked;
	}],
	[/^\* and in [\w-]+: (.*)$/, (all, nicks) => {
		nicks.split(" ").forEach((nick) => people.add(nick));
		return false;
	}],
	[/^\* ([\w-]+) joined$/, (all, nick) => people.add(nick)],
	[/^\* ([\w-]+) left$/, (all, nick) => people.delete(nick)],
	[/^\* ([\w-]+) is now ([\w-]+)$/, (all, nick, now) => {
		if (people.delete(nick))
			people.add(now);
		if (nick === me || !inside)
			me = name = now;
		if (inside)
			remember();
		return inside;
	}],
	[/^\* [\w-]+ is taken: you are ([\w-]+) here$/, (all, nick) => {
		me = nick;
		return true;
	}],
	[/^\* (?:you left [\w-]+|bye)$/, () => leave("")],
	[/^\* ([\w-]+ cannot be joined: .*)$/, (all, why) => leave(why)],
];

function hear(line) {
	if (!line.startsWith("* ")) {
		if (inside)
			show(line, true);
		else
			past.push(line);
		return;
	}
	for (const [like, does] of news) {
		const found = like.exec(line);

		if (found === null)
			continue;
		if (does(...found))
			note(line.slice(2));
		present();
		return;
	}
	if (inside || people.size > 0)
		note(line.slice(2));
}

// ---- the connection

function state(text, ms = 0) {
	$("state").hidden = text === "";
	$("say").querySelector("button").disabled = text !== "" || !inside;
	if ($("lost").textContent !== text)
		$("lost").textContent = text;
	$("countdown").textContent = ms > 0 ? `${Math.ceil(ms / 1000)} s` : "";
}

function connect() {
	const mine = new WebSocket(url);

	clearTimeout(timer);
	socket = mine;
	socket.binaryType = "arraybuffer";
	past = [];
	mine.onopen = () => {
		mine.send("/nick " + name);
		mine.send("/join " + room);
	};
	mine.onmessage = (event) => {
		if (mine === socket)
			hear(typeof event.data === "string" ? event.data :
				decoder.decode(event.data));
	};
	mine.onclose = () => {
		if (mine === socket)
			lost();
	};
}

// Again after a while: twice as long each time, and not all at once.
function lost() {
	const until = Date.now() + wait * (0.75 + Math.random() / 2);
	const old = socket;

	wait = Math.min(2 * wait, LAST);
	socket = null;
	old?.close();
	inside = false;
	people.clear();
	present();
	clearTimeout(timer);
	(function count() {
		const left = until - Date.now();

		if (left <= 0) {
			state("Connecting again ...");
			connect();
			return;
		}
		state("The connection is lost. Trying again in", left);
		timer = setTimeout(count, Math.min(left, 250));
	})();
}

function again() {
	if (name && socket === null) {
		wait = FIRST;
		state("Connecting again ...");
		connect();
	}
}

// ---- what the reader does

function remember() {
	sessionStorage.setItem("chat", JSON.stringify({ name, room }));
}

function enter(asName, asRoom) {
	const old = socket;

	socket = null;
	old?.close();
	name = me = asName;
	room = asRoom;
	$("door").hidden = true;
	$("chat").hidden = false;
	$("log").replaceChildren();
	said = [];
	unread = 0;
	wait = FIRST;
	inside = false;
	people.clear();
	present();
	titled();
	state("Connecting ...");
	$("text").focus();
	connect();
}

function leave(why) {
	const old = socket;

	clearTimeout(timer);
	sessionStorage.removeItem("chat");
	$("name").value = name;
	$("room").value = room;
	name = undefined;
	socket = null;
	old?.close();
	$("why").textContent = why;
	$("chat").hidden = true;
	$("door").hidden = false;
	titled();
	$("name").focus();
	return false;
}

function measure() {
	const left = BYTES - encoder.encode($("text").value).length;

	$("left").textContent = left < 100 ? left : "";
	$("left").classList.toggle("bad", left < 0);
	return left >= 0;
}

$("enter").onsubmit = (event) => {
	event.preventDefault();
	$("why").textContent = "";
	enter($("name").value, $("room").value);
};
$("say").onsubmit = (event) => {
	event.preventDefault();
	const text = $("text").value;
	const join = /^\/join\s+([\w-]{1,20})\s*$/.exec(text);

	if (!inside || text.trim() === "" || !measure())
		return;
	$("text").value = "";
	measure();
	if (join === null)
		socket.send(text);
	else if (join[1] !== room)
		enter(name, join[1]);
};
$("text").oninput = measure;
$("leave").onclick = () => leave("");
$("now").onclick = again;
$("newer").onclick = toEnd;
$("log").onscroll = () => {
	follows = atEnd();
	if (follows)
		$("newer").hidden = true;
};
// A phone's keyboard comes and goes.
new ResizeObserver(() => follows && toEnd()).observe($("log"));
document.onvisibilitychange = () => {
	unread = 0;
	titled();
};
addEventListener("online", again);
addEventListener("offline", () => name && socket !== null && lost());

const wide = matchMedia("(min-width: 48rem)");
$("fold").open = wide.matches;
wide.onchange = () => {
	$("fold").open = wide.matches;
};

// A reload goes on where it was; a link may name the room: /#lobby.
const before = JSON.parse(sessionStorage.getItem("chat") ?? "null");
if (location.hash.length > 1)
	$("room").value = location.hash.slice(1);
if (before !== null)
	enter(before.name, before.room);
else
	$("name").focus();
