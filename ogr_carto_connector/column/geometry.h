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
 */
    enum cc_geometry_status
    cc_geometry_decode(enum cc_geometry_encoding encoding, const uint8_t *data,
                       size_t size, struct cc_buffer *out,
                       struct cc_geometry_result *result);

    /* The parts of cc_geometry_decode, one file each. Same contract. */
    enum cc_geometry_status
    cc_geometry_from_wkb(const uint8_t *data, size_t size,
                         struct cc_buffer *out,
                         struct cc_geometry_result *result);
    enum cc_geometry_status
    cc_geometry_from_wkt(const char *text, size_t size, struct cc_buffer *out,
                         struct cc_geometry_result *result);
    enum cc_geometry_status
    cc_geometry_from_geojson(const char *text, size_t size,
                             struct cc_buffer *out,
                             struct cc_geometry_result *result);

    /* ISO WKB from cc_geometry_decode -> envelope over x and y. false: EMPTY. */
    struct cc_box
    {
        double min_x, min_y, max_x, max_y;
    };
    bool cc_geometry_envelope(const uint8_t *wkb, size_t size,
                              struct cc_box *box);

    /*
 * Reprojection to one target. One reprojector serves one thread at a time.
 * `definition` looks up a CRS definition PROJ understands for a SRID that is
 * not an EPSG code ("" or NULL: unknown); it may be NULL.
 */
    struct cc_reprojector;

    struct cc_reprojector *cc_reprojector_new(const char *target_definition,
                                              struct cc_error *error);
    void cc_reprojector_free(struct cc_reprojector *reprojector);

    /* Replaces the coordinates of the WKB, in place, from the CRS `srid`
 * (EPSG:<srid>, or `definition` when not NULL) to the target; axis order is
 * longitude, latitude on both sides; Z is transformed, M is kept. */
    enum cc_geometry_status cc_reproject(struct cc_reprojector *reprojector,
                                         int32_t srid, const char *definition,
                                         uint8_t *wkb, size_t size,
                                         char reason[CC_REASON_SIZE]);

    /* Whether the SRID is a CRS of PROJ's EPSG database. */
    bool cc_srid_is_epsg(int32_t srid);

#ifdef __cplusplus
}
#endif

#endif
