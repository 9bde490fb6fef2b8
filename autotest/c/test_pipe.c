/* SPDX-License-Identifier: MIT */
#include "scripted_provider.h"

#include "pipe/pipe.h"

#include <signal.h>
#include <unistd.h>

#define MOST_ROWS 64

/* Threads that have begun and not ended; and how often one began. */
static atomic_int threads;
static atomic_int threads_ever;

static void thread_begin(void)
{
    atomic_fetch_add(&threads, 1);
    atomic_fetch_add(&threads_ever, 1);
}

static void thread_end(void)
{
    atomic_fetch_sub(&threads, 1);
}

static const struct cc_provider provider = {.fetch = script_fetch,
                                            .cancel = script_cancel,
                                            .close_cursor = script_close_cursor,
                                            .thread_begin = thread_begin,
                                            .thread_end = thread_end};

static const struct cc_provider plain_provider = {.fetch = script_fetch,
                                                  .cancel = script_cancel,
                                                  .close_cursor =
                                                      script_close_cursor};

struct reading
{
    struct script script;
    struct cc_pipe *pipe;
    struct cc_error error;
};

static void start(struct reading *reading, const struct step *steps,
                  const struct cc_pipe_options *options)
{
    script_init(&reading->script, &provider, steps, MOST_ROWS);
    cc_error_init(&reading->error, NULL);
    int result = cc_pipe_start(&reading->script.cursor, options, &reading->pipe,
                               &reading->error);
    assert_int_equal(result, 0);
}

static void finish(struct reading *reading)
{
    cc_pipe_close(reading->pipe);
    assert_int_equal(atomic_load(&reading->script.closes), 1);
    assert_int_equal(atomic_load(&threads), 0);
    script_free(&reading->script);
}

/* The next batch must hold the integers first to first + rows - 1. */
static void expect_batch(struct reading *reading, int64_t first, int64_t rows)
{
    struct ArrowArray batch;
    enum cc_fetch result = cc_pipe_next(reading->pipe, &batch, &reading->error);
    assert_int_equal(result, CC_FETCH_BATCH);
    assert_int_equal(batch.length, rows);
    for (int64_t i = 0; i < batch.n_children; i++)
        assert_int_equal(batch.children[i]->length, rows);
    for (int64_t i = 0; i < rows; i++)
        assert_int_equal(int64_at(batch.children[0], (size_t)i), first + i);
    batch.release(&batch);
    assert_int_equal(cc_pipe_rows(reading->pipe), first + rows);
}

static void expect_end(struct reading *reading, bool truncated)
{
    struct ArrowArray batch;
    for (int i = 0; i < 2; i++)
    {
        assert_int_equal(cc_pipe_next(reading->pipe, &batch, &reading->error),
                         CC_FETCH_END);
        assert_int_equal(cc_pipe_truncated(reading->pipe), truncated);
    }
    assert_string_equal(reading->error.message, "");
}

static void expect_error(struct reading *reading, enum cc_stage stage,
                         const char *message)
{
    struct ArrowArray batch;
    for (int i = 0; i < 2; i++)
    {
        cc_error_init(&reading->error, NULL);
        assert_int_equal(cc_pipe_next(reading->pipe, &batch, &reading->error),
                         CC_FETCH_ERROR);
        assert_int_equal(reading->error.stage, stage);
        assert_string_equal(reading->error.message, message);
        assert_false(cc_pipe_truncated(reading->pipe));
    }
    assert_int_equal(cc_pipe_next(reading->pipe, &batch, NULL), CC_FETCH_ERROR);
}

static const struct cc_pipe_options unlimited = {.row_limit = -1};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void nap(void)
{
    const struct timespec time = {0, 30000000};
    nanosleep(&time, NULL);
}

/* So many, however slow the machine is, and no more. */
static void expect_fetches(struct reading *reading, int count)
{
    for (int i = 0; i < 100 && atomic_load(&reading->script.fetches) < count;
         i++)
        nap();
    nap();
    assert_int_equal(atomic_load(&reading->script.fetches), count);
}

/* ---- order and end ---- */

