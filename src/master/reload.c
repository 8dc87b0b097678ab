/* One configuration after another. */
#include "reload.h"

#include "base/log.h"
#include "listeners.h"
#include "metrics/count.h"
#include "supervise.h"

/* In the order of the label's words. */
enum { RELOAD_APPLIED, RELOAD_REFUSED };

static struct plan *current;

void
reload_begin(struct plan *plan)
{
	current = plan;
}

const struct plan *
reload_current(void)
{
	return current;
}

void
reload_log(const struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->at[i];

		log_write(complaint->is_warning ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "configuration",
		    LOG_FIELDS(LOG_TEXT("file", complaint->file), LOG_NUMBER("line", complaint->line),
		    LOG_TEXT("what", complaint->text)));
	}
}

/* From here on nothing can fail. */
static void
hand_out(struct plan *plan)
{
	struct plan *former = current;

	current = plan;
	supervise_apply(plan);
	listeners_commit(supervise_listener_new, supervise_listener_gone, NULL);
	plan_free(&former);
	log_open("sealpostd", (enum log_target)plan->settings.log_target, (enum log_level)plan->settings.log_level,
	    (enum log_addresses)plan->settings.log_addresses);
}

bool
reload(struct complaints *complaints)
{
	struct plan *plan = plan_again(current, complaints);

	if (plan != NULL && !listeners_prepare(&plan->settings, complaints))
		plan_free(&plan);
	reload_log(complaints);
	count(METRIC_RELOADS, plan != NULL ? RELOAD_APPLIED : RELOAD_REFUSED);
	if (plan != NULL)
		hand_out(plan);
	log_info("reload", LOG_TEXT("file", current->settings.file),
	    LOG_TEXT("result", plan == NULL ? "nothing was changed" : "applied"));
	return plan != NULL;
}

void
reload_end(void)
{
	plan_free(&current);
}
