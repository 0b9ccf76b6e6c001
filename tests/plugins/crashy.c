/* SPDX-License-Identifier: Apache-2.0 */
/* Dies in the way that its message names, or its option. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pthread_setname_np */
#endif

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

/* Not inline and not static: each is a line of a stack. */
void crashy_null(void);
void crashy_abort(void);
void crashy_divide(int by);
void crashy_jump(void);
void crashy_free_twice(void);
int crashy_deep(int depth);
void *crashy_thread(void *arg);
void crashy_stack(void);
void crashy_sit(void);

static char how[64]; /* option: when to die otherwise */
static int both;     /* threads that are about to die together */

/* A compiler that knew it to be NULL would leave the store out. */
static int *volatile crashy_nothing;

__attribute__((noinline)) void
crashy_null(void)
{
	*crashy_nothing = 1;
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void
crashy_abort(void)
{
	abort();
}

__attribute__((noinline)) void
crashy_divide(int by)
{
	volatile int result = 7 / by;

	(void)result;
}

__attribute__((noinline)) void
crashy_jump(void)
{
	void (*volatile nowhere)(void) = NULL;

	nowhere();
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void
crashy_free_twice(void)
{
	void *volatile memory = malloc(10);

	free(memory);
	free(memory);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) int
crashy_deep(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth < 0 ? 0 : crashy_deep(depth + 1) + room[0];
}

/* The stack is nowhere: who walks it faults too. */
__attribute__((noinline)) void
crashy_stack(void)
{
#ifdef __x86_64__
	__asm__ volatile("mov $0x10, %rsp\n\tmov $0x20, %rbp\n\tret");
#endif
}

void *
crashy_thread(void *arg)
{
	crashy_null();
	return arg;
}

static void
crashy_in_thread(void)
{
	pthread_t thread;

	(void)pthread_create(&thread, NULL, crashy_thread, NULL);
	(void)pthread_join(thread, NULL);
}

/* Of a thread of its own, which has nothing to do with the crash. */
__attribute__((noinline)) void
crashy_sit(void)
{
	for (;;)
		(void)pause();
}

static void *
crashy_sitter(void *arg)
{
	(void)arg;
	crashy_sit();
	return NULL;
}

/* One that hears signals and one that does not. */
static int
crashy_threads(void)
{
	pthread_t sits, deaf;
	sigset_t all, before;

	(void)sigfillset(&all);
	if (pthread_create(&sits, NULL, crashy_sitter, NULL) != 0)
		return -ENOMEM;
	(void)pthread_setname_np(sits, "crashy sits");
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&deaf, NULL, crashy_sitter, NULL) != 0)
		return -ENOMEM;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_setname_np(deaf, "crashy deaf");
	return WEFT_OK;
}

/* Two workers at once: the second waits for the first. */
static void
crashy_both(void)
{
	(void)__atomic_add_fetch(&both, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&both, __ATOMIC_SEQ_CST) < 2)
		;
	crashy_null();
}

static void
crashy_die(const char *word, size_t len)
{
	const int zero = len == 0;

#define CRASHY_IS(text) (len == strlen(text) && memcmp(word, text, len) == 0)
	if (CRASHY_IS("null"))
		crashy_null();
	else if (CRASHY_IS("abort"))
		crashy_abort();
	else if (CRASHY_IS("divide"))
		crashy_divide(zero);
	else if (CRASHY_IS("jump"))
		crashy_jump();
	else if (CRASHY_IS("free"))
		crashy_free_twice();
	else if (CRASHY_IS("deep"))
		(void)crashy_deep(1);
	else if (CRASHY_IS("thread"))
		crashy_in_thread();
	else if (CRASHY_IS("stack"))
		crashy_stack();
	else if (CRASHY_IS("both"))
		crashy_both();
}

/* A codec of lines that dies of one that begins with "kill" or "jump". */
static int
frail_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	const uint8_t *end = memchr(data, '\n', len);

	(void)state;
	if (end == NULL)
		return len > max_message ? WEFT_ETOOBIG : WEFT_CUT_MORE;
	if (len >= 4 && memcmp(data, "kill", 4) == 0)
		crashy_null();
	if (len >= 4 && memcmp(data, "jump", 4) == 0)
		crashy_jump();
	cut->len = (size_t)(end - data);
	cut->used = cut->len + 1;
	return WEFT_CUT_MESSAGE;
}

static size_t
frail_tail(uint8_t *out, size_t len, uint32_t flags)
{
	(void)len;
	(void)flags;
	out[0] = '\n';
	return 1;
}

WEFT_CODEC(.name = "frail", .tail_max = 1, .decode = frail_decode,
    .tail = frail_tail);

#define order_MEMBERS(M) M(u32, number)
WEFT_TYPE(order);

static void
on_order(struct weft_call *call, weft_endpoint from, const struct order *order)
{
	(void)call;
	(void)from;
	if (order->number == 13)
		crashy_null();
	(void)weft_send(call, from, (struct weft_bytes){ "fine", 4 });
}

static const struct weft_on receives[] = {
	WEFT_ON(order, on_order),
	WEFT_ON_END,
};

static int
load(struct weft_load *load, void **state)
{
	const char *text = weft_load_option(load, "at");

	(void)state;
	(void)snprintf(how, sizeof(how), "%s", text == NULL ? "" : text);
	return strcmp(how, "threads") == 0 ? crashy_threads() : WEFT_OK;
}

static void
opened(struct weft_call *call, weft_endpoint who)
{
	(void)call;
	(void)who;
	if (strcmp(how, "opened") == 0)
		crashy_null();
}

static void
closed(struct weft_call *call, weft_endpoint who, enum weft_reason why)
{
	(void)call;
	(void)who;
	(void)why;
	if (strcmp(how, "closed") == 0)
		crashy_null();
}

static void
signal_told(struct weft_call *call, const struct weft_signal *signal)
{
	(void)call;
	(void)signal;
	crashy_null();
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	const struct weft_signal told = { .kind = 1, .bytes = msg };

	if (msg.len == 6 && memcmp(msg.data, "signal", 6) == 0)
		(void)weft_signal(weft_strand_of(call), &told);
	crashy_die(msg.data, msg.len);
	(void)weft_send(call, from, msg);
}

static void
route(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .status = 200 };

	(void)request;
	crashy_die(body.data, body.len);
	(void)weft_http_respond(call, NULL, &response);
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("POST", "/die", route),
	WEFT_ROUTE_END,
};

WEFT_PLUGIN(.name = "crashy", .version = "1.2", .load = load, .opened = opened,
    .message = message, .closed = closed, .signal = signal_told,
    .routes = routes, .receives = receives);
