/* What is to be done about a party, and when. Pure: no clock, no disk. */
#ifndef REPORT_NOTICE_DUE_H
#define REPORT_NOTICE_DUE_H

#include "report/notice.h"

#define NOTICE_LEAST_S (7 * 86400)	/* between two to one party, unless the reminder is set to come sooner (standards.md N51) */

/* Nobody is written to again within so many seconds: NOTICE_LEAST_S, or what is configured below that. */
int64_t notice_least_s(const struct notice_limits *limits);

/* The party has a case that is lasting. One whose silence is over begins anew. */
enum notice_step notice_due(const struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

/* It was told, and the silence that follows is not over. */
bool notice_is_silent(const struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

/*
 * What changes on disk with the steps of sending: a mail is handed to the queue; it was taken; nobody tells what became of it; no contact is left; nobody can be written
 * to; a fresh look found nothing, or what it was told of has ended; or it is to be tried again later (DNS, network, a doubt of the
 * classifier).
 */
void notice_party_sent(struct notice_party *party, unsigned contact, const char *fault, int64_t now_s);
void notice_party_taken(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_lost(struct notice_party *party, const struct notice_limits *limits);
void notice_party_unreached(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_unproved(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_mended(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_silent(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_composed(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_later(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

/* The contact did not take it: the next one's turn. */
void notice_party_next(struct notice_party *party, int64_t now_s);

/* Whom there is to write to was written to lately, for another peer; or wants nothing. */
void notice_party_fresh(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);
void notice_party_unwanted(struct notice_party *party, const struct notice_limits *limits, int64_t now_s);

/* More than so many percent of those that have ended bounced; with fewer than NOTICE_BRAKE_LEAST ended, never. */
#define NOTICE_BRAKE_LEAST 10
bool notice_brake(uint64_t ended, uint64_t bounced, const struct notice_limits *limits);

#endif
