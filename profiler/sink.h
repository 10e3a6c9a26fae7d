/*
 * The one thing the runtime and the delegates know of the profiler: the shape of an event, and a
 * function to hand it to. With no sink attached, a node costs one predictable branch.
 *
 * Times are tb_clock_ns() (CLOCK_MONOTONIC). Events of one thread nest properly: an event's
 * interval lies wholly inside the one that encloses it. Emission must not allocate, lock or
 * format; a sink that is full drops and counts.
 */
#ifndef TB_PROFILER_SINK_H
#define TB_PROFILER_SINK_H

#include <stdint.h>

typedef enum tb_event_kind {
    TB_EVENT_INVOKE,   /* one whole inference: everything between invoke's entry and return */
    TB_EVENT_SUBGRAPH, /* the execution of one subgraph (control flow nests them) */
    TB_EVENT_NODE,     /* one node of the execution plan, a delegate's kernel node included */
    TB_EVENT_STEP,     /* one step inside a delegate's kernel node; `step` says what it covers */
    TB_EVENT_COPY,     /* data moved across a delegate's boundary */
    TB_EVENT_SYNC,     /* waiting for a device or for other threads */
    TB_EVENT_PHASE,    /* load, verify, allocate, delegate, ...: `name` says which */
    TB_EVENT_WORK,     /* what another thread of the pool does for the step of the same `step` */
    TB_EVENT_KIND_COUNT
} tb_event_kind;

/*
 * What a delegate's step is: made when the delegate plans, alive until the plan is gone, so that
 * an event only points at it. `nodes` are node indices in the model's own subgraph.
 */
typedef struct tb_step {
    const char *name;   /* e.g. "conv2d_3x3_winograd_f4" */
    const char *kernel; /* the kernel variant chosen, e.g. "tb_f32_gemm_6x16__avx2"; may be NULL */
    const int32_t *nodes;
    int32_t node_count;
} tb_step;

typedef struct tb_event {
    uint64_t begin_ns;
    uint64_t end_ns;
    const tb_step *step; /* TB_EVENT_STEP, _WORK, _COPY, _SYNC: may be NULL for the last two */
    const char *name;    /* static text; TB_EVENT_PHASE only, else NULL */
    int32_t subgraph;    /* index in the model, -1 where none applies */
    int32_t node;        /* index in that subgraph (delegate kernels lie past the model's own) */
    uint16_t thread;     /* 0: the thread that invokes; 1..: workers of the pool */
    uint16_t kind;       /* tb_event_kind */
    uint32_t bytes;      /* TB_EVENT_COPY: bytes moved; else 0 */
} tb_event;

/* An observer. The embedding struct owns itself; the runtime only borrows it. */
typedef struct tb_sink tb_sink;
struct tb_sink {
    void (*emit)(tb_sink *sink, const tb_event *event); /* called from any thread */
    /* Called on the emitting thread right before a node or step starts; may be NULL. Where it is
       set (hardware counters), begin_ns is taken after it returns. */
    void (*begin)(tb_sink *sink, uint16_t thread);
};

#endif
