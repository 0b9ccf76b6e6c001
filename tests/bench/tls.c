/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/tls.c - what TLS costs, and whom.
 *
 *	build/tests/bench/tls [ROUNDS [SECONDS]]
 *
 * A node in this process, clients of OpenSSL's and plain ones in threads:
 *
 *   handshakes   full ones a second (TLS 1.3, P-256), as many as two clients
 *                can begin; both sides on the same cores
 *   bytes        an echo of 64 KiB messages, both directions together
 *   neighbours   round trips of a plain client, one at a time: quiet, and
 *                while 200 handshakes a second arrive, in turns; medians of
 *                the rounds
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <weft/weft.h>

#define ROUNDS_MAX 25u
#define TRIPS_MAX 2000000u
#define MESSAGE 65536u
#define WINDOW 8u  /* messages under way */
#define RATE 200u  /* handshakes a second */
#define SHAKERS 4u /* threads that bring them about */

static struct weft_bound plain, secure;
static SSL_CTX *ctx;
static double seconds = 2;

static uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "tls: %s failed\n", what);
	exit(1);
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)weft_send(call, from, msg);
}

static const struct weft_plugin echo =
    WEFT_PLUGIN_INIT(.name = "echo", .message = on_message);

static int
connected(const struct weft_bound *bound)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port =
		    htons((uint16_t)atoi(strrchr(bound->url, ':') + 1)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	must(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0, "connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static SSL *
shaken(int fd)
{
	SSL *ssl = SSL_new(ctx);

	must(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "SSL_new");
	must(SSL_connect(ssl) == 1, "the handshake");
	return ssl;
}

static void
one_handshake(void)
{
	int fd = connected(&secure);
	SSL *ssl = shaken(fd);

	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
}

/* ---- handshakes */

struct shaker {
	pthread_t thread;
	bool stops;      /* atomic */
	uint64_t gap_ns; /* between two; 0: none */
	uint64_t n;
};

/* Who shakes hands is elsewhere, as a rule: what it computes itself is to hold
 * up nobody here. */
static void
shaker_yields(void)
{
	const struct sched_param none = { 0 };

	(void)sched_setscheduler(0, SCHED_IDLE, &none);
}

static void *
shaker_main(void *arg)
{
	struct shaker *shaker = arg;
	uint64_t due = now_ns();
	struct timespec ts;

	if (shaker->gap_ns != 0)
		shaker_yields();

	while (!__atomic_load_n(&shaker->stops, __ATOMIC_RELAXED)) {
		one_handshake();
		shaker->n++;
		due += shaker->gap_ns;
		if (shaker->gap_ns == 0 || due < now_ns())
			continue;
		ts.tv_sec = (time_t)(due / 1000000000u);
		ts.tv_nsec = (long)(due % 1000000000u);
		(void)clock_nanosleep(
		    CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	return NULL;
}

static void
shaker_start(struct shaker *shaker, uint64_t gap_ns)
{
	*shaker = (struct shaker){ .gap_ns = gap_ns };
	must(pthread_create(&shaker->thread, NULL, shaker_main, shaker) == 0,
	    "pthread_create");
}

static uint64_t
shaker_end(struct shaker *shaker)
{
	__atomic_store_n(&shaker->stops, true, __ATOMIC_RELAXED);
	(void)pthread_join(shaker->thread, NULL);
	return shaker->n;
}

static void
pause_for(double s)
{
	struct timespec ts = { (time_t)s, (long)((s - (time_t)s) * 1e9) };

	(void)nanosleep(&ts, NULL);
}

static double
handshakes(void)
{
	uint64_t began = now_ns(), n;
	struct shaker shakers[2];

	shaker_start(&shakers[0], 0);
	shaker_start(&shakers[1], 0);
	pause_for(seconds);
	n = shaker_end(&shakers[0]) + shaker_end(&shakers[1]);
	return (double)n * 1e9 / (double)(now_ns() - began);
}

/* ---- bytes */

static double
bytes(bool tls)
{
	static uint8_t message[MESSAGE + 3];
	static uint8_t back[MESSAGE + 3];
	int fd = connected(tls ? &secure : &plain);
	SSL *ssl = tls ? shaken(fd) : NULL;
	uint64_t began, n = 0, total = 0;
	size_t got, at;
	ssize_t len;

	message[0] = 0x80;
	message[1] = 0x80;
	message[2] = 0x04; /* 65536 in LEB128 */
	began = now_ns();
	while ((double)(now_ns() - began) < seconds * 1e9 || n > 0) {
		while (
		    n < WINDOW && (double)(now_ns() - began) < seconds * 1e9) {
			if (tls)
				must(SSL_write_ex(ssl, message,
					 sizeof(message), &got) == 1,
				    "SSL_write");
			else
				must(send(fd, message, sizeof(message), 0) ==
					(ssize_t)sizeof(message),
				    "send");
			n++;
		}
		for (at = 0; at < sizeof(back); at += got) {
			if (tls) {
				must(SSL_read_ex(ssl, back, sizeof(back) - at,
					 &got) == 1,
				    "SSL_read");
				continue;
			}
			len = recv(fd, back, sizeof(back) - at, 0);
			must(len > 0, "recv");
			got = (size_t)len;
		}
		n--;
		total += 2 * (uint64_t)MESSAGE;
	}
	began = now_ns() - began;
	SSL_free(ssl);
	(void)close(fd);
	return (double)total / (double)began;
}

/* ---- neighbours */

static uint64_t trips[TRIPS_MAX];

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* us: p50, p99. */
static void
round_trips(double *p50, double *p99)
{
	uint8_t message[65] = { 64 }, back[65];
	uint64_t began = now_ns(), at = began, next;
	int fd = connected(&plain);
	size_t n = 0, got;

	while (n < TRIPS_MAX && (double)(at - began) < seconds * 1e9) {
		must(send(fd, message, sizeof(message), 0) ==
			(ssize_t)sizeof(message),
		    "send");
		for (got = 0; got < sizeof(back);) {
			ssize_t len =
			    recv(fd, back + got, sizeof(back) - got, 0);

			must(len > 0, "recv");
			got += (size_t)len;
		}
		next = now_ns();
		trips[n++] = next - at;
		at = next;
	}
	(void)close(fd);
	qsort(trips, n, sizeof(trips[0]), by_size);
	*p50 = (double)trips[n / 2] / 1000;
	*p99 = (double)trips[n * 99 / 100] / 1000;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values, unsigned n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

static void
neighbours(unsigned rounds)
{
	double quiet50[ROUNDS_MAX], quiet99[ROUNDS_MAX], busy50[ROUNDS_MAX],
	    busy99[ROUNDS_MAX], ratio[ROUNDS_MAX];
	struct shaker shakers[SHAKERS];
	uint64_t n = 0;
	unsigned i, j;

	for (i = 0; i < rounds; i++) {
		round_trips(&quiet50[i], &quiet99[i]);
		for (j = 0; j < SHAKERS; j++) {
			shaker_start(&shakers[j],
			    (uint64_t)SHAKERS * 1000000000u / RATE);
			pause_for(1.0 / RATE); /* one behind the other */
		}
		round_trips(&busy50[i], &busy99[i]);
		for (j = 0; j < SHAKERS; j++)
			n += shaker_end(&shakers[j]);
		ratio[i] = busy99[i] / quiet99[i];
	}
	printf("neighbours: quiet p50 %.1f us, p99 %.1f us; with %.0f "
	       "handshakes/s p50 %.1f us, p99 %.1f us: p99 %.2f times\n",
	    median(quiet50, rounds), median(quiet99, rounds),
	    (double)n / rounds / seconds, median(busy50, rounds),
	    median(busy99, rounds), median(ratio, rounds));
}

/* ---- the node */

static void
certificate(const char *file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	FILE *out = fopen(file, "w");

	must(key != NULL && x509 != NULL && out != NULL, "a certificate");
	(void)X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
	(void)X509_set_pubkey(x509, key);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN",
	    MBSTRING_ASC, (const unsigned char *)"bench", -1, -1, 0);
	must(X509_sign(x509, key, EVP_sha256()) > 0, "X509_sign");
	must(PEM_write_X509(out, x509) == 1 &&
		PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1,
	    "writing a certificate");
	(void)fclose(out);
	X509_free(x509);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	char file[] = "/tmp/weft-bench-XXXXXX", url[128];
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 5;
	struct weft_node *node;
	struct weft_error err;
	int fd = mkstemp(file);

	if (argc > 2)
		seconds = atof(argv[2]);
	must(fd >= 0 && rounds > 0 && rounds <= ROUNDS_MAX && seconds > 0,
	    "ROUNDS of 1 to 25, SECONDS");
	certificate(file);
	(void)snprintf(
	    url, sizeof(url), "tls+varint://127.0.0.1:0?cert=%s", file);
	must(weft_node_new(&node, NULL, &err) == WEFT_OK &&
		weft_node_add(node, &echo, NULL, &err) == WEFT_OK &&
		weft_node_listen(node, "tcp+varint://127.0.0.1:0", "echo",
		    &plain, &err) == WEFT_OK &&
		weft_node_listen(node, url, "echo", &secure, &err) ==
		    WEFT_OK &&
		weft_node_start(node, &err) == WEFT_OK,
	    "the node");
	ctx = SSL_CTX_new(TLS_client_method());
	must(ctx != NULL, "SSL_CTX_new");
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	printf("handshakes: %.0f a second\n", handshakes());
	printf("bytes: plain %.2f GB/s, ", bytes(false));
	printf("TLS %.2f GB/s\n", bytes(true));
	neighbours(rounds);
	weft_node_stop(node);
	must(weft_node_join(node, &err) == WEFT_OK, "the end");
	(void)weft_node_free(&node);
	SSL_CTX_free(ctx);
	(void)close(fd);
	(void)unlink(file);
	return 0;
}
