/* Applying the delegate to a graph: which nodes it takes, and the kernels that stand for them. */
#ifndef TB_GPU_APPLY_H
#define TB_GPU_APPLY_H

#include "delegates/gpu/plan.h"

typedef struct tb_gpu_kernel tb_gpu_kernel;

typedef struct tb_gpu_delegate {
    TfLiteDelegate base;
    tb_gpu gpu;
    int min_partition; /* nodes; 0: the cost model decides */
    /* While a graph is being delegated: kernels that are ready for it. */
    tb_gpu_kernel *ready;
} tb_gpu_delegate;

static inline tb_gpu_delegate *tb_gpu_delegate_of(const TfLiteDelegate *delegate)
{
    return delegate->data_;
}

/* TfLiteDelegate::Prepare. A partition that the device cannot be made ready for stays behind, and its
   nodes say why. */
TfLiteStatus tb_gpu_apply(TfLiteContext *context, TfLiteDelegate *delegate);

#endif
