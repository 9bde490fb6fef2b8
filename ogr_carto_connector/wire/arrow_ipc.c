/* SPDX-License-Identifier: MIT */
#include "arrow_ipc_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MAX_BYTES ((size_t)1 << 30)
#define CONTINUATION UINT32_C(0xFFFFFFFF)
#define MAX_DICTIONARIES 10000

/* Slots of Message, its versions and headers; slots of DictionaryBatch */
enum
{
    MESSAGE_VERSION = 0,
    MESSAGE_HEADER_TYPE = 1,
    MESSAGE_HEADER = 2,
    MESSAGE_BODY_LENGTH = 3,
    VERSION_4 = 3,
    VERSION_5 = 4,
    HEADER_SCHEMA = 1,
    HEADER_DICTIONARY = 2,
    HEADER_BATCH = 3,
    DICTIONARY_ID = 0,
    DICTIONARY_DATA = 1,
    DICTIONARY_DELTA = 2
};

struct cc_ipc
{
    size_t max_bytes;
    struct cc_ipc_inflater *inflater;
    struct cc_ipc_source *source;
    size_t at, end; /* what is left to read of it */
    size_t batch_bytes;
    bool has_schema;
    struct cc_ipc_field *fields;
    size_t field_count;
    struct cc_ipc_dictionary **dictionaries;
    size_t dictionary_count;
};

/* A message as it was found; `type` 0: there is none. */
struct message
{
    struct cc_flat flat;
    struct cc_flat_table header;
    int64_t version;
    int64_t type;
    const uint8_t *body;
    size_t body_size;
};

int cc_ipc_broken(struct cc_error *error, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "the Arrow data cannot be read: %s", reason);
}

/* ---- life ---- */

int cc_ipc_new(size_t max_bytes, struct cc_ipc **ipc, struct cc_error *error)
{
    struct cc_ipc *reader = calloc(1, sizeof *reader);
    if (!reader)
        return cc_error_memory(error);
    reader->max_bytes = max_bytes ? max_bytes : DEFAULT_MAX_BYTES;
    reader->inflater = cc_ipc_inflater_new();
    if (!reader->inflater)
    {
        free(reader);
        return cc_error_memory(error);
    }
    *ipc = reader;
    return 0;
}

void cc_ipc_free(struct cc_ipc *ipc)
{
    if (!ipc)
        return;
    cc_ipc_source_release(ipc->source);
    cc_ipc_inflater_free(ipc->inflater);
    cc_ipc_fields_free(ipc->fields, ipc->field_count);
    for (size_t i = 0; i < ipc->dictionary_count; i++)
        cc_ipc_dictionary_release(ipc->dictionaries[i]);
    free(ipc->dictionaries);
    free(ipc);
}

int cc_ipc_take(struct cc_ipc *ipc, struct cc_buffer *buffer, size_t offset,
                size_t size, struct cc_error *error)
{
    struct cc_ipc_source *source = calloc(1, sizeof *source);
    cc_ipc_source_release(ipc->source);
    ipc->source = NULL;
    ipc->at = ipc->end = 0;
    if (!source || offset > buffer->size || size > buffer->size - offset)
    {
        free(source);
        cc_buffer_free(buffer);
        return source ? cc_ipc_broken(error, "a message is cut")
                      : cc_error_memory(error);
    }
    atomic_init(&source->references, 1);
    source->bytes = *buffer;
    *buffer = (struct cc_buffer)CC_BUFFER_INIT;
    ipc->source = source;
    ipc->at = offset;
    ipc->end = offset + size;
    return 0;
}

/* ---- messages ---- */

/* The size of the next message's metadata; 0: there is no further message.
 * Before version 0.15 of Arrow there was no continuation marker. */
static int read_prefix(struct cc_ipc *ipc, size_t *size, struct cc_error *error)
{
    const uint8_t *data = ipc->source ? ipc->source->bytes.data : NULL;
    size_t left = ipc->end - ipc->at;
    *size = 0;
    if (left == 0)
        return 0;
    size_t prefix = 4;
    if (left >= 4 && cc_flat_load(data + ipc->at, 4) == CONTINUATION)
        prefix = 8;
    if (left < prefix)
        return cc_ipc_broken(error, "it ends in the middle of a message");
    uint64_t value = cc_flat_load(data + ipc->at + prefix - 4, 4);
    if (value > left - prefix)
        return cc_ipc_broken(error, "it ends in the middle of a message");
    ipc->at = value == 0 ? ipc->end : ipc->at + prefix;
    *size = (size_t)value;
    return 0;
}

static int read_message(struct cc_ipc *ipc, struct message *message,
                        struct cc_error *error)
{
    size_t size;
    memset(message, 0, sizeof *message);
    CC_TRY(read_prefix(ipc, &size, error));
    if (size == 0)
        return 0;
    const uint8_t *data = ipc->source->bytes.data;
    message->flat = (struct cc_flat){data + ipc->at, size, false};
    struct cc_flat_table root = cc_flat_root(&message->flat);
    message->version = cc_flat_integer(&root, MESSAGE_VERSION, 2, 0);
    message->type = cc_flat_integer(&root, MESSAGE_HEADER_TYPE, 1, 0);
    message->header = cc_flat_table(&root, MESSAGE_HEADER);
    int64_t body = cc_flat_integer(&root, MESSAGE_BODY_LENGTH, 8, 0);
    ipc->at += size;
    if (message->flat.bad || message->type == 0)
        return cc_ipc_broken(error, "a message's metadata are damaged");
    if (message->version != VERSION_4 && message->version != VERSION_5)
        return cc_ipc_broken(error, "its metadata are of version %lld",
                             (long long)message->version + 1);
    if (body < 0 || (uint64_t)body > ipc->end - ipc->at)
        return cc_ipc_broken(error, "it ends in the middle of a message");
    message->body = data + ipc->at;
    message->body_size = (size_t)body;
    ipc->at += (size_t)body;
    return 0;
}

