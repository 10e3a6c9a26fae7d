/*
 * An engine runs a model: `native` is our runtime, `tflite` a real libtensorflowlite_c.so found
 * with dlopen. Workers, verify, accuracy and numerics see models only through this. One file
 * engine_<name>.c, which defines `const tb_engine tb_engine_<name>`, and one line in engines.def
 * each.
 */
#ifndef TB_BENCH_ENGINE_H
#define TB_BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/json_write.h"
#include "profiler/sink.h"
#include "runtime/base/buf.h"
#include "runtime/base/status.h"
#include "runtime/tflite_abi/c_api_types.h"

#define TB_MAX_RANK 8

/* A tensor at the model's edge. `data` is the engine's own memory: valid until the next resize,
   allocate or invoke; NULL before allocate. */
typedef struct tb_io {
    const char *name;
    TfLiteType type;
    int rank;
    int dims[TB_MAX_RANK];
    float scale; /* 0: not quantised per tensor */
    int32_t zero_point;
    void *data;
    size_t bytes;
} tb_io;

typedef struct tb_engine_options {
    const char *library;  /* tflite: the shared object's path; else NULL */
    const char *delegate; /* a --delegate value with its options: "reference", "cpu", "gpu:..." */
    const char *delegate_cache; /* folder where delegates keep what they compile; NULL: none */
    int threads;
    const char *signature;         /* key, or NULL: the primary subgraph */
    uint64_t memory_limit_bytes;   /* 0: none */
    uint64_t time_limit_ns;        /* 0: none */
    const char *const *custom_ops; /* shared objects with custom operators (custom_ops.h) */
    int custom_op_count;
    /* Of the primary subgraph only nodes [first, end) may be delegated; end 0: all. Engines that
       cannot do it refuse it. */
    int delegate_first, delegate_end;
    bool observe;          /* a sink will be set: some engines have to know beforehand */
    bool fail_on_fallback; /* a node left behind is an error (--fallback fail) */
    /* Goes on with the engine's own kernels, and says so, when a delegate's device fails in the middle
       of a run: where results count and latencies do not. */
    bool outlive_device;
    /* Told when a phase (load, delegate, allocate) ends; may be NULL. */
    void (*phase)(void *context, const char *name, uint64_t begin_ns, uint64_t end_ns);
    void (*note)(void *context, const char *text); /* messages of the engine; may be NULL */
    void *context;
} tb_engine_options;

typedef struct tb_session tb_session; /* an engine's model, ready to be allocated */

/* One of the model's own nodes: what it is and who runs it. Texts belong to the session. */
typedef struct tb_engine_node {
    int subgraph;
    int node;
    const char *op_name;
    const char *tensor_name;   /* of the first output; may be NULL */
    const char *shape;         /* of the first output, e.g. "FLOAT32[1,112,112,32]"; may be NULL */
    const char *delegate_name; /* NULL: the engine's own kernel */
    int partition;             /* index in tb_engine_plan.partitions; -1: not delegated */
    const char *reason;        /* why it stayed behind; NULL */
    uint64_t flops;            /* 2 x multiply-adds, from shapes; 0: unknown or none */
    uint64_t bytes;            /* read and written, from shapes; 0: unknown */
} tb_engine_node;

/* One kernel node that a delegate put in the place of a partition. */
typedef struct tb_engine_partition {
    int subgraph;
    int node; /* index of the kernel node: per-op events bear it */
    const char *name;
} tb_engine_partition;

/* What ran where, once allocated. */
typedef struct tb_engine_plan {
    const tb_engine_node *nodes; /* all subgraphs, each in order of execution */
    int node_count;
    int delegated; /* how many of them a delegate took */
    const tb_engine_partition *partitions;
    int partition_count;
    int tensor_count; /* in all subgraphs; -1: unknown */
    const char *text; /* the delegate's own description, or NULL */
} tb_engine_plan;

typedef struct tb_engine_figure {
    const char *metric; /* "arena_bytes", "weights_bytes", ... */
    const char *owner;  /* "arena", "delegate", ... */
    const char *unit;
    bool known;
    double value;
    const char *reason; /* where not known */
} tb_engine_figure;

typedef struct tb_engine {
    const char *name;
    const char *what; /* one line */
    /* Name and version in one text, e.g. "native 0.1.0 (58a069c)". */
    tb_status (*version)(const char *library, tb_error *err, tb_buf *out);
    /* Reads and verifies the model and applies the delegate. */
    tb_status (*open)(const char *model_path, const tb_engine_options *options, tb_error *err,
                      tb_session **out);
    void (*close)(tb_session *session);
    int (*input_count)(const tb_session *session);
    int (*output_count)(const tb_session *session);
    tb_status (*input)(tb_session *session, int k, tb_error *err, tb_io *out);
    tb_status (*output)(tb_session *session, int k, tb_error *err, tb_io *out);
    tb_status (*resize)(tb_session *session, int input, int rank, const int *dims, tb_error *err);
    tb_status (*allocate)(tb_session *session, tb_error *err);
    /* Replaces an input's bytes; needed for strings, whose size is not the shape's. */
    tb_status (*set_input)(tb_session *session, int k, const void *data, size_t bytes,
                           tb_error *err);
    tb_status (*invoke)(tb_session *session, tb_error *err);
    tb_status (*reset_variables)(tb_session *session, tb_error *err); /* may be NULL */
    void (*cancel)(tb_session *session);                              /* may be NULL */
    void (*set_sink)(tb_session *session, tb_sink *sink);             /* NULL: no per-op events */
    /* Valid until the next resize or allocate; may be NULL. TB_UNAVAILABLE: nobody knows, and why. */
    tb_status (*plan)(tb_session *session, tb_error *err, tb_engine_plan *out);
    /* Puts the graph that `plan` belongs to, "subgraphs":[...] of docs/formats.md; may be NULL. */
    void (*graph)(tb_session *session, const tb_engine_plan *plan, tb_json_writer *json);
    /* Memory and other figures as of now; the array is the session's. NULL: none offered. */
    const tb_engine_figure *(*figures)(tb_session *session, int *count);
} tb_engine;

const tb_engine *const *tb_engine_rows(int *count);
const tb_engine *tb_engine_find(const char *name); /* NULL: none of that name */
/* Parses an --engine value "name" or "name:library": the row, and the library's path or NULL, which
   points into `text`. */
tb_status tb_engine_parse(const char *text, tb_error *err, const tb_engine **engine,
                          const char **library);

#endif
