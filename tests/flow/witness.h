/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/witness.h - plugins that write down everything that happens to
 * their endpoints, in one list, and waiting for what must be in it.
 */
#ifndef TESTS_WITNESS_H
#define TESTS_WITNESS_H

#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#define WITNESS_HEAD 64u      /* [bytes] kept of a message */
#define WITNESS_LIST 4096     /* entries, at most */
#define WITNESS_MESSAGES 2048 /* beyond it messages are not kept */

struct witness_entry {
	char what; /* 'o' opened, 'm' message, 'c' closed, 'd' drained */
	uint64_t id;
	enum weft_reason why;    /* 'c' */
	int code;                /* 'c' */
	size_t len;              /* 'm' [bytes] */
	char head[WITNESS_HEAD]; /* 'm': its first bytes, ended by NUL */
};

/* Write down; the second also sends each message back. */
extern const struct weft_plugin witness_only;
extern const struct weft_plugin witness_echo;

/* witness_count() - entries of that kind and endpoint (0: of any). */
unsigned witness_count(char what, uint64_t id);

/* witness_wait() - until there are nth of them (from 1); returns that one. */
const struct witness_entry *witness_wait(char what, uint64_t id, unsigned nth);

/* witness_forget() - what was written down; no node runs. */
void witness_forget(void);

/* witness_order() - "omc" of one endpoint, in order. */
void witness_order(uint64_t id, char *out, size_t size);

#endif
