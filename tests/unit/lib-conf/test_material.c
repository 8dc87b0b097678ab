/* Tests of src/lib-conf/material.c: certificates are made here, and damaged. */
#include "conf/material.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaints.h"
#include "mail/notice_template.h"

static char folder[] = "/tmp/conf-test-material-XXXXXX";
static struct complaints complaints;
static struct settings settings;
static struct material material;

static const char *
path_of(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

/* A certificate for the name, signed by itself, valid from and to so many days from now. */
static X509 *
certificate_make(EVP_PKEY *key, const char *name, int from, int to)
{
	X509 *certificate = X509_new();
	char san[300];
	X509_EXTENSION *extension;

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to * 86400L + 3600);
	X509_set_pubkey(certificate, key);
	snprintf(san, sizeof(san), "DNS:%s", name);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	return certificate;
}

static void
files_write(const char *certificate_name, const char *key_name, EVP_PKEY *key, const char *host, int from, int to)
{
	X509 *certificate = certificate_make(key, host, from, to);
	FILE *file = fopen(path_of(certificate_name), "w");

	PEM_write_X509(file, certificate);
	if (strcmp(certificate_name, key_name) != 0) {
		fclose(file);
		file = fopen(path_of(key_name), "w");
	}
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	chmod(path_of(key_name), 0600);
	X509_free(certificate);
}

__attribute__((format(printf, 1, 2))) static void
begin(const char *format, ...)
{
	char octets[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(octets, sizeof(octets), format, arguments);
	va_end(arguments);
	complaints_init(&complaints);
	settings_parse(&settings, "f", span_of(octets), &complaints);
	ck_assert_str_eq(complaints_text(&complaints), "");
}

__attribute__((format(printf, 2, 3))) static void
load_says(bool good, const char *format, ...)
{
	char expected[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(expected, sizeof(expected), format, arguments);
	va_end(arguments);
	ck_assert_int_eq(material_load(&material, &settings, NULL, &complaints), good);
	ck_assert_str_eq(complaints_text(&complaints), expected);
}

static void
end(void)
{
	char command[PATH_MAX];

	material_clear(&material);
	settings_clear(&settings);
	complaints_clear(&complaints);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static EVP_PKEY *ec, *rsa;

/* Once, before Check has a process for each test: to make them takes longer than most tests. */
__attribute__((constructor)) static void
keys_make(void)
{
	ec = EVP_EC_gen("P-256");
	rsa = EVP_RSA_gen(2048);
}

static void
make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	files_write("ec.pem", "ec.pem", ec, "mx.example.org", -1, 90);
	files_write("rsa.pem", "rsa.key", rsa, "mx.example.org", -1, 90);
	files_write("ca.pem", "ca.pem", ec, "ca.example.org", -1, 90);
}

START_TEST(certificates_and_keys_are_read_in_their_order)
{
	make();
	begin("hostname: mx.example.org\ncertificate: [%s, %s]\nkey: [%s, %s]\ntrust: %s\n", path_of("rsa.pem"),
	    path_of("ec.pem"), path_of("rsa.key"), path_of("ec.pem"), path_of("ca.pem"));
	load_says(true, "%s", "");
	ck_assert_uint_eq(material.certificates.count, 2);
	ck_assert_uint_eq(material.keys.count, 2);
	ck_assert(span_starts(span_of(material.certificates.items[0]), SPAN("-----BEGIN CERTIFICATE-----")));
	ck_assert_ptr_null(strstr(material.certificates.items[1], "PRIVATE"));
	ck_assert_ptr_nonnull(strstr(material.keys.items[1], "BEGIN PRIVATE KEY"));
	ck_assert_ptr_nonnull(strstr(material.trust, "BEGIN CERTIFICATE"));
	ck_assert_ptr_null(strstr(material.trust, "PRIVATE"));
	end();
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
	make();
	begin("hostname: mx.example.org\ncertificate: %s\nkey: %s\ntrust: %s\n", path_of("ec.pem"), path_of("rsa.key"),
	    path_of("ca.pem"));
	load_says(false, "%s: the private key does not belong to the certificate", path_of("rsa.key"));
	end();
}
END_TEST

/* How far from one cut to the next; the last one is always made. */
#ifdef SEALPOST_SANITIZED
#define CUTS_STEP 19
#else
#define CUTS_STEP 1
#endif

/* Cut at every octet: whatever is loaded is whole. */
START_TEST(a_half_written_file_is_never_loaded)
{
	FILE *file;
	char *octets = calloc(1, 8192);
	size_t length;

	make();
	file = fopen(path_of("ec.pem"), "r");
	length = fread(octets, 1, 8192, file);
	fclose(file);
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("cut.pem"), path_of("ca.pem"));
	/* The last octets are a newline and dashes without which OpenSSL takes the end for good. */
	for (size_t cut = (length - 2) % CUTS_STEP; cut < length - 1; cut += CUTS_STEP) {
		file = fopen(path_of("cut.pem"), "w");
		fwrite(octets, 1, cut, file);
		fclose(file);
		ck_assert_msg(!material_load(&material, &settings, NULL, &complaints), "cut at %zu", cut);
		material_clear(&material);
		complaints_clear(&complaints);
	}
	free(octets);
	end();
}
END_TEST

START_TEST(what_is_damaged_or_missing_is_named)
{
	FILE *file;

	make();
	file = fopen(path_of("empty.pem"), "w");
	fclose(file);
	file = fopen(path_of("damaged.pem"), "w");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", file);
	fclose(file);
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("empty.pem"), path_of("damaged.pem"));
	load_says(false, "%s: there is no certificate in it\n%s: there is no private key in it\n"
	    "%s: a certificate in it is damaged", path_of("empty.pem"), path_of("empty.pem"), path_of("damaged.pem"));
	material_clear(&material);
	complaints_clear(&complaints);
	settings_clear(&settings);
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("none.pem"), path_of("ca.pem"));
	load_says(false, "f:2: certificate: %s: No such file or directory", path_of("none.pem"));
	end();
}
END_TEST

