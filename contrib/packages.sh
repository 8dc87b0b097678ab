# shellcheck shell=bash disable=SC2034
# Debian packages that building and testing need, and the relay with its defaults (ca-certificates): the one list, sourced by
# contrib/quickstart, tests/run and tests/bench.

packages_build="autoconf automake binutils ca-certificates check gcc libbsd-dev libc-ares-dev libc6-dev libcurl4-openssl-dev
	libevent-dev libidn2-dev libjansson-dev libseccomp-dev libsqlite3-dev libssl-dev libyaml-dev make openssl pkg-config xz-utils
	zlib1g-dev"
packages_lint="mandoc shellcheck systemd universal-ctags"
packages_system="curl iproute2 ldnsutils libmail-deliverystatus-bounceparser-perl libmail-dmarc-perl libnet-ssleay-perl opendkim-tools
	openssl python3 python3-authres python3-cryptography python3-dkim python3-dnspython python3-flufl.bounce python3-jsonschema python3-nacl
	python3-prometheus-client python3-pytest python3-spf python3-yaml swaks tcpdump util-linux"
packages_bench="iproute2 openssl python3 python3-cryptography util-linux"
# Libraries of the daemons below, and what else they look for.
packages_libraries="libdb5.3 libfstrm0 libgnutls-dane0 libgnutls30 libicu72 libidn12 libnghttp2-14 libnsl2 libpam0g libpcre2-8-0
	libprotobuf-c1 libpython3.11 libsasl2-2 netbase"
# Daemons that tests run and nobody should find running on this machine afterwards: unpacked, never installed.
packages_daemons="exim4-base exim4-daemon-light nginx nsd opensmtpd postfix prometheus unbound"
# Of Debian 13, for tests/bench only: an OpenSMTPD that can be a server of TLS, and what it is linked with.
packages_opensmtpd="libaudit1 libc6 libcap-ng0 libcrypt1 libdb5.3t64 libevent-2.1-7t64 libgcc-s1 libpam0g libpcre2-8-0 libselinux1
	opensmtpd zlib1g"

packages_missing() {
	local package
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q ' installed$' || echo "$package"
	done
}

# Install what is missing of the packages named; without root say what that is, and fail.
packages_need() {
	local missing apt="apt-get -q -o DPkg::Lock::Timeout=300"
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "missing packages; as root: apt-get install ${missing[*]}" >&2
		return 1
	fi
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # options are words
	$apt install -y --no-install-recommends "${missing[@]}" > /dev/null 2>&1 ||
		{ $apt update > /dev/null && $apt install -y --no-install-recommends "${missing[@]}" > /dev/null; }
}

# Unpack the packages named, each below the folder, unless that was done already.
packages_unpack() {
	local folder=$1 package
	shift
	for package in "$@"; do
		[ ! -e "$folder/$package/.unpacked" ] || continue
		echo "unpacking $package"
		rm -rf "${folder:?}/$package"
		mkdir -p "$folder/$package"
		(cd "$folder/$package" &&
			{ apt-get -q download "$package" || { [ "$(id -u)" = 0 ] && apt-get -q update && apt-get -q download "$package"; }; } &&
			dpkg -x "$package"_*.deb . && rm -f "$package"_*.deb && touch .unpacked) > /dev/null 2>&1 ||
			{ echo "cannot get $package (as root: apt-get update)" >&2; return 1; }
	done
}
