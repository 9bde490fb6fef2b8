/* SPDX-License-Identifier: MIT */
/*
 * Regions of the system's time zone database ("Europe/Berlin"), to read
 * times whose zone is only named. The C library's own functions know one zone
 * per process.
 */
#ifndef CC_COLUMN_ZONE_H
#define CC_COLUMN_ZONE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_zone;

/*
 * Reads the rules of a region from $TZDIR, or /usr/share/zoneinfo (TZif, RFC
 * 8536, version 2 or later). The name is not terminated. 0, and *zone is to be
 * freed; 1: there is no such region; -1: out of memory.
 */
int cc_zone_load(const char *name, size_t size, struct cc_zone **zone);
void cc_zone_free(struct cc_zone *zone);

/* Seconds east of UTC of a local time, given in seconds since 1970-01-01 00:00
 * of that local time. Of a time that there is twice, the first; any thread. */
int64_t cc_zone_offset(const struct cc_zone *zone, int64_t local);

#ifdef __cplusplus
}
#endif

#endif
