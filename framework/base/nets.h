/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/nets.h - a list of networks in words: "10.0.0.0/8,fd00::1,unix".  Pure.
 *
 * An address by itself is a network of one; "unix" is whoever comes by a Unix
 * socket.  An IPv4 address that comes as an IPv6 one (::ffff:10.0.0.1) is the
 * IPv4 one, in the list too.
 *
 * thread: any.
 */
#ifndef WI_NETS_H
#define WI_NETS_H

#include <stdbool.h>

#include "base/address.h"

/* wi_nets_good() - is it such a list?  Strict: no blanks, nothing empty, no
 * bit behind the prefix (10.0.0.1/8). */
bool wi_nets_good(const char *list);

/* wi_nets_have() - is the address in one of them?
 *
 *   list     in       good, or "": nobody is.  It is read each time, which
 *                     takes about 0.1 us for each network: for clients that
 *                     are accepted, not for messages.
 */
bool wi_nets_have(const char *list, const struct wi_address *address);

/* wi_nets_meet() - can anybody be in it who comes by a Unix socket, or by
 * another one? */
bool wi_nets_meet(const char *list, bool by_unix);

#endif
