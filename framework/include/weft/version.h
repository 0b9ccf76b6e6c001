/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/version.h - versions of the library and of the plugin ABI.
 *
 * The library follows SemVer.  The plugin ABI has a number of its own: a host
 * loads a plugin of its own major and of its own minor or an older one.
 */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

#include <weft/export.h>

WEFT_BEGIN_DECLS

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
#define WEFT_VERSION "0.1.0"

/*
 * The plugin ABI, and what each number added or removed:
 *
 * 1.0  struct weft_plugin: load, unload, opened, message, closed;
 *      weft_send, weft_send_buffer, weft_flush, weft_close, weft_buffer_*,
 *      weft_call_*, weft_load_*, weft_log.
 * 1.1  struct weft_plugin: drained.  struct weft_codec: encode_max, encode,
 *      message_max.
 *      WEFT_CODEC, weft_load_codec, weft_listen, weft_unlisten, weft_connect,
 *      weft_abort, weft_send_ready, weft_call_code, weft_reason_side,
 *      weft_endpoint_info.
 * 1.2  struct weft_plugin: scope, signal, bound, ended.
 *      weft_strand_*, weft_endpoint_strand, weft_load_strand_new,
 *      weft_call_strand_state, weft_call_set_strand_state,
 *      weft_call_endpoint, weft_bind, weft_signal, weft_signal_urgent,
 *      weft_signal_after, weft_signal_every, weft_cancel.
 * 1.3  weft_subscribe, weft_unsubscribe, weft_publish, weft_publish_except,
 *      weft_topic_check, weft_filter_check, weft_strand_subscribe,
 *      weft_strand_unsubscribe.
 * 1.4  weft_topic_slow, weft_send_keyed, weft_publish_keyed, weft_slow_name.
 *      struct weft_codec: seal, open.
 *      weft_request, weft_call_request, weft_reply, weft_refuse.
 * 1.5  struct weft_plugin: receives, sends, malformed.
 *      weft_pack, weft_unpack, weft_unpack_need, weft_fault_name,
 *      weft_fault_text, weft_send_typed, weft_publish_typed,
 *      weft_dispatch_typed.
 * 1.6  struct weft_codec: begin, leave, end, ping; struct weft_cut: answer,
 *      error, status, why; WEFT_CUT_OPEN, WEFT_CUT_END.
 *      weft_call_is_text, weft_send_text, weft_call_http_request,
 *      weft_call_http_field, weft_call_http_protocol, weft_close_status,
 *      weft_call_status.
 * 1.7  struct weft_codec_place: deflate, deflate_bits, plain; struct
 *      weft_plugin: routes; weft_http_*, weft_node_http_*, weft_call_tls.
 * 1.8  struct weft_plugin: save, save_strand, save_endpoint, load_strand,
 *      load_endpoint, drop_strand, drop_endpoint, replies, options;
 *      weft_save_*, weft_load_is_reload, weft_load_is_trial, weft_load_bytes,
 *      weft_load_typed, weft_plugin_find.
 */
#define WEFT_ABI_MAJOR 1
#define WEFT_ABI_MINOR 8

/*
 * weft_version() - the version of the library that runs, as "0.1.0".
 *
 *   returns           a constant string.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_version(void);

WEFT_END_DECLS

#endif
