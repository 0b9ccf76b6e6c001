/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url.c - transport[+codec]://host:port[?options] in its parts.
 *
 * Strict on purpose: what is not understood is an error that says where, not
 * a guess.  The text is cut from the left; each step takes one part and hands
 * the rest to the next.
 *
 * thread: any.
 */
#include "base/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"

#define URL_PORT_MAX 65535u
#define URL_LOWER "abcdefghijklmnopqrstuvwxyz"
#define URL_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define URL_DIGITS "0123456789"
#define URL_NAME_CHARS URL_LOWER URL_DIGITS "-_"
#define URL_HOST_CHARS URL_LOWER URL_UPPER URL_DIGITS ".-_"

/* A piece of the text. */
struct url_span {
	const char *at;
	size_t len;
};

/* What every step needs to report an error. */
struct url_cut {
	const char *text; /* the whole URL */
	struct weft_error *err;
};

static int url_scheme(
    const struct url_cut *cut, struct url_span scheme, struct wi_url *url);
static int url_name(const struct url_cut *cut, struct url_span name,
    const char *expected, char *out);
static int url_authority(
    const struct url_cut *cut, struct url_span authority, struct wi_url *url);
static int url_host_in_brackets(
    const struct url_cut *cut, struct url_span *left, struct wi_url *url);
static int url_host_plain(
    const struct url_cut *cut, struct url_span *left, struct wi_url *url);
static int url_port(
    const struct url_cut *cut, struct url_span left, struct wi_url *url);
static int url_options(const struct url_cut *cut, const char *options);
static int url_option(
    const struct url_cut *cut, struct url_span name, struct url_span value);
static int url_bad(
    const struct url_cut *cut, const char *expected, struct url_span found);

int
wi_url_parse(const char *text, struct wi_url *url, struct weft_error *err)
{
	const struct url_cut cut = { text, err };
	struct url_span scheme;
	struct url_span authority;
	const char *colon;
	const char *rest;
	int rv;

	memset(url, 0, sizeof(*url));
	colon = strstr(text, "://");
	if (colon == NULL)
		return url_bad(&cut, "transport[+codec]://host:port",
		    (struct url_span){ text, strlen(text) });
	scheme.at = text;
	scheme.len = (size_t)(colon - text);
	authority.at = colon + strlen("://");
	authority.len = strcspn(authority.at, "/?#");
	rest = authority.at + authority.len;

	if ((rv = url_scheme(&cut, scheme, url)) != WEFT_OK)
		return rv;
	if ((rv = url_authority(&cut, authority, url)) != WEFT_OK)
		return rv;
	if (*rest == '?')
		return url_options(&cut, rest + 1);
	if (*rest == '/')
		return url_bad(&cut, "no path behind the port",
		    (struct url_span){ rest, strlen(rest) });
	if (*rest != '\0')
		return url_bad(&cut, "nothing behind the port",
		    (struct url_span){ rest, strlen(rest) });
	return WEFT_OK;
}

static int
url_scheme(
    const struct url_cut *cut, struct url_span scheme, struct wi_url *url)
{
	struct url_span transport;
	struct url_span codec;
	const char *plus;
	int rv;

	plus = memchr(scheme.at, '+', scheme.len);
	transport = scheme;
	if (plus != NULL)
		transport.len = (size_t)(plus - scheme.at);
	rv = url_name(
	    cut, transport, "a transport of a-z 0-9 - _", url->transport);
	if (rv != WEFT_OK || plus == NULL)
		return rv;

	codec.at = plus + 1;
	codec.len = scheme.len - transport.len - 1;
	if (memchr(codec.at, '+', codec.len) != NULL)
		return url_bad(cut, "one \"+codec\" at most",
		    (struct url_span){ plus, codec.len + 1 });
	return url_name(
	    cut, codec, "a codec of a-z 0-9 - _ behind \"+\"", url->codec);
}

static int
url_name(const struct url_cut *cut, struct url_span name, const char *expected,
    char *out)
{
	char longest[96];

	if (name.len == 0 || strspn(name.at, URL_NAME_CHARS) < name.len)
		return url_bad(cut, expected, name);
	if (name.len >= WI_URL_NAME_MAX) {
		snprintf(longest, sizeof(longest), "%s, at most %d long",
		    expected, WI_URL_NAME_MAX - 1);
		return url_bad(cut, longest, name);
	}
	memcpy(out, name.at, name.len);
	out[name.len] = '\0';
	return WEFT_OK;
}

static int
url_authority(
    const struct url_cut *cut, struct url_span authority, struct wi_url *url)
{
	int rv;

	if (authority.len > 0 && authority.at[0] == '[')
		rv = url_host_in_brackets(cut, &authority, url);
	else
		rv = url_host_plain(cut, &authority, url);
	if (rv != WEFT_OK)
		return rv;
	return url_port(cut, authority, url);
}

/* Take "[::1]" off what is left. */
static int
url_host_in_brackets(
    const struct url_cut *cut, struct url_span *left, struct wi_url *url)
{
	struct in6_addr unused;
	struct url_span host;
	const char *end;

	end = memchr(left->at, ']', left->len);
	if (end == NULL)
		return url_bad(cut, "\"]\" behind the address", *left);
	host.at = left->at + 1;
	host.len = (size_t)(end - host.at);
	if (host.len < WI_URL_HOST_MAX)
		memcpy(url->host, host.at, host.len);
	if (host.len >= WI_URL_HOST_MAX ||
	    inet_pton(AF_INET6, url->host, &unused) != 1)
		return url_bad(cut, "an IPv6 address in brackets", host);
	left->at = end + 1;
	left->len -= host.len + strlen("[]");
	return WEFT_OK;
}

