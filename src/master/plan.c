/* From a file to slices, with everything between that can go wrong. */
#include "plan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "certificate.h"
#include "conf/share.h"
#include "folders.h"
#include "ipc/channel.h"
#include "keys.h"
#include "privileged.h"
#include "tls/context.h"

#define ENCODED_OCTETS_MAX (256u * 1024 * 1024)
#define SLICE_OCTETS_MAX (8u * 1024 * 1024)	/* that a room is given: as much as a file may have */
#define SETUP_REST 64				/* octets of a SETUP message beside the slice */

_Static_assert(SLICE_OCTETS_MAX + SETUP_REST <= CHANNEL_PAYLOAD_MAX, "a slice goes over in one message");

/* Encode a filled slice and give it back. */
static void
slice_add(struct plan *plan, enum room_kind kind, const struct conf_slice *table, void *slice, struct complaints *complaints)
{
	buf_init(&plan->slices[kind], ENCODED_OCTETS_MAX);
	conf_encode(&plan->slices[kind], table, slice);
	conf_clear(table, slice);
	if (buf_length(&plan->slices[kind]) > SLICE_OCTETS_MAX)
		complaints_add(complaints, plan->settings.file, 0, "what %s needs of it is more than %u octets", table->name, SLICE_OCTETS_MAX);
}

static void
slices_make(struct plan *plan, struct complaints *complaints)
{
	struct conf_intake intake;
	struct conf_queue queue;
	struct conf_relay relay;
	struct conf_policy policy;
	struct conf_report report;
	struct conf_web web;

	share_intake(&plan->settings, &plan->material, &intake);
	slice_add(plan, ROOM_INTAKE, &conf_intake_slice, &intake, complaints);
	share_queue(&plan->settings, &queue);
	slice_add(plan, ROOM_QUEUE, &conf_queue_slice, &queue, complaints);
	share_relay(&plan->settings, &plan->material, &relay);
	slice_add(plan, ROOM_RELAY, &conf_relay_slice, &relay, complaints);
	share_policy(&plan->settings, &plan->material, &policy);
	slice_add(plan, ROOM_POLICY, &conf_policy_slice, &policy, complaints);
	share_report(&plan->settings, &plan->material, &report);
	slice_add(plan, ROOM_REPORT, &conf_report_slice, &report, complaints);
	share_web(&plan->settings, &web);
	slice_add(plan, ROOM_WEB, &conf_web_slice, &web, complaints);
}

/* The words of `tls:` are known; whether this OpenSSL takes them, with these certificates, only it can tell. */
static void
tls_check(const struct plan *plan, struct complaints *complaints)
{
	const struct tls_choices choices = {
		plan->settings.tls_ciphers, plan->settings.tls_ciphersuites, plan->settings.tls_groups
	};
	size_t count = plan->material.certificates.count;
	struct tls_credential *credentials = must_alloc(count * sizeof(*credentials));
	struct tls_context *context;
	char why[256];

	for (size_t i = 0; i < count; i++)
		credentials[i] = (struct tls_credential){
			span_of(plan->material.certificates.items[i]), span_of(plan->material.keys.items[i])
		};
	context = count == 0 ? NULL : tls_context_server(credentials, count, &choices, true, true, why, sizeof(why));
	if (count > 0 && context == NULL)
		complaints_add(complaints, plan->settings.file, settings_line(&plan->settings, "tls"), "tls: %s", why);
	tls_context_free(&context);
	context = tls_context_client(span_of(plan->material.trust), &choices, why, sizeof(why));
	if (context == NULL)
		complaints_add(complaints, plan->settings.file, settings_line(&plan->settings, "trust"), "trust: %s", why);
	tls_context_free(&context);
	free(credentials);
}

/* Everything behind the settings. Frees the plan when something was complained of. */
static struct plan *
plan_fill(struct plan *plan, bool may_make, struct complaints *complaints)
{
	const char *self_signed = NULL;
	char path[PATH_MAX];

	if (plan->settings.certificate.count == 0 && (!may_make || certificate_ensure(&plan->settings, complaints)) &&
	    access(certificate_path(&plan->settings, path), R_OK) == 0)
		self_signed = path;
	if (material_load(&plan->material, &plan->settings, self_signed, complaints)) {
		tls_check(plan, complaints);
		slices_make(plan, complaints);
	}
	complaints_sort(complaints);
	if (complaints->errors > 0)
		plan_free(&plan);
	return plan;
}

bool
plan_check(const char *file, struct complaints *complaints)
{
	struct plan *plan = must_alloc(sizeof(*plan));
	bool good;

	if (settings_load(&plan->settings, file, complaints)) {
		privileged_find_users(complaints);
		(void)keys_load(&plan->settings, false, complaints);
		keys_forget();
	}
	if (complaints->errors == 0)
		plan = plan_fill(plan, false, complaints);
	good = complaints->errors == 0;
	plan_free(&plan);
	return good;
}

struct plan *
plan_start(const char *file, struct complaints *complaints)
{
	struct plan *plan = must_alloc(sizeof(*plan));

	if (settings_load(&plan->settings, file, complaints)) {
		privileged_find_users(complaints);
		if (complaints->errors == 0 && folders_open(&plan->settings, complaints))
			(void)keys_load(&plan->settings, true, complaints);
	}
	if (complaints->errors == 0)
		return plan_fill(plan, true, complaints);
	plan_free(&plan);
	return NULL;
}

static void
unchanged_check(const struct settings *now, const char *key, const char *value, const char *former,
    struct complaints *complaints)
{
	if (strcmp(value, former) != 0)
		complaints_add(complaints, now->file, settings_line(now, key),
		    "%s: was %s when this started and cannot change while it runs", key, former);
}

struct plan *
plan_again(const struct plan *running, struct complaints *complaints)
{
	struct plan *plan = must_alloc(sizeof(*plan));
	const struct settings *now = &plan->settings, *then = &running->settings;

	if (settings_load(&plan->settings, running->settings.file, complaints)) {
		unchanged_check(now, "spool.directory", now->spool_directory, then->spool_directory, complaints);
		unchanged_check(now, "spool.key", now->spool_key, then->spool_key, complaints);
	}
	if (complaints->errors == 0)
		return plan_fill(plan, true, complaints);
	plan_free(&plan);
	return NULL;
}

void
plan_free(struct plan **handle)
{
	struct plan *plan = *handle;

	if (plan == NULL)
		return;
	for (size_t i = 0; i < ROOM_KINDS; i++)
		buf_wipe(&plan->slices[i]);
	material_clear(&plan->material);
	settings_clear(&plan->settings);
	free(plan);
	*handle = NULL;
}
