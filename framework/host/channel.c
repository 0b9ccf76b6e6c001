/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/channel.c - messages between processes.
 *
 * thread: main, of each.  A channel's ends are its processes'; this file owns
 * nothing.
 */
#include "host/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <weft/error.h>

#define CHANNEL_PATIENCE_S 5

int
wi_channel_patience(int channel)
{
	const struct timeval patience = { .tv_sec = CHANNEL_PATIENCE_S };

	if (fcntl(channel, F_SETFD, FD_CLOEXEC) < 0 ||
	    setsockopt(channel, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) < 0)
		return -errno;
	return WEFT_OK;
}

int
wi_channel_pair(int ends[2])
{
	int i, rv = WEFT_OK;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	for (i = 0; i < 2 && rv == WEFT_OK; i++)
		rv = wi_channel_patience(ends[i]);
	if (rv < 0) {
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
	return rv;
}

/* Room for one descriptor, aligned as CMSG_FIRSTHDR() wants it. */
union channel_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int
wi_channel_say(int channel, enum wi_channel_kind kind, int fd,
    const void *data, size_t len)
{
	uint8_t first = (uint8_t)kind;
	struct iovec parts[2] = { { &first, 1 },
		{ (void *)(uintptr_t)data, len } };
	union channel_control control = { 0 };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	struct cmsghdr *head;
	ssize_t n;

	if (len >= WI_CHANNEL_MAX)
		return -EMSGSIZE;
	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		head = CMSG_FIRSTHDR(&msg);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	do
		n = sendmsg(channel, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : WEFT_OK;
}

/* The descriptor that came along, or -1. */
static int
channel_descriptor(struct msghdr *msg)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (head != NULL && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

int
wi_channel_hear(int channel, struct wi_message *message)
{
	uint8_t first = 0;
	struct iovec parts[2] = { { &first, 1 },
		{ message->data, WI_CHANNEL_MAX } };
	union channel_control control;
	struct msghdr msg = { .msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do
		n = recvmsg(channel, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (n == 0)
		return -EPIPE;
	message->kind = (enum wi_channel_kind)first;
	message->fd = channel_descriptor(&msg);
	message->len = (size_t)n - 1;
	message->data[message->len] = '\0';
	return WEFT_OK;
}

const char *
wi_message_text(const struct wi_message *message, unsigned n)
{
	const char *at = message->data, *end = at + message->len;

	while (n-- > 0 && at < end)
		at += strlen(at) + 1;
	return at < end ? at : "";
}
