/* SPDX-License-Identifier: Apache-2.0 */
/* It has no name; all else is well. */
#include "fixture.h"

WEFT_PLUGIN(.version = "1");
