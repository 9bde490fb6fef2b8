/* SPDX-License-Identifier: MIT */
/*
 * Batch building: a provider appends the values of its wire, column by column
 * of a row, in the wire's own terms; the builder turns them into the output
 * type, keeps count of everything that cannot be held, and hands out Arrow
 * arrays.
 *
 * Every append adds exactly one value to one column. Appends of fixed-width
 * values cannot fail: room for a whole batch is reserved when it begins. The
 * others return 0, or -1 with the error set (memory; INVALID_GEOMETRY=ERROR).
 */
#ifndef CC_COLUMN_BUILDER_H
#define CC_COLUMN_BUILDER_H

#include "buffer.h"
#include "geometry.h"
#include "schema.h"

#ifdef __cplusplus
extern "C"
{
#endif

    /* What happened to values that could not be delivered as they are. */
    enum cc_loss_kind
    {
        CC_LOSS_RANGE = 0, /* beyond the integer type: NULL */
        CC_LOSS_PRECISION, /* decimal digits a double cannot hold: rounded */
        CC_LOSS_DATETIME,  /* infinity, 24:00, BC, 838:59:59: NULL */
        CC_LOSS_ZERO_DATE, /* zero or partial date: NULL */
        CC_LOSS_ENCODING,  /* invalid input replaced by U+FFFD */
        CC_LOSS_GEOMETRY,  /* does not parse or reproject: NULL */
        CC_LOSS_SUBMICROSECOND, /* rounded to microseconds: debug only */
        CC_LOSS_KINDS
    };

    struct cc_loss
    {
        uint64_t count;
        int64_t first_row;           /* of the read, counting from 1 */
        char reason[CC_REASON_SIZE]; /* the first value, or why */
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
        int32_t srid; /* geometry: the layer's; 0 until the first value of a
                          column of unknown SRID decides it */
        struct cc_batch_builder *batch;
        struct cc_loss losses[CC_LOSS_KINDS];
    };

    /* How to build. */
    struct cc_batch_options
    {
        size_t batch_rows;  /* rows of a full batch; 0: 8192 */
        size_t first_rows;  /* rows of the first batch; 0: 256 */
        size_t batch_bytes; /* a batch is full at this many bytes; 0: 4 MiB */
        const char *iconv_name; /* text is in this encoding; NULL: UTF-8 */
        bool invalid_geometry_is_error;
        const char *target_srs; /* reproject every geometry to it; NULL: no */
        /* The CRS definition of a SRID that is no EPSG code, or NULL. Called in
     * the thread that appends. May be NULL. The text is borrowed and lives as
     * long as the builder. */
        const char *(*srs_definition)(void *context, int32_t srid);
        void *context;
    };

    struct cc_batch_builder
    {
        struct cc_builder *columns;
        size_t count;
        size_t rows;      /* complete rows of this batch */
        int64_t row_base; /* rows of the batches before this one */
        bool resolved; /* geometry SRIDs are decided: the first batch is out */
        struct cc_batch_options options;
        size_t bytes; /* variable-width bytes of this batch, kept by appends */
        struct cc_reprojector *
            *reprojectors; /* one a column, made when needed */
        void *iconv_handle;
        struct cc_buffer scratch;
    };

    /*
 * A builder for the columns i of `schema` with wanted[i] (all that are not
 * skipped when `wanted` is NULL), in their order; columns[k] then is the k-th
 * of these. `schema` is borrowed and must outlive the builder. srids, when not
 * NULL, gives for the i-th schema column the layer's SRID if it is already
 * decided (0: not).
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
    bool cc_batch_full(const struct cc_batch_builder *builder);

    /* Moves the complete rows into *out ("+s", released by the taker, from any
 * thread) and begins the next batch. Values of an incomplete last row are an
 * error (CC_STAGE_INTERNAL): drop them first. */
    int cc_batch_finish(struct cc_batch_builder *builder,
                        struct ArrowArray *out,
                        struct cc_error *error) CC_CHECKED;

    /* Drops the values of an incomplete last row. */
    void cc_batch_drop_partial_row(struct cc_batch_builder *builder);

    /* ---- appends ---- */

    void cc_builder_null_slow(struct cc_builder *builder);

    static inline void cc_builder_null(struct cc_builder *builder)
    {
        cc_builder_null_slow(builder);
    }

    /* NULL, and counted. `reason` describes the value; copied for the first. */
    void cc_builder_lost(struct cc_builder *builder, enum cc_loss_kind kind,
                         const char *reason);
    /* Counts without appending: the value is delivered, but not exactly. */
    void cc_builder_note(struct cc_builder *builder, enum cc_loss_kind kind,
                         const char *reason);

    /* Any integer; a value outside the output type is NULL and counted. Integers
 * for a floating or text column are converted. */
    int cc_builder_int64_slow(struct cc_builder *builder, int64_t value,
                              struct cc_error *error);
    int cc_builder_uint64(struct cc_builder *builder, uint64_t value,
                          struct cc_error *error);
    int cc_builder_double_slow(struct cc_builder *builder, double value,
                               struct cc_error *error);

    static inline int cc_builder_int64(struct cc_builder *builder,
                                       int64_t value, struct cc_error *error)
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

    static inline int cc_builder_double(struct cc_builder *builder,
                                        double value, struct cc_error *error)
    {
        if (builder->type == CC_OUT_FLOAT64)
        {
            ((double *)builder->values)[builder->length++] = value;
            return 0;
        }
        return cc_builder_double_slow(builder, value, error);
    }

    /* Decimal text ("-12.50", "1e5", "NaN"): to the output type by the contract's
 * rules: NULL and counted beyond an integer, counted when a double does not
 * hold it to its last digit, the very text for a string column. */
    int cc_builder_decimal(struct cc_builder *builder, const char *text,
                           size_t size, struct cc_error *error);

    /* unscaled / 10^scale, the fast form of the same; 0 <= scale <= 38. */
    int cc_builder_decimal64(struct cc_builder *builder, int64_t unscaled,
                             int scale, struct cc_error *error);

    /* Text in the connector's encoding (UTF-8 unless one was named). Invalid
 * sequences and NUL bytes become U+FFFD and are counted. For a column whose
 * output is not a string, the text is parsed as that type (boolean t/f,
 * integers, decimals, ISO dates and times). */
    int cc_builder_text(struct cc_builder *builder, const char *text,
                        size_t size, struct cc_error *error);
    int cc_builder_bytes(struct cc_builder *builder, const void *data,
                         size_t size, struct cc_error *error);

    /* 16 bytes, RFC 4122 order; delivered as text. */
    int cc_builder_uuid(struct cc_builder *builder, const uint8_t value[16],
                        struct cc_error *error);

    /* Days since 1970-01-01; microseconds since midnight (0 <= value <
 * 86,400,000,000); microseconds since 1970-01-01 00:00 (UTC for a zoned
 * column). Outside years 1..9999: NULL and counted. */
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

    /* ---- what was lost ---- */

    /* One finished sentence for the reader on a loss, appended to `out`: the
 * column, how many values, the first row, what would keep them. */
    int cc_loss_describe(const struct cc_builder *builder,
                         enum cc_loss_kind kind, struct cc_strbuf *out);

#ifdef __cplusplus
}
#endif

#endif
