/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/deflate.h - messages made smaller (RFC 1951, as RFC 7692, section 7.2
 * has it): each by itself, so that it depends on nothing but its bytes and the
 * window.
 *
 * thread: any.  What it works in is the thread's own, where it has one.
 */
#ifndef WI_DEFLATE_H
#define WI_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/* [bytes] Shorter messages hardly shrink: measured in HACKING.md. */
#define WI_DEFLATE_MIN 128u

/* How far back a message may refer, at most: what a peer lets us.  Few, so
 * that one copy serves many of them. */
enum wi_deflate_set {
	WI_DEFLATE_NONE, /* nothing is made smaller */
	WI_DEFLATE_9,    /* 512 bytes */
	WI_DEFLATE_12,   /* 4 KiB */
	WI_DEFLATE_15,   /* 32 KiB */
	WI_DEFLATE_SETS,
};

struct wi_deflate_stream;

/* What is kept for the next message: 18 KiB, 40 KiB and 160 KiB, each from the
 * first message of its set on.  owned by: a thread.  All zero at first. */
struct wi_deflater {
	struct wi_deflate_stream *streams[WI_DEFLATE_SETS];
};

/* The one of this thread, or NULL: then each message makes its own, and a
 * thread that makes many had better have one. */
extern _Thread_local struct wi_deflater *wi_deflater_current
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* wi_deflater_fini() - it may be used again. */
void wi_deflater_fini(struct wi_deflater *deflater);

/* wi_deflate_fits() - the largest set whose window is at most 2 to the power
 * of bits, 8 to 15. */
enum wi_deflate_set wi_deflate_fits(unsigned bits);

/*
 * wi_deflate() - a message made smaller.
 *
 *   out, size  out    room; undefined if it stays as it is.
 *   returns           [bytes], less than size and less than len; 0: it stays
 *                     as it is (short, no smaller, no memory, set NONE).
 */
size_t wi_deflate(enum wi_deflate_set set, uint8_t *out, size_t size,
    const uint8_t *msg, size_t len);

#endif
