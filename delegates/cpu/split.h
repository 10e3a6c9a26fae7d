/*
 * How the work of a step is cut into tasks for the plan's threads: by what it takes, in nanoseconds,
 * against what a loop on several threads costs. What a step takes is estimated from its products and
 * bytes at the rates of a fast processor of today; on a slower one everything takes longer, and it is
 * still right to share what is shared here. Where the environment has TB_CPU_SHARE, everything is
 * shared, so that tests reach the tasks of small steps.
 */
#ifndef TB_CPU_SPLIT_H
#define TB_CPU_SPLIT_H

#include "delegates/cpu/plan.h"

enum {
    /* Measured on two cores of a Zen 5: a worker that spins sees a loop and is seen to have left it
       after some 500 ns, and what it computed the next step may have to fetch. */
    TB_SPLIT_LOOP_NS = 1800,
    TB_SPLIT_FETCH_GBPS = 16, /* out of another core's cache, in no order that it foresees */
    TB_SPLIT_TASK_NS = 6000, /* what a task should take, so that threads can help each other out, */
    TB_SPLIT_TASKS = 4       /* of which a thread gets no more than so many */
};

/* Nanoseconds for so many multiply-adds, and so many bytes read and written. `element_products` are
   those that a 32-bit lane does at once: 1 for floats. */
static inline double tb_split_ns(const tb_plan *plan, double products, size_t element_products,
                                 double bytes)
{
    const double lanes = (double)plan->kernels->f32_dw.nr * (double)element_products;
    const double compute_ns = products / (6.0 * lanes), memory_ns = bytes / 64.0;
    return compute_ns > memory_ns ? compute_ns : memory_ns;
}

static inline tb_value *tb_split_root(const tb_plan *plan, int value)
{
    tb_value *v = &plan->values[value];
    while (v->home == TB_HOME_ALIAS)
        v = &plan->values[v->alias_of];
    return v;
}

/* Says whether a step's tasks spread what it writes over the threads. */
static inline void tb_split_set_spread(const tb_plan *plan, int value, bool spread)
{
    tb_split_root(plan, value)->spread = spread;
}

/*
 * Tasks for work of `ns` that reads `input`: 1, or a multiple of the number of threads. What a thread
 * reads of others' making comes out of their caches: all but its part, where one thread reads what all
 * wrote, and as much where all read what one wrote.
 */
static inline size_t tb_split_tasks(const tb_plan *plan, int input, double ns)
{
    const size_t threads = (size_t)plan->threads;
    if (threads > 1 && plan->share_all)
        return threads * TB_SPLIT_TASKS;
    if (threads < 2)
        return 1;
    const tb_value *in = &plan->values[input];
    const double part = 1.0 / (double)threads;
    const double fetch_ns =
        (double)in->elements * (double)in->element_bytes * (1 - part) / TB_SPLIT_FETCH_GBPS;
    const bool spread = tb_split_root(plan, input)->spread;
    const double alone_ns = ns + (spread ? fetch_ns : 0);
    const double shared_ns = ns * part + TB_SPLIT_LOOP_NS + (spread ? 0 : fetch_ns * part);
    if (alone_ns < shared_ns)
        return 1;
    const double each = ns / (double)threads / TB_SPLIT_TASK_NS;
    return threads * (each < 1 ? 1 : each > TB_SPLIT_TASKS ? TB_SPLIT_TASKS : (size_t)each);
}

/*
 * Rows in a band where `images` of `rows` are cut into bands of at most `most`, for about `tasks`
 * tasks: as many rows for each thread where the numbers allow it, since threads get bands by number.
 */
static inline int32_t tb_split_rows(const tb_plan *plan, int32_t images, int32_t rows, int32_t most,
                                    size_t tasks)
{
    const int32_t threads = tasks > 1 && images % plan->threads ? plan->threads : 1;
    const int32_t share = (rows + threads - 1) / threads; /* of an image, for a thread */
    const size_t parts = (size_t)images * (size_t)threads;
    int32_t bands = (share + most - 1) / most, best = (share + bands - 1) / bands;
    for (int32_t more = bands + 1; more <= share && (size_t)more * parts <= tasks; more++) {
        const int32_t band = (share + more - 1) / more;
        if (band * more <= best * bands) {
            best = band;
            bands = more;
        }
    }
    return best;
}

#endif
