/*
 * What durability costs: sealing, unsealing, committing in groups with a real disk below, the journal. Writes in a folder of
 * its own in the current directory, which ought to be on the disk that the spool is to be on.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "bench.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "spool/journal.h"
#include "spool/seal.h"
#include "spool/writer.h"

#define SMALL 4096
#define LARGE 65536
#define SEGMENT (16 << 20)

static char plain[LARGE], sealed[LARGE + SEAL_TAG_OCTETS], opened[LARGE];
static struct seal *seal;
static BIO *public_bio, *private_bio;
static struct span public_pem, private_pem;
static struct seal_pair *pair;

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_spool: %s\n", what);
	abort();
}

static void
keys_make(void)
{
	static const unsigned char key[SEAL_KEY_OCTETS] = { 1 };
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	char why[128] = "", *data;
	long length;

	public_bio = BIO_new(BIO_s_mem());
	private_bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_PUBKEY(public_bio, rsa) == 1 && PEM_write_bio_PrivateKey(private_bio, rsa, NULL, NULL, 0, NULL, NULL) == 1, "keys");
	length = BIO_get_mem_data(public_bio, &data);
	public_pem = span_make(data, (size_t)length);
	length = BIO_get_mem_data(private_bio, &data);
	private_pem = span_make(data, (size_t)length);
	EVP_PKEY_free(rsa);
	pair = seal_pair_private(private_pem, why, sizeof(why));
	must(pair != NULL, why);
	seal = seal_new();
	seal_set_key(seal, key);
}

/* --- sealing */

static void
seal_times(size_t octets, uint64_t count)
{
	unsigned char nonce[SEAL_NONCE_OCTETS] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		memcpy(nonce, &i, sizeof(i));
		seal_octets(seal, nonce, SPAN("beside"), span_make(plain, octets), sealed);
	}
}

static void
seal_small(uint64_t count)
{
	seal_times(SMALL, count);
}

static void
seal_large(uint64_t count)
{
	seal_times(LARGE, count);
}

static void
open_times(size_t octets, uint64_t count)
{
	static const unsigned char nonce[SEAL_NONCE_OCTETS] = { 0 };

	seal_octets(seal, nonce, SPAN("beside"), span_make(plain, octets), sealed);
	for (uint64_t i = 0; i < count; i++)
		must(seal_open(seal, nonce, SPAN("beside"), span_make(sealed, octets + SEAL_TAG_OCTETS), opened), "a seal does not open");
}

static void
open_small(uint64_t count)
{
	open_times(SMALL, count);
}

static void
open_large(uint64_t count)
{
	open_times(LARGE, count);
}

static void
set_key(uint64_t count)
{
	unsigned char key[SEAL_KEY_OCTETS] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		memcpy(key, &i, sizeof(i));
		seal_set_key(seal, key);
	}
}

static void
wrap(uint64_t count)
{
	static const unsigned char key[SEAL_KEY_OCTETS];
	unsigned char wrapped[SEAL_WRAPPED_MAX];

	for (uint64_t i = 0; i < count; i++)
		(void)seal_wrap(pair, key, wrapped);
}

static void
unwrap(uint64_t count)
{
	static const unsigned char key[SEAL_KEY_OCTETS];
	unsigned char wrapped[SEAL_WRAPPED_MAX], again[SEAL_KEY_OCTETS];
	size_t length = seal_wrap(pair, key, wrapped);

	for (uint64_t i = 0; i < count; i++)
		must(seal_unwrap(pair, span_make(wrapped, length), again), "a key does not unwrap");
}

/* --- the folder */

static char folder[32];
static int directory = -1;

static void
folder_make(void)
{
	snprintf(folder, sizeof(folder), "bench-spool-XXXXXX");
	must(mkdtemp(folder) != NULL, "no folder can be made here");
	directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(directory >= 0, folder);
}

static void
remove_name(void *unused, const char *name)
{
	(void)unused;
	must(unlinkat(directory, name, 0) == 0, name);
}

static void
folder_remove(void)
{
	must(file_list(directory, remove_name, NULL) == 0, folder);
	close(directory);
	must(rmdir(folder) == 0, folder);
}

/* --- committing */

static struct writer *writer;
static uint64_t waiting;

static void
writer_make(uint64_t unused)
{
	const struct conf_spool conf = { SEGMENT, 3600, 256 << 10 };
	char why[128] = "";

	(void)unused;
	folder_make();
	writer = writer_open(directory, SPAN("intake-0"), public_pem, &conf, why, sizeof(why));
	must(writer != NULL, why);
}

static void
writer_remove(void)
{
	writer_close(&writer);
	folder_remove();
}

static void
on_committed(void *unused, int error)
{
	(void)unused;
	must(error == 0, "a commit failed");
	if (--waiting == 0)
		loop_stop();
}

