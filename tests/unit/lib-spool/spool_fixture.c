/* A folder, a key pair and a real loop for the tests of lib-spool. */
#include "spool_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "tests/unit/spool_keys.h"

void
fixture_begin(struct fixture *fixture)
{
	*fixture = (struct fixture){ .conf = { 16 << 20, 3600, 256 << 10 } };
	fixture->public_key = spool_pem(spool_public_pem);
	fixture->private_key = spool_pem(spool_private_pem);
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/sealpost-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->path));
	fixture->directory = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fixture->directory, 0);
}

struct span
fixture_other_key(void)
{
	static BIO *pem;

	if (pem == NULL) {
		EVP_PKEY *key = EVP_RSA_gen(2048);

		pem = spool_private_key_make(key);
		EVP_PKEY_free(key);
	}
	return spool_pem(pem);
}

static void
remove_name(void *arg, const char *name)
{
	ck_assert_int_eq(unlinkat(*(int *)arg, name, 0), 0);
}

void
fixture_end(struct fixture *fixture)
{
	ck_assert_int_eq(file_list(fixture->directory, remove_name, &fixture->directory), 0);
	close(fixture->directory);
	ck_assert_int_eq(rmdir(fixture->path), 0);
}

struct writer *
fixture_writer(struct fixture *fixture)
{
	char why[128] = "";
	struct writer *writer = writer_open(fixture->directory, SPAN("intake-0"), fixture->public_key, &fixture->conf, why,
	    sizeof(why));

	ck_assert_msg(writer != NULL, "%s", why);
	return writer;
}

static void
stop(void *unused)
{
	(void)unused;
	loop_stop();
}

void
fixture_run_until(const bool *flag)
{
	for (int ms = 0; !*flag && ms < 10000; ms++)
		fixture_run_for(1);
	ck_assert_msg(*flag, "nothing happened for ten seconds");
}

void
fixture_run_for(int64_t ms)
{
	struct timer *limit = timer_new(stop, NULL);

	timer_start(limit, ms);
	loop_run();
	timer_free(&limit);
}

struct outcome_of_commit {
	bool is_over;
	int error;
};

static void
on_committed(void *arg, int error)
{
	struct outcome_of_commit *outcome = arg;

	outcome->is_over = true;
	outcome->error = error;
}

static char
content_octet(size_t at, unsigned seed)
{
	return (char)('a' + (at * 7 + seed) % 26);
}

int
fixture_commit(struct writer *writer, const char *sender, size_t octets, unsigned seed, struct mid *mid)
{
	struct recipient recipient = { .address = SPAN("user@example.org") };
	struct envelope envelope = { .sender = span_of(sender), .recipients = &recipient, .recipients_count = 1 };
	struct record *record = record_new(writer);
	struct outcome_of_commit outcome = { false, 0 };
	char *content = malloc(octets + 1);

	for (size_t i = 0; i < octets; i++)
		content[i] = content_octet(i, seed);
	/* In pieces of an odd size: how content arrives must not matter. */
	for (size_t at = 0; at < octets; at += 7919) {
		int error = record_add(record, span_make(content + at, octets - at < 7919 ? octets - at : 7919));

		if (error != 0) {
			record_abort(&record);
			free(content);
			return error;
		}
	}
	free(content);
	if (mid != NULL)
		*mid = record_mid(record);
	record_commit(&record, &envelope, on_committed, &outcome);
	ck_assert_ptr_null(record);
	ck_assert_msg(!outcome.is_over, "a commit called back before it returned");
	fixture_run_until(&outcome.is_over);
	return outcome.error;
}

bool
fixture_is_content(struct span content, size_t at, unsigned seed)
{
	for (size_t i = 0; i < content.length; i++)
		if (content.data[i] != content_octet(at + i, seed))
			return false;
	return true;
}

void
fixture_overwrite(struct fixture *fixture, const char *name, uint64_t offset, struct span octets)
{
	int fd = openat(fixture->directory, name, O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, octets.data, octets.length, (off_t)offset), (ssize_t)octets.length);
	close(fd);
}

uint64_t
fixture_file_size(struct fixture *fixture, const char *name)
{
	struct stat st;

	ck_assert_int_eq(fstatat(fixture->directory, name, &st, 0), 0);
	return (uint64_t)st.st_size;
}
