/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/random.h - the one door that randomness comes through.
 *
 * thread: any.
 */
#ifndef WI_RANDOM_H
#define WI_RANDOM_H

#include <stdint.h>

/* wi_random() - 32 bits that nobody can guess (getrandom(2)). */
uint32_t wi_random(void);

#endif
