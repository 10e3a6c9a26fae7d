/*
 * The interpreter: a model made runnable. This is the runtime's own interface, which the C API
 * (tflite_abi/c_api.h, c_api.c) and the `native` engine are written on.
 *
 * Order of calls: create, [apply delegates], [resize inputs], allocate, {fill inputs, invoke, read
 * outputs}. Resizing after allocate asks for allocate again and undoes and redoes delegation. One
 * thread at a time: an invoke while another runs is refused with TB_STATE. tb_interpreter_cancel
 * may come from any thread.
 */
#ifndef TB_RUNTIME_INTERPRETER_H
#define TB_RUNTIME_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/sink.h"
#include "runtime/base/status.h"
#include "runtime/host.h"
#include "runtime/model.h"
#include "runtime/resolver.h"
#include "runtime/tflite_abi/common.h"

typedef struct tb_interpreter tb_interpreter;

typedef struct tb_interpreter_options {
    int threads;                 /* >= 1; 0 means 1 */
    uint64_t memory_limit_bytes; /* of everything accounted through the runtime; 0: none */
    uint64_t time_limit_ns;      /* of one allocate or invoke; 0: none */
    bool cancellable;            /* tb_interpreter_cancel is honoured between nodes and in loops */
    bool keep_all_tensors;       /* no memory is shared: every intermediate can be read */
    /* Of the primary subgraph only the nodes [first, end) may go to delegates; end 0: all nodes of
       all subgraphs. For finding the node that a delegate computes wrongly. */
    int delegate_first, delegate_end;
    const tb_resolver *resolver; /* borrowed until create returns; NULL: ops.def alone */
    void (*report)(void *context, const char *message); /* errors and notes; NULL: standard error */
    void *report_context;
} tb_interpreter_options;

/* Retains the model. `options` may be NULL. */
tb_status tb_interpreter_create(tb_model *model, const tb_interpreter_options *options,
                                tb_error *err, tb_interpreter **out);
void tb_interpreter_destroy(tb_interpreter *interpreter);

/*
 * Lets the delegate take what it can from every subgraph it may (those reachable through control
 * flow stay whole unless its flags allow dynamic tensors...: the rules are TFLite's). The delegate
 * is borrowed and must outlive the interpreter. `bind` may be NULL. When it fails, the graph is as
 * it was before, and `err` says why.
 */
tb_status tb_interpreter_apply_delegate(tb_interpreter *interpreter, TfLiteDelegate *delegate,
                                        tb_delegate_bind_fn bind, tb_error *err);

/* Undoes and forgets all delegates; allocated again, the inputs' values kept. */
tb_status tb_interpreter_drop_delegates(tb_interpreter *interpreter, tb_error *err);

tb_status tb_interpreter_resize_input(tb_interpreter *interpreter, int input, int rank,
                                      const int *dims, bool strict, tb_error *err);
tb_status tb_interpreter_allocate(tb_interpreter *interpreter, tb_error *err);
tb_status tb_interpreter_invoke(tb_interpreter *interpreter, tb_error *err);
tb_status tb_interpreter_reset_variables(tb_interpreter *interpreter, tb_error *err);
void tb_interpreter_cancel(tb_interpreter *interpreter);

/* The primary subgraph's inputs and outputs, by position or name (NULL where there is none). */
int tb_interpreter_input_count(const tb_interpreter *interpreter);
int tb_interpreter_output_count(const tb_interpreter *interpreter);
TfLiteTensor *tb_interpreter_input(const tb_interpreter *interpreter, int k);
const TfLiteTensor *tb_interpreter_output(const tb_interpreter *interpreter, int k);
TfLiteTensor *tb_interpreter_input_by_name(const tb_interpreter *interpreter, const char *name);
const TfLiteTensor *tb_interpreter_output_by_name(const tb_interpreter *interpreter,
                                                  const char *name);

/* Signatures; each runs a subgraph of its own on the same resources. A signature's inputs and
   outputs are in the order of their names (byte-wise), as in TFLite. */
int tb_interpreter_signature_count(const tb_interpreter *interpreter);
const char *tb_interpreter_signature_key(const tb_interpreter *interpreter, int k);

