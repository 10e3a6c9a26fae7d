/* Rows of a plan; see op_rows.h. */
#include "bench/op_rows.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/buf.h"

typedef struct op_row {
    tb_event_kind kind;
    const tb_step *step;         /* STEP, COPY, SYNC */
    const tb_engine_node *plain; /* one of the model's nodes */
    int subgraph;
    int node;
    int partition;
    const char *name;
    const char *delegate;
    const char *covers;
    uint64_t flops; /* of all it covers */
} op_row;

struct tb_op_rows {
    const tb_engine_plan *plan;
    op_row *rows;
    int count;
    const op_row **sorted; /* by compare_rows */
};

static const char *const kind_texts[TB_EVENT_KIND_COUNT] = {
    [TB_EVENT_NODE] = "node",
    [TB_EVENT_STEP] = "step",
    [TB_EVENT_COPY] = "copy",
    [TB_EVENT_SYNC] = "sync",
};

static const tb_engine_node *find_node(const tb_engine_plan *plan, int subgraph, int node)
{
    for (int k = 0; k < plan->node_count; k++)
        if (plan->nodes[k].subgraph == subgraph && plan->nodes[k].node == node)
            return &plan->nodes[k];
    return NULL;
}

static int find_partition(const tb_engine_plan *plan, int subgraph, int kernel_node)
{
    for (int k = 0; k < plan->partition_count; k++)
        if (plan->partitions[k].subgraph == subgraph && plan->partitions[k].node == kernel_node)
            return k;
    return -1;
}

static const char *keep_text(tb_arena *arena, tb_buf *text)
{
    const char *kept = text->size ? tb_arena_text(arena, tb_buf_text(text), text->size) : NULL;
    tb_buf_free(text);
    return kept;
}

static int compare_rows(const void *a, const void *b)
{
    const op_row *x = *(const op_row *const *)a, *y = *(const op_row *const *)b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->subgraph != y->subgraph)
        return x->subgraph < y->subgraph ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    uintptr_t left = (uintptr_t)x->step, right = (uintptr_t)y->step;
    return (left > right) - (left < right);
}

/* ---- making ------------------------------------------------------------------------------------ */

static void add_partition_row(tb_op_rows *rows, int partition, tb_arena *arena)
{
    const tb_engine_plan *plan = rows->plan;
    const tb_engine_partition *kernel = &plan->partitions[partition];
    op_row *row = &rows->rows[rows->count++];
    *row = (op_row){
        .kind = TB_EVENT_NODE,
        .subgraph = kernel->subgraph,
        .node = kernel->node,
        .partition = partition,
        .name = kernel->name,
    };
    tb_buf covers = {0};
    for (int k = 0; k < plan->node_count; k++) {
        const tb_engine_node *node = &plan->nodes[k];
        if (node->partition != partition)
            continue;
        tb_buf_printf(&covers, "%s%d", covers.size ? "," : "", node->node);
        row->flops += node->flops;
        row->delegate = node->delegate_name;
    }
    row->covers = keep_text(arena, &covers);
}

static void add_node_row(tb_op_rows *rows, const tb_engine_node *node)
{
    rows->rows[rows->count++] = (op_row){
        .kind = TB_EVENT_NODE,
        .plain = node,
        .subgraph = node->subgraph,
        .node = node->node,
        .partition = node->partition,
        .name = node->op_name,
        .delegate = node->delegate_name,
        .flops = node->flops,
    };
}

static void add_step_row(tb_op_rows *rows, const tb_op_total *op, tb_arena *arena)
{
    const tb_engine_plan *plan = rows->plan;
    op_row *row = &rows->rows[rows->count++];
    *row = (op_row){
        .kind = op->kind,
        .step = op->step,
        .subgraph = op->subgraph,
        .node = op->node,
        .partition = find_partition(plan, op->subgraph, op->node),
        .name = op->step ? op->step->name : kind_texts[op->kind],
    };
    tb_buf covers = {0};
    for (int k = 0; op->step && k < op->step->node_count; k++) {
        const tb_engine_node *node = find_node(plan, op->subgraph, op->step->nodes[k]);
        tb_buf_printf(&covers, "%s%d", k ? "," : "", op->step->nodes[k]);
        /* Waiting and copying compute nothing. */
        row->flops += node && op->kind == TB_EVENT_STEP ? node->flops : 0;
        row->delegate = node ? node->delegate_name : row->delegate;
    }
    row->covers = keep_text(arena, &covers);
}

