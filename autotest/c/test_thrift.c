/* SPDX-License-Identifier: MIT */
/* Thrift's binary protocol, from bytes and to bytes. */
#include "cmocka_all.h"

#include "wire/thrift.h"

#define BYTES(...)                                                             \
    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static struct cc_thrift_reader reader_of(const uint8_t *data, size_t size)
{
    return (struct cc_thrift_reader){.data = data, .size = size};
}

/* ---- writing ---- */

static void assert_written(struct cc_thrift_writer *writer, const uint8_t *data,
                           size_t size)
{
    assert_false(writer->failed);
    assert_int_equal(writer->out.size, size);
    assert_memory_equal(writer->out.data, data, size);
    cc_buffer_free(&writer->out);
}

static void test_writes_numbers(void **state)
{
    (void)state;
    struct cc_thrift_writer writer = {.failed = false};
    cc_thrift_write_byte(&writer, 0xFE);
    cc_thrift_write_i16(&writer, -2);
    cc_thrift_write_i32(&writer, 0x01020304);
    cc_thrift_write_i64(&writer, INT64_MIN);
    assert_written(&writer, BYTES(0xFE, 0xFF, 0xFE, 1, 2, 3, 4, 0x80, 0, 0, 0,
                                  0, 0, 0, 0));
}

/* OpenSession of version 6 for user "u" without settings. */
static void test_writes_a_call(void **state)
{
    (void)state;
    struct cc_thrift_writer writer = {.failed = false};
    cc_thrift_write_message(&writer, CC_THRIFT_CALL, "OpenSession", 0);
    cc_thrift_write_field(&writer, CC_THRIFT_STRUCT, 1);
    cc_thrift_write_field(&writer, CC_THRIFT_I32, 1);
    cc_thrift_write_i32(&writer, 5);
    cc_thrift_write_field(&writer, CC_THRIFT_STRING, 2);
    cc_thrift_write_string(&writer, "u");
    cc_thrift_write_field(&writer, CC_THRIFT_MAP, 4);
    cc_thrift_write_byte(&writer, CC_THRIFT_STRING);
    cc_thrift_write_byte(&writer, CC_THRIFT_STRING);
    cc_thrift_write_i32(&writer, 0);
    cc_thrift_write_stop(&writer);
    cc_thrift_write_stop(&writer);
    assert_written(&writer,
                   BYTES(0x80, 0x01, 0x00, 0x01, 0, 0, 0, 11, 'O', 'p', 'e',
                         'n', 'S', 'e', 's', 's', 'i', 'o', 'n', 0, 0, 0, 0,
                         0x0C, 0, 1, 0x08, 0, 1, 0, 0, 0, 5, 0x0B, 0, 2, 0, 0,
                         0, 1, 'u', 0x0D, 0, 4, 0x0B, 0x0B, 0, 0, 0, 0, 0, 0));
}

/* ---- reading ---- */

static void test_reads_numbers(void **state)
{
    (void)state;
    struct cc_thrift_reader reader =
        reader_of(BYTES(2, 0xFF, 0x80, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xC0, 0x09, 0x21,
                        0xFB, 0x54, 0x44, 0x2D, 0x18));
    assert_true(cc_thrift_read_bool(&reader));
    assert_int_equal(cc_thrift_read_byte(&reader), -1);
    assert_int_equal(cc_thrift_read_i16(&reader), INT16_MIN);
    assert_int_equal(cc_thrift_read_i32(&reader), INT32_MAX);
    assert_int_equal(cc_thrift_read_i64(&reader), -2);
    assert_true(cc_thrift_read_double(&reader) == -3.141592653589793);
    assert_null(reader.failure);
    assert_int_equal(reader.at, reader.size);
}

static void test_reads_a_message(void **state)
{
    (void)state;
    struct cc_thrift_reader reader = reader_of(
        BYTES(0x80, 0x01, 0x00, 0x02, 0, 0, 0, 2, 'h', 'i', 0, 0, 0, 7));
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t sequence;
    cc_thrift_read_message(&reader, &type, &name, &sequence);
    assert_null(reader.failure);
    assert_int_equal(type, CC_THRIFT_REPLY);
    assert_int_equal(name.at, 8);
    assert_int_equal(name.size, 2);
    assert_int_equal(sequence, 7);
}

