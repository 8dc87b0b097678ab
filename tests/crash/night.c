/* Starting over what a crash left. */
#include "night.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "queue/message.h"
#include "spool/reader.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"

static char where[200];

void
night_where(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(where, sizeof(where), format, arguments);
	va_end(arguments);
	fake_where(where);
}

void
night_complain(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", where);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	fake_log_print();
	exit(EXIT_FAILURE);
}

bool
night_content_is_whole(struct house *house, struct message *message, const struct known *known)
{
	static const char content[] = "Subject: a test\r\n\r\nSome lines of text, again and again.\r\n";
	struct arena *arena = arena_new();
	struct envelope envelope;
	struct body_reader *reader;
	struct span chunk;
	size_t at = 0;
	int more = -1;

	if (store_read(house->queue.store, message->place, arena, &envelope)) {
		reader = body_reader_new(store_body_fd(message->place.segment), &envelope.body);
		while ((more = body_reader_next(reader, &chunk)) > 0)
			for (size_t i = 0; i < chunk.length; i++, at++)
				if (chunk.data[i] != content[at % (sizeof(content) - 1)])
					night_complain("octet %zu is another", at);
		body_reader_free(&reader);
	}
	arena_free(&arena);
	return more == 0 && at == known->octets;
}

static void
check_message(struct house *house, const struct known *known, size_t events)
{
	struct message *message = message_find(&house->queue, known->mid);
	bool may_be_over = true;

	for (int r = 0; r < RECIPIENTS; r++)
		if (known->ended[r] > events)
			may_be_over = false;
	if (message == NULL && known->acked <= events && !may_be_over)
		night_complain("a message that was answered 250 is lost");
	if (message == NULL)
		return;
	if (known->given > events)
		night_complain("a message is there that was not yet sent");
	if (known->released <= events && message->flags & MESSAGE_HELD)
		night_complain("a message is held that was released");
	if (known->removed <= events)
		night_complain("a message is there that was removed");
	if (!night_content_is_whole(house, message, known))
		night_complain("the content of a message is not whole");
	for (int r = 0; r < RECIPIENTS; r++)
		if (known->durable[r] <= events && message->fates[r].state == RECIPIENT_PENDING)
			night_complain("recipient %d, whose end was synced, is tried again", r);
}

void
night_check(struct house *house, const struct world *world, size_t events)
{
	struct message *message = message_from(&house->queue, (struct mid){ 0, 0 });

	for (unsigned i = 0; i < world->count; i++)
		check_message(house, &world->messages[i], events);
	for (; message != NULL; message = message_next(message))
		if (world_find(world, message->mid) == NULL)
			night_complain("a message is there that nobody sent");
	/* What is torn is told for the curious, not as an error. */
	if (fake_log_take("event=finding kind=damaged*") || fake_log_take("event=finding kind=header*") ||
	    fake_log_take("event=finding kind=body*") || fake_log_take("event=finding kind=key*"))
		night_complain("a crash was taken for damage");
}

void
night_recover(const struct wreck *wreck, struct choice choice, const struct world *world, size_t events)
{
	struct house house;

	day_house(&house, LIFE_THIRD);
	wreck_put(wreck, choice, house.intake_folder, house.queue_folder);
	house_start(&house);
	night_check(&house, world, events);
	house_kill_queue(&house);
	house_end(&house);
}
