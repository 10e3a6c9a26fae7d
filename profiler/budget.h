/*
 * Where the time of one inference goes. Events of the invoking thread nest, so an event's time
 * without what its children cover belongs to it alone, and these times add up to the inference
 * without counting anything twice, control flow and delegates included.
 */
#ifndef TB_PROFILER_BUDGET_H
#define TB_PROFILER_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "profiler/sink.h"
#include "runtime/base/status.h"

/* X(code, stored name, one line for people) */
#define TB_BUDGET_PART_LIST(X)                                                                   \
    X(KERNELS, "kernels", "nodes in the interpreter's own kernels")                              \
    X(CONTROL_FLOW, "control_flow", "nodes that run subgraphs, without what they run")           \
    X(STEPS, "steps", "steps inside delegates")                                                  \
    X(DELEGATE, "delegate", "a delegate's node outside the steps it tells")                      \
    X(COPY, "copy", "data moved across a delegate's boundary")                                   \
    X(SYNC, "sync", "waiting for a device or for other threads")                                 \
    X(DISPATCH, "dispatch", "between nodes: the interpreter's loop, and the note of each event") \
    X(UNATTRIBUTED, "unattributed", "what is left: entry and return of the call")

typedef enum tb_budget_part {
#define TB_BUDGET_ENUM(code, name, what) TB_BUDGET_##code,
    TB_BUDGET_PART_LIST(TB_BUDGET_ENUM)
#undef TB_BUDGET_ENUM
        TB_BUDGET_PART_COUNT
} tb_budget_part;

const char *tb_budget_part_name(tb_budget_part part);
const char *tb_budget_part_what(tb_budget_part part);

/* The parts add up to end_to_end_ns exactly. Only UNATTRIBUTED can be negative: where events do not
   nest, or lie outside the inference. */
typedef struct tb_budget {
    uint64_t end_to_end_ns;
    int64_t part_ns[TB_BUDGET_PART_COUNT];
    uint64_t node_events; /* nodes and steps */
} tb_budget;

/* An event's share of the budget. */
typedef struct tb_own_time {
    uint64_t ns;         /* without its children; 0 of other threads' */
    tb_budget_part part; /* where it counts */
} tb_own_time;

typedef struct tb_budget_maker tb_budget_maker;

/* `max_events`: the most that are ever passed in. */
tb_status tb_budget_maker_create(size_t max_events, tb_error *err, tb_budget_maker **out);
void tb_budget_maker_destroy(tb_budget_maker *maker);
/* How many nodes of its own each subgraph of the model has: nodes behind those are delegates'
   kernels. Copied. Without it no node is taken for one. */
tb_status tb_budget_set_own_nodes(tb_budget_maker *maker, const int32_t *own_nodes,
                                  size_t subgraphs, tb_error *err);

/* The events of one inference in the order of their ends, as the ring has them. `end_to_end_ns` is
   measured around the call; 0: as long as the outermost event. The result has an entry an event and
   lives until the next call; it allocates nothing. */
const tb_own_time *tb_budget_make(tb_budget_maker *maker, const tb_event *events, size_t count,
                                  uint64_t end_to_end_ns, tb_budget *out);

/* The most that may stay unattributed: the larger of 1 % and 200 ns + 50 ns a node event. */
uint64_t tb_budget_limit_ns(const tb_budget *budget);

#endif
