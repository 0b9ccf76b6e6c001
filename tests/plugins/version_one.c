/* SPDX-License-Identifier: Apache-2.0 */
/* Of the plugin "versioned": version one. */
#define VERSIONED_TEXT "one"
#include "versioned.h"
