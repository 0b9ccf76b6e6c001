/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/weft.h - all of Weft.
 *
 * A plugin needs weft/plugin.h and weft/endpoint.h; a program that embeds a
 * node needs weft/node.h besides.  Every one of these compiles alone, as C11
 * and as C++17.
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <weft/admin.h>
#include <weft/codec.h>
#include <weft/counter.h>
#include <weft/crash.h>
#include <weft/endpoint.h>
#include <weft/engine.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/http.h>
#include <weft/limits.h>
#include <weft/log.h>
#include <weft/node.h>
#include <weft/plugin.h>
#include <weft/reload.h>
#include <weft/request.h>
#include <weft/slow.h>
#include <weft/strand.h>
#include <weft/supervise.h>
#include <weft/tls.h>
#include <weft/topic.h>
#include <weft/type.h>
#include <weft/version.h>
#include <weft/web.h>

#endif
