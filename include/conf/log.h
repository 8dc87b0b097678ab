/* `log:`, part of every room's slice. */
#ifndef CONF_LOG_H
#define CONF_LOG_H

#include <stdint.h>

struct conf_log {
	uint64_t target;	/* enum log_target */
	uint64_t level;		/* enum log_level */
	uint64_t addresses;	/* enum log_addresses */
};

#endif
