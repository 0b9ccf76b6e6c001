/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/channel.h - what a supervisor and a host, or two supervisors, tell each
 * other: messages with a kind, some bytes and perhaps a descriptor.
 *
 * A channel is one end of a pair of Unix sockets (SOCK_SEQPACKET).  Both ends
 * are the same program, or one and the next version of it, so what changes a
 * message's meaning changes WI_CHANNEL_VERSION.
 */
#ifndef WI_CHANNEL_H
#define WI_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define WI_CHANNEL_VERSION "2"

/* The descriptor that a process which is started has its channel at. */
#define WI_CHANNEL_FD 3

#define WI_CHANNEL_MAX 65536u /* [bytes] of a message, its kind included */

enum wi_channel_kind {
	WI_SAY_NOTHING,

	/* To the host: a plan (host/plan.h), in parts; GO or TRY ends it. */
	WI_SAY_OPTIONS,
	WI_SAY_FACTS,
	WI_SAY_TEXT,
	WI_SAY_PLUGIN,
	WI_SAY_LISTENER, /* with its socket */
	WI_SAY_GO,       /* become that */
	WI_SAY_TRY,      /* only say, as for GO, what could not be done */

	/* To the host. */
	WI_SAY_REOPEN, /* the log's file */
	WI_SAY_LEAVE,  /* another host has the sockets: close the listeners,
	                  and stop when the clients have gone; data: uint32_t
	                  [ms] that they may take */
	WI_SAY_EMPTY,  /* likewise, but nobody else has the sockets; 0: they
	                  may take any time */
	WI_SAY_DRAIN,  /* stop in order */
	WI_SAY_STOP,   /* stop at once */
	WI_SAY_ANSWER, /* struct wi_answered, then a line of JSON without LF: a
	                  part of the answer to what was asked */
	WI_SAY_ANSWERED, /* likewise, then a text: its end, and how it went */

	/* From the host. */
	WI_SAY_LISTENING, /* URL, NUL, plugin: a listener is open */
	WI_SAY_READY,     /* all of the first plan is done, and it serves */
	WI_SAY_APPLIED,   /* a later plan is done, as far as it can be */
	WI_SAY_NOTE,      /* a line about that */
	WI_SAY_LEFT,      /* likewise: about what could not be done */
	WI_SAY_ASKS,      /* struct wi_asks: what the admin socket was told */
	WI_SAY_BEAT,      /* it still answers */
	WI_SAY_FAILED,    /* a line: why it ends */

	/* Between supervisors: LISTENER..., GO; READY or FAILED. */
	WI_SAY_SOCKET, /* name, NUL, URL, NUL, "made" or "" */

	/* From the host, or a process that it has forked. */
	WI_SAY_FORBIDDEN, /* struct wi_seccomp_call: what it is killed for */
};

/*
 * What a host asks of its supervisor.  One question with a number is asked at
 * a time; its answer is any number of ANSWER, then ANSWERED, with that number.
 * A host that has not had ANSWERED after WI_ASK_PATIENCE_MS gives up, and
 * ignores what is said about that number later.
 */
#define WI_ASK_PATIENCE_MS 30000u

enum wi_ask_what {
	WI_ASK_RELOAD, /* read the file again: problems of it, what changes,
	                  and NOTE and LEFT of the host are the answer */
	WI_ASK_TRY,    /* the same, and nothing is done */
	WI_ASK_DRAIN,  /* end the service when the clients have gone: sockets
	                  are closed, and EMPTY is said */
	WI_ASK_STOP,   /* end it, as SIGTERM does */
	WI_ASK_STOP_NOW,
};

struct wi_asks {
	uint32_t number; /* 0: no answer is wanted */
	uint32_t what;   /* enum wi_ask_what */
	uint32_t ms;     /* of DRAIN */
};

struct wi_answered {
	uint32_t number;
	int32_t code; /* of ANSWERED: WEFT_OK, or why not */
};

struct wi_message {
	enum wi_channel_kind kind;
	int fd;     /* who received it owns it; -1: none came along */
	size_t len; /* [bytes] of data, which has a NUL behind it */
	char data[WI_CHANNEL_MAX + 1];
};

/*
 * wi_channel_pair() - two ends, close-on-exec.  A send on either blocks for
 * five seconds at most.
 *
 *   returns           WEFT_OK, or a negated errno.
 *   owner             the caller.
 */
int wi_channel_pair(int ends[2]);

/* wi_channel_patience() - of an end that another process has made: it is
 * close-on-exec, and sends as above. */
int wi_channel_patience(int channel);

/*
 * wi_channel_say() - send a message.
 *
 *   fd       in       goes along, and stays the caller's; -1: none.
 *   returns           WEFT_OK, or a negated errno: -EPIPE and -ECONNRESET, the
 *                     other end is gone; -EAGAIN, it does not read.
 */
int wi_channel_say(int channel, enum wi_channel_kind kind, int fd,
    const void *data, size_t len);

/*
 * wi_channel_hear() - the next message; blocks until there is one.
 *
 *   returns           WEFT_OK; -EPIPE: the other end is gone; or a negated
 *                     errno.
 */
int wi_channel_hear(int channel, struct wi_message *message);

/* wi_message_text() - the text behind n NULs of its data; "" if it has not so
 * many. */
const char *wi_message_text(const struct wi_message *message, unsigned n);

#endif
