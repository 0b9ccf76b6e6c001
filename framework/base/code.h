/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/code.h - which plugin's code a function lies in, and how many things
 * that wait will call it.
 *
 * A version of a plugin that was replaced is unmapped when nothing refers to
 * it any more.  What may outlive it is counted by the address that it holds: a
 * signal's destroy(), a request's route.  Whoever calls that is in the code
 * that is asked for, or has it counted; so an entry cannot be taken out while
 * it is looked for.
 *
 * thread: any; adding and dropping are guarded by a mutex.
 */
#ifndef WI_CODE_H
#define WI_CODE_H

#include <stdint.h>

#define WI_CODE_MAX 256 /* that are mapped at a time and can be counted */

/* wi_code_add() - code from there up to there; -1: it cannot be counted, and
 * so never be unmapped. */
int wi_code_add(uintptr_t from, uintptr_t to);

/* wi_code_drop() - it is about to be unmapped; nobody uses it.  -1: none. */
void wi_code_drop(int code);

/* wi_code_use(), wi_code_unuse() - something that waits holds an address; NULL
 * and what is no plugin's are nothing. */
void wi_code_use(const void *address);
void wi_code_unuse(const void *address);

/* wi_code_used() - how much holds it; of -1: 1. */
uint64_t wi_code_used(int code);

#endif
