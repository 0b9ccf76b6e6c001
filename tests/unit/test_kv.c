/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_kv.c - the parts of plugins/kv that need no socket: codec,
 * arguments, numbers, patterns, and the store, also from several threads.
 */
#include <pthread.h>

#include "codec_feed.h"

#include "check_main.h"
#include "base/hash.h"
#include "glob.h"
#include "resp.h"
#include "siphash.h"
#include "store.h"

static const struct weft_codec resp =
    WEFT_CODEC_INIT(.state_size = sizeof(struct kv_resp_state), .name = "resp",
	.decode = kv_resp_decode);

#define FEED(max, script, feed)                                               \
	codec_feed_all(                                                       \
	    &resp, CODEC_FEED_FRAMES, max, script, sizeof(script) - 1, feed)

static struct weft_bytes
message_at(const struct codec_feed *feed, size_t i)
{
	struct weft_bytes bytes = { feed->bytes.data +
		    feed->messages[i].offset,
		feed->messages[i].len };

	return bytes;
}

static struct weft_bytes
text_bytes(const char *text)
{
	struct weft_bytes bytes = { text, strlen(text) };

	return bytes;
}

START_TEST(commands_are_cut_alike_however_they_arrive)
{
	struct codec_feed feed;
	enum kv_fault fault;
	struct kv_args args;

	FEED(1000,
	    "*2\r\n$3\r\nGET\r\n$5\r\na\r\n\0b\r\n\r\n*0\r\n*-1\r\nPING\r\n"
	    "ECHO x\n*1\r\n$0\r\n\r\n",
	    &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 4);
	ck_assert_int_eq(
	    kv_args_parse(&args, message_at(&feed, 0), &fault), WEFT_OK);
	ck_assert_uint_eq(fault, KV_FAULT_NONE);
	ck_assert_uint_eq(args.argc, 2);
	ck_assert_uint_eq(args.argv[1].len, 5);
	ck_assert_mem_eq(args.argv[1].data, "a\r\n\0b", 5);
	kv_args_fini(&args);
	ck_assert_uint_eq(message_at(&feed, 1).len, 4);
	ck_assert_mem_eq(message_at(&feed, 2).data, "ECHO x", 6);
	codec_feed_free(&feed);
}
END_TEST

static const struct {
	const char *script;
	enum kv_fault fault;
} faults[] = {
	{ "*x\r\n", KV_FAULT_COUNT },
	{ "*\r\n", KV_FAULT_COUNT },
	{ "*1048577\r\n", KV_FAULT_COUNT },
	{ "*1\r\n$x\r\n", KV_FAULT_BULK },
	{ "*1\r\n$-1\r\n", KV_FAULT_BULK },
	{ "*1\r\n$1001\r\n", KV_FAULT_BULK },
	{ "*1\r\n:1\r\n", KV_FAULT_DOLLAR },
	{ "*2\r\n$1\r\na\r\n\r\n", KV_FAULT_DOLLAR },
};

START_TEST(fault_is_the_last_message_and_takes_what_follows)
{
	struct codec_feed feed;
	enum kv_fault fault;
	struct kv_args args;
	char script[64];
	size_t i;

	for (i = 0; i < CHECK_COUNT(faults); i++) {
		snprintf(script, sizeof(script), "PING\r\n%sPING\r\nPING\r\n",
		    faults[i].script);
		codec_feed_all(&resp, CODEC_FEED_FRAMES, 1000, script,
		    strlen(script), &feed);
		ck_assert_int_eq(feed.error, WEFT_OK);
		ck_assert_uint_eq(feed.nmessages, 2);
		ck_assert_int_eq(
		    kv_args_parse(&args, message_at(&feed, 1), &fault),
		    WEFT_OK);
		ck_assert_uint_eq(fault, faults[i].fault);
		ck_assert_uint_eq(args.argc, 0);
		kv_args_fini(&args);
		codec_feed_free(&feed);
	}
}
END_TEST

