/* What policy keeps. */
#ifndef POLICY_ROOM_SCHEMA_H
#define POLICY_ROOM_SCHEMA_H

#include "store/store.h"

extern const struct store_kind policy_store_kind;

#endif
