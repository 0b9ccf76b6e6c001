/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/typed.c - weft_pack() and weft_unpack() beside libtpl,
 * protobuf-c and msgpack-c, for login (two strings), move (five numbers) and
 * inventory (100 structs) of tests/unit/some_types.h.
 *
 *	typed                            a Markdown table: medians of 7 rounds,
 *	                                 all libraries in turn in each, [ns] of
 *	                                 CPU time
 *	typed LIB MESSAGE WHAT N         WHAT, pack or unpack, N times: for
 *	                                 typed_instructions.sh
 *	typed libs                       the libraries that it was built with
 *
 * Each library says in its file, typed_*.c, how it is used; the values are
 * compared before anything is measured.  The last two are optional:
 *
 *	apt-get install libprotobuf-c-dev protobuf-c-compiler libmsgpack-dev
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "typed.h"

#define ROUNDS 7
#define ROUND_NS 20000000u /* how long one takes, about */
#define WHATS 2            /* pack, unpack */

static const struct typed_lib *const libs[] = {
	&typed_weft,
	&typed_tpl,
	&typed_tpl_cached,
#ifdef TYPED_PROTOBUF
	&typed_protobuf,
#endif
#ifdef TYPED_MSGPACK
	&typed_msgpack,
#endif
};

#define LIBS (sizeof(libs) / sizeof(libs[0]))

static const char *const messages[] = { "login", "move", "inventory" };
static const char *const whats[WHATS] = { "pack", "unpack" };

struct login typed_login = { "player-00042", "correct-horse-battery-st" };
struct move typed_move = { 4711, 103.25, -77.5, -312, 5 };
struct inventory typed_inventory = { 9007199254740993, { NULL, 0 } };

uint8_t typed_image[TYPED_ROOM];
size_t typed_image_len;
bool typed_checks;

static uint64_t mallocs;
static uint32_t compared;

/* What was measured. */
static struct {
	size_t bytes;
	uint64_t mallocs[WHATS];
	uint64_t n[WHATS];
	double ns[WHATS][ROUNDS];
} results[TYPED_MESSAGES][LIBS];

/* ---- mallocs are counted, those of the libraries too */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&                   \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define COUNTS_MALLOCS true
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);

WEFT_EXPORT void *
malloc(size_t size)
{
	mallocs++;
	return __libc_malloc(size);
}

WEFT_EXPORT void *
calloc(size_t count, size_t size)
{
	mallocs++;
	return __libc_calloc(count, size);
}

WEFT_EXPORT void *
realloc(void *at, size_t size)
{
	mallocs++;
	return __libc_realloc(at, size);
}
#else
#define COUNTS_MALLOCS false
#endif

/* ---- what typed.h has */

void
typed_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: expected %s\n", file, line, what);
	exit(1);
}

void
typed_keep(const void *image, size_t len)
{
	TYPED(len <= sizeof(typed_image));
	memcpy(typed_image, image, len);
	typed_image_len = len;
}

static void
compare_inventory(const struct inventory *inventory)
{
	uint32_t i;

	TYPED(inventory->player == typed_inventory.player);
	TYPED(inventory->slots.len == TYPED_SLOTS);
	for (i = 0; i < TYPED_SLOTS; i++) {
		const struct slot *slot = &inventory->slots.at[i];
		const struct slot *expected = &typed_inventory.slots.at[i];

		TYPED(slot->item == expected->item);
		TYPED(slot->count == expected->count);
		TYPED(slot->wear == expected->wear);
	}
}

void
typed_compare(enum typed_message message, const void *value)
{
	const struct login *login = value;
	const struct move *move = value;

	if (message == TYPED_LOGIN) {
		TYPED(strcmp(login->user, typed_login.user) == 0);
		TYPED(strcmp(login->password, typed_login.password) == 0);
	} else if (message == TYPED_MOVE) {
		TYPED(move->player == typed_move.player);
		TYPED(move->x == typed_move.x && move->y == typed_move.y);
		TYPED(move->heading == typed_move.heading);
		TYPED(move->flags == typed_move.flags);
	} else {
		compare_inventory(value);
	}
	compared++;
}

static void
make_slots(void)
{
	static struct slot slots[TYPED_SLOTS];
	uint32_t i;

	for (i = 0; i < TYPED_SLOTS; i++) {
		slots[i].item = i * 65537 + 1;
		slots[i].count = (uint16_t)(i * 37 + 1);
		slots[i].wear = 1.0 / (i + 1);
	}
	typed_inventory.slots.at = slots;
	typed_inventory.slots.len = TYPED_SLOTS;
}

/* ---- runs */

/* Also leaves in typed_image what unpack() takes.  Twice, for what is made
 * once is used again the second time. */
