/*
 * Constants that the model computes in front of its operators: weights kept as half floats or in 8
 * bits (DEQUANTIZE), or sparse (DENSIFY). The delegate unpacks each once and takes it for a constant
 * wherever it is read; unpacked ones are kept where packed weights are (pack.h).
 */
#ifndef TB_CPU_FOLD_H
#define TB_CPU_FOLD_H

#include "delegates/cpu/pack.h"

typedef struct tb_cpu_fold {
    int tensor; /* the computed constant */
    int source; /* what the model stores */
    int from;   /* the input of its own node: `source`, or the dense form of it */
    int node;
    bool kept; /* somebody outside the delegate may read it too */
} tb_cpu_fold;

typedef struct tb_cpu_folds {
    tb_cpu_fold *items;
    int count;
} tb_cpu_folds;

/* All of them in the graph; nodes in execution order. The caller frees. */
tb_status tb_folds_find(TfLiteContext *context, const TfLiteIntArray *order, tb_error *err,
                        tb_cpu_folds *out);
/* `to` is empty before; false: out of memory. The caller frees. */
bool tb_folds_copy(const tb_cpu_folds *from, tb_cpu_folds *to);
void tb_folds_free(tb_cpu_folds *folds);
/* NULL where the tensor is none. */
const tb_cpu_fold *tb_folds_get(const tb_cpu_folds *folds, int tensor);

/* The values, borrowed from the packs. */
tb_status tb_fold_values(TfLiteContext *context, const tb_cpu_fold *fold, tb_packs *packs,
                         tb_error *err, const void **out);

/* The model's INT8 or INT4 weights (tb_query_hybrid_filter has looked at them) as floats, not scaled. */
tb_status tb_fold_weights(const TfLiteTensor *filter, tb_packs *packs, tb_error *err,
                          const void **out);

#endif
