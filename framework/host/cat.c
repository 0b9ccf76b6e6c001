/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/cat.c - weft cat: lines to a server as messages, replies to stdout.
 *
 * One poll() over stdin and the socket.  Input waits in stdin while the socket
 * does not take what is there already, so memory stays bounded.  It ends when
 * everything was answered, not when the server gets round to hanging up; a
 * byte stream has no replies to count and is ended by a half-close.
 *
 * thread: main.
 */
#include "host/cat.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "codec/codecs.h"
#include "codec/inflate.h"
#include "host/usage.h"

#define CAT_NAME "weft cat"
#define OUT_HIGH (256u << 10) /* [bytes] unsent at which stdin waits */

enum cat_verdict {
	CAT_GO_ON,
	CAT_DONE,
	CAT_FAILED
};

/* ---- command line */

enum {
	KEY_HEX = 0x100,
	KEY_TYPES,
	KEY_TYPE
};

static const char cat_doc[] =
    "Send each line of stdin as a message, print each reply as a line."
    "\v"
    "URL is tcp+CODEC://HOST:PORT, or tcp://HOST:PORT for a byte stream; "
    "unix+CODEC:///PATH; ws://HOST:PORT/PATH, or ws+text:// to send text; "
    "tls+CODEC:// and wss:// for the same by TLS; or udp://HOST:PORT, where "
    "each line is a datagram.\n\n"
    "With a codec, the newline is not part of the message.  weft cat ends "
    "when stdin has ended and as many replies came as messages were sent, or "
    "after --count replies; 0 waits for none.\n\n"
    "A byte stream (tcp://) is sent and printed as it comes.  After stdin's "
    "end the sending half is closed, and weft cat ends when the server closes "
    "the other one; --count counts newlines.\n\n"
    "With --hex, lines are hexadecimal digits (blanks are allowed between "
    "bytes), and so is what is printed.\n\n"
    "With --types, a line is a value of a type that PLUGIN (as in \"weft "
    "run\") receives or sends, in JSON: {\"say\":{\"text\":\"hi\"}}, "
    "or with "
    "--type say {\"text\":\"hi\"}; members that are left out have their "
    "defaults.  Bytes are {\"hex\":\"00ff\"} or a string of their text; a "
    "number that JSON cannot have is a string: \"18446744073709551615\", "
    "\"nan\".  What comes is printed like the first.  \"weft describe "
    "PLUGIN\" prints the types.\n\n"
    "Exit status: 0 all replies came, 1 they did not, or one was no value "
    "of a type of PLUGIN's, 2 wrong usage.";

static const struct argp_option cat_table[] = {
	{ .name = "count",
	    .key = 'n',
	    .arg = "N",
	    .doc = "End after N replies" },
	{ .name = "timeout",
	    .key = 't',
	    .arg = "T",
	    .doc =
		"After stdin's end, wait that long for the next reply (5s); "
		"0 waits for ever" },
	{ .name = "hex",
	    .key = KEY_HEX,
	    .doc = "Read and print hexadecimal digits" },
	{ .name = "types",
	    .key = KEY_TYPES,
	    .arg = "PLUGIN",
	    .doc = "Read and print values of its types, as JSON" },
	{ .name = "type",
	    .key = KEY_TYPE,
	    .arg = "NAME",
	    .doc = "The type of all lines" },
	{ .name = NULL }
};

/* All options are known: do they go together? */
static void
cat_option_end(const struct wi_cat *c, struct argp_state *state)
{
	if (c->url == NULL)
		argp_error(state, "expected the URL of a server");
	if (c->types.name != NULL && c->types.what == NULL)
		argp_error(state, "--type: expected --types as well");
	if (c->types.what != NULL && c->hex)
		argp_error(state,
		    "expected --types or --hex, found "
		    "both");
}

