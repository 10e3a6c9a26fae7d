/*
 * The functions by which applications get a fast CPU delegate from libtensorflowlite_c.so. There it is
 * XNNPACK's; here it is ours, so that such an application keeps its speed with this library in the
 * place of the other. Options that only XNNPACK has a use for are kept and handed back, not heeded:
 * ours takes 8-bit operators without being asked, and shares packed weights by itself.
 */
#include <stdlib.h>

#include "delegates/delegate.h"
#include "delegates/made.h"
#include "runtime/tflite_abi/xnnpack_delegate.h"

extern const tb_delegate_row tb_delegate_cpu;

/* ---- delegates --------------------------------------------------------------------------------- */

TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void)
{
    return (TfLiteXNNPackDelegateOptions){.weight_cache_file_descriptor = -1};
}

TfLiteDelegate *
TfLiteXNNPackDelegateCreateWithThreadpool(const TfLiteXNNPackDelegateOptions *options,
                                          TfLiteContext *context)
{
    TfLiteXNNPackDelegateOptions *kept = malloc(sizeof *kept);
    if (!kept)
        return NULL;
    *kept = options ? *options : TfLiteXNNPackDelegateOptionsDefault();
    int threads = context ? context->recommended_num_threads : kept->num_threads;
    TfLiteDelegate *delegate = NULL;
    if (tb_delegate_cpu.create(NULL, 0, threads < 1 ? 1 : threads, NULL, &delegate) != TB_OK ||
        !tb_made_put(delegate, kept)) {
        tb_delegate_cpu.destroy(delegate);
        free(kept);
        return NULL;
    }
    /* Applications add it to every model; XNNPACK refuses none. */
    delegate->flags |= TB_DELEGATE_MAY_DECLINE;
    return delegate;
}

TfLiteDelegate *TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options)
{
    return TfLiteXNNPackDelegateCreateWithThreadpool(options, NULL);
}

void TfLiteXNNPackDelegateDelete(TfLiteDelegate *delegate)
{
    if (!delegate)
        return;
    free(tb_made_take(delegate));
    tb_delegate_cpu.destroy(delegate);
}

const TfLiteXNNPackDelegateOptions *TfLiteXNNPackDelegateGetOptions(TfLiteDelegate *delegate)
{
    return tb_made_find(delegate);
}

int TfLiteXNNPackDelegateGetFlags(TfLiteDelegate *delegate)
{
    const TfLiteXNNPackDelegateOptions *options = tb_made_find(delegate);
    return options ? (int)options->flags : 0;
}

/* A pthreadpool_t, which ours has none of; NULL means one thread to those who ask. */
void *TfLiteXNNPackDelegateGetThreadPool(TfLiteDelegate *delegate)
{
    (void)delegate;
    return NULL;
}

/* ---- caches of weights ------------------------------------------------------------------------- */

/* Weights are packed once a model in any case; this is there to be handed around. */
struct TfLiteXNNPackDelegateWeightsCache {
    bool finalized;
};

struct TfLiteXNNPackDelegateWeightsCache *TfLiteXNNPackDelegateWeightsCacheCreate(void)
{
    return calloc(1, sizeof(struct TfLiteXNNPackDelegateWeightsCache));
}

struct TfLiteXNNPackDelegateWeightsCache *
TfLiteXNNPackDelegateWeightsCacheCreateWithSize(size_t size)
{
    (void)size;
    return TfLiteXNNPackDelegateWeightsCacheCreate();
}

bool TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    if (cache)
        cache->finalized = true;
    return cache != NULL;
}

bool TfLiteXNNPackDelegateWeightsCacheFinalizeHard(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    return TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(cache);
}

void TfLiteXNNPackDelegateWeightsCacheDelete(struct TfLiteXNNPackDelegateWeightsCache *cache)
{
    free(cache);
}

const char *TfLiteXNNPackDelegateInMemoryFilePath(void)
{
    return ":memory";
}

bool TfLiteXNNPackDelegateCanUseInMemoryWeightCacheProvider(void)
{
    return false;
}
