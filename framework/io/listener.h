/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/listener.h - a socket that clients connect to.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_LISTENER_H
#define WI_LISTENER_H

#include <uv.h>

#include <weft/codec.h>
#include <weft/node.h>

struct wi_io;
struct wi_plugin;

struct wi_listener {
	uv_poll_t poll;
	struct wi_io *io;
	struct wi_listener *next;
	const struct weft_codec *codec;
	struct wi_plugin *plugin; /* who serves its clients */
	struct weft_bound bound;
	int fd;
};

#endif
