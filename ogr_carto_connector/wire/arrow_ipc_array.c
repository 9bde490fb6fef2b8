/* SPDX-License-Identifier: MIT */
/*
 * struct ArrowArray over the bytes of a message. Every array holds what its
 * buffers lie in, so that children may be moved out of their parent (Arrow C
 * Data Interface, "Moving an array").
 */
#include "arrow_ipc_internal.h"

#include <stdlib.h>
#include <string.h>

struct cc_ipc_array
{
    struct cc_ipc_source *source; /* NULL: nothing lies in it */
    struct ArrowArray dictionary;
    struct ArrowArray *storage; /* of the children */
    size_t owned_count;
    void *owned[]; /* one a buffer */
};

void cc_ipc_source_release(struct cc_ipc_source *source)
{
    if (!source || atomic_fetch_sub(&source->references, 1) > 1)
        return;
    cc_buffer_free(&source->bytes);
    free(source);
}

void cc_ipc_dictionary_release(struct cc_ipc_dictionary *dictionary)
{
    if (!dictionary || atomic_fetch_sub(&dictionary->references, 1) > 1)
        return;
    if (dictionary->values.release)
        dictionary->values.release(&dictionary->values);
    free(dictionary);
}

static void release_array(struct ArrowArray *array)
{
    struct cc_ipc_array *own = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
    {
        struct ArrowArray *child = array->children[i];
        if (child->release)
            child->release(child);
    }
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    for (size_t i = 0; i < own->owned_count; i++)
        free(own->owned[i]);
    cc_ipc_source_release(own->source);
    free(array->children);
    free(array->buffers);
    free(own->storage);
    free(own);
    array->release = NULL;
}

int cc_ipc_array_init(struct ArrowArray *array, size_t buffers, size_t children)
{
    struct cc_ipc_array *own =
        calloc(1, sizeof *own + buffers * sizeof own->owned[0]);
    const void **pointers = calloc(buffers + 1, sizeof(void *));
    struct ArrowArray *storage = calloc(children + 1, sizeof *storage);
    struct ArrowArray **list = calloc(children + 1, sizeof(void *));
    if (!own || !pointers || !storage || !list)
    {
        free(own);
        free(pointers);
        free(storage);
        free(list);
        return -1;
    }
    for (size_t i = 0; i < children; i++)
        list[i] = &storage[i];
    own->storage = storage;
    own->owned_count = buffers;
    *array = (struct ArrowArray){.n_buffers = (int64_t)buffers,
                                 .n_children = (int64_t)children,
                                 .buffers = pointers,
                                 .children = list,
                                 .release = release_array,
                                 .private_data = own};
    return 0;
}

void cc_ipc_array_set(struct ArrowArray *array, size_t i,
                      const struct cc_ipc_bytes *bytes,
                      struct cc_ipc_source *source)
{
    struct cc_ipc_array *own = array->private_data;
    array->buffers[i] = bytes->data;
    own->owned[i] = bytes->owned;
    if (!bytes->owned && bytes->size > 0 && !own->source)
    {
        atomic_fetch_add(&source->references, 1);
        own->source = source;
    }
}

/* ---- dictionaries ---- */

static void release_view(struct ArrowArray *view)
{
    cc_ipc_dictionary_release(view->private_data);
    view->release = NULL;
}

void cc_ipc_array_set_dictionary(struct ArrowArray *array,
                                 struct cc_ipc_dictionary *dictionary)
{
    struct cc_ipc_array *own = array->private_data;
    atomic_fetch_add(&dictionary->references, 1);
    own->dictionary = dictionary->values;
    own->dictionary.private_data = dictionary;
    own->dictionary.release = release_view;
    array->dictionary = &own->dictionary;
}

/* ---- NULLs ---- */

size_t cc_ipc_run(const struct cc_ipc_field *field,
                  const struct ArrowArray *array, size_t first, size_t end,
                  bool *null)
{
    const uint8_t *validity =
        array->n_buffers > 0 ? (const uint8_t *)array->buffers[0] : NULL;
    *null = field->type == CC_IPC_NULL || cc_ipc_is_null(array, first);
    if (field->type == CC_IPC_NULL || !validity)
        return end;
    uint8_t alike = *null ? 0 : 0xFF;
    size_t at = first + 1;
    while (at < end)
    {
        if (at % 8 == 0 && end - at >= 8 && validity[at / 8] == alike)
            at += 8;
        else if (cc_ipc_is_null(array, at) == *null)
            at++;
        else
            break;
    }
    return at;
}