static void assert_failure(const struct cc_thrift_reader *reader,
                           const char *reason)
{
    assert_non_null(reader->failure);
    assert_string_equal(reader->failure, reason);
}

/* An HTTP server's answer, an unframed answer where a frame was expected. */
static void test_refuses_other_protocols(void **state)
{
    (void)state;
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t sequence;
    struct cc_thrift_reader reader =
        reader_of(BYTES('H', 'T', 'T', 'P', '/', '1', '.', '1'));
    cc_thrift_read_message(&reader, &type, &name, &sequence);
    assert_failure(&reader,
                   "it is no message of Thrift's strict binary protocol");
}

static void test_ends_of_data(void **state)
{
    (void)state;
    struct cc_thrift_reader reader = reader_of(BYTES(0, 0, 0, 5, 'a', 'b'));
    struct cc_thrift_span span = cc_thrift_read_binary(&reader);
    assert_failure(&reader, "the message ends early");
    assert_int_equal(span.size, 0);
    /* nothing more is read after a failure */
    assert_int_equal(cc_thrift_read_byte(&reader), 0);
    struct cc_thrift_field field;
    assert_false(cc_thrift_next(&reader, &field));
}

static void test_negative_lengths(void **state)
{
    (void)state;
    struct cc_thrift_reader reader = reader_of(BYTES(0xFF, 0xFF, 0xFF, 0xFF));
    (void)cc_thrift_read_binary(&reader);
    assert_failure(&reader, "a length is negative");
    enum cc_thrift_type element;
    size_t count;
    reader = reader_of(BYTES(11, 0x80, 0, 0, 0));
    cc_thrift_read_list(&reader, &element, &count);
    assert_failure(&reader, "a length is negative");
    assert_int_equal(count, 0);
}

static void test_counts_beyond_the_data(void **state)
{
    (void)state;
    enum cc_thrift_type element;
    enum cc_thrift_type value;
    size_t count;
    struct cc_thrift_reader reader =
        reader_of(BYTES(10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0));
    cc_thrift_read_list(&reader, &element, &count);
    assert_failure(&reader, "a container has more elements than the message "
                            "has bytes");
    assert_int_equal(count, 0);
    reader = reader_of(BYTES(3, 3, 0, 0, 0, 2, 1, 2, 3));
    cc_thrift_read_map(&reader, &element, &value, &count);
    assert_non_null(reader.failure);
    reader = reader_of(BYTES(3, 3, 0, 0, 0, 2, 1, 2, 3, 4));
    cc_thrift_read_map(&reader, &element, &value, &count);
    assert_null(reader.failure);
    assert_int_equal(count, 2);
    reader = reader_of(BYTES(0, 0, 0, 0, 1, 0, 0, 0, 0));
    cc_thrift_read_list(&reader, &element, &count);
    assert_failure(&reader, "a list's elements have no type");
}

/* ---- passing over ---- */

static void assert_skips(enum cc_thrift_type type, const uint8_t *data,
                         size_t size)
{
    struct cc_thrift_reader reader = reader_of(data, size);
    cc_thrift_skip(&reader, type);
    assert_null(reader.failure);
    assert_int_equal(reader.at, size);
    assert_int_equal(reader.depth, 0);
    /* and fails when any byte is missing */
    for (size_t less = 0; less < size; less++)
    {
        reader = reader_of(data, less);
        cc_thrift_skip(&reader, type);
        assert_non_null(reader.failure);
    }
}

static void test_skips(void **state)
{
    (void)state;
    assert_skips(CC_THRIFT_BOOL, BYTES(1));
    assert_skips(CC_THRIFT_I16, BYTES(1, 2));
    assert_skips(CC_THRIFT_DOUBLE, BYTES(1, 2, 3, 4, 5, 6, 7, 8));
    assert_skips(CC_THRIFT_STRING, BYTES(0, 0, 0, 3, 'a', 'b', 'c'));
    assert_skips(CC_THRIFT_LIST, BYTES(8, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8));
    assert_skips(CC_THRIFT_SET,
                 BYTES(11, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 'x'));
    assert_skips(CC_THRIFT_MAP, BYTES(11, 2, 0, 0, 0, 1, 0, 0, 0, 1, 'k', 1));
    assert_skips(CC_THRIFT_STRUCT, BYTES(3, 0, 1, 9, 12, 0, 2, 0, 15, 0, 3, 12,
                                         0, 0, 0, 2, 0, 0, 0));
}

