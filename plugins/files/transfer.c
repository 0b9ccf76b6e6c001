/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer - a file leaves.
 *
 * A short one is the body of its reply; of a longer one pieces are written
 * until the client does not take more, and drained() goes on: a slow client
 * holds a descriptor and two pieces, and no worker.
 */
#include "files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSFER_PIECE 65536u /* [bytes] */

/* What is left of a file.  owned by: the connection (weft_call_user()). */
struct transfer {
	int fd;
	uint64_t at;
	struct weft_http_id id;
	uint32_t have; /* [bytes] of piece that were not taken */
	uint8_t piece[TRANSFER_PIECE];
};

static void
transfer_free(struct transfer *transfer)
{
	(void)close(transfer->fd);
	free(transfer);
}

/* The next piece; false: the file has become shorter, or cannot be read. */
static bool
transfer_read(struct transfer *transfer)
{
	size_t want = transfer->id.left < TRANSFER_PIECE ?
	    (size_t)transfer->id.left :
	    TRANSFER_PIECE;
	ssize_t n;

	if (transfer->have > 0)
		return true;
	n = pread(transfer->fd, transfer->piece, want, (off_t)transfer->at);
	if (n <= 0)
		return false;
	transfer->have = (uint32_t)n;
	transfer->at += (uint64_t)n;
	return true;
}

/* As much as the client takes; true: that was all. */
static bool
transfer_go_on(struct weft_call *call, struct transfer *transfer)
{
	int rv;

	while (transfer->id.left > 0 && transfer_read(transfer)) {
		rv = weft_http_write(call, &transfer->id,
		    (struct weft_bytes){ transfer->piece, transfer->have });
		if (rv == WEFT_EFULL)
			return false;
		if (rv < 0)
			return true; /* it is gone */
		transfer->have = 0;
	}
	/* If something is missing, the connection is aborted. */
	(void)weft_http_end(call, &transfer->id);
	return true;
}

static bool
transfer_is_head(const struct weft_call *call)
{
	struct weft_http_request request;

	return weft_call_http_request(call, &request) == WEFT_OK &&
	    request.method.len == 4 &&
	    memcmp(request.method.data, "HEAD", 4) == 0;
}

static void
transfer_long(struct weft_call *call, const struct files_found *found,
    struct files_part part, const struct weft_http_response *response)
{
	struct transfer *transfer = malloc(sizeof(*transfer));

	if (transfer == NULL) {
		(void)close(found->fd);
		(void)weft_http_reply(
		    call, 503, NULL, (struct weft_bytes){ NULL, 0 });
		return;
	}
	transfer->fd = found->fd;
	transfer->at = part.first;
	transfer->have = 0;
	if (transfer_is_head(call)) {
		/* The length is said, and nothing is read. */
		if (weft_http_defer(call, &transfer->id) == WEFT_OK &&
		    weft_http_begin(call, &transfer->id, response) == WEFT_OK)
			(void)weft_http_end(call, &transfer->id);
		transfer_free(transfer);
	} else if (weft_http_defer(call, &transfer->id) < 0 ||
	    weft_http_begin(call, &transfer->id, response) < 0 ||
	    transfer_go_on(call, transfer))
		transfer_free(transfer);
	else
		weft_call_set_user(call, transfer);
}

static void
transfer_short(struct weft_call *call, const struct files_found *found,
    struct files_part part, struct weft_http_response *response)
{
	uint8_t body[TRANSFER_PIECE];
	ssize_t n = 0;

	if (part.length > 0)
		n = pread(
		    found->fd, body, (size_t)part.length, (off_t)part.first);
	(void)close(found->fd);
	if (n < 0 || (uint64_t)n != part.length)
		response->status = 500; /* it has changed meanwhile */
	else
		response->body = (struct weft_bytes){ body, (size_t)n };
	(void)weft_http_respond(call, NULL, response);
}

void
files_send(struct weft_call *call, const struct files *files,
    const struct files_found *found, struct files_part part)
{
	struct weft_http_response response = { .status = part.status,
		.type = found->type,
		.length = part.length };
	char fields[384];
	int n;

	n = snprintf(fields, sizeof(fields),
	    "ETag: %s\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n"
	    "Cache-Control: max-age=%u\r\nX-Content-Type-Options: nosniff\r\n",
	    found->etag, found->date, files->max_age);
	if (part.status == 206)
		(void)snprintf(fields + n, sizeof(fields) - (size_t)n,
		    "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
		    "\r\n",
		    part.first, part.first + part.length - 1, found->size);
	else if (part.status == 416)
		(void)snprintf(fields + n, sizeof(fields) - (size_t)n,
		    "Content-Range: bytes */%" PRIu64 "\r\n", found->size);
	response.fields = fields;
	if (part.length > TRANSFER_PIECE)
		transfer_long(call, found, part, &response);
	else
		transfer_short(call, found, part, &response);
}

void
files_send_more(struct weft_call *call)
{
	struct transfer *transfer = weft_call_user(call);

	if (transfer == NULL || !transfer_go_on(call, transfer))
		return;
	weft_call_set_user(call, NULL);
	transfer_free(transfer);
}

void
files_send_end(struct weft_call *call)
{
	struct transfer *transfer = weft_call_user(call);

	weft_call_set_user(call, NULL);
	if (transfer != NULL)
		transfer_free(transfer);
}
