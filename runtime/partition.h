/*
 * Cutting an execution plan into sets of nodes: those that a delegate wants and those it does not,
 * as few as the dependencies allow. The sets can run one after another, in the order given: none
 * needs what a later one computes. As TFLite cuts (graph_info.cc), node for node.
 */
#ifndef TB_RUNTIME_PARTITION_H
#define TB_RUNTIME_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/tflite_abi/common.h"

/* A plan's node as the cut sees it. */
typedef struct tb_part_node {
    int index; /* in the subgraph */
    const TfLiteIntArray *inputs;
    const TfLiteIntArray *outputs;
    bool wanted;          /* by the delegate */
    bool has_side_effect; /* keeps its order among all that have one */
    bool is_barrier;      /* everything keeps its order to this one */
} tb_part_node;

typedef struct tb_node_set {
    bool wanted;
    TfLiteIntArray *nodes;   /* node indices, in order of execution */
    TfLiteIntArray *inputs;  /* tensors from outside, ascending, constants among them */
    TfLiteIntArray *outputs; /* tensors that other sets or the subgraph need, ascending */
} tb_node_set;

/*
 * `nodes` in order of execution: a node depends on earlier ones only. With `one_each` every node is a
 * set of its own. The sets and their lists lie in `arena`.
 */
tb_status tb_partition(const tb_part_node *nodes, int count, int tensor_count, const int *outputs,
                       int output_count, bool one_each, tb_arena *arena, tb_error *err,
                       tb_node_set **sets, int *set_count);

#endif
