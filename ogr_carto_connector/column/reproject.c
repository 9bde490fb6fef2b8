/* SPDX-License-Identifier: MIT */
/*
 * Reprojection of WKB by PROJ. A reprojector owns one PROJ context, the target
 * CRS and the transformations made so far, one a source CRS.
 */
#include "wkb.h"

#include <math.h>
#include <proj.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Positions that are handed to PROJ at once. */
#define CHUNK 256

struct source
{
    int32_t srid;
    char *definition;   /* NULL: EPSG:<srid> */
    PJ *transformation; /* NULL: the source is the target, or it failed */
    char failure[CC_REASON_SIZE]; /* why it failed; "" otherwise */
    struct source *next;
};

struct cc_reprojector
{
    PJ_CONTEXT *context;
    PJ *target;
    struct source *sources; /* the one used last comes first */
};

/* PROJ reports by return values as well; its log is the process's. */
static void drop_log(void *data, int level, const char *message)
{
    (void)data;
    (void)level;
    (void)message;
}

static PJ_CONTEXT *new_context(void)
{
    PJ_CONTEXT *context = proj_context_create();
    if (!context)
        return NULL;
    proj_log_func(context, NULL, drop_log);
    proj_context_set_enable_network(context, 0);
    return context;
}

static PJ *crs_only(PJ *object)
{
    if (object && proj_is_crs(object))
        return object;
    proj_destroy(object);
    return NULL;
}

/* PROJ takes any other text for a part of a name and guesses ("foo" is in
 * Amersfoort); these names GDAL knows too. */
static bool is_definition(const char *text)
{
    static const char *const names[] = {"WGS84", "WGS72", "NAD83", "NAD27"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        if (strcasecmp(text, names[i]) == 0)
            return true;
    }
    return *text == '+' || strpbrk(text, ":[{=") != NULL;
}

/* A PROJ string is an operation unless it says that it is a CRS. */
static PJ *new_crs(PJ_CONTEXT *context, const char *definition)
{
    if (!is_definition(definition))
        return NULL;
    if (strncmp(definition, "+proj=", 6) != 0 || strstr(definition, "+type="))
        return crs_only(proj_create(context, definition));
    struct cc_strbuf text = CC_STRBUF_INIT;
    PJ *crs = NULL;
    if (cc_strbuf_printf(&text, "%s +type=crs", definition) == 0)
        crs = crs_only(proj_create(context, cc_strbuf_text(&text)));
    cc_strbuf_free(&text);
    return crs;
}

struct cc_reprojector *cc_reprojector_new(const char *target_definition,
                                          struct cc_error *error)
{
    struct cc_reprojector *reprojector = calloc(1, sizeof *reprojector);
    if (!reprojector)
    {
        cc_error_memory(error);
        return NULL;
    }
    reprojector->context = new_context();
    if (!reprojector->context)
        cc_error_memory(error);
    else
    {
        reprojector->target = new_crs(reprojector->context, target_definition);
        if (reprojector->target)
            return reprojector;
        cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                     "PROJ knows no coordinate reference system \"%s\"; "
                     "name one as EPSG:<code>, WKT or PROJ string",
                     target_definition);
    }
    cc_reprojector_free(reprojector);
    return NULL;
}

static void free_source(struct source *source)
{
    proj_destroy(source->transformation);
    free(source->definition);
    free(source);
}

void cc_reprojector_free(struct cc_reprojector *reprojector)
{
    if (!reprojector)
        return;
    while (reprojector->sources)
    {
        struct source *source = reprojector->sources;
        reprojector->sources = source->next;
        free_source(source);
    }
    proj_destroy(reprojector->target);
    proj_context_destroy(reprojector->context);
    free(reprojector);
}

/* ---- transformations ---- */

static PJ *new_source_crs(struct cc_reprojector *reprojector,
                          const struct source *source)
{
    char code[16];
    if (source->definition)
        return new_crs(reprojector->context, source->definition);
    snprintf(code, sizeof code, "%ld", (long)source->srid);
    return proj_create_from_database(reprojector->context, "EPSG", code,
                                     PJ_CATEGORY_CRS, 0, NULL);
}

/* Longitude, latitude on both sides, whatever the CRS definitions say. */
static PJ *new_transformation(struct cc_reprojector *reprojector, PJ *crs)
{
    PJ *raw = proj_create_crs_to_crs_from_pj(reprojector->context, crs,
                                             reprojector->target, NULL, NULL);
    if (!raw)
        return NULL;
    PJ *normalized =
        proj_normalize_for_visualization(reprojector->context, raw);
    proj_destroy(raw);
    return normalized;
}

static void connect_source(struct cc_reprojector *reprojector,
                           struct source *source)
{
    PJ *crs = new_source_crs(reprojector, source);
    if (!crs)
    {
        snprintf(source->failure, sizeof source->failure,
                 "PROJ knows no coordinate reference system for SRID %ld",
                 (long)source->srid);
        return;
    }
    if (!proj_is_equivalent_to_with_ctx(
            reprojector->context, crs, reprojector->target,
            PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS))
    {
        source->transformation = new_transformation(reprojector, crs);
        if (!source->transformation)
            snprintf(source->failure, sizeof source->failure,
                     "PROJ has no transformation from SRID %ld to the target",
                     (long)source->srid);
    }
    proj_destroy(crs);
}

