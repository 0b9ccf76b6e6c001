/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url.h - transport[+codec]://place[?options] in its parts.  Pure, but
 * for wi_url_address(), which looks up the number of an interface.
 *
 *	tcp+varint://127.0.0.1:3042?nodelay=no&idle=60s
 *	unix+line:///run/chat.sock?mode=0660      a path
 *	unix://@chat                              an abstract name (unix(7))
 *	udp://0.0.0.0:3042
 *	udp+multicast://[ff02::1234]:3042?interface=eth0&loop=no
 *	ws://0.0.0.0:8080/chat?origin=https://a.example
 *	tls+varint://0.0.0.0:3043?cert=/etc/weft/a.pem&key=/etc/weft/a.key
 *	wss://a.example:443/chat                  ws:// over TLS
 *
 * thread: any.
 */
#ifndef WI_URL_H
#define WI_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <weft/error.h>

#define WI_URL_NAME_MAX 16
#define WI_URL_HOST_MAX 256
#define WI_URL_PATH_MAX 108   /* sun_path, with its NUL (unix(7)) */
#define WI_URL_TEXT_MAX 256   /* of an option's value, with its NUL */
#define WI_URL_TARGET_MAX 256 /* ws: of the path, with its NUL */

/* Where an option means something. */
#define WI_URL_TCP 1u
#define WI_URL_UNIX 2u
#define WI_URL_UDP 4u       /* udp:// */
#define WI_URL_MULTICAST 8u /* udp+multicast:// */
#define WI_URL_LISTEN 16u
#define WI_URL_CONNECT 32u
#define WI_URL_WS 128u  /* ws://, which is WI_URL_TCP too */
#define WI_URL_TLS 256u /* tls:// and wss://, likewise */
#define WI_URL_NODE 64u /* not written: as the node's option of that name */
#define WI_URL_STREAM (WI_URL_TCP | WI_URL_UNIX)
#define WI_URL_DATAGRAM (WI_URL_UDP | WI_URL_MULTICAST)
#define WI_URL_IP (WI_URL_TCP | WI_URL_DATAGRAM)
#define WI_URL_ANY (WI_URL_STREAM | WI_URL_DATAGRAM)
#define WI_URL_BOTH (WI_URL_LISTEN | WI_URL_CONNECT)

/* What is spoken on top of a stream, by the name of the transport. */
enum wi_url_web {
	WI_URL_NO_WEB,
	WI_URL_WEB_WS,   /* ws:// */
	WI_URL_WEB_HTTP, /* http:// */
};

enum wi_url_kind {
	WI_URL_COUNT,     /* a number */
	WI_URL_BYTES,     /* a number, or 64k, 1M, 1G (powers of 1024) */
	WI_URL_TIME,      /* kept in ms: 300ms, 10s, 2m, 1h; a number: s */
	WI_URL_SWITCH,    /* yes, no (on, off, true, false, 1, 0) */
	WI_URL_MODE,      /* octal, of a file: 0660 */
	WI_URL_SLOW,      /* enum weft_slow: drop-oldest */
	WI_URL_MALFORMED, /* enum weft_malformed_answer: skip */
	WI_URL_DEFLATE,   /* enum weft_deflate: takeover */
	WI_URL_VERSION,   /* of TLS: 1.2 is 1, 1.3 is 2 */
	WI_URL_NETS,      /* a list as base/nets.h reads it; kept as text */
	WI_URL_TEXT,      /* as it is */
};

/*
 * The one list of options; the README's table is checked against it.
 * X(name, kind, where, fallback, min, max, meaning)
 * fallback: as a user would write it; "" means, with WI_URL_NODE: the node's
 * option of the same name (max_message, partial_ms, ...), else the system's
 * own default, or nothing.
 */