static void
message_commit(size_t octets)
{
	struct recipient recipient = { .address = SPAN("recipient@dest.example") };
	struct envelope envelope = { .sender = SPAN("sender@client.example"), .client_name = SPAN("client.example"),
		.client_uid = UINT32_MAX, .recipients = &recipient, .recipients_count = 1 };
	struct record *record = record_new(writer);

	must(record_add(record, span_make(plain, octets)) == 0, "content is not taken");
	(void)record_commit(&record, &envelope, on_committed, NULL);
}

/* So many sessions commit at once, and wait. */
static void
commit_groups(uint64_t count, unsigned group, size_t octets)
{
	while (count > 0) {
		uint64_t together = count < group ? count : group;

		waiting = together;
		for (uint64_t i = 0; i < together; i++)
			message_commit(octets);
		loop_run();
		count -= together;
	}
}

static void
commit_1(uint64_t count)
{
	commit_groups(count, 1, SMALL);
}

static void
commit_8(uint64_t count)
{
	commit_groups(count, 8, SMALL);
}

static void
commit_64(uint64_t count)
{
	commit_groups(count, 64, SMALL);
}

static void
commit_large(uint64_t count)
{
	commit_groups(count, 8, LARGE);
}

/* --- the journal */

static struct journal *journal;

static void
on_page(void *unused)
{
	(void)unused;
	if (journal != NULL)
		journal_snapshot_end(journal);
}

static void
on_entry(void *unused, struct span entry)
{
	(void)unused;
	(void)entry;
}

static void
on_finding(void *unused, const struct spool_finding *finding)
{
	(void)unused;
	(void)finding;
}

static void
on_broken(void *unused, int error)
{
	(void)unused;
	(void)error;
	must(false, "the journal is broken");
}

static void
on_durable(void *unused, int error)
{
	(void)unused;
	must(error == 0, "the journal is not durable");
	loop_stop();
}

static void
journal_make(uint64_t unused)
{
	static const struct journal_handler handler = { on_entry, on_finding, on_page, on_broken };
	char why[128] = "";

	(void)unused;
	folder_make();
	journal = journal_open(directory, pair, 5, &handler, NULL, why, sizeof(why));
	must(journal != NULL, why);
}

static void
on_quiet(void *unused)
{
	(void)unused;
	loop_stop();
}

/* The journal has a sync of its own under way, perhaps: it is over long before this. */
static void
journal_remove(void)
{
	struct timer *timer = timer_new(on_quiet, NULL);

	timer_start(timer, 200);
	loop_run();
	timer_free(&timer);
	journal_close(&journal);
	folder_remove();
}

static void
journal_groups(uint64_t count, unsigned group)
{
	while (count > 0) {
		uint64_t together = count < group ? count : group;

		for (uint64_t i = 0; i < together; i++)
			journal_add(journal, span_make(plain, 100));
		journal_wait(journal, on_durable, NULL);
		loop_run();
		count -= together;
	}
}

static void
journal_1(uint64_t count)
{
	journal_groups(count, 1);
}

static void
journal_64(uint64_t count)
{
	journal_groups(count, 64);
}

static const struct bench benches[] = {
	{ .name = "seal: 4 KiB", .run = seal_small, .octets = SMALL },
	{ .name = "seal: 64 KiB", .run = seal_large, .octets = LARGE },
	{ .name = "unseal: 4 KiB", .run = open_small, .octets = SMALL },
	{ .name = "unseal: 64 KiB", .run = open_large, .octets = LARGE },
	{ .name = "seal: set a key", .run = set_key },
	{ .name = "seal: wrap a segment's key", .run = wrap },
	{ .name = "unseal: unwrap a segment's key", .run = unwrap },
	{ .name = "commit: 4 KiB, groups of 1", .run = commit_1, .octets = SMALL, .prepare = writer_make, .tidy = writer_remove, .most = 50000 },
	{ .name = "commit: 4 KiB, groups of 8", .run = commit_8, .octets = SMALL, .prepare = writer_make, .tidy = writer_remove, .most = 50000 },
	{ .name = "commit: 4 KiB, groups of 64", .run = commit_64, .octets = SMALL, .prepare = writer_make, .tidy = writer_remove, .most = 50000 },
	{ .name = "commit: 64 KiB, groups of 8", .run = commit_large, .octets = LARGE, .prepare = writer_make, .tidy = writer_remove, .most = 5000 },
	{ .name = "journal: an entry of 100 octets, alone", .run = journal_1, .prepare = journal_make, .tidy = journal_remove, .most = 50000 },
	{ .name = "journal: the same, groups of 64", .run = journal_64, .prepare = journal_make, .tidy = journal_remove, .most = 500000 },
	{ .name = NULL }
};

static void
keys_free(void)
{
	seal_free(&seal);
	seal_pair_free(&pair);
	BIO_free(public_bio);
	BIO_free(private_bio);
}

int
main(int argc, char **argv)
{
	int status;

	memset(plain, 'x', sizeof(plain));
	keys_make();
	status = bench_main(argc, argv, benches);
	keys_free();
	return status;
}
