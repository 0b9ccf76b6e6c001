/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/counter - what each counter is, from the one list.
 *
 * thread: any (constants).
 */
#include "base/counter.h"

#include <stddef.h>

static const struct weft_counter_info counter_infos[] = {
#define COUNTER_INFO(name, unit, text) { #name, unit, text },
	WEFT_COUNTERS(COUNTER_INFO)
#undef COUNTER_INFO
};

const struct weft_counter_info *
weft_counter_info(unsigned index)
{
	return index < WEFT_NCOUNTERS ? &counter_infos[index] : NULL;
}