#define WI_URL_OPTIONS(X)                                                     \
	X(max_message, BYTES, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 1,  \
	    1u << 30, "longest message")                                      \
	X(idle, TIME, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 0,          \
	    86400000,                                                         \
	    "close when nothing has arrived for so long; 0: never (a peer "   \
	    "of a udp listener: 60s unless the node says)")                   \
	X(deadline, TIME, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 0,      \
	    86400000,                                                         \
	    "drop a message that has waited for so long before its handler; " \
	    "0: never")                                                       \
	X(slow_reader, SLOW, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 1,   \
	    5, "what is done when the peer does not take what is sent to it") \
	X(outbox_high, BYTES, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 1,  \
	    1u << 30, "what may wait for the peer before that is done")       \
	X(outbox_age, TIME, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "", 0,    \
	    86400000, "how long it may wait before that; 0: any time")        \
	X(malformed, MALFORMED, WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "",   \
	    1, 2, "what is done about a message that is no value of a type")  \
	X(partial, TIME, WI_URL_STREAM | WI_URL_BOTH | WI_URL_NODE, "", 0,    \
	    86400000,                                                         \
	    "close when a message that has begun is not whole after so "      \
	    "long; 0: never")                                                 \
	X(handshake, TIME,                                                    \
	    WI_URL_STREAM | WI_URL_UDP | WI_URL_BOTH | WI_URL_NODE, "", 1,    \
	    86400000, "give up when the connection does not stand by then")   \
	X(max_endpoints_per_ip, COUNT,                                        \
	    WI_URL_IP | WI_URL_LISTEN | WI_URL_NODE, "", 0, 16777215,         \
	    "most endpoints of one address; 0: no limit")                     \
	X(proxy, NETS, WI_URL_STREAM | WI_URL_LISTEN, "", 1, 255,             \
	    "who may connect, and must begin with a PROXY header "            \
	    "(proxy-protocol.txt): proxies that say whom they speak for")     \
	X(max_peers, COUNT, WI_URL_DATAGRAM | WI_URL_LISTEN, "16384", 1,      \
	    16777215,                                                         \
	    "most endpoints; the least recently heard of goes first")         \
	X(rcvbuf, BYTES, WI_URL_ANY | WI_URL_BOTH, "", 1, 1u << 30,           \
	    "the socket's receive buffer (SO_RCVBUF)")                        \
	X(sndbuf, BYTES, WI_URL_ANY | WI_URL_BOTH, "", 1, 1u << 30,           \
	    "the socket's send buffer (SO_SNDBUF)")                           \
	X(backlog, COUNT, WI_URL_STREAM | WI_URL_LISTEN, "4096", 1, 1u << 20, \
	    "clients that may wait to be accepted; the kernel cuts it at "    \
	    "net.core.somaxconn")                                             \
	X(nodelay, SWITCH, WI_URL_TCP | WI_URL_BOTH, "yes", 0, 1,             \
	    "send small messages at once (TCP_NODELAY)")                      \
	X(keepalive, TIME, WI_URL_TCP | WI_URL_BOTH, "0", 0, 32767000,        \
	    "ask a silent peer after so long whether it is there; 0: never")  \
	X(reuseport, SWITCH, WI_URL_IP | WI_URL_LISTEN, "no", 0, 1,           \
	    "share the port with other sockets (SO_REUSEPORT); yes for "      \
	    "multicast")                                                      \
	X(bind_device, TEXT, WI_URL_IP | WI_URL_BOTH, "", 1, 15,              \
	    "use this interface only (SO_BINDTODEVICE)")                      \
	X(source, TEXT, WI_URL_IP | WI_URL_CONNECT, "", 1, 63,                \
	    "address[:port] to connect from")                                 \
	X(reconnect, TIME, WI_URL_STREAM | WI_URL_CONNECT, "0", 0, 86400000,  \
	    "connect again after so long, doubled each time it fails; 0: "    \
	    "never")                                                          \
	X(reconnect_max, TIME, WI_URL_STREAM | WI_URL_CONNECT, "30s", 1,      \
	    86400000, "the longest of these waits")                           \
	X(ping, TIME, WI_URL_WS | WI_URL_BOTH, "0", 0, 86400000,              \
	    "ask a peer that has been silent for so long whether it is "      \
	    "there; 0: never")                                                \
	X(pong_timeout, TIME, WI_URL_WS | WI_URL_BOTH, "10s", 1, 86400000,    \
	    "close when it stays silent for so long after that")              \
	X(origin, TEXT, WI_URL_WS | WI_URL_LISTEN, "", 1, 255,                \
	    "pages that may connect, as https://a.example,https://b; *: "     \
	    "any.  Not written: those of the host that is asked")             \
	X(protocols, TEXT, WI_URL_WS | WI_URL_BOTH, "", 1, 255,               \
	    "subprotocols that are offered, or accepted, as a,b")             \
	X(query, TEXT, WI_URL_WS | WI_URL_CONNECT, "", 1, 255,                \
	    "what stands behind the path in the request: room%3Da")           \
	X(deflate, DEFLATE, WI_URL_WS | WI_URL_BOTH, "no", 0, 2,              \
	    "make messages smaller if the peer agrees (RFC 7692); takeover: " \
	    "what it sends may refer to what it sent before, which is kept")  \
	X(deflate_bits, COUNT, WI_URL_WS | WI_URL_BOTH, "15", 9, 15,          \
	    "under takeover 2 to the power of it bytes, and 7 KiB, are kept " \
	    "of each peer, from its first such message on")                   \
	X(cert, TEXT, WI_URL_TLS | WI_URL_BOTH, "", 1, 255,                   \
	    "PEM file of the certificate and those that it hangs on; of a "   \
	    "listener several, as a.pem,b.pem, or a directory of *.pem")      \
	X(key, TEXT, WI_URL_TLS | WI_URL_BOTH, "", 1, 255,                    \
	    "PEM file of its private key; several in the order of cert.  "    \
	    "Not written: the key is in the file of the certificate")         \
	X(client_ca, TEXT, WI_URL_TLS | WI_URL_LISTEN, "", 1, 255,            \
	    "PEM file of who signs clients: each must have a certificate "    \
	    "of theirs")                                                      \
	X(ca, TEXT, WI_URL_TLS | WI_URL_CONNECT, "", 1, 255,                  \
	    "PEM file of who signs servers, instead of whom this machine "    \
	    "trusts")                                                         \
	X(verify, SWITCH, WI_URL_TLS | WI_URL_CONNECT, "yes", 0, 1,           \
	    "the server must show that it is the host that was asked for")    \
	X(server_name, TEXT, WI_URL_TLS | WI_URL_CONNECT, "", 1, 253,         \
	    "the host that is asked for (SNI), if it is not the URL's")       \
	X(alpn, TEXT, WI_URL_TLS | WI_URL_BOTH, "", 1, 255,                   \
	    "protocols that are offered, or accepted, as h2,http/1.1 (RFC "   \
	    "7301)")                                                          \
	X(min_version, VERSION, WI_URL_TLS | WI_URL_BOTH, "1.2", 1, 2,        \
	    "the oldest TLS that is spoken")                                  \
	X(mode, MODE, WI_URL_UNIX | WI_URL_LISTEN, "", 0, 0777,               \
	    "permissions of the socket file")                                 \
	X(owner, TEXT, WI_URL_UNIX | WI_URL_LISTEN, "", 1, 63,                \
	    "user[:group] that the socket file is given to")                  \
	X(broadcast, SWITCH, WI_URL_UDP | WI_URL_BOTH, "no", 0, 1,            \
	    "may send to broadcast addresses (SO_BROADCAST)")                 \
	X(interface, TEXT, WI_URL_MULTICAST | WI_URL_BOTH, "", 1, 45,         \
	    "name or address of the interface of the group")                  \
	X(loop, SWITCH, WI_URL_MULTICAST | WI_URL_BOTH, "yes", 0, 1,          \
	    "members on this machine hear what is sent from it")              \
	X(ttl, COUNT, WI_URL_MULTICAST | WI_URL_BOTH, "1", 0, 255,            \
	    "routers that a message to the group may pass, plus one")

