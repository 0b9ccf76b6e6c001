/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of its own name, whose codec has the name of another plugin's. */
#include "slip.h"

WEFT_CODEC(SLIP_MEMBERS);
WEFT_PLUGIN(.name = "codec_taken");
