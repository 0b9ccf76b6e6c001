/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps C++ from being unmapped: an inline variable, which is a unique
 * symbol, and a thread-local one with a destructor. */
#include <weft/weft.h>

inline int faulty_inline = 1;

struct faulty_guard {
	int value = 0;
	~faulty_guard() { faulty_inline += value; }
};

static thread_local faulty_guard faulty_local;

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	faulty_local.value += faulty_inline;
	(void)weft_send(call, from, msg);
}

WEFT_PLUGIN(.name = "faulty", .message = message);
