/* Files of mail: whatever they are, messages come out one after the other, and each is read or passed over. */
#include "src/ctl/mailbox.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

struct seen {
	uint64_t messages;
	size_t octets;
};

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct seen *seen = arg;

	fuzz_holds(message->number == ++seen->messages);
	fuzz_holds(message->why == NULL || message->received_count == 0);
	for (size_t i = 0; i < message->received_count; i++)
		seen->octets += message->received[i].length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	char path[40];
	int fd = memfd_create("mail", 0);

	fuzz_holds(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fuzz_holds(mailbox_read(path, on_message, &seen) == NULL);
	/* Lone line feeds come back as CRLF. */
	fuzz_holds(seen.octets <= 2 * size + 2);
	close(fd);
	return 0;
}
