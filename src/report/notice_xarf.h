/* A notice for programs: XARF v4, category vulnerability, type misconfiguration (standards.md N65). */
#ifndef REPORT_NOTICE_XARF_H
#define REPORT_NOTICE_XARF_H

#include "report/notice_mail.h"

#define NOTICE_XARF_OCTETS 3072

/* As JSON of ASCII in lines with CRLF, of the first case. False: it does not fit. */
bool notice_xarf_write(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf);

#endif
