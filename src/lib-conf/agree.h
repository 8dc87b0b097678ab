/* What single keys cannot know: whether they agree with each other. */
#ifndef LIB_CONF_AGREE_H
#define LIB_CONF_AGREE_H

#include "conf/settings.h"

/*
 * Complain of keys that contradict each other. A default gives way to what was written: one that is too
 * large for another key becomes as large as that. Also fills in what follows from other keys.
 */
void agree_check(struct settings *settings, struct complaints *complaints);

#endif
