/* What is wrong with a configuration, said. */
#ifndef CTL_COMPLAIN_H
#define CTL_COMPLAIN_H

#include "conf/complaint.h"
#include "ctl.h"

/* Every complaint: a line to standard error, or a line of JSON to standard output. */
void complain(const struct options *options, const struct complaints *complaints);

#endif
