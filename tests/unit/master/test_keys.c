/* Tests of src/master/keys.c. */
#include "src/master/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

/* Run in the folder of the keys. */
static void
shell(const char *command)
{
	char line[PATH_MAX];

	snprintf(line, sizeof(line), "cd %s/spool/keys && { %s; } 2> /dev/null", folder, command);
	ck_assert_msg(system(line) == 0, "%s", command);
}

/* A spool with the key that all these tests have: making one takes its time. */
static void
begin(void)
{
	char line[2 * PATH_MAX];
	const char *srcdir = getenv("srcdir");

	folder_make();
	snprintf(line, sizeof(line), "mkdir -p %s/spool/keys && cp %s/tests/unit/master/spool.pem %s/spool/keys && "
	    "chmod 0600 %s/spool/keys/spool.pem", folder, srcdir == NULL ? "." : srcdir, folder, folder);
	ck_assert_int_eq(system(line), 0);
	settings_begin("");
}

static void
end(void)
{
	keys_forget();
	ck_assert_str_eq(keys_public(), "");
	ck_assert_str_eq(keys_private(), "");
	folder_remove();
}

START_TEST(a_key_is_made_once_with_its_public_part_beside_it)
{
	struct stat st;
	char *first;

	folder_make();
	ck_assert_int_eq(mkdir(path_of("spool"), 0700), 0);
	settings_begin("");
	ck_assert(keys_load(&settings, true, &complaints));
	ck_assert(!keys_are_locked());
	ck_assert(span_starts(span_of(keys_public()), SPAN("-----BEGIN PUBLIC KEY-----")));
	ck_assert(span_starts(span_of(keys_private()), SPAN("-----BEGIN PRIVATE KEY-----")));
	first = strdup(keys_private());
	ck_assert_int_eq(stat(path_of("spool/keys/spool.pem"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(path_of("spool/keys/spool.pem.pub"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	shell("openssl pkey -pubin -in spool.pem.pub -text -noout | grep -q '3072 bit'");
	shell("openssl pkey -in spool.pem -pubout | cmp -s - spool.pem.pub");
	keys_forget();
	ck_assert(keys_load(&settings, true, &complaints));
	ck_assert_str_eq(keys_private(), first);
	free(first);
	end();
}
END_TEST

START_TEST(looking_makes_nothing)
{
	folder_make();
	settings_begin("");
	ck_assert(keys_load(&settings, false, &complaints));
	ck_assert_int_ne(access(path_of("spool"), F_OK), 0);
	ck_assert_str_eq(keys_private(), "");
	end();
}
END_TEST

START_TEST(a_passphrase_locks_and_opens)
{
	char *private;

	begin();
	ck_assert(keys_load(&settings, true, &complaints));
	private = strdup(keys_private());
	ck_assert_str_eq(keys_unlock(SPAN("x")), "the spool is not locked");
	keys_forget();
	shell("openssl pkey -aes256 -passout pass:secret -in spool.pem -out locked && mv locked spool.pem");
	ck_assert(keys_load(&settings, true, &complaints));
	ck_assert(keys_are_locked());
	ck_assert(span_starts(span_of(keys_public()), SPAN("-----BEGIN PUBLIC KEY-----")));
	ck_assert_str_eq(keys_private(), "");
	ck_assert_str_eq(keys_unlock(SPAN("guess")), "that is not the passphrase of the key");
	ck_assert_str_eq(keys_unlock(SPAN("")), "that is not the passphrase of the key");
	ck_assert(keys_are_locked());
	ck_assert_ptr_null(keys_unlock(SPAN("secret")));
	ck_assert(!keys_are_locked());
	ck_assert_str_eq(keys_private(), private);
	free(private);
	end();
}
END_TEST

START_TEST(the_old_way_of_encrypting_is_known_too)
{
	begin();
	shell("openssl pkey -in spool.pem -pubout -out spool.pem.pub && "
	    "openssl rsa -aes256 -traditional -passout pass:secret -in spool.pem -out locked && mv locked spool.pem && "
	    "grep -q 'Proc-Type: 4,ENCRYPTED' spool.pem");
	ck_assert(keys_load(&settings, true, &complaints));
	ck_assert(keys_are_locked());
	ck_assert_ptr_null(keys_unlock(SPAN("secret")));
	end();
}
END_TEST

/* What is done to the keys, and what is then said. */
static const struct {
	const char *command;
	const char *said;
	bool is_hinted;		/* how to make the public part */
} wrong[] = {
	{ "openssl pkey -in spool.pem -pubout -out spool.pem.pub; rm spool.pem",
	    "spool.pem: it is gone, but its public part is there: put it back (or, to start anew, remove that and the spool)\n" },
	{ "openssl genrsa 2048 | openssl pkey -out spool.pem",
	    "spool.pem: the spool's key has to be of 3072 bits or more\n" },
	{ "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -out spool.pem",
	    "spool.pem: the spool's key has to be an RSA key\n" },
	{ "head -c 500 spool.pem > half; mv half spool.pem",
	    "spool.pem: there is no private key in it, or it is damaged\n" },
	{ ": > spool.pem", "spool.pem: there is no private key in it, or it is damaged\n" },
	{ "openssl genrsa 3072 | openssl pkey -pubout -out spool.pem.pub",
	    "spool.pem.pub: it is not the public part of the private key\n" },
	{ ": > spool.pem.pub", "spool.pem.pub: it is not the public part of the private key\n" },
	{ "openssl pkey -aes256 -passout pass:secret -in spool.pem -out locked && mv locked spool.pem",
	    "spool.pem.pub: No such file or directory\n", true },
	{ "openssl pkey -aes256 -passout pass:secret -in spool.pem -out locked && mv locked spool.pem && echo > spool.pem.pub",
	    "spool.pem.pub: there is no public key in it\n", true },
	{ "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -out spool.pem && "
	    "openssl pkey -in spool.pem -pubout -out spool.pem.pub && "
	    "openssl pkey -aes256 -passout pass:secret -in spool.pem -out locked && mv locked spool.pem",
	    "spool.pem.pub: the spool's key has to be an RSA key\n" },
	{ "rm spool.pem && mkdir spool.pem", "spool.pem: not a regular file\n" },
};

START_TEST(what_is_wrong_with_a_key_is_said)
{
	const char *text;

	begin();
	shell(wrong[_i].command);
	ck_assert(!keys_load(&settings, true, &complaints));
	text = said();
	ck_assert_msg(strstr(text, wrong[_i].said) != NULL, "%s", text);
	ck_assert_msg((strstr(text, "needs its public part") != NULL) == wrong[_i].is_hinted, "%s", text);
	end();
}
END_TEST

START_TEST(a_credential_is_the_service_managers)
{
	begin();
	settings_clear(&settings);
	settings_begin("");
	free(settings.spool_key);
	settings.spool_key = strdup("credential:spool.pem");
	setenv("CREDENTIALS_DIRECTORY", path_of("spool/keys"), 1);
	ck_assert(keys_load(&settings, true, &complaints));
	ck_assert(!keys_are_locked());
	/* Nothing is written there. */
	ck_assert_int_ne(access(path_of("spool/keys/spool.pem.pub"), F_OK), 0);
	keys_forget();
	unlink(path_of("spool/keys/spool.pem"));
	ck_assert(!keys_load(&settings, true, &complaints));
	ck_assert_ptr_nonnull(strstr(said(), "No such file or directory"));
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert(!keys_load(&settings, true, &complaints));
	ck_assert_ptr_nonnull(strstr(said(), "the service manager gave no credentials"));
	end();
}
END_TEST

UNIT_MAIN_LOOPED("keys", what_is_wrong_with_a_key_is_said, wrong, a_key_is_made_once_with_its_public_part_beside_it,
    looking_makes_nothing, a_passphrase_locks_and_opens, the_old_way_of_encrypting_is_known_too,
    a_credential_is_the_service_managers)
