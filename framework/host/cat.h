/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/cat.h - weft cat: lines to a server as messages, replies to stdout.
 *
 *   cat.c         the command line, the loop, and when it ends
 *   cat_stream.c  stdin to the socket, the socket to stdout
 *   cat_types.c   lines that are values of types
 *
 * thread: main.
 */
#ifndef WI_CAT_H
#define WI_CAT_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "base/arena.h"
#include "host/cat_types.h"
#include "host/client.h"

/* Bytes at data + from .. data + len. */
struct wi_cat_buffer {
	uint8_t *data;
	size_t from;
	size_t len;
	size_t size;
};

/* owned by: wi_cat_main(). */
struct wi_cat {
	const char *url;
	uint64_t count; /* replies wanted, if counted */
	int counted;
	int hex;
	struct wi_cat_types types;
	uint64_t timeout; /* [ns] without progress after the input; 0: any */
	struct wi_client client;
	int fd;
	struct ssl_st *tls;        /* NULL: none */
	struct wi_cat_buffer line; /* stdin: the beginning of a line */
	struct wi_cat_buffer out;  /* framed, not sent yet */
	struct wi_cat_buffer back; /* came, not cut yet */
	void *codec_state;
	struct wi_inflater *inflater; /* for replies that were made smaller */
	struct wi_arena arena;        /* the last of them, as it was */
	uint64_t line_number;
	uint64_t sent;     /* messages handed to out */
	uint64_t replies;  /* messages printed; raw: newlines */
	uint64_t progress; /* [ns] something last moved */
	int input_ended;
	int shut; /* our half is closed */
	int greeted;
	uint32_t status; /* what the peer said at its end; 0: nothing */
	int peer_ended;
	int peer_cause; /* errno of that, 0 for an orderly end */
};

/* wi_cat_main() - the command; argv[0] is its name. */
int wi_cat_main(int argc, char **argv);

/* ---- cat_stream.c */

/*
 * wi_cat_read_input() - stdin is readable: whole lines go to out.
 *
 *   returns           WEFT_OK, also at the end of stdin (input_ended); else an
 *                     error that names the line.
 */
WEFT_CHECK int wi_cat_read_input(struct wi_cat *c, struct weft_error *err);

/* wi_cat_write() - send of out what the socket takes. */
void wi_cat_write(struct wi_cat *c);

/* wi_cat_read_replies() - the socket is readable: print what is whole. */
WEFT_CHECK int wi_cat_read_replies(struct wi_cat *c, struct weft_error *err);

/* wi_cat_enough() - have all replies that --count asks for come? */
int wi_cat_enough(const struct wi_cat *c);

#endif
