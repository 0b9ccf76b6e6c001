/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/proxy - the PROXY protocol.
 *
 * thread: any (pure).
 *
 * tlv_note: what stands behind the addresses of version 2 (section 2.2) is
 * skipped, whatever it is; so a checksum among it is not looked at, which a
 * receiver need not do (2.2.3).
 */
#include "codec/proxy.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <weft/error.h>

#define PROXY_WORD "PROXY "
#define PROXY_HEAD 16u /* [bytes] of version 2 in front of the addresses */
#define PROXY_IPV4 12u /* [bytes] of addresses and ports */
#define PROXY_IPV6 36u
#define PROXY_UNIX 216u
#define PROXY_FIELDS 4u /* addresses and ports of a line */

static const uint8_t proxy_signature[12] = { '\r', '\n', '\r', '\n', 0, '\r',
	'\n', 'Q', 'U', 'I', 'T', '\n' };

static int
proxy_bad(const char **why, const char *words)
{
	*why = words;
	return WEFT_EMALFORMED;
}

/* ---- version 1: a line */

/* Decimal, without zeros in front of it. */
static bool
proxy_port(const char *text, uint16_t *port)
{
	size_t len = strspn(text, "0123456789");
	unsigned number = 0;

	if (len == 0 || len > 5 || text[len] != '\0' ||
	    (text[0] == '0' && len > 1))
		return false;
	for (; *text != '\0'; text++)
		number = number * 10 + (unsigned)(*text - '0');
	*port = (uint16_t)number;
	return number <= UINT16_MAX;
}

static bool
proxy_address(struct wi_address *address, uint8_t family, const char *ip,
    const char *port)
{
	memset(address, 0, sizeof(*address));
	address->family = family;
	return inet_pton(family, ip, address->ip) == 1 &&
	    proxy_port(port, &address->port);
}

/* "192.0.2.1 192.0.2.2 56324 443", which is taken apart where it lies. */
static bool
proxy_fields(char *text, uint8_t family, struct wi_proxy *proxy)
{
	char *fields[PROXY_FIELDS];
	unsigned n;

	for (n = 0; n < PROXY_FIELDS; n++) {
		fields[n] = text;
		text += strcspn(text, " ");
		if ((*text == ' ') != (n + 1 < PROXY_FIELDS))
			return false;
		*text++ = '\0';
	}
	return proxy_address(&proxy->remote, family, fields[0], fields[2]) &&
	    proxy_address(&proxy->local, family, fields[1], fields[3]);
}

/* What stands between "PROXY " and CR LF. */
static int
proxy_line(char *text, struct wi_proxy *proxy, const char **why)
{
	uint8_t family = AF_UNSPEC;

	/* The rest of it is to be ignored (section 2.1). */
	if (strncmp(text, "UNKNOWN", 7) == 0 &&
	    (text[7] == '\0' || text[7] == ' '))
		return WEFT_OK;
	if (strncmp(text, "TCP4 ", 5) == 0)
		family = AF_INET;
	else if (strncmp(text, "TCP6 ", 5) == 0)
		family = AF_INET6;
	if (family == AF_UNSPEC)
		return proxy_bad(why,
		    "expected TCP4, TCP6 or UNKNOWN behind PROXY, found "
		    "another word");
	if (!proxy_fields(text + 5, family, proxy))
		return proxy_bad(why,
		    "expected two addresses of the family and two ports, "
		    "found something else");
	proxy->known = true;
	return WEFT_OK;
}

static int
proxy_read_line(
    const uint8_t *data, size_t len, struct wi_proxy *proxy, const char **why)
{
	size_t most = len < WI_PROXY_LINE_MAX ? len : WI_PROXY_LINE_MAX, end;
	char text[WI_PROXY_LINE_MAX + 1];
	int rv;

	for (end = 0; end < most; end++)
		if (data[end] < ' ' || data[end] > '~')
			break;
	if (end == WI_PROXY_LINE_MAX || end + 1 == WI_PROXY_LINE_MAX)
		return proxy_bad(why,
		    "expected a line of at most 107 bytes, found a longer "
		    "one");
	if (end == len)
		return 0;
	if (data[end] != '\r' || (end + 1 < len && data[end + 1] != '\n'))
		return proxy_bad(why,
		    "expected a line of ASCII that ends in CR LF, found "
		    "another byte");
	if (end + 1 == len)
		return 0;
	memcpy(text, data, end);
	text[end] = '\0';
	rv = proxy_line(text + strlen(PROXY_WORD), proxy, why);
	return rv < 0 ? rv : (int)end + 2;
}

