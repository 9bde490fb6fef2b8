/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "pipe/pool.h"

#include <string.h>

/* ---- a provider that counts ---- */

static struct
{
    struct cc_connection connections[8];
    bool unusable[8];
    size_t opened;
    size_t closed;
    const struct cc_connector *connector;
    const struct cc_host *host;
} fake;

static size_t index_of(const struct cc_connection *connection)
{
    return (size_t)(connection - fake.connections);
}

static int fake_open(const struct cc_connector *connector,
                     const struct cc_host *host,
                     struct cc_connection **connection, struct cc_error *error)
{
    fake.connector = connector;
    fake.host = host;
    if (fake.opened == 8)
        return cc_error_set(error, CC_STAGE_CONNECT, NULL, "too many");
    *connection = &fake.connections[fake.opened++];
    return 0;
}

static void fake_close(struct cc_connection *connection)
{
    assert_non_null(connection);
    fake.closed++;
}

static bool fake_usable(const struct cc_connection *connection)
{
    return !fake.unusable[index_of(connection)];
}

static const struct cc_provider provider = {
    .open = fake_open, .close = fake_close, .usable = fake_usable};

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    return 0;
}

static struct cc_connection *acquire(struct cc_pool *pool)
{
    struct cc_connection *connection = NULL;
    assert_int_equal(cc_pool_acquire(pool, &connection, NULL), 0);
    assert_non_null(connection);
    return connection;
}

static void test_opens_when_needed(void **state)
{
    (void)state;
    static const struct cc_connector connector;
    static const struct cc_host host;
    struct cc_pool *pool = cc_pool_new(&provider, &connector, &host);
    assert_int_equal(fake.opened, 0);
    struct cc_connection *first = acquire(pool);
    assert_ptr_equal(fake.connector, &connector);
    assert_ptr_equal(fake.host, &host);
    struct cc_connection *second = acquire(pool);
    assert_ptr_not_equal(first, second);
    assert_int_equal(fake.opened, 2);
    cc_pool_release(pool, first);
    cc_pool_release(pool, second);
    assert_int_equal(fake.closed, 0);
    cc_pool_free(pool);
    assert_int_equal(fake.closed, 2);
}

static void test_reuses(void **state)
{
    (void)state;
    struct cc_pool *pool = cc_pool_new(&provider, NULL, NULL);
    struct cc_connection *first = acquire(pool);
    cc_pool_release(pool, first);
    assert_ptr_equal(acquire(pool), first);
    assert_int_equal(fake.opened, 1);
    cc_pool_release(pool, first);
    cc_pool_free(pool);
    assert_int_equal(fake.closed, 1);
}

static void test_closes_unusable(void **state)
{
    (void)state;
    struct cc_pool *pool = cc_pool_new(&provider, NULL, NULL);
    struct cc_connection *first = acquire(pool);
    fake.unusable[0] = true;
    cc_pool_release(pool, first);
    assert_int_equal(fake.closed, 1);

    /* one that breaks while it is idle */
    struct cc_connection *second = acquire(pool);
    cc_pool_release(pool, second);
    fake.unusable[1] = true;
    struct cc_connection *third = acquire(pool);
    assert_ptr_not_equal(second, third);
    assert_int_equal(fake.closed, 2);
    cc_pool_release(pool, third);
    cc_pool_free(pool);
    assert_int_equal(fake.closed, 3);
}

static void test_keeps_few(void **state)
{
    (void)state;
    struct cc_pool *pool = cc_pool_new(&provider, NULL, NULL);
    struct cc_connection *all[6];
    for (size_t i = 0; i < 6; i++)
        all[i] = acquire(pool);
    for (size_t i = 0; i < 6; i++)
        cc_pool_release(pool, all[i]);
    assert_int_equal(fake.closed, 2);
    cc_pool_free(pool);
    assert_int_equal(fake.closed, 6);
}

static void test_errors(void **state)
{
    (void)state;
    struct cc_pool *pool = cc_pool_new(&provider, NULL, NULL);
    struct cc_connection *connection = NULL;
    struct cc_error error = CC_ERROR_INIT;
    fake.opened = 8;
    assert_int_equal(cc_pool_acquire(pool, &connection, &error), -1);
    assert_string_equal(error.message, "too many");
    cc_pool_release(pool, NULL);
    cc_pool_free(pool);
    cc_pool_free(NULL);
    assert_int_equal(fake.closed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_opens_when_needed, setup),
        cmocka_unit_test_setup(test_reuses, setup),
        cmocka_unit_test_setup(test_closes_unusable, setup),
        cmocka_unit_test_setup(test_keeps_few, setup),
        cmocka_unit_test_setup(test_errors, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
