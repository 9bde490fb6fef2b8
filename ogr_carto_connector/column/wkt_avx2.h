/* SPDX-License-Identifier: MIT */
/*
 * wkt_plain.h for processors with AVX2, which take two numbers at once.
 */
#ifndef CC_COLUMN_WKT_AVX2_H
#define CC_COLUMN_WKT_AVX2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this processor has it; where not, the others may not be called. */
static inline bool cc_wkt_avx2_can(void)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(CC_NUMBER_PORTABLE)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

size_t cc_wkt_avx2_positions(const char *begin, const char *end,
                             const char **at, size_t count, uint8_t *to);
/* The point of [begin, end), whose position is at `at`. */
bool cc_wkt_avx2_point(const char *begin, const char *at, const char *end,
                       uint8_t *to);

#endif
