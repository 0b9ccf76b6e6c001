/* SPDX-License-Identifier: Apache-2.0 */
/* A sound shared object that is no plugin. */
#include <weft/export.h>

WEFT_EXPORT extern const int weft_other_symbol;
const int weft_other_symbol = 1;