START_TEST(an_encrypted_key_is_refused)
{
	FILE *file;
	char passphrase[] = "secret";

	make();
	file = fopen(path_of("locked.key"), "w");
	PEM_write_PKCS8PrivateKey(file, ec, EVP_aes_256_cbc(), passphrase, 6, NULL, NULL);
	fclose(file);
	chmod(path_of("locked.key"), 0600);
	begin("hostname: mx.example.org\ncertificate: %s\nkey: %s\ntrust: %s\n", path_of("ec.pem"), path_of("locked.key"),
	    path_of("ca.pem"));
	load_says(false, "%s: its private key is encrypted: it has to be in clear", path_of("locked.key"));
	end();
}
END_TEST

START_TEST(weak_and_doubled_keys_are_refused)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);

	make();
	files_write("weak.pem", "weak.pem", weak, "mx.example.org", -1, 90);
	files_write("other.pem", "other.pem", ec, "mx.example.org", -1, 90);
	begin("hostname: mx.example.org\ncertificate: [%s, %s, %s]\ntrust: %s\n", path_of("weak.pem"), path_of("ec.pem"),
	    path_of("other.pem"), path_of("ca.pem"));
	load_says(false, "%s: its RSA key has 1024 bits; 2048 are the least\n"
	    "%s: a second certificate with a key of this kind (ECDSA)", path_of("weak.pem"), path_of("other.pem"));
	EVP_PKEY_free(weak);
	end();
}
END_TEST

