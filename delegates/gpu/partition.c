/* Dropping partitions; see partition.h. */
#include "delegates/gpu/partition.h"

#include <stdio.h>
#include <stdlib.h>

void tb_gpu_leave(const TfLiteIntArray *nodes, const char *reason, const tb_host *host,
                  int subgraph, TfLiteIntArray *taken)
{
    for (int i = 0; i < nodes->size; i++) {
        if (host)
            host->reject(host, subgraph, nodes->data[i], reason);
        for (int k = 0; k < taken->size; k++)
            if (taken->data[k] == nodes->data[i])
                taken->data[k] = -1;
    }
}

void tb_gpu_compact(TfLiteIntArray *taken)
{
    int count = 0;
    for (int k = 0; k < taken->size; k++)
        if (taken->data[k] >= 0)
            taken->data[count++] = taken->data[k];
    taken->size = count;
}

/* ---- the estimate ------------------------------------------------------------------------------------ */

/*
 * Rough figures of phones and desktops alike; they decide about partitions that are far from even: a
 * lone RESHAPE between two operators that stay, or a head of three small layers.
 */
#define HOST_NS_PER_MAC       0.1  /* a few cores' vector units */
#define HOST_NS_PER_BYTE      0.1  /* element-wise work */
#define DEVICE_SPEEDUP        4.0  /* of either */
#define LAUNCH_NS             5e3  /* of a kernel */
#define BOUNDARY_NS           60e3 /* submitting, and waiting for the end */
#define COPY_NS_PER_BYTE      0.3  /* over a bus; */
#define COPY_NS_PER_BYTE_NEAR 0.1  /* where memory is shared */

typedef struct estimate {
    double saved_ns, cost_ns;
} estimate;

static size_t bytes_of(const TfLiteContext *context, const TfLiteIntArray *list)
{
    size_t bytes = 0;
    for (int i = 0; i < list->size; i++) {
        const TfLiteTensor *tensor = list->data[i] < 0 ? NULL : &context->tensors[list->data[i]];
        if (tensor && tensor->allocation_type != kTfLiteMmapRo)
            bytes += tensor->bytes;
    }
    return bytes;
}

/* Products of a node: for each output, as many as its filter (a constant second input of two
   dimensions or more) has for an output channel. */
static double macs_of(const TfLiteContext *context, const TfLiteNode *node)
{
    if (node->inputs->size < 2 || node->inputs->data[1] < 0 || node->outputs->data[0] < 0)
        return 0.0;
    const TfLiteTensor *filter = &context->tensors[node->inputs->data[1]];
    const TfLiteTensor *out = &context->tensors[node->outputs->data[0]];
    if (filter->allocation_type != kTfLiteMmapRo || !filter->dims || filter->dims->size < 2 ||
        !out->dims || out->dims->size < 1)
        return 0.0;
    const int channels = out->dims->data[out->dims->size - 1];
    return (double)tb_query_elements(out) * (double)tb_query_elements(filter) /
           (double)(channels > 0 ? channels : 1);
}

static double host_ns_of(TfLiteContext *context, int index)
{
    TfLiteNode *node;
    TfLiteRegistration *registration;
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk)
        return 0.0;
    return macs_of(context, node) * HOST_NS_PER_MAC +
           (double)(bytes_of(context, node->inputs) + bytes_of(context, node->outputs)) *
               HOST_NS_PER_BYTE;
}

static estimate estimate_of(TfLiteContext *context, const TfLiteDelegateParams *part,
                            bool shares_memory)
{
    estimate e = {0.0, BOUNDARY_NS};
    double host_ns = 0.0;
    for (int i = 0; i < part->nodes_to_replace->size; i++) {
        host_ns += host_ns_of(context, part->nodes_to_replace->data[i]);
        e.cost_ns += LAUNCH_NS;
    }
    e.saved_ns = host_ns * (1.0 - 1.0 / DEVICE_SPEEDUP);
    e.cost_ns +=
        (double)(bytes_of(context, part->input_tensors) + bytes_of(context, part->output_tensors)) *
        (shares_memory ? COPY_NS_PER_BYTE_NEAR : COPY_NS_PER_BYTE);
    return e;
}

static int most_work(const estimate *estimates, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++)
        if (estimates[i].saved_ns > estimates[best].saved_ns)
            best = i;
    return best;
}

/* ---- dropping ---------------------------------------------------------------------------------------- */

static void drop_small(const TfLiteDelegateParams *parts, int count, const tb_host *host,
                       int subgraph, int min_partition, TfLiteIntArray *taken)
{
    for (int i = 0; i < count; i++) {
        const TfLiteIntArray *nodes = parts[i].nodes_to_replace;
        char reason[160];
        if (nodes->size >= min_partition)
            continue;
        snprintf(reason, sizeof reason, "its partition has %d nodes, fewer than min-partition=%d",
                 nodes->size, min_partition);
        tb_gpu_leave(nodes, reason, host, subgraph, taken);
    }
}

static void drop_costly(const TfLiteDelegateParams *parts, const estimate *estimates, int count,
                        const tb_host *host, int subgraph, TfLiteIntArray *taken)
{
    const int kept = most_work(estimates, count);
    for (int i = 0; i < count; i++) {
        const TfLiteIntArray *nodes = parts[i].nodes_to_replace;
        char reason[160];
        if (i == kept || estimates[i].saved_ns >= estimates[i].cost_ns)
            continue;
        snprintf(reason, sizeof reason,
                 "its partition of %d nodes would save about %.0f us and cost %.0f us at its "
                 "boundary; min-partition=1 takes it all the same",
                 nodes->size, estimates[i].saved_ns / 1e3, estimates[i].cost_ns / 1e3);
        tb_gpu_leave(nodes, reason, host, subgraph, taken);
    }
}

tb_status tb_gpu_drop_partitions(TfLiteContext *context, const tb_host *host, int subgraph,
                                 int min_partition, bool shares_memory, TfLiteIntArray *taken,
                                 tb_error *err)
{
    if (min_partition == 1 || taken->size == 0)
        return TB_OK;
    TfLiteDelegateParams *parts = NULL;
    int count = 0;
    if (context->PreviewDelegatePartitioning(context, taken, &parts, &count) != kTfLiteOk)
        return tb_fail(err, TB_UNAVAILABLE, "the runtime does not say how it would cut the graph");
    if (min_partition > 1) {
        drop_small(parts, count, host, subgraph, min_partition, taken);
    } else if (count > 1) {
        estimate *estimates = calloc((size_t)count, sizeof *estimates);
        if (!estimates)
            return tb_fail(err, TB_NO_MEMORY, "weighing partitions");
        for (int i = 0; i < count; i++)
            estimates[i] = estimate_of(context, &parts[i], shares_memory);
        drop_costly(parts, estimates, count, host, subgraph, taken);
        free(estimates);
    }
    tb_gpu_compact(taken);
    return TB_OK;
}
