/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/datagram - many datagrams in one system call, both ways.
 *
 * thread: any, one at a time per struct; io/udp is the caller.
 */
#include "io/datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h, since 4.18 */
#endif

/* ---- receiving */

/* Which address of ours it came to. */
static void
datagram_local(struct msghdr *header, const struct wi_address *bound,
    struct wi_address *local)
{
	struct cmsghdr *cmsg;
	struct in_pktinfo in4;
	struct in6_pktinfo in6;

	*local = *bound;
	for (cmsg = CMSG_FIRSTHDR(header); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level == IPPROTO_IP &&
		    cmsg->cmsg_type == IP_PKTINFO) {
			memcpy(&in4, CMSG_DATA(cmsg), sizeof(in4));
			/* Of a group or a broadcast it is the address to
			 * answer from (ip(7), ipi_spec_dst). */
			memcpy(local->ip, &in4.ipi_spec_dst, 4);
		} else if (cmsg->cmsg_level == IPPROTO_IPV6 &&
		    cmsg->cmsg_type == IPV6_PKTINFO) {
			memcpy(&in6, CMSG_DATA(cmsg), sizeof(in6));
			if (IN6_IS_ADDR_MULTICAST(&in6.ipi6_addr))
				memset(local->ip, 0, 16);
			else
				memcpy(local->ip, &in6.ipi6_addr, 16);
			local->scope = IN6_IS_ADDR_LINKLOCAL(&in6.ipi6_addr) ?
			    (uint32_t)in6.ipi6_ifindex :
			    0;
		}
	}
}

int
wi_datagrams_receive(int fd, struct wi_datagrams_in *in, uint32_t n,
    const struct wi_address *bound, struct wi_datagram *out)
{
	uint32_t i;
	int got;

	for (i = 0; i < n; i++)
		in->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &in->names[i],
			.msg_namelen = sizeof(in->names[i]),
			.msg_iov = in->iov[i],
			.msg_iovlen = in->iov[i][1].iov_len == 0 ? 1 : 2,
			.msg_control = in->control[i],
			.msg_controllen = WI_DATAGRAM_CONTROL,
		};
	got = recvmmsg(fd, in->headers, n, MSG_DONTWAIT, NULL);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (i = 0; i < (uint32_t)got; i++) {
		struct msghdr *header = &in->headers[i].msg_hdr;

		wi_address_from(&out[i].remote, header->msg_name);
		datagram_local(header, bound, &out[i].local);
		out[i].len = in->headers[i].msg_len;
		out[i].cut = (header->msg_flags & MSG_TRUNC) != 0;
	}
	return got;
}

/* ---- sending */

void
wi_datagrams_probe(struct wi_datagrams_out *out, int fd)
{
	socklen_t len = sizeof(int);
	int size;

	if (getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len) < 0)
		out->plain = WI_DATAGRAMS_EVER;
}

void
wi_datagrams_begin(struct wi_datagrams_out *out)
{
	if (out->plain > 0 && out->plain != WI_DATAGRAMS_EVER)
		out->plain--;
	out->n = 0;
	out->npieces = 0;
}

static void
datagram_control(
    struct msghdr *header, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cmsg =
	    (void *)((uint8_t *)header->msg_control + header->msg_controllen);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), data, len);
	header->msg_controllen += CMSG_SPACE(len);
}

static void
datagram_from(struct msghdr *header, const struct wi_address *local)
{
	struct in_pktinfo in4 = { .ipi_ifindex = 0 };
	struct in6_pktinfo in6 = { .ipi6_ifindex = 0 };

	if (local == NULL)
		return;
	if (local->family == AF_INET) {
		memcpy(&in4.ipi_spec_dst, local->ip, 4);
		datagram_control(
		    header, IPPROTO_IP, IP_PKTINFO, &in4, sizeof(in4));
	} else if (local->family == AF_INET6) {
		memcpy(&in6.ipi6_addr, local->ip, 16);
		in6.ipi6_ifindex = (unsigned)local->scope;
		datagram_control(
		    header, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof(in6));
	}
}

/* Can it be cut off the entry before it? */
static bool
datagram_joins(const struct wi_datagrams_out *out, uint32_t len)
{
	uint32_t last = out->n - 1;

	return out->plain == 0 && out->segments[last] != 0 && len > 0 &&
	    len <= out->segments[last] && out->counts[last] < WI_SEGMENTS &&
	    out->bytes[last] + len <= WI_SEGMENTS_BYTES;
}

static void
datagram_join(struct wi_datagrams_out *out, const void *data, uint32_t len)
{
	uint32_t last = out->n - 1;
	struct msghdr *header = &out->headers[last].msg_hdr;
	uint16_t size = (uint16_t)out->segments[last];

	if (out->counts[last] == 1) /* of several, how large each is */
		datagram_control(
		    header, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
	out->iov[out->npieces++] =
	    (struct iovec){ (void *)(uintptr_t)data, len };
	header->msg_iovlen++;
	out->counts[last]++;
	out->bytes[last] += len;
	if (len < out->segments[last])
		out->segments[last] = 0; /* a shorter one is the last */
}

bool
wi_datagrams_add(struct wi_datagrams_out *out, const struct wi_address *remote,
    const struct wi_address *local, bool joins, const void *data, uint32_t len)
{
	struct msghdr *header;
	uint32_t i = out->n;

	if (out->npieces == WI_DATAGRAMS_IOV)
		return false;
	if (joins && i > 0 && datagram_joins(out, len)) {
		datagram_join(out, data, len);
		return true;
	}
	if (i == WI_DATAGRAMS)
		return false;
	header = &out->headers[i].msg_hdr;
	*header = (struct msghdr){ .msg_iov = &out->iov[out->npieces],
		.msg_iovlen = 1,
		.msg_control = out->control[i] };
	out->iov[out->npieces++] =
	    (struct iovec){ (void *)(uintptr_t)data, len };
	if (remote != NULL) {
		header->msg_name = &out->names[i];
		header->msg_namelen = wi_address_to(remote, &out->names[i]);
	}
	datagram_from(header, local);
	out->counts[i] = 1;
	out->bytes[i] = len;
	out->segments[i] = len <= WI_SEGMENT_MAX ? len : 0;
	out->n++;
	return true;
}

int
wi_datagrams_send(int fd, struct wi_datagrams_out *out, uint32_t first)
{
	int n;

	do
		n = sendmmsg(fd, out->headers + first, out->n - first,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	n = -errno;
	/* Why it may be UDP_SEGMENT alone that is refused: no such option, no
	 * checksums by the card, a path that is narrower than a segment
	 * (EINVAL, since Linux 6.14 EMSGSIZE). */
	if (out->counts[first] > 1 && out->plain == 0 &&
	    (n == -EINVAL || n == -EIO || n == -EOPNOTSUPP || n == -EMSGSIZE))
		out->plain = WI_DATAGRAMS_PLAIN;
	return n;
}
