/* sealpost check: the configuration, the files it names, and whether other hosts will find us by its name. */
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/ip.h"
#include "complain.h"
#include "conf/material.h"
#include "conf/settings.h"
#include "ctl.h"

/* Whether the address leads back to the name. */
static bool
leads_back(const struct addrinfo *address, const char *hostname)
{
	char name[NI_MAXHOST];

	return getnameinfo(address->ai_addr, address->ai_addrlen, name, sizeof(name), NULL, 0, NI_NAMEREQD) == 0 &&
	    span_equal_nocase(span_of(name), span_of(hostname));
}

/* Hosts that we deliver to look our name up, and our address; many refuse mail when they do not fit. */
static void
hostname_check(const struct settings *settings, struct complaints *complaints)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *addresses = NULL;
	unsigned line = settings_line(settings, "hostname");
	int error = getaddrinfo(settings->hostname, NULL, &hints, &addresses);

	if (error != 0) {
		complaints_warn(complaints, settings->file, line, "hostname: %s has no address that can be looked up: %s",
		    settings->hostname, gai_strerror(error));
		return;
	}
	for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
		struct ip ip = ip_from_sockaddr(address->ai_addr);
		char text[IP_TEXT];

		if (ip_is_loopback(ip))
			complaints_warn(complaints, settings->file, line, "hostname: %s is %s here, which is of no use to others",
			    settings->hostname, ip_format(ip, text));
		else if (!leads_back(address, settings->hostname))
			complaints_warn(complaints, settings->file, line, "hostname: the address %s does not lead back to %s",
			    ip_format(ip, text), settings->hostname);
	}
	freeaddrinfo(addresses);
}

static void
certificate_check(const struct settings *settings, struct complaints *complaints)
{
	struct material material;
	char self_signed[PATH_MAX];
	bool is_made;

	snprintf(self_signed, sizeof(self_signed), "%s/keys/self-signed.pem", settings->spool_directory);
	is_made = settings->certificate.count == 0 && access(self_signed, R_OK) == 0;
	if (settings->certificate.count == 0)
		complaints_warn(complaints, settings->file, 0,
		    "certificate: none is named: hosts that check it will not deliver to a self-signed one");
	(void)material_load(&material, settings, is_made ? self_signed : NULL, complaints);
	material_clear(&material);
}

/* A relay that takes mail from nobody is hardly meant. */
static void
purpose_check(const struct settings *settings, struct complaints *complaints)
{
	if (settings->clients.count == 0 && settings->accept.count == 0 && settings->submission_socket[0] == '\0')
		complaints_warn(complaints, settings->file, 0, "neither clients nor accept nor submission: nobody may send anything");
}

int
check_run(const struct options *options, int argc, char **argv)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct settings settings;
	bool good;

	if (argc > 2) {
		free(complaints);
		return ctl_usage("check: \"%s\" has no place here", argv[2]);
	}
	complaints_init(complaints);
	if (settings_load(&settings, argc == 2 ? argv[1] : options->file, complaints)) {
		certificate_check(&settings, complaints);
		hostname_check(&settings, complaints);
		purpose_check(&settings, complaints);
	}
	complaints_sort(complaints);
	complain(options, complaints);
	good = complaints->errors == 0;
	if (!options->json)
		printf("%s: %s\n", settings.file, good ? "good" : "not good");
	settings_clear(&settings);
	complaints_clear(complaints);
	free(complaints);
	return good ? EX_OK : 1;
}
