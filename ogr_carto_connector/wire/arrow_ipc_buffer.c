/* SPDX-License-Identifier: MIT */
/* Buffers of a message: in place, copied, or uncompressed (BodyCompression of
 * Message.fbs: int64 size, then an LZ4 or ZSTD frame). */
#include "arrow_ipc_internal.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct cc_ipc_inflater
{
    LZ4F_dctx *lz4; /* made when needed */
    ZSTD_DCtx *zstd;
};

struct cc_ipc_inflater *cc_ipc_inflater_new(void)
{
    return calloc(1, sizeof(struct cc_ipc_inflater));
}

void cc_ipc_inflater_free(struct cc_ipc_inflater *inflater)
{
    if (!inflater)
        return;
    (void)LZ4F_freeDecompressionContext(inflater->lz4);
    (void)ZSTD_freeDCtx(inflater->zstd);
    free(inflater);
}

static int inflate_zstd(struct cc_ipc_inflater *inflater, const uint8_t *in,
                        size_t size, uint8_t *out, size_t out_size,
                        struct cc_error *error)
{
    if (!inflater->zstd)
        inflater->zstd = ZSTD_createDCtx();
    if (!inflater->zstd)
        return cc_error_memory(error);
    size_t got = ZSTD_decompressDCtx(inflater->zstd, out, out_size, in, size);
    if (ZSTD_isError(got))
        return cc_ipc_broken(error, "ZSTD says \"%s\" of a buffer",
                             ZSTD_getErrorName(got));
    if (got != out_size)
        return cc_ipc_broken(error, "a buffer's ZSTD frame is too short");
    return 0;
}

static int inflate_lz4(struct cc_ipc_inflater *inflater, const uint8_t *in,
                       size_t size, uint8_t *out, size_t out_size,
                       struct cc_error *error)
{
    if (!inflater->lz4 && LZ4F_isError(LZ4F_createDecompressionContext(
                              &inflater->lz4, LZ4F_VERSION)))
        return cc_error_memory(error);
    LZ4F_resetDecompressionContext(inflater->lz4);
    size_t done = 0;
    size_t hint = 1;
    while (hint != 0 && size > 0)
    {
        size_t room = out_size - done;
        size_t used = size;
        hint =
            LZ4F_decompress(inflater->lz4, out + done, &room, in, &used, NULL);
        if (LZ4F_isError(hint))
            return cc_ipc_broken(error, "LZ4 says \"%s\" of a buffer",
                                 LZ4F_getErrorName(hint));
        if (room == 0 && used == 0)
            break;
        done += room;
        in += used;
        size -= used;
    }
    if (hint != 0 || done != out_size)
        return cc_ipc_broken(error, "a buffer's LZ4 frame does not come to "
                                    "the size that it should");
    return 0;
}

static int make_inflated(struct cc_ipc_inflater *inflater,
                         enum cc_ipc_codec codec, const uint8_t *in,
                         size_t size, size_t out_size, size_t *budget,
                         struct cc_ipc_bytes *out, struct cc_error *error)
{
    if (out_size > *budget)
        return cc_ipc_broken(error, "its buffers come to too many bytes when "
                                    "they are uncompressed");
    *budget -= out_size;
    out->owned = malloc(out_size + 1);
    if (!out->owned)
        return cc_error_memory(error);
    out->data = out->owned;
    out->size = out_size;
    int status =
        codec == CC_IPC_LZ4
            ? inflate_lz4(inflater, in, size, out->owned, out_size, error)
            : inflate_zstd(inflater, in, size, out->owned, out_size, error);
    if (status != 0)
    {
        free(out->owned);
        out->owned = NULL;
    }
    return status;
}

static int make_plain(const uint8_t *in, size_t size, struct cc_ipc_bytes *out,
                      struct cc_error *error)
{
    *out = (struct cc_ipc_bytes){in, size, NULL};
    if ((uintptr_t)in % 8 == 0)
        return 0;
    out->owned = malloc(size + 1);
    if (!out->owned)
        return cc_error_memory(error);
    memcpy(out->owned, in, size);
    out->data = out->owned;
    return 0;
}

int cc_ipc_make_bytes(struct cc_ipc_inflater *inflater, enum cc_ipc_codec codec,
                      const uint8_t *in, size_t size, size_t *budget,
                      struct cc_ipc_bytes *out, struct cc_error *error)
{
    /* what takes no memory still is a buffer for those who look for one */
    static const uint64_t nothing[2] = {0, 0};
    *out = (struct cc_ipc_bytes){(const uint8_t *)nothing, 0, NULL};
    if (size == 0)
        return 0;
    if (codec == CC_IPC_PLAIN)
        return make_plain(in, size, out, error);
    if (size < 8)
        return cc_ipc_broken(error, "a compressed buffer has no size");
    int64_t inflated = (int64_t)cc_flat_load(in, 8);
    if (inflated == -1)
        return make_plain(in + 8, size - 8, out, error);
    if (inflated < 0 || (uint64_t)inflated > SIZE_MAX / 2)
        return cc_ipc_broken(error, "a compressed buffer has no valid size");
    return make_inflated(inflater, codec, in + 8, size - 8, (size_t)inflated,
                         budget, out, error);
}
