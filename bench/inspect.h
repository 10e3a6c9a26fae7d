/*
 * Everything `tflbench inspect` shows of a model: what the file says, and what the interpreter
 * makes of it (shapes, cost of nodes, memory plan), with the portable kernels alone and with a
 * delegate. What cannot be had is an error text in its place, never a zero: a model with an unknown
 * operator can still be looked at.
 */
#ifndef TB_BENCH_INSPECT_H
#define TB_BENCH_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/custom_ops.h"
#include "bench/delegate_arg.h"
#include "bench/op_cost.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"

/* An interpreter on the model, allocated; or why there is none. */
typedef struct tb_inspect_run {
    tb_interpreter *interpreter; /* NULL: `error` says why */
    TfLiteDelegate *delegate;    /* NULL: the portable kernels alone */
    tb_error error;
} tb_inspect_run;

typedef struct tb_inspection {
    tb_model *model;
    tb_custom_ops *custom_ops; /* NULL: none given */
    tb_delegate_arg delegate_arg;
    tb_inspect_run plain;     /* shapes, costs, memory plan */
    tb_inspect_run delegated; /* unused where the delegate is `reference` */
    tb_arena texts;
} tb_inspection;

/* Only a model that cannot be read, a --delegate that makes no sense, or shared objects that lack a
   custom operator (custom_ops.h) are an error. */
tb_status tb_inspection_open(const char *path, const char *delegate, int threads,
                             const char *const *custom_ops, int custom_op_count, tb_error *err,
                             tb_inspection *out);
void tb_inspection_close(tb_inspection *inspection);

static inline bool tb_inspection_has_delegate(const tb_inspection *inspection)
{
    return inspection->delegate_arg.row != NULL;
}

/* ---- nodes ------------------------------------------------------------------------------------- */

typedef struct tb_inspect_node {
    tb_operator_def def;
    const char *op;
    int output_tensor; /* the first; -1: none */
    bool cost_known;
    tb_op_cost cost;
    int partition;      /* the delegate's kernel node that took it; -1: none */
    const char *reason; /* why the delegate left it; NULL: taken, or no reason given */
} tb_inspect_node;

void tb_inspection_node(const tb_inspection *inspection, size_t subgraph, size_t node,
                        tb_inspect_node *out);

/* One operator at one version: how often, and what it costs together. */
typedef struct tb_inspect_op {
    const char *name;
    int version;
    int count;
    int delegated;
    tb_op_cost cost;
} tb_inspect_op;

/* Of all subgraphs, in order of first appearance; NULL without memory. free() it. */
tb_inspect_op *tb_inspection_ops(const tb_inspection *inspection, int *count);

/* ---- tensors ----------------------------------------------------------------------------------- */

typedef enum tb_tensor_role {
    TB_ROLE_INTERMEDIATE,
    TB_ROLE_INPUT,
    TB_ROLE_OUTPUT,
    TB_ROLE_CONSTANT,
    TB_ROLE_VARIABLE
} tb_tensor_role;

const char *tb_tensor_role_name(tb_tensor_role role);

typedef struct tb_inspect_tensor {
    tb_tensor_def def;
    tb_tensor_role role;
    const TfLiteTensor *live; /* with the shape in force; NULL: no interpreter */
    bool placed;              /* in the arena, at `placement` */
    tb_tensor_placement placement;
} tb_inspect_tensor;

void tb_inspection_tensor(const tb_inspection *inspection, size_t subgraph, size_t tensor,
                          tb_inspect_tensor *out);

/* ---- totals ------------------------------------------------------------------------------------ */

typedef struct tb_inspect_totals {
    size_t nodes, tensors;
    uint64_t constant_bytes; /* of all buffers, each once */
    bool cost_known;
    tb_op_cost cost;
    int delegated, partitions; /* nodes; kernel nodes in their place */
} tb_inspect_totals;

tb_inspect_totals tb_inspection_totals(const tb_inspection *inspection);

/* How far the plan lies above its bound: 0.05 is 5 %; 0 where the bound is 0. */
double tb_plan_overhead(const tb_memory_plan_summary *plan);

/* ---- writers ----------------------------------------------------------------------------------- */

/* Which parts are shown; all of them by default. */
#define TB_INSPECT_PARTS(X) \
    X(SUMMARY, "summary")   \
    X(OPS, "ops")           \
    X(NODES, "nodes")       \
    X(TENSORS, "tensors")   \
    X(MEMORY, "memory")     \
    X(DELEGATE, "delegate")

enum {
#define TB_INSPECT_PART_INDEX(code, name) TB_INSPECT_PART_INDEX_##code,
    TB_INSPECT_PARTS(TB_INSPECT_PART_INDEX)
#undef TB_INSPECT_PART_INDEX
#define TB_INSPECT_PART_BIT(code, name) TB_INSPECT_##code = 1 << TB_INSPECT_PART_INDEX_##code,
        TB_INSPECT_PARTS(TB_INSPECT_PART_BIT)
#undef TB_INSPECT_PART_BIT
};

tb_status tb_inspect_text(const tb_inspection *inspection, unsigned parts, tb_error *err, FILE *to);
/* docs/formats.md, "inspect". */
tb_status tb_inspect_json(const tb_inspection *inspection, unsigned parts, tb_error *err, FILE *to);

#endif