static void test_order(void **state)
{
    (void)state;
    struct step steps[21] = {{PLAY_END, 0}};
    for (size_t i = 0; i < 20; i++)
        steps[i] = (struct step){PLAY_BATCH, (int64_t)i + 1};
    struct reading reading;
    start(&reading, steps, &unlimited);
    int64_t first = 0;
    for (int64_t i = 1; i <= 20; i++)
    {
        expect_batch(&reading, first, i);
        first += i;
    }
    expect_end(&reading, false);
    assert_int_equal(atomic_load(&reading.script.cancels), 0);
    finish(&reading);
}

static void test_no_rows(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_END, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_end(&reading, false);
    assert_int_equal(cc_pipe_rows(reading.pipe), 0);
    finish(&reading);
}

static void test_no_thread_functions(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_BATCH, 2}, {PLAY_END, 0}};
    struct script script;
    struct cc_pipe *pipe;
    script_init(&script, &plain_provider, steps, MOST_ROWS);
    assert_int_equal(cc_pipe_start(&script.cursor, &unlimited, &pipe, NULL), 0);
    struct ArrowArray batch;
    assert_int_equal(cc_pipe_next(pipe, &batch, NULL), CC_FETCH_BATCH);
    batch.release(&batch);
    assert_int_equal(cc_pipe_next(pipe, &batch, NULL), CC_FETCH_END);
    cc_pipe_close(pipe);
    script_free(&script);
}

static void test_threads(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_END, 0}};
    int before = atomic_load(&threads_ever);
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_end(&reading, false);
    finish(&reading);
    assert_int_equal(atomic_load(&threads_ever), before + 1);
}

/* ---- the row limit ---- */

/* 10 rows in batches of 4, 4 and 2. */
static void read_limited(int64_t limit, bool truncated)
{
    static const struct step steps[] = {
        {PLAY_BATCH, 4}, {PLAY_BATCH, 4}, {PLAY_BATCH, 2}, {PLAY_END, 0}};
    const struct cc_pipe_options options = {.row_limit = limit};
    struct reading reading;
    start(&reading, steps, &options);
    int64_t expected = limit < 0 || limit > 10 ? 10 : limit;
    for (int64_t first = 0; first < expected; first += 4)
        expect_batch(&reading, first,
                     expected - first < 4 ? expected - first : 4);
    expect_end(&reading, truncated);
    assert_int_equal(cc_pipe_rows(reading.pipe), expected);
    assert_int_equal(atomic_load(&reading.script.cancels), truncated);
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), truncated);
}

static void test_limit(void **state)
{
    (void)state;
    read_limited(-1, false);
    read_limited(11, false);
    read_limited(10, false);
    read_limited(9, true);
    read_limited(8, true);
    read_limited(7, true);
    read_limited(1, true);
    read_limited(0, true);
}

static void test_limit_zero_of_none(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_END, 0}};
    const struct cc_pipe_options options = {.row_limit = 0};
    struct reading reading;
    start(&reading, steps, &options);
    expect_end(&reading, false);
    finish(&reading);
}

/* Once the limit is proven nothing is fetched, so nothing can fail. */
static void test_limit_before_error(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_BATCH, 5}, {PLAY_ERROR, 0}};
    const struct cc_pipe_options options = {.row_limit = 4};
    struct reading reading;
    start(&reading, steps, &options);
    expect_batch(&reading, 0, 4);
    expect_end(&reading, true);
    assert_int_equal(atomic_load(&reading.script.fetches), 1);
    finish(&reading);
}

/* The limit is reached, but whether there is more is not known. */
static void test_error_at_limit(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_BATCH, 5}, {PLAY_ERROR, 0}};
    const struct cc_pipe_options options = {.row_limit = 5};
    struct reading reading;
    start(&reading, steps, &options);
    expect_batch(&reading, 0, 5);
    expect_error(&reading, CC_STAGE_FETCH, "the server is gone, secret");
    finish(&reading);
}

/* ---- errors ---- */