enum wi_url_option {
#define WI_URL_ENUM(name, kind, where, fallback, min, max, text) WI_URL_##name,
	WI_URL_OPTIONS(WI_URL_ENUM)
#undef WI_URL_ENUM
	WI_URL_NOPTIONS
};

struct wi_url_option_info {
	const char *name;
	const char *fallback;
	const char *text;
	enum wi_url_kind kind;
	uint32_t where;
	uint64_t min;
	uint64_t max;
};

/* Cheap to copy is not what it is: three kilobytes. */
struct wi_url {
	char transport[WI_URL_NAME_MAX]; /* "tcp", "unix", "wss" */
	char codec[WI_URL_NAME_MAX];     /* "varint"; "" where none was said */
	bool multicast;                  /* udp+multicast:// */
	bool abstract;                   /* unix://@name: no file */
	uint8_t web;                     /* enum wi_url_web */
	bool tls;                        /* tls://, wss://, https:// */
	uint32_t is;                     /* WI_URL_TCP, _UNIX, _UDP or
	                                    _MULTICAST; 0: none of them */
	char host[WI_URL_HOST_MAX];      /* "127.0.0.1", "::1" (no brackets),
	                               "fe80::1%eth0"; "" for unix */
	char path[WI_URL_PATH_MAX]; /* unix: the path, or the abstract name
	                               without its '@' */
	uint16_t port;
	uint64_t given; /* bit per enum wi_url_option that was written */
	uint64_t numbers[WI_URL_NOPTIONS]; /* but TEXT: value */
	char bind_device[16];
	char source[64];
	char owner[64];
	char interface[46];
	char origin[WI_URL_TEXT_MAX];
	char protocols[WI_URL_TEXT_MAX];
	char query[WI_URL_TEXT_MAX];
	char proxy[WI_URL_TEXT_MAX];
	char cert[WI_URL_TEXT_MAX];
	char key[WI_URL_TEXT_MAX];
	char client_ca[WI_URL_TEXT_MAX];
	char ca[WI_URL_TEXT_MAX];
	char server_name[WI_URL_TEXT_MAX];
	char alpn[WI_URL_TEXT_MAX];
	char target[WI_URL_TARGET_MAX]; /* web: the path, "" for none */
};

