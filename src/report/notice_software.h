/* Whose software a mail server is, by what it says of itself: a guess, of a stranger's words, that chooses what is advised. */
#ifndef REPORT_NOTICE_SOFTWARE_H
#define REPORT_NOTICE_SOFTWARE_H

#include "base/span.h"

struct notice_software {
	const char *word;	/* "postfix": of the template's sections */
	const char *name;	/* "Postfix" */
};

/* Never NULL: of a greeting and a session in clear that say nothing, "unknown". Either may be "". */
const struct notice_software *notice_software_find(struct span banner, struct span transcript);

/* All of them, the unknown one last; NULL behind it. */
const struct notice_software *notice_software_at(size_t index);

#endif
