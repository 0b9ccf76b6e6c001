/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url.h - transport[+codec]://host:port[?options] in its parts.  Pure.
 *
 * thread: any.
 */
#ifndef WI_URL_H
#define WI_URL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <weft/error.h>

#define WI_URL_NAME_MAX 16
#define WI_URL_HOST_MAX 256

struct wi_url {
	char transport[WI_URL_NAME_MAX]; /* "tcp" */
	char codec[WI_URL_NAME_MAX];     /* "varint"; "" where none was said */
	char host[WI_URL_HOST_MAX];      /* "127.0.0.1", "::1" (no brackets) */
	uint16_t port;
};

/*
 * wi_url_parse() - cut a URL into its parts.
 *
 *   text     in       what the user wrote.
 *   url      out      its parts; undefined on error.
 *   err      out      URL "...": expected ..., found ...; may be NULL.
 *   returns           WEFT_OK or WEFT_EURL.
 *
 * Whether the transport and the codec exist is for the caller to say, and
 * whether the host can be resolved; an address in brackets has been checked.
 */
int wi_url_parse(const char *text, struct wi_url *url, struct weft_error *err);

/*
 * wi_url_address() - the socket address of a numeric host ("127.0.0.1", "::1",
 * "localhost" as 127.0.0.1, "*" or "" as any IPv4 address).  No DNS is asked.
 *
 *   addr     out      undefined on error.
 *   err      out      may be NULL.
 *   returns           WEFT_OK or WEFT_EURL.
 */
int wi_url_address(const struct wi_url *url, struct sockaddr_storage *addr,
    socklen_t *addr_len, struct weft_error *err);

/*
 * wi_url_format() - write "tcp+varint://127.0.0.1:41213" for an address that a
 * socket is really bound to.
 *
 *   out      out      always ended by NUL, cut at size.
 *   codec    in       not written if it is "" or "raw".
 */
void wi_url_format(char *out, size_t size, const char *transport,
    const char *codec, const struct sockaddr_storage *addr);

#endif
