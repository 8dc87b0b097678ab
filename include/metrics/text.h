/* All that the rooms have counted, as OpenMetrics text 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include "base/buf.h"

#define TEXT_MEDIA_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TEXT_OCTETS_MAX (16u * 1024 * 1024)	/* ceiling of the buffer for it */

/*
 * Append the text of a census (MASTER_CENSUS, ipc/master_rooms.h): each family of the table once, with the samples of all rooms. A
 * room that tells what is not of the table counts as one that has not answered. Returns false when the census is malformed or the
 * text does not fit; what was appended is then of no use.
 */
bool text_write(struct buf *out, struct span census);

/* A number of parts, so many of them 1, without loss: "0.25". Returns out. */
#define TEXT_NUMBER 32
char *text_number(uint64_t value, uint32_t parts, char out[TEXT_NUMBER]);

/* Append the text with backslash, line feed and, where it stands between quotes, quote escaped. */
bool text_escape(struct buf *out, struct span text, bool is_quoted);

#endif
