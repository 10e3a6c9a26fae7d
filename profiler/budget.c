/* Own times of nested events; see budget.h. */
#include "profiler/budget.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

/* An event that ended and that no other has been found to enclose yet. */
typedef struct ended {
    uint64_t begin_ns;
    uint64_t duration_ns;
    bool is_subgraph;
} ended;

struct tb_budget_maker {
    tb_own_time *own; /* max_events */
    ended *stack;     /* max_events */
    size_t max_events;
    int32_t *own_nodes;
    size_t subgraphs;
};

static const struct {
    const char *name, *what;
} parts[] = {
#define X(code, name, what) {name, what},
    TB_BUDGET_PART_LIST(X)
#undef X
};

const char *tb_budget_part_name(tb_budget_part part)
{
    return parts[part].name;
}

const char *tb_budget_part_what(tb_budget_part part)
{
    return parts[part].what;
}

tb_status tb_budget_maker_create(size_t max_events, tb_error *err, tb_budget_maker **out)
{
    tb_budget_maker *maker = calloc(1, sizeof *maker);
    if (maker) {
        maker->own = calloc(max_events ? max_events : 1, sizeof *maker->own);
        maker->stack = calloc(max_events ? max_events : 1, sizeof *maker->stack);
        maker->max_events = max_events;
    }
    if (!maker || !maker->own || !maker->stack) {
        tb_budget_maker_destroy(maker);
        return tb_fail(err, TB_NO_MEMORY, "time budget: no memory for %zu events", max_events);
    }
    *out = maker;
    return TB_OK;
}

void tb_budget_maker_destroy(tb_budget_maker *maker)
{
    if (!maker)
        return;
    free(maker->own);
    free(maker->stack);
    free(maker->own_nodes);
    free(maker);
}

tb_status tb_budget_set_own_nodes(tb_budget_maker *maker, const int32_t *own_nodes,
                                  size_t subgraphs, tb_error *err)
{
    int32_t *copy = calloc(subgraphs ? subgraphs : 1, sizeof *copy);
    if (!copy)
        return tb_fail(err, TB_NO_MEMORY, "time budget: no memory for %zu subgraphs", subgraphs);
    if (subgraphs)
        memcpy(copy, own_nodes, subgraphs * sizeof *copy);
    free(maker->own_nodes);
    maker->own_nodes = copy;
    maker->subgraphs = subgraphs;
    return TB_OK;
}

static bool is_delegate_kernel(const tb_budget_maker *maker, const tb_event *event)
{
    return event->subgraph >= 0 && (size_t)event->subgraph < maker->subgraphs &&
           event->node >= maker->own_nodes[event->subgraph];
}

static tb_budget_part part_of(const tb_budget_maker *maker, const tb_event *event,
                              bool runs_subgraph)
{
    switch (event->kind) {
    case TB_EVENT_NODE:
        if (is_delegate_kernel(maker, event))
            return TB_BUDGET_DELEGATE;
        return runs_subgraph ? TB_BUDGET_CONTROL_FLOW : TB_BUDGET_KERNELS;
    case TB_EVENT_STEP:
        return TB_BUDGET_STEPS;
    case TB_EVENT_COPY:
        return TB_BUDGET_COPY;
    case TB_EVENT_SYNC:
        return TB_BUDGET_SYNC;
    case TB_EVENT_SUBGRAPH:
        return TB_BUDGET_DISPATCH;
    default:
        return TB_BUDGET_UNATTRIBUTED;
    }
}

const tb_own_time *tb_budget_make(tb_budget_maker *maker, const tb_event *events, size_t count,
                                  uint64_t end_to_end_ns, tb_budget *out)
{
    *out = (tb_budget){.end_to_end_ns = end_to_end_ns};
    size_t depth = 0, most = count < maker->max_events ? count : maker->max_events;
    uint64_t longest_ns = 0;
    for (size_t k = 0; k < most; k++) {
        const tb_event *event = &events[k];
        tb_own_time *own = &maker->own[k];
        *own = (tb_own_time){0, TB_BUDGET_UNATTRIBUTED};
        if (event->thread != 0 || event->kind == TB_EVENT_PHASE || event->end_ns < event->begin_ns)
            continue;
        uint64_t duration_ns = event->end_ns - event->begin_ns, inside_ns = 0;
        bool runs_subgraph = false;
        while (depth > 0 && maker->stack[depth - 1].begin_ns >= event->begin_ns) {
            const ended *child = &maker->stack[--depth];
            inside_ns += child->duration_ns;
            runs_subgraph = runs_subgraph || child->is_subgraph;
        }
        own->ns = duration_ns > inside_ns ? duration_ns - inside_ns : 0;
        own->part = part_of(maker, event, runs_subgraph);
        maker->stack[depth++] =
            (ended){event->begin_ns, duration_ns, event->kind == TB_EVENT_SUBGRAPH};
        out->part_ns[own->part] += (int64_t)own->ns;
        out->node_events += event->kind == TB_EVENT_NODE || event->kind == TB_EVENT_STEP;
        longest_ns = duration_ns > longest_ns ? duration_ns : longest_ns;
    }
    if (!out->end_to_end_ns)
        out->end_to_end_ns = longest_ns;
    int64_t rest_ns = (int64_t)out->end_to_end_ns;
    for (int k = 0; k < TB_BUDGET_PART_COUNT; k++)
        if (k != TB_BUDGET_UNATTRIBUTED)
            rest_ns -= out->part_ns[k];
    out->part_ns[TB_BUDGET_UNATTRIBUTED] = rest_ns;
    return maker->own;
}

uint64_t tb_budget_limit_ns(const tb_budget *budget)
{
    uint64_t share = budget->end_to_end_ns / 100, counted = 200 + 50 * budget->node_events;
    return share > counted ? share : counted;
}
