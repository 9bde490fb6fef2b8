/* SPDX-License-Identifier: MIT */
#include "fuzz_geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    if (cc_geometry_from_geojson((const char *)data, size, &out, &result) ==
        CC_GEOMETRY_OK)
        check_wkb(&out, result.wkb_type);
    cc_buffer_free(&out);
    return 0;
}
