/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_proxy.c - what a hostile peer can do to codec/proxy.
 *
 * An input is what has come.  Checked besides what the sanitizers see:
 * - at each length the answer is "more" until it is final, and the same ever
 *   after, whatever follows: it depends on no byte behind the header;
 * - it is final at the header's last byte, and within WI_PROXY_MAX bytes;
 * - what is refused is refused for a reason;
 * - what is taken says what the header says: written down again as a line or
 *   as bytes, it is that header (but for what is skipped or ignored).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "codec/proxy.h"

#define FAIL(...)                                                             \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From a copy that ends where its block ends. */
static int
fuzz_read(const uint8_t *data, size_t len, struct wi_proxy *proxy)
{
	uint8_t *copy = malloc(len + !len);
	const char *why = NULL;
	int rv;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	memset(proxy, 0xa5, sizeof(*proxy));
	rv = wi_proxy_read(copy, len, proxy, &why);
	free(copy);
	if (rv < 0 && (rv != WEFT_EMALFORMED || why == NULL))
		FAIL("error %d without a reason", rv);
	if (rv > (int)len || (rv == 0 && len >= WI_PROXY_MAX))
		FAIL("%d is no answer to %zu bytes", rv, len);
	return rv;
}

static int
same_port(const uint8_t *at, uint16_t port)
{
	return (at[0] << 8 | at[1]) == port;
}

static void
fuzz_bytes(const uint8_t *data, int len, const struct wi_proxy *proxy)
{
	size_t size = proxy->remote.family == AF_INET ? 4 : 16;
	const uint8_t *at = data + 16;

	if (len != 16 + (data[14] << 8 | data[15]))
		FAIL("%d bytes, and not what it says", len);
	if (!proxy->known)
		return;
	if (data[12] != 0x21)
		FAIL("known from another command");
	if (proxy->remote.family != proxy->local.family)
		FAIL("two families");
	if (proxy->remote.family == AF_UNIX) {
		if (data[13] >> 4 != 3 || len < 16 + 216)
			FAIL("AF_UNIX from another family");
		return;
	}
	if (data[13] >> 4 != (size == 4 ? 1 : 2) ||
	    memcmp(at, proxy->remote.ip, size) != 0 ||
	    memcmp(at + size, proxy->local.ip, size) != 0 ||
	    !same_port(at + 2 * size, proxy->remote.port) ||
	    !same_port(at + 2 * size + 2, proxy->local.port) ||
	    len < (int)(16 + 2 * size + 4))
		FAIL("other addresses than the header's");
}

/* Addresses may be written in several ways, so they are read again by
 * sscanf(), which is laxer, and must come to the same. */
static void
fuzz_line(const uint8_t *data, int len, const struct wi_proxy *proxy)
{
	char text[WI_PROXY_LINE_MAX + 1], family, remote[64], local[64];
	unsigned from, to;
	uint8_t ip[16];
	int af;

	if (len > (int)WI_PROXY_LINE_MAX || data[len - 2] != '\r' ||
	    data[len - 1] != '\n')
		FAIL("a line of %d bytes", len);
	memcpy(text, data, (size_t)len);
	text[len] = '\0';
	if (!proxy->known) {
		if (strncmp(text, "PROXY UNKNOWN", 13) != 0)
			FAIL("a line that says nothing");
		return;
	}
	if (sscanf(text, "PROXY TCP%c %63s %63s %u %u\r\n", &family, remote,
		local, &from, &to) != 5)
		FAIL("a line without its parts");
	af = family == '4' ? AF_INET : AF_INET6;
	if (proxy->remote.family != af || proxy->local.family != af ||
	    from != proxy->remote.port || to != proxy->local.port ||
	    inet_pton(af, remote, ip) != 1 ||
	    memcmp(ip, proxy->remote.ip, af == AF_INET ? 4 : 16) != 0 ||
	    inet_pton(af, local, ip) != 1 ||
	    memcmp(ip, proxy->local.ip, af == AF_INET ? 4 : 16) != 0)
		FAIL("other addresses than the line's");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t most = size < WI_PROXY_MAX ? size : WI_PROXY_MAX, len, end = 0;
	struct wi_proxy proxy, again;
	int final = 0, rv;

	for (len = 0; len <= most && final == 0; len++)
		final = fuzz_read(data, end = len, &proxy);
	if (final == 0)
		return 0;
	if (final > 0 && final != (int)end)
		FAIL("a header of %d bytes is known at %zu", final, end);
	rv = fuzz_read(data, size, &again);
	if (rv != final || (rv > 0 && memcmp(&proxy, &again, sizeof(proxy))))
		FAIL("%d at %zu bytes, %d at %zu", final, end, rv, size);
	if (final > 0 && data[0] == 'P')
		fuzz_line(data, final, &proxy);
	else if (final > 0)
		fuzz_bytes(data, final, &proxy);
	return 0;
}
