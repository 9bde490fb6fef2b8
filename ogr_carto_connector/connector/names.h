/* SPDX-License-Identifier: MIT */
/*
 * Output names: at most 63 bytes, cut at a UTF-8 boundary, unique within a set
 * ("_1", "_2" within the 63 bytes, compared case-insensitively as OGR looks
 * fields up so), never empty. And the nearest known name for messages.
 */
#ifndef CC_CONNECTOR_NAMES_H
#define CC_CONNECTOR_NAMES_H

#include "error.h"

#ifdef __cplusplus
extern "C"
{
#endif

#define CC_NAME_MAX 63

/* Compares as OGR compares names: ASCII letters alike in either case, whatever
 * the locale. 0 when equal. */
int cc_name_compare(const char *a, const char *b);

struct cc_names;

struct cc_names *cc_names_new(void);
void cc_names_free(struct cc_names *names);

/*
 * Adds `name` and writes its output form to `out`. An empty (or NULL) name
 * becomes "column_<position>" (position counts from 1). *cut, when not
 * NULL, tells whether the name had to be cut. Returns -1 when out of memory.
 */
int cc_names_add(struct cc_names *names, const char *name, size_t position,
                 char out[CC_NAME_MAX + 1], bool *cut) CC_CHECKED;

/* Of `count` candidates the one nearest to `name` by edit distance, NULL when
 * all are farther than a third of the name's length (at least 1, at most 3).
 * Two letters swapped count as one edit. Case is ignored. */
const char *cc_names_nearest(const char *name, const char *const *candidates,
                             size_t count);

#ifdef __cplusplus
}
#endif

#endif
