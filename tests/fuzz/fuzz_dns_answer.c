/* DNS responses: the first octet chooses the type asked for, the rest is the message; its own question is what was asked. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dns/answer.h"
#include "lib-dns/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_TXT, DNS_TLSA, DNS_CNAME, DNS_PTR, DNS_SOA };
	struct span message = { NULL, 0 };
	char name[NAME_TEXT] = "";
	struct dns_answer answer;
	struct arena *arena;
	size_t at = 12;

	if (size == 0)
		return 0;
	message = span_make(data + 1, size - 1);
	arena = arena_new();
	if (!name_read(message, &at, name))
		name[0] = '\0';
	dns_answer_decode(message, name, types[data[0] % (sizeof(types) / sizeof(*types))], arena, &answer);
	if (answer.count > 100 || (answer.status != DNS_FOUND) != (answer.count == 0))
		abort();
	arena_free(&arena);
	return 0;
}
