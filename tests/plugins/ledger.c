/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/ledger.c - a plugin that counts, in several versions:
 * LEDGER_VERSION is its number, LEDGER_BAD what is wrong with it.
 *
 * count	-> VERSION ALL MINE ROOM SINCE, of which each counts the
 *		messages so far: of the plugin, of the endpoint, of its room
 * join NAME	into a room, which is a strand
 * tick MS	a signal to its strand each MS, told as "tick VERSION"
 * keep MS	a signal in MS whose memory this version's code frees
 * hold		-> holding; returns when the FIFO $LEDGER_HOLD is opened to
 *		write
 * die		aborts
 * ask		asks who sent it; the reply is told as "reply VERSION"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

enum ledger_bad {
	LEDGER_GOOD,
	LEDGER_REFUSES,   /* load() says no */
	LEDGER_CRASHES,   /* load() */
	LEDGER_HANGS,     /* load() */
	LEDGER_EXITS,     /* load() */
	LEDGER_ABORTS,    /* a constructor */
	LEDGER_MUTE,      /* it has no save_endpoint() */
	LEDGER_DEAF,      /* it has no load_endpoint() */
	LEDGER_KEEPS,     /* save() says no */
	LEDGER_SCOPE,     /* another scope */
	LEDGER_NAME,      /* another name */
	LEDGER_LATE,      /* load_endpoint() says no to the third */
	LEDGER_NO_REPLIES /* it does not list its on_reply() */
};

/* Version 2 has appended a member. */
#if LEDGER_VERSION >= 2
#define ledger_MEMBERS(M) M(u64, all) M(u32, since, 7)
#else
#define ledger_MEMBERS(M) M(u64, all)
#endif
WEFT_TYPE(ledger);

#define count_MEMBERS(M) M(u64, messages)
WEFT_TYPE(count);

#define LEDGER_TEXT_(n) #n
#define LEDGER_TEXT(n) LEDGER_TEXT_(n)
#define LEDGER LEDGER_TEXT(LEDGER_VERSION)

#if LEDGER_BAD == 5
__attribute__((constructor)) static void
ledger_abort(void)
{
	abort();
}
#endif

static int
load(struct weft_load *load, void **state)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return -ENOMEM;
	*state = ledger;
	if (LEDGER_BAD == LEDGER_REFUSES) {
		free(ledger);
		return weft_load_fail(load, -EPERM, "not today");
	}
	if (LEDGER_BAD == LEDGER_CRASHES)
		((volatile struct ledger *)NULL)->all = 1;
	if (LEDGER_BAD == LEDGER_EXITS)
		_exit(3);
	while (LEDGER_BAD == LEDGER_HANGS)
		(void)pause();
	if (!weft_load_is_reload(load))
		return WEFT_OK;
	return ledger_load(load, ledger);
}

static int
save(struct weft_save *save, void *state)
{
	return LEDGER_BAD == LEDGER_KEEPS ? -EPERM : ledger_save(save, state);
}

static int
save_endpoint(struct weft_save *save, weft_endpoint endpoint, void *user)
{
	(void)endpoint;
	return count_save(save, user);
}

static int
save_strand(struct weft_save *save, weft_strand strand, void *state)
{
	(void)strand;
	return count_save(save, state);
}

/* What was counted, in memory of this version's. */
static int
ledger_take(struct weft_load *load, void **out)
{
	struct count *count = malloc(sizeof(*count));
	int rv;

	if (count == NULL)
		return -ENOMEM;
	rv = count_load(load, count);
	if (rv < 0)
		free(count);
	else
		*out = count;
	return rv;
}

static int
load_endpoint(
    struct weft_load *load, void *state, weft_endpoint endpoint, void **user)
{
	static unsigned n;

	(void)state;
	(void)endpoint;
	if (LEDGER_BAD == LEDGER_LATE && ++n == 3)
		return weft_load_fail(load, -EPERM, "two are enough");
	return ledger_take(load, user);
}

static int
load_strand(
    struct weft_load *load, void *state, weft_strand strand, void **out)
{
	(void)state;
	(void)strand;
	return ledger_take(load, out);
}

static void
drop_endpoint(weft_endpoint endpoint, void *user)
{
	(void)endpoint;
	free(user);
}

static void
drop_strand(weft_strand strand, void *state)
{
	(void)strand;
	free(state);
}

static void
say(struct weft_call *call, weft_endpoint to, const char *text)
{
	(void)weft_send(call, to, (struct weft_bytes){ text, strlen(text) });
}

static uint64_t
counted(struct count *count)
{
	return count == NULL ? 0 : count->messages;
}

