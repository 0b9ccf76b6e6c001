/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/client_greet - the handshakes of TLS, and of codecs that have one, as
 * ws://.
 *
 * It waits: a client has nothing else to do before it is over.  And it reads
 * byte by byte, so that nothing of what comes behind is taken.
 *
 * thread: main.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "host/client.h"

#define GREET_FIRST_MAX 1024u /* [bytes] as weft/codec.h says */
#define GREET_MAX 8192u       /* [bytes] of an answer */
#define GREET_MS 10000        /* until the next byte */

static int
greet_fail(
    const struct wi_client *client, const char *found, struct weft_error *err)
{
	return wi_fail(err, WEFT_EMALFORMED,
	    "%s: expected the handshake of codec %s, found: %s", client->text,
	    client->codec->name, found);
}

/* One more byte; WEFT_OK, or the error. */
static int
greet_byte(const struct wi_client *client, int fd, struct ssl_st *tls,
    uint8_t *byte, struct weft_error *err)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do {
		if (!wi_client_holds(tls) && poll(&pfd, 1, GREET_MS) == 0)
			return greet_fail(client, "nothing for 10 s", err);
		n = wi_client_recv(fd, tls, byte, 1);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n == 1)
		return WEFT_OK;
	return greet_fail(client,
	    n == 0 ? "the server ended the connection" : strerror(errno), err);
}

/* The answer; it is judged after each byte. */
static int
greet_answer(const struct wi_client *client, int fd, struct ssl_st *tls,
    void *state, struct weft_error *err)
{
	uint8_t answer[GREET_MAX];
	struct weft_cut cut;
	size_t len = 0;
	int rc;

	for (;;) {
		if (len == sizeof(answer))
			return greet_fail(client, "a longer answer", err);
		rc = greet_byte(client, fd, tls, answer + len, err);
		if (rc != WEFT_OK)
			return rc;
		memset(&cut, 0, sizeof(cut));
		rc = client->codec->decode(
		    state, answer, ++len, GREET_MAX, &cut);
		if (rc == WEFT_CUT_OPEN)
			return WEFT_OK;
		if (rc == WEFT_CUT_END)
			return greet_fail(client,
			    cut.why != NULL ? cut.why : "its end", err);
		if (rc < 0)
			return greet_fail(client, weft_strerror(rc), err);
	}
}

int
wi_client_greet(const struct wi_client *client, int fd, struct ssl_st **tlsp,
    void *state, struct weft_error *err)
{
	char target[WI_URL_TARGET_MAX + WI_URL_TEXT_MAX];
	uint8_t first[GREET_FIRST_MAX];
	struct weft_codec_place place = { .authority = client->authority,
		.target = target,
		.origins = "",
		.protocols = client->url.protocols,
		.deflate = (uint32_t)client->url.numbers[WI_URL_deflate],
		.deflate_bits =
		    (uint32_t)client->url.numbers[WI_URL_deflate_bits] };
	size_t len = 0;
	int rc;

	rc = wi_client_tls_shake(client, fd, tlsp, err);
	if (rc != WEFT_OK || client->codec->begin == NULL)
		return rc;
	wi_url_target(&client->url, target, sizeof(target));
	rc = client->codec->begin(state, &place, first, sizeof(first), &len);
	if (rc != WEFT_OK)
		return greet_fail(client, weft_strerror(rc), err);
	if (wi_client_send(fd, *tlsp, first, len) != (ssize_t)len)
		return greet_fail(client, strerror(errno), err);
	return greet_answer(client, fd, *tlsp, state, err);
}
