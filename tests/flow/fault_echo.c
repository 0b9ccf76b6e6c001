/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/fault_echo.c - an echo server that goes wrong on purpose, to
 * prove that the clients notice.
 *
 *   fault_echo [--fault=WHAT] [--at=N] [--raw]
 *
 * prints "listening 127.0.0.1:PORT" and answers varint messages (--raw: bytes)
 * faultlessly up to message (byte) N of each connection, counted from 0; then,
 * once:
 *
 *   none   nothing, it is right      swap   answers N + 1 before N
 *   byte   one byte differs          close  closes instead of answering
 *   short  a byte is missing         drop   does not answer at all
 *   long   a byte too many           twice  answers twice
 *   huge   announces 2^34 bytes
 *
 * One process per connection; everything ends after a minute by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIFE_S 60
#define MESSAGE_MAX (1u << 20)

enum fault {
	NONE,
	BYTE,
	SHORT,
	LONG,
	HUGE_,
	SWAP,
	CLOSE,
	DROP,
	TWICE
};

static const char *const fault_names[] = { "none", "byte", "short", "long",
	"huge", "swap", "close", "drop", "twice" };

#define NFAULTS (sizeof(fault_names) / sizeof(fault_names[0]))

/* One connection.  Plain blocking calls, one process each. */
struct talk {
	FILE *in;
	FILE *out;
	enum fault fault;
	unsigned long at;          /* message or byte that meets the fault */
	uint8_t held[MESSAGE_MAX]; /* swap: message N */
	size_t held_len;
	uint8_t data[MESSAGE_MAX];
};

static void
talk_send(struct talk *t, const uint8_t *data, size_t len)
{
	size_t v = len;

	for (; v >= 0x80; v >>= 7)
		putc((int)(v & 0x7f) | 0x80, t->out);
	putc((int)v, t->out);
	fwrite(data, 1, len, t->out);
}

/* The next message's length, or -1 when there is none. */
static long
talk_receive(struct talk *t)
{
	unsigned long len = 0;
	int shift, c;

	for (shift = 0; shift < 28; shift += 7) {
		c = getc(t->in);
		if (c == EOF)
			return -1;
		len |= (unsigned long)(c & 0x7f) << shift;
		if (c < 0x80)
			break;
	}
	if (len >= MESSAGE_MAX || fread(t->data, 1, len, t->in) != len)
		return -1;
	return (long)len;
}

/* Answer message N wrongly; 0: close. */
static int
talk_fault(struct talk *t, size_t len)
{
	static const uint8_t huge[] = { 0x80, 0x80, 0x80, 0x80, 0x40 };

	switch (t->fault) {
	case BYTE:
		if (len > 0)
			t->data[len - 1] ^= 1;
		talk_send(t, t->data, len);
		return 1;
	case SHORT:
		talk_send(t, t->data, len == 0 ? 0 : len - 1);
		return 1;
	case LONG:
		t->data[len] = 'x';
		talk_send(t, t->data, len + 1);
		return 1;
	case HUGE_:
		fwrite(huge, 1, sizeof(huge), t->out);
		return 1;
	case SWAP:
		memcpy(t->held, t->data, len);
		t->held_len = len;
		return 1;
	case TWICE:
		talk_send(t, t->data, len);
		talk_send(t, t->data, len);
		return 1;
	case DROP:
		return 1;
	default: /* CLOSE; NONE does not come here */
		return 0;
	}
}

static void
talk_varint(struct talk *t)
{
	unsigned long n;
	long len;
	int go = 1;

	for (n = 0; go && (len = talk_receive(t)) >= 0; n++) {
		if (n == t->at && t->fault != NONE) {
			go = talk_fault(t, (size_t)len);
		} else {
			talk_send(t, t->data, (size_t)len);
			if (n == t->at + 1 && t->fault == SWAP)
				talk_send(t, t->held, t->held_len);
		}
		fflush(t->out);
	}
}

/* Bytes: byte, short (one is dropped), long (one is doubled), close. */
static void
talk_raw(struct talk *t)
{
	unsigned long n;
	int c;

	for (n = 0; (c = getc(t->in)) != EOF; n++) {
		if (n == t->at && t->fault == CLOSE)
			break;
		if (n == t->at && t->fault == LONG)
			putc(c, t->out);
		if (n != t->at || t->fault != SHORT)
			putc(n == t->at && t->fault == BYTE ? c ^ 1 : c,
			    t->out);
		fflush(t->out);
	}
}

static int
fault_listen(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, 128) != 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
		perror("fault_echo: listen");
		exit(1);
	}
	printf("listening 127.0.0.1:%d\n", ntohs(addr.sin_port));
	fclose(stdout); /* who reads it sees the end, whoever lives on */
	return fd;
}

static void
fault_serve(struct talk *t, int raw, int listener)
{
	int fd, on = 1;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			exit(1);
		if (fork() == 0)
			break;
		close(fd);
	}
	alarm(LIFE_S); /* not inherited by fork */
	close(listener);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	t->in = fdopen(fd, "rb");
	t->out = fdopen(dup(fd), "wb");
	if (t->in == NULL || t->out == NULL)
		exit(1);
	if (raw)
		talk_raw(t);
	else
		talk_varint(t);
	fflush(t->out);
	/* A close with unread input would be a reset instead of an end. */
	shutdown(fd, SHUT_WR);
	while (getc(t->in) != EOF)
		continue;
	shutdown(fd, SHUT_RDWR);
	exit(0);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "fault", required_argument,
						     NULL, 'f' },
		{ "at", required_argument, NULL, 'a' },
		{ "raw", no_argument, NULL, 'r' }, { NULL, 0, NULL, 0 } };
	static struct talk t;
	size_t i = 0;
	int raw = 0, key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (key == 'a') {
			t.at = strtoul(optarg, NULL, 10);
		} else if (key == 'r') {
			raw = 1;
		} else if (key == 'f') {
			for (i = 0; i < NFAULTS; i++)
				if (strcmp(optarg, fault_names[i]) == 0)
					break;
			t.fault = (enum fault)i;
		}
		if (key == '?' || i == NFAULTS) {
			fprintf(stderr,
			    "fault_echo: see its source for the"
			    " options\n");
			return 2;
		}
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	fault_serve(&t, raw, fault_listen());
}
