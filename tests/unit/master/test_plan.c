/* Tests of src/master/plan.c: from a file to slices. */
#include "src/master/plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "conf/share.h"
#include "folder.h"
#include "ipc/channel.h"
#include "src/master/folders.h"
#include "src/master/keys.h"

static void
begin(void)
{
	char line[2 * PATH_MAX];
	const char *srcdir = getenv("srcdir");

	folder_make();
	complaints_init(&complaints);
	snprintf(line, sizeof(line), "mkdir -p %s/spool/keys && cp %s/tests/unit/master/spool.pem %s/spool/keys && "
	    "chmod 0600 %s/spool/keys/spool.pem", folder, srcdir == NULL ? "." : srcdir, folder, folder);
	ck_assert_int_eq(system(line), 0);
	/* Users of rooms are test_daemon's matter. */
	if (geteuid() == 0) {
		snprintf(line, sizeof(line), "chown -R 65534:65534 %s", folder);
		ck_assert_int_eq(system(line), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
}

static void
end(void)
{
	folders_close();
	keys_forget();
	(void)!seteuid(0);
	folder_remove();
}

/* Write the file; its name. */
static const char *
file(const char *more)
{
	FILE *out = fopen(path_of("c.yaml"), "w");

	fprintf(out, "hostname: mx.example.org\nspool: {directory: %s/spool}\n%s", folder, more);
	fclose(out);
	return path_of("c.yaml");
}

START_TEST(a_plan_has_a_slice_for_every_room)
{
	struct conf_intake intake;
	struct conf_relay relay;
	struct plan *plan;

	begin();
	plan = plan_start(file("clients: 192.0.2.1\n"), &complaints);
	ck_assert_msg(plan != NULL, "%s", said());
	ck_assert(conf_decode(buf_span(&plan->slices[ROOM_INTAKE]), &conf_intake_slice, &intake));
	ck_assert_str_eq(intake.clients.items[0], "192.0.2.1");
	ck_assert_uint_eq(intake.certificates.count, 1);
	ck_assert_ptr_nonnull(strstr(intake.keys.items[0], "PRIVATE KEY"));
	ck_assert(conf_decode(buf_span(&plan->slices[ROOM_RELAY]), &conf_relay_slice, &relay));
	ck_assert_ptr_nonnull(strstr(relay.trust, "BEGIN CERTIFICATE"));
	conf_clear(&conf_intake_slice, &intake);
	conf_clear(&conf_relay_slice, &relay);
	ck_assert_int_eq(access(path_of("spool/keys/self-signed.pem"), F_OK), 0);
	plan_free(&plan);
	end();
}
END_TEST

START_TEST(checking_makes_nothing)
{
	begin();
	ck_assert_int_eq(rename(path_of("spool"), path_of("unused")), 0);
	ck_assert(plan_check(file(""), &complaints));
	ck_assert_int_ne(access(path_of("spool"), F_OK), 0);
	ck_assert(!plan_check(file("grace: 5\n"), &complaints));
	ck_assert_ptr_nonnull(strstr(said(), "c.yaml:3: grace: \"5\""));
	end();
}
END_TEST

/* What `tls:` says is tried on OpenSSL itself, together with the certificates. */
START_TEST(what_openssl_does_not_take_is_refused)
{
	struct plan *plan;
	const char *text;

	begin();
	plan = plan_start(file("tls: {groups: \"P-256:X448\", ciphers: ECDHE-ECDSA-AES128-GCM-SHA256}\n"), &complaints);
	ck_assert_msg(plan != NULL, "%s", said());
	plan_free(&plan);
	folders_close();
	keys_forget();
	/* A group that this OpenSSL (3.0 to 3.4) has not. */
	plan = plan_start(file("tls: {groups: SecP384r1MLKEM1024}\n"), &complaints);
	text = said();
	ck_assert_msg(plan != NULL || strstr(text, "c.yaml:3: tls: ") != NULL, "%s", text);
	plan_free(&plan);
	end();
}
END_TEST

START_TEST(what_cannot_change_while_running_is_refused)
{
	struct plan *plan, *again;

	begin();
	plan = plan_start(file(""), &complaints);
	ck_assert_ptr_nonnull(plan);
	again = plan_again(plan, &complaints);
	ck_assert_ptr_nonnull(again);
	plan_free(&again);
	file("grace: 5s\n");
	again = plan_again(plan, &complaints);
	ck_assert_ptr_nonnull(again);
	ck_assert_uint_eq(again->settings.grace_s, 5);
	plan_free(&again);
	fclose(freopen(path_of("c.yaml"), "w", fopen("/dev/null", "r")));
	again = plan_again(plan, &complaints);
	ck_assert_ptr_null(again);
	ck_assert_ptr_nonnull(strstr(said(), "spool.directory: was "));
	plan_free(&plan);
	end();
}
END_TEST

/* A configuration that no message between rooms could carry is refused, not sent. */
START_TEST(a_slice_that_is_too_large_is_refused)
{
	FILE *out;
	struct plan *plan;

	begin();
	file("accept:\n");
	out = fopen(path_of("c.yaml"), "a");
	for (int i = 0; i < 320000; i++)
		fprintf(out, "  d%d.x: lmtp:/run/x\n", i);
	fclose(out);
	plan = plan_start(path_of("c.yaml"), &complaints);
	ck_assert_ptr_null(plan);
	ck_assert_ptr_nonnull(strstr(said(), "what queue needs of it is more than "));
	end();
}
END_TEST

UNIT_MAIN("plan", a_plan_has_a_slice_for_every_room, checking_makes_nothing, what_openssl_does_not_take_is_refused,
    what_cannot_change_while_running_is_refused, a_slice_that_is_too_large_is_refused)
