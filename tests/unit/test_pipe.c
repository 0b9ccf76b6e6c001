/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_pipe.c - tls/pipe: what an SSL reads and writes, and whose
 * memory it is.
 */
#include "tls/pipe.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "check_main.h"

static struct wi_tls_pipe pipes;
static BIO_METHOD *method;
static SSL_CTX *ctx;
static SSL *ssl;
static BIO *bio;

static void
begin(void)
{
	method = wi_tls_pipe_method();
	ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_ptr_nonnull(method);
	ck_assert_ptr_nonnull(ctx);
	ssl = SSL_new(ctx);
	ck_assert(wi_tls_pipe_join(method, ssl, &pipes));
	bio = SSL_get_rbio(ssl);
	ck_assert_ptr_eq(bio, SSL_get_wbio(ssl));
}

static void
end(void)
{
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	BIO_meth_free(method);
	wi_tls_pipe_drop(&pipes);
}

START_TEST(a_span_is_read_and_no_more)
{
	char out[8];

	begin();
	ck_assert_int_le(BIO_read(bio, out, 8), 0);
	ck_assert_int_ne(BIO_should_retry(bio), 0);
	pipes.in = (const uint8_t *)"hello";
	pipes.in_len = 5;
	ck_assert_int_eq(BIO_read(bio, out, 3), 3);
	ck_assert_int_eq(memcmp(out, "hel", 3), 0);
	ck_assert_uint_eq(pipes.in_len, 2);
	ck_assert_int_eq(BIO_read(bio, out, 8), 2);
	ck_assert_int_eq(memcmp(out, "lo", 2), 0);
	ck_assert_int_le(BIO_read(bio, out, 8), 0);
	end();
}
END_TEST

static void
expect_out(const char *text)
{
	ck_assert_uint_eq(wi_tls_pipe_waits(&pipes), strlen(text));
	ck_assert_int_eq(
	    memcmp(pipes.out + pipes.out_at, text, strlen(text)), 0);
}

START_TEST(what_is_written_waits_until_it_is_sent)
{
	begin();
	ck_assert_int_eq(BIO_write(bio, "hello ", 6), 6);
	ck_assert_int_eq(BIO_write(bio, "world", 5), 5);
	expect_out("hello world");
	wi_tls_pipe_sent(&pipes, 4);
	expect_out("o world");
	ck_assert_int_eq(BIO_write(bio, "!", 1), 1);
	expect_out("o world!");
	wi_tls_pipe_sent(&pipes, 8);
	ck_assert_uint_eq(wi_tls_pipe_waits(&pipes), 0);
	ck_assert_ptr_null(pipes.out); /* nothing is kept for nothing */
	end();
}
END_TEST

START_TEST(memory_that_is_lent_is_used_first)
{
	uint8_t lent[8];

	begin();
	wi_tls_pipe_lend(&pipes, lent, sizeof(lent));
	ck_assert_int_eq(BIO_write(bio, "hello", 5), 5);
	ck_assert_ptr_eq(pipes.out, lent);
	wi_tls_pipe_sent(&pipes, 5);
	ck_assert_int_eq(BIO_write(bio, "again", 5), 5);
	wi_tls_pipe_sent(&pipes, 2);
	/* What was not sent moves away, and the memory is another's again. */
	ck_assert(wi_tls_pipe_keep(&pipes));
	memset(lent, 'x', sizeof(lent));
	expect_out("ain");
	wi_tls_pipe_sent(&pipes, 3);
	wi_tls_pipe_lend(&pipes, lent, sizeof(lent));
	ck_assert(wi_tls_pipe_keep(&pipes));
	ck_assert_ptr_null(pipes.out);
	end();
}
END_TEST

/* More than was lent, and more than was first taken. */
START_TEST(it_grows)
{
	static char much[20000];
	uint8_t lent[8];
	int i;

	begin();
	for (i = 0; i < 20000; i++)
		much[i] = (char)('a' + i % 26);
	wi_tls_pipe_lend(&pipes, lent, sizeof(lent));
	ck_assert_int_eq(BIO_write(bio, much, 5), 5);
	wi_tls_pipe_sent(&pipes, 2);
	ck_assert_int_eq(BIO_write(bio, much + 5, 7000), 7000);
	ck_assert_int_eq(BIO_write(bio, much + 7005, 12995), 12995);
	ck_assert_uint_eq(wi_tls_pipe_waits(&pipes), 19998);
	ck_assert_int_eq(memcmp(pipes.out + pipes.out_at, much + 2, 19998), 0);
	end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_span_is_read_and_no_more,
		what_is_written_waits_until_it_is_sent,
		memory_that_is_lent_is_used_first, it_grows };

	return check_main("pipe", tests, CHECK_COUNT(tests));
}
