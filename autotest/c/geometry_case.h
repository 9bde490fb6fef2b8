/* SPDX-License-Identifier: MIT */
/* Values as tests write them, and what decoding them gives. */
#ifndef CC_GEOMETRY_CASE_H
#define CC_GEOMETRY_CASE_H

#include "cmocka_all.h"

#include "column/geometry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GEOMETRIES CC_SOURCE_DIR "/autotest/c/data/geometries.txt"

struct decoded
{
    enum cc_geometry_status status;
    struct cc_geometry_result result;
    struct cc_buffer wkb;
};

/* The bytes lie at the end of their own allocation, so that a sanitizer or
 * valgrind sees every read beyond them. */
static inline struct decoded decode_bytes(enum cc_geometry_encoding encoding,
                                          const void *data, size_t size)
{
    struct decoded decoded = {.wkb = CC_BUFFER_INIT};
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, data, size);
    memset(&decoded.result, 0x55, sizeof decoded.result);
    decoded.status =
        cc_geometry_decode(encoding, copy, size, &decoded.wkb, &decoded.result);
    if (decoded.status != CC_GEOMETRY_OK)
    {
        assert_int_equal(decoded.wkb.size, 0);
        cc_buffer_free(&decoded.wkb);
    }
    if (decoded.status == CC_GEOMETRY_INVALID)
        assert_true(decoded.result.reason[0] != '\0');
    free(copy);
    return decoded;
}

static inline struct decoded decode_text(const char *text)
{
    return decode_bytes(CC_GEOMETRY_AUTO, text, strlen(text));
}

/* Hexadecimal, spaces allowed, to bytes the caller frees. */
static inline uint8_t *unhex(const char *hex, size_t *size)
{
    uint8_t *bytes = malloc(strlen(hex) / 2 + 1);
    assert_non_null(bytes);
    *size = 0;
    while (*hex)
    {
        unsigned byte;
        if (*hex == ' ')
        {
            hex++;
            continue;
        }
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        bytes[(*size)++] = (uint8_t)byte;
        hex += 2;
    }
    return bytes;
}

static inline struct decoded decode_hex(enum cc_geometry_encoding encoding,
                                        const char *hex)
{
    size_t size;
    uint8_t *bytes = unhex(hex, &size);
    struct decoded decoded = decode_bytes(encoding, bytes, size);
    free(bytes);
    return decoded;
}

static inline void assert_bytes(const struct cc_buffer *buffer, const char *hex)
{
    size_t size;
    uint8_t *expected = unhex(hex, &size);
    assert_int_equal(buffer->size, size);
    assert_memory_equal(buffer->data, expected, size);
    free(expected);
}

/* Frees `decoded`. */
static inline void assert_decoded(struct decoded decoded, int32_t srid,
                                  const char *hex)
{
    if (decoded.status != CC_GEOMETRY_OK)
        fail_msg("status %d: %s", (int)decoded.status, decoded.result.reason);
    assert_bytes(&decoded.wkb, hex);
    assert_int_equal(decoded.result.srid, srid);
    uint32_t type;
    memcpy(&type, decoded.wkb.data + 1, sizeof type);
    assert_int_equal(decoded.result.wkb_type, type);
    cc_buffer_free(&decoded.wkb);
}

/* The same geometry as this WKT, which test_wkt compares with GDAL's. */
static inline void assert_decoded_as(struct decoded decoded, int32_t srid,
                                     const char *wkt)
{
    struct decoded expected = decode_text(wkt);
    assert_int_equal(expected.status, CC_GEOMETRY_OK);
    if (decoded.status != CC_GEOMETRY_OK)
        fail_msg("status %d: %s", (int)decoded.status, decoded.result.reason);
    assert_int_equal(decoded.result.srid, srid);
    assert_int_equal(decoded.result.wkb_type, expected.result.wkb_type);
    assert_int_equal(decoded.wkb.size, expected.wkb.size);
    assert_memory_equal(decoded.wkb.data, expected.wkb.data, expected.wkb.size);
    cc_buffer_free(&decoded.wkb);
    cc_buffer_free(&expected.wkb);
}

static inline void assert_invalid(struct decoded decoded, const char *reason)
{
    assert_int_equal(decoded.status, CC_GEOMETRY_INVALID);
    assert_string_equal(decoded.result.reason, reason);
}

static inline void assert_empty_value(struct decoded decoded)
{
    assert_int_equal(decoded.status, CC_GEOMETRY_EMPTY_VALUE);
}

/* Cut after every byte: never a geometry. An empty value is none at all. */
static inline void assert_never_cut(enum cc_geometry_encoding encoding,
                                    const uint8_t *data, size_t size)
{
    for (size_t i = 1; i < size; i++)
    {
        struct decoded decoded = decode_bytes(encoding, data, i);
        if (decoded.status != CC_GEOMETRY_INVALID)
            fail_msg("status %d after %zu of %zu bytes", (int)decoded.status, i,
                     size);
    }
}

/* Calls `check` with every line of GEOMETRIES: WKT and GDAL's ISO WKB. */
static inline void each_geometry(void (*check)(const char *wkt,
                                               const char *hex))
{
    char line[8192];
    size_t count = 0;
    FILE *file = fopen(GEOMETRIES, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
    {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\n")] = '\0';
        check(line, tab + 1);
        count++;
    }
    fclose(file);
    assert_int_equal(count, 184);
}

#endif
