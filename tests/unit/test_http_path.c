/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_http_path.c - codec/http_path: paths, routes, queries.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/http_path.h"

#include "check_main.h"

static struct wi_http_text
text(const char *at)
{
	return (struct wi_http_text){ at, strlen(at) };
}

static bool
fits(const char *pattern, const char *path)
{
	struct wi_http_text value;

	return wi_http_route_fits(pattern, text(path), NULL, &value);
}

START_TEST(paths_fit_their_routes)
{
	ck_assert(fits("/", "/"));
	ck_assert(!fits("/", "/a"));
	ck_assert(!fits("/", ""));
	ck_assert(!fits("/", "*"));
	ck_assert(fits("/rooms", "/rooms"));
	ck_assert(!fits("/rooms", "/rooms/"));
	ck_assert(!fits("/rooms", "/room"));
	ck_assert(!fits("/rooms", "/roomss"));
	ck_assert(fits("/rooms/", "/rooms/"));
	ck_assert(fits("/rooms/{id}", "/rooms/7"));
	ck_assert(!fits("/rooms/{id}", "/rooms/"));
	ck_assert(!fits("/rooms/{id}", "/rooms"));
	ck_assert(!fits("/rooms/{id}", "/rooms/7/8"));
	ck_assert(fits("/{a}/x/{b}", "/1/x/2"));
	ck_assert(!fits("/{a}/x/{b}", "/1/y/2"));
	ck_assert(fits("/{path...}", "/"));
	ck_assert(fits("/{path...}", "/a/b/c"));
	ck_assert(fits("/f/{path...}", "/f/"));
	ck_assert(!fits("/f/{path...}", "/f"));
	/* RFC 3986, section 6.2.2.2: the same path. */
	ck_assert(fits("/rooms", "/r%6Foms"));
	ck_assert(fits("/rooms", "/r%6foms"));
	/* A slash that is escaped is none. */
	ck_assert(!fits("/a/b", "/a%2fb"));
	ck_assert(fits("/{id}", "/a%2fb"));
	ck_assert(!fits("/a", "/%"));
	ck_assert(!fits("/a", "/%6"));
}
END_TEST

static void
expect_name(
    const char *pattern, const char *path, const char *name, const char *want)
{
	struct wi_http_text value;

	ck_assert(wi_http_route_fits(pattern, text(path), name, &value));
	if (want == NULL) {
		ck_assert_ptr_null(value.at);
		return;
	}
	ck_assert_ptr_nonnull(value.at);
	ck_assert_uint_eq(value.len, strlen(want));
	ck_assert_mem_eq(value.at, want, value.len);
}

START_TEST(names_stand_for_segments)
{
	expect_name("/rooms/{id}", "/rooms/7", "id", "7");
	expect_name("/rooms/{id}", "/rooms/7", "i", NULL);
	expect_name("/rooms/{id}", "/rooms/7", "idx", NULL);
	expect_name("/{a}/{b}", "/x/y%20z", "b", "y%20z");
	expect_name("/{a}/{b}", "/x/y", "a", "x");
	expect_name("/f/{path...}", "/f/a/b", "path", "a/b");
	expect_name("/f/{path...}", "/f/", "path", "");
}
END_TEST

START_TEST(wrong_routes_are_found)
{
	ck_assert_ptr_null(wi_http_route_wrong("/"));
	ck_assert_ptr_null(wi_http_route_wrong("/a/{b}/{c...}"));
	ck_assert_ptr_nonnull(wi_http_route_wrong(""));
	ck_assert_ptr_nonnull(wi_http_route_wrong("rooms"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/a?b"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/a b"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/a%20b"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/a{b}"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/{b"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/{}"));
	ck_assert_ptr_nonnull(wi_http_route_wrong("/{a...}/b"));
}
END_TEST

static void
expect_decoded(const char *from, bool plus, const char *want, size_t len)
{
	char *out = malloc(strlen(from) + 1);

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(wi_http_decode(out, text(from), plus), len);
	ck_assert_mem_eq(out, want, len);
	free(out);
}

START_TEST(escapes_are_decoded)
{
	expect_decoded("a%20b", false, "a b", 3);
	expect_decoded("a+b", false, "a+b", 3);
	expect_decoded("a+b%2B", true, "a b+", 4);
	expect_decoded("%00", false, "\0", 1);
	expect_decoded("%e4%F6", false, "\xe4\xf6", 2);
	/* What is none stays. */
	expect_decoded("%", false, "%", 1);
	expect_decoded("%4", false, "%4", 2);
	expect_decoded("%zz", false, "%zz", 3);
	expect_decoded("%%41", false, "%A", 2);
}
END_TEST

static void
expect_query(const char *query, const char *name, const char *want)
{
	struct wi_http_text value;
	bool found = wi_http_query_find(text(query), name, &value);

	ck_assert(found == (want != NULL));
	if (want == NULL)
		return;
	ck_assert_uint_eq(value.len, strlen(want));
	ck_assert_mem_eq(value.at, want, value.len);
}

START_TEST(queries_have_names)
{
	expect_query("room=a&last=7", "room", "a");
	expect_query("room=a&last=7", "last", "7");
	expect_query("room=a&last=7", "las", NULL);
	expect_query("", "room", NULL);
	expect_query("room", "room", "");
	expect_query("room=", "room", "");
	expect_query("&&room=b=c&room=d", "room", "b=c");
	expect_query("my+room=1&r%6Fom=2", "my room", "1");
	expect_query("my+room=1&r%6Fom=2", "room", "2");
	expect_query("=x", "", "x");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		paths_fit_their_routes,
		names_stand_for_segments,
		wrong_routes_are_found,
		escapes_are_decoded,
		queries_have_names,
	};

	return check_main("http_path", tests, CHECK_COUNT(tests));
}
