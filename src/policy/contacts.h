/*
 * Who can mend a peer's fault, and is written to: what is found out by contact_search.c, and remembered here, so that one peer is
 * looked up once a day, however often report asks (standards.md N63).
 *
 * First the peer has to be whom it seems (N55): a notice to whoever a stranger names would make us the stranger's tool (NX2).
 *
 *   out  the domain's MX records, looked up now, name the host (or it is the host itself). A fault of the domain's own policy is proved by
 *        the domain being there: it was published in its name.
 *   in   a name of the connecting address has that address; failing that, SPF passes for postmaster@ the domain of MAIL FROM, and would
 *        not pass for anybody. What a client calls itself is never asked for.
 *
 * The operator is the apex of the zone that the peer's name is in: an SOA stands there, so somebody was given it to look after. A
 * top-level domain is none. Of customers behind one MX none is told: the machine is not theirs. So contacts are, in the order in which
 * they are tried:
 *
 *   CONTACT_POSTMASTER  postmaster of the domain, when the peer's name is the domain or below it: who runs domain and host is the
 *                       nearest. Otherwise it is left out, and so are thousands of customers of one hoster.
 *   CONTACT_OPERATOR    postmaster of the operator's domain: RFC 2142 5 wants one wherever there is mail, at the top of what is theirs.
 *   CONTACT_RNAME       the mailbox in the zone's SOA record, if it is the operator's own or a role elsewhere: of people who look after names, not
 *   CONTACT_ABUSE       of whose the address is, from the configured zone: they can only ask their customer. Not asked for addresses
 *                       of private networks nor, out, when the host has that address no more.
 *
 * Each is one plain address (NX6), none twice; no list, robot or nobody (N50).
 */
#ifndef POLICY_ROOM_CONTACTS_H
#define POLICY_ROOM_CONTACTS_H

#include "ipc/report_policy.h"

#define CONTACTS_KEPT 2000		/* answers; the oldest makes room */
#define CONTACTS_KEPT_MS (86400 * INT64_C(1000))	/* what is not there as well */
#define CONTACTS_DOUBT_MS (300 * INT64_C(1000))		/* while the DNS did not say all */

struct contacts;

struct contacts *contacts_new(void);
void contacts_free(struct contacts **contacts);		/* tolerates NULL, leaves NULL */

/* Was the same asked, not long ago? Fills the answer, with the question's id and the arena's texts. */
bool contacts_recall(struct contacts *contacts, const struct contact_question *question, struct arena *arena,
    struct contacts_answer *answer);

/* Remember an answer, for a day if it is lasting. */
void contacts_keep(struct contacts *contacts, const struct contact_question *question, const struct contacts_answer *answer,
    bool is_lasting);

#endif
