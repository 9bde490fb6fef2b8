/* SPDX-License-Identifier: MIT */
#include "pg_types.h"

void cc_postgis_typmod(int32_t typmod, int32_t *srid, uint32_t *wkb_type)
{
    /* liblwgeom's type numbers 8.. in ISO's codes */
    static const uint32_t codes[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                     8, 9, 10, 11, 12, 15, 17, 16};
    *srid = 0;
    *wkb_type = 0;
    if (typmod < 0)
        return;
    uint32_t bits = (uint32_t)typmod;
    int32_t field = (int32_t)(bits >> 8 & 0x1FFFFF);
    *srid = field >= 0x100000 ? 0 : field;
    uint32_t type = bits >> 2 & 0x3F;
    if (type == 0 || type >= sizeof codes / sizeof *codes)
        return;
    *wkb_type = codes[type];
    if (bits & 2)
        *wkb_type += 1000;
    if (bits & 1)
        *wkb_type += 2000;
}