START_TEST(dates_names_and_permissions_are_worth_a_warning)
{
	static const struct { const char *host; int from, to; const char *warning; } rows[] = {
		{ "mx.example.org", -90, -1, "the certificate has expired" },
		{ "mx.example.org", 1, 90, "the certificate is not valid yet" },
		{ "mx.example.org", -90, 3, "the certificate expires in 3 days" },
		{ "www.example.org", -1, 90,
		    "the certificate is not for mx.example.org: hosts that check it will not deliver" },
		{ "*.example.org", -1, 90, "" },
	};

	make();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		files_write("c.pem", "c.pem", ec, rows[i].host, rows[i].from, rows[i].to);
		begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("c.pem"), path_of("ca.pem"));
		if (rows[i].warning[0] == '\0')
			load_says(true, "%s", "");
		else
			load_says(true, "%s: warning: %s", path_of("c.pem"), rows[i].warning);
		ck_assert_uint_eq(material.certificates.count, 1);
		material_clear(&material);
		complaints_clear(&complaints);
		settings_clear(&settings);
	}
	chmod(path_of("ec.pem"), 0644);
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("ec.pem"), path_of("ca.pem"));
	load_says(true, "%s: warning: it has a private key and is open to everybody (mode 0644)", path_of("ec.pem"));
	end();
}
END_TEST

START_TEST(credentials_come_from_the_service_manager)
{
	make();
	begin("hostname: mx.example.org\ncertificate: credential:ec.pem\ntrust: %s\n", path_of("ca.pem"));
	unsetenv("CREDENTIALS_DIRECTORY");
	load_says(false, "f:2: \"credential:ec.pem\": the service manager gave no credentials");
	complaints_clear(&complaints);
	material_clear(&material);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	load_says(true, "%s", "");
	ck_assert_uint_eq(material.certificates.count, 1);
	end();
}
END_TEST

START_TEST(the_self_signed_one_stands_in_when_none_is_configured)
{
	make();
	begin("hostname: mx.example.org\ntrust: %s\n", path_of("ca.pem"));
	ck_assert(material_load(&material, &settings, path_of("ec.pem"), &complaints));
	ck_assert_uint_eq(material.certificates.count, 1);
	ck_assert(material_is_for(path_of("ec.pem"), "mx.example.org"));
	ck_assert(!material_is_for(path_of("ec.pem"), "mx2.example.org"));
	ck_assert(!material_is_for(path_of("none.pem"), "mx.example.org"));
	end();
}
END_TEST

START_TEST(odd_files_are_not_read)
{
	make();
	ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("fifo"), folder);
	load_says(false, "f:2: certificate: %s: not a regular file\nf:3: trust: %s: not a regular file", path_of("fifo"),
	    folder);
	end();
}
END_TEST

/* --- keys that sign mail --- */

static void
key_write(const char *name, EVP_PKEY *key, const EVP_CIPHER *cipher, mode_t mode)
{
	FILE *file = fopen(path_of(name), "w");
	char passphrase[] = "secret";

	ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, key, cipher, cipher == NULL ? NULL : passphrase, cipher == NULL ? 0 : 6, NULL, NULL), 1);
	fclose(file);
	chmod(path_of(name), mode);
}

/* A configuration with these keys, each with a selector of its own. */
static void
begin_with_dkim(const char *const *names, size_t count)
{
	static const char *const selectors[] = { "", "[a]", "[a, b]", "[a, b, c]", "[a, b, c, d]" };
	char list[2048] = "";
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", i > 0 ? ", " : "",
		    strchr(names[i], ':') != NULL || names[i][0] == '/' ? names[i] : path_of(names[i]));
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\ndkim:\n  domain: example.org\n  selectors: %s\n  keys: [%s]\n",
	    path_of("ec.pem"), path_of("ca.pem"), selectors[count], list);
}

static struct span
file_octets(const char *name)
{
	static char octets[8192];
	FILE *file = fopen(path_of(name), "r");
	size_t length = fread(octets, 1, sizeof(octets), file);

	fclose(file);
	return span_make(octets, length);
}

