/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chat_types.h - what clients of tcp+tpl:// and the chat tell each other.
 */
#ifndef CHAT_TYPES_H
#define CHAT_TYPES_H

#include <weft/type.h>

/* ---- from a client */

/* Be in a room; "": in none. */
#define join_MEMBERS(M) M(str, room)
WEFT_TYPE(join);

/* Be called that. */
#define nick_MEMBERS(M) M(str, name)
WEFT_TYPE(nick);

/* To all in the room. */
#define say_MEMBERS(M) M(str, text)
WEFT_TYPE(say);

/* ---- to a client */

/* Somebody in the room says something, or has said it before. */
#define said_MEMBERS(M)                                                       \
	M(str, nick)                                                          \
	M(str, text)
WEFT_TYPE(said);

/* The chat says something. */
#define notice_MEMBERS(M) M(str, text)
WEFT_TYPE(notice);

/* Who is in the room. */
#define present_MEMBERS(M)                                                    \
	M(str, room)                                                          \
	M(array, nicks, str)
WEFT_TYPE(present);

#endif