static void test_error(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PLAY_BATCH, 3}, {PLAY_BATCH, 2}, {PLAY_ERROR, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    nap();
    expect_batch(&reading, 0, 3);
    expect_batch(&reading, 3, 2);
    expect_error(&reading, CC_STAGE_FETCH, "the server is gone, secret");
    assert_string_equal(reading.error.code, "08006");
    assert_int_equal(atomic_load(&reading.script.cancels), 0);
    finish(&reading);
}

/* The producer's errors know the secrets of the reader's. */
static void test_error_is_redacted(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_ERROR, 0}};
    struct cc_secrets *secrets = cc_secrets_new();
    assert_int_equal(cc_secrets_add(secrets, "secret"), 0);
    struct reading reading;
    script_init(&reading.script, &provider, steps, MOST_ROWS);
    cc_error_init(&reading.error, secrets);
    assert_int_equal(cc_pipe_start(&reading.script.cursor, &unlimited,
                                   &reading.pipe, &reading.error),
                     0);
    expect_error(&reading, CC_STAGE_FETCH, "the server is gone, ***");
    assert_ptr_equal(reading.error.secrets, secrets);
    finish(&reading);
    cc_secrets_free(secrets);
}

/* ---- time ---- */

static void test_first_batch_is_early(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PLAY_BATCH, 1}, {PLAY_HANG, 0}, {PLAY_END, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_batch(&reading, 0, 1);
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);
}

static void test_slow_producer(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_PAUSE, 20}, {PLAY_BATCH, 1},
                                        {PLAY_PAUSE, 20}, {PLAY_BATCH, 2},
                                        {PLAY_PAUSE, 20}, {PLAY_END, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_batch(&reading, 0, 1);
    expect_batch(&reading, 1, 2);
    expect_end(&reading, false);
    finish(&reading);
}

static void test_queue_bounds(void **state)
{
    (void)state;
    struct step steps[31] = {{PLAY_END, 0}};
    for (size_t i = 0; i < 30; i++)
        steps[i] = (struct step){PLAY_BATCH, 1};
    const struct cc_pipe_options options = {.row_limit = -1,
                                            .queue_batches = 3};
    struct reading reading;
    start(&reading, steps, &options);
    /* three are queued, one waits for its place */
    expect_fetches(&reading, 4);
    for (int64_t i = 0; i < 30; i++)
        expect_batch(&reading, i, 1);
    expect_end(&reading, false);
    finish(&reading);
}

/* Batches larger than the queue's bytes pass one by one. */
static void test_huge_batches(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PLAY_BATCH, 3}, {PLAY_BATCH, 3}, {PLAY_BATCH, 3}, {PLAY_END, 0}};
    const struct cc_pipe_options options = {.row_limit = -1,
                                            .queue_bytes = 1000};
    struct reading reading;
    script_init(&reading.script, &provider, steps, MOST_ROWS);
    reading.script.text = 1 << 20;
    cc_error_init(&reading.error, NULL);
    assert_int_equal(cc_pipe_start(&reading.script.cursor, &options,
                                   &reading.pipe, &reading.error),
                     0);
    expect_fetches(&reading, 2);
    for (int64_t i = 0; i < 3; i++)
        expect_batch(&reading, 3 * i, 3);
    expect_end(&reading, false);
    finish(&reading);
}

/* ---- stopping ---- */

static void *cancel_later(void *argument)
{
    nap();
    cc_pipe_cancel(argument);
    return NULL;
}

static void test_cancel_while_waiting(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_HANG, 0}, {PLAY_END, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, reading.pipe),
                     0);
    int64_t before = now();
    expect_error(&reading, CC_STAGE_CANCELLED, "the read was cancelled");
    assert_true(now() - before < 1000);
    pthread_join(thread, NULL);
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);
}

static void test_cancel_twice(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_BATCH, 1}, {PLAY_HANG, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    nap();
    cc_pipe_cancel(reading.pipe);
    cc_pipe_cancel(reading.pipe);
    expect_error(&reading, CC_STAGE_CANCELLED, "the read was cancelled");
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);
}

static void test_close_while_producer_waits(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_HANG, 0}, {PLAY_END, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    nap();
    int64_t before = now();
    finish(&reading);
    assert_true(now() - before < 1000);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);
}

