/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url.c - transport[+codec]://place[?options] in its parts.
 *
 * Strict on purpose: what is not understood is an error that says where, not
 * a guess.  The text is cut from the left; each step takes one part and hands
 * the rest to the next.
 *
 * thread: any.
 */
#include "base/url.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/fail.h"
#include "base/url_cut.h"

#define URL_PORT_MAX 65535u
#define URL_LOWER "abcdefghijklmnopqrstuvwxyz"
#define URL_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define URL_DIGITS "0123456789"
#define URL_NAME_CHARS URL_LOWER URL_DIGITS "-_"
#define URL_HOST_CHARS URL_LOWER URL_UPPER URL_DIGITS ".-_"

static int url_scheme(const struct wi_url_cut *cut, struct wi_url_span scheme,
    struct wi_url *url);
static int url_name(const struct wi_url_cut *cut, struct wi_url_span name,
    const char *expected, char *out);
static int url_authority(const struct wi_url_cut *cut,
    struct wi_url_span authority, struct wi_url *url);
static int url_host_in_brackets(const struct wi_url_cut *cut,
    struct wi_url_span *left, struct wi_url *url);
static int url_host_plain(const struct wi_url_cut *cut,
    struct wi_url_span *left, struct wi_url *url);
static int url_port(
    const struct wi_url_cut *cut, struct wi_url_span left, struct wi_url *url);
static int url_path(
    const struct wi_url_cut *cut, struct wi_url_span path, struct wi_url *url);
static int url_group(const struct wi_url_cut *cut, const struct wi_url *url);
static int url_target(const struct wi_url_cut *cut, struct wi_url_span target,
    struct wi_url *url);

int
wi_url_parse(
    const char *text, uint32_t use, struct wi_url *url, struct weft_error *err)
{
	const struct wi_url_cut cut = { text, use, err };
	struct wi_url_span scheme, place;
	const char *colon, *rest;
	int rv;

	memset(url, 0, sizeof(*url));
	colon = strstr(text, "://");
	if (colon == NULL)
		return wi_url_bad(&cut, "transport[+codec]://host:port",
		    (struct wi_url_span){ text, strlen(text) });
	scheme.at = text;
	scheme.len = (size_t)(colon - text);
	if ((rv = url_scheme(&cut, scheme, url)) != WEFT_OK)
		return rv;
	wi_url_fallbacks(url);
	place.at = colon + strlen("://");
	place.len = strcspn(place.at, url->is == WI_URL_UNIX ? "?#" : "/?#");
	rest = place.at + place.len;
	rv = url->is == WI_URL_UNIX ? url_path(&cut, place, url) :
				      url_authority(&cut, place, url);
	if (rv != WEFT_OK)
		return rv;
	if (*rest == '/' && url->web != WI_URL_NO_WEB) {
		place.at = rest;
		place.len = strcspn(rest, "?#");
		rest += place.len;
		if ((rv = url_target(&cut, place, url)) != WEFT_OK)
			return rv;
	}
	if (*rest == '?')
		return wi_url_options(&cut, rest + 1, url);
	if (*rest == '/')
		return wi_url_bad(&cut, "no path behind the port",
		    (struct wi_url_span){ rest, strlen(rest) });
	if (*rest != '\0')
		return wi_url_bad(&cut, "nothing behind the place",
		    (struct wi_url_span){ rest, strlen(rest) });
	return WEFT_OK;
}

static int
url_scheme(const struct wi_url_cut *cut, struct wi_url_span scheme,
    struct wi_url *url)
{
	struct wi_url_span transport;
	struct wi_url_span codec;
	const char *plus;
	int rv;

	plus = memchr(scheme.at, '+', scheme.len);
	transport = scheme;
	if (plus != NULL)
		transport.len = (size_t)(plus - scheme.at);
	rv = url_name(
	    cut, transport, "a transport of a-z 0-9 - _", url->transport);
	if (rv != WEFT_OK)
		return rv;
	wi_url_transport(url);
	if (plus == NULL)
		return WEFT_OK;