static struct cc_ipc_message of_reader(const struct cc_ipc *ipc,
                                       const struct message *message)
{
    return (struct cc_ipc_message){.source = ipc->source,
                                   .body = message->body,
                                   .body_size = message->body_size,
                                   .inflater = ipc->inflater,
                                   .budget = ipc->max_bytes,
                                   .with_union_validity =
                                       message->version == VERSION_4,
                                   .dictionaries = ipc->dictionaries,
                                   .dictionary_count = ipc->dictionary_count};
}

/* ---- dictionaries ---- */

static const struct cc_ipc_field *find_field(const struct cc_ipc_field *fields,
                                             size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
    {
        if (fields[i].indexed && fields[i].dictionary_id == id)
            return &fields[i];
        const struct cc_ipc_field *inner =
            find_field(fields[i].children, fields[i].child_count, id);
        if (inner)
            return inner;
    }
    return NULL;
}

/* Puts a dictionary in the place of an older one of its id. */
static int keep_dictionary(struct cc_ipc *ipc,
                           struct cc_ipc_dictionary *dictionary)
{
    for (size_t i = 0; i < ipc->dictionary_count; i++)
    {
        if (ipc->dictionaries[i]->id != dictionary->id)
            continue;
        cc_ipc_dictionary_release(ipc->dictionaries[i]);
        ipc->dictionaries[i] = dictionary;
        return 0;
    }
    struct cc_ipc_dictionary **more =
        ipc->dictionary_count < MAX_DICTIONARIES
            ? realloc(ipc->dictionaries,
                      (ipc->dictionary_count + 1) * sizeof *more)
            : NULL;
    if (!more)
        return -1;
    ipc->dictionaries = more;
    more[ipc->dictionary_count++] = dictionary;
    return 0;
}

static int read_dictionary(struct cc_ipc *ipc, const struct message *found,
                           struct cc_error *error)
{
    const struct cc_ipc_message message = of_reader(ipc, found);
    struct cc_flat_table data = cc_flat_table(&found->header, DICTIONARY_DATA);
    int64_t id = cc_flat_integer(&found->header, DICTIONARY_ID, 8, 0);
    const struct cc_ipc_field *field =
        find_field(ipc->fields, ipc->field_count, id);
    if (cc_flat_integer(&found->header, DICTIONARY_DELTA, 1, 0) != 0)
        return cc_ipc_broken(error, "a dictionary comes in parts, which this "
                                    "version does not read");
    if (!field)
        return 0;
    struct cc_ipc_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (!dictionary)
        return cc_error_memory(error);
    atomic_init(&dictionary->references, 1);
    dictionary->id = id;
    int status =
        cc_ipc_read_values(&message, &data, field, &dictionary->values, error);
    if (status == 0 && keep_dictionary(ipc, dictionary) == 0)
        return 0;
    cc_ipc_dictionary_release(dictionary);
    return status != 0 ? -1 : cc_error_memory(error);
}

/* ---- reading ---- */

static int read_first_schema(struct cc_ipc *ipc, const struct message *message,
                             struct cc_error *error)
{
    if (ipc->has_schema)
        return 0;
    CC_TRY(cc_ipc_read_schema(&message->header, &ipc->fields, &ipc->field_count,
                              error));
    ipc->has_schema = true;
    return 0;
}

/* What is not a batch. */
static int take_message(struct cc_ipc *ipc, const struct message *message,
                        struct cc_error *error)
{
    if (message->type == HEADER_SCHEMA)
        return read_first_schema(ipc, message, error);
    if (!ipc->has_schema)
        return cc_ipc_broken(error, "it does not begin with a schema");
    if (message->type == HEADER_DICTIONARY)
        return read_dictionary(ipc, message, error);
    return 0;
}

enum cc_ipc_read cc_ipc_next(struct cc_ipc *ipc, struct ArrowArray *batch,
                             struct cc_error *error)
{
    struct message message;
    do
    {
        if (read_message(ipc, &message, error) != 0)
            return CC_IPC_ERROR;
        if (message.type == 0)
            return CC_IPC_END;
        if (take_message(ipc, &message, error) != 0)
            return CC_IPC_ERROR;
    } while (message.type != HEADER_BATCH);
    const struct cc_ipc_message of = of_reader(ipc, &message);
    size_t inflated;
    if (cc_ipc_read_batch(&of, &message.header, ipc->fields, ipc->field_count,
                          batch, &inflated, error) != 0)
        return CC_IPC_ERROR;
    ipc->batch_bytes = message.body_size + inflated;
    return CC_IPC_BATCH;
}

size_t cc_ipc_batch_bytes(const struct cc_ipc *ipc)
{
    return ipc->batch_bytes;
}

const struct cc_ipc_field *cc_ipc_fields(struct cc_ipc *ipc, size_t *count,
                                         struct cc_error *error)
{
    static const struct cc_ipc_field none = {.name = NULL};
    struct message message;
    if (!ipc->has_schema)
    {
        if (read_message(ipc, &message, error) != 0)
            return NULL;
        if (message.type != HEADER_SCHEMA)
        {
            (void)cc_ipc_broken(error, "it does not begin with a schema");
            return NULL;
        }
        if (read_first_schema(ipc, &message, error) != 0)
            return NULL;
    }
    *count = ipc->field_count;
    return ipc->fields ? ipc->fields : &none;
}
