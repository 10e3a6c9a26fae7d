/*
 * Two configurations on the same inputs, tensor by tensor: the outputs of the model as it is, and
 * every intermediate tensor, seen by making it an output of a copy (models/rewrite.h), which can
 * change what a delegate fuses. Every inference runs in a worker of its own.
 */
#ifndef TB_BENCH_NUMERICS_RUN_H
#define TB_BENCH_NUMERICS_RUN_H

#include "bench/engine.h"
#include "bench/job.h"
#include "bench/launch.h"
#include "bench/numerics.h"
#include "runtime/base/arena.h"
#include "runtime/model.h"

/* One configuration. Texts are borrowed. */
typedef struct tb_numerics_side {
    const char *model; /* path */
    const char *engine, *library, *delegate;
    int threads;
} tb_numerics_side;

typedef struct tb_numerics_request {
    tb_numerics_side reference, candidate;
    tb_text_list inputs, shapes, custom_ops;
    uint64_t seed; /* of the first run; the next have the following ones */
    int runs;
    bool outputs_only; /* leave the intermediate tensors out */
    tb_numerics_limits limits;
    uint64_t memory_limit_bytes;
    uint64_t silence_ns;
    /* Told of the candidate's events of the first run; may be NULL. */
    tb_status (*message)(void *context, tb_message message, const cJSON *event, tb_error *err);
    void *context;
    /* What is being run, for people; may be NULL. */
    void (*progress)(void *context, const char *what, int done, int total);
    void *progress_context;
} tb_numerics_request;

typedef struct tb_numerics_tensor {
    int tensor;       /* index in the primary subgraph of the candidate's model */
    int node;         /* that computes it; -1: none (an input that is an output) */
    const char *op;   /* name of the operator; NULL with node -1 */
    const char *name; /* "" where it has none */
    bool is_output;
    bool compared; /* false: the sides' tensors cannot be compared, or only one has it */
    bool off;
    tb_numerics numerics;
} tb_numerics_tensor;

typedef struct tb_numerics_report {
    tb_arena arena;
    tb_numerics_tensor *outputs; /* of the model as it is */
    int output_count;
    tb_numerics_tensor *tensors; /* of the copy, intermediate ones in the order they are computed */
    int tensor_count;
    bool outputs_off; /* one of the outputs is off */
    int suspect; /* the first node whose results are off though what it reads is not; -1: none */
    const char *suspect_op;
    const char *without; /* why intermediate tensors could not be seen; NULL: they were */
} tb_numerics_report;

/* A worker that cannot run its side is TB_UNAVAILABLE with its reason. Free it on success only. */
tb_status tb_numerics_run(const tb_numerics_request *request, const tb_worker_program *program,
                          tb_error *err, tb_numerics_report *out);
void tb_numerics_report_free(tb_numerics_report *report);

/*
 * The smallest range of nodes [first, end) that shows outputs that are off when it alone may be
 * delegated: the shortest beginning of the model that shows it, then the shortest end of that. Takes
 * at most 2 ceil(log2 nodes) runs, which *runs counts. For outputs that are off, of an engine that can
 * choose what is delegated.
 */
tb_status tb_numerics_bisect(const tb_numerics_request *request, const tb_worker_program *program,
                             tb_error *err, int *first, int *end, int *runs);

#endif
