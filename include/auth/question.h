/*
 * What lib-auth asks of the DNS and is told, in words of its own: its machines are fed by whoever can look names up, and know
 * neither a resolver nor its headers.
 */
#ifndef AUTH_QUESTION_H
#define AUTH_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

enum auth_type { AUTH_A, AUTH_AAAA, AUTH_MX, AUTH_PTR, AUTH_TXT, AUTH_TYPES };

struct auth_question {
	unsigned number;	/* what the answer is given with */
	const char *name;	/* lower case, no final dot; borrowed as long as the machine is there */
	enum auth_type type;
};

enum auth_status {
	AUTH_FOUND,		/* records of the type asked for, behind whatever CNAMEs */
	AUTH_NO_DATA,		/* the name is there, records of this type are not */
	AUTH_NO_NAME,		/* NXDOMAIN */
	AUTH_FAILED		/* time-out, SERVFAIL, bogus: nothing is known */
};

struct auth_mx {
	uint16_t preference;
	const char *host;	/* "" for the root (null MX) */
};

struct auth_answer {
	enum auth_status status;
	size_t count;		/* of the records that the type says */
	union {
		const struct ip *addresses;	/* AUTH_A, AUTH_AAAA */
		const struct auth_mx *mx;	/* AUTH_MX */
		const char *const *names;	/* AUTH_PTR */
		const struct span *texts;	/* AUTH_TXT, strings of one record joined */
	};
};

#endif
