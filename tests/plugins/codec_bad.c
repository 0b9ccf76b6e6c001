/* SPDX-License-Identifier: Apache-2.0 */
/* Its codec cannot decode. */
#include "slip.h"

WEFT_CODEC(.name = "bad", .encode_max = slip_encode_max,
    .encode = slip_encode);
WEFT_PLUGIN(.name = "codec_bad");
