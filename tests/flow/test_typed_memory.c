/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_typed_memory.c - what values cost: no malloc() and no
 * free() for a message on its way in and out, and no memory for bytes that are
 * no value, however many come.
 *
 * malloc() and its sisters are wrapped (tests/tests.am) and counted, but not
 * in the test's own thread, where each assertion takes memory.
 */
#include "flow.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/some_types.h"
#include "flow_client.h"

#define TPL "tcp+tpl://127.0.0.1:0"
#define NWARM 200
#define NMESSAGES 2000

#define HOSTILE_CONNS 50
#define HOSTILE_MS 1500 /* WEFT_HOSTILE_MS in the environment: longer */

static unsigned long nallocs; /* atomic */
static _Thread_local bool is_test;

static void
count_alloc(void)
{
	if (!is_test)
		__atomic_fetch_add(&nallocs, 1, __ATOMIC_RELAXED);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_malloc(size_t size)
{
	count_alloc();
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	count_alloc();
	return __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	count_alloc();
	return __real_realloc(old, size);
}

static void
on_login(struct weft_call *call, weft_endpoint from, const struct login *login)
{
	(void)login_send(call, from, login);
}

static void
on_inventory(struct weft_call *call, weft_endpoint from,
    const struct inventory *inventory)
{
	(void)inventory_send(call, from, inventory);
}

static const struct weft_on receives[] = {
	WEFT_ON(login, on_login),
	WEFT_ON(inventory, on_inventory),
	WEFT_ON_END,
};

static const struct weft_plugin echo =
    WEFT_PLUGIN_INIT(.name = "echo", .receives = receives);

/* One there and back, n times. */
static void
there_and_back(
    struct flow_client *client, const uint8_t *image, size_t len, int n)
{
	static uint8_t back[8192];

	ck_assert_uint_le(len, sizeof(back));
	while (n-- > 0) {
		flow_write(client, image, len);
		flow_read(client, back, len);
		if (memcmp(back, image, len) != 0)
			ck_abort_msg("expected the same image, found another");
	}
}

START_TEST(a_value_costs_no_malloc)
{
	static struct slot slots[100];
	const struct login login = { "somebody", "and a password" };
	struct inventory inventory = { .player = 1, .slots = { slots, 100 } };
	struct flow *flow = flow_new();
	struct flow_client *client;
	unsigned long before, took;
	uint8_t images[2][4096];
	size_t lens[2];

	is_test = true;
	ck_assert_int_eq(weft_pack(&login_type, &login, images[0],
			     sizeof(images[0]), &lens[0]),
	    WEFT_OK);
	ck_assert_int_eq(weft_pack(&inventory_type, &inventory, images[1],
			     sizeof(images[1]), &lens[1]),
	    WEFT_OK);
	flow_start(flow, TPL, &echo);
	client = flow_client_new(&flow->bound[0]);
	there_and_back(client, images[0], lens[0], NWARM);
	there_and_back(client, images[1], lens[1], NWARM);
	before = __atomic_load_n(&nallocs, __ATOMIC_RELAXED);
	ck_assert_uint_gt(before, 0); /* they are counted */
	there_and_back(client, images[0], lens[0], NMESSAGES);
	there_and_back(client, images[1], lens[1], NMESSAGES);
	took = __atomic_load_n(&nallocs, __ATOMIC_RELAXED) - before;
	/* Blocks come in pools: now and then a new one. */
	ck_assert_uint_lt(took, NMESSAGES / 50);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- hostile bytes */

/* [kB] that this process has in memory. */
static unsigned long
resident_kb(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%lu %lu", &pages, &resident), 2);
	fclose(file);
	return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

/* Of each kind one: a count of 4 billion, a string that ends behind all, a
 * length that is not its own, another type, another format. */
static size_t
hostile(uint8_t *out, unsigned i)
{
	static const struct {
		const char *bytes;
		size_t len;
	} images[] = {
#define IMAGE(bytes) { bytes, sizeof(bytes) - 1 }
		IMAGE("tpl\2LEN.sUA(uvf)\0\x0a\0\0\0inventory"
		      "\0\0\0\0\0\0\0\0\xff\xff\xff\xff\1\2\3\4"),
		IMAGE("tpl\2LEN.sss\0\6\0\0\0login\4\0\0\0ann"
		      "\xff\xff\xff\x7f"),
		IMAGE("tpl\2LEN.sss\0\6\0\0\0other\1\0\0\0"),
		IMAGE("tpl\2LEN.A(A(A(c\0"),
		IMAGE("tpl\2LEN.A(A(A(A(c))))\0\xff\0\0\0\xff\0\0"
		      "\0\xff\0"),
	};
	size_t n = i % (sizeof(images) / sizeof(images[0]));

	uint32_t len = (uint32_t)images[n].len;

	memcpy(out, images[n].bytes, len);
	memcpy(out + 4, &len, sizeof(len));
	return len;
}

static size_t
hostile_flood(uint8_t *out, size_t size)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; len + 64 < size; i++)
		len += hostile(out + len, i);
	return len;
}

/* All that the sockets take, from all of them, for so long. */
static uint64_t
flood(struct flow_client **clients, const uint8_t *bytes, size_t len, int ms)
{
	uint64_t until = flow_now_ms() + (uint64_t)ms, sent = 0;
	size_t at[HOSTILE_CONNS] = { 0 };
	ssize_t n;
	int i;

	while (flow_now_ms() < until)
		for (i = 0; i < HOSTILE_CONNS; i++) {
			n = send(clients[i]->fd, bytes + at[i], len - at[i],
			    MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n <= 0)
				continue;
			at[i] = (at[i] + (size_t)n) % len;
			sent += (uint64_t)n;
		}
	return sent;
}

START_TEST(hostile_bytes_cost_no_memory)
{
	static uint8_t bytes[1 << 16];
	const char *longer = getenv("WEFT_HOSTILE_MS");
	int ms = longer != NULL ? atoi(longer) : HOSTILE_MS;
	struct flow_client *clients[HOSTILE_CONNS];
	struct flow *flow = flow_new();
	unsigned long before, after;
	size_t len = hostile_flood(bytes, sizeof(bytes));
	uint64_t sent;
	int i;

	flow_start(flow, TPL "?malformed=skip", &echo);
	for (i = 0; i < HOSTILE_CONNS; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	(void)flood(clients, bytes, len, ms / 3);
	before = resident_kb();
	sent = flood(clients, bytes, len, ms);
	after = resident_kb();
	/* It got as far as the judge of values. */
	flow_wait_count(flow, WEFT_COUNTER_messages_malformed, 1000);
	/* What a mailbox may hold, of all of them, is the budget: and most of
	 * that was there before. */
	ck_assert_uint_lt(after,
	    before + HOSTILE_CONNS * 2 * (64u + 256u) /* [kB] a block */);
	printf("%llu MB sent, %llu refused, %lu kB, then %lu kB\n",
	    (unsigned long long)(sent >> 20),
	    (unsigned long long)flow_count(
		flow, WEFT_COUNTER_messages_malformed),
	    before, after);
	for (i = 0; i < HOSTILE_CONNS; i++)
		flow_client_reset(&clients[i]);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN(
    "typed_memory", a_value_costs_no_malloc, hostile_bytes_cost_no_memory)