static error_t
cat_option(int key, char *arg, struct argp_state *state)
{
	struct wi_cat *c = state->input;
	struct weft_error err;
	int rc = WEFT_OK;

	switch (key) {
	case 'n':
		c->counted = 1;
		rc = wi_usage_number(
		    "--count", arg, 0, UINT64_MAX, &c->count, &err);
		break;
	case 't':
		rc = wi_usage_duration("--timeout", arg, &c->timeout, &err);
		break;
	case KEY_HEX:
		c->hex = 1;
		break;
	case KEY_TYPES:
		c->types.what = arg;
		break;
	case KEY_TYPE:
		c->types.name = arg;
		break;
	case ARGP_KEY_ARG:
		if (c->url != NULL)
			argp_error(state,
			    "expected one URL, found a second:"
			    " \"%s\"",
			    arg);
		c->url = arg;
		break;
	case ARGP_KEY_END:
		cat_option_end(c, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (rc != WEFT_OK)
		argp_error(state, "%s", err.text);
	return 0;
}

/* ---- the loop */

static int
cat_connect(struct wi_cat *c, struct weft_error *err)
{
	struct pollfd pfd = { .events = POLLOUT };
	uint64_t wait_ms = c->timeout / 1000000;
	int rc = wi_client_connect(&c->client, 0, &c->fd, err);
	int n;

	if (rc != WEFT_OK)
		return rc;
	pfd.fd = c->fd;
	n = poll(&pfd, 1,
	    c->timeout == 0 || wait_ms > 1000000 ? -1 : (int)wait_ms + 1);
	if (n == 0)
		return wi_fail(err, -ETIMEDOUT,
		    "%s: cannot connect: no answer within %.3g s", c->url,
		    (double)c->timeout / 1e9);
	rc = wi_client_connected(&c->client, c->fd, err);
	if (rc == WEFT_OK)
		rc = wi_client_greet(
		    &c->client, c->fd, &c->tls, c->codec_state, err);
	c->greeted = rc == WEFT_OK;
	if (c->greeted)
		c->client.codec =
		    wi_codec_agreed(c->client.codec, c->codec_state, true);
	return rc;
}

/* It ended too early: say what is missing. */
static enum cat_verdict
cat_missing(const struct wi_cat *c, const char *why, struct weft_error *err)
{
	uint64_t want = c->counted ? c->count : c->sent;

	if (c->client.raw && !c->counted)
		wi_fail(err, -EPROTO, "%s: %s", c->url, why);
	else
		wi_fail(err, -EPROTO,
		    "%s: expected %" PRIu64 " %s, found %" PRIu64 ": %s",
		    c->url, want, c->client.raw ? "lines" : "replies",
		    c->replies, why);
	return CAT_FAILED;
}

static enum cat_verdict
cat_verdict(const struct wi_cat *c, uint64_t now, struct weft_error *err)
{
	int all_sent = c->input_ended && c->out.len == 0;
	int waits_for_end = c->client.raw && !c->counted;
	char why[160], status[24] = "";

	if (wi_cat_enough(c) && (c->count != 0 || all_sent))
		return CAT_DONE;
	if (all_sent && !c->counted && !c->client.raw &&
	    c->replies >= c->sent && c->peer_cause == 0)
		return CAT_DONE;
	if (c->peer_ended) {
		if (waits_for_end && all_sent && c->peer_cause == 0)
			return CAT_DONE;
		if (c->status != 0)
			snprintf(status, sizeof(status), " (status %u)",
			    (unsigned)c->status);
		snprintf(why, sizeof(why), "%s%s%s",
		    c->peer_cause == ECONNREFUSED ?
			"nobody listens there" :
			"the peer closed the connection",
		    c->input_ended ? "" : " before the input ended",
		    c->peer_cause == ECONNRESET ? " (reset)" : status);
		return cat_missing(c, why, err);
	}
	if (all_sent && c->timeout != 0 && now >= c->progress + c->timeout) {
		snprintf(why, sizeof(why), "%s for %.3g s",
		    waits_for_end ? "the peer neither sent nor closed" :
				    "no other came",
		    (double)c->timeout / 1e9);
		return cat_missing(c, why, err);
	}
	return CAT_GO_ON;
}

/* How long poll() may sleep [ms]. */
static int
cat_patience(const struct wi_cat *c, uint64_t now)
{
	uint64_t at = c->progress + c->timeout;

	if (!c->input_ended || c->timeout == 0)
		return -1;
	if (at <= now)
		return 0;
	/* poll() counts in an int; a longer wait is asked for again. */
	return at - now > UINT64_C(3600000000000) ?
	    3600000 :
	    (int)((at - now) / 1000000) + 1;
}

/* Wait for what can move, and move it. */
static int
cat_turn(struct wi_cat *c, uint64_t now, struct weft_error *err)
{
	struct pollfd pfd[2] = { { .fd = c->fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };
	size_t unsent = c->out.len - c->out.from;
	int rc = WEFT_OK;

	if (unsent != 0)
		pfd[0].events |= POLLOUT;
	if (!c->input_ended && unsent < OUT_HIGH)
		pfd[1].fd = STDIN_FILENO;
	if (poll(pfd, 2, wi_client_holds(c->tls) ? 0 : cat_patience(c, now)) <
		0 &&
	    errno != EINTR)
		return wi_fail(
		    err, -errno, "cannot wait for input: %s", strerror(errno));
	if (pfd[1].revents != 0)
		rc = wi_cat_read_input(c, err);
	if (rc == WEFT_OK && c->out.len != 0)
		wi_cat_write(c);
	if (rc == WEFT_OK &&
	    ((pfd[0].revents & ~POLLOUT) != 0 || wi_client_holds(c->tls)))
		rc = wi_cat_read_replies(c, err);
	if (rc == WEFT_OK && c->client.raw && c->input_ended &&
	    c->out.len == 0 && !c->shut) {
		c->shut = 1;
		wi_client_shut(c->fd, c->tls);
	}
	return rc;
}

static int
cat_run(struct wi_cat *c, struct weft_error *err)
{
	enum cat_verdict verdict;
	uint64_t now = wi_clock_ns();
	int rc = WEFT_OK;

	c->progress = now;
	while ((verdict = cat_verdict(c, now, err)) == CAT_GO_ON) {
		rc = cat_turn(c, now, err);
		if (rc != WEFT_OK)
			return rc;
		now = wi_clock_ns();
	}
	return verdict == CAT_DONE ? WEFT_OK : err->code;
}

/* All that must be there before a connection is tried. */
static int
cat_prepare(struct wi_cat *c, struct weft_error *err)
{
	int rc = wi_client_resolve(&c->client, c->url, true, err);

	if (rc != WEFT_OK)
		return rc;
	if (c->types.what != NULL &&
	    c->client.codec == &wi_codec_ws_client_text)
		return wi_fail(err, WEFT_EURL,
		    "%s: --types: expected a URL whose messages are bytes, as "
		    "ws://, found one of text",
		    c->url);
	if (c->types.what != NULL && c->client.raw)
		return wi_fail(err, WEFT_EURL,
		    "%s: --types: expected a codec that has messages, as in "
		    "tcp+tpl, found a byte stream",
		    c->url);
	if (c->types.what != NULL)
		rc = wi_cat_types_open(&c->types, err);
	if (rc != WEFT_OK || c->client.codec->state_size == 0)
		return rc;
	c->codec_state = calloc(1, c->client.codec->state_size);
	return c->codec_state != NULL ? WEFT_OK :
					wi_fail(err, -ENOMEM, "no memory");
}

static void
cat_clean(struct wi_cat *c)
{
	uint8_t goodbye[256];

	if (c->greeted && c->client.codec->end != NULL)
		(void)wi_client_send(c->fd, c->tls, goodbye,
		    c->client.codec->end(
			c->codec_state, WEFT_REASON_LOCAL, goodbye));
	wi_client_tls_end(&c->tls);
	wi_client_fini(&c->client);
	if (c->fd >= 0)
		close(c->fd);
	wi_cat_types_close(&c->types);
	free(c->codec_state);
	wi_inflater_free(&c->inflater);
	wi_arena_fini(&c->arena);
	free(c->line.data);
	free(c->out.data);
	free(c->back.data);
}

int
wi_cat_main(int argc, char **argv)
{
	static const struct argp argp = { .options = cat_table,
		.parser = cat_option,
		.args_doc = "URL",
		.doc = cat_doc };
	struct wi_cat c = { .fd = -1, .timeout = UINT64_C(5000000000) };
	struct weft_error err;
	int rc, no_such_type;

	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	rc = cat_prepare(&c, &err);
	no_such_type = rc == -EINVAL && c.types.name != NULL;
	if (rc == WEFT_OK)
		rc = cat_connect(&c, &err);
	if (rc == WEFT_OK)
		rc = cat_run(&c, &err);
	if (rc != WEFT_OK)
		wi_complain(CAT_NAME, "%s", err.text);
	cat_clean(&c);
	if (rc == WEFT_EURL || no_such_type)
		return WI_EXIT_USAGE;
	return rc == WEFT_OK && c.types.strangers == 0 ? WI_EXIT_OK :
							 WI_EXIT_FAILURE;
}
