/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/address.h - the network address of one end, in 24 bytes.  Pure.
 *
 * Small enough to be kept for every endpoint, and all of its bytes count, so
 * two are equal when memcmp() says so.  thread: any.
 */
#ifndef WI_ADDRESS_H
#define WI_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define WI_ADDRESS_TEXT 64 /* [bytes] of the longest text, with its NUL */

struct wi_address {
	uint8_t ip[16];   /* network order; IPv4 in the first 4, rest 0 */
	uint32_t scope;   /* IPv6: interface index of a link-local one */
	uint16_t port;    /* host order */
	uint8_t family;   /* AF_INET, AF_INET6, AF_UNIX; 0: none */
	uint8_t reserved; /* 0 */
};

/* Where a Unix listener is in the file system, besides its path; inode 0: it
 * has no file (an abstract name, or it is no Unix listener). */
struct wi_socket_file {
	uint64_t device;
	uint64_t inode;
};

/* wi_address_from() - of a socket address; of another family than the three
 * it is "none".  Of AF_UNIX only the family is kept. */
void wi_address_from(struct wi_address *address, const struct sockaddr *from);

/* wi_address_to() - as a socket address; returns its length, 0 if it is
 * neither AF_INET nor AF_INET6. */
socklen_t wi_address_to(
    const struct wi_address *address, struct sockaddr_storage *to);

/* wi_address_text() - "127.0.0.1:80", "[fe80::1%2]:80", "unix", "none"; cut at
 * size.  returns its length. */
size_t wi_address_text(
    const struct wi_address *address, char *out, size_t size);

#endif
