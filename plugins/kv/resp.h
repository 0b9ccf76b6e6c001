/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resp.h - RESP2, as a client of Redis speaks it: the codec, and the command
 * in a message.
 *
 * A message is one whole command: an array of bulk strings as it came,
 *
 *	*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n
 *
 * or an inline command without its line end (never begins with '*'), or a
 * fault: three bytes "*Xc", X from 'A' on one of enum kv_fault and c the byte
 * that the fault's text shows.  No array has a letter there.  fault_note: the
 * codec cannot answer, so it hands the fault to the handler in its place in
 * the order of commands, and uses up all that follows; the handler answers
 * Redis's own text and closes.
 */
#ifndef KV_RESP_H
#define KV_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#define KV_INLINE_MAX 65536u   /* [bytes] of a line, without its end */
#define KV_ARGS_MAX 1048576    /* arguments of one command */
#define KV_ARGS_FEW 16u        /* so many cost no allocation */
#define KV_FAULT_LEN 3u        /* [bytes] of a message that is a fault */
#define KV_NUMBER_CHARS 21u    /* "-9223372036854775808" and NUL */
#define KV_BULK_MAX 536870912u /* [bytes] of a string, as Redis's default */

/* X(name, text): Redis's own words; behind those of DOLLAR come the byte and
 * a quote. */
#define KV_FAULTS(X)                                                          \
	X(INLINE_LONG, "too big inline request")                              \
	X(COUNT_LONG, "too big mbulk count string")                           \
	X(COUNT, "invalid multibulk length")                                  \
	X(BULK_LONG, "too big bulk count string")                             \
	X(BULK, "invalid bulk length")                                        \
	X(DOLLAR, "expected '$', got '")                                      \
	X(QUOTES, "unbalanced quotes in request")                             \
	X(CUT, "unexpected end of the command")

enum kv_fault {
#define KV_FAULT_ENUM(name, text) KV_FAULT_##name,
	KV_FAULTS(KV_FAULT_ENUM)
#undef KV_FAULT_ENUM
	KV_FAULT_NONE
};

/* Where decode() is, from one call to the next. */
struct kv_resp_state {
	uint64_t at;    /* [bytes] looked at so far */
	uint32_t left;  /* bulk strings still to come */
	uint32_t stage; /* of resp.c */
};

/* The arguments of one command; they point into the message or the scratch. */
struct kv_args {
	struct weft_bytes *argv;
	uint32_t argc;
	uint8_t *scratch;        /* what quotes were taken off, else NULL */
	struct weft_bytes *many; /* argv, if allocated, else NULL */
	uint8_t odd;             /* the byte of KV_FAULT_DOLLAR */
	struct weft_bytes few[KV_ARGS_FEW];
};

/*
 * kv_resp_decode() - the decode() of struct weft_codec.
 */
int kv_resp_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut);

/*
 * kv_args_parse() - find the arguments in a message, or what is wrong with it.
 *
 *   args     out      argc 0: nothing to do.
 *   msg      in       as above, but nothing is taken for granted.
 *   fault    out      KV_FAULT_NONE, or what to answer; args is empty then.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOMEM
 *   owner             the caller, until kv_args_fini(); also on error.
 */
int kv_args_parse(
    struct kv_args *args, struct weft_bytes msg, enum kv_fault *fault);
void kv_args_fini(struct kv_args *args);

/* kv_fault_text() - the words. */
const char *kv_fault_text(enum kv_fault fault);

/* kv_number_parse() - a number as Redis writes it: no blanks, no '+', no
 * leading 0, from INT64_MIN to INT64_MAX.  false: it is none. */
bool kv_number_parse(const void *text, size_t len, int64_t *number);

/* kv_number_write() - the same way back; returns the characters written,
 * without a NUL. */
size_t kv_number_write(char out[KV_NUMBER_CHARS], int64_t number);

#endif
