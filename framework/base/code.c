/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/code - which plugin's code a function lies in.
 *
 * thread: any.
 * owns:   the table, which the process has once: code is mapped for all nodes.
 *
 * torn_note: who looks may meet an entry that is being written, of code that
 * was just mapped or is about to go.  The address that is asked for lies in
 * neither, since its caller's own entry is there all the while; and from is
 * set last and cleared first, so no half of an entry matches.
 */
#include "base/code.h"

#include <pthread.h>
#include <stddef.h>

struct code {
	uintptr_t from; /* atomic; 0: free */
	uintptr_t to;   /* atomic */
	uint64_t used;  /* atomic */
};

static struct code codes[WI_CODE_MAX];
static uint32_t ncodes; /* atomic: none from there on was ever used */
static pthread_mutex_t code_mutex = PTHREAD_MUTEX_INITIALIZER;

int
wi_code_add(uintptr_t from, uintptr_t to)
{
	int code;

	(void)pthread_mutex_lock(&code_mutex);
	for (code = 0; code < WI_CODE_MAX; code++)
		if (codes[code].from == 0)
			break;
	if (code == WI_CODE_MAX) {
		code = -1;
	} else {
		__atomic_store_n(&codes[code].used, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&codes[code].to, to, __ATOMIC_RELAXED);
		__atomic_store_n(&codes[code].from, from, __ATOMIC_RELEASE);
		if ((uint32_t)code >= ncodes)
			__atomic_store_n(
			    &ncodes, (uint32_t)code + 1, __ATOMIC_RELEASE);
	}
	(void)pthread_mutex_unlock(&code_mutex);
	return code;
}

void
wi_code_drop(int code)
{
	if (code < 0)
		return;
	(void)pthread_mutex_lock(&code_mutex);
	__atomic_store_n(&codes[code].from, 0, __ATOMIC_RELEASE);
	(void)pthread_mutex_unlock(&code_mutex);
}

/* Whose it is, or NULL; see torn_note. */
static struct code *
code_of(const void *address)
{
	uint32_t i, n = __atomic_load_n(&ncodes, __ATOMIC_ACQUIRE);
	uintptr_t from, at = (uintptr_t)address;

	for (i = 0; i < n; i++) {
		from = __atomic_load_n(&codes[i].from, __ATOMIC_ACQUIRE);
		if (from != 0 && at >= from &&
		    at < __atomic_load_n(&codes[i].to, __ATOMIC_RELAXED))
			return &codes[i];
	}
	return NULL;
}

void
wi_code_use(const void *address)
{
	struct code *code = code_of(address);

	if (code != NULL)
		__atomic_fetch_add(&code->used, 1, __ATOMIC_RELAXED);
}

/* Release: what was done with the code comes before its end. */
void
wi_code_unuse(const void *address)
{
	struct code *code = code_of(address);

	if (code != NULL)
		__atomic_fetch_sub(&code->used, 1, __ATOMIC_RELEASE);
}

uint64_t
wi_code_used(int code)
{
	return code < 0 ? 1 :
			  __atomic_load_n(&codes[code].used, __ATOMIC_ACQUIRE);
}
