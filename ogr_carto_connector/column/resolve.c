/* SPDX-License-Identifier: MIT */
/*
 * cc_schema_resolve: the connector's rules on columns, in the order in which
 * they build on each other: what is left out, the column limit, which columns
 * are geometry, types, SRIDs, output names.
 */
#include "geometry.h"
#include "schema.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 256
#define DEFAULT_SRID 4326
/* Digits that an output type holds whatever they are. */
#define INT32_DIGITS 9
#define INT64_DIGITS 18
#define DOUBLE_DIGITS 15

static const char default_geometry_names[] =
    "the_geom,geometry,wkb_geometry,geom,geojson,wkt";

/* ---- what is left out, and the limit ---- */

static void skip_column(struct cc_schema *schema, size_t index)
{
    struct cc_column *column = &schema->columns[index];
    column->skipped = true;
    if (schema->skipped.length > 0)
        (void)cc_strbuf_append(&schema->skipped, ",");
    size_t start = schema->skipped.length;
    if (column->name[0] != '\0')
        (void)cc_strbuf_append(&schema->skipped, column->name);
    else
        (void)cc_strbuf_printf(&schema->skipped, "column_%zu", index + 1);
    (void)cc_strbuf_printf(
        &schema->warnings,
        "column \"%s\" is left out: its type %s cannot be read\n",
        cc_strbuf_text(&schema->skipped) + start, column->native_type);
}

static int select_columns(struct cc_schema *schema, struct cc_error *error)
{
    size_t delivered = 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        if (schema->columns[i].kind == CC_KIND_UNSUPPORTED)
            skip_column(schema, i);
        else
            delivered++;
    }
    if (delivered <= MAX_COLUMNS)
        return 0;
    return cc_error_set(error, CC_STAGE_LIMIT, NULL,
                        "the result has %zu columns, the limit is %d; name "
                        "the columns that are needed in an sql_query",
                        delivered, MAX_COLUMNS);
}

/* ---- geometry ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The position of `name` in a comma separated list, ignoring case and blanks
 * around items; SIZE_MAX when it is not in there. */
static size_t rank_in_list(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (size_t rank = 0; length > 0; rank++)
    {
        while (is_blank(*list))
            list++;
        size_t item = strcspn(list, ",");
        size_t end = item;
        while (end > 0 && is_blank(list[end - 1]))
            end--;
        if (end == length && cc_ascii_equal(list, name, length))
            return rank;
        if (list[item] == '\0')
            break;
        list += item + 1;
    }
    return SIZE_MAX;
}

static bool is_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    return strlen(text) == length && cc_ascii_equal(text, word, length);
}

static bool may_be_geometry_by_name(enum cc_kind kind)
{
    return kind == CC_KIND_TEXT || kind == CC_KIND_BINARY ||
           kind == CC_KIND_JSON;
}

/* Marks every candidate; the best ranked one, or else the first native one,
 * is the geometry. */
static void find_geometries(struct cc_schema *schema, const char *names)
{
    bool native_only = names && is_word(names, "NONE");
    if (native_only || !names)
        names = default_geometry_names;

    size_t best_rank = SIZE_MAX;
    for (size_t i = 0; i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        bool native = column->kind == CC_KIND_GEOMETRY;
        bool by_name = may_be_geometry_by_name(column->kind) && !native_only;
        size_t rank = rank_in_list(names, column->name);

        column->is_geometry = native || (by_name && rank != SIZE_MAX);
        if (!column->is_geometry)
            continue;
        if (!native)
            column->encoding = CC_GEOMETRY_AUTO;
        if (rank < best_rank || schema->geometry == SIZE_MAX)
        {
            schema->geometry = i;
            best_rank = rank;
        }
    }
}

/* ---- types ---- */

/* A value of a negative scale is an integer with zeros at its end. */
static enum cc_type decimal_type(const struct cc_column *column, bool lossless)
{
    if (column->precision <= 0)
        return lossless ? CC_OUT_STRING : CC_OUT_FLOAT64;
    if (column->scale > 0)
        return lossless && column->precision > DOUBLE_DIGITS ? CC_OUT_STRING
                                                             : CC_OUT_FLOAT64;
    int64_t digits = (int64_t)column->precision - column->scale;
    if (digits <= INT32_DIGITS)
        return CC_OUT_INT32;
    return lossless && digits > INT64_DIGITS ? CC_OUT_STRING : CC_OUT_INT64;
}

