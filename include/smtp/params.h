/*
 * Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), DSN (RFC 3461), REQUIRETLS (RFC 8689),
 * AUTH (RFC 4954, checked and dropped).
 */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include "base/span.h"
#include "mail/envelope.h"
#include "smtp/status.h"

struct mail_params {
	uint64_t size_octets;	/* 0 = not given; UINT64_MAX for a number of up to 20 digits that no 64 bits hold */
	bool is_8bitmime;
	bool is_smtputf8;
	bool is_requiretls;
	enum notify_ret ret;
	struct span envid;	/* borrowed, still in xtext */
};

struct rcpt_params {
	uint8_t notify;		/* enum notify bits */
	struct span orcpt;	/* borrowed, "type;xtext" */
};

/*
 * Parse what stands behind the path: nothing, or a space and parameters.
 * Returns STATUS_NONE, or the reply that refuses the command; *params is filled on every return.
 */
enum status mail_params_parse(struct span text, struct mail_params *params);
enum status rcpt_params_parse(struct span text, bool is_smtputf8, struct rcpt_params *params);

#endif
