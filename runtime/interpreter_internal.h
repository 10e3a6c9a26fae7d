/*
 * The interpreter's inside, for the files that make it up: what its subgraphs share.
 */
#ifndef TB_RUNTIME_INTERPRETER_INTERNAL_H
#define TB_RUNTIME_INTERPRETER_INTERNAL_H

#include <stdatomic.h>

#include "runtime/base/arena.h"
#include "runtime/base/stop.h"
#include "runtime/interpreter.h"
#include "runtime/memory_count.h"
#include "runtime/resources.h"
#include "runtime/subgraph.h"

/* How deep subgraphs may call each other. */
#define TB_MAX_CALL_DEPTH 64

/* A delegate and what it was told. Its address is its host's `self`. */
typedef struct tb_delegate_entry {
    tb_interpreter *interpreter;
    TfLiteDelegate *delegate;
    tb_host host;
    char **plan_texts; /* by subgraph; NULL where it described none */
} tb_delegate_entry;

/* Where the runtime is, for messages. */
typedef struct tb_place {
    const tb_subgraph *subgraph; /* NULL: in none */
    const tb_node *node;         /* NULL: in none */
    int node_index;
    bool in_delegate; /* a delegate is being applied */
} tb_place;

struct tb_interpreter {
    tb_model *model;
    tb_arena arena; /* lists, params and names that live as long as the interpreter */
    tb_subgraph *subgraphs;
    int subgraph_count;
    const TfLiteRegistration **registrations; /* by operator code; while building */
    const tb_resolver *resolver;              /* while building */

    int threads;
    tb_thread_pool *pool;
    tb_resources *resources;
    TfLiteExternalContext *external_contexts[kTfLiteMaxExternalContexts];
    bool keep_all_tensors;
    int delegate_first, delegate_end; /* see tb_interpreter_options */
    bool allow_buffer_handle_output;

    tb_delegate_entry **delegates;
    int delegate_count;
    struct tb_packed_cache *packed; /* NULL until a delegate asks */

    tb_signature_runner *runners;
    int runner_count;

    tb_sink *sink;
    tb_sink *next_sink; /* takes effect at the next invoke */

    tb_memory_count memory;
    uint64_t time_limit_ns;
    uint64_t deadline_ns; /* of the call at hand; 0: none */
    bool cancellable;
    atomic_bool cancelled;
    tb_stop stop;              /* what loops of the call at hand ask */
    const tb_stop *outer_stop; /* what the thread asked before */
    atomic_flag busy;
    int call_depth;

    void (*report)(void *context, const char *message);
    void *report_context;
    tb_place place;
    bool preparing;           /* else invoking: tells what kind of fault a kernel's message is */
    TfLiteStatus last_result; /* of the last call */
    tb_error fault;           /* the first one of the call (or node) at hand; status TB_OK: none */
};

/* The message, reported; nothing else. */
void tb_interpreter_report(tb_interpreter *interpreter, const char *message);

/* TB_CANCELLED or TB_TIME_LIMIT where the call at hand has to end, else TB_OK; from any thread. */
tb_status tb_interpreter_stopped(const tb_interpreter *interpreter);
/* The same as a fault, told once. */
TfLiteStatus tb_interpreter_check_stop(tb_subgraph *subgraph);

/* delegation.c */
void tb_interpreter_free_delegates(tb_interpreter *interpreter);

/* signature.c */
tb_status tb_signatures_build(tb_interpreter *interpreter, tb_error *err);
/* Position of a name; -1. */
int tb_signature_find_input(const tb_signature_runner *runner, const char *name);
int tb_signature_find_output(const tb_signature_runner *runner, const char *name);
/* `strict`: only dimensions that the model leaves open may change. */
tb_status tb_signature_resize(tb_signature_runner *runner, int k, int rank, const int *dims,
                              bool strict, tb_error *err);

/*
 * Brackets of every call from outside: one at a time, the clock of the time limit, faults. `end`
 * turns the status into ours and moves the fault to `err`.
 */
tb_status tb_interpreter_begin(tb_interpreter *interpreter, const char *what, tb_error *err);
tb_status tb_interpreter_end(tb_interpreter *interpreter, const char *what, TfLiteStatus status,
                             tb_error *err);

/* What subgraphs of signatures and the primary one have in common. */
tb_status tb_run_resize(tb_interpreter *interpreter, int subgraph, int tensor, int rank,
                        const int *dims, bool strict, tb_error *err);
tb_status tb_run_allocate(tb_interpreter *interpreter, int subgraph, tb_error *err);
tb_status tb_run_invoke(tb_interpreter *interpreter, int subgraph, tb_error *err);

#endif
