/* SPDX-License-Identifier: MIT */
/*
 * The binary values of Esri's Spatial Framework for Hadoop, which Hive's ST_
 * functions return: WKID (int32, big-endian), OGC type (one byte), then a shape
 * as in a shapefile ("ESRI Shapefile Technical Description", July 1998, page
 * 4 ff.), little-endian, with the type codes of Esri's geometry library.
 */
#ifndef CC_WIRE_ESRI_SHAPE_H
#define CC_WIRE_ESRI_SHAPE_H

#include "column/geometry.h"

/*
 * Decodes one value and appends its ISO WKB to `out`, as cc_geometry_decode
 * does. Rings that run clockwise become polygons, the others the holes of the
 * polygon they follow. A null shape is an EMPTY geometry of the OGC type.
 * Thread-safe.
 */
enum cc_geometry_status cc_esri_shape(const uint8_t *data, size_t size,
                                      struct cc_buffer *out,
                                      struct cc_geometry_result *result);

#endif
