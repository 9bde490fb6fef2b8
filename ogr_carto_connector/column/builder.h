/* SPDX-License-Identifier: MIT */
/*
 * Batch building: a provider appends the values of its wire, column by column
 * of a row, in the wire's own terms; the builder turns them into the output
 * type, keeps count of everything that cannot be held, and hands out Arrow
 * arrays.
 *
 * Every append adds exactly one value to one column; a value that fails adds
 * none. Appends of fixed-width values, NULLs included, cannot run out of
 * memory: room for a whole batch is reserved when it begins. Appends return
 * 0, or -1 with the error set: memory, text that is no number or boolean where
 * the column is one, a value over 2 GiB, INVALID_GEOMETRY=ERROR, or a kind of
 * value the column's type has no form for (CC_STAGE_INTERNAL).
 *
 * A builder is used by one thread at a time.
 */
#ifndef CC_COLUMN_BUILDER_H
#define CC_COLUMN_BUILDER_H

#include "buffer.h"
#include "geometry.h"
#include "schema.h"
#include "text.h"

#ifdef __cplusplus
extern "C"
{
#endif

/* What happened to values that could not be delivered as they are. */
enum cc_loss_kind
{
    CC_LOSS_RANGE = 0,      /* beyond the integer or double: NULL */
    CC_LOSS_PRECISION,      /* digits a double cannot hold: rounded */
    CC_LOSS_FLOAT_TEXT,     /* digits a server's text of a float lacks */
    CC_LOSS_DATETIME,       /* infinity, 24:00, BC, 838:59:59: NULL */
    CC_LOSS_ZERO_DATE,      /* zero or partial date: NULL */
    CC_LOSS_ENCODING,       /* invalid input replaced by U+FFFD */
    CC_LOSS_GEOMETRY,       /* does not parse: NULL */
    CC_LOSS_REPROJECTION,   /* parses, but does not reproject: NULL */
    CC_LOSS_SUBMICROSECOND, /* rounded to microseconds: debug only */
    CC_LOSS_KINDS
};

struct cc_loss
{
    uint64_t count;
    int64_t first_row;           /* of the read, counting from 1 */
    char reason[CC_REASON_SIZE]; /* the first value, or why; UTF-8 */
};

struct cc_builder
{
    const struct cc_column *column; /* borrowed */
    enum cc_type type;              /* = column->type */
    size_t length;                  /* values of this batch */
    size_t capacity;                /* rows of this batch */
    int64_t null_count;
    uint8_t *validity; /* NULL until the first NULL of a batch */
    void *values;      /* fixed-width types; bits for CC_OUT_BOOLEAN */
    int32_t *offsets;  /* string, binary, geometry */
    struct cc_buffer data;
    void *block; /* of values or offsets, then room for the validity bits */
    uint8_t *validity_room;
    int32_t srid; /* geometry: the layer's; 0 until the first value of a
                     column of unknown SRID decides it. Fixed once the first
                     batch is out. */
    struct cc_reprojector *reprojector; /* to `srid`, made when needed */
    bool reprojector_failed;
    struct cc_batch_builder *batch;
    struct cc_loss losses[CC_LOSS_KINDS];
};

/* How to build. */
struct cc_batch_options
{
    size_t batch_rows;      /* rows of a full batch; 0: 8192. Fewer where
                               fixed-width values alone come to batch_bytes */
    size_t first_rows;      /* rows of the first batch; 0: 256 */
    size_t batch_bytes;     /* a batch is full at this many bytes; 0: 4 MiB */
    int64_t counted_rows;   /* losses of rows after so many are not counted,
                               as the rows are not delivered; 0: all are */
    const char *iconv_name; /* text is in this encoding; NULL: UTF-8 */
    bool invalid_geometry_is_error;
    const char *target_srs; /* reproject every geometry to it; NULL: no */
    /* The CRS definition of a SRID that is no EPSG code, or NULL. Called in
     * the thread that appends. May be NULL. The text is borrowed and lives
     * as long as the builder. */
    const char *(*srs_definition)(void *context, int32_t srid);
    void *context;
};

struct cc_batch_builder
{
    const struct cc_schema *schema; /* borrowed */
    struct cc_builder *columns;
    size_t count;
    size_t rows;      /* complete rows of this batch */
    size_t capacity;  /* rows that this batch can hold */
    int64_t row_base; /* rows of the batches before this one */
    struct cc_batch_options options;
    size_t bytes; /* variable-width bytes of this batch, kept by appends */
    struct cc_reprojector *target; /* to options.target_srs */
    int32_t target_srid; /* of target_srs where it is "EPSG:n", else 0 */
    int32_t known_srid;  /* whose definition is known_definition */
    const char *known_definition;
    struct cc_recoder *recoder; /* of iconv_name, or NULL */
};

/*
 * A builder for the columns i of `schema` with wanted[i] (all that are not
 * skipped when `wanted` is NULL), in their order; columns[k] then is the
 * k-th of these. `schema` is borrowed and must outlive the builder, as the
 * strings of the options. srids, when not NULL, gives for the i-th schema
 * column the layer's SRID if it is already decided (0: not). Fails with
 * CC_STAGE_PARAMETER for an encoding or target CRS that is not known here.
 */
int cc_batch_builder_new(const struct cc_schema *schema, const bool *wanted,
                         const int32_t *srids,
                         const struct cc_batch_options *options,
                         struct cc_batch_builder **builder,
                         struct cc_error *error) CC_CHECKED;
void cc_batch_builder_free(struct cc_batch_builder *builder);

/* To be called when every column of a row has been appended. */
static inline void cc_batch_end_row(struct cc_batch_builder *builder)
{
    builder->rows++;
}

/* Whether no further row may be appended before cc_batch_finish. */
static inline bool cc_batch_full(const struct cc_batch_builder *builder)
{
    return builder->rows >= builder->capacity ||
           builder->bytes >= builder->options.batch_bytes;
}

/* Moves the complete rows into *out ("+s", released by the taker, from any
 * thread) and begins the next batch. Values of an incomplete last row are
 * an error (CC_STAGE_INTERNAL): drop them first. After a failure the
 * builder can only be freed. */
int cc_batch_finish(struct cc_batch_builder *builder, struct ArrowArray *out,
                    struct cc_error *error) CC_CHECKED;

/* Drops the values of an incomplete last row. What they lost stays counted:
 * the row is not to be appended again. */
void cc_batch_drop_partial_row(struct cc_batch_builder *builder);

/* The bytes of the buffers of a batch from cc_batch_finish. Any thread. */
size_t cc_batch_size(const struct cc_batch_builder *builder,
                     const struct ArrowArray *batch);

/* Shortens a batch from cc_batch_finish to its first `rows` rows. */
void cc_batch_truncate(struct ArrowArray *batch, int64_t rows);

/* ---- appends ---- */

void cc_builder_null(struct cc_builder *builder);

/* NULL, and counted. `reason` describes the value; copied for the first. */
void cc_builder_lost(struct cc_builder *builder, enum cc_loss_kind kind,
                     const char *reason);
/* Counts without appending: the value that is appended next is delivered,
 * but not exactly. */
void cc_builder_note(struct cc_builder *builder, enum cc_loss_kind kind,
                     const char *reason);

/* Any integer; a value outside the output type is NULL and counted.
 * Integers for a boolean, floating or text column are converted. */
int cc_builder_int64_slow(struct cc_builder *builder, int64_t value,
                          struct cc_error *error);
int cc_builder_uint64(struct cc_builder *builder, uint64_t value,
                      struct cc_error *error);
int cc_builder_double_slow(struct cc_builder *builder, double value,
                           struct cc_error *error);

static inline int cc_builder_int64(struct cc_builder *builder, int64_t value,
                                   struct cc_error *error)
{
    if (builder->type == CC_OUT_INT64)
    {
        ((int64_t *)builder->values)[builder->length++] = value;
        return 0;
    }
    if (builder->type == CC_OUT_INT32 && value == (int32_t)value)
    {
        ((int32_t *)builder->values)[builder->length++] = (int32_t)value;
        return 0;
    }
    return cc_builder_int64_slow(builder, value, error);
}

static inline int cc_builder_double(struct cc_builder *builder, double value,
                                    struct cc_error *error)
{
    if (builder->type == CC_OUT_FLOAT64)
    {
        ((double *)builder->values)[builder->length++] = value;
        return 0;
    }
    return cc_builder_double_slow(builder, value, error);
}

/* Decimal text ("-12.50", "1e5", "NaN"): to the output type by the
 * contract's rules: NULL and counted beyond an integer, counted when a
 * double does not hold it to its last digit, the very text for a string
 * column. */
int cc_builder_decimal(struct cc_builder *builder, const char *text,
                       size_t size, struct cc_error *error);

/* unscaled / 10^scale, the fast form of the same; 0 <= scale <= 38. */
int cc_builder_decimal64(struct cc_builder *builder, int64_t unscaled,
                         int scale, struct cc_error *error);

/* Text in the connector's encoding (UTF-8 unless one was named). Invalid
 * sequences and NUL bytes become U+FFFD and are counted. For a column whose
 * output is not a string, the text is parsed as that type: booleans (t, f,
 * true, false, 1, 0, ...), numbers, ISO dates and times, hexadecimal for
 * binary, any text form of a geometry. */
int cc_builder_text(struct cc_builder *builder, const char *text, size_t size,
                    struct cc_error *error);

/* The bytes themselves; text for a string, a value for a geometry. */
int cc_builder_bytes(struct cc_builder *builder, const void *data, size_t size,
                     struct cc_error *error);

/* 16 bytes, RFC 4122 order; delivered as text. */
int cc_builder_uuid(struct cc_builder *builder, const uint8_t value[16],
                    struct cc_error *error);

/* Days since 1970-01-01; microseconds since midnight; microseconds since
 * 1970-01-01 00:00 (UTC for a zoned column). Outside years 1..9999, or the
 * 24 hours of the day: NULL and counted. ISO text for a string column. */
int cc_builder_date(struct cc_builder *builder, int64_t days,
                    struct cc_error *error);
int cc_builder_time(struct cc_builder *builder, int64_t microseconds,
                    struct cc_error *error);
int cc_builder_timestamp(struct cc_builder *builder, int64_t microseconds,
                         struct cc_error *error);

/* A value of the column's geometry encoding: decoded, reprojected when its
 * SRID is not the layer's (or always, with target_srs). */
int cc_builder_geometry(struct cc_builder *builder, const void *data,
                        size_t size, struct cc_error *error);

/*
 * ---- many values at once ----
 *
 * What the appends of one value do, for `count` values of which none is NULL,
 * and faster where the output type has them as they are. After a failure those
 * in front of the value that failed are there.
 */

int cc_builder_int64s(struct cc_builder *builder, const int64_t *values,
                      size_t count, struct cc_error *error);
int cc_builder_doubles(struct cc_builder *builder, const double *values,
                       size_t count, struct cc_error *error);
/* Booleans as an Arrow array has them, from the bit `first` on. */
int cc_builder_bits(struct cc_builder *builder, const uint8_t *bits,
                    size_t first, size_t count, struct cc_error *error);
int cc_builder_dates(struct cc_builder *builder, const int32_t *days,
                     size_t count, struct cc_error *error);
int cc_builder_times(struct cc_builder *builder, const int64_t *microseconds,
                     size_t count, struct cc_error *error);
int cc_builder_timestamps(struct cc_builder *builder,
                          const int64_t *microseconds, size_t count,
                          struct cc_error *error);
/* Value i is the bytes from offsets[i] to offsets[i + 1] of `data`, which may be
 * NULL where all are empty. */
int cc_builder_texts(struct cc_builder *builder, const char *data,
                     const int32_t *offsets, size_t count,
                     struct cc_error *error);
int cc_builder_blobs(struct cc_builder *builder, const void *data,
                     const int32_t *offsets, size_t count,
                     struct cc_error *error);

/* ---- what was lost ---- */

/* One finished sentence for the reader on a loss, appended to `out`: the
 * column, how many values, the first row, what would keep them. Nothing
 * when there was none. */
int cc_loss_describe(const struct cc_builder *builder, enum cc_loss_kind kind,
                     struct cc_strbuf *out);

#ifdef __cplusplus
}
#endif

#endif
