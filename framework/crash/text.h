/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/text.h - text that grows in memory that is there: what a report is
 * written with.
 *
 * thread: any, and signal handlers: no lock, no malloc, no stdio.  What does
 * not fit is left out, and cut says so.
 */
#ifndef WI_CRASH_TEXT_H
#define WI_CRASH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wi_address;

/* owned by: the caller. */
struct wi_crash_text {
	char *at;
	size_t size; /* [bytes] at */
	size_t len;
	bool cut;
};

void wi_crash_text_init(struct wi_crash_text *text, char *at, size_t size);

/* wi_crash_put() - a string; NULL is "-". */
void wi_crash_put(struct wi_crash_text *text, const char *string);

/* wi_crash_put_word() - likewise; what is no printable ASCII becomes '?', so
 * that it stays on its line. */
void wi_crash_put_word(struct wi_crash_text *text, const char *string);

/* wi_crash_put_dec(), wi_crash_put_hex() - a number; digits: at least so many,
 * with zeros before it. */
void wi_crash_put_dec(
    struct wi_crash_text *text, uint64_t value, unsigned digits);
void wi_crash_put_hex(
    struct wi_crash_text *text, uint64_t value, unsigned digits);

/* wi_crash_put_dump() - "  0000  68 65 6c 6c 6f  |hello|", 16 bytes a line. */
void wi_crash_put_dump(
    struct wi_crash_text *text, const void *data, size_t len);

/* wi_crash_put_time() - "20261130T104217Z" of seconds since 1970; separators:
 * "2026-11-30T10:42:17Z". */
void wi_crash_put_time(
    struct wi_crash_text *text, uint64_t seconds, bool separators);

/* wi_crash_put_address() - "127.0.0.1:80", "[0:0:0:0:0:0:0:1]:80", "unix",
 * "none". */
void wi_crash_put_address(
    struct wi_crash_text *text, const struct wi_address *address);

#endif