tb_status tb_op_rows_make(const tb_engine_plan *plan, const tb_op_times *ops, tb_arena *arena,
                          tb_error *err, tb_op_rows **out)
{
    size_t seen = 0;
    const tb_op_total *totals = ops ? tb_op_times_ops(ops, &seen) : NULL;
    size_t most = (size_t)plan->node_count + (size_t)plan->partition_count + seen;
    tb_op_rows *rows = TB_ARENA_NEW(arena, tb_op_rows, 1);
    bool *opened = TB_ARENA_NEW(arena, bool, (size_t)plan->partition_count);
    if (rows)
        rows->rows = TB_ARENA_NEW(arena, op_row, most);
    if (!rows || !rows->rows || !opened)
        return tb_fail(err, TB_NO_MEMORY, "plan of %d nodes: out of memory", plan->node_count);
    rows->plan = plan;
    for (int k = 0; k < plan->node_count; k++) {
        int partition = plan->nodes[k].partition;
        if (partition >= 0 && !opened[partition]) {
            opened[partition] = true;
            add_partition_row(rows, partition, arena);
        }
        add_node_row(rows, &plan->nodes[k]);
    }
    for (size_t k = 0; k < seen; k++)
        if (totals[k].kind != TB_EVENT_NODE)
            add_step_row(rows, &totals[k], arena);
    rows->sorted = TB_ARENA_NEW(arena, const op_row *, (size_t)rows->count);
    if (!rows->sorted)
        return tb_fail(err, TB_NO_MEMORY, "plan of %d nodes: out of memory", plan->node_count);
    for (int k = 0; k < rows->count; k++)
        rows->sorted[k] = &rows->rows[k];
    if (rows->count)
        qsort(rows->sorted, (size_t)rows->count, sizeof *rows->sorted, compare_rows);
    *out = rows;
    return TB_OK;
}

/* ---- using ------------------------------------------------------------------------------------- */

int tb_op_rows_count(const tb_op_rows *rows)
{
    return rows->count;
}

static int find_row(const tb_op_rows *rows, const op_row *wanted)
{
    const op_row **found = rows->count ? bsearch(&wanted, rows->sorted, (size_t)rows->count,
                                                 sizeof *rows->sorted, compare_rows)
                                       : NULL;
    return found ? (int)(*found - rows->rows) : -1;
}

int tb_op_rows_find(const tb_op_rows *rows, const tb_op_total *op)
{
    const op_row wanted = {
        .kind = op->kind, .subgraph = op->subgraph, .node = op->node, .step = op->step};
    return find_row(rows, &wanted);
}

int tb_op_rows_find_event(const tb_op_rows *rows, const tb_event *event)
{
    const op_row wanted = {.kind = (tb_event_kind)event->kind,
                           .subgraph = event->subgraph,
                           .node = event->node,
                           .step = event->step};
    return find_row(rows, &wanted);
}

static void put_row(const op_row *row, tb_json_writer *json)
{
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "kind", kind_texts[row->kind]);
    tb_json_put_int(json, "subgraph", row->subgraph);
    if (row->kind == TB_EVENT_NODE)
        tb_json_put_int(json, "node", row->node);
    tb_json_put_text(json, "covers", row->covers);
    tb_json_put_text(json, "op", row->name);
    tb_json_put_text(json, "delegate", row->delegate);
    if (row->partition >= 0)
        tb_json_put_int(json, "partition", row->partition);
    if (row->step)
        tb_json_put_text(json, "kernel", row->step->kernel);
    if (row->flops)
        tb_json_put_uint(json, "flops", row->flops);
    if (row->plain) {
        tb_json_put_text(json, "tensor", row->plain->tensor_name);
        tb_json_put_text(json, "shape", row->plain->shape);
        tb_json_put_text(json, "reason", row->plain->reason);
        if (row->plain->bytes)
            tb_json_put_uint(json, "bytes", row->plain->bytes);
    }
    tb_json_end_object(json);
}

void tb_op_rows_put(const tb_op_rows *rows, tb_json_writer *json)
{
    tb_json_put_array(json, "ops");
    for (int k = 0; k < rows->count; k++)
        put_row(&rows->rows[k], json);
    tb_json_end_array(json);
}