START_TEST(keys_that_sign_are_read_in_the_order_of_their_selectors)
{
	static const char *const names[] = { "ed.pem", "dkim.pem", "credential:rsa1.pem" };
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *out;

	make();
	key_write("ed.pem", ed, NULL, 0600);
	key_write("dkim.pem", rsa, NULL, 0600);
	/* As openssl genrsa -traditional has it. */
	out = BIO_new_file(path_of("rsa1.pem"), "w");
	ck_assert_int_eq(PEM_write_bio_PrivateKey_traditional(out, rsa, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(out);
	chmod(path_of("rsa1.pem"), 0600);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	begin_with_dkim(names, 3);
	load_says(true, "%s", "");
	ck_assert_uint_eq(material.dkim_keys.count, 3);
	ck_span_eq(file_octets("ed.pem"), material.dkim_keys.items[0]);
	ck_span_eq(file_octets("dkim.pem"), material.dkim_keys.items[1]);
	ck_span_eq(file_octets("rsa1.pem"), material.dkim_keys.items[2]);
	EVP_PKEY_free(ed);
	end();
}
END_TEST

START_TEST(without_a_dkim_section_there_are_no_such_keys)
{
	make();
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n", path_of("ec.pem"), path_of("ca.pem"));
	load_says(true, "%s", "");
	ck_assert_uint_eq(material.dkim_keys.count, 0);
	end();
}
END_TEST

/* Everything that no verifier would take, or that is no key at all, each said; %s is the file. */
START_TEST(keys_that_cannot_sign_are_refused)
{
	static const struct { const char *name, *says; } rows[] = {
		{ "weak.pem", "%s: its RSA key has less than 2048 bits, or more than the 4096 that every verifier knows (RFC 8301 3.2)" },
		{ "ec.key", "%s: its key is neither RSA nor Ed25519: there are no others for DKIM (RFC 8463)" },
		{ "locked.pem", "%s: its private key is encrypted: it has to be in clear" },
		{ "public.pem", "%s: there is no private key in it" },
		{ "empty.pem", "%s: there is no private key in it" },
		{ "cut.pem", "%s: there is no private key in it" },
		{ "none.pem", "f:7: dkim.keys: %s: No such file or directory" },
		{ "folder", "f:7: dkim.keys: %s: not a regular file" },
		{ "fifo", "f:7: dkim.keys: %s: not a regular file" },
	};
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	FILE *file;

	make();
	key_write("weak.pem", weak, NULL, 0600);
	key_write("ec.key", ec, NULL, 0600);
	key_write("locked.pem", rsa, EVP_aes_256_cbc(), 0600);
	key_write("cut.pem", rsa, NULL, 0600);
	ck_assert_int_eq(truncate(path_of("cut.pem"), 400), 0);
	file = fopen(path_of("public.pem"), "w");
	PEM_write_PUBKEY(file, rsa);
	fclose(file);
	fclose(fopen(path_of("empty.pem"), "w"));
	ck_assert_int_eq(mkdir(path_of("folder"), 0700), 0);
	ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char expected[PATH_MAX];
		const char *at = strstr(rows[i].says, "%s");

		snprintf(expected, sizeof(expected), "%.*s%s%s", (int)(at - rows[i].says), rows[i].says, path_of(rows[i].name), at + 2);
		begin_with_dkim(&rows[i].name, 1);
		load_says(false, "%s", expected);
		material_clear(&material);
		complaints_clear(&complaints);
		settings_clear(&settings);
	}
	EVP_PKEY_free(weak);
	end();
}
END_TEST

START_TEST(a_key_that_signs_and_is_open_to_everybody_is_warned_of)
{
	static const char *const names[] = { "dkim.pem" };

	make();
	key_write("dkim.pem", rsa, NULL, 0644);
	begin_with_dkim(names, 1);
	load_says(true, "%s: warning: it has a private key and is open to everybody (mode 0644)", path_of("dkim.pem"));
	ck_assert_uint_eq(material.dkim_keys.count, 1);
	end();
}
END_TEST

START_TEST(a_credential_that_signs_needs_the_service_manager)
{
	static const char *const names[] = { "credential:dkim.pem" };

	make();
	unsetenv("CREDENTIALS_DIRECTORY");
	begin_with_dkim(names, 1);
	load_says(false, "f:7: \"credential:dkim.pem\": the service manager gave no credentials");
	end();
}
END_TEST

static void
text_write(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	fputs(text, file);
	fclose(file);
}

/* %s is the file; "" = one is not named, and the one that comes with the relay is as it is. */
START_TEST(a_template_of_notices_is_there_when_it_is_needed)
{
	static const struct { const char *section, *file, *says; bool is_given; const char *text; } rows[] = {
		{ "notices: {from: a@a.example, template: %s}\n", "good.txt", "", true, "[language]\nen\n" },
		{ "notices: {mode: dry-run, template: %s}\n", "none.txt", "f:4: notices.template: %s: No such file or directory", true, NULL },
		{ "notices: {mode: on, from: a@a.example, template: %s}\n", "folder", "f:4: notices.template: %s: not a regular file", true, NULL },
		{ "", "none.txt", "", false, NULL },
		{ "", "good.txt", "", false, "[language]\nen\n" },
		{ "notices: {mode: off, template: %s}\n", "none.txt", "", true, NULL },
		{ "notices: {mode: dry-run}\n", "none.txt",
		    "f:4: warning: notices.template: %s: No such file or directory: notices are not composed", false, NULL },
		{ "notices: {from: a@a.example}\n", "none.txt", "f:4: notices.template: %s: No such file or directory", false, NULL },
	};

	make();
	text_write("good.txt", "[language]\nen\n");
	ck_assert_int_eq(mkdir(path_of("folder"), 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char section[PATH_MAX + 100], expected[PATH_MAX + 200];
		const char *at = strstr(rows[i].section, "%s"), *says = strstr(rows[i].says, "%s");
		bool good = says == NULL || strstr(rows[i].says, "warning") != NULL;

		snprintf(section, sizeof(section), "%s", rows[i].section);
		if (at != NULL)
			snprintf(section, sizeof(section), "%.*s%s%s", (int)(at - rows[i].section), rows[i].section, path_of(rows[i].file), at + 2);
		begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\n%s", path_of("ec.pem"), path_of("ca.pem"), section);
		if (!rows[i].is_given) {
			free(settings.notices_template);
			settings.notices_template = strdup(path_of(rows[i].file));
		}
		expected[0] = '\0';
		if (says != NULL)
			snprintf(expected, sizeof(expected), "%.*s%s%s", (int)(says - rows[i].says), rows[i].says, path_of(rows[i].file), says + 2);
		load_says(good, "%s", expected);
		if (rows[i].text == NULL)
			ck_assert_ptr_null(material.notices_template);
		else
			ck_assert_str_eq(material.notices_template, rows[i].text);
		material_clear(&material);
		complaints_clear(&complaints);
		settings_clear(&settings);
	}
	end();
}
END_TEST

/* In the place of lib-mail's, whose own test has what templates are. */
bool
notice_template_is_good(struct span text, char *why, size_t size)
{
	snprintf(why, size, "line 1: not what a section begins with");
	return span_starts(text, SPAN("["));
}

START_TEST(a_template_that_is_none_is_refused)
{
	make();
	text_write("odd.txt", "hello\n");
	begin("hostname: mx.example.org\ncertificate: %s\ntrust: %s\nnotices: {mode: dry-run, template: %s}\n", path_of("ec.pem"),
	    path_of("ca.pem"), path_of("odd.txt"));
	load_says(false, "%s: line 1: not what a section begins with", path_of("odd.txt"));
	ck_assert_ptr_null(material.notices_template);
	end();
}
END_TEST

UNIT_MAIN("material", a_template_of_notices_is_there_when_it_is_needed, a_template_that_is_none_is_refused,
    certificates_and_keys_are_read_in_their_order, a_key_of_another_certificate_is_refused,
    a_half_written_file_is_never_loaded, what_is_damaged_or_missing_is_named, an_encrypted_key_is_refused,
    weak_and_doubled_keys_are_refused, dates_names_and_permissions_are_worth_a_warning,
    credentials_come_from_the_service_manager, the_self_signed_one_stands_in_when_none_is_configured,
    odd_files_are_not_read, keys_that_sign_are_read_in_the_order_of_their_selectors, without_a_dkim_section_there_are_no_such_keys,
    keys_that_cannot_sign_are_refused, a_key_that_signs_and_is_open_to_everybody_is_warned_of,
    a_credential_that_signs_needs_the_service_manager)
