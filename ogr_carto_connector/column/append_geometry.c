/* SPDX-License-Identifier: MIT */
/*
 * Appends of geometries: decoding, and the rules on SRIDs. The layer's SRID is
 * the catalog's, else the first value's own, else the default one; a value of
 * another SRID is reprojected.
 */
#include "append.h"

#include <stdio.h>

/* The CRS definition of an SRID that is not an EPSG code, NULL for one that is
 * or that nobody knows. */
static const char *definition_of(struct cc_batch_builder *batch, int32_t srid)
{
    if (srid == CC_SRID_CUSTOM)
        return batch->schema->custom_srs;
    if (!batch->options.srs_definition)
        return NULL;
    if (srid != batch->known_srid)
    {
        batch->known_srid = srid;
        batch->known_definition =
            cc_srid_is_epsg(srid)
                ? NULL
                : batch->options.srs_definition(batch->options.context, srid);
    }
    return batch->known_definition;
}

/* To the layer's CRS; NULL, with the reason, where PROJ does not know it. */
static struct cc_reprojector *layer_reprojector(struct cc_builder *builder,
                                                char reason[CC_REASON_SIZE])
{
    if (builder->reprojector)
        return builder->reprojector;
    snprintf(reason, CC_REASON_SIZE,
             "the CRS of the layer, SRID %d, is not known", (int)builder->srid);
    if (builder->reprojector_failed)
        return NULL;
    char code[24];
    snprintf(code, sizeof code, "EPSG:%d", (int)builder->srid);
    const char *definition = definition_of(builder->batch, builder->srid);
    builder->reprojector =
        cc_reprojector_new(definition ? definition : code, NULL);
    builder->reprojector_failed = !builder->reprojector;
    return builder->reprojector;
}

static enum cc_geometry_status reproject(struct cc_builder *builder,
                                         size_t start, int32_t srid,
                                         char reason[CC_REASON_SIZE])
{
    struct cc_batch_builder *batch = builder->batch;
    struct cc_reprojector *reprojector =
        batch->target ? batch->target : layer_reprojector(builder, reason);
    if (!reprojector)
        return CC_GEOMETRY_INVALID;
    return cc_reproject(reprojector, srid, definition_of(batch, srid),
                        builder->data.data + start, builder->data.size - start,
                        reason);
}

/* A value that is no geometry: NULL and counted, or an error. */
static int reject(struct cc_builder *builder, enum cc_loss_kind kind,
                  const char *reason, struct cc_error *error)
{
    if (!builder->batch->options.invalid_geometry_is_error ||
        !cc_append_counts(builder))
    {
        cc_builder_lost(builder, kind, reason);
        return 0;
    }
    return cc_error_set(
        error, CC_STAGE_FETCH, NULL, "column \"%s\", row %lld: %s: %s",
        cc_append_name(builder), (long long)cc_append_row(builder),
        kind == CC_LOSS_GEOMETRY ? "the value is not geometry"
                                 : "the geometry cannot be reprojected",
        reason);
}

static int append_reprojected(struct cc_builder *builder, size_t start,
                              int32_t srid, struct cc_error *error)
{
    char reason[CC_REASON_SIZE] = "";
    enum cc_geometry_status status = reproject(builder, start, srid, reason);
    if (status == CC_GEOMETRY_OK)
        return cc_append_end(builder, start, error);
    builder->data.size = start;
    if (status == CC_GEOMETRY_NO_MEMORY)
        return cc_error_memory(error);
    return reject(builder, CC_LOSS_REPROJECTION, reason, error);
}

/* The value decoded to what follows `start`; `srid` is its own or 0. */
static int append_decoded(struct cc_builder *builder, size_t start,
                          int32_t srid, struct cc_error *error)
{
    if (builder->srid == 0)
        builder->srid = srid > 0 ? srid : builder->column->default_srid;
    if (srid <= 0)
        srid = builder->srid;
    bool there = builder->batch->target ? srid == builder->batch->target_srid
                                        : srid == builder->srid;
    if (there)
        return cc_append_end(builder, start, error);
    return append_reprojected(builder, start, srid, error);
}

int cc_builder_geometry(struct cc_builder *builder, const void *data,
                        size_t size, struct cc_error *error)
{
    if (builder->type == CC_OUT_STRING)
        return cc_builder_text(builder, data, size, error);
    if (builder->type != CC_OUT_GEOMETRY)
        return cc_builder_bytes(builder, data, size, error);

    struct cc_geometry_result result;
    size_t start = builder->data.size;
    switch (cc_geometry_decode(builder->column->encoding, data, size,
                               &builder->data, &result))
    {
        case CC_GEOMETRY_OK:
            return append_decoded(builder, start, result.srid, error);
        case CC_GEOMETRY_INVALID:
            return reject(builder, CC_LOSS_GEOMETRY, result.reason, error);
        case CC_GEOMETRY_EMPTY_VALUE:
            cc_builder_null(builder);
            return 0;
        case CC_GEOMETRY_NO_MEMORY:
            break;
    }
    return cc_error_memory(error);
}