/*
 * wi_url_parse() - cut a URL into its parts.
 *
 *   text     in       what the user wrote.
 *   use      in       WI_URL_LISTEN or WI_URL_CONNECT: which options may be
 *                     there.
 *   url      out      its parts; options that were not written have their
 *                     fallback (0 where that is ""); undefined on error.
 *   err      out      URL "...": expected ..., found ...; may be NULL.
 *   returns           WEFT_OK or WEFT_EURL.
 *
 * Of the transports tcp, unix and udp the place is checked: a path too long
 * for a Unix socket, a group that is no multicast address.  Of another one the
 * host and port are taken as they are and no option is known; whether the
 * transport and the codec exist is for the caller to say.  An unknown option,
 * one that means nothing there, one that stands twice or with a value out of
 * range is an error that lists those that are known there, or says the range.
 */
int wi_url_parse(const char *text, uint32_t use, struct wi_url *url,
    struct weft_error *err);

/* wi_url_given() - was the option written? */
static inline bool
wi_url_given(const struct wi_url *url, enum wi_url_option option)
{
	return (url->given >> option & 1u) != 0;
}

/* wi_url_number() - its value, or fallback if it was not written. */
static inline uint64_t
wi_url_number(
    const struct wi_url *url, enum wi_url_option option, uint64_t fallback)
{
	return wi_url_given(url, option) ? url->numbers[option] : fallback;
}

/* wi_url_option_info() - what an option is; NULL behind the last. */
const struct wi_url_option_info *wi_url_option_info(unsigned index);

/* wi_url_option_value() - what may be written: "bytes, 1 to 1G"; cut at
 * size. */
void wi_url_option_value(
    const struct wi_url_option_info *info, char *out, size_t size);

/* wi_url_where() - where an option means something: "all",
 * "tcp, unix (connect)"; cut at size. */
void wi_url_where(uint32_t where, char *out, size_t size);

/*
 * wi_url_address() - the socket address of a numeric host ("127.0.0.1", "::1",
 * "fe80::1%eth0", "localhost" as 127.0.0.1, "*" or "" as any IPv4 address).
 * No DNS is asked.
 *
 *   addr     out      undefined on error.
 *   err      out      may be NULL.
 *   returns           WEFT_OK or WEFT_EURL.
 */
int wi_url_address(const struct wi_url *url, struct sockaddr_storage *addr,
    socklen_t *addr_len, struct weft_error *err);

/* wi_url_target() - "/chat?room=a": what a client asks for; "" for nothing;
 * cut at size. */
void wi_url_target(const struct wi_url *url, char *out, size_t size);

/* wi_url_authority() - "a.example:8080", "[::1]:8080": whom a client asks (RFC
 * 9110, section 7.2); cut at size. */
void wi_url_authority(const struct wi_url *url, char *out, size_t size);

/*
 * wi_url_format() - write the URL that clients can use: "tcp+varint://
 * 127.0.0.1:41213", "unix+line:///run/chat.sock", "udp+multicast://...",
 * without options.
 *
 *   out      out      always ended by NUL, cut at size.
 *   url      in       transport, codec, and for unix the path.
 *   addr     in       what the socket is really bound to; not looked at for
 *                     unix.
 */
void wi_url_format(char *out, size_t size, const struct wi_url *url,
    const struct sockaddr_storage *addr);

#endif
