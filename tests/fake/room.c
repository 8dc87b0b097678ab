/* A room without master: the test calls the handler's functions itself. */
#include "ipc/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_room.h"

static bool is_ready, is_done;
static unsigned peers_gone, censuses;

static void
room_reset(void)
{
	is_ready = is_done = false;
	peers_gone = censuses = 0;
}

void
room_ready(void)
{
	fake_on_reset(room_reset);
	if (is_ready)
		fake_fail("room_ready() was called twice");
	is_ready = true;
}

void
room_done(void)
{
	fake_on_reset(room_reset);
	is_done = true;
}

void
room_peer_gone(enum room_kind kind, unsigned index)
{
	(void)kind;
	(void)index;
	fake_on_reset(room_reset);
	peers_gone++;
}

void
room_want_census(void)
{
	fake_on_reset(room_reset);
	censuses++;
}

unsigned
fake_room_censuses(void)
{
	return censuses;
}

unsigned
fake_room_peers_gone(void)
{
	return peers_gone;
}

void
fake_room_forget(void)
{
	room_reset();
}

bool
fake_room_is_ready(void)
{
	return is_ready;
}

bool
fake_room_is_done(void)
{
	return is_done;
}
