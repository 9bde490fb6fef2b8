/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/buffer.h"

static void test_append(void **state)
{
    (void)state;
    struct cc_buffer buffer = CC_BUFFER_INIT;
    assert_int_equal(cc_buffer_append(&buffer, NULL, 0), 0);
    assert_null(buffer.data);
    assert_int_equal(cc_buffer_append(&buffer, "abc", 3), 0);
    assert_int_equal(cc_buffer_append(&buffer, "de", 2), 0);
    assert_int_equal(buffer.size, 5);
    assert_memory_equal(buffer.data, "abcde", 5);
    cc_buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer.capacity, 0);
}

static void test_contents_survive_growth(void **state)
{
    (void)state;
    struct cc_buffer buffer = CC_BUFFER_INIT;
    for (unsigned i = 0; i < 100000; i++)
    {
        uint8_t byte = (uint8_t)(i % 251);
        assert_int_equal(cc_buffer_append(&buffer, &byte, 1), 0);
    }
    assert_int_equal(buffer.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buffer.data[i], i % 251);
    cc_buffer_free(&buffer);
}

/* By half, so that appending n bytes copies a multiple of n in all. */
static void test_growth_is_by_half(void **state)
{
    (void)state;
    struct cc_buffer buffer = CC_BUFFER_INIT;
    assert_int_equal(cc_buffer_reserve(&buffer, 1000), 0);
    assert_int_equal(buffer.capacity, 1000);
    buffer.size = 1000;
    assert_int_equal(cc_buffer_reserve(&buffer, 1), 0);
    assert_int_equal(buffer.capacity, 1500);
    buffer.size = 1001;
    assert_int_equal(cc_buffer_reserve(&buffer, 2000), 0);
    assert_int_equal(buffer.capacity, 3001);
    cc_buffer_free(&buffer);
}

static void test_reserve_keeps_what_is_enough(void **state)
{
    (void)state;
    struct cc_buffer buffer = CC_BUFFER_INIT;
    assert_int_equal(cc_buffer_reserve(&buffer, 100), 0);
    const uint8_t *data = buffer.data;
    size_t capacity = buffer.capacity;
    assert_int_equal(cc_buffer_reserve(&buffer, 100), 0);
    assert_int_equal(cc_buffer_grow(&buffer, 100), 0);
    assert_ptr_equal(buffer.data, data);
    assert_int_equal(buffer.capacity, capacity);
    cc_buffer_free(&buffer);
}

/* Sizes that cannot be are refused, and what is there stays. */
static void test_overflow(void **state)
{
    (void)state;
    struct cc_buffer buffer = CC_BUFFER_INIT;
    assert_int_equal(cc_buffer_append(&buffer, "abc", 3), 0);
    assert_int_equal(cc_buffer_reserve(&buffer, SIZE_MAX), -1);
    assert_int_equal(cc_buffer_reserve(&buffer, SIZE_MAX - 2), -1);
    assert_int_equal(buffer.size, 3);
    assert_memory_equal(buffer.data, "abc", 3);
    cc_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_contents_survive_growth),
        cmocka_unit_test(test_growth_is_by_half),
        cmocka_unit_test(test_reserve_keeps_what_is_enough),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
