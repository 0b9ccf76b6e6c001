/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/pipe - between an SSL and whoever moves its bytes, as a BIO of OpenSSL.
 *
 * Its memory BIOs would copy each byte once more, both ways, and keep what
 * they have grown to.
 *
 * thread: the one that has the SSL.
 */
#include "tls/pipe.h"

#include <stdlib.h>
#include <string.h>

#define PIPE_TYPE (BIO_TYPE_SOURCE_SINK | 0x7f)
#define PIPE_FIRST 4096u /* [bytes] of memory of its own, at first */

static int
pipe_read(BIO *bio, char *out, size_t size, size_t *n)
{
	struct wi_tls_pipe *pipe = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*n = pipe->in_len < size ? pipe->in_len : size;
	if (*n == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(out, pipe->in, *n);
	pipe->in += *n;
	pipe->in_len -= *n;
	return 1;
}

/* Memory of its own for n more bytes. */
static bool
pipe_grow(struct wi_tls_pipe *pipe, size_t n)
{
	size_t waits = wi_tls_pipe_waits(pipe), size = PIPE_FIRST;
	uint8_t *grown;

	while (size < waits + n)
		size *= 2;
	grown = malloc(size);
	if (grown == NULL)
		return false;
	if (waits > 0)
		memcpy(grown, pipe->out + pipe->out_at, waits);
	if (!pipe->borrowed)
		free(pipe->out);
	pipe->out = grown;
	pipe->out_at = 0;
	pipe->out_len = waits;
	pipe->out_size = size;
	pipe->borrowed = false;
	return true;
}

static int
pipe_write(BIO *bio, const char *data, size_t len, size_t *n)
{
	struct wi_tls_pipe *pipe = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*n = 0;
	if (pipe->out_size - pipe->out_len < len && !pipe_grow(pipe, len))
		return 0;
	memcpy(pipe->out + pipe->out_len, data, len);
	pipe->out_len += len;
	*n = len;
	return 1;
}

static long
pipe_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
wi_tls_pipe_method(void)
{
	BIO_METHOD *method = BIO_meth_new(PIPE_TYPE, "weft");

	if (method != NULL && BIO_meth_set_read_ex(method, pipe_read) == 1 &&
	    BIO_meth_set_write_ex(method, pipe_write) == 1 &&
	    BIO_meth_set_ctrl(method, pipe_control) == 1)
		return method;
	BIO_meth_free(method);
	return NULL;
}

bool
wi_tls_pipe_join(const BIO_METHOD *method, SSL *ssl, struct wi_tls_pipe *pipe)
{
	BIO *bio = BIO_new(method);

	if (bio == NULL)
		return false;
	BIO_set_data(bio, pipe);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return true;
}

void
wi_tls_pipe_lend(struct wi_tls_pipe *pipe, uint8_t *memory, size_t size)
{
	pipe->out = memory;
	pipe->out_at = 0;
	pipe->out_len = 0;
	pipe->out_size = size;
	pipe->borrowed = true;
}

bool
wi_tls_pipe_keep(struct wi_tls_pipe *pipe)
{
	bool waits = wi_tls_pipe_waits(pipe) > 0;

	if (!pipe->borrowed || (waits && pipe_grow(pipe, 0)))
		return true;
	wi_tls_pipe_drop(pipe);
	return !waits;
}

void
wi_tls_pipe_sent(struct wi_tls_pipe *pipe, size_t n)
{
	pipe->out_at += n;
	if (pipe->out_at < pipe->out_len)
		return;
	if (pipe->borrowed)
		pipe->out_at = pipe->out_len = 0;
	else
		wi_tls_pipe_drop(pipe);
}

void
wi_tls_pipe_drop(struct wi_tls_pipe *pipe)
{
	if (!pipe->borrowed)
		free(pipe->out);
	pipe->out = NULL;
	pipe->out_at = 0;
	pipe->out_len = 0;
	pipe->out_size = 0;
	pipe->borrowed = false;
}
