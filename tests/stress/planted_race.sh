#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Does a TSan build still find a race?  The rooms used as they are meant give
# no report; each planted fault gives one that names it.  With the suppressions
# and with handoff/ck_tsan.h: both could hide too much.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-${WEFT_BUILD:-$here/../../build}/tests/stress/planted_race}
supp=${WEFT_SRC:-$here/../..}/tests/tsan.supp

if [ ! -x "$program" ]; then
	echo "expected the program $program, found none: make check builds it"
	exit 1
fi
status=0
"$program" tsan || status=$?
if [ "$status" -eq 77 ]; then
	echo "skipped: this is no TSan build (configure --enable-tsan)"
	exit 77
elif [ "$status" -ne 0 ]; then
	echo "$program tsan: expected status 0 or 77, found $status"
	exit 1
fi

failed=0
# found WHAT: run it; its report is in $report, its status in $status.
found() {
	status=0
	report=$(TSAN_OPTIONS="suppressions=$supp:exitcode=66" \
	    "$program" "$1" 2>&1) || status=$?
}

found clean
if [ "$status" -ne 0 ] || [ -n "$report" ]; then
	echo "clean: expected no report, found status $status:"
	printf '%s\n' "$report"
	failed=1
fi
for plant in mailbox outbox attention runq; do
	found "$plant"
	if [ "$status" -eq 66 ] &&
	    grep -q 'WARNING: ThreadSanitizer: data race' <<<"$report" &&
	    grep -q 'planted_touch' <<<"$report"; then
		echo "$plant: the planted race was found"
	else
		echo "$plant: expected a report of a data race with" \
		    "planted_touch, found status $status:"
		printf '%s\n' "$report"
		failed=1
	fi
done
exit "$failed"
