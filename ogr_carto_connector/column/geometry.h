/* SPDX-License-Identifier: MIT */
/*
 * Geometry: every encoding of the contract to ISO WKB (little-endian) + SRID,
 * and reprojection of that WKB.
 */
#ifndef CC_COLUMN_GEOMETRY_H
#define CC_COLUMN_GEOMETRY_H

#include "buffer.h"
#include "schema.h"

#ifdef __cplusplus
extern "C"
{
#endif

#define CC_REASON_SIZE 160
#define CC_GEOMETRY_MAX_DEPTH 32

struct cc_geometry_result
{
    int32_t srid;                /* the value's own; 0: it has none */
    uint32_t wkb_type;           /* ISO code of the outermost geometry */
    char reason[CC_REASON_SIZE]; /* why a value does not parse */
};

enum cc_geometry_status
{
    CC_GEOMETRY_OK = 0,
    CC_GEOMETRY_INVALID,     /* does not parse: `reason` says why */
    CC_GEOMETRY_EMPTY_VALUE, /* no geometry at all (empty text, CLR null) */
    CC_GEOMETRY_NO_MEMORY
};

/*
 * Decodes one value and appends its ISO WKB to `out` (nothing is appended
 * unless CC_GEOMETRY_OK). XY, Z, M, ZM, curves, collections, TIN, polyhedral
 * surfaces, EMPTY. Every length, count and depth in the value is checked
 * against `size` first. Thread-safe.
 *
 * Members of other dimensions than their parent's take the union of all, with 0
 * where Z or M is missing. An empty point is NaN throughout. Curves and
 * triangles are also checked for what OGR requires of them, so that every value
 * that is CC_GEOMETRY_OK here becomes an OGR geometry.
 */
enum cc_geometry_status cc_geometry_decode(enum cc_geometry_encoding encoding,
                                           const uint8_t *data, size_t size,
                                           struct cc_buffer *out,
                                           struct cc_geometry_result *result);

/* The parts of cc_geometry_decode, one file each. Same contract; text is bytes
 * of any encoding that has ASCII as it is and needs no terminator. A GeoJSON
 * feature stands for its geometry. */
enum cc_geometry_status cc_geometry_from_wkb(const uint8_t *data, size_t size,
                                             struct cc_buffer *out,
                                             struct cc_geometry_result *result);
enum cc_geometry_status cc_geometry_from_wkt(const char *text, size_t size,
                                             struct cc_buffer *out,
                                             struct cc_geometry_result *result);
enum cc_geometry_status
cc_geometry_from_geojson(const char *text, size_t size, struct cc_buffer *out,
                         struct cc_geometry_result *result);

/* ISO WKB from cc_geometry_decode -> envelope over x and y of every position
 * (an arc's control points: the arc itself may reach further). false: EMPTY, or
 * no such WKB. */
struct cc_box
{
    double min_x, min_y, max_x, max_y;
};
bool cc_geometry_envelope(const uint8_t *wkb, size_t size, struct cc_box *box);

/*
 * Reprojection to one target. One reprojector serves one thread at a time; it
 * keeps the transformation from every source CRS it has met.
 */
struct cc_reprojector;

/* `target_definition` is whatever PROJ reads: "EPSG:3857", WKT, a PROJ string.
 * NULL, with the error set (CC_STAGE_PARAMETER), when it is no CRS. PROJ's log
 * and network are off. */
struct cc_reprojector *cc_reprojector_new(const char *target_definition,
                                          struct cc_error *error);
void cc_reprojector_free(struct cc_reprojector *reprojector);

/* Replaces the coordinates of the WKB, in place, from the CRS `srid`
 * (EPSG:<srid>, or `definition` when neither NULL nor "") to the target; axis order is
 * longitude, latitude on both sides; Z is transformed, M is kept. Nothing is
 * done when both are the same CRS. NaN stays. CC_GEOMETRY_INVALID, and the WKB
 * is of no use any more, when a position has no counterpart. */
enum cc_geometry_status cc_reproject(struct cc_reprojector *reprojector,
                                     int32_t srid, const char *definition,
                                     uint8_t *wkb, size_t size,
                                     char reason[CC_REASON_SIZE]);

/* Whether PROJ takes the text for a coordinate reference system: an authority
 * code, a name, WKT, a PROJ string. Thread-safe. */
bool cc_crs_is_known(const char *definition);

/* Whether the SRID is a CRS of PROJ's EPSG database, which is opened for every
 * call. Thread-safe. */
bool cc_srid_is_epsg(int32_t srid);

#ifdef __cplusplus
}
#endif

#endif
