/* SPDX-License-Identifier: MIT */
/*
 * SQL Server's geometry and geography values: the serialization of the CLR
 * types, [MS-SSCLRT] "Microsoft SQL Server CLR Types Serialization Formats"
 * section 2.1, versions 1 and 2.
 */
#ifndef CC_WIRE_TDS_GEOMETRY_H
#define CC_WIRE_TDS_GEOMETRY_H

#include "column/geometry.h"

/*
 * Decodes one value and appends its ISO WKB to `out`, as cc_geometry_decode
 * does. The positions of a `geography` are latitude, longitude on the wire and
 * longitude, latitude in the WKB. The null value (SRID -1) is
 * CC_GEOMETRY_EMPTY_VALUE; a FullGlobe is invalid. Thread-safe.
 */
enum cc_geometry_status cc_tds_geometry(const uint8_t *data, size_t size,
                                        bool geography, struct cc_buffer *out,
                                        struct cc_geometry_result *result);

#endif
