/*
 * The spool's key: made at the first start, read at every other, unlocked by the operator when it is encrypted.
 * The private part is kept in memory as long as queue may have to be started again with it.
 */
#ifndef MASTER_KEYS_H
#define MASTER_KEYS_H

#include <stdbool.h>

#include "base/span.h"
#include "conf/complaint.h"
#include "conf/settings.h"

/*
 * Read the key that the settings name, PEM; may_make = make one where there is none. An encrypted one leaves the
 * spool locked: its public part is read from the file beside it. Returns false with a complaint.
 */
bool keys_load(const struct settings *settings, bool may_make, struct complaints *complaints);

bool keys_are_locked(void);

/* Try a passphrase. Returns NULL when the key is open now, or why not. */
const char *keys_unlock(struct span passphrase);

const char *keys_public(void);		/* PEM */
const char *keys_private(void);		/* PEM; "" while locked */

void keys_forget(void);			/* overwritten */

#endif