START_TEST(command_above_max_message_is_too_big_as_soon_as_it_shows)
{
	struct codec_feed feed;

	FEED(20, "*1\r\n$10\r\n0123456789\r\n", &feed); /* 21 bytes */
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	codec_feed_free(&feed);
	FEED(21, "*1\r\n$10\r\n0123456789\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_OK);
	ck_assert_uint_eq(feed.nmessages, 1);
	codec_feed_free(&feed);
	FEED(8, "PING 678\r\nPING 6789\r\n", &feed);
	ck_assert_int_eq(feed.error, WEFT_ETOOBIG);
	ck_assert_uint_eq(feed.nmessages, 1);
	codec_feed_free(&feed);
}
END_TEST

/* As another codec could bring them: nothing is read behind the end. */
START_TEST(arguments_are_not_believed_what_they_say)
{
	static const char whole[] = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
	enum kv_fault fault;
	struct kv_args args;
	struct weft_bytes msg;
	uint8_t *copy;
	size_t len;

	for (len = 1; len < sizeof(whole); len++) {
		copy = codec_bytes_exact((const uint8_t *)whole, len);
		msg.data = copy;
		msg.len = len;
		ck_assert_int_eq(kv_args_parse(&args, msg, &fault), WEFT_OK);
		ck_assert_uint_eq(args.argc, len < sizeof(whole) - 1 ? 0 : 2);
		ck_assert(
		    (fault == KV_FAULT_NONE) == (len == sizeof(whole) - 1));
		kv_args_fini(&args);
		free(copy);
	}
	msg = text_bytes("*1000000\r\n$1\r\na\r\n");
	ck_assert_int_eq(kv_args_parse(&args, msg, &fault), WEFT_OK);
	ck_assert_uint_eq(fault, KV_FAULT_CUT);
	kv_args_fini(&args);
}
END_TEST

START_TEST(numbers_are_what_redis_takes_for_one)
{
	static const char *const bad[] = { "", "-", "+1", "01", "-0", " 1",
		"1 ", "1x", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999" };
	static const int64_t good[] = { 0, 7, -7, 10, INT64_MAX, INT64_MIN };
	char text[KV_NUMBER_CHARS];
	int64_t number;
	size_t i, len;

	for (i = 0; i < CHECK_COUNT(bad); i++)
		ck_assert(!kv_number_parse(bad[i], strlen(bad[i]), &number));
	for (i = 0; i < CHECK_COUNT(good); i++) {
		len = kv_number_write(text, good[i]);
		ck_assert(kv_number_parse(text, len, &number));
		ck_assert_int_eq(number, good[i]);
	}
}
END_TEST

START_TEST(patterns_that_would_take_for_ever_take_no_time)
{
	char text[4001], pattern[4001];
	size_t i;

	memset(text, 'a', sizeof(text) - 1);
	for (i = 0; i + 1 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	text[4000] = pattern[4000] = '\0';
	ck_assert(kv_glob(text_bytes(pattern), text_bytes(text), false));
	pattern[3999] = 'b';
	ck_assert(!kv_glob(text_bytes(pattern), text_bytes(text), false));
	ck_assert(kv_glob(text_bytes("A[B-C]?"), text_bytes("abx"), true));
	ck_assert(!kv_glob(text_bytes("A[B-C]?"), text_bytes("abx"), false));
}
END_TEST

/* The library's own, which is tested against its authors' vectors. */
START_TEST(hash_is_the_librarys_siphash)
{
	struct wi_hash_key key = { { 0x0706050403020100u,
	    0x0f0e0d0c0b0a0908u } };
	struct wi_address address;

	ck_assert_uint_eq(sizeof(address), 24);
	memset(&address, 0x5a, sizeof(address));
	ck_assert(kv_siphash(key.words, &address, sizeof(address)) ==
	    wi_hash_address(&key, &address));
	ck_assert(
	    kv_siphash(key.words, NULL, 0) != kv_siphash(key.words, "\0", 1));
}
END_TEST

#define STORE_KEYS 5000

static struct kv_key
numbered_key(const struct kv_store *store, char *text, size_t size, int n)
{
	snprintf(text, size, "key:%d", n);
	return kv_store_key(store, text_bytes(text));
}

static void
put(struct kv_store *store, int n, int64_t expire_ms)
{
	struct kv_shard *shard;
	struct kv_entry *entry;
	char text[32];
	struct kv_key key = numbered_key(store, text, sizeof(text), n);

	shard = kv_store_lock_one(store, key.hash);
	entry = kv_shard_value(shard, &key, 4, true);
	ck_assert_ptr_nonnull(entry);
	memcpy(kv_entry_value(entry), "data", 4);
	kv_shard_expire(shard, entry, expire_ms);
	kv_store_unlock_one(shard);
}

static bool
take(struct kv_store *store, int n)
{
	struct kv_shard *shard;
	char text[32];
	struct kv_key key = numbered_key(store, text, sizeof(text), n);
	bool there;

	shard = kv_store_lock_one(store, key.hash);
	there = kv_shard_delete(shard, &key);
	kv_store_unlock_one(shard);
	return there;
}

static void
see(void *arg, struct kv_entry *entry)
{
	uint8_t *seen = arg;
	char text[32] = { 0 };
	int n;

	ck_assert_uint_lt(entry->key_len, sizeof(text));
	memcpy(text, entry->bytes, entry->key_len);
	n = atoi(text + strlen("key:"));
	if (n < STORE_KEYS)
		seen[n] = 1;
}

/* APPEND looks for the key, then asks for room behind what it found. */
START_TEST(key_that_was_found_is_there_until_the_unlock)
{
	struct kv_store *store;
	struct kv_shard *shard;
	struct kv_entry *entry;
	struct kv_key key;
	char text[32];
	int64_t when;

	ck_assert_int_eq(kv_store_new(&store, 0), WEFT_OK);
	put(store, 1, kv_store_now() + 1000000);
	key = numbered_key(store, text, sizeof(text), 1);
	shard = kv_store_lock_one(store, key.hash);
	entry = kv_shard_find(shard, &key);
	ck_assert_ptr_nonnull(entry);
	when = kv_store_now() + 1;
	kv_shard_expire(shard, entry, when);
	while (kv_store_now() <= when)
		continue;
	entry = kv_shard_value(shard, &key, 10, false);
	ck_assert_ptr_nonnull(entry);
	ck_assert_mem_eq(kv_entry_value(entry), "data", 4);
	ck_assert_int_eq(entry->expire_ms, when);
	kv_store_unlock_one(shard);
	shard = kv_store_lock_one(store, key.hash);
	ck_assert_ptr_null(kv_shard_find(shard, &key));
	kv_store_unlock_one(shard);
	kv_store_free(&store);
}
END_TEST

/* What stays is seen while the dicts grow tenfold and shrink again. */
START_TEST(scan_sees_what_stays_while_tables_change_size)
{
	static uint8_t seen[STORE_KEYS];
	struct kv_store *store;
	const bool stop = false;
	uint64_t cursor = 0;
	int n, more = STORE_KEYS, calls = 0;

	ck_assert_int_eq(kv_store_new(&store, 0), WEFT_OK);
	for (n = 0; n < STORE_KEYS; n++)
		put(store, n, KV_NO_EXPIRE);
	memset(seen, 0, sizeof(seen));
	do {
		cursor = kv_store_scan(store, cursor, 7, see, seen, &stop);
		for (n = 0; n < 100; n++, more++) {
			if (calls < 300)
				put(store, more, KV_NO_EXPIRE);
			else
				(void)take(store, more - 30000);
		}
		calls++;
	} while (cursor != 0);
	ck_assert_int_gt(calls, 600);
	for (n = 0; n < STORE_KEYS; n++)
		ck_assert_msg(seen[n] == 1, "key:%d was not seen", n);
	kv_store_free(&store);
}
END_TEST

START_TEST(memory_of_expired_keys_comes_back_by_writes_alone)
{
	uint64_t keys, expires;
	struct kv_store *store;
	int n;

	ck_assert_int_eq(kv_store_new(&store, 0), WEFT_OK);
	for (n = 0; n < STORE_KEYS; n++)
		put(store, n, 1);
	kv_store_count(store, &keys, &expires);
	ck_assert_uint_gt(keys, 0);
	/* So many that each shard has some. */
	for (n = 0; n < 100000; n++)
		put(store, STORE_KEYS + n % STORE_KEYS, KV_NO_EXPIRE);
	kv_store_count(store, &keys, &expires);
	ck_assert_uint_eq(expires, 0);
	ck_assert_uint_eq(keys, STORE_KEYS);
	kv_store_flush(store);
	ck_assert_uint_eq(kv_store_used(store), 0);
	kv_store_free(&store);
}
END_TEST

START_TEST(full_store_gives_expired_keys_back_without_a_write)
{
	struct kv_store *store;
	int n;

	ck_assert_int_eq(kv_store_new(&store, 1000), WEFT_OK);
	for (n = 0; n < STORE_KEYS; n++)
		put(store, n, kv_store_now() + 200);
	ck_assert(kv_store_full(store));
	while (kv_store_full(store))
		continue; /* the test's time limit is the deadline */
	kv_store_free(&store);
}
END_TEST

#define PAIR_TURNS 20000
#define PAIRS 8

struct pair_thread {
	struct kv_store *store;
	int from; /* first key of the pair; the second is from + 1000 */
	unsigned torn;
};

static void
pair_keys(struct kv_store *store, int n, char text[2][32],
    struct kv_key key[2], struct kv_locks *locks)
{
	int i;

	memset(locks, 0, sizeof(*locks));
	for (i = 0; i < 2; i++) {
		key[i] = numbered_key(store, text[i], 32, n + i * 1000);
		kv_locks_add(locks, key[i].hash);
	}
}

/* Writes both keys of pairs alike, and counts those it finds unlike. */
static void *
pair_run(void *arg)
{
	struct pair_thread *self = arg;
	struct kv_store *store = self->store;
	struct kv_entry *entry;
	struct kv_locks locks;
	struct kv_key key[2];
	char text[2][32];
	uint32_t seen[2];
	int turn, i;

	for (turn = 0; turn < PAIR_TURNS; turn++) {
		pair_keys(store, turn % PAIRS, text, key, &locks);
		kv_store_lock(store, &locks);
		for (i = 0; i < 2; i++) {
			seen[i] = 0;
			entry = kv_shard_find(
			    kv_store_shard(store, key[i].hash), &key[i]);
			if (entry != NULL)
				memcpy(&seen[i], kv_entry_value(entry), 4);
		}
		self->torn += seen[0] != seen[1];
		seen[0] = (uint32_t)(self->from * PAIR_TURNS + turn);
		for (i = 0; i < 2; i++) {
			entry =
			    kv_shard_value(kv_store_shard(store, key[i].hash),
				&key[i], 4, true);
			if (entry != NULL)
				memcpy(kv_entry_value(entry), &seen[0], 4);
		}
		kv_store_unlock(store, &locks);
		if (turn % 5000 == 4999)
			kv_store_flush(store);
	}
	return NULL;
}

START_TEST(commands_of_several_keys_are_one_step_to_other_threads)
{
	struct pair_thread threads[3];
	pthread_t ids[3];
	struct kv_store *store;
	int i;

	ck_assert_int_eq(kv_store_new(&store, 0), WEFT_OK);
	for (i = 0; i < 3; i++) {
		threads[i].store = store;
		threads[i].from = i;
		threads[i].torn = 0;
		ck_assert_int_eq(
		    pthread_create(&ids[i], NULL, pair_run, &threads[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
		ck_assert_uint_eq(threads[i].torn, 0);
	}
	kv_store_free(&store);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		commands_are_cut_alike_however_they_arrive,
		fault_is_the_last_message_and_takes_what_follows,
		command_above_max_message_is_too_big_as_soon_as_it_shows,
		arguments_are_not_believed_what_they_say,
		numbers_are_what_redis_takes_for_one,
		patterns_that_would_take_for_ever_take_no_time,
		hash_is_the_librarys_siphash,
		key_that_was_found_is_there_until_the_unlock,
		scan_sees_what_stays_while_tables_change_size,
		memory_of_expired_keys_comes_back_by_writes_alone,
		full_store_gives_expired_keys_back_without_a_write,
		commands_of_several_keys_are_one_step_to_other_threads,
	};

	return check_main("kv", tests, CHECK_COUNT(tests));
}