typedef struct tb_signature_runner tb_signature_runner;
/* Owned by the interpreter; the same runner for the same key. NULL key: the primary subgraph. */
tb_status tb_interpreter_signature(tb_interpreter *interpreter, const char *key, tb_error *err,
                                   tb_signature_runner **out);
int tb_signature_input_count(const tb_signature_runner *runner);
int tb_signature_output_count(const tb_signature_runner *runner);
const char *tb_signature_input_name(const tb_signature_runner *runner, int k);
const char *tb_signature_output_name(const tb_signature_runner *runner, int k);
TfLiteTensor *tb_signature_input(const tb_signature_runner *runner, int k);
const TfLiteTensor *tb_signature_output(const tb_signature_runner *runner, int k);
tb_status tb_signature_resize_input(tb_signature_runner *runner, int k, int rank, const int *dims,
                                    tb_error *err);
tb_status tb_signature_allocate(tb_signature_runner *runner, tb_error *err);
tb_status tb_signature_invoke(tb_signature_runner *runner, tb_error *err);

/* Who watches from the next invoke on; NULL: nobody. Borrowed. */
void tb_interpreter_set_sink(tb_interpreter *interpreter, tb_sink *sink);
tb_thread_pool *tb_interpreter_pool(const tb_interpreter *interpreter);

/* ---- what inspect, plans and reports show ------------------------------------------------------ */

/* Bytes in force now, and their peak, per owner; index with tb_memory_owner. */
typedef struct tb_memory_account {
    uint64_t current_bytes[TB_MEMORY_OWNER_COUNT];
    uint64_t peak_bytes[TB_MEMORY_OWNER_COUNT];
} tb_memory_account;
void tb_interpreter_memory(const tb_interpreter *interpreter, tb_memory_account *out);

typedef struct tb_memory_plan_summary {
    uint64_t arena_bytes;       /* largest offset + size of a planned tensor */
    uint64_t lower_bound_bytes; /* largest sum of live tensors at any node, each rounded up to 64 */
    int peak_node;              /* a node where that bound is reached; -1: none */
    int planned_tensors;        /* those that share another's place in it not counted */
    uint64_t persistent_bytes;  /* of variables, which lie outside the arena */
} tb_memory_plan_summary;
void tb_interpreter_memory_plan(const tb_interpreter *interpreter, int subgraph,
                                tb_memory_plan_summary *out);

int tb_interpreter_subgraph_count(const tb_interpreter *interpreter);
int tb_interpreter_tensor_count(const tb_interpreter *interpreter, int subgraph);
const TfLiteTensor *tb_interpreter_tensor(const tb_interpreter *interpreter, int subgraph,
                                          int tensor);
/* Where a tensor lies in the arena and between which plan positions it lives; false: not planned. */
typedef struct tb_tensor_placement {
    uint64_t offset;
    uint64_t bytes;
    int first_use; /* position in the execution plan */
    int last_use;
} tb_tensor_placement;
bool tb_interpreter_tensor_placement(const tb_interpreter *interpreter, int subgraph, int tensor,
                                     tb_tensor_placement *out);

/* Nodes: the model's own come first, kernels that delegates put in their place behind them. */
typedef struct tb_node_info {
    const char *op_name; /* "CONV_2D", the custom name, or the delegate kernel's name */
    const TfLiteNode *node;
    const TfLiteRegistration *registration;
    const char *delegate_name; /* NULL: the portable kernel runs it */
    int delegated_to;          /* the node that replaced this one; -1: none */
    const char *reason;        /* why the delegate left it behind; NULL: taken, or none asked */
} tb_node_info;
int tb_interpreter_node_count(const tb_interpreter *interpreter, int subgraph);
bool tb_interpreter_node(const tb_interpreter *interpreter, int subgraph, int node,
                         tb_node_info *out);
/* Node indices in execution order; the array is the interpreter's. */
const int *tb_interpreter_execution_plan(const tb_interpreter *interpreter, int subgraph,
                                         int *count);
/* The delegate's own description of its plan, or NULL. */
const char *tb_interpreter_plan_text(const tb_interpreter *interpreter, int subgraph);

#endif