	codec.at = plus + 1;
	codec.len = scheme.len - transport.len - 1;
	if (memchr(codec.at, '+', codec.len) != NULL)
		return wi_url_bad(cut, "one \"+codec\" at most",
		    (struct wi_url_span){ plus, codec.len + 1 });
	if (url->is == WI_URL_UDP && codec.len == strlen("multicast") &&
	    memcmp(codec.at, "multicast", codec.len) == 0) {
		url->multicast = true;
		url->is = WI_URL_MULTICAST;
		return WEFT_OK;
	}
	return url_name(
	    cut, codec, "a codec of a-z 0-9 - _ behind \"+\"", url->codec);
}

static int
url_name(const struct wi_url_cut *cut, struct wi_url_span name,
    const char *expected, char *out)
{
	char longest[96];

	if (name.len == 0 || strspn(name.at, URL_NAME_CHARS) < name.len)
		return wi_url_bad(cut, expected, name);
	if (name.len >= WI_URL_NAME_MAX) {
		snprintf(longest, sizeof(longest), "%s, at most %d long",
		    expected, WI_URL_NAME_MAX - 1);
		return wi_url_bad(cut, longest, name);
	}
	memcpy(out, name.at, name.len);
	out[name.len] = '\0';
	return WEFT_OK;
}

static int
url_authority(const struct wi_url_cut *cut, struct wi_url_span authority,
    struct wi_url *url)
{
	int rv;

	if (authority.len > 0 && authority.at[0] == '[')
		rv = url_host_in_brackets(cut, &authority, url);
	else
		rv = url_host_plain(cut, &authority, url);
	if (rv != WEFT_OK)
		return rv;
	rv = url_port(cut, authority, url);
	if (rv == WEFT_OK && url->is == WI_URL_MULTICAST)
		rv = url_group(cut, url);
	return rv;
}

