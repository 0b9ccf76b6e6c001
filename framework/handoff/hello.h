/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/hello.h - what a handshake has brought, on its way to opened().
 *
 * owned by: the I/O thread, then the endpoint's mailbox, then its runner, who
 * frees it when opened() has returned.
 */
#ifndef WI_HELLO_H
#define WI_HELLO_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "handoff/mailbox.h"

struct wi_tls_facts;

struct wi_hello {
	struct wi_event event;    /* first: WI_EVENT_HELLO */
	struct wi_tls_facts *tls; /* NULL: none; who runs it owns them */
	size_t len;               /* [bytes] */
	uint8_t bytes[];
};

/* wi_hello_free() - it was run. */
static inline void
wi_hello_free(struct wi_hello *hello)
{
	free(hello->tls);
	free(hello);
}

#endif
