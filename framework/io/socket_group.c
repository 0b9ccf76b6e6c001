/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket_group - multicast: interfaces, and what a group needs.
 *
 * thread: any.  Owns nothing.
 *
 * IPv4 and IPv6 name an interface in different ways (an address, an index),
 * and a URL may use a name or any address: all become an index here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "io/socket_job.h"

static unsigned group_index_of(const char *text);
static bool group_has_address(const struct ifaddrs *at, const char *text);
static void group_names(char *out, size_t size);

/* Does the address mean something on one link only (ipv6(7))? */
static bool
group_needs_scope(const struct sockaddr_in6 *in6)
{
	return IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr) ||
	    IN6_IS_ADDR_MC_NODELOCAL(&in6->sin6_addr);
}

static int
group_no_interface(const struct wi_socket_job *job, const char *expected)
{
	char names[128];

	group_names(names, sizeof(names));
	return wi_fail(job->err, WEFT_EURL,
	    WI_SOCKET_TEXT ": option interface: expected %s (%s), found "
			   "\"%s\"",
	    job->text, expected, names, job->url->interface);
}

int
wi_socket_interface(const struct wi_socket_job *job,
    struct sockaddr_storage *group, struct wi_socket_interface *interface)
{
	const char *text = job->url->interface;
	struct sockaddr_in6 in6;

	*interface = (struct wi_socket_interface){ 0 };
	if (text[0] != '\0') {
		interface->index = group_index_of(text);
		if (interface->index == 0)
			return group_no_interface(job,
			    "the name or an address of an interface of this "
			    "machine");
		(void)inet_pton(AF_INET, text, &interface->ip4);
	}
	if (group->ss_family != AF_INET6)
		return WEFT_OK;
	memcpy(&in6, group, sizeof(in6));
	if (interface->index == 0)
		interface->index = in6.sin6_scope_id;
	if (in6.sin6_scope_id != 0 && in6.sin6_scope_id != interface->index)
		return group_no_interface(
		    job, "the same interface as behind the group's %");
	if (!group_needs_scope(&in6))
		return WEFT_OK;
	if (interface->index == 0)
		return group_no_interface(
		    job, "the interface of a group that is on one link only");
	in6.sin6_scope_id = interface->index;
	memcpy(group, &in6, sizeof(in6));
	return WEFT_OK;
}

/* 0: there is none. */
static unsigned
group_index_of(const char *text)
{
	struct ifaddrs *all, *at;
	unsigned index;

	index = if_nametoindex(text);
	if (index != 0 || getifaddrs(&all) < 0)
		return index;
	for (at = all; at != NULL && index == 0; at = at->ifa_next) {
		if (at->ifa_addr != NULL && group_has_address(at, text))
			index = if_nametoindex(at->ifa_name);
	}
	freeifaddrs(all);
	return index;
}

static bool
group_has_address(const struct ifaddrs *at, const char *text)
{
	char bare[INET6_ADDRSTRLEN];
	struct in6_addr wanted;
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;
	size_t len = strcspn(text, "%");

	/* fe80::1%eth0: the address may be there on each link. */
	if (len >= sizeof(bare) ||
	    (text[len] == '%' && strcmp(text + len + 1, at->ifa_name) != 0))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	if (inet_pton(at->ifa_addr->sa_family, bare, &wanted) != 1)
		return false;
	if (at->ifa_addr->sa_family == AF_INET) {
		memcpy(&in4, at->ifa_addr, sizeof(in4));
		return memcmp(&wanted, &in4.sin_addr, sizeof(in4.sin_addr)) ==
		    0;
	}
	memcpy(&in6, at->ifa_addr, sizeof(in6));
	return memcmp(&wanted, &in6.sin6_addr, sizeof(in6.sin6_addr)) == 0;
}

/* "lo, eth0", cut at size. */
static void
group_names(char *out, size_t size)
{
	struct if_nameindex *all;
	size_t i, len = 0;

	out[0] = '\0';
	all = if_nameindex();
	for (i = 0; all != NULL && all[i].if_index != 0 && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i == 0 ? "" : ", ", all[i].if_name);
	if (all != NULL)
		if_freenameindex(all);
}

int
wi_socket_to_group(const struct wi_socket_job *job, sa_family_t family,
    const struct wi_socket_interface *interface)
{
	const bool ip6 = family == AF_INET6;
	const int level = ip6 ? IPPROTO_IPV6 : IPPROTO_IP;
	const uint64_t *numbers = job->url->numbers;
	const struct ip_mreqn via = { .imr_address = interface->ip4,
		.imr_ifindex = (int)interface->index };
	int rv;

	rv = wi_socket_set(job, level,
	    ip6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP,
	    numbers[WI_URL_loop] != 0, "loop");
	if (rv == WEFT_OK)
		rv = wi_socket_set(job, level,
		    ip6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL,
		    (int)numbers[WI_URL_ttl], "ttl");
	if (rv != WEFT_OK || interface->index == 0)
		return rv;
	if (ip6)
		return wi_socket_set(job, level, IPV6_MULTICAST_IF,
		    (int)interface->index, "interface");
	if (setsockopt(job->fd, level, IP_MULTICAST_IF, &via, sizeof(via)) < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": option interface: expected one that "
				   "can send to a group, found \"%s\": %s",
		    job->text, job->url->interface, weft_strerror(-errno));
	return WEFT_OK;
}

int
wi_socket_join(const struct wi_socket_job *job,
    const struct sockaddr_storage *group,
    const struct wi_socket_interface *interface)
{
	const bool ip6 = group->ss_family == AF_INET6;
	const int level = ip6 ? IPPROTO_IPV6 : IPPROTO_IP;
	struct group_req req = { .gr_interface = interface->index };
	int rv;

	/* Bound to the group, the socket would also hear what comes for it
	 * through interfaces that others have joined it on. */
	rv = wi_socket_set(job, level,
	    ip6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, 0, "interface");
	if (rv != WEFT_OK)
		return rv;
	memcpy(&req.gr_group, group, sizeof(req.gr_group));
	if (setsockopt(job->fd, level, MCAST_JOIN_GROUP, &req, sizeof(req)) ==
	    0)
		return WEFT_OK;
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": cannot join: expected a group%s%s that can be "
			   "joined, found: %s",
	    job->text, job->url->interface[0] == '\0' ? "" : " on ",
	    job->url->interface, weft_strerror(-errno));
}
