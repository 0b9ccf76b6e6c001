/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/uv_udp_echo.c - a plain libuv UDP echo of one thread, to compare
 * with: one receive and one send per datagram, as its manual shows.
 *
 *	uv_udp_echo          listens on a free port of 127.0.0.1 and prints
 *	                     "listening PORT"; SIGTERM ends it
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

static char buffer[65536]; /* used up in the callback */

static void
on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	(void)handle;
	(void)wanted;
	*buf = uv_buf_init(buffer, sizeof(buffer));
}

static void
on_recv(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf,
    const struct sockaddr *from, unsigned flags)
{
	uv_buf_t reply;

	(void)flags;
	if (n < 0 || from == NULL)
		return;
	reply = uv_buf_init(buf->base, (unsigned)n);
	(void)uv_udp_try_send(udp, &reply, 1, from);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

int
main(void)
{
	uv_loop_t *loop = uv_default_loop();
	struct sockaddr_in addr;
	int len = sizeof(addr);
	uv_signal_t term;
	uv_udp_t udp;

	if (uv_ip4_addr("127.0.0.1", 0, &addr) != 0 ||
	    uv_udp_init(loop, &udp) != 0 ||
	    uv_udp_bind(&udp, (struct sockaddr *)&addr, 0) != 0 ||
	    uv_udp_getsockname(&udp, (struct sockaddr *)&addr, &len) != 0 ||
	    uv_udp_recv_start(&udp, on_alloc, on_recv) != 0 ||
	    uv_signal_init(loop, &term) != 0 ||
	    uv_signal_start(&term, on_signal, SIGTERM) != 0)
		return EXIT_FAILURE;
	printf("listening %u\n", (unsigned)ntohs(addr.sin_port));
	fflush(stdout);
	return uv_run(loop, UV_RUN_DEFAULT) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