static void test_refuses_unknown_types(void **state)
{
    (void)state;
    struct cc_thrift_reader reader = reader_of(BYTES(9, 0, 1, 0));
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    assert_failure(&reader, "a type is unknown");
    reader = reader_of(BYTES(200, 0, 1, 0));
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    assert_failure(&reader, "a type is unknown");
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    uint8_t nested[4 * (CC_THRIFT_MAX_DEPTH + 1)];
    size_t size = 0;
    for (int depth = 0; depth < CC_THRIFT_MAX_DEPTH - 1; depth++)
    {
        memcpy(nested + size, "\x0C\0\1", 3);
        size += 3;
    }
    memset(nested + size, 0, CC_THRIFT_MAX_DEPTH);
    struct cc_thrift_reader reader =
        reader_of(nested, size + CC_THRIFT_MAX_DEPTH);
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    assert_null(reader.failure);
    assert_int_equal(reader.at, reader.size);

    uint8_t deep[3 * 100];
    for (size_t i = 0; i < sizeof deep; i += 3)
        memcpy(deep + i, "\x0C\0\1", 3);
    reader = reader_of(deep, sizeof deep);
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    assert_failure(&reader, "values are nested too deeply");
}

/* ---- data that arrives ---- */

/* Gives one byte more at each refill, at another address. */
struct drip
{
    const uint8_t *data;
    size_t size;
    uint8_t copy[2][64];
    unsigned turn;
};

static int drip_refill(void *context, struct cc_thrift_reader *reader)
{
    struct drip *drip = context;
    if (reader->size == drip->size)
        return -1;
    drip->turn = 1 - drip->turn;
    memset(drip->copy[1 - drip->turn], 0xEE, sizeof drip->copy[0]);
    reader->size++;
    memcpy(drip->copy[drip->turn], drip->data, reader->size);
    reader->data = drip->copy[drip->turn];
    return 0;
}

static void test_refills(void **state)
{
    (void)state;
    static const uint8_t data[] = {11, 0, 1, 0, 0, 0, 2, 'h', 'i', 15, 0,
                                   2,  8, 0, 0, 0, 1, 0, 0,   0,   9,  0};
    struct drip drip = {.data = data, .size = sizeof data};
    struct cc_thrift_reader reader = {.refill = drip_refill, .context = &drip};
    struct cc_thrift_field field;
    assert_true(cc_thrift_next(&reader, &field));
    assert_true(cc_thrift_is(&field, 1, CC_THRIFT_STRING));
    struct cc_thrift_span span = cc_thrift_read_binary(&reader);
    assert_memory_equal(reader.data + span.at, "hi", 2);
    assert_true(cc_thrift_next(&reader, &field));
    cc_thrift_skip(&reader, field.type);
    assert_memory_equal(reader.data + span.at, "hi", 2);
    assert_false(cc_thrift_next(&reader, &field));
    assert_null(reader.failure);
    assert_int_equal(reader.at, sizeof data);
    (void)cc_thrift_read_byte(&reader);
    assert_failure(&reader, "the message ends early");
}

/* A count that no message can hold is not waited for. */
static void test_counts_beyond_a_message(void **state)
{
    (void)state;
    static const uint8_t data[] = {10, 0x7F, 0xFF, 0xFF, 0xFF, 0};
    struct drip drip = {.data = data, .size = sizeof data};
    struct cc_thrift_reader reader = {.refill = drip_refill, .context = &drip};
    enum cc_thrift_type element;
    size_t count;
    cc_thrift_read_list(&reader, &element, &count);
    assert_failure(&reader, "a container has more elements than the message "
                            "has bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_numbers),
        cmocka_unit_test(test_writes_a_call),
        cmocka_unit_test(test_reads_numbers),
        cmocka_unit_test(test_reads_a_message),
        cmocka_unit_test(test_refuses_other_protocols),
        cmocka_unit_test(test_ends_of_data),
        cmocka_unit_test(test_negative_lengths),
        cmocka_unit_test(test_counts_beyond_the_data),
        cmocka_unit_test(test_skips),
        cmocka_unit_test(test_refuses_unknown_types),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_refills),
        cmocka_unit_test(test_counts_beyond_a_message),
    };
    return cmocka_run_group_tests_name("thrift", tests, NULL, NULL);
}