static void
tell(struct weft_call *call, weft_endpoint to)
{
	struct ledger *ledger = weft_call_state(call);
	char text[128];
	unsigned since = 0;

#if LEDGER_VERSION >= 2
	since = ledger->since;
#endif
	(void)snprintf(text, sizeof(text), "%s %llu %llu %llu %u", LEDGER,
	    (unsigned long long)__atomic_load_n(
		&ledger->all, __ATOMIC_RELAXED),
	    (unsigned long long)counted(weft_call_user(call)),
	    (unsigned long long)counted(weft_call_strand_state(call)), since);
	say(call, to, text);
}

static void
tick(struct weft_call *call, weft_endpoint from, unsigned ms)
{
	const struct weft_signal signal = { .kind = 1,
		.bytes = { &from, sizeof(from) } };

	(void)weft_signal_every(weft_strand_of(call), ms, &signal, NULL);
}

/* Its own function, so that its code is what waits. */
static void
release(void *data)
{
	free(data);
}

static void
keep(struct weft_call *call, unsigned ms)
{
	struct weft_signal signal = {
		.kind = 3, .data = malloc(16), .destroy = release
	};

	(void)weft_signal_after(weft_strand_of(call), ms, &signal, NULL);
}

static void
on_reply(struct weft_call *call, const struct weft_reply *reply, void *user)
{
	(void)user;
	say(call, reply->from,
	    reply->code == WEFT_OK ? "reply " LEDGER : "no reply " LEDGER);
}

static void
join(struct weft_call *call, weft_endpoint from, const char *name)
{
	weft_strand room;

	if (weft_strand_get(call, name, &room) < 0)
		return;
	(void)weft_bind(from, room);
	weft_strand_release(room);
}

static void
bound(struct weft_call *call, weft_endpoint who)
{
	(void)who;
	if (weft_call_strand_state(call) == NULL &&
	    weft_call_set_strand_state(call, calloc(1, sizeof(struct count))) <
		0)
		abort();
}

static void
ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	free(state);
}

static void
opened(struct weft_call *call, weft_endpoint from)
{
	(void)from;
	weft_call_set_user(call, calloc(1, sizeof(struct count)));
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	free(weft_call_user(call));
}

static void
hold(struct weft_call *call, weft_endpoint from)
{
	say(call, from, "holding");
	weft_flush(call);
	(void)close(open(getenv("LEDGER_HOLD"), O_RDONLY));
}

static void
obey(struct weft_call *call, weft_endpoint from, const char *text)
{
	if (strncmp(text, "join ", 5) == 0)
		join(call, from, text + 5);
	else if (strncmp(text, "tick ", 5) == 0)
		tick(call, from, (unsigned)atoi(text + 5));
	else if (strncmp(text, "keep ", 5) == 0)
		keep(call, (unsigned)atoi(text + 5));
	else if (strcmp(text, "ask") == 0 &&
	    weft_request(call, from, (struct weft_bytes){ "who?", 4 }, 60000,
		on_reply, NULL) < 0)
		say(call, from, "not asked");
	else if (strcmp(text, "hold") == 0)
		hold(call, from);
	else if (strcmp(text, "die") == 0)
		abort();
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct ledger *ledger = weft_call_state(call);
	struct count *mine = weft_call_user(call);
	struct count *room = weft_call_strand_state(call);
	char text[64] = "";

	(void)__atomic_fetch_add(&ledger->all, 1, __ATOMIC_RELAXED);
	if (mine != NULL)
		mine->messages++;
	if (room != NULL)
		room->messages++;
	if (msg.len < sizeof(text))
		memcpy(text, msg.data, msg.len);
	obey(call, from, text);
	tell(call, from);
}

static void
signal_told(struct weft_call *call, const struct weft_signal *signal)
{
	weft_endpoint to;

	if (signal->kind != 1)
		return;
	memcpy(&to, signal->bytes.data, sizeof(to));
	say(call, to, "tick " LEDGER);
}

static weft_on_reply *const replies[] = { on_reply, NULL };

WEFT_PLUGIN(.name = LEDGER_BAD == LEDGER_NAME ? "another" : "ledger",
    .version = LEDGER, .load = load, .unload = free, .opened = opened,
    .message = message, .closed = closed,
    .scope = LEDGER_BAD == LEDGER_SCOPE ? WEFT_SCOPE_PLUGIN :
					  WEFT_SCOPE_ENDPOINT,
    .signal = signal_told, .bound = bound, .ended = ended, .save = save,
    .save_strand = save_strand,
    .save_endpoint = LEDGER_BAD == LEDGER_MUTE ? NULL : save_endpoint,
    .load_strand = load_strand,
    .load_endpoint = LEDGER_BAD == LEDGER_DEAF ? NULL : load_endpoint,
    .drop_strand = drop_strand, .drop_endpoint = drop_endpoint,
    .replies = LEDGER_BAD == LEDGER_NO_REPLIES ? NULL : replies);
