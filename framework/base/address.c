/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/address.c - the network address of one end, in 24 bytes.
 *
 * thread: any (pure).
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void
wi_address_from(struct wi_address *address, const struct sockaddr *from)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	memset(address, 0, sizeof(*address));
	if (from->sa_family == AF_INET) {
		memcpy(&in4, from, sizeof(in4));
		memcpy(address->ip, &in4.sin_addr, sizeof(in4.sin_addr));
		address->port = ntohs(in4.sin_port);
		address->family = AF_INET;
	} else if (from->sa_family == AF_INET6) {
		memcpy(&in6, from, sizeof(in6));
		memcpy(address->ip, &in6.sin6_addr, sizeof(in6.sin6_addr));
		address->scope = in6.sin6_scope_id;
		address->port = ntohs(in6.sin6_port);
		address->family = AF_INET6;
	} else if (from->sa_family == AF_UNIX) {
		address->family = AF_UNIX;
	}
}

socklen_t
wi_address_to(const struct wi_address *address, struct sockaddr_storage *to)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(to, 0, sizeof(*to));
	if (address->family == AF_INET) {
		memcpy(&in4.sin_addr, address->ip, sizeof(in4.sin_addr));
		in4.sin_port = htons(address->port);
		memcpy(to, &in4, sizeof(in4));
		return sizeof(in4);
	}
	if (address->family == AF_INET6) {
		memcpy(&in6.sin6_addr, address->ip, sizeof(in6.sin6_addr));
		in6.sin6_port = htons(address->port);
		in6.sin6_scope_id = address->scope;
		memcpy(to, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

size_t
wi_address_text(const struct wi_address *address, char *out, size_t size)
{
	char ip[INET6_ADDRSTRLEN], scope[16] = "", text[WI_ADDRESS_TEXT];
	int len;

	if (address->family == AF_INET) {
		(void)inet_ntop(AF_INET, address->ip, ip, sizeof(ip));
		len = snprintf(text, sizeof(text), "%s:%u", ip, address->port);
	} else if (address->family == AF_INET6) {
		(void)inet_ntop(AF_INET6, address->ip, ip, sizeof(ip));
		if (address->scope != 0)
			(void)snprintf(
			    scope, sizeof(scope), "%%%u", address->scope);
		len = snprintf(
		    text, sizeof(text), "[%s%s]:%u", ip, scope, address->port);
	} else {
		len = snprintf(text, sizeof(text), "%s",
		    address->family == AF_UNIX ? "unix" : "none");
	}
	(void)snprintf(out, size, "%s", text);
	return (size_t)len < size ? (size_t)len : size - (size != 0);
}
