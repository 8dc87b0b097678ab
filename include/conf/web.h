/* What web is configured with: nothing but how it logs. */
#ifndef CONF_WEB_H
#define CONF_WEB_H

#include "conf/log.h"
#include "conf/slice.h"

struct conf_web {
	struct conf_log log;
};

extern const struct conf_slice conf_web_slice;

#endif