/* ---- version 2: bytes */

/* [bytes] of the addresses by family and protocol (byte 13): 0 if there are
 * none that say anything; -1: no such thing. */
static int
proxy_addresses(uint8_t what)
{
	static const int sizes[] = { 0, PROXY_IPV4, PROXY_IPV6, PROXY_UNIX };
	unsigned family = what >> 4, protocol = what & 0xfu;

	if (family >= sizeof(sizes) / sizeof(sizes[0]) || protocol > 2)
		return -1;
	return protocol == 0 ? 0 : sizes[family];
}

static void
proxy_take(const uint8_t *at, uint8_t what, struct wi_proxy *proxy)
{
	struct wi_address *remote = &proxy->remote, *local = &proxy->local;
	size_t size = what >> 4 == 1 ? 4 : 16;
	const uint8_t *ports = at + 2 * size;

	proxy->known = true;
	if (what >> 4 == 3) {
		remote->family = AF_UNIX;
		local->family = AF_UNIX;
		return;
	}
	remote->family = size == 4 ? AF_INET : AF_INET6;
	local->family = remote->family;
	memcpy(remote->ip, at, size);
	memcpy(local->ip, at + size, size);
	remote->port = (uint16_t)(ports[0] << 8 | ports[1]);
	local->port = (uint16_t)(ports[2] << 8 | ports[3]);
}

/* Of the head as far as it is there: what can be wrong with it. */
static int
proxy_head(const uint8_t *data, size_t len, const char **why)
{
	bool local;
	int least;

	if (len <= 12)
		return WEFT_OK;
	if (data[12] != 0x20 && data[12] != 0x21)
		return proxy_bad(why,
		    "expected version 2 and LOCAL or PROXY, found another");
	local = data[12] == 0x20; /* then the rest says nothing */
	if (len <= 13)
		return WEFT_OK;
	least = proxy_addresses(data[13]);
	if (!local && least < 0)
		return proxy_bad(why,
		    "expected a family and a protocol of the specification, "
		    "found another");
	if (len < PROXY_HEAD)
		return WEFT_OK;
	if ((data[14] << 8 | data[15]) > (int)(WI_PROXY_MAX - PROXY_HEAD))
		return proxy_bad(
		    why, "expected at most 4096 bytes, found more");
	if (!local && (data[14] << 8 | data[15]) < least)
		return proxy_bad(
		    why, "expected the addresses of that family, found less");
	return WEFT_OK;
}

static int
proxy_read_bytes(
    const uint8_t *data, size_t len, struct wi_proxy *proxy, const char **why)
{
	size_t all;
	int rv;

	rv = proxy_head(data, len, why);
	if (rv < 0 || len < PROXY_HEAD)
		return rv;
	all = PROXY_HEAD + (size_t)(data[14] << 8 | data[15]);
	if (len < all)
		return 0;
	/* See tlv_note. */
	if (data[12] == 0x21 && proxy_addresses(data[13]) > 0)
		proxy_take(data + PROXY_HEAD, data[13], proxy);
	return (int)all;
}

/* ---- which of the two */

static bool
proxy_begins(
    const uint8_t *data, size_t len, const void *with, size_t with_len)
{
	return memcmp(data, with, len < with_len ? len : with_len) == 0;
}

int
wi_proxy_read(
    const uint8_t *data, size_t len, struct wi_proxy *proxy, const char **why)
{
	memset(proxy, 0, sizeof(*proxy));
	if (len == 0)
		return 0;
	if (proxy_begins(data, len, PROXY_WORD, strlen(PROXY_WORD)))
		return proxy_read_line(data, len, proxy, why);
	if (proxy_begins(data, len, proxy_signature, sizeof(proxy_signature)))
		return proxy_read_bytes(data, len, proxy, why);
	return proxy_bad(why,
	    "expected \"PROXY \" or the signature of version 2, found other "
	    "bytes");
}
