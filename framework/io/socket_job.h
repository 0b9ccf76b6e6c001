/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket_job.h - what io/socket, io/socket_file, io/socket_group and
 * io/socket_adopt share; for those four only.
 *
 * thread: any.
 */
#ifndef WI_SOCKET_JOB_H
#define WI_SOCKET_JOB_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <weft/error.h>

#include "base/url.h"
#include "io/socket.h"

#define WI_SOCKET_TEXT "%.160s" /* the URL in an error leaves room for it */

/* The socket that is being made. */
struct wi_socket_job {
	const char *text; /* the URL as written */
	const struct wi_url *url;
	struct weft_error *err; /* may be NULL */
	int fd;
};

/* An interface for a group; index 0: the kernel's choice. */
struct wi_socket_interface {
	unsigned index;
	struct in_addr ip4; /* 0: any address of the interface */
};

/* wi_socket_set() - setsockopt() of a number; name is the URL's option that
 * asks for it, or what else it is for, in errors. */
int wi_socket_set(const struct wi_socket_job *job, int level, int option,
    int value, const char *name);

/* wi_socket_dress() - set what the URL says of a socket, as far as it can be
 * set before and after bind(). */
int wi_socket_dress(const struct wi_socket_job *job, sa_family_t family);

/* wi_socket_pktinfo() - let it tell of each datagram where it came to. */
int wi_socket_pktinfo(const struct wi_socket_job *job, sa_family_t family);

/*
 * wi_socket_file_listen() - bind job->fd to the path of its URL, and listen.
 *
 *   file     out      which one it made; nothing on error.
 *   returns           as wi_socket_listen(); on error no file of ours is left.
 */
int wi_socket_file_listen(
    const struct wi_socket_job *job, struct wi_socket_file *file);

/*
 * wi_socket_interface() - find the interface that the URL says.
 *
 *   group    in,out   a link-local IPv6 group gets the interface's index as
 *                     its scope.
 *   interface out     undefined on error.
 *   returns           WEFT_OK; WEFT_EURL if there is no such one, or if one
 *                     must be named and was not; or a negated errno.
 */
int wi_socket_interface(const struct wi_socket_job *job,
    struct sockaddr_storage *group, struct wi_socket_interface *interface);

/* wi_socket_to_group() - set loop, ttl and interface for sending. */
int wi_socket_to_group(const struct wi_socket_job *job, sa_family_t family,
    const struct wi_socket_interface *interface);

/* wi_socket_join() - hear what is sent to the group, and no other. */
int wi_socket_join(const struct wi_socket_job *job,
    const struct sockaddr_storage *group,
    const struct wi_socket_interface *interface);

#endif
