/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/llhttp_machine.c - llhttp in its strict mode, out of the folder that
 * configure has found: Debian has it as generated C (node-llhttp), not as a
 * library.
 *
 * thread: any (pure).
 */
#define LLHTTP_STRICT_MODE 1

#include <llhttp.c>
