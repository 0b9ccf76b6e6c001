dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_bench.m4 - what tests/bench/typed is compared with, where it is here.
dnl
dnl Nothing else uses these; without them the bench leaves their rows out.

AC_DEFUN([WEFT_BENCH], [
	PKG_CHECK_MODULES([PROTOBUF_C], [libprotobuf-c >= 1.3],
	    [weft_bench_protobuf=yes], [weft_bench_protobuf=no])
	AC_CHECK_PROGS([PROTOC_C], [protoc-c])
	AS_IF([test -z "$PROTOC_C"], [weft_bench_protobuf=no])
	AM_CONDITIONAL([WEFT_BENCH_PROTOBUF],
	    [test "$weft_bench_protobuf" = yes])

	dnl Its C library is called msgpack by Debian 12, later msgpack-c.
	PKG_CHECK_MODULES([MSGPACK], [msgpack-c],
	    [weft_bench_msgpack=yes],
	    [PKG_CHECK_MODULES([MSGPACK], [msgpack >= 3],
	        [weft_bench_msgpack=yes], [weft_bench_msgpack=no])])
	AM_CONDITIONAL([WEFT_BENCH_MSGPACK],
	    [test "$weft_bench_msgpack" = yes])
])
