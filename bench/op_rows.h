/*
 * The rows of a plan, as they are stored: each of the model's nodes, the kernels that a delegate
 * put in the place of some, and the steps that it takes inside. Row numbers tie per-op times to
 * rows, and are the same in every process that runs the same plan.
 */
#ifndef TB_BENCH_OP_ROWS_H
#define TB_BENCH_OP_ROWS_H

#include "bench/engine.h"
#include "bench/json_write.h"
#include "profiler/sink_ops.h"
#include "runtime/base/arena.h"

typedef struct tb_op_rows tb_op_rows;

/*
 * Order: nodes as in the plan, a delegate's kernel before the first node it replaced; behind them
 * the steps, as `ops` first saw them. Everything lives in `arena`; steps are borrowed from the
 * delegate's plan. `ops` may be NULL (nobody has watched).
 */
tb_status tb_op_rows_make(const tb_engine_plan *plan, const tb_op_times *ops, tb_arena *arena,
                          tb_error *err, tb_op_rows **out);
int tb_op_rows_count(const tb_op_rows *rows);
/* The row of an op that was seen at run time; -1: none (a node unknown to the plan). */
int tb_op_rows_find(const tb_op_rows *rows, const tb_op_total *op);
int tb_op_rows_find_event(const tb_op_rows *rows, const tb_event *event);

/* Puts "ops":[...] with the keys of reports/record.def. */
void tb_op_rows_put(const tb_op_rows *rows, tb_json_writer *json);

#endif
