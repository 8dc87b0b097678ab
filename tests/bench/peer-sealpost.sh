# shellcheck shell=bash disable=SC2154,SC2034
# sealpost for the bench harness that measures mail servers side by side (run-peer.sh; copy or link this file to its
# peers/sealpost.sh). SEALPOST_TOP is the source tree, SEALPOST_SET more lines of configuration.
# Tuning over the defaults: no limits per client, 50 connections to a hop from the start, level `encrypt` as the others have it.
top=${SEALPOST_TOP:-$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)}
root=$B/root-sealpost

peer_prepare() {
	local made=$B/build-sealpost user
	# shellcheck source=contrib/packages.sh
	. "$top/contrib/packages.sh"
	# shellcheck disable=SC2086
	packages_need $packages_build > /dev/null || die "packages are missing"
	[ -x "$top/configure" ] || (cd "$top" && autoreconf -fi) > /dev/null 2>&1
	mkdir -p "$made"
	(cd "$made" && { [ -f Makefile ] || "$top/configure" -q --prefix=/usr; } && make -s -j"$(nproc)" && make -s install DESTDIR="$root") > "$made/log" 2>&1 ||
		die "sealpost does not build: $made/log"
	for user in sealpost sealpost-intake sealpost-queue sealpost-relay sealpost-report; do user "$user"; done
	chmod -R a+rX "$root"
}
peer_version() { "$root/usr/bin/sealpost" version 2> /dev/null || echo sealpost; }
peer_conf() {	# smarthost | table
	local i
	mkdir -p "$RUN/log"
	chmod 755 "$B" "$B/run" "$RUN"
	cat "$B/pki/mta.pem" "$B/pki/mta.key" > "$RUN/mta.pem"
	chmod 600 "$RUN/mta.pem"
	{
		cat <<-END
			hostname: mta.test
			certificate: $RUN/mta.pem
			listen: [{address: "$MTA_IP:$MTA_PORT", tls: starttls}]
			clients: [127.0.0.0/8]
			trust: $B/pki/ca.pem
			policy: {default: encrypt}
			dns: {servers: [127.0.0.1], private_destinations: yes}
			limits: {sessions: 10000, sessions_per_client: 10000, recipients: 2000, size: 100M}
			queue: {connections_first: 50, connections: 50}
			spool: {directory: $RUN/spool}
			control: $RUN/control
			submission: {socket: $RUN/submission}
		END
		[ -z "${SEALPOST_SET:-}" ] || printf '%s\n' "$SEALPOST_SET"
		if [ "$1" = smarthost ]; then
			echo "relayhost: \"smtp:[$SINK_IP]:$SINK_PORT\""
		else
			echo "routes:"
			for i in $(seq 0 199); do echo "  dest$i.test: \"smtp:[127.1.0.$((i + 1))]:$SINK_PORT\""; done
		fi
	} > "$RUN/sealpost.yaml"
}
peer_start() { peer_conf "$1"; in_cg "$root/usr/sbin/sealpostd" -c "$RUN/sealpost.yaml" --libexec "$root/usr/libexec/sealpost" 2>> "$RUN/log/log" < /dev/null & }
peer_start_fg() { peer_conf "$1"; FG="$root/usr/sbin/sealpostd -c $RUN/sealpost.yaml --libexec $root/usr/libexec/sealpost"; }
# The harness runs FG and the versions of other peers in a mount of their packages: ours needs none.
ns() { "$@"; }
peer_flush() { "$root/usr/bin/sealpost" -c "$RUN/sealpost.yaml" queue retry --all > /dev/null; }
peer_qlen() { "$root/usr/bin/sealpost" -c "$RUN/sealpost.yaml" queue list --json 2> /dev/null | wc -l; }
peer_stop() { local pid; for pid in $(cat "$CG/cgroup.procs"); do [ "$(cat "/proc/$pid/comm" 2> /dev/null)" = sealpostd ] && kill "$pid"; done 2> /dev/null; return 0; }
