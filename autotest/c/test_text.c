/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/text.h"

#include <errno.h>
#include <string.h>

#define FFFD "\xEF\xBF\xBD"

static void assert_repaired(const char *text, size_t size, const char *expected)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    assert_int_equal(cc_utf8_repair(&out, text, size), 0);
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
    bool valid = cc_utf8_valid_prefix(text, size) == size;
    assert_int_equal(valid,
                     out.size == size && memcmp(out.data, text, size) == 0);
    cc_buffer_free(&out);
}

#define ASSERT_REPAIRED(literal, expected)                                     \
    assert_repaired(literal, sizeof literal - 1, expected)

static void test_valid(void **state)
{
    (void)state;
    static const char *const valid[] = {"",
                                        "a",
                                        "12345678",
                                        "123456789",
                                        "\x7F",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "1234567\xC3\xA4",
                                        "\xC3\xA4"
                                        "123456789\xE2\x82\xAC"
                                        "0"};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
        assert_int_equal(cc_utf8_valid_prefix(valid[i], strlen(valid[i])),
                         strlen(valid[i]));
}

/* Unicode 15.0, section 3.9, tables 3-8 to 3-11. */
static void test_repair(void **state)
{
    (void)state;
    ASSERT_REPAIRED("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41",
                    FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    ASSERT_REPAIRED("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41",
                    FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    ASSERT_REPAIRED("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42",
                    FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B");
    ASSERT_REPAIRED("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41",
                    FFFD FFFD FFFD FFFD "A");
    ASSERT_REPAIRED("abc\xC3", "abc" FFFD);
    ASSERT_REPAIRED("a\0b", "a" FFFD "b");
    ASSERT_REPAIRED("1234567\0", "1234567" FFFD);
    ASSERT_REPAIRED("plain \xC3\xA4 text", "plain \xC3\xA4 text");
}

/* A byte that is not plain, at every place of the words looked at at once. */
static void test_ascii(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++)
    {
        char text[40];
        memset(text, 'x', sizeof text);
        assert_true(cc_is_plain_ascii(text, size));
        for (size_t at = 0; at < size; at++)
        {
            static const char bad[] = {0, (char)0x80, (char)0xFF};
            for (size_t i = 0; i < sizeof bad; i++)
            {
                text[at] = bad[i];
                assert_false(cc_is_plain_ascii(text, size));
                assert_int_equal(cc_utf8_valid_prefix(text, size), at);
                text[at] = i == 1 ? '\x7F' : '\x01';
                assert_true(cc_is_plain_ascii(text, size));
            }
        }
    }
}

static void assert_recoded(const char *encoding, const char *text, size_t size,
                           const char *expected, bool replaced)
{
    struct cc_recoder *recoder = cc_recoder_new(encoding);
    struct cc_buffer out = CC_BUFFER_INIT;
    bool was_replaced;
    assert_non_null(recoder);
    assert_int_equal(cc_recode(recoder, &out, text, size, &was_replaced), 0);
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
    assert_int_equal(was_replaced, replaced);
    cc_buffer_free(&out);
    cc_recoder_free(recoder);
}

static void test_recode(void **state)
{
    (void)state;
    assert_recoded("ISO-8859-1", "M\xFCnchen", 7, "M\xC3\xBCnchen", false);
    assert_recoded("CP1252", "\x80", 1, "\xE2\x82\xAC", false);
    assert_recoded("CP1252", "a\x81z", 3, "a" FFFD "z", true);
    assert_recoded("EUC-JP", "\xC6\xFC\xCB\xDC", 4, "\xE6\x97\xA5\xE6\x9C\xAC",
                   false);
    assert_recoded("EUC-JP", "x\xC6", 2, "x" FFFD, true);
    assert_recoded("ISO-8859-1", "a\0\xE9", 3, "a" FFFD "\xC3\xA9", true);
    assert_recoded("ISO-8859-1", "plain", 5, "plain", false);
    assert_recoded("ISO-8859-1", "", 0, "", false);
}

/* The converter holds U+304B back, as a combining mark could follow. */
static void test_recode_held_back(void **state)
{
    (void)state;
    assert_recoded("EUC-JISX0213", "\xA4\xAB", 2, "\xE3\x81\x8B", false);
}

static void test_recode_long(void **state)
{
    (void)state;
    char text[5000], expected[10001];
    memset(text, '\xE4', sizeof text);
    for (size_t i = 0; i < sizeof text; i++)
        memcpy(expected + 2 * i, "\xC3\xA4", 3);
    assert_recoded("ISO-8859-1", text, sizeof text, expected, false);
}

static void test_recode_unknown(void **state)
{
    (void)state;
    errno = 0;
    assert_null(cc_recoder_new("no-such-encoding"));
    assert_int_equal(errno, EINVAL);
    cc_recoder_free(NULL);
}

static void test_uuid(void **state)
{
    (void)state;
    const uint8_t value[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                               0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
    char text[37] = "";
    cc_uuid_format(value, text);
    assert_string_equal(text, "01234567-89ab-cdef-fedc-ba9876543210");
}

static void test_hex(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        int result;
        const char *bytes;
    } cases[] = {{"4142", 0, "AB"}, {"\\x4a4B", 0, "JK"}, {"0x4a", 0, "J"},
                 {"0X4a", 0, "J"},  {"", 0, ""},          {"\\x", 0, ""},
                 {"414", 1, ""},    {"4g", 1, ""},        {"g4", 1, ""},
                 {"\\x4", 1, ""},   {"41 42", 1, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_buffer out = CC_BUFFER_INIT;
        const char *text = cases[i].text;
        assert_int_equal(cc_hex_decode(&out, text, strlen(text)),
                         cases[i].result);
        assert_int_equal(out.size, strlen(cases[i].bytes));
        if (out.size)
            assert_memory_equal(out.data, cases[i].bytes, out.size);
        cc_buffer_free(&out);
    }
}

static void test_ascii_equal(void **state)
{
    (void)state;
    assert_true(cc_ascii_equal("GeoM_1", "gEOm_1", 6));
    assert_false(cc_ascii_equal("geom", "geon", 4));
    assert_false(cc_ascii_equal("@[`{", "`{@[", 4));
    assert_false(cc_ascii_equal("\xC4", "\xE4", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_recode),
        cmocka_unit_test(test_recode_held_back),
        cmocka_unit_test(test_recode_long),
        cmocka_unit_test(test_recode_unknown),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_ascii_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
