# shellcheck shell=bash
# What tests/bench/run, tests/bench/grow and tests/bench/policies need on a bare Debian 12, sourced by them: packages, other people's mail servers
# (unpacked, never installed), our own programs. bench_enter then runs a program of this folder where nothing else is:
# tests/system/enter gives it a network, processes and users of its own, and ends whatever it has left.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${SEALPOST_BUILD:-$top/build}
export LC_ALL=C.UTF-8
# shellcheck source=contrib/packages.sh
. "$top/contrib/packages.sh"

bench_die() { echo "$0: $*" >&2; exit 1; }

# Packages of another release of Debian, from the mirror that this machine uses, unpacked over each other: RELEASE FOLDER PACKAGE...
bench_unpack_release() {
	local release=$1 folder=$2 mirror apt deb link
	shift 2
	[ ! -e "$folder/.unpacked" ] || return 0
	echo "unpacking $* of $release"
	rm -rf "${folder:?}"
	mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/usr"
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2> /dev/null | head -n 1)
	echo "deb ${mirror:-http://deb.debian.org/debian/} $release main" > "$folder/apt/sources"
	: > "$folder/apt/status"
	apt=(apt-get -q -o Dir::Etc::SourceList="$folder/apt/sources" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$folder/apt/lists"
		-o Dir::State::Status="$folder/apt/status" -o Dir::Cache="$folder/apt" -o Dir::Cache::Archives=archives/ -o APT::Sandbox::User=root)
	(cd "$folder/apt" && "${apt[@]}" update && "${apt[@]}" download "$@") > "$folder/apt/log" 2>&1 || return 1
	for link in bin lib lib64 sbin; do mkdir -p "$folder/usr/$link" && ln -sfn "usr/$link" "$folder/$link"; done
	for deb in "$folder"/apt/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$folder" --keep-directory-symlink -xf - || return 1
	done
	# One and the same OpenSSL for everybody.
	cp -L /usr/lib/*/libssl.so.3 /usr/lib/*/libcrypto.so.3 "$(dirname "$(find "$folder/usr/lib" -name libc.so.6)")/" || return 1
	touch "$folder/.unpacked"
}

bench_build() {
	[ "$(id -u)" = 0 ] || bench_die "needs root: it opens a network of its own and unpacks mail servers that change users"
	# shellcheck disable=SC2086 # lists of words
	packages_need $packages_build $packages_bench $packages_libraries || bench_die "packages are missing"
	[ -x "$top/configure" ] && [ ! "$top/configure.ac" -nt "$top/configure" ] || (cd "$top" && autoreconf -fi) > /dev/null 2>&1 ||
		bench_die "autoreconf fails"
	mkdir -p "$build/main" "$build/bench" && cd "$build/main" || exit 1
	[ Makefile -nt "$top/configure" ] || "$top/configure" -q || bench_die "configure fails"
	make -s -j"$(nproc)" all system-tools > "$build/bench/make.out" 2>&1 || { tail -n 20 "$build/bench/make.out"; bench_die "it does not build"; }
	make -s install DESTDIR="$build/bench/root" > "$build/bench/install.out" 2>&1 || bench_die "it does not install: $build/bench/install.out"
	mkdir -p "$build/daemons"
}

# Other people's servers. Debian 12's OpenSMTPD cannot be a server of TLS (its keys and OpenSSL 3.0 do not agree): the next release's can.
bench_peers() {
	packages_unpack "$build/daemons" exim4-base exim4-daemon-light postfix || bench_die "no Postfix, no Exim"
	# shellcheck disable=SC2086
	bench_unpack_release trixie "$build/bench/opensmtpd" $packages_opensmtpd || bench_die "no OpenSMTPD: $build/bench/opensmtpd/apt/log"
}

# Names, and hosts of policies.
bench_hosts() {
	packages_unpack "$build/daemons" nginx nsd unbound || bench_die "no nginx, no nsd, no unbound"
}

bench_enter() {	# PROGRAM OPTION...
	local program=$1
	shift
	# With an address that is not of the loopback interface's own net, OpenSMTPD believes that IPv4 leads somewhere.
	exec "$top/tests/system/enter" "$build" bash -c 'ip address add 192.0.2.60/32 dev lo && exec "$@"' enter \
		/usr/bin/python3 -B "$top/tests/bench/$program" --build "$build" "$@"
}
