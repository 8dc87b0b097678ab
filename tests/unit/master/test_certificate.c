/* Tests of src/master/certificate.c. */
#include "src/master/certificate.h"

#include <sys/stat.h>
#include <unistd.h>

#include "conf/material.h"
#include "folder.h"

static void
shell(const char *command)
{
	char line[PATH_MAX];

	snprintf(line, sizeof(line), "cd %s/spool/keys && { %s; }", folder, command);
	ck_assert_msg(system(line) == 0, "%s", command);
}

START_TEST(it_is_for_the_host_name_and_lasts_ten_years)
{
	struct material material;
	struct stat st;
	char path[PATH_MAX];

	folder_make();
	ck_assert_int_eq(mkdir(path_of("spool"), 0700), 0);
	settings_begin("");
	ck_assert(certificate_ensure(&settings, &complaints));
	ck_assert_str_eq(certificate_path(&settings, path), path_of("spool/keys/self-signed.pem"));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	shell("openssl x509 -in self-signed.pem -noout -text > text; grep -q 'DNS:mx.example.org$' text && "
	    "grep -q 'prime256v1' text && grep -q 'ecdsa-with-SHA256' text && openssl verify -CAfile self-signed.pem "
	    "-purpose sslserver -verify_hostname mx.example.org self-signed.pem > /dev/null");
	shell("openssl x509 -in self-signed.pem -noout -checkend $((3649 * 86400)) > /dev/null");
	shell("! openssl x509 -in self-signed.pem -noout -checkend $((3655 * 86400)) > /dev/null");
	/* It does as a certificate, without a word of warning. */
	settings.trust[0] = '\0';
	free(settings.trust);
	settings.trust = strdup(path);
	ck_assert(material_load(&material, &settings, path, &complaints));
	ck_assert_str_eq(said(), "");
	material_clear(&material);
	folder_remove();
}
END_TEST

START_TEST(it_is_made_once_and_anew_for_another_name)
{
	struct stat first, second;

	folder_make();
	ck_assert_int_eq(mkdir(path_of("spool"), 0700), 0);
	settings_begin("");
	ck_assert(certificate_ensure(&settings, &complaints));
	ck_assert_int_eq(stat(path_of("spool/keys/self-signed.pem"), &first), 0);
	ck_assert(certificate_ensure(&settings, &complaints));
	ck_assert_int_eq(stat(path_of("spool/keys/self-signed.pem"), &second), 0);
	ck_assert_uint_eq(first.st_ino, second.st_ino);
	memcpy(settings.hostname, "m2", 2);
	ck_assert(certificate_ensure(&settings, &complaints));
	ck_assert(material_is_for(path_of("spool/keys/self-signed.pem"), "m2.example.org"));
	ck_assert(!material_is_for(path_of("spool/keys/self-signed.pem"), "mx.example.org"));
	folder_remove();
}
END_TEST

/* A common name has 64 octets at most; the alternative name has them all. */
START_TEST(long_names_fit)
{
	folder_make();
	ck_assert_int_eq(mkdir(path_of("spool"), 0700), 0);
	settings_begin("");
	free(settings.hostname);
	settings.hostname = strdup("a23456789012345678901234567890.b23456789012345678901234567890.c2345678901234567890.example");
	ck_assert(certificate_ensure(&settings, &complaints));
	ck_assert(material_is_for(path_of("spool/keys/self-signed.pem"), settings.hostname));
	folder_remove();
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_complained_of)
{
	folder_make();
	settings_begin("");
	ck_assert(!certificate_ensure(&settings, &complaints));
	ck_assert_ptr_nonnull(strstr(said(), "self-signed.pem: No such file or directory"));
	folder_remove();
}
END_TEST

UNIT_MAIN("certificate", it_is_for_the_host_name_and_lasts_ten_years, it_is_made_once_and_anew_for_another_name,
    long_names_fit, a_folder_that_cannot_be_written_is_complained_of)
