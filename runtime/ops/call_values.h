/*
 * Tensors between a node and the subgraph it calls: shapes and values in, values out. Absent ones
 * (-1) on either side are passed over.
 */
#ifndef TB_RUNTIME_OPS_CALL_VALUES_H
#define TB_RUNTIME_OPS_CALL_VALUES_H

#include "runtime/ops/common.h"
#include "runtime/subgraph_call.h"

/* The subgraph, which has so many inputs and outputs; refuses otherwise. `what` is "the body". */
TfLiteStatus tb_call_get(TfLiteContext *context, int index, const char *what, int inputs,
                         int outputs, tb_subgraph **out);

/* The node's inputs from number `first` on give the callee's inputs their shapes, which is then
   allocated. Types have to agree. */
TfLiteStatus tb_call_shape(TfLiteContext *context, const TfLiteNode *node, int first,
                           tb_subgraph *callee);
/* The same, and the values. */
TfLiteStatus tb_call_pass(TfLiteContext *context, const TfLiteNode *node, int first,
                          tb_subgraph *callee);
/* One subgraph's outputs (or, with `inputs`, its inputs) become the inputs of another one. */
TfLiteStatus tb_call_hand_over(TfLiteContext *context, const tb_subgraph *from, bool inputs,
                               tb_subgraph *to);
/* The callee's outputs (or inputs) become the node's outputs; those that are dynamic get their
   shapes. */
TfLiteStatus tb_call_fetch(TfLiteContext *context, const TfLiteNode *node,
                           const tb_subgraph *callee, bool inputs);

#endif
