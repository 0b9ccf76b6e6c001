/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/nets - a list of networks in words.
 *
 * thread: any (pure).
 */
#include "base/nets.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define NETS_TEXT (INET6_ADDRSTRLEN + 5) /* an address, "/128", NUL */
#define NETS_MAPPED 96u /* [bits] in front of ::ffff:1.2.3.4 */

struct nets_one {
	uint8_t ip[16];
	unsigned bits;  /* of ip that count */
	uint8_t family; /* AF_INET, AF_INET6 or AF_UNIX */
};

/* The IPv4 address that an IPv6 one may be. */
static void
nets_unmap(struct nets_one *one)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (one->family != AF_INET6 || one->bits < NETS_MAPPED ||
	    memcmp(one->ip, mapped, sizeof(mapped)) != 0)
		return;
	memmove(one->ip, one->ip + 12, 4);
	memset(one->ip + 4, 0, 12);
	one->bits -= NETS_MAPPED;
	one->family = AF_INET;
}

/* Without zeros in front, so that there is one way to write each. */
static bool
nets_bits(const char *text, unsigned most, unsigned *bits)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3 || text[len] != '\0' ||
	    (text[0] == '0' && len > 1))
		return false;
	for (*bits = 0; *text != '\0'; text++)
		*bits = *bits * 10 + (unsigned)(*text - '0');
	return *bits <= most;
}

/* Are the first bits the same? */
static bool
nets_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 &&
	    (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* Nothing but zeros behind the prefix. */
static bool
nets_is_prefix(const struct nets_one *one, unsigned all)
{
	unsigned i;

	for (i = one->bits; i < all; i++)
		if ((one->ip[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool
nets_read(char *text, struct nets_one *one)
{
	char *slash = strchr(text, '/');
	unsigned all;

	memset(one, 0, sizeof(*one));
	if (strcmp(text, "unix") == 0) {
		one->family = AF_UNIX;
		return true;
	}
	if (slash != NULL)
		*slash = '\0';
	if (inet_pton(AF_INET, text, one->ip) == 1)
		one->family = AF_INET;
	else if (inet_pton(AF_INET6, text, one->ip) == 1)
		one->family = AF_INET6;
	else
		return false;
	all = one->family == AF_INET ? 32 : 128;
	one->bits = all;
	if (slash != NULL && !nets_bits(slash + 1, all, &one->bits))
		return false;
	if (!nets_is_prefix(one, all))
		return false;
	nets_unmap(one);
	return true;
}

/* The first of the list; *list: behind it, NULL if it was the last.  false: it
 * is no network. */
static bool
nets_next(const char **list, struct nets_one *one)
{
	size_t len = strcspn(*list, ",");
	char text[NETS_TEXT];

	if (len >= sizeof(text))
		return false;
	memcpy(text, *list, len);
	text[len] = '\0';
	*list = (*list)[len] == ',' ? *list + len + 1 : NULL;
	return nets_read(text, one);
}

bool
wi_nets_good(const char *list)
{
	struct nets_one one;

	while (list != NULL)
		if (!nets_next(&list, &one))
			return false;
	return true;
}

bool
wi_nets_have(const char *list, const struct wi_address *address)
{
	struct nets_one who = { .bits = 128, .family = address->family }, one;

	memcpy(who.ip, address->ip, sizeof(who.ip));
	nets_unmap(&who);
	while (list != NULL)
		if (nets_next(&list, &one) && one.family == who.family &&
		    nets_same(one.ip, who.ip, one.bits))
			return true;
	return false;
}

bool
wi_nets_meet(const char *list, bool by_unix)
{
	struct nets_one one;

	while (list != NULL)
		if (nets_next(&list, &one) &&
		    (one.family == AF_UNIX) == by_unix)
			return true;
	return false;
}
