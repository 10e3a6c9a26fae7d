/* Which ops answer for a difference: two profiles side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/op_view.h"

static bool same_op(const tb_op_line *a, const tb_op_line *b)
{
    return a->subgraph == b->subgraph && strcmp(a->op, b->op) == 0 &&
           strcmp(a->nodes ? a->nodes : "", b->nodes ? b->nodes : "") == 0;
}

static const tb_op_line *find_line(const tb_op_view *view, const tb_op_line *line)
{
    for (size_t i = 0; i < view->count; i++)
        if (same_op(&view->lines[i], line))
            return &view->lines[i];
    return NULL;
}

static double time_of(const tb_op_line *line)
{
    return line && line->median_ns.known ? line->median_ns.value : 0;
}

static tb_op_change change_of(const tb_op_line *base, const tb_op_line *head, tb_pool *pool)
{
    const tb_op_line *named = head ? head : base;
    return (tb_op_change){
        .op = tb_pool_text(pool, named->op),
        .nodes = tb_pool_text(pool, named->nodes ? named->nodes : "?"),
        .tensor = tb_pool_text(pool, named->tensor),
        .base_ns = time_of(base),
        .head_ns = time_of(head),
    };
}

static int larger_first(const void *left, const void *right)
{
    const tb_op_change *x = left, *y = right;
    double a = fabs(x->head_ns - x->base_ns), b = fabs(y->head_ns - y->base_ns);
    return (a < b) - (a > b);
}

/* Of the sum of differences that go the way the whole goes; the largest of those come first. */
static void set_shares(tb_comparison *item)
{
    bool slower = item->op_head_ns >= item->op_base_ns;
    double sum = 0;
    for (size_t i = 0; i < item->op_count; i++) {
        double change = item->ops[i].head_ns - item->ops[i].base_ns;
        sum += (change > 0) == slower ? fabs(change) : 0;
    }
    for (size_t i = 0; i < item->op_count; i++) {
        double change = item->ops[i].head_ns - item->ops[i].base_ns;
        if (sum > 0 && (change > 0) == slower)
            item->ops[i].share = fabs(change) / sum;
    }
    for (size_t i = 1; i < item->op_count && item->ops[0].share <= 0; i++)
        if (item->ops[i].share > 0) {
            tb_op_change first = item->ops[i];
            memmove(item->ops + 1, item->ops, i * sizeof *item->ops);
            item->ops[0] = first;
        }
}

static void sum_of_ops(const tb_ops *ops, tb_comparison *item, bool head)
{
    double flops = 0, bytes = 0;
    for (size_t i = 0; i < ops->count; i++) {
        const tb_op *op = &ops->items[i].op;
        /* A delegate's node stands for others, which have rows of their own. */
        if (op->kind && strcmp(op->kind, "node") == 0 && !op->covers) {
            flops += (double)op->flops.value;
            bytes += (double)op->bytes.value;
        }
    }
    tb_metric_change *changes[] = {&item->metrics[TB_METRIC_FLOPS],
                                   &item->metrics[TB_METRIC_BYTES_MOVED]};
    const double sums[] = {flops, bytes};
    for (int k = 0; k < 2; k++) {
        *(head ? &changes[k]->head : &changes[k]->base) = sums[k];
        changes[k]->known = changes[k]->base > 0 && changes[k]->head > 0;
        changes[k]->p = 1;
        if (changes[k]->known)
            changes[k]->ratio.ratio = changes[k]->head / changes[k]->base;
    }
}

tb_status tb_compare_ops(const tb_selection *base, const tb_result *base_all,
                         const tb_selection *head, const tb_result *head_all, tb_pool *pool,
                         tb_comparison *item, tb_error *err)
{
    tb_ops of_base = {0}, of_head = {0};
    tb_op_view base_view = {0}, head_view = {0};
    tb_pool *own = tb_pool_create();
    tb_status status = tb_selection_ops(base, base_all, err, &of_base);
    if (status == TB_OK)
        status = tb_selection_ops(head, head_all, err, &of_head);
    if (status == TB_OK)
        status = tb_op_view_make(&of_base, own, err, &base_view);
    if (status == TB_OK)
        status = tb_op_view_make(&of_head, own, err, &head_view);
    if (status == TB_OK) {
        sum_of_ops(&of_base, item, false);
        sum_of_ops(&of_head, item, true);
    }
    bool both = status == TB_OK && of_base.profiled_count && of_head.profiled_count;
    if (both) {
        item->ops = tb_pool_take(pool, base_view.count + head_view.count + 1, sizeof *item->ops);
        status = item->ops ? TB_OK : tb_pool_check(NULL, err);
    }
    if (both && status == TB_OK) {
        for (size_t i = 0; i < head_view.count; i++)
            item->ops[item->op_count++] =
                change_of(find_line(&base_view, &head_view.lines[i]), &head_view.lines[i], pool);
        for (size_t i = 0; i < base_view.count; i++)
            if (!find_line(&head_view, &base_view.lines[i]))
                item->ops[item->op_count++] = change_of(&base_view.lines[i], NULL, pool);
        item->op_base_ns = base_view.total_ns;
        item->op_head_ns = head_view.total_ns;
        qsort(item->ops, item->op_count, sizeof *item->ops, larger_first);
        set_shares(item);
    }
    tb_ops_free(&of_base);
    tb_ops_free(&of_head);
    tb_pool_free(own);
    return status;
}