static enum cc_type type_of_kind(const struct cc_column *column, bool lossless)
{
    switch (column->kind)
    {
        case CC_KIND_BOOLEAN:
            return CC_OUT_BOOLEAN;
        case CC_KIND_INT16:
            return CC_OUT_INT16;
        case CC_KIND_INT32:
            return CC_OUT_INT32;
        case CC_KIND_UINT32:
        case CC_KIND_INT64:
            return CC_OUT_INT64;
        case CC_KIND_UINT64:
            return lossless ? CC_OUT_STRING : CC_OUT_INT64;
        case CC_KIND_DECIMAL:
            return decimal_type(column, lossless);
        case CC_KIND_FLOAT32:
            return CC_OUT_FLOAT32;
        case CC_KIND_FLOAT64:
            return CC_OUT_FLOAT64;
        case CC_KIND_BINARY:
            return CC_OUT_BINARY;
        case CC_KIND_DATE:
            return lossless ? CC_OUT_STRING : CC_OUT_DATE;
        case CC_KIND_TIME:
            return lossless ? CC_OUT_STRING : CC_OUT_TIME;
        case CC_KIND_TIMESTAMP:
            return lossless ? CC_OUT_STRING : CC_OUT_TIMESTAMP;
        case CC_KIND_TIMESTAMPTZ:
            return lossless ? CC_OUT_STRING : CC_OUT_TIMESTAMPTZ;
        case CC_KIND_GEOMETRY:
            return CC_OUT_GEOMETRY;
        case CC_KIND_UNSUPPORTED:
        case CC_KIND_TEXT:
        case CC_KIND_JSON:
        case CC_KIND_UUID:
            break;
    }
    return CC_OUT_STRING;
}

static void set_types(struct cc_schema *schema, bool lossless)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        column->type = column->is_geometry ? CC_OUT_GEOMETRY
                                           : type_of_kind(column, lossless);
    }
}

/* ---- SRIDs ---- */

static int check_crs(const char *option, const char *definition,
                     struct cc_error *error)
{
    if (!definition || *definition == '\0' || cc_crs_is_known(definition))
        return 0;
    return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                        "%s: PROJ knows no coordinate reference system \"%s\"; "
                        "name one as EPSG:<code>, WKT or PROJ string",
                        option, definition);
}

/* SRS as "EPSG:n" or "n" is an SRID; any other text is kept as a definition. */
static int parse_srs(struct cc_schema *schema, const char *srs, int32_t *srid,
                     struct cc_error *error)
{
    *srid = DEFAULT_SRID;
    if (!srs || *srs == '\0')
        return 0;
    bool prefixed = strlen(srs) > 5 && cc_ascii_equal(srs, "EPSG:", 5);
    const char *digits = prefixed ? srs + 5 : srs;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count] != '\0')
    {
        CC_TRY(check_crs("SRS", srs, error));
        *srid = CC_SRID_CUSTOM;
        schema->custom_srs = strdup(srs);
        return schema->custom_srs ? 0 : cc_error_memory(error);
    }
    long code = count <= 9 ? strtol(digits, NULL, 10) : 0;
    if (code == 0)
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "SRS: %s is not an EPSG code", srs);
    *srid = (int32_t)code;
    return 0;
}

static int set_srids(struct cc_schema *schema, const char *srs,
                     struct cc_error *error)
{
    int32_t default_srid;
    CC_TRY(parse_srs(schema, srs, &default_srid, error));
    for (size_t i = 0; i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        if (column->srid <= 0)
            column->srid = CC_SRID_UNKNOWN;
        column->default_srid = default_srid;
    }
    return 0;
}

/* ---- names ---- */

static int name_column(struct cc_schema *schema, struct cc_names *names,
                       size_t index)
{
    struct cc_column *column = &schema->columns[index];
    bool cut = false;
    CC_TRY(cc_names_add(names, column->name, index + 1, column->output_name,
                        &cut));
    if (!cut)
        return 0;
    return cc_strbuf_printf(&schema->warnings,
                            "column \"%s\" is called \"%s\": names have at "
                            "most %d bytes\n",
                            column->name, column->output_name, CC_NAME_MAX);
}

/* The geometry's name is taken before any column can have it. */
static int name_columns(struct cc_schema *schema, struct cc_names *names)
{
    if (schema->geometry != SIZE_MAX)
        CC_TRY(cc_names_add(names, "the_geom", schema->geometry + 1,
                            schema->columns[schema->geometry].output_name,
                            NULL));
    for (size_t i = 0; i < schema->count; i++)
    {
        if (!schema->columns[i].skipped && i != schema->geometry)
            CC_TRY(name_column(schema, names, i));
    }
    return 0;
}

static int set_names(struct cc_schema *schema, struct cc_error *error)
{
    struct cc_names *names = cc_names_new();
    int result = names ? name_columns(schema, names) : -1;
    cc_names_free(names);
    if (result != 0 || cc_strbuf_failed(&schema->warnings) ||
        cc_strbuf_failed(&schema->skipped))
        return cc_error_memory(error);
    return 0;
}

static size_t find_key(const struct cc_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (schema->columns[i].key && !schema->columns[i].skipped)
            return i;
    }
    return SIZE_MAX;
}

int cc_schema_resolve(struct cc_schema *schema,
                      const struct cc_connector *connector,
                      struct cc_error *error)
{
    CC_TRY(select_columns(schema, error));
    find_geometries(schema,
                    cc_connector_text(connector, CC_P_GEOM_POSSIBLE_NAMES));
    set_types(schema, cc_connector_boolean(connector, CC_P_LOSSLESS));
    CC_TRY(set_srids(schema, cc_connector_text(connector, CC_P_SRS), error));
    CC_TRY(check_crs("TARGET_SRS",
                     cc_connector_text(connector, CC_P_TARGET_SRS), error));
    schema->key = find_key(schema);
    return set_names(schema, error);
}