/* Take "127.0.0.1", "localhost", "a.example", "*" or "" off what is left. */
static int
url_host_plain(
    const struct url_cut *cut, struct url_span *left, struct wi_url *url)
{
	struct url_span host;
	const char *colon;

	host = *left;
	if (memchr(host.at, '[', host.len) != NULL ||
	    memchr(host.at, ']', host.len) != NULL)
		return url_bad(cut, "brackets only around an address", host);
	colon = memchr(host.at, ':', host.len);
	if (colon != NULL) {
		host.len = (size_t)(colon - host.at);
		if (memchr(colon + 1, ':', left->len - host.len - 1) != NULL)
			return url_bad(cut,
			    "host:port, or [address]:port "
			    "with an IPv6 address",
			    *left);
	}
	if (strspn(host.at, URL_HOST_CHARS) < host.len &&
	    !(host.len == 1 && host.at[0] == '*'))
		return url_bad(cut, "a host name, an address or *", host);
	if (host.len >= WI_URL_HOST_MAX)
		return url_bad(cut, "a host of at most 255 bytes", host);
	memcpy(url->host, host.at, host.len);
	left->at += host.len;
	left->len -= host.len;
	return WEFT_OK;
}

/* All that is left must be ":" and the port. */
static int
url_port(const struct url_cut *cut, struct url_span left, struct wi_url *url)
{
	struct url_span digits;
	unsigned port;
	size_t i;

	if (left.len == 0 || left.at[0] != ':')
		return url_bad(cut, "\":\" and a port behind the host", left);
	digits.at = left.at + 1;
	digits.len = left.len - 1;
	port = 0;
	for (i = 0; i < digits.len && port <= URL_PORT_MAX; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			break;
		port = port * 10 + (unsigned)(digits.at[i] - '0');
	}
	if (i == 0 || i < digits.len || port > URL_PORT_MAX)
		return url_bad(cut, "a port from 0 to 65535", digits);
	url->port = (uint16_t)port;
	return WEFT_OK;
}

/* name[=value][&name[=value]]... */
static int
url_options(const struct url_cut *cut, const char *options)
{
	struct url_span name;
	struct url_span value;
	const char *at;
	int rv;

	for (at = options;; at++) {
		name.at = at;
		name.len = strcspn(at, "=&");
		at += name.len;
		value.at = *at == '=' ? at + 1 : at;
		value.len = strcspn(value.at, "&");
		at = value.at + value.len;
		if (name.len == 0)
			return url_bad(cut, "the name of an option",
			    (struct url_span){ name.at, strlen(name.at) });
		if ((rv = url_option(cut, name, value)) != WEFT_OK)
			return rv;
		if (*at == '\0')
			return WEFT_OK;
	}
}

/* The one place that knows the options: there are none yet. */
static int
url_option(
    const struct url_cut *cut, struct url_span name, struct url_span value)
{
	(void)value;
	return url_bad(cut, "no option (none is known)", name);
}

static int
url_bad(const struct url_cut *cut, const char *expected, struct url_span found)
{
	if (found.len == 0)
		return wi_fail(cut->err, WEFT_EURL,
		    "URL \"%.160s\": expected %s, found nothing", cut->text,
		    expected);
	return wi_fail(cut->err, WEFT_EURL,
	    "URL \"%.160s\": expected %s, found \"%.*s\"", cut->text, expected,
	    found.len > 80 ? 80 : (int)found.len, found.at);
}

int
wi_url_address(const struct wi_url *url, struct sockaddr_storage *addr,
    socklen_t *addr_len, struct weft_error *err)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const char *host;

	host = url->host;
	if (host[0] == '\0' || strcmp(host, "*") == 0)
		host = "0.0.0.0";
	else if (strcasecmp(host, "localhost") == 0)
		host = "127.0.0.1";

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
		in4.sin_port = htons(url->port);
		memcpy(addr, &in4, sizeof(in4));
		*addr_len = sizeof(in4);
		return WEFT_OK;
	}
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		in6.sin6_port = htons(url->port);
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
wi_url_format(char *out, size_t size, const char *transport, const char *codec,
    const struct sockaddr_storage *addr)
{
	char host[INET6_ADDRSTRLEN] = "?";
	const char *open;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	unsigned port;
	int framed;

	open = "";
	port = 0;
	if (addr->ss_family == AF_INET) {
		memcpy(&in4, addr, sizeof(in4));
		inet_ntop(AF_INET, &in4.sin_addr, host, sizeof(host));
		port = ntohs(in4.sin_port);
	} else if (addr->ss_family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		port = ntohs(in6.sin6_port);
		open = "[";
	}
	framed = codec[0] != '\0' && strcmp(codec, "raw") != 0;
	snprintf(out, size, "%s%s%s://%s%s%s:%u", transport, framed ? "+" : "",
	    framed ? codec : "", open, host, open[0] != '\0' ? "]" : "", port);
}
