/*
 * Which nodes XNNPACK gets, and how each is said to it. A node is taken where the cpu delegate would
 * take it too (which has checked shapes, types and constants then), where nodes.c has a row for it,
 * and where the library itself accepts its definition.
 */
#ifndef TB_DELEGATES_XNNPACK_NODES_H
#define TB_DELEGATES_XNNPACK_NODES_H

#include "delegates/cpu/ops.h"
#include "delegates/xnnpack/library.h"

/* The constant of a tensor, or NULL where it is computed. `padded`: with TB_XNN_EXTRA_BYTES behind. */
typedef struct tb_xnn_constants {
    tb_status (*find)(void *self, int tensor, bool padded, tb_error *err, const void **out);
    void *self;
} tb_xnn_constants;

/* A graph that is being defined; values have the tensors' indices. */
typedef struct tb_xnn_builder {
    const tb_xnn *call;
    tb_xnn_graph graph;
    const TfLiteContext *context;
    const tb_xnn_constants *constants;
    const TfLiteIntArray *inputs;  /* tensors from outside, ... */
    const TfLiteIntArray *outputs; /* ... and those that somebody outside reads */
    bool *defined;                 /* by tensor */
} tb_xnn_builder;

/* TB_UNSUPPORTED: the library does not accept the node. */
tb_status tb_xnn_define(tb_xnn_builder *builder, int builtin, const TfLiteNode *node,
                        tb_error *err);

/* False with the reason in the query, whose context, node and folds are set. `registration` is the
   node's, `writers` of tb_cpu_count_writers. */
bool tb_xnn_takes(const tb_xnn *call, tb_cpu_query *query, const TfLiteRegistration *registration,
                  const uint8_t *writers);

#endif
