/*
 * The graph of a model as it is being run, for profiles: nodes, tensors, what each costs by its
 * shapes, and where each tensor lies in the arena. docs/formats.md, "Graph", describes the JSON.
 */
#ifndef TB_BENCH_GRAPH_H
#define TB_BENCH_GRAPH_H

#include "bench/json_write.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"

/* Puts "subgraphs":[...]; the interpreter is allocated. `partition_of` gives the number of the
   partition that a delegate's kernel node stands for. */
void tb_graph_put(tb_model *model, tb_interpreter *interpreter,
                  int (*partition_of)(const void *context, int subgraph, int kernel_node),
                  const void *context, tb_json_writer *json);

#endif
