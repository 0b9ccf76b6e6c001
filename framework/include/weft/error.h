/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/error.h - the error codes, and what they say.
 *
 * Every function that can fail returns an int: WEFT_OK (0) or a negative
 * code.  Codes of the operating system are negated errno values (-ENOMEM,
 * -EADDRINUSE, ...), as libuv gives them; codes of our own start at -10001.
 * Values are fixed for ever.
 */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H

#include <weft/export.h>

WEFT_BEGIN_DECLS

#define WEFT_ERRORS(X)                                                        \
	X(EFULL, -10001, "full: the outbox, or another bound, is reached")    \
	X(ENOENDPOINT, -10002, "no such endpoint (it was closed)")            \
	X(ETOOBIG, -10003, "message is longer than max_message")              \
	X(EMALFORMED, -10004, "bytes do not follow the codec's format")       \
	X(EURL, -10005, "not a URL that Weft can use")                        \
	X(ENOPLUGIN, -10006, "plugin not found")                              \
	X(EABI, -10007, "plugin was built for another ABI")                   \
	X(ELOAD, -10008, "plugin could not be loaded")                        \
	X(ESTATE, -10009, "not possible in the present state")                \
	X(ESTUCK, -10010, "a handler did not return before the deadline")     \
	X(ENOTREADY, -10011, "the connection does not stand yet")             \
	X(EUNRESOLVED, -10012, "the host name has no address")                \
	X(ENOLISTENER, -10013, "no such listener (it was closed)")            \
	X(ENOSTRAND, -10014, "no such strand (it has ended)")                 \
	X(ENOTIMER, -10015, "no such timer (it was told or cancelled)")       \
	X(EREFUSED, -10016, "the peer refused to answer")                     \
	X(EBUSY, -10017, "it is in use just now")                             \
	X(ENOSAVED, -10018, "nothing was saved")                              \
	X(ETLS, -10020, "TLS failed")                                         \
	X(ETLS_UNTRUSTED, -10021,                                             \
	    "nobody who is trusted has signed the certificate")               \
	X(ETLS_EXPIRED, -10022, "the certificate is not valid now")           \
	X(ETLS_HOST, -10023, "the certificate is for another host")           \
	X(ETLS_VERSION, -10024, "no version of TLS that both sides speak")    \
	X(ETLS_TRUNCATED, -10025,                                             \
	    "the connection ended without the end of TLS")                    \
	X(ETLS_NO_CERT, -10026, "a certificate was expected, found none")

enum weft_error_code {
	WEFT_OK = 0,
#define WEFT_ERROR_ENUM(name, value, text) WEFT_##name = (value),
	WEFT_ERRORS(WEFT_ERROR_ENUM)
#undef WEFT_ERROR_ENUM
};

/* What went wrong, in words: names the file, option or peer, what was
 * expected and what was found.  The size does not change. */
struct weft_error {
	int code;       /* WEFT_OK or a negative code */
	char text[508]; /* one line, no newline, always ended by NUL */
};

/*
 * weft_strerror() - the text of a code.
 *
 *   code     in       WEFT_OK, one of ours, or a negated errno.
 *   returns           a constant string, never NULL.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_strerror(int code);

/*
 * weft_errname() - the name of a code: "WEFT_EFULL", "EADDRINUSE".
 *
 *   code     in       WEFT_OK, one of ours, or a negated errno.
 *   returns           a constant string, never NULL ("unknown" if it is).
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_errname(int code);

WEFT_END_DECLS

#endif
