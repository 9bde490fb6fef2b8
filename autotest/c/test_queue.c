/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "pipe/queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static atomic_int alive;

static void release(struct ArrowArray *batch)
{
    atomic_fetch_sub(&alive, 1);
    batch->release = NULL;
}

static struct ArrowArray batch_of(int64_t length)
{
    atomic_fetch_add(&alive, 1);
    return (struct ArrowArray){.length = length, .release = release};
}

static bool push(struct cc_queue *queue, int64_t length, size_t bytes)
{
    struct ArrowArray batch = batch_of(length);
    return cc_queue_push(queue, &batch, bytes);
}

static int64_t pop(struct cc_queue *queue)
{
    struct ArrowArray batch;
    assert_int_equal(cc_queue_pop(queue, -1, &batch), CC_QUEUE_BATCH);
    batch.release(&batch);
    return batch.length;
}

static void nap(void)
{
    const struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
}

static void test_order(void **state)
{
    (void)state;
    struct cc_queue *queue = cc_queue_new(3, 100);
    for (int64_t round = 0; round < 5; round++)
    {
        assert_true(push(queue, 1, 0));
        assert_true(push(queue, 2, 0));
        assert_int_equal(pop(queue), 1);
        assert_int_equal(pop(queue), 2);
    }
    assert_true(push(queue, 3, 0));
    cc_queue_finish(queue);
    assert_int_equal(pop(queue), 3);
    struct ArrowArray batch;
    assert_int_equal(cc_queue_pop(queue, -1, &batch), CC_QUEUE_FINISHED);
    assert_int_equal(cc_queue_pop(queue, -1, &batch), CC_QUEUE_FINISHED);
    cc_queue_free(queue);
    assert_int_equal(atomic_load(&alive), 0);
}

/* ---- a full queue ---- */

struct pusher
{
    struct cc_queue *queue;
    size_t bytes;
    atomic_int pushed;
    bool refused;
};

static void *push_until_refused(void *argument)
{
    struct pusher *pusher = argument;
    while (push(pusher->queue, 1, pusher->bytes))
        atomic_fetch_add(&pusher->pushed, 1);
    pusher->refused = true;
    return NULL;
}

/* So many, however slow the machine is, and no more. */
static void expect_pushed(struct pusher *pusher, int count)
{
    for (int i = 0; i < 100 && atomic_load(&pusher->pushed) < count; i++)
        nap();
    nap();
    assert_int_equal(atomic_load(&pusher->pushed), count);
}

static void check_bounds(size_t batches, size_t bytes, size_t each, int count)
{
    struct pusher pusher = {cc_queue_new(batches, bytes), each, 0, false};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, push_until_refused, &pusher),
                     0);
    expect_pushed(&pusher, count);
    /* each place that becomes free is taken again */
    pop(pusher.queue);
    expect_pushed(&pusher, count + 1);
    cc_queue_close(pusher.queue);
    pthread_join(thread, NULL);
    assert_true(pusher.refused);
    cc_queue_free(pusher.queue);
    assert_int_equal(atomic_load(&alive), 0);
}

static void test_bounds(void **state)
{
    (void)state;
    check_bounds(4, 1000, 1, 4);
    check_bounds(4, 1000, 400, 2);
    check_bounds(4, 1000, 500, 2);
    check_bounds(4, 1000, 1000, 1);
    check_bounds(4, 1000, SIZE_MAX, 1);
    check_bounds(0, 0, 1, 1);
}

/* ---- an empty one ---- */

static void *close_later(void *argument)
{
    nap();
    cc_queue_close(argument);
    return NULL;
}

static void test_close_wakes_consumer(void **state)
{
    (void)state;
    struct cc_queue *queue = cc_queue_new(4, 100);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, close_later, queue), 0);
    struct ArrowArray batch;
    assert_int_equal(cc_queue_pop(queue, -1, &batch), CC_QUEUE_CLOSED);
    pthread_join(thread, NULL);
    assert_false(push(queue, 1, 1));
    cc_queue_free(queue);
    assert_int_equal(atomic_load(&alive), 0);
}

static void test_patience(void **state)
{
    (void)state;
    struct cc_queue *queue = cc_queue_new(4, 100);
    struct ArrowArray batch;
    assert_int_equal(cc_queue_pop(queue, 0, &batch), CC_QUEUE_AGAIN);
    assert_int_equal(cc_queue_pop(queue, 20, &batch), CC_QUEUE_AGAIN);
    assert_true(push(queue, 7, 1));
    assert_int_equal(cc_queue_pop(queue, 0, &batch), CC_QUEUE_BATCH);
    assert_int_equal(batch.length, 7);
    batch.release(&batch);
    cc_queue_finish(queue);
    assert_int_equal(cc_queue_pop(queue, 1000, &batch), CC_QUEUE_FINISHED);
    cc_queue_free(queue);
}

static void test_free_releases(void **state)
{
    (void)state;
    struct cc_queue *queue = cc_queue_new(4, 100);
    assert_true(push(queue, 1, 1));
    assert_true(push(queue, 2, 1));
    cc_queue_free(queue);
    assert_int_equal(atomic_load(&alive), 0);
    cc_queue_free(NULL);
}

static void test_too_large(void **state)
{
    (void)state;
    assert_null(cc_queue_new(SIZE_MAX, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_close_wakes_consumer),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_free_releases),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
