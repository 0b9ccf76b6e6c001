/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/dial_address.h - the addresses of a name, and one of them at a time; for
 * io/dial.  Knows no loop.
 *
 * thread: any.
 */
#ifndef WI_DIAL_ADDRESS_H
#define WI_DIAL_ADDRESS_H

#include <stdint.h>

#include <weft/error.h>

#include "base/address.h"

struct addrinfo;
struct wi_url;

/*
 * wi_dial_order() - the addresses of a name in the order to try them.
 *
 *   list     in       as the resolver sorted them; may be NULL.
 *   port     in       for all of them.
 *   out      out      of n; those of IPv4 and IPv6, others are left out.
 *   returns           how many.
 *
 * Families take turns, beginning with that of the first one (RFC 8305,
 * section 4).
 */
uint32_t wi_dial_order(const struct addrinfo *list, uint16_t port,
    struct wi_address *out, uint32_t n);

/*
 * wi_dial_connect() - begin to connect to one address.
 *
 *   text     in       what is dialled, for errors.
 *   remote   in       of AF_UNIX: the path is the URL's.
 *   fdp      out      -1 on error.
 *   err      out      why there could be no socket as the URL wants it; no
 *                     text where it is the other end's doing.
 *   returns           WEFT_OK: *fdp is connected (to a group or a broadcast
 *                     address: as much as it will be); -EINPROGRESS: when it
 *                     is writable, ask wi_dial_outcome(); else a negative
 *                     code.
 */
int wi_dial_connect(const char *text, const struct wi_url *url,
    const struct wi_address *remote, int *fdp, struct weft_error *err);

/* wi_dial_outcome() - what a connection came to: WEFT_OK, or a negated errno;
 * -ECONNREFUSED if TCP has connected it to itself. */
int wi_dial_outcome(const struct wi_url *url, int fd);

#endif
