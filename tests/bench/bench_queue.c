/*
 * What queue itself costs: the whole room on fakes (memory in place of the disk, no clock, no channel), with the benchmark in
 * the places of intake and relay.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "tests/unit/queue/house.h"

#define HOPS 100

static struct house house;

static void
begin(unsigned hops, uint64_t count)
{
	char recipient[64];

	house_begin(&house);
	house.conf.connections_first = house.conf.connections = 1000;
	house.conf.jobs = 100000;
	house_start(&house);
	for (uint64_t i = 0; i < count; i++) {
		snprintf(recipient, sizeof(recipient), "r%llu@dest%u.example", (unsigned long long)i, (unsigned)(i % hops));
		if (house_accept_one(&house, "sender@client.example", recipient) != 0)
			abort();
	}
}

static void
begin_empty(uint64_t count)
{
	(void)count;
	begin(1, 0);
}

static void
begin_one_hop(uint64_t count)
{
	begin(1, count);
}

static void
begin_many_hops(uint64_t count)
{
	begin(HOPS, count);
}

static void
end(void)
{
	house_end(&house);
}

/* Every job is taken and concluded as delivered. */
static void
deliver(uint64_t count)
{
	const struct outcome outcome = house_delivered();

	for (uint64_t i = 0; i < count; i++) {
		struct job job;

		if (!house_job(&house, &job))
			abort();
		house_conclude(&house, &job, &outcome);
	}
}

/* A message comes in: sealed and synced in memory, adopted, dispatched. */
static void
accept_one(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (house_accept_one(&house, "sender@client.example", "recipient@dest.example") != 0)
			abort();
}

static const struct bench benches[] = {
	{ .name = "queue: adopt a message (sealed in memory)", .run = accept_one, .prepare = begin_empty, .tidy = end, .most = 900 },
	{ .name = "queue: dispatch and settle a job, 1 hop", .run = deliver, .prepare = begin_one_hop, .tidy = end, .most = 900 },
	{ .name = "queue: dispatch and settle a job, 100 hops", .run = deliver, .prepare = begin_many_hops, .tidy = end, .most = 900 },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	return bench_main(argc, argv, benches);
}
