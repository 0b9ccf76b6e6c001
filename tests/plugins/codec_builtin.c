/* SPDX-License-Identifier: Apache-2.0 */
/* Its codec has the name of one that is built in; its load() is not called. */
#include "trace.h"

#include "slip.h"

static int
load(struct weft_load *load, void **state)
{
	(void)load;
	(void)state;
	trace('l');
	return WEFT_OK;
}

WEFT_CODEC(.name = "varint", .decode = slip_decode,
    .encode_max = slip_encode_max, .encode = slip_encode);
WEFT_PLUGIN(.name = "codec_builtin", .load = load, .unload = trace_unload);
