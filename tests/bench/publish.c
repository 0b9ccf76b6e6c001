/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/publish.c - one message to many: deliveries a second.
 *
 *	publish weft N SECONDS [BYTES [STOPPED [POLICY]]]
 *	publish uv N SECONDS [BYTES]
 *
 * weft: a node whose N clients have subscribed, and a thread that publishes as
 * fast as it may; STOPPED more clients have subscribed and never read, under a
 * POLICY (slow_reader of URLs; refuse).  uv: a plain libuv program of one
 * thread that goes round its N sockets for ever, 16 messages with one gathered
 * write each.  Both frame as tcp+varint does.  The clients are another
 * process, which reads what comes and counts; it prints deliveries a second,
 * and the server's memory at the first and at the last second.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include <weft/weft.h>

#define GATHER 16u
#define SIZE_MAX_HERE 60000u

static unsigned nclients, nstopped, seconds, size = 64;
static const char *policy = "refuse";
static uint8_t frame[SIZE_MAX_HERE + 8];
static unsigned frame_len, head_len;

static void
die(const char *what)
{
	fprintf(stderr, "publish: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the clients, in a process of their own */

static unsigned
memory_kib(pid_t pid)
{
	char path[64], line[256];
	unsigned kib = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "VmRSS: %u", &kib);
	if (file != NULL)
		(void)fclose(file);
	return kib;
}

static int
readers_connect(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(0);
	unsigned i;

	for (i = 0; i < nclients + nstopped; i++) {
		event.data.fd = socket(AF_INET, SOCK_STREAM, 0);
		if (event.data.fd < 0 ||
		    connect(
			event.data.fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("connect");
		if (i >= nstopped &&
		    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event) <
			0)
			die("epoll_ctl");
	}
	return epoll_fd;
}

/* Bytes that come until then. */
static uint64_t
readers_read(int epoll_fd, uint64_t until)
{
	static uint8_t buffer[256 << 10];
	struct epoll_event events[256];
	uint64_t bytes = 0;
	ssize_t got;
	int n;

	while (now_ns() < until) {
		n = epoll_wait(epoll_fd, events, 256, 100);
		while (n-- > 0) {
			got = recv(events[n].data.fd, buffer, sizeof(buffer),
			    MSG_DONTWAIT);
			if (got > 0)
				bytes += (uint64_t)got;
			else if (got == 0 || errno != EAGAIN)
				die("recv");
		}
	}
	return bytes;
}

static void
readers(uint16_t port, pid_t server)
{
	int epoll_fd = readers_connect(port);
	uint64_t begin, bytes;
	unsigned first;

	(void)readers_read(epoll_fd, now_ns() + UINT64_C(1000000000));
	first = memory_kib(server);
	begin = now_ns();
	bytes = readers_read(epoll_fd, begin + seconds * UINT64_C(1000000000));
	printf("%.0f deliveries/s, %u KiB, then %u KiB\n",
	    (double)bytes / frame_len / ((double)(now_ns() - begin) / 1e9),
	    first, memory_kib(server));
	(void)fflush(stdout);
	(void)kill(server, SIGKILL);
	_exit(0);
}

static void
readers_fork(uint16_t port)
{
	pid_t server = getpid();

	if (fork() == 0)
		readers(port, server);
}

/* ---- Weft */

static void
server_opened(struct weft_call *call, weft_endpoint from)
{
	if (weft_subscribe(call, from, "news") < 0)
		die("subscribe");
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "news", .opened = server_opened);

static void
weft_main(void)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_bound bound;
	struct weft_error err;
	struct weft_node *node;
	char url[128];

	(void)snprintf(url, sizeof(url),
	    "tcp+varint://127.0.0.1:0?slow_reader=%s", policy);
	if (weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, &server, NULL, &err) < 0 ||
	    weft_node_listen(node, url, "news", &bound, &err) < 0)
		die(err.text);
	readers_fork((uint16_t)atoi(strrchr(bound.url, ':') + 1));
	if (weft_node_start(node, &err) < 0)
		die(err.text);
	while (weft_node_counter(node, WEFT_COUNTER_subscriptions_now) <
	    nclients + nstopped)
		(void)sched_yield();
	for (;;)
		if (weft_node_publish(node, "news",
			(struct weft_bytes){ frame + head_len, size }) < 0)
			(void)usleep(100); /* it is full */
}

