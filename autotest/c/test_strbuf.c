/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/strbuf.h"

#include <stdlib.h>
#include <string.h>

static void test_empty(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    assert_string_equal(cc_strbuf_text(&buffer), "");
    assert_false(cc_strbuf_failed(&buffer));
    char *text = cc_strbuf_take(&buffer);
    assert_string_equal(text, "");
    free(text);
    cc_strbuf_free(&buffer);
}

static void test_append(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    assert_int_equal(cc_strbuf_append(&buffer, "one"), 0);
    assert_int_equal(cc_strbuf_append_char(&buffer, ' '), 0);
    assert_int_equal(cc_strbuf_append_n(&buffer, "two three", 3), 0);
    assert_int_equal(cc_strbuf_append_n(&buffer, NULL, 0), 0);
    assert_int_equal(cc_strbuf_printf(&buffer, " %d%s", 3, "!"), 0);
    assert_string_equal(cc_strbuf_text(&buffer), "one two 3!");
    assert_int_equal(buffer.length, 10);
    cc_strbuf_free(&buffer);
    assert_null(buffer.data);
}

/* Every length around the doublings of the capacity stays terminated. */
static void test_growth(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    for (size_t i = 0; i < 1000; i++)
    {
        assert_int_equal(cc_strbuf_append_char(&buffer, (char)('a' + i % 26)),
                         0);
        assert_int_equal(strlen(cc_strbuf_text(&buffer)), i + 1);
        assert_true(buffer.capacity > buffer.length);
    }
    assert_int_equal(cc_strbuf_text(&buffer)[999], 'a' + 999 % 26);
    cc_strbuf_free(&buffer);
}

static void test_printf_longer_than_capacity(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    assert_int_equal(cc_strbuf_printf(&buffer, "%0500d", 7), 0);
    assert_int_equal(buffer.length, 500);
    assert_int_equal(cc_strbuf_text(&buffer)[499], '7');
    cc_strbuf_free(&buffer);
}

static void test_take_resets(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&buffer, "text");
    char *text = cc_strbuf_take(&buffer);
    assert_string_equal(text, "text");
    assert_null(buffer.data);
    assert_int_equal(buffer.length, 0);
    free(text);
}

static void test_clear_keeps_memory(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&buffer, "text");
    char *memory = buffer.data;
    cc_strbuf_clear(&buffer);
    assert_string_equal(cc_strbuf_text(&buffer), "");
    (void)cc_strbuf_append(&buffer, "more");
    assert_ptr_equal(buffer.data, memory);
    assert_string_equal(cc_strbuf_text(&buffer), "more");
    cc_strbuf_free(&buffer);
}

/* A length no memory can hold: the failure stays until the buffer is reset. */
static void test_failure_is_sticky(void **state)
{
    (void)state;
    struct cc_strbuf buffer = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&buffer, "text");
    assert_int_equal(cc_strbuf_append_n(&buffer, "x", SIZE_MAX), -1);
    assert_true(cc_strbuf_failed(&buffer));
    assert_int_equal(cc_strbuf_append(&buffer, "more"), -1);
    assert_string_equal(cc_strbuf_text(&buffer), "text");
    assert_null(cc_strbuf_take(&buffer));
    assert_false(cc_strbuf_failed(&buffer));
    assert_int_equal(cc_strbuf_append(&buffer, "again"), 0);
    cc_strbuf_free(&buffer);
}

static void test_utf8_cut(void **state)
{
    (void)state;
    const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; /* aé€😀z */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < sizeof expected / sizeof *expected; max++)
        assert_int_equal(cc_utf8_cut(text, 11, max), expected[max]);
    assert_int_equal(cc_utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_printf_longer_than_capacity),
        cmocka_unit_test(test_take_resets),
        cmocka_unit_test(test_clear_keeps_memory),
        cmocka_unit_test(test_failure_is_sticky),
        cmocka_unit_test(test_utf8_cut),
    };
    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
