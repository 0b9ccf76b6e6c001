/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h - a keyed hash of keys: SipHash-1-3.
 *
 * Keys are chosen by clients; who does not know the secret cannot choose many
 * that fall into one chain.
 */
#ifndef KV_SIPHASH_H
#define KV_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t kv_siphash(const uint64_t secret[2], const void *data, size_t len);

#endif
