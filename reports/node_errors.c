/* Errors of nodes out of the store; see node_errors.h. */
#include "reports/node_errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

/* "node:17:conv/Relu" or "output:30:probabilities". */
static bool read_owner(const char *owner, int64_t *node, const char **tensor)
{
    const char *number = owner ? strchr(owner, ':') : NULL;
    bool known = number && (strncmp(owner, "node:", 5) == 0 || strncmp(owner, "output:", 7) == 0);
    if (!known)
        return false;
    char *end;
    *node = strtoll(number + 1, &end, 10);
    *tensor = *end == ':' ? end + 1 : end;
    return end != number + 1 && *node >= 0;
}

static void take_figure(tb_node_error *error, const tb_figure *figure)
{
    const struct {
        const char *metric;
        tb_real *place;
    } places[] = {
        {"max_abs", &error->max_abs}, {"mse", &error->mse},       {"snr_db", &error->snr_db},
        {"psnr_db", &error->psnr_db}, {"cosine", &error->cosine},
    };
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (is(figure->metric, places[k].metric))
            *places[k].place = figure->value;
    if (is(figure->metric, "snr_db"))
        error->without = figure->reason;
}

/* A known ratio is worse than none (no difference), and a smaller one worse than a larger. */
static bool is_worse(const tb_node_error *a, const tb_node_error *b)
{
    if (a->snr_db.known != b->snr_db.known)
        return a->snr_db.known;
    return a->snr_db.known ? a->snr_db.value < b->snr_db.value
                           : a->max_abs.value > b->max_abs.value;
}

static int compare_nodes(const void *left, const void *right)
{
    const tb_node_error *a = left, *b = right;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return is_worse(a, b) ? -1 : is_worse(b, a);
}

static void take_output(tb_node_errors *out, const tb_figure *figure)
{
    if (!figure->owner || strncmp(figure->owner, "output:", 7) != 0 ||
        !is(figure->metric, "snr_db"))
        return;
    out->has_outputs = true;
    double snr_db = figure->value.known                   ? figure->value.value
                    : is(figure->reason, "no difference") ? HUGE_VAL
                                                          : -HUGE_VAL;
    out->output_snr_db = fmin(out->output_snr_db, snr_db);
}

/* One entry a tensor; the figures of a tensor follow one another. */
static size_t collect(const tb_array *figures, tb_node_errors *out)
{
    const tb_figure_row *rows = figures->items;
    const char *owner = NULL;
    size_t count = 0;
    for (size_t k = 0; k < figures->count; k++) {
        int64_t node;
        const char *tensor;
        take_output(out, &rows[k].figure);
        if (is(rows[k].figure.metric, "tensors"))
            out->reason = rows[k].figure.reason;
        if (!read_owner(rows[k].figure.owner, &node, &tensor))
            continue;
        if (!owner || strcmp(owner, rows[k].figure.owner) != 0)
            out->items[count++] = (tb_node_error){.node = node, .tensor = tensor};
        owner = rows[k].figure.owner;
        take_figure(&out->items[count - 1], &rows[k].figure);
    }
    return count;
}

tb_status tb_node_errors_read(tb_store *store, int64_t run_id, int64_t process_id, tb_pool *pool,
                              tb_error *err, tb_node_errors *out)
{
    tb_array figures = {.item_size = sizeof(tb_figure_row)};
    *out = (tb_node_errors){.output_snr_db = HUGE_VAL};
    tb_status status = tb_read_figures(store, run_id, process_id, "numerics", pool, err, &figures);
    if (status != TB_OK)
        return status;
    out->items = tb_pool_take(pool, figures.count + 1, sizeof *out->items);
    if (!out->items)
        return tb_pool_check(pool, err);
    size_t tensors = collect(&figures, out);
    if (tensors)
        qsort(out->items, tensors, sizeof *out->items, compare_nodes);
    for (size_t k = 0; k < tensors; k++)
        if (!k || out->items[k].node != out->items[k - 1].node)
            out->items[out->count++] = out->items[k];
    return TB_OK;
}

const tb_node_error *tb_node_error_of(const tb_node_errors *errors, int64_t node)
{
    size_t low = 0, high = errors->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (errors->items[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < errors->count && errors->items[low].node == node ? &errors->items[low] : NULL;
}
