/* SPDX-License-Identifier: MIT */
/*
 * Columns: what a server says of them (kind), and what they become (type).
 *
 * A provider's describe fills a schema with kinds. cc_schema_resolve then
 * applies the connector's rules once for every provider: output names, the
 * geometry, the output types with LOSSLESS, the column limit, what is skipped.
 */
#ifndef CC_COLUMN_SCHEMA_H
#define CC_COLUMN_SCHEMA_H

#include "arrow_abi.h"
#include "connector/connector.h"
#include "connector/names.h"

#ifdef __cplusplus
extern "C"
{
#endif

/* What the server holds. */
enum cc_kind
{
    CC_KIND_UNSUPPORTED = 0, /* left out, with a warning */
    CC_KIND_BOOLEAN,
    CC_KIND_INT16, /* and tinyint, signed or not */
    CC_KIND_INT32, /* and unsigned smallint, year */
    CC_KIND_UINT32,
    CC_KIND_INT64,
    CC_KIND_UINT64,
    CC_KIND_DECIMAL, /* precision and scale; precision 0: none declared */
    CC_KIND_FLOAT32,
    CC_KIND_FLOAT64,
    CC_KIND_TEXT, /* char, varchar, text, and all that is read as text */
    CC_KIND_JSON,
    CC_KIND_UUID,
    CC_KIND_BINARY,
    CC_KIND_DATE,
    CC_KIND_TIME,
    CC_KIND_TIMESTAMP,
    CC_KIND_TIMESTAMPTZ,
    CC_KIND_GEOMETRY /* a native spatial type */
};

/* What is delivered, with its Arrow format. */
enum cc_type
{
    CC_OUT_BOOLEAN = 0, /* b */
    CC_OUT_INT16,       /* s */
    CC_OUT_INT32,       /* i */
    CC_OUT_INT64,       /* l */
    CC_OUT_FLOAT32,     /* f */
    CC_OUT_FLOAT64,     /* g */
    CC_OUT_STRING,      /* u */
    CC_OUT_BINARY,      /* z */
    CC_OUT_DATE,        /* tdD: days since 1970-01-01 */
    CC_OUT_TIME,        /* ttu: microseconds since midnight */
    CC_OUT_TIMESTAMP,   /* tsu:, microseconds since 1970-01-01, no zone */
    CC_OUT_TIMESTAMPTZ, /* tsu:UTC */
    CC_OUT_GEOMETRY     /* z, ISO WKB, little-endian */
};

/* How a geometry value is encoded on the wire. */
enum cc_geometry_encoding
{
    CC_GEOMETRY_AUTO = 0, /* text or bytes, told apart value by value: hex or
                             raw (E)WKB, (E)WKT, GeoJSON */
    CC_GEOMETRY_WKB,      /* OGC, ISO or EWKB, either byte order */
    CC_GEOMETRY_MYSQL,    /* uint32 little-endian SRID, then WKB */
    CC_GEOMETRY_CLR_GEOMETRY, /* SQL Server, [MS-SSCLRT] 2.1 */
    CC_GEOMETRY_CLR_GEOGRAPHY,
    CC_GEOMETRY_ESRI /* Hive: int32 big-endian WKID, type byte, shape */
};

#define CC_SRID_UNKNOWN (-1)
/* The CRS of cc_schema.custom_srs: an SRS option that is no EPSG code. Beyond
 * what any server's catalog holds (PostGIS ends at 999999). */
#define CC_SRID_CUSTOM INT32_MAX

struct cc_column
{
    /* set by describe */
    char *name;        /* the remote name, whole; may be "" */
    char *native_type; /* the server's word for the type: "numeric(10,0)" */
    enum cc_kind kind;
    int precision;       /* CC_KIND_DECIMAL; 0: none declared */
    int scale;           /* CC_KIND_DECIMAL */
    int width;           /* characters, CC_KIND_TEXT; 0: none declared */
    bool not_null;       /* the catalog says so */
    bool key;            /* the only column of an integer primary key */
    char *comment;       /* or NULL */
    char *default_value; /* SQL text, or NULL */
    int64_t native_id;   /* the provider's own: type OID, field type */
    int64_t native_modifier;
    enum cc_geometry_encoding encoding; /* CC_KIND_GEOMETRY */
    int32_t srid;      /* CC_KIND_GEOMETRY: the catalog's; CC_SRID_UNKNOWN (0
                          and less become it): the first value decides */
    uint32_t wkb_type; /* ISO WKB type code (1 Point, 1001 Point Z); 0: any */
    bool geodetic;     /* edges are geodesics: no planar pushdown */

    /* set by cc_schema_resolve */
    bool skipped;         /* not delivered */
    bool is_geometry;     /* delivered as geometry (native or by its name) */
    int32_t default_srid; /* geometry: of values that carry no SRID while
                             `srid` is unknown: the SRS option's, or 4326 */
    enum cc_type type;
    char output_name[CC_NAME_MAX + 1]; /* "the_geom" for the geometry */
};

struct cc_schema
{
    struct cc_column *columns; /* in the order of the result */
    size_t count;
    size_t geometry;           /* index of *the* geometry, or SIZE_MAX */
    size_t key;                /* index of the key column, or SIZE_MAX */
    struct cc_strbuf warnings; /* one a line, for the reader */
    struct cc_strbuf skipped;  /* names, comma separated */
    struct cc_strbuf metadata; /* of the layer, by describe: "NAME=value", one
                                  a line */
    char *custom_srs;          /* CRS definition of CC_SRID_CUSTOM, or NULL */
};

void cc_schema_init(struct cc_schema *schema);
void cc_schema_free(struct cc_schema *schema);

/* Appends a column with kind CC_KIND_UNSUPPORTED, srid CC_SRID_UNKNOWN; the
 * strings are copied. NULL when out of memory. The pointer is valid until the
 * next addition. */
struct cc_column *cc_schema_add(struct cc_schema *schema, const char *name,
                                const char *native_type);

/*
 * Applies the rules of the connector (names, geometry, types, LOSSLESS, SRS,
 * the limit of 256 columns) to every column; once, and before any reading.
 * Fails with CC_STAGE_LIMIT, and the count, over 256 delivered columns, and
 * with CC_STAGE_PARAMETER for an EPSG code in SRS that is none.
 */
int cc_schema_resolve(struct cc_schema *schema,
                      const struct cc_connector *connector,
                      struct cc_error *error) CC_CHECKED;

/* Whether a read delivers the column `index`: `wanted`, by schema column, or
 * NULL for all; never one that is skipped. */
static inline bool cc_schema_wants(const struct cc_schema *schema,
                                   const bool *wanted, size_t index)
{
    return !schema->columns[index].skipped && (!wanted || wanted[index]);
}

/* Whether the provider has to ask for the server's own text of a column that
 * is not text (LOSSLESS). */
bool cc_column_wants_text(const struct cc_column *column);

/* The Arrow format string of a type: "l", "tsu:UTC". */
const char *cc_type_format(enum cc_type type);

/*
 * The Arrow schema ("+s") of the columns i for which wanted[i] (all that are
 * not skipped when `wanted` is NULL). Geometry columns carry the metadata
 * ARROW:extension:name = `geometry_extension`. When `fid_name` is not NULL the
 * first child is a non-null int64 of that name.
 */
int cc_schema_to_arrow(const struct cc_schema *schema, const bool *wanted,
                       const char *fid_name, const char *geometry_extension,
                       struct ArrowSchema *out,
                       struct cc_error *error) CC_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