static void test_close_while_queue_is_full(void **state)
{
    (void)state;
    struct step steps[31] = {{PLAY_END, 0}};
    for (size_t i = 0; i < 30; i++)
        steps[i] = (struct step){PLAY_BATCH, 1};
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_fetches(&reading, 5);
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);
    assert_int_equal(atomic_load(&reading.script.fetches), 5);
}

static void test_close_at_once(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PLAY_BATCH, 1}, {PLAY_BATCH, 1}, {PLAY_END, 0}};
    for (int i = 0; i < 50; i++)
    {
        struct reading reading;
        start(&reading, steps, &unlimited);
        finish(&reading);
    }
    cc_pipe_close(NULL);
}

static void test_stop(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PLAY_BATCH, 2}, {PLAY_BATCH, 2}, {PLAY_HANG, 0}};
    struct reading reading;
    start(&reading, steps, &unlimited);
    expect_batch(&reading, 0, 2);
    cc_pipe_stop(reading.pipe);
    assert_int_equal(atomic_load(&threads), 0);
    const struct cc_batch_builder *builder = cc_pipe_builder(reading.pipe);
    assert_ptr_equal(builder, reading.script.cursor.builder);
    assert_int_equal(builder->columns[0].losses[CC_LOSS_RANGE].count, 0);
    expect_end(&reading, false);
    cc_pipe_stop(reading.pipe);
    assert_int_equal(atomic_load(&reading.script.closes), 0);
    finish(&reading);
}

/* After the end, stopping changes nothing and cancels nothing. */
static void test_stop_after_end(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_BATCH, 3}, {PLAY_END, 0}};
    const struct cc_pipe_options options = {.row_limit = 2};
    struct reading reading;
    start(&reading, steps, &options);
    expect_batch(&reading, 0, 2);
    expect_end(&reading, true);
    cc_pipe_stop(reading.pipe);
    expect_end(&reading, true);
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 1);

    static const struct step failing[] = {{PLAY_ERROR, 0}};
    start(&reading, failing, &unlimited);
    expect_error(&reading, CC_STAGE_FETCH, "the server is gone, secret");
    cc_pipe_stop(reading.pipe);
    expect_error(&reading, CC_STAGE_FETCH, "the server is gone, secret");
    finish(&reading);
    assert_int_equal(atomic_load(&reading.script.cancels), 0);
}

/* ---- signals ---- */

static _Atomic(pthread_t) signalled;
static atomic_bool was_signalled;

static void note_thread(int number)
{
    (void)number;
    atomic_store(&signalled, pthread_self());
    atomic_store(&was_signalled, true);
}

/* A signal to the process is its own threads' business. */
static void test_signals(void **state)
{
    (void)state;
    static const struct step steps[] = {{PLAY_HANG, 0}};
    struct sigaction action = {.sa_handler = note_thread}, before;
    sigset_t only, mask;
    sigemptyset(&only);
    sigaddset(&only, SIGUSR1);
    sigaction(SIGUSR1, &action, &before);
    struct reading reading;
    start(&reading, steps, &unlimited);
    pthread_sigmask(SIG_BLOCK, &only, &mask);
    kill(getpid(), SIGUSR1);
    nap();
    assert_false(atomic_load(&was_signalled));
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    assert_true(atomic_load(&was_signalled));
    assert_true(pthread_equal(atomic_load(&signalled), pthread_self()));
    finish(&reading);
    sigaction(SIGUSR1, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_no_thread_functions),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_zero_of_none),
        cmocka_unit_test(test_limit_before_error),
        cmocka_unit_test(test_error_at_limit),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_error_is_redacted),
        cmocka_unit_test(test_first_batch_is_early),
        cmocka_unit_test(test_slow_producer),
        cmocka_unit_test(test_queue_bounds),
        cmocka_unit_test(test_huge_batches),
        cmocka_unit_test(test_cancel_while_waiting),
        cmocka_unit_test(test_cancel_twice),
        cmocka_unit_test(test_close_while_producer_waits),
        cmocka_unit_test(test_close_while_queue_is_full),
        cmocka_unit_test(test_close_at_once),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_after_end),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
