#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#	http.sh
#
# A reply of 100 bytes by examples/board at http://, beside nginx's (one
# worker process, "return 200", no access log), to wrk with CONNECTIONS (64):
# they take turns, medians of RUNS (5) runs of SECONDS_EACH (3).
# Needs nginx (nginx-light) and wrk.
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
connections=${CONNECTIONS:-64}
seconds=${SECONDS_EACH:-3}
port=${NGINX_PORT:-18089}
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

for program in nginx wrk; do
	PATH=$PATH:/usr/sbin command -v $program >/dev/null || {
		echo "http.sh: without $program"
		exit 1
	}
done

: >"$dir/weft"
"$build/weft" run "$build/examples/board/.libs/board.so" \
    --listen http://127.0.0.1:0 >"$dir/weft" &
pids+=($!)
timeout 10 tail -n +1 -s 0.05 -f "$dir/weft" | grep -q -m 1 ready
weft=$(awk '/listening/ { print $2 }' "$dir/weft")/boards/kitchen
text=$(curl -s "$weft")
[ ${#text} -eq 99 ] || { # and a line's end
	echo "http.sh: expected a reply of 100 bytes, found ${#text}"
	exit 1
}

cat >"$dir/nginx.conf" <<-EOF
	worker_processes 1;
	daemon off;
	pid $dir/nginx.pid;
	error_log /dev/null;
	events { worker_connections 4096; }
	http {
		access_log off;
		keepalive_requests 1000000000;
		server {
			listen 127.0.0.1:$port;
			location / {
				default_type text/plain;
				return 200 "$text
	";
			}
		}
	}
EOF
PATH=$PATH:/usr/sbin nginx -e /dev/null -c "$dir/nginx.conf" &
pids+=($!)
nginx=http://127.0.0.1:$port/
timeout 10 bash -c "until curl -s -o /dev/null $nginx; do sleep 0.1; done"

rate() { # URL
	wrk -c "$connections" -t 1 -d "$seconds" "$1" |
	    sed -n 's/^Requests\/sec: *//p'
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for _ in $(seq "$runs"); do
	rate "$weft" >>"$dir/of-weft"
	rate "$nginx" >>"$dir/of-nginx"
done
paste "$dir/of-weft" "$dir/of-nginx" |
    awk '{ printf "weft %.0f, nginx %.0f: %.2f\n", $1, $2, $1 / $2 }'
w=$(median "$dir/of-weft") n=$(median "$dir/of-nginx")
echo "medians, requests/s: weft $w, nginx $n, ratio $(awk \
    "BEGIN { printf \"%.2f\", $w / $n }")"
