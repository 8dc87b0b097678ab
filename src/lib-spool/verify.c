/* Every seal of a folder, checked. */
#include "spool/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "layout.h"

struct verify {
	int directory;
	const char *name;
	struct seal_pair *pair;		/* NULL = structure only */
	void (*on_finding)(void *arg, const struct spool_finding *finding);
	void *arg;
	struct verify_figures *figures;
};

static void
find(struct verify *verify, enum finding_kind kind, uint32_t number, const char *text)
{
	struct spool_finding finding = { kind, verify->name, number, 0, 0, { 0, 0 }, text };

	verify->on_finding(verify->arg, &finding);
}

static void
on_scan_finding(void *arg, const struct spool_finding *finding)
{
	struct verify *verify = arg;

	verify->on_finding(verify->arg, finding);
}

static void
verify_frames(struct verify *verify, int fd, uint32_t number, const struct header *header)
{
	struct scan scan = { .fd = fd, .directory = verify->name, .number = number, .generation = header->generation,
		.to = UINT64_MAX, .read_bodies = true, .on_finding = on_scan_finding, .arg = verify };
	unsigned char key[SEAL_KEY_OCTETS];

	if (verify->pair != NULL) {
		if (memcmp(header->key_id, seal_pair_id(verify->pair), sizeof(header->key_id)) != 0) {
			find(verify, FINDING_KEY, number, "sealed to another key than the one given");
			return;
		}
		if (!seal_unwrap(verify->pair, span_make(header->wrapped, header->wrapped_length), key)) {
			find(verify, FINDING_KEY, number, "the wrapped key is damaged");
			return;
		}
		scan.seal = seal_new();
		seal_set_key(scan.seal, key);
		explicit_bzero(key, sizeof(key));
	}
	(void)scan_segment(&scan);
	verify->figures->messages += scan.messages;
	seal_free(&scan.seal);
}

static void
verify_file(struct verify *verify, int fd, uint32_t number)
{
	static const char zeros[HEADER_OCTETS];
	char sector[HEADER_OCTETS];
	struct header header;
	ssize_t n = file_read_at(fd, sector, sizeof(sector), 0);

	if (n < 0) {
		find(verify, FINDING_READ, number, strerror(errno));
	} else if (n == 0 || memcmp(sector, zeros, (size_t)n) == 0) {
		verify->figures->free_files++;
	} else if (!header_decode(span_make(sector, (size_t)n), &header)) {
		find(verify, FINDING_HEADER, number, "no readable header");
	} else if (header.state != SEGMENT_IN_USE) {
		verify->figures->free_files++;
	} else {
		if (header.kind == SEGMENT_JOURNAL)
			verify->figures->journals++;
		else
			verify->figures->segments++;
		verify_frames(verify, fd, number, &header);
	}
}

static void
on_name(void *arg, const char *name)
{
	struct verify *verify = arg;
	uint32_t number;
	int fd;

	if (!layout_number(name, &number))
		return;
	fd = file_open(verify->directory, name, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		return;		/* finished and unlinked since the folder was read */
	if (fd < 0)
		find(verify, FINDING_READ, number, strerror(errno));
	else
		verify_file(verify, fd, number);
	file_close(&fd);
}

int
spool_verify(int directory, const char *name, struct span private_key,
    void (*on_finding)(void *arg, const struct spool_finding *finding), void *arg, struct verify_figures *figures,
    char *why, size_t size)
{
	struct verify verify = { directory, name, NULL, on_finding, arg, figures };
	int result;

	if (private_key.length > 0 && (verify.pair = seal_pair_private(private_key, why, size)) == NULL)
		return -1;
	result = file_list(directory, on_name, &verify);
	if (result < 0)
		snprintf(why, size, "cannot read the folder %s: %s", name, strerror(errno));
	seal_pair_free(&verify.pair);
	return result;
}
