/* What delegates of ours are offered beyond the ABI; see host.h. */
#include "runtime/host_internal.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/packed_cache.h"

static tb_delegate_entry *entry_of(const tb_host *host)
{
    return host->self;
}

static tb_interpreter *interpreter_of(const tb_host *host)
{
    return entry_of(host)->interpreter;
}

static tb_subgraph *subgraph_at(const tb_host *host, int index)
{
    tb_interpreter *interpreter = interpreter_of(host);
    return index >= 0 && index < interpreter->subgraph_count ? &interpreter->subgraphs[index]
                                                             : NULL;
}

static tb_sink *host_sink(const tb_host *host)
{
    return interpreter_of(host)->sink;
}

static void host_reject(const tb_host *host, int subgraph, int node, const char *reason)
{
    tb_subgraph *s = subgraph_at(host, subgraph);
    if (!s || node < 0 || node >= s->node_count || !reason)
        return;
    tb_node *n = s->nodes[node];
    char *copy = strdup(reason);
    if (!copy)
        return;
    free(n->reason);
    n->reason = copy;
}

static bool host_cancelled(const tb_host *host)
{
    return tb_interpreter_stopped(interpreter_of(host)) != TB_OK;
}

static bool host_account(const tb_host *host, tb_memory_owner owner, int64_t delta)
{
    tb_memory_count *memory = &interpreter_of(host)->memory;
    if ((int)owner < 0 || owner >= TB_MEMORY_OWNER_COUNT)
        return false;
    if (delta >= 0)
        return tb_memory_take(memory, owner, (uint64_t)delta);
    tb_memory_give(memory, owner, (uint64_t)0 - (uint64_t)delta);
    return true;
}

static tb_packed_cache *packed_cache(const tb_host *host)
{
    tb_interpreter *interpreter = interpreter_of(host);
    if (!interpreter->packed)
        interpreter->packed = tb_packed_cache_acquire(interpreter->model);
    return interpreter->packed;
}

static const void *host_packed_find(const tb_host *host, const void *key, size_t key_size)
{
    tb_packed_cache *cache = packed_cache(host);
    return cache ? tb_packed_cache_find(cache, key, key_size) : NULL;
}

static const void *host_packed_publish(const tb_host *host, const void *key, size_t key_size,
                                       void *block, void (*destroy)(void *block))
{
    tb_packed_cache *cache = packed_cache(host);
    if (cache)
        return tb_packed_cache_publish_take(cache, key, key_size, block, destroy);
    destroy(block);
    return NULL;
}

static int host_subgraph_index(const tb_host *host, const TfLiteContext *context)
{
    const tb_interpreter *interpreter = interpreter_of(host);
    for (int k = 0; k < interpreter->subgraph_count; k++) {
        if (&interpreter->subgraphs[k].context == context)
            return k;
    }
    return -1;
}

void tb_host_join_texts(tb_interpreter *interpreter, tb_subgraph *subgraph)
{
    free(subgraph->plan_text);
    subgraph->plan_text = NULL;
    size_t size = 0;
    for (int k = 0; k < interpreter->delegate_count; k++) {
        const char *text = interpreter->delegates[k]->plan_texts[subgraph->index];
        size += text ? strlen(text) + 1 : 0;
    }
    char *joined = size ? malloc(size) : NULL;
    if (!joined)
        return;
    size_t used = 0;
    for (int k = 0; k < interpreter->delegate_count; k++) {
        const char *text = interpreter->delegates[k]->plan_texts[subgraph->index];
        if (!text)
            continue;
        if (used)
            joined[used++] = '\n';
        size_t length = strlen(text);
        memcpy(joined + used, text, length);
        used += length;
    }
    joined[used] = '\0';
    subgraph->plan_text = joined;
}

static void host_describe_plan(const tb_host *host, int subgraph, const char *text)
{
    tb_subgraph *s = subgraph_at(host, subgraph);
    tb_delegate_entry *entry = entry_of(host);
    char *copy = s && text ? strdup(text) : NULL;
    if (!copy)
        return;
    free(entry->plan_texts[subgraph]);
    entry->plan_texts[subgraph] = copy;
    tb_host_join_texts(entry->interpreter, s);
}

static bool host_is_graph_output(const tb_host *host, int subgraph, int tensor)
{
    const tb_subgraph *s = subgraph_at(host, subgraph);
    for (int k = 0; s && k < s->output_count; k++) {
        if (s->outputs[k] == tensor)
            return true;
    }
    return false;
}

static void host_release(const tb_host *host, const void *data, size_t bytes)
{
    tb_model_release_pages(interpreter_of(host)->model, data, bytes);
}

static bool host_has_known_shapes(const tb_host *host, int subgraph, int node)
{
    const tb_subgraph *s = subgraph_at(host, subgraph);
    return s && node >= 0 && node < s->node_count && s->nodes[node]->has_known_shapes;
}

void tb_host_fill(tb_delegate_entry *entry)
{
    entry->host = (tb_host){
        .version = TB_HOST_VERSION,
        .size = sizeof(tb_host),
        .self = entry,
        .pool = entry->interpreter->pool,
        .sink = host_sink,
        .reject = host_reject,
        .cancelled = host_cancelled,
        .account = host_account,
        .packed_find = host_packed_find,
        .packed_publish = host_packed_publish,
        .subgraph_index = host_subgraph_index,
        .describe_plan = host_describe_plan,
        .is_graph_output = host_is_graph_output,
        .release = host_release,
        .has_known_shapes = host_has_known_shapes,
    };
}
