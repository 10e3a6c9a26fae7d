/*
 * The ops of a plan as people read them: one line for what takes time of its own, in the order of
 * the model's nodes.
 *
 * Stored rows overlap: a delegate's kernel node encloses its steps, and the model's own nodes that
 * it took stand beside them. Here a step speaks for the nodes it covers, a kernel node keeps only
 * what its steps leave of its time, and no nanosecond is counted twice.
 */
#ifndef TB_REPORTS_OP_VIEW_H
#define TB_REPORTS_OP_VIEW_H

#include "reports/pool.h"
#include "reports/select.h"

typedef struct tb_op_line {
    const char *op;    /* "CONV_2D", "CONV_2D + RELU" for a step over both, "inside tflbench_cpu" */
    const char *nodes; /* "12", "12,13" */
    const char *kernel, *tensor, *shape, *delegate, *reason; /* NULL: unknown */
    int64_t subgraph, first_node;
    tb_integer flops, bytes;
    tb_real median_ns; /* of its own: parts that are lines themselves are taken off */
} tb_op_line;

typedef struct tb_op_view {
    tb_op_line *lines;
    size_t count;
    /* Sum over the subgraph that is invoked: those that control flow calls lie inside its nodes. */
    double total_ns;
} tb_op_view;

/* Lines and their texts lie in the pool or in `ops`, which must outlive the view. */
tb_status tb_op_view_make(const tb_ops *ops, tb_pool *pool, tb_error *err, tb_op_view *view);

#endif
