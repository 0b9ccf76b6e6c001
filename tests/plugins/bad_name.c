/* SPDX-License-Identifier: Apache-2.0 */
/* Its name has letters that names do not have; all else is well. */
#include "fixture.h"

WEFT_PLUGIN(.name = "Bad Name");
