/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/tls_facts.h - what a handshake of TLS has brought, for
 * weft_call_tls().
 *
 * owned by: the I/O thread, then the event that says OPENED, then the
 * endpoint's runner, who frees it when closed() has returned.
 */
#ifndef WI_TLS_FACTS_H
#define WI_TLS_FACTS_H

#include <weft/tls.h>

struct wi_tls_facts {
	struct weft_tls_info info; /* its texts: constants, or behind it */
	char text[];
};

#endif