static struct source *new_source(struct cc_reprojector *reprojector,
                                 int32_t srid, const char *definition)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return NULL;
    source->srid = srid;
    if (definition)
    {
        source->definition = strdup(definition);
        if (!source->definition)
        {
            free(source);
            return NULL;
        }
    }
    connect_source(reprojector, source);
    return source;
}

static bool is_source(const struct source *source, int32_t srid,
                      const char *definition)
{
    if (source->srid != srid || !source->definition != !definition)
        return false;
    return !definition || strcmp(source->definition, definition) == 0;
}

static struct source *find_source(struct cc_reprojector *reprojector,
                                  int32_t srid, const char *definition)
{
    struct source **link = &reprojector->sources;
    while (*link && !is_source(*link, srid, definition))
        link = &(*link)->next;
    struct source *source = *link;
    if (source)
        *link = source->next;
    else
        source = new_source(reprojector, srid, definition);
    if (source)
    {
        source->next = reprojector->sources;
        reprojector->sources = source;
    }
    return source;
}

/* ---- positions ---- */

struct job
{
    PJ *transformation;
    uint8_t *wkb;
    char *reason;
};

struct chunk
{
    double x[CHUNK];
    double y[CHUNK];
    double z[CHUNK];
};

static void load_chunk(struct chunk *chunk, const uint8_t *at, size_t count,
                       unsigned dims)
{
    size_t position = cc_dims_size(dims);
    for (size_t i = 0; i < count; i++, at += position)
    {
        chunk->x[i] = cc_load_f64le(at);
        chunk->y[i] = cc_load_f64le(at + 8);
        double z = dims & CC_DIM_Z ? cc_load_f64le(at + 16) : 0.0;
        chunk->z[i] = isnan(z) ? 0.0 : z;
    }
}

/* Empty points and missing heights stay NaN. False: a position that has no
 * counterpart in the target. */
static bool store_chunk(const struct chunk *chunk, uint8_t *at, size_t count,
                        unsigned dims, double failed[2])
{
    size_t position = cc_dims_size(dims);
    for (size_t i = 0; i < count; i++, at += position)
    {
        failed[0] = cc_load_f64le(at);
        failed[1] = cc_load_f64le(at + 8);
        if (isnan(failed[0]) || isnan(failed[1]))
            continue;
        if (!isfinite(chunk->x[i]) || !isfinite(chunk->y[i]))
            return false;
        cc_store_f64le(at, chunk->x[i]);
        cc_store_f64le(at + 8, chunk->y[i]);
        if (dims & CC_DIM_Z && !isnan(cc_load_f64le(at + 16)))
            cc_store_f64le(at + 16, chunk->z[i]);
    }
    return true;
}

static bool transform_chunk(struct job *job, uint8_t *at, size_t count,
                            unsigned dims)
{
    struct chunk chunk;
    double failed[2];
    load_chunk(&chunk, at, count, dims);
    proj_errno_reset(job->transformation);
    proj_trans_generic(job->transformation, PJ_FWD, chunk.x, sizeof(double),
                       count, chunk.y, sizeof(double), count, chunk.z,
                       sizeof(double), count, NULL, 0, 0);
    if (store_chunk(&chunk, at, count, dims, failed))
        return true;
    snprintf(job->reason, CC_REASON_SIZE,
             "the position %.15g %.15g has no counterpart in the target CRS",
             failed[0], failed[1]);
    return false;
}

static bool transform_run(void *context, size_t offset, uint32_t count,
                          unsigned dims)
{
    struct job *job = context;
    uint8_t *at = job->wkb + offset;
    for (size_t left = count; left > 0;)
    {
        size_t now = left < CHUNK ? left : CHUNK;
        if (!transform_chunk(job, at, now, dims))
            return false;
        at += now * cc_dims_size(dims);
        left -= now;
    }
    return true;
}

enum cc_geometry_status cc_reproject(struct cc_reprojector *reprojector,
                                     int32_t srid, const char *definition,
                                     uint8_t *wkb, size_t size,
                                     char reason[CC_REASON_SIZE])
{
    reason[0] = '\0';
    if (definition && !definition[0])
        definition = NULL;
    const struct source *source = find_source(reprojector, srid, definition);
    if (!source)
        return CC_GEOMETRY_NO_MEMORY;
    if (source->failure[0])
    {
        memcpy(reason, source->failure, CC_REASON_SIZE);
        return CC_GEOMETRY_INVALID;
    }
    if (!source->transformation)
        return CC_GEOMETRY_OK;

    struct job job = {source->transformation, wkb, reason};
    if (cc_wkb_walk(wkb, size, transform_run, &job))
        return CC_GEOMETRY_OK;
    if (!reason[0])
        snprintf(reason, CC_REASON_SIZE, "not ISO WKB");
    return CC_GEOMETRY_INVALID;
}

bool cc_crs_is_known(const char *definition)
{
    PJ_CONTEXT *context = new_context();
    if (!context)
        return false;
    PJ *crs = new_crs(context, definition);
    bool known = crs != NULL;
    proj_destroy(crs);
    proj_context_destroy(context);
    return known;
}

bool cc_srid_is_epsg(int32_t srid)
{
    char code[16];
    PJ_CONTEXT *context = new_context();
    if (!context)
        return false;
    snprintf(code, sizeof code, "%ld", (long)srid);
    PJ *crs = proj_create_from_database(context, "EPSG", code, PJ_CATEGORY_CRS,
                                        0, NULL);
    bool found = crs != NULL;
    proj_destroy(crs);
    proj_context_destroy(context);
    return found;
}
