/* sealpost spool verify: every seal of the spool, without the daemon (or beside it). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/ident.h"
#include "complain.h"
#include "conf/material.h"
#include "conf/settings.h"
#include "ctl.h"
#include "passphrase.h"
#include "print.h"
#include "spool/verify.h"

#define KEY_OCTETS_MAX 65536

struct verify {
	const struct options *options;
	struct span key;		/* PEM; empty = structure only */
	struct verify_figures figures;
	uint64_t findings;		/* torn tails left out: nobody was told of what is in them */
	int code;
};

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	struct verify *verify = arg;
	struct row row = { .fields_count = 0 };
	char mid[MID_TEXT] = "", where[300];

	if (finding->kind != FINDING_TORN)
		verify->findings++;
	if (finding->mid.number != 0)
		mid_format(finding->mid, mid);
	row_text(&row, "finding", span_of(finding_name(finding->kind)));
	row_text(&row, "directory", span_of(finding->directory));
	row_number(&row, "segment", finding->segment);
	row_number(&row, "offset", (int64_t)finding->offset);
	row_number(&row, "length", (int64_t)finding->length);
	row_text(&row, "id", span_of(mid));
	row_text(&row, "text", span_of(finding->text));
	if (verify->options->json) {
		print_json(&row);
		return;
	}
	snprintf(where, sizeof(where), "%s/segment-%08x at %llu", finding->directory, finding->segment,
	    (unsigned long long)finding->offset);
	printf("%s: %s%s%s: %s\n", where, finding_name(finding->kind), mid[0] == '\0' ? "" : " ", mid, finding->text);
}

static void
folder_verify(struct verify *verify, int root, const char *path, const char *name)
{
	int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char why[256];

	if (fd < 0) {
		fprintf(stderr, "sealpost: %s: %s\n", path, strerror(errno));
		verify->code = errno == EACCES ? EX_NOPERM : EX_IOERR;
		return;
	}
	if (spool_verify(fd, name, verify->key, on_finding, verify, &verify->figures, why, sizeof(why)) < 0) {
		fprintf(stderr, "sealpost: %s: %s\n", path, why);
		verify->code = EX_DATAERR;
	}
	close(fd);
}

static bool
is_folder_of_writer(const char *name)
{
	return strncmp(name, "intake-", 7) == 0 || strncmp(name, "report-", 7) == 0 || strcmp(name, "queue") == 0;
}

static void
spool_walk(struct verify *verify, const char *directory)
{
	int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = root < 0 ? NULL : fdopendir(root);
	const struct dirent *entry;

	if (listing == NULL) {
		fprintf(stderr, "sealpost: %s: %s\n", directory, strerror(errno));
		verify->code = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
		return;
	}
	while ((entry = readdir(listing)) != NULL) {
		if (!is_folder_of_writer(entry->d_name))
			continue;
		folder_verify(verify, root, entry->d_name, entry->d_name);
		if (strcmp(entry->d_name, "queue") == 0 && faccessat(root, "queue/journal", F_OK, 0) == 0)
			folder_verify(verify, root, "queue/journal", "queue/journal");
	}
	closedir(listing);
}

static int
on_passphrase(char *out, int size, int writing, void *unused)
{
	char passphrase[PASSPHRASE_OCTETS_MAX];
	int length = -1;

	(void)writing;
	(void)unused;
	if (passphrase_read("Passphrase of the spool's key", passphrase) && strlen(passphrase) <= (size_t)size) {
		length = (int)strlen(passphrase);
		memcpy(out, passphrase, (size_t)length);
	}
	explicit_bzero(passphrase, sizeof(passphrase));
	return length;
}

/* The private key in clear, as PEM; NULL after it was said why not. */
static char *
key_read(const struct settings *settings, struct complaints *complaints)
{
	char path[PATH_MAX];
	const char *why;
	struct buf file;
	EVP_PKEY *key;
	BIO *bio;
	char *data, *text = NULL;

	if (!material_path(settings->spool_key, settings->file, settings_line(settings, "spool.key"), path, complaints))
		return NULL;
	buf_init(&file, KEY_OCTETS_MAX + 1);
	why = material_read(path, KEY_OCTETS_MAX, &file);
	bio = BIO_new_mem_buf(why != NULL || buf_length(&file) == 0 ? "" : buf_span(&file).data, (int)buf_length(&file));
	key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, NULL);
	BIO_free(bio);
	if (key != NULL) {
		bio = BIO_new(BIO_s_secmem());
		if (PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
			long length = BIO_get_mem_data(bio, &data);

			text = must_copy(data, (size_t)length);
		}
		BIO_free(bio);
	} else {
		complaints_add(complaints, path, 0, "%s", why != NULL ? why : "there is no private key in it that can be opened");
	}
	ERR_clear_error();
	EVP_PKEY_free(key);
	buf_wipe(&file);
	return text;
}

static void
figures_print(const struct verify *verify)
{
	struct row row = { .fields_count = 0 };

	row_number(&row, "segments", (int64_t)verify->figures.segments);
	row_number(&row, "free_files", (int64_t)verify->figures.free_files);
	row_number(&row, "messages", (int64_t)verify->figures.messages);
	row_number(&row, "journals", (int64_t)verify->figures.journals);
	row_number(&row, "findings", (int64_t)verify->findings);
	if (verify->options->json)
		print_json(&row);
	else
		printf("%llu messages in %llu segments, %llu files free, %llu pages of the journal: %llu findings\n",
		    (unsigned long long)verify->figures.messages, (unsigned long long)verify->figures.segments,
		    (unsigned long long)verify->figures.free_files, (unsigned long long)verify->figures.journals,
		    (unsigned long long)verify->findings);
}

static int
verify_with(const struct options *options, const struct settings *settings, const char *directory, bool structure_only,
    struct complaints *complaints)
{
	struct verify verify = { .options = options };
	char *key = NULL;

	if (!structure_only) {
		key = key_read(settings, complaints);
		if (key == NULL) {
			complain(options, complaints);
			return EX_NOINPUT;
		}
		verify.key = span_of(key);
	}
	spool_walk(&verify, directory == NULL ? settings->spool_directory : directory);
	if (verify.code == 0)
		figures_print(&verify);
	if (key != NULL)
		explicit_bzero(key, strlen(key));
	free(key);
	return verify.code != 0 ? verify.code : verify.findings > 0;
}

int
spool_verify_run(const struct options *options, int argc, char **argv)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	const char *directory = NULL;
	bool structure_only = false;
	struct settings settings;
	int code = EX_OK;

	for (int i = 1; i < argc && code == EX_OK; i++) {
		if (strcmp(argv[i], "--structure") == 0)
			structure_only = true;
		else if (argv[i][0] == '-' || directory != NULL)
			code = ctl_usage("spool verify: \"%s\" has no place here", argv[i]);
		else
			directory = argv[i];
	}
	complaints_init(complaints);
	if (code == EX_OK && settings_load(&settings, options->file, complaints)) {
		code = verify_with(options, &settings, directory, structure_only, complaints);
		settings_clear(&settings);
	} else if (code == EX_OK) {
		complain(options, complaints);
		settings_clear(&settings);
		code = EX_CONFIG;
	}
	complaints_clear(complaints);
	free(complaints);
	return code;
}
