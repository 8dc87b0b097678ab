/*
 * What a peer has proved, or has to. At `encrypt` it is not authenticated: TLS keeps listeners out, and nothing more. At
 * `verify` a certificate must be valid for the host's name, whoever named the host. At `secure` it must be valid for a name
 * that no forged DNS answer can have brought in (RFC 9325 7.1). `dane`: the domain's own zone says which key the host
 * has (RFC 7672). Everything that satisfies a level satisfies those below. There is nothing below `encrypt`.
 */
#ifndef POLICY_LEVEL_H
#define POLICY_LEVEL_H

#include <stdbool.h>

#include "base/span.h"

enum policy_level { POLICY_ENCRYPT, POLICY_VERIFY, POLICY_SECURE, POLICY_DANE, POLICY_LEVELS };

const char *policy_level_name(enum policy_level level);			/* "verify" */
bool policy_level_parse(struct span name, enum policy_level *level);	/* false, *level untouched, for other words */

#endif
