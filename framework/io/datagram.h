/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/datagram.h - many datagrams in one system call, both ways: recvmmsg(2),
 * sendmmsg(2), and UDP_SEGMENT (udp(7)) where the kernel has it.
 *
 * Knows sockets and bytes, but neither endpoints nor loops.  Each datagram
 * goes with the address of ours that it came to or leaves from (ip(7)
 * IP_PKTINFO, ipv6(7) IPV6_PKTINFO).
 *
 * thread: any, one at a time per struct.
 */
#ifndef WI_DATAGRAM_H
#define WI_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/address.h"

#define WI_DATAGRAMS 32u         /* in one call, at most */
#define WI_DATAGRAM_MAX 65507u   /* [bytes] that fit UDP over IPv4 */
#define WI_DATAGRAM_CONTROL 128u /* [bytes] of ancillary data */

/* Several small ones to one peer leave as one large packet that the kernel or
 * the card cuts: so many, so large each, so large together. */
#define WI_SEGMENTS 64u
#define WI_SEGMENT_MAX 1232u /* [bytes] that fit any IPv6 path (RFC 8200) */
#define WI_SEGMENTS_BYTES 60000u
#define WI_DATAGRAMS_IOV 512u /* pieces in one call */

/* How many lists do without UDP_SEGMENT after it was refused: the cause may be
 * one peer's path, or the address that it is answered from. */
#define WI_DATAGRAMS_PLAIN 256u
#define WI_DATAGRAMS_EVER UINT32_MAX

/* One that came. */
struct wi_datagram {
	struct wi_address remote;
	struct wi_address local; /* port: the socket's own */
	uint32_t len;            /* [bytes] */
	bool cut;                /* it was longer than there was room */
};

/* Receiving: number i goes to iov[i][0] and, what does not fit there, to
 * iov[i][1]; both set by the caller. */
struct wi_datagrams_in {
	struct iovec iov[WI_DATAGRAMS][2];
	struct mmsghdr headers[WI_DATAGRAMS];
	struct sockaddr_storage names[WI_DATAGRAMS];
	_Alignas(16) uint8_t control[WI_DATAGRAMS][WI_DATAGRAM_CONTROL];
};

/*
 * wi_datagrams_receive() - what waits, up to n, without blocking.
 *
 *   in       in,out   iov[0 .. n) set.
 *   bound    in       the socket's own address, for local (its port, and its
 *                     ip where the kernel does not tell).
 *   out      out      of n.
 *   returns           how many; 0: nothing waits; else a negated errno.
 */
int wi_datagrams_receive(int fd, struct wi_datagrams_in *in, uint32_t n,
    const struct wi_address *bound, struct wi_datagram *out);

/* Sending: entries, each a datagram, or several of one size to one peer. */
struct wi_datagrams_out {
	uint32_t n;       /* entries */
	uint32_t npieces; /* of iov in use */
	uint32_t plain;   /* lists to do without UDP_SEGMENT, this one too */
	struct iovec iov[WI_DATAGRAMS_IOV];
	struct mmsghdr headers[WI_DATAGRAMS];
	struct sockaddr_storage names[WI_DATAGRAMS];
	_Alignas(16) uint8_t control[WI_DATAGRAMS][WI_DATAGRAM_CONTROL];
	uint32_t counts[WI_DATAGRAMS];   /* datagrams in an entry */
	uint32_t bytes[WI_DATAGRAMS];    /* [bytes] in an entry */
	uint32_t segments[WI_DATAGRAMS]; /* [bytes] of each but the last; 0:
	                                    nothing may join it any more */
};

/*
 * wi_datagrams_probe() - does the kernel know UDP_SEGMENT at all?  Older ones
 * than 4.18 do not refuse it: they would send an entry of several as one.
 * Once before the first use of out, with any UDP socket.
 */
void wi_datagrams_probe(struct wi_datagrams_out *out, int fd);

/*
 * wi_datagrams_begin() - an empty list.
 * wi_datagrams_add() - one more datagram at the end: joined with the entry
 * before it if that goes to the same peer and the sizes allow it.
 *
 *   remote   in       NULL: the socket is connected.
 *   local    in       NULL or family 0: the kernel chooses.
 *   joins    in       the caller says: same remote and local as the last.
 *   data     in       stays where it is until it was sent.
 *   returns           false: no room; send first.
 */
void wi_datagrams_begin(struct wi_datagrams_out *out);
bool wi_datagrams_add(struct wi_datagrams_out *out,
    const struct wi_address *remote, const struct wi_address *local,
    bool joins, const void *data, uint32_t len);

/*
 * wi_datagrams_send() - the entries from first on, without blocking.
 *
 *   first    in       entries before it have been sent.
 *   returns           how many entries have left (1 or more), or the negated
 *                     errno of the first one: -EAGAIN (later), or the reason
 *                     why that one cannot leave (it is not sent).
 *
 * When an entry of several is refused for what may be UDP_SEGMENT's fault,
 * plain was 0 and is not any more: the caller begins again with what has not
 * left, and only what is refused then cannot leave.
 */
int wi_datagrams_send(int fd, struct wi_datagrams_out *out, uint32_t first);

#endif