/* A group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291, 2.7). */
static int
url_group(const struct wi_url_cut *cut, const struct wi_url *url)
{
	char numeric[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in4;
	bool group = false;

	(void)snprintf(numeric, sizeof(numeric), "%.*s",
	    (int)strcspn(url->host, "%"), url->host);
	if (inet_pton(AF_INET, numeric, &in4) == 1)
		group = IN_MULTICAST(ntohl(in4.s_addr));
	else if (inet_pton(AF_INET6, numeric, &in6) == 1)
		group = IN6_IS_ADDR_MULTICAST(&in6);
	return group ?
	    WEFT_OK :
	    wi_url_bad(cut,
		"the address of a group (224.0.0.0 to 239.255.255.255, or "
		"[ff00::] and above; others go with udp://)",
		(struct wi_url_span){ url->host, strlen(url->host) });
}

/* unix: an absolute path, or "@" and an abstract name.  It is taken as it is:
 * nothing is decoded, and it cannot hold "?" or "#". */
static int
url_path(
    const struct wi_url_cut *cut, struct wi_url_span path, struct wi_url *url)
{
	const struct wi_url_span found = path;
	char longest[96];
	size_t i;

	url->abstract = path.len > 0 && path.at[0] == '@';
	if (url->abstract) {
		path.at++;
		path.len--;
	}
	if (path.len == 0 || (!url->abstract && path.at[0] != '/'))
		return wi_url_bad(
		    cut, "an absolute path, or @ and a name", found);
	for (i = 0; i < path.len; i++)
		if ((unsigned char)path.at[i] < ' ' || path.at[i] == 0x7f)
			return wi_url_bad(
			    cut, "a path without control characters", found);
	if (path.len >= WI_URL_PATH_MAX) {
		(void)snprintf(longest, sizeof(longest),
		    "a %s of at most %d bytes (unix(7)), not of %zu",
		    url->abstract ? "name" : "path", WI_URL_PATH_MAX - 1,
		    path.len);
		return wi_url_bad(cut, longest, found);
	}
	memcpy(url->path, path.at, path.len);
	return WEFT_OK;
}

/* ws: the path (RFC 3986, 3.3), which is compared as it is. */
static int
url_target(const struct wi_url_cut *cut, struct wi_url_span target,
    struct wi_url *url)
{
	size_t i;

	for (i = 0; i < target.len; i++)
		if (target.at[i] <= ' ' || target.at[i] > '~')
			return wi_url_bad(cut,
			    "a path of printable ASCII (others as %41)",
			    target);
	if (target.len >= WI_URL_TARGET_MAX)
		return wi_url_bad(cut, "a path of at most 255 bytes", target);
	memcpy(url->target, target.at, target.len);
	return WEFT_OK;
}

/* An IPv6 address, without what stands behind "%". */
static bool
url_is_ipv6(struct wi_url_span address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr unused;

	if (address.len >= sizeof(text))
		return false;
	memcpy(text, address.at, address.len);
	text[address.len] = '\0';
	return inet_pton(AF_INET6, text, &unused) == 1;
}

/* What an interface may be called, or its number; whether there is one is
 * asked later. */
static bool
url_is_scope(struct wi_url_span scope)
{
	size_t i;

	if (scope.len == 0 || scope.len >= IF_NAMESIZE)
		return false;
	for (i = 0; i < scope.len; i++)
		if (scope.at[i] <= ' ' || scope.at[i] > '~' ||
		    scope.at[i] == '%')
			return false;
	return true;
}

/* Take "[::1]" or "[fe80::1%eth0]" off what is left. */
static int
url_host_in_brackets(
    const struct wi_url_cut *cut, struct wi_url_span *left, struct wi_url *url)
{
	struct wi_url_span host, address, scope;
	const char *end, *percent;

	end = memchr(left->at, ']', left->len);
	if (end == NULL)
		return wi_url_bad(cut, "\"]\" behind the address", *left);
	host.at = left->at + 1;
	host.len = (size_t)(end - host.at);
	percent = memchr(host.at, '%', host.len);
	address = host;
	if (percent != NULL)
		address.len = (size_t)(percent - host.at);
	if (!url_is_ipv6(address))
		return wi_url_bad(cut, "an IPv6 address in brackets", host);
	if (percent != NULL) {
		scope.at = percent + 1;
		scope.len = (size_t)(end - scope.at);
		if (!url_is_scope(scope))
			return wi_url_bad(
			    cut, "an interface behind \"%\"", scope);
	}
	memcpy(url->host, host.at, host.len);
	left->at = end + 1;
	left->len -= host.len + strlen("[]");
	return WEFT_OK;
}

/* Take "127.0.0.1", "localhost", "a.example", "*" or "" off what is left. */
static int
url_host_plain(
    const struct wi_url_cut *cut, struct wi_url_span *left, struct wi_url *url)
{
	struct wi_url_span host;
	const char *colon;

	host = *left;
	if (memchr(host.at, '[', host.len) != NULL ||
	    memchr(host.at, ']', host.len) != NULL)
		return wi_url_bad(
		    cut, "brackets only around an address", host);
	colon = memchr(host.at, ':', host.len);
	if (colon != NULL) {
		host.len = (size_t)(colon - host.at);
		if (memchr(colon + 1, ':', left->len - host.len - 1) != NULL)
			return wi_url_bad(cut,
			    "host:port, or [address]:port "
			    "with an IPv6 address",
			    *left);
	}
	if (strspn(host.at, URL_HOST_CHARS) < host.len &&
	    !(host.len == 1 && host.at[0] == '*'))
		return wi_url_bad(cut, "a host name, an address or *", host);
	if (host.len >= WI_URL_HOST_MAX)
		return wi_url_bad(cut, "a host of at most 255 bytes", host);
	memcpy(url->host, host.at, host.len);
	left->at += host.len;
	left->len -= host.len;
	return WEFT_OK;
}

/* All that is left must be ":" and the port. */
static int
url_port(
    const struct wi_url_cut *cut, struct wi_url_span left, struct wi_url *url)
{
	struct wi_url_span digits;
	unsigned port;
	size_t i;

	if (left.len == 0 || left.at[0] != ':')
		return wi_url_bad(
		    cut, "\":\" and a port behind the host", left);
	digits.at = left.at + 1;
	digits.len = left.len - 1;
	port = 0;
	for (i = 0; i < digits.len && port <= URL_PORT_MAX; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			break;
		port = port * 10 + (unsigned)(digits.at[i] - '0');
	}
	if (i == 0 || i < digits.len || port > URL_PORT_MAX)
		return wi_url_bad(cut, "a port from 0 to 65535", digits);
	url->port = (uint16_t)port;
	return WEFT_OK;
}

int
wi_url_bad(const struct wi_url_cut *cut, const char *expected,
    struct wi_url_span found)
{
	if (found.len == 0)
		return wi_fail(cut->err, WEFT_EURL,
		    "URL \"%.160s\": expected %s, found nothing", cut->text,
		    expected);
	return wi_fail(cut->err, WEFT_EURL,
	    "URL \"%.160s\": expected %s, found \"%.*s\"", cut->text, expected,
	    found.len > 80 ? 80 : (int)found.len, found.at);
}

/* "fe80::1%eth0": the number of the interface, 0 for none; -1: no such. */
static int64_t
url_scope(char *host)
{
	char *scope = strchr(host, '%');
	char *end;
	unsigned long number;

	if (scope == NULL)
		return 0;
	*scope++ = '\0';
	number = strtoul(scope, &end, 10);
	if (*scope >= '0' && *scope <= '9' && *end == '\0' &&
	    number <= UINT32_MAX)
		return (int64_t)number;
	number = if_nametoindex(scope);
	return number == 0 ? -1 : (int64_t)number;
}

int
wi_url_address(const struct wi_url *url, struct sockaddr_storage *addr,
    socklen_t *addr_len, struct weft_error *err)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char host[WI_URL_HOST_MAX];
	int64_t scope;

	(void)snprintf(host, sizeof(host), "%s", url->host);
	if (host[0] == '\0' || strcmp(host, "*") == 0)
		strcpy(host, "0.0.0.0");
	else if (strcasecmp(host, "localhost") == 0)
		strcpy(host, "127.0.0.1");

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
		in4.sin_port = htons(url->port);
		memcpy(addr, &in4, sizeof(in4));
		*addr_len = sizeof(in4);
		return WEFT_OK;
	}
	scope = url_scope(host);
	if (scope < 0)
		return wi_fail(err, WEFT_EURL,
		    "host: expected an interface of this machine behind "
		    "\"%%\", found \"%.160s\"",
		    url->host);
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		in6.sin6_port = htons(url->port);
		in6.sin6_scope_id = (uint32_t)scope;
		memcpy(addr, &in6, sizeof(in6));
		*addr_len = sizeof(in6);
		return WEFT_OK;
	}
	return wi_fail(err, WEFT_EURL,
	    "host: expected a numeric address, "
	    "localhost or *, found \"%.160s\"",
	    url->host);
}

