/* The words of a notice: see notice_mail.h, where others find them. */
#ifndef REPORT_NOTICE_TEXT_H
#define REPORT_NOTICE_TEXT_H

#include "report/notice_mail.h"

#define NOTICE_TEXT_OCTETS 2500		/* of the text as it is sent, quoted-printable: with all that is around it 4 KiB (standards.md N52) */

/* "tls-missing": what faults of a kind share in templates. */
struct span notice_text_group(struct span fault);

/* "protocol-old", of a client "protocol-old-inbound": the fault as the template's sections name it. "unknown" when it has none. */
struct span notice_text_fault(const struct notice_letter *letter, size_t index, const struct conf_report *conf);

#endif
