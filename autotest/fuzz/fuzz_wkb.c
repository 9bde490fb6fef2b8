/* SPDX-License-Identifier: MIT */
#include "fuzz_geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode(CC_GEOMETRY_WKB, data, size);
    check_decode(CC_GEOMETRY_MYSQL, data, size);
    return 0;
}