void
wi_url_target(const struct wi_url *url, char *out, size_t size)
{
	(void)snprintf(out, size, "%s%s%s",
	    url->target[0] == '\0' && url->query[0] != '\0' ? "/" :
							      url->target,
	    url->query[0] == '\0' ? "" : "?", url->query);
}

void
wi_url_authority(const struct wi_url *url, char *out, size_t size)
{
	const bool brackets = strchr(url->host, ':') != NULL;
	const bool any = url->host[0] == '\0' || url->host[0] == '*';

	(void)snprintf(out, size, "%s%.*s%s:%u", brackets ? "[" : "",
	    any ? 9 : (int)strcspn(url->host, "%"),
	    any ? "localhost" : url->host, brackets ? "]" : "", url->port);
}

void
wi_url_format(char *out, size_t size, const struct wi_url *url,
    const struct sockaddr_storage *addr)
{
	const char *codec = url->multicast ? "multicast" : url->codec;
	bool framed = codec[0] != '\0' && strcmp(codec, "raw") != 0;
	char place[WI_URL_PATH_MAX + 1];
	struct wi_address address;

	if (url->is == WI_URL_UNIX) {
		(void)snprintf(place, sizeof(place), "%s%s",
		    url->abstract ? "@" : "", url->path);
	} else {
		wi_address_from(&address, (const struct sockaddr *)addr);
		(void)wi_address_text(&address, place, sizeof(place));
	}
	(void)snprintf(out, size, "%s%s%s://%s%s", url->transport,
	    framed ? "+" : "", framed ? codec : "", place, url->target);
}
