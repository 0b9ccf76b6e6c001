/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/check_main.h - what all Check programs share: their main().
 *
 *	int
 *	main(void)
 *	{
 *		const TTest *const tests[] = {a_sentence, another};
 *
 *		return check_main("url", tests, CHECK_COUNT(tests));
 *	}
 */
#ifndef TESTS_CHECK_MAIN_H
#define TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All that comes until the other end is closed, ended by NUL; closes fd. */
static inline void
check_read_all(int fd, char *out, size_t size)
{
	size_t len;
	ssize_t n;

	for (len = 0; len < size - 1; len += (size_t)n) {
		n = read(fd, out + len, size - 1 - len);
		ck_assert_int_ge(n, 0);
		if (n == 0)
			break;
	}
	out[len] = '\0';
	close(fd);
}

/* Run the tests as CK_* in the environment says; the status of the program. */
static inline int
check_main(const char *name, const TTest *const *tests, size_t count)
{
	SRunner *runner;
	Suite *suite;
	TCase *tcase;
	size_t i;
	int failed;

	suite = suite_create(name);
	tcase = tcase_create(name);
	for (i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	/* A run that ran nothing is not a run that passed. */
	failed = srunner_ntests_failed(runner) != 0 ||
	    srunner_ntests_run(runner) == 0;
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
