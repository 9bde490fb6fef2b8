/* SPDX-License-Identifier: MIT */
/*
 * A provider that plays a script instead of talking to a server: batches of
 * consecutive integers, pauses, an end or an error. Its fetch waits as a real
 * one does, until `cancel` wakes it.
 */
#ifndef CC_SCRIPTED_PROVIDER_H
#define CC_SCRIPTED_PROVIDER_H

#include "builder_fixture.h"

#include "provider/provider.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum action
{
    PLAY_END = 0, /* the zero of a script's tail */
    PLAY_BATCH,   /* `amount` rows */
    PLAY_ERROR,   /* CC_STAGE_FETCH "the server is gone" */
    PLAY_PAUSE,   /* `amount` milliseconds */
    PLAY_HANG     /* until cancelled */
};

struct step
{
    enum action action;
    int64_t amount;
};

struct script
{
    struct cc_connection connection;
    struct cc_cursor cursor;
    struct fixture fixture;
    const struct step *next;
    int64_t rows; /* produced so far */
    size_t text;  /* bytes of the text of each row */

    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool cancelled;

    atomic_int fetches;
    atomic_int cancels;
    atomic_int closes;
};

static inline struct script *script_of(struct cc_cursor *cursor)
{
    return (struct script *)((char *)cursor - offsetof(struct script, cursor));
}

/* Whether it was cancelled within the time; < 0: waits for it. */
static inline bool script_wait(struct script *script, int64_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    until.tv_sec += (time_t)(milliseconds / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int result = 0;
    pthread_mutex_lock(&script->mutex);
    while (!script->cancelled && result == 0)
        result = milliseconds < 0
                     ? pthread_cond_wait(&script->woken, &script->mutex)
                     : pthread_cond_timedwait(&script->woken, &script->mutex,
                                              &until);
    bool cancelled = script->cancelled;
    pthread_mutex_unlock(&script->mutex);
    return cancelled;
}

static inline int script_append(struct script *script, int64_t rows,
                                struct cc_error *error)
{
    struct cc_builder *columns = script->cursor.builder->columns;
    char *text = calloc(1, script->text + 1);
    int result = text ? 0 : cc_error_memory(error);
    if (text)
        memset(text, 'x', script->text);
    for (int64_t i = 0; i < rows && result == 0; i++)
    {
        result = cc_builder_int64(&columns[0], script->rows++, error);
        if (result == 0)
            result = cc_builder_text(&columns[1], text, script->text, error);
        cc_batch_end_row(script->cursor.builder);
    }
    free(text);
    return result;
}

static inline enum cc_fetch script_fetch(struct cc_cursor *cursor,
                                         struct ArrowArray *batch,
                                         struct cc_error *error)
{
    struct script *script = script_of(cursor);
    atomic_fetch_add(&script->fetches, 1);
    while (script->next->action >= PLAY_PAUSE)
    {
        const struct step *step = script->next++;
        if (script_wait(script, step->action == PLAY_HANG ? -1 : step->amount))
            return (enum cc_fetch)cc_error_set(error, CC_STAGE_CANCELLED,
                                               "57014", "cancelled");
    }
    if (script->next->action == PLAY_END)
        return CC_FETCH_END;
    if (script->next->action == PLAY_ERROR)
        return (enum cc_fetch)cc_error_set(error, CC_STAGE_FETCH, "08006",
                                           "the server is gone, secret");
    if (script_append(script, (script->next++)->amount, error) != 0 ||
        cc_batch_finish(script->cursor.builder, batch, error) != 0)
        return CC_FETCH_ERROR;
    return CC_FETCH_BATCH;
}

static inline void script_cancel(struct cc_cursor *cursor)
{
    struct script *script = script_of(cursor);
    atomic_fetch_add(&script->cancels, 1);
    pthread_mutex_lock(&script->mutex);
    script->cancelled = true;
    pthread_cond_broadcast(&script->woken);
    pthread_mutex_unlock(&script->mutex);
}

static inline void script_close_cursor(struct cc_cursor *cursor)
{
    atomic_fetch_add(&script_of(cursor)->closes, 1);
}

/* Both columns have room for `most` rows in every batch. */
static inline void script_init(struct script *script,
                               const struct cc_provider *provider,
                               const struct step *steps, size_t most)
{
    struct cc_batch_options options = {.batch_rows = most, .first_rows = most};
    *script = (struct script){.next = steps};
    pthread_mutex_init(&script->mutex, NULL);
    pthread_cond_init(&script->woken, NULL);
    fixture_init(&script->fixture);
    fixture_column(&script->fixture, "n", CC_KIND_INT64, CC_OUT_INT64);
    fixture_column(&script->fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_build(&script->fixture, &options);
    script->connection.provider = provider;
    script->cursor.connection = &script->connection;
    script->cursor.builder = script->fixture.builder;
}

static inline void script_free(struct script *script)
{
    fixture_free(&script->fixture);
    pthread_cond_destroy(&script->woken);
    pthread_mutex_destroy(&script->mutex);
}

#endif
