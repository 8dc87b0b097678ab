/* What is wrong with a configuration: all of it at once, each with its place. */
#ifndef CONF_COMPLAINT_H
#define CONF_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct complaint {
	char *file;		/* owned, "" when it is about no file */
	unsigned line;		/* from 1; 0 = the file as a whole */
	bool is_warning;	/* worth a look; does not keep anything from starting */
	char *text;		/* owned; one sentence */
};

#define COMPLAINTS_MAX 100	/* beyond it they are only counted */

struct complaints {
	struct complaint at[COMPLAINTS_MAX];
	size_t count;		/* kept */
	size_t errors;		/* all of them, kept or not; warnings left out */
};

void complaints_init(struct complaints *complaints);
void complaints_clear(struct complaints *complaints);

__attribute__((format(printf, 4, 5))) void complaints_add(struct complaints *complaints, const char *file,
    unsigned line, const char *format, ...);
__attribute__((format(printf, 4, 5))) void complaints_warn(struct complaints *complaints, const char *file,
    unsigned line, const char *format, ...);

/* Order them by line, file by file in the order in which files first came. */
void complaints_sort(struct complaints *complaints);

/* "/etc/sealpost/sealpost.yaml:12: unknown key ..." without a newline; out has a ceiling of its own. */
void complaint_format(const struct complaint *complaint, struct buf *out);

#endif
