/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_http.c - what a hostile client can do to codec/http.
 *
 * An input is: a byte that says in what steps it comes, one that says where
 * the first ends, and what the client sends.  Checked besides what the
 * sanitizers see:
 * - the same requests and the same end, however it comes;
 * - the same bodies in pieces as whole;
 * - what is kept is bounded;
 * - llhttp, in its strict mode, sees the same requests with the same bodies in
 *   what we let through, or refuses it: nobody can hide a request from one of
 *   two that read the same bytes (RFC 9112, section 11.2).
 */
#include <stdio.h>
#include <stdlib.h>

#define HTTP_FEED_FAIL(...)                                                   \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

#include "../unit/http_feed.h"

#include <llhttp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What llhttp saw, as struct http_feed has it. */
struct oracle {
	llhttp_t llhttp; /* first */
	struct http_feed feed;
	char target[WI_HTTP_HEAD_MAX];
	size_t target_len;
	bool refused;
	char body[HTTP_FEED_BODY + 1];
	size_t body_len;
};

static int
oracle_on_begin(llhttp_t *llhttp)
{
	struct oracle *oracle = (struct oracle *)llhttp;

	oracle->target_len = 0;
	oracle->body_len = 0;
	return 0;
}

static int
oracle_on_url(llhttp_t *llhttp, const char *at, size_t len)
{
	struct oracle *oracle = (struct oracle *)llhttp;

	if (len > sizeof(oracle->target) - oracle->target_len)
		return -1;
	memcpy(oracle->target + oracle->target_len, at, len);
	oracle->target_len += len;
	return 0;
}

static int
oracle_on_body(llhttp_t *llhttp, const char *at, size_t len)
{
	struct oracle *oracle = (struct oracle *)llhttp;

	if (len > HTTP_FEED_BODY - oracle->body_len)
		return -1;
	memcpy(oracle->body + oracle->body_len, at, len);
	oracle->body_len += len;
	return 0;
}

/* As http_feed_message() says it. */
static int
oracle_on_complete(llhttp_t *llhttp)
{
	struct oracle *oracle = (struct oracle *)llhttp;
	struct http_feed *feed = &oracle->feed;
	const char *method;

	feed->nrequests++;
	method = llhttp_method_name((llhttp_method_t)llhttp->method);
	http_feed_say(feed, method, strlen(method));
	http_feed_say(feed, " ", 1);
	http_feed_say(feed, oracle->target, oracle->target_len);
	http_feed_say(feed, " [", 2);
	http_feed_say(feed, oracle->body, oracle->body_len);
	http_feed_say(feed, "]\n", 2);
	/* It goes on, whatever it thinks of the connection; what stands behind
	 * an upgrade is ours to read. */
	llhttp->upgrade = 0;
	return 0;
}

/* So many requests of it, at most. */
static void
fuzz_oracle(struct oracle *oracle, const uint8_t *data, size_t len)
{
	llhttp_settings_t settings;
	size_t at = 0;

	llhttp_settings_init(&settings);
	settings.on_message_begin = oracle_on_begin;
	settings.on_url = oracle_on_url;
	settings.on_body = oracle_on_body;
	settings.on_message_complete = oracle_on_complete;
	memset(oracle, 0, sizeof(*oracle));
	llhttp_init(&oracle->llhttp, HTTP_REQUEST, &settings);
	llhttp_set_lenient_keep_alive(&oracle->llhttp, 1);
	/* By bytes: it stops at a request that asks for an upgrade. */
	for (; at < len; at++)
		if (llhttp_execute(&oracle->llhttp, (const char *)data + at,
			1) != HPE_OK) {
			oracle->refused = true;
			break;
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_feed whole, parts;
	static struct oracle oracle;
	size_t len;

	if (size < 2 || size > 20000)
		return 0;
	http_feed(&whole, data + 2, size - 2, 0, size);
	http_feed(&parts, data + 2, size - 2, data[1], 1 + data[0]);
	if (whole.nrequests != parts.nrequests ||
	    whole.status != parts.status ||
	    strcmp(whole.said, parts.said) != 0 ||
	    strcmp(whole.last, parts.last) != 0)
		HTTP_FEED_FAIL("%u requests and %u whole, %u and %u in parts",
		    whole.nrequests, whole.status, parts.nrequests,
		    parts.status);
	if (parts.kept >
	    (size_t)WI_HTTP_HEAD_MAX * 2 + HTTP_FEED_BODY * 2 + 1024)
		HTTP_FEED_FAIL("%zu bytes are kept", parts.kept);
	http_feed_by(&parts, &wi_codec_http_stream, data + 2, size - 2,
	    data[1], 1 + data[0]);
	if (memcmp(parts.said, whole.said, whole.len) != 0 ||
	    (whole.status != parts.status && whole.status != 413))
		HTTP_FEED_FAIL("\"%s\" and %u whole, \"%s\" and %u in pieces",
		    whole.said, whole.status, parts.said, parts.status);
	fuzz_oracle(&oracle, data + 2, size - 2);
	len = oracle.feed.len < whole.len ? oracle.feed.len : whole.len;
	if ((oracle.feed.nrequests < whole.nrequests && !oracle.refused) ||
	    memcmp(oracle.feed.said, whole.said, len) != 0)
		HTTP_FEED_FAIL("llhttp sees %u requests, \"%s\", we %u, "
			       "\"%s\"",
		    oracle.feed.nrequests, oracle.feed.said, whole.nrequests,
		    whole.said);
	return 0;
}
