/* SPDX-License-Identifier: Apache-2.0 */
/* One fault, chosen by -DFAULT_...: tests/flow/check.sh builds it with each.
 * Without any, nothing is wrong with it. */
#include <weft/weft.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef FAULT_GLOBALS
static unsigned long faulty_count;
static char faulty_table[100] = "some";
static _Thread_local int faulty_own;
static const char *const faulty_words[] = { "const", "is", "none" };
#endif

#ifdef FAULT_UNRESOLVED
int weft_test_absent_one(void);
int weft_test_absent_two(void);
extern int weft_test_absent_three;
#endif

#ifdef FAULT_CONSTRUCTOR
__attribute__((constructor)) static void
faulty_constructor(void)
{
	abort();
}
#endif

#ifdef FAULT_TEXTREL
__asm__(".text\n\t.quad faulty_text\n\t.globl faulty_text\nfaulty_text:\n");
#endif

static int
load(struct weft_load *load, void **state)
{
	(void)state;
#ifdef FAULT_GLOBALS
	faulty_own += (int)++faulty_count;
	faulty_table[faulty_count % 100]++;
	return faulty_words[faulty_own % 3][0] + faulty_table[0] == 0;
#endif
#ifdef FAULT_UNRESOLVED
	return weft_test_absent_one() + weft_test_absent_two() +
	    weft_test_absent_three;
#endif
#ifdef FAULT_CRASH
	(void)raise(SIGSEGV);
#endif
#ifdef FAULT_EXIT
	_exit(3);
#endif
#ifdef FAULT_HANG
	for (;;)
		(void)pause();
#endif
	if (weft_load_option(load, "refuse") != NULL)
		return weft_load_fail(load, WEFT_ESTATE, "it was told to");
	return WEFT_OK;
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)weft_send(call, from, msg);
}

#ifdef FAULT_SAVES
static int
save(struct weft_save *save, void *state)
{
	(void)save;
	(void)state;
	return WEFT_OK;
}

static int
save_strand(struct weft_save *save, weft_strand strand, void *state)
{
	(void)save;
	(void)strand;
	(void)state;
	return WEFT_OK;
}

static int
load_endpoint(
    struct weft_load *load, void *state, weft_endpoint endpoint, void **user)
{
	(void)load;
	(void)state;
	(void)endpoint;
	(void)user;
	return WEFT_OK;
}

WEFT_PLUGIN(.name = "faulty", .load = load, .message = message, .save = save,
    .save_strand = save_strand, .load_endpoint = load_endpoint);
#elif defined(FAULT_NO_HANDLER)
WEFT_PLUGIN(.name = "faulty");
#else
WEFT_PLUGIN(.name = "faulty", .load = load, .message = message);
#endif
