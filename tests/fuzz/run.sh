#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#	run.sh SECONDS JOBS FUZZER...
#
# Each fuzzer for so long, so many at a time, from its inputs of note in
# corpus/NAME, where nothing is written.  Beside fuzz_NAME are left its output,
# fuzz_NAME.log, what it failed on, fuzz_NAME.crash-..., and for .ci/run its
# result as automake writes it down, fuzz_NAME.trs.

set -u
seconds=$1 jobs=$2
shift 2
corpora=$(cd "$(dirname "$0")" && pwd)/corpus

# fuzz FUZZER: one, and a line that says how it went.
fuzz() {
	local fuzzer=$1 name=${1##*/} seeds='' status=0 file

	for file in "$corpora/${name#fuzz_}"/*; do
		[ ! -f "$file" ] || seeds=$seeds,$file
	done
	echo ':test-result: FAIL' >"$fuzzer.trs"
	# One that hangs is told by libFuzzer, or is ended from here.
	timeout -k 10 $((seconds + 120)) "$fuzzer" -max_total_time="$seconds" \
	    -timeout=30 -print_final_stats=1 -artifact_prefix="$fuzzer." \
	    ${seeds:+"-seed_inputs=${seeds#,}"} >"$fuzzer.log" 2>&1 ||
	    status=$?
	if [ "$status" -ne 0 ]; then
		grep -v '# Uses:' "$fuzzer.log" | tail -n 60
		echo "FAIL $name: status $status, see $fuzzer.log"
		return 1
	fi
	echo ':test-result: PASS' >"$fuzzer.trs"
	echo "PASS $name: $(sed -n \
	    -e 's/^#.*DONE *\(cov: [0-9]*\) .*/\1,/p' \
	    -e 's/^Done \([0-9]* runs in [0-9]* s\).*/\1,/p' \
	    -e 's/^stat::average_exec_per_sec: *\(.*\)/\1 a second/p' \
	    "$fuzzer.log" | tr '\n' ' ')"
}

running=0 failed=0
for fuzzer; do
	if [ "$running" -ge "$jobs" ]; then
		wait -n || failed=$((failed + 1))
		running=$((running - 1))
	fi
	fuzz "$fuzzer" &
	running=$((running + 1))
done
for (( ; running > 0; running--)); do
	wait -n || failed=$((failed + 1))
done
echo "$# fuzzers, $seconds s each, $failed failed"
[ "$failed" -eq 0 ] && [ $# -gt 0 ]
