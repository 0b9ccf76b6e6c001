/* SPDX-License-Identifier: Apache-2.0 */
/* Of the plugin "versioned": version two. */
#define VERSIONED_TEXT "two"
#include "versioned.h"
