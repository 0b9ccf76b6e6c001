/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_slice.c - io/slice: the system is asked what it was told.
 */
#include "io/slice.h"

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check_main.h"

/* The first fields of struct sched_attr (sched_setattr(2)), and the rest. */
struct attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t rest[2];
};

static struct attr
present(void)
{
	struct attr attr;

	memset(&attr, 0, sizeof(attr));
	ck_assert_int_eq(
	    syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0), 0);
	return attr;
}

START_TEST(a_slice_is_shortened_and_given_back)
{
	struct attr before = present(), during, after;
	struct wi_slice slice;

	wi_become_io();
	wi_slice_shorten(&slice);
	during = present();
	wi_slice_restore(&slice);
	after = present();
	if (!slice.changed) { /* the system refused: nothing is touched */
		ck_assert_uint_eq(during.runtime, before.runtime);
	} else if (during.runtime != 0) { /* a kernel that knows of it */
		ck_assert_uint_eq(during.runtime, 100000);
	}
	ck_assert_uint_eq(during.policy, before.policy);
	ck_assert_int_eq(during.nice, before.nice);
	ck_assert_uint_eq(after.runtime, before.runtime);
	ck_assert_uint_eq(after.policy, before.policy);
	ck_assert_int_eq(after.nice, before.nice);
}
END_TEST

START_TEST(another_policy_is_left_alone)
{
	struct sched_param none = { 0 };
	struct wi_slice slice;

	wi_become_io();
	ck_assert_int_eq(sched_setscheduler(0, SCHED_BATCH, &none), 0);
	wi_slice_shorten(&slice);
	ck_assert_int_eq(slice.changed, 0);
	wi_slice_restore(&slice);
	ck_assert_uint_eq(present().policy, SCHED_BATCH);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_slice_is_shortened_and_given_back,
		another_policy_is_left_alone };

	return check_main("slice", tests, sizeof(tests) / sizeof(tests[0]));
}
