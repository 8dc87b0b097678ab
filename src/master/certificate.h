/* The certificate that stands in when none is configured: signed by itself, so that TLS works at the first start. */
#ifndef MASTER_CERTIFICATE_H
#define MASTER_CERTIFICATE_H

#include <limits.h>
#include <stdbool.h>

#include "conf/complaint.h"
#include "conf/settings.h"

/* Where it is kept: with the spool's own key. Returns out, of PATH_MAX octets. */
char *certificate_path(const struct settings *settings, char *out);

/* Make it if it is not there, or not for this host name. Returns false with a complaint. */
bool certificate_ensure(const struct settings *settings, struct complaints *complaints);

#endif
