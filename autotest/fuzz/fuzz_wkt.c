/* SPDX-License-Identifier: MIT */
#include "fuzz_geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode(CC_GEOMETRY_AUTO, data, size);
    return 0;
}
