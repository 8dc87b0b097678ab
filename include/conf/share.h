/*
 * What each room is to know of the settings: its slice, and nothing else. Figures "in all" are divided among the
 * workers of a kind, at least one each.
 */
#ifndef CONF_SHARE_H
#define CONF_SHARE_H

#include "conf/intake.h"
#include "conf/material.h"
#include "conf/policy.h"
#include "conf/queue.h"
#include "conf/relay.h"
#include "conf/report.h"
#include "conf/settings.h"
#include "conf/web.h"

/* Fill a slice; whatever it held is not looked at. It is given back with conf_clear(). */
void share_intake(const struct settings *settings, const struct material *material, struct conf_intake *slice);
void share_queue(const struct settings *settings, struct conf_queue *slice);
void share_relay(const struct settings *settings, const struct material *material, struct conf_relay *slice);
void share_policy(const struct settings *settings, const struct material *material, struct conf_policy *slice);
void share_report(const struct settings *settings, const struct material *material, struct conf_report *slice);
void share_web(const struct settings *settings, struct conf_web *slice);

#endif
