/* SPDX-License-Identifier: MIT */
#include "fuzz_geometry.h"

/* Esri's shapes are the other binary form with tables of its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode(CC_GEOMETRY_CLR_GEOMETRY, data, size);
    check_decode(CC_GEOMETRY_CLR_GEOGRAPHY, data, size);
    check_decode(CC_GEOMETRY_ESRI, data, size);
    return 0;
}
