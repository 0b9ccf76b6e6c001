/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/dial_run.h - a loop to dial on, what came of it, and a resolver
 * that answers as a test wants.
 */
#ifndef TESTS_DIAL_RUN_H
#define TESTS_DIAL_RUN_H

#include <check.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include <uv.h>

#include "base/thread_role.h"
#include "io/dial.h"
#include "socket_folder.h"
#include "socket_url.h"

/* What names in .test resolve to, ended by NULL; first of all: nothing. */
static const char *const *resolver_answer;
static bool resolver_waits; /* until resolver_go */
static sem_t resolver_asked, resolver_go;

/* In front of the C library's, for libuv too; other names are really asked
 * for.  Each answer is a list from the C library, so freeaddrinfo() fits. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	struct addrinfo numeric = *hints;
	struct addrinfo **end = list;

	/* ISO C has no cast from void * to a function. */
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strlen(node) < 5 || strcmp(node + strlen(node) - 5, ".test") != 0)
		return real(node, service, hints, list);
	if (resolver_waits) {
		sem_post(&resolver_asked);
		while (sem_wait(&resolver_go) != 0)
			continue;
	}
	*list = NULL;
	numeric.ai_flags = AI_NUMERICHOST;
	for (size_t i = 0; resolver_answer[i] != NULL; i++) {
		if (real(resolver_answer[i], service, &numeric, end) != 0)
			abort();
		end = &(*end)->ai_next;
	}
	return *list == NULL ? EAI_NONAME : 0;
}

/* A loop, and what came of one dial. */
struct dial_run {
	uv_loop_t loop;
	struct wi_dial *dial;
	struct wi_dialled result;
	uint64_t took_ms;
	unsigned ntold;
	int first_free; /* the lowest free descriptor, before all */
	int dead;       /* holds the dead port, or -1 */
};

static inline int
lowest_free(void)
{
	int fd = dup(0);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd;
}

static inline void
run_init(struct dial_run *run)
{
	memset(run, 0, sizeof(*run));
	wi_become_io();
	/* libuv keeps one of its own for the process. */
	ck_assert_int_eq(uv_loop_init(&run->loop), 0);
	ck_assert_int_eq(uv_loop_close(&run->loop), 0);
	run->first_free = lowest_free();
	run->dead = -1;
	ck_assert_int_eq(uv_loop_init(&run->loop), 0);
	ck_assert_int_eq(sem_init(&resolver_asked, 0, 0), 0);
	ck_assert_int_eq(sem_init(&resolver_go, 0, 0), 0);
}

/* Nothing is left on the loop, and no descriptor but those of the test, which
 * it closes before. */
static inline void
run_fini(struct dial_run *run)
{
	if (run->ntold > 0 && run->result.fd >= 0)
		close(run->result.fd);
	if (run->dead >= 0)
		close(run->dead);
	ck_assert_int_eq(uv_run(&run->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&run->loop), 0);
	ck_assert_int_eq(lowest_free(), run->first_free);
}

static inline void
run_on_dialled(void *arg, const struct wi_dialled *result)
{
	struct dial_run *run = arg;

	run->ntold++;
	run->result = *result;
	run->dial = NULL;
}

static inline void
run_start(struct dial_run *run, const struct wi_url *url, uint32_t ms)
{
	wi_assert_io();
	ck_assert_int_eq(wi_dial_start(&run->dial, &run->loop, url, ms,
			     run_on_dialled, run),
	    WEFT_OK);
	ck_assert_ptr_nonnull(run->dial);
	ck_assert_uint_eq(run->ntold, 0);
}

/* Dial, until it was told and all is closed; its code. */
static inline int
run_dial(struct dial_run *run, const struct wi_url *url, uint32_t ms)
{
	const uint64_t start = uv_hrtime();

	run_start(run, url, ms);
	ck_assert_int_eq(uv_run(&run->loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(run->ntold, 1);
	run->took_ms = (uv_hrtime() - start) / 1000000;
	if (run->result.code == WEFT_OK) {
		ck_assert_int_ge(run->result.fd, 0);
		expect_nonblocking_cloexec(run->result.fd);
		ck_assert_str_eq(run->result.text, "");
	} else {
		ck_assert_int_eq(run->result.fd, -1);
		ck_assert_str_ne(run->result.text, "");
	}
	return run->result.code;
}

/* A tcp listener. */
static inline int
listener_at(const char *host, uint16_t port)
{
	struct wi_url url = url_of(WI_URL_TCP, host, port);
	struct wi_socket_file file;
	struct weft_error err;
	int fd;

	ck_assert_msg(
	    wi_socket_listen("tcp://test", &url, &fd, &file, &err) == WEFT_OK,
	    "%s", err.text);
	return fd;
}

/* A port of 127.0.0.0/8 where nobody listens, nor will while the run lasts: it
 * is bound, so no other program's port 0 can become this one. */
static inline uint16_t
dead_port(struct dial_run *run)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };

	run->dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(run->dead, 0);
	ck_assert_int_eq(
	    bind(run->dead, (const struct sockaddr *)&any, sizeof(any)), 0);
	return port_of(run->dead);
}

/* An address that never answers: nobody accepts, and so many clients wait that
 * the kernel drops whoever asks next. */
struct silence {
	int listener;
	int clients[2];
};

static inline void
silence_open(struct silence *silence, const char *host, uint16_t port)
{
	struct wi_url url = url_of(WI_URL_TCP, host, port);
	socklen_t len = sizeof(struct tcp_info);
	struct wi_socket_file file;
	struct tcp_info info;

	url_give(&url, WI_URL_backlog, 1); /* room for one more than that */
	ck_assert_int_eq(
	    wi_socket_listen("x", &url, &silence->listener, &file, NULL), 0);
	for (int i = 0; i < 2; i++) {
		silence->clients[i] =
		    client_of(host, port_of(silence->listener));
		ck_assert_int_ge(silence->clients[i], 0);
	}
	do { /* of a listener: how many wait */
		ck_assert_int_eq(getsockopt(silence->listener, IPPROTO_TCP,
				     TCP_INFO, &info, &len),
		    0);
		sched_yield(); /* CK_DEFAULT_TIMEOUT is the deadline */
	} while (info.tcpi_unacked < 2);
}

static inline void
silence_close(struct silence *silence)
{
	close(silence->clients[0]);
	close(silence->clients[1]);
	close(silence->listener);
}

#endif
