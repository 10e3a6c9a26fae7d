/* Dropping partitions; see partition.h. */
#include "delegates/gpu/partition.h"

#include <stdio.h>
#include <stdlib.h>

void tb_gpu_count_writers(TfLiteContext *context, const TfLiteIntArray *order, uint8_t *writers)
{
    for (int i = 0; i < order->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, order->data[i], &node, &registration) !=
            kTfLiteOk)
            continue;
        for (int k = 0; k < node->outputs->size; k++)
            if (node->outputs->data[k] >= 0 && writers[node->outputs->data[k]] < 2)
                writers[node->outputs->data[k]]++;
    }
}

bool tb_gpu_is_written_once(tb_cpu_query *query, const uint8_t *writers)
{
    const TfLiteNode *node = query->node;
    for (int i = 0; i < node->outputs->size; i++) {
        const int tensor = node->outputs->data[i];
        if (tensor >= 0 && writers[tensor] > 1)
            return tb_query_no(query, "tensor %d is written by other nodes too", tensor);
        for (int k = 0; k < node->inputs->size; k++)
            if (node->inputs->data[k] == tensor)
                return tb_query_no(query, "tensor %d is both read and written", tensor);
    }
    return true;
}

/* Marks the nodes of a partition that stay, and says why. */
static void leave(const TfLiteIntArray *nodes, const char *reason, const tb_host *host,
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

static void compact(TfLiteIntArray *taken)
{
    int count = 0;
    for (int k = 0; k < taken->size; k++)
        if (taken->data[k] >= 0)
            taken->data[count++] = taken->data[k];
    taken->size = count;
}

tb_status tb_gpu_drop_partitions(TfLiteContext *context, const tb_host *host, int subgraph,
                                 int min_partition, TfLiteIntArray *taken, tb_error *err)
{
    if (min_partition <= 1 || taken->size == 0)
        return TB_OK;
    TfLiteDelegateParams *parts = NULL;
    int count = 0;
    if (context->PreviewDelegatePartitioning(context, taken, &parts, &count) != kTfLiteOk)
        return tb_fail(err, TB_UNAVAILABLE, "the runtime does not say how it would cut the graph");
    for (int i = 0; i < count; i++) {
        const TfLiteIntArray *nodes = parts[i].nodes_to_replace;
        char reason[160];
        if (nodes->size >= min_partition)
            continue;
        snprintf(reason, sizeof reason, "its partition has %d nodes, fewer than min-partition=%d",
                 nodes->size, min_partition);
        leave(nodes, reason, host, subgraph, taken);
    }
    compact(taken);
    return TB_OK;
}
