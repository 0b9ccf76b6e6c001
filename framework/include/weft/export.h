/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/export.h - marks used by the other headers.
 *
 * WEFT_EXPORT  a symbol of the library's (or the plugin's) interface.
 * WEFT_CHECK   the result must be looked at.
 * WEFT_DEFINE  a definition whose initializer does not name all members, which
 *              g++ would warn of; it ends with a declaration of the same.
 */
#ifndef WEFT_EXPORT_H
#define WEFT_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
#define WEFT_EXPORT __attribute__((visibility("default")))
#define WEFT_CHECK __attribute__((warn_unused_result))
#define WEFT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define WEFT_EXPORT
#define WEFT_CHECK
#define WEFT_PRINTF(fmt, args)
#endif

#if defined(__cplusplus) && defined(__GNUC__)
#define WEFT_DEFINE(declaration, ...)                                         \
	_Pragma("GCC diagnostic push") _Pragma(                               \
	    "GCC diagnostic ignored \"-Wmissing-field-initializers\"")        \
	    __VA_ARGS__;                                                      \
	_Pragma("GCC diagnostic pop") declaration
#else
#define WEFT_DEFINE(declaration, ...) __VA_ARGS__
#endif

#ifdef __cplusplus
#define WEFT_BEGIN_DECLS extern "C" {
#define WEFT_END_DECLS }
#else
#define WEFT_BEGIN_DECLS
#define WEFT_END_DECLS
#endif

#endif