static void
check(const struct typed_lib *lib, int message)
{
	uint32_t before = compared;
	int i;

	typed_checks = true;
	for (i = 0; i < 2; i++) {
		lib->pack[message]();
		lib->unpack[message]();
	}
	TYPED(compared == before + 2);
	typed_checks = false;
}

static void
run(const struct typed_lib *lib, int message, int what, uint64_t n)
{
	void (*function)(void) =
	    what == 0 ? lib->pack[message] : lib->unpack[message];

	for (; n > 0; n--)
		function();
}

/* Of the CPU: others may want it too. */
static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static uint64_t
took_ns(const struct typed_lib *lib, int message, int what, uint64_t n)
{
	uint64_t from = now_ns();

	run(lib, message, what, n);
	return now_ns() - from;
}

/* How many take a round. */
static uint64_t
calibrate(const struct typed_lib *lib, int message, int what)
{
	uint64_t n = 1000, ns;

	while ((ns = took_ns(lib, message, what, n)) < ROUND_NS / 10)
		n *= 2;
	return n * ROUND_NS / ns + 1;
}

static void
prepare(int message, size_t i)
{
	int what;

	check(libs[i], message);
	results[message][i].bytes = typed_image_len;
	for (what = 0; what < WHATS; what++) {
		results[message][i].n[what] =
		    calibrate(libs[i], message, what);
		mallocs = 0;
		run(libs[i], message, what, 1000);
		results[message][i].mallocs[what] = mallocs / 1000;
	}
}

static void
measure(int message, size_t i, int round)
{
	uint64_t n;
	int what;

	check(libs[i], message);
	for (what = 0; what < WHATS; what++) {
		n = results[message][i].n[what];
		results[message][i].ns[what][round] =
		    (double)took_ns(libs[i], message, what, n) / (double)n;
	}
}

/* ---- the table */

static int
order(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void
print_row(int message, size_t i)
{
	char counted[32];
	int what;

	printf("| %s | %s | %zu |", messages[message], libs[i]->name,
	    results[message][i].bytes);
	for (what = 0; what < WHATS; what++) {
		double ns = results[message][i].ns[what][ROUNDS / 2];

		snprintf(counted, sizeof(counted), "%llu",
		    (unsigned long long)results[message][i].mallocs[what]);
		printf(" %.1f | %.1f | %s |", ns,
		    ns / results[message][0].ns[what][ROUNDS / 2],
		    COUNTS_MALLOCS ? counted : "?");
	}
	printf("\n");
}

static void
print(void)
{
	int message, what;
	size_t i;

	printf("| message | library | bytes | pack ns | ratio | mallocs |"
	       " unpack ns | ratio | mallocs |\n"
	       "|---|---|---|---|---|---|---|---|---|\n");
	for (message = 0; message < TYPED_MESSAGES; message++) {
		for (i = 0; i < LIBS; i++)
			for (what = 0; what < WHATS; what++)
				qsort(results[message][i].ns[what], ROUNDS,
				    sizeof(double), order);
		for (i = 0; i < LIBS; i++)
			print_row(message, i);
	}
#ifndef TYPED_PROTOBUF
	printf("\nwithout protobuf-c: it was not found\n");
#endif
#ifndef TYPED_MSGPACK
	printf("\nwithout msgpack-c: it was not found\n");
#endif
}

static void
run_all(void)
{
	int message, round;
	size_t i;

	for (message = 0; message < TYPED_MESSAGES; message++)
		for (i = 0; i < LIBS; i++)
			prepare(message, i);
	for (round = 0; round < ROUNDS; round++)
		for (message = 0; message < TYPED_MESSAGES; message++)
			for (i = 0; i < LIBS; i++)
				measure(message, i, round);
	print();
}

/* ---- one case */

static int
find(const char *word, const char *const *words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	typed_fail("LIB MESSAGE pack|unpack N", word, 0);
	return 0;
}

static void
run_one(char **args)
{
	const char *names[LIBS];
	int lib, message, what;
	size_t i;

	for (i = 0; i < LIBS; i++)
		names[i] = libs[i]->name;
	lib = find(args[0], names, LIBS);
	message = find(args[1], messages, TYPED_MESSAGES);
	what = find(args[2], whats, WHATS);
	check(libs[lib], message);
	run(libs[lib], message, what, strtoull(args[3], NULL, 10));
}

int
main(int argc, char **argv)
{
	size_t i;

	make_slots();
	if (argc == 5)
		run_one(argv + 1);
	else if (argc == 2 && strcmp(argv[1], "libs") == 0)
		for (i = 0; i < LIBS; i++)
			printf("%s\n", libs[i]->name);
	else if (argc == 1)
		run_all();
	else
		typed_fail("nothing, libs or LIB MESSAGE WHAT N", argv[1], 0);
	return 0;
}
