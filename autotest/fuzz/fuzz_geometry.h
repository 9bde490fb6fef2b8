/* SPDX-License-Identifier: MIT */
/* What must hold of every value that a geometry decoder is given. */
#ifndef CC_FUZZ_GEOMETRY_H
#define CC_FUZZ_GEOMETRY_H

#include "column/geometry.h"

#include <stdlib.h>
#include <string.h>

/* ISO WKB decodes to itself: nothing was lost, nothing is left over. */
static inline void check_wkb(const struct cc_buffer *wkb, uint32_t type)
{
    struct cc_buffer again = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    struct cc_box box;
    if (cc_geometry_from_wkb(wkb->data, wkb->size, &again, &result) !=
            CC_GEOMETRY_OK ||
        result.srid != 0 || result.wkb_type != type ||
        again.size != wkb->size ||
        memcmp(again.data, wkb->data, wkb->size) != 0)
        abort();
    (void)cc_geometry_envelope(wkb->data, wkb->size, &box);
    cc_buffer_free(&again);
}

static inline void check_decode(enum cc_geometry_encoding encoding,
                                const uint8_t *data, size_t size)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    enum cc_geometry_status status =
        cc_geometry_decode(encoding, data, size, &out, &result);
    if (status == CC_GEOMETRY_OK)
        check_wkb(&out, result.wkb_type);
    else if (out.size != 0)
        abort();
    if (status == CC_GEOMETRY_INVALID &&
        (!result.reason[0] || !memchr(result.reason, 0, CC_REASON_SIZE)))
        abort();
    cc_buffer_free(&out);
}

#endif
