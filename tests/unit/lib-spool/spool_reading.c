/* A store over the fixture's folder that remembers what it was told. */
#include "spool_reading.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>

#include "spool/reader.h"

static void
on_message(void *arg, struct place place, uint32_t octets, const struct envelope *envelope)
{
	struct reading *reading = arg;

	ck_assert_uint_lt(reading->messages_count, READING_MAX);
	reading->messages[reading->messages_count].mid = envelope->mid;
	reading->messages[reading->messages_count].place = place;
	reading->messages[reading->messages_count].octets = octets;
	reading->messages[reading->messages_count].body = envelope->body;
	snprintf(reading->messages[reading->messages_count].sender, 64, "%.*s", SPAN_ARG(envelope->sender));
	reading->messages_count++;
}

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	struct reading *reading = arg;

	ck_assert_uint_lt(reading->findings_count, READING_MAX);
	reading->finding_offsets[reading->findings_count] = finding->offset;
	reading->findings[reading->findings_count++] = finding->kind;
}

static void
on_freed(void *arg, const char *directory, const struct writer_segment *segment)
{
	struct reading *reading = arg;

	ck_assert_str_eq(directory, "intake-0");
	reading->freed[reading->freed_count++] = segment->number;
	reading->was_freed = true;
}

static const struct store_handler handler = { on_message, on_finding, on_freed };

void
reading_begin(struct reading *reading, struct fixture *fixture, unsigned keep_free)
{
	char why[128];
	struct seal_pair *pair = seal_pair_private(fixture->private_key, why, sizeof(why));

	ck_assert_ptr_nonnull(pair);
	*reading = (struct reading){ .store = NULL };
	reading->store = store_new(pair, keep_free, &handler, reading);
	store_add_directory(reading->store, SPAN("intake-0"), fcntl(fixture->directory, F_DUPFD_CLOEXEC, 0));
	store_scan(reading->store);
}

void
reading_end(struct reading *reading)
{
	store_free(&reading->store);
}

unsigned
reading_of(const struct reading *reading, const char *sender)
{
	unsigned found = READING_MAX;

	for (unsigned i = 0; i < reading->messages_count; i++)
		if (strcmp(reading->messages[i].sender, sender) == 0) {
			ck_assert_msg(found == READING_MAX, "two messages of %s", sender);
			found = i;
		}
	ck_assert_msg(found != READING_MAX, "no message of %s", sender);
	return found;
}

bool
reading_body_is(const struct reading *reading, unsigned message, size_t octets, unsigned seed)
{
	int fd = store_body_fd(reading->messages[message].place.segment), more;
	struct body_reader *reader = body_reader_new(fd, &reading->messages[message].body);
	struct span chunk;
	size_t at = 0;
	bool same = true;

	while ((more = body_reader_next(reader, &chunk)) > 0) {
		same = same && fixture_is_content(chunk, at, seed);
		at += chunk.length;
	}
	body_reader_free(&reader);
	return more == 0 && same && at == octets;
}
