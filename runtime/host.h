/*
 * What our runtime offers to a delegate beyond TFLite's C ABI.
 *
 * A delegate of ours exports (or puts in its table row) `tb_delegate_bind`; our runtime calls it
 * once, before TfLiteDelegate::Prepare. A stock TFLite never does, and there the delegate works
 * without: it makes its own threads, packs for itself, emits no steps and keeps its reasons.
 */
#ifndef TB_RUNTIME_HOST_H
#define TB_RUNTIME_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/sink.h"
#include "runtime/tflite_abi/common.h"

#define TB_HOST_VERSION 1

typedef struct tb_thread_pool tb_thread_pool;

/* Who memory is accounted to. */
typedef enum tb_memory_owner {
    TB_MEMORY_ARENA,    /* planned tensors */
    TB_MEMORY_DYNAMIC,  /* tensors whose size only a kernel knows */
    TB_MEMORY_KERNEL,   /* what kernels keep between invokes */
    TB_MEMORY_WEIGHTS,  /* packed weights of a delegate */
    TB_MEMORY_DELEGATE, /* everything else of a delegate */
    TB_MEMORY_DEVICE,   /* on the far side: GPU, DSP */
    TB_MEMORY_OWNER_COUNT
} tb_memory_owner;

/*
 * Borrowed by the delegate until TfLiteDelegate or the interpreter goes, whichever is first.
 * Every function may be called from the thread that runs Prepare or Invoke; `emit` and `cancelled`
 * from any thread.
 */
typedef struct tb_host {
    uint32_t version; /* TB_HOST_VERSION */
    uint32_t size;    /* sizeof(tb_host): a delegate checks before it reads a later field */
    void *self;

    /* The interpreter's pool, shared by all delegates; thread count as the user asked. */
    tb_thread_pool *pool;

    /* The sink in force for this invoke; NULL: nobody watches, and no clock should be read. */
    tb_sink *(*sink)(const struct tb_host *host);

    /* Says why `node` (in `subgraph`) stays with the interpreter. The text is copied. */
    void (*reject)(const struct tb_host *host, int subgraph, int node, const char *reason);

    /* True once the user cancelled or the time limit passed; a long kernel looks now and then. */
    bool (*cancelled)(const struct tb_host *host);

    /* Accounts `delta` bytes (negative: given back). False: over --memory-limit; then nothing was
       accounted and the delegate refuses with a message. */
    bool (*account)(const struct tb_host *host, tb_memory_owner owner, int64_t delta);

    /*
     * Packed weights shared among the interpreters of one model. The key names the tensor's bytes
     * and everything the packing depends on. find returns NULL where nobody has packed yet;
     * publish takes ownership (`destroy` is called when the last interpreter of the model goes) and
     * returns the block to use, which is another interpreter's where that was first.
     */
    const void *(*packed_find)(const struct tb_host *host, const void *key, size_t key_size);
    const void *(*packed_publish)(const struct tb_host *host, const void *key, size_t key_size,
                                  void *block, void (*destroy)(void *block));

    /* The index of the subgraph a context belongs to, or -1. */
    int (*subgraph_index)(const struct tb_host *host, const TfLiteContext *context);

    /* A text that says what the plan is, one line a step; copied, stored and fingerprinted. */
    void (*describe_plan)(const struct tb_host *host, int subgraph, const char *text);

    /* Whether the tensor is an output of the subgraph, which its nodes do not tell. */
    bool (*is_graph_output)(const struct tb_host *host, int subgraph, int tensor);

    /* Bytes of a constant that the delegate has read for the last time, for all it knows: where they
       lie in a mapped file, their pages may leave memory (they come back when they are read). */
    void (*release)(const struct tb_host *host, const void *data, size_t bytes);

    /* Whether the node's shapes are those it will run with; false behind a tensor that gets its shape
       while the model runs. */
    bool (*has_known_shapes)(const struct tb_host *host, int subgraph, int node);
} tb_host;

/* In TfLiteDelegate::flags: a model that this delegate is not for (TB_UNAVAILABLE) runs without it, and
   the C API reports why instead of failing. Above all bits of the ABI, which other runtimes read. */
#define TB_DELEGATE_MAY_DECLINE (INT64_C(1) << 40)

/* The same place: where some shapes are known only while the model runs, it takes nodes whose shapes are
   known before (host->has_known_shapes). Otherwise as a delegate that takes static shapes only. */
#define TB_DELEGATE_TAKES_KNOWN_SHAPES (INT64_C(1) << 41)

/* The optional symbol. Returns kTfLiteOk, or an error to refuse this host. */
typedef TfLiteStatus (*tb_delegate_bind_fn)(TfLiteDelegate *delegate, const tb_host *host);
#define TB_DELEGATE_BIND_SYMBOL "tb_delegate_bind"

#endif