/* ---- libuv */

struct uv_client {
	uv_tcp_t tcp;
	uv_write_t rest;
	bool busy; /* the rest of a write is queued */
};

static struct uv_client *uv_clients;
static unsigned uv_count;

static void
uv_on_rest(uv_write_t *rest, int status)
{
	if (status < 0)
		die(uv_strerror(status));
	((struct uv_client *)rest->data)->busy = false;
}

static void
uv_send(struct uv_client *client)
{
	uv_buf_t bufs[GATHER];
	unsigned i, whole;
	int n;

	if (client->busy)
		return;
	for (i = 0; i < GATHER; i++)
		bufs[i] = uv_buf_init((char *)frame, frame_len);
	n = uv_try_write((uv_stream_t *)&client->tcp, bufs, GATHER);
	if (n == UV_EAGAIN || (n >= 0 && (unsigned)n == GATHER * frame_len))
		return;
	if (n < 0)
		die(uv_strerror(n));
	whole = (unsigned)n / frame_len;
	bufs[whole].base += (unsigned)n % frame_len;
	bufs[whole].len -= (unsigned)n % frame_len;
	client->busy = true;
	client->rest.data = client;
	(void)uv_write(&client->rest, (uv_stream_t *)&client->tcp,
	    bufs + whole, GATHER - whole, uv_on_rest);
}

static void
uv_on_idle(uv_idle_t *idle)
{
	unsigned i;

	(void)idle;
	for (i = 0; uv_count == nclients && i < nclients; i++)
		uv_send(&uv_clients[i]);
}

static void
uv_on_client(uv_stream_t *listener, int status)
{
	struct uv_client *client = &uv_clients[uv_count++];

	if (status < 0 || uv_tcp_init(listener->loop, &client->tcp) < 0 ||
	    uv_accept(listener, (uv_stream_t *)&client->tcp) < 0)
		die("accept");
	(void)uv_tcp_nodelay(&client->tcp, 1);
}

static void
uv_main(void)
{
	struct sockaddr_in at;
	uv_loop_t *loop = uv_default_loop();
	uv_tcp_t listener;
	uv_idle_t idle;
	int len = sizeof(at);

	uv_clients = calloc(nclients, sizeof(*uv_clients));
	if (uv_clients == NULL || uv_ip4_addr("127.0.0.1", 0, &at) < 0 ||
	    uv_tcp_init(loop, &listener) < 0 ||
	    uv_tcp_bind(&listener, (struct sockaddr *)&at, 0) < 0 ||
	    uv_listen((uv_stream_t *)&listener, 4096, uv_on_client) < 0 ||
	    uv_tcp_getsockname(&listener, (struct sockaddr *)&at, &len) < 0 ||
	    uv_idle_init(loop, &idle) < 0 ||
	    uv_idle_start(&idle, uv_on_idle) < 0)
		die("listen");
	readers_fork(ntohs(at.sin_port));
	(void)uv_run(loop, UV_RUN_DEFAULT);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	unsigned rest;

	if (argc < 4) {
		fprintf(stderr,
		    "usage: publish weft|uv N SECONDS "
		    "[BYTES [STOPPED [POLICY]]]\n");
		return EXIT_FAILURE;
	}
	nclients = (unsigned)atoi(argv[2]);
	seconds = (unsigned)atoi(argv[3]);
	if (argc > 4)
		size = (unsigned)atoi(argv[4]);
	if (size > SIZE_MAX_HERE)
		size = SIZE_MAX_HERE;
	if (argc > 5 && strcmp(argv[1], "weft") == 0)
		nstopped = (unsigned)atoi(argv[5]);
	if (argc > 6)
		policy = argv[6];
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	for (rest = size; rest >= 0x80; rest >>= 7)
		frame[head_len++] = (uint8_t)(rest | 0x80);
	frame[head_len++] = (uint8_t)rest;
	memset(frame + head_len, 'x', size);
	frame_len = head_len + size;
	if (strcmp(argv[1], "weft") == 0)
		weft_main();
	else
		uv_main();
	return EXIT_FAILURE;
}
