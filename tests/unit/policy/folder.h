/* A folder for the tests of what is kept, and its store. */
#ifndef TESTS_UNIT_POLICY_FOLDER_H
#define TESTS_UNIT_POLICY_FOLDER_H

#include <glob.h>
#include <stdio.h>

#include "policy/schema.h"
#include "store/query.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static char folder[SCRATCH_PATH];
static struct store *store;
static unsigned replaced;

static void
on_replaced(void *arg)
{
	(void)arg;
	replaced++;
}

static void
store_begin(void)
{
	char why[300];

	store = store_open(&policy_store_kind, folder, on_replaced, NULL, why, sizeof(why));
	ck_assert_msg(store != NULL, "%s", why);
}

static void
folder_begin(void)
{
	fake_reset();
	replaced = 0;
	scratch_make(folder);
	store_begin();
}

__attribute__((unused)) static void
store_again(void)
{
	store_close(&store);
	store_begin();
}

static void
folder_end(void)
{
	store_close(&store);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

#endif
