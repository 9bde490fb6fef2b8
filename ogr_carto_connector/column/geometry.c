/* SPDX-License-Identifier: MIT */
/*
 * The front of the geometry decoders: which one a value is for.
 */
#include "connector/ascii.h"
#include "wire/esri_shape.h"
#include "wire/tds_geometry.h"
#include "wkb.h"

#include <strings.h>

/* Hexadecimal of up to this many bytes is decoded on the stack. */
#define STACK_BYTES 512

#define MYSQL_SRID_SIZE 4

/* The number of digits in front that are hexadecimal. */
static size_t unhex(const uint8_t *digits, size_t count, uint8_t *out)
{
    for (size_t i = 0; i + 1 < count; i += 2)
    {
        int high = cc_hex_digit((char)digits[i]);
        int low = cc_hex_digit((char)digits[i + 1]);
        if (high < 0 || low < 0)
            return high < 0 ? i : i + 1;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return count;
}

static enum cc_geometry_status decode_hex(const uint8_t *digits, size_t count,
                                          size_t text_length, uint8_t *bytes,
                                          struct cc_buffer *out,
                                          struct cc_geometry_result *result)
{
    size_t valid = unhex(digits, count, bytes);
    if (valid < count)
        return cc_geometry_invalid(
            result, "hexadecimal WKB has 0x%02X after %zu digits",
            digits[valid], valid);

    size_t before = out->size;
    enum cc_geometry_status status =
        cc_wkb_decode(bytes, count / 2, text_length, out, result);
    if (status != CC_GEOMETRY_OK || count % 2 == 0)
        return status;
    out->size = before;
    return cc_geometry_invalid(result,
                               "hexadecimal WKB has half a byte after its end");
}

/* `text_length` counts the characters of the value, the prefix included. */
static enum cc_geometry_status from_hex(const uint8_t *digits, size_t count,
                                        size_t text_length,
                                        struct cc_buffer *out,
                                        struct cc_geometry_result *result)
{
    uint8_t on_stack[STACK_BYTES];
    if (count < 2)
        return cc_geometry_invalid(result, "hexadecimal WKB without digits");
    if (count / 2 <= STACK_BYTES)
        return decode_hex(digits, count, text_length, on_stack, out, result);

    uint8_t *bytes = malloc(count / 2);
    if (!bytes)
        return CC_GEOMETRY_NO_MEMORY;
    enum cc_geometry_status status =
        decode_hex(digits, count, text_length, bytes, out, result);
    free(bytes);
    return status;
}

static enum cc_geometry_status from_mysql(const uint8_t *data, size_t size,
                                          struct cc_buffer *out,
                                          struct cc_geometry_result *result)
{
    if (size == 0)
        return CC_GEOMETRY_EMPTY_VALUE;
    if (size < MYSQL_SRID_SIZE + CC_WKB_HEADER_SIZE)
        return cc_geometry_invalid(
            result,
            "the value is cut: it has %zu bytes, an SRID and WKB need "
            "at least %d",
            size, MYSQL_SRID_SIZE + CC_WKB_HEADER_SIZE);
    uint32_t srid = cc_load_u32le(data);
    enum cc_geometry_status status = cc_geometry_from_wkb(
        data + MYSQL_SRID_SIZE, size - MYSQL_SRID_SIZE, out, result);
    if (srid != 0 && srid <= INT32_MAX)
        result->srid = (int32_t)srid;
    return status;
}

static bool is_space(uint8_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static bool begins_with_hex_prefix(const uint8_t *text, size_t size)
{
    return size >= 2 && (text[0] == '\\' || text[0] == '0') &&
           (text[1] == 'x' || text[1] == 'X');
}

static bool begins_with_hex_order(const uint8_t *text, size_t size)
{
    return size >= 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1');
}

static bool is_word(const uint8_t *text, size_t size, const char *word)
{
    return size == strlen(word) &&
           strncasecmp((const char *)text, word, size) == 0;
}

static enum cc_geometry_status unknown(const uint8_t *text, size_t size,
                                       struct cc_geometry_result *result)
{
    char begin[CC_QUOTE_SIZE];
    return cc_geometry_invalid(
        result, "neither WKB, WKT nor GeoJSON: it begins with \"%s\"",
        cc_geometry_quote(begin, text, size));
}

static enum cc_geometry_status from_text(const uint8_t *text, size_t size,
                                         struct cc_buffer *out,
                                         struct cc_geometry_result *result)
{
    size_t length = size;
    while (size > 0 && is_space(text[0]))
    {
        text++;
        size--;
    }
    while (size > 0 && (is_space(text[size - 1]) || text[size - 1] == '\0'))
        size--;
    if (size == 0 || is_word(text, size, "null"))
        return CC_GEOMETRY_EMPTY_VALUE;
    if (begins_with_hex_prefix(text, size))
        return from_hex(text + 2, size - 2, length, out, result);
    if (begins_with_hex_order(text, size))
        return from_hex(text, size, length, out, result);
    if (text[0] == '{')
        return cc_geometry_from_geojson((const char *)text, size, out, result);
    if ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z')
        return cc_geometry_from_wkt((const char *)text, size, out, result);
    return unknown(text, size, result);
}

static enum cc_geometry_status from_auto(const uint8_t *data, size_t size,
                                         struct cc_buffer *out,
                                         struct cc_geometry_result *result)
{
    if (size > 0 && data[0] <= 1)
        return cc_geometry_from_wkb(data, size, out, result);
    return from_text(data, size, out, result);
}

enum cc_geometry_status cc_geometry_decode(enum cc_geometry_encoding encoding,
                                           const uint8_t *data, size_t size,
                                           struct cc_buffer *out,
                                           struct cc_geometry_result *result)
{
    result->srid = 0;
    result->wkb_type = 0;
    result->reason[0] = '\0';
    switch (encoding)
    {
        case CC_GEOMETRY_WKB:
            return cc_geometry_from_wkb(data, size, out, result);
        case CC_GEOMETRY_MYSQL:
            return from_mysql(data, size, out, result);
        case CC_GEOMETRY_CLR_GEOMETRY:
            return cc_tds_geometry(data, size, false, out, result);
        case CC_GEOMETRY_CLR_GEOGRAPHY:
            return cc_tds_geometry(data, size, true, out, result);
        case CC_GEOMETRY_ESRI:
            return cc_esri_shape(data, size, out, result);
        case CC_GEOMETRY_AUTO:
            break;
    }
    return from_auto(data, size, out, result);
}
