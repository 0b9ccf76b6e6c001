/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_terms.c - tls/terms: one set of terms for one wish, and
 * reading all of them again, or none.
 */
#include "tls/terms.h"

#include <stdlib.h>
#include <string.h>

#include "../flow/tls_files.h"
#include "check_main.h"

static struct wi_tls_book book;

static struct wi_tls_terms *
terms_of(const char *text, bool ours)
{
	struct wi_tls_terms *terms;
	struct wi_tls_wish wish;
	struct weft_error err;
	struct wi_url url;
	int rv;

	rv = wi_url_parse(
	    tls_url(text), ours ? WI_URL_CONNECT : WI_URL_LISTEN, &url, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	wi_tls_wish(&url, ours, &wish);
	rv = wi_tls_book_terms(&book, &wish, NULL, &terms, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return terms;
}

static void
begin(void)
{
	tls_files_new();
	tls_make("a", NULL, "localhost");
	tls_make("b", NULL, "localhost");
	ck_assert_int_eq(wi_tls_book_init(&book), 0);
}

static void
end(void)
{
	wi_tls_book_fini(&book);
	tls_files_free();
}

START_TEST(one_wish_has_one_set_of_terms)
{
	struct wi_tls_terms *a, *ours;

	begin();
	a = terms_of("tls://127.0.0.1:1?cert=%a.pem", false);
	ck_assert_ptr_eq(terms_of("wss://[::1]:2/x?cert=%a.pem", false), a);
	ck_assert_ptr_ne(terms_of("tls://127.0.0.1:1?cert=%b.pem", false), a);
	ck_assert_ptr_ne(
	    terms_of("tls://127.0.0.1:1?cert=%a.pem&min_version=1.3", false),
	    a);
	/* Of ours the host counts, the port does not. */
	ours = terms_of("tls://a.example:1", true);
	ck_assert_ptr_eq(terms_of("tls://a.example:2", true), ours);
	ck_assert_ptr_ne(terms_of("tls://b.example:1", true), ours);
	ck_assert_ptr_eq(
	    terms_of("tls://b.example:1?server_name=a.example", true), ours);
	end();
}
END_TEST

START_TEST(all_are_read_again_or_none)
{
	struct wi_tls_terms *a, *b;
	struct wi_tls_context *before;
	struct weft_error err;
	unsigned n;

	begin();
	a = terms_of("tls://127.0.0.1:1?cert=%a.pem", false);
	b = terms_of("tls://127.0.0.1:1?cert=%b.pem", false);
	before = wi_tls_context_hold(a->context);
	tls_write("b.pem", "nothing");
	ck_assert_int_eq(wi_tls_book_reload(&book, NULL, &n, &err), WEFT_ETLS);
	ck_assert_ptr_nonnull(strstr(err.text, "b.pem"));
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_eq(a->context, before);
	tls_copy("a.pem", "b.pem");
	ck_assert_int_eq(wi_tls_book_reload(&book, NULL, &n, &err), WEFT_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_ne(a->context, before);
	ck_assert_ptr_nonnull(b->context);
	wi_tls_context_drop(&before);
	end();
}
END_TEST

/* A handshake that has begun keeps what it has begun with. */
START_TEST(a_handshake_outlives_a_reload)
{
	struct wi_tls_failure failure;
	struct wi_tls_context *context;
	struct wi_tls_pipe pipe;
	struct wi_tls_terms *a;
	unsigned n;
	SSL *ssl;

	begin();
	memset(&pipe, 0, sizeof(pipe));
	memset(&failure, 0, sizeof(failure));
	a = terms_of("tls://localhost:1", true);
	ssl = wi_tls_terms_begin(a, &pipe, &failure, &context);
	ck_assert_ptr_nonnull(ssl);
	ck_assert_int_eq(wi_tls_book_reload(&book, NULL, &n, NULL), WEFT_OK);
	ck_assert_ptr_ne(a->context, context);
	ck_assert_int_eq(SSL_do_handshake(ssl), -1);
	ck_assert_uint_gt(wi_tls_pipe_waits(&pipe), 100); /* its hello */
	ck_assert_str_eq(failure.host, "localhost");
	SSL_free(ssl);
	wi_tls_context_drop(&context);
	wi_tls_pipe_drop(&pipe);
	end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { one_wish_has_one_set_of_terms,
		all_are_read_again_or_none, a_handshake_outlives_a_reload };

	return check_main("terms", tests, CHECK_COUNT(tests));
}
