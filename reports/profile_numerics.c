/* The part "numerics" of a profile's document: how far each node's results lie from a reference's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/profile_parts.h"
#include "reports/selection.h"

/* What is known of a node over its outputs: of several the one with the least signal to noise. */
typedef struct node_error {
    int64_t node;
    const char *tensor;
    tb_real max_abs, mse, snr_db, psnr_db, cosine;
    const char *without; /* why the ratios are unknown */
} node_error;

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

static void take_figure(node_error *error, const tb_figure *figure)
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
static bool is_worse(const node_error *a, const node_error *b)
{
    if (a->snr_db.known != b->snr_db.known)
        return a->snr_db.known;
    return a->snr_db.known ? a->snr_db.value < b->snr_db.value
                           : a->max_abs.value > b->max_abs.value;
}

static int compare_nodes(const void *left, const void *right)
{
    const node_error *a = left, *b = right;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return is_worse(a, b) ? -1 : is_worse(b, a);
}

/* One entry a tensor; the figures of a tensor follow one another. */
static node_error *collect(const tb_array *figures, size_t *count)
{
    const tb_figure_row *rows = figures->items;
    node_error *errors = calloc(figures->count + 1, sizeof *errors);
    const char *owner = NULL;
    *count = 0;
    for (size_t k = 0; errors && k < figures->count; k++) {
        int64_t node;
        const char *tensor;
        if (!read_owner(rows[k].figure.owner, &node, &tensor))
            continue;
        if (!owner || strcmp(owner, rows[k].figure.owner) != 0)
            errors[(*count)++] = (node_error){.node = node, .tensor = tensor};
        owner = rows[k].figure.owner;
        take_figure(&errors[*count - 1], &rows[k].figure);
    }
    if (errors && *count)
        qsort(errors, *count, sizeof *errors, compare_nodes);
    return errors;
}

static void put_error(cJSON *rows, const node_error *error)
{
    cJSON *row = tb_profile_push(rows);
    tb_profile_put_number(row, "subgraph", 0);
    tb_profile_put_number(row, "node", (double)error->node);
    tb_profile_put_text(row, "tensor", error->tensor);
    tb_profile_put_real(row, "max_abs", error->max_abs);
    if (error->mse.known)
        tb_profile_put_number(row, "rmse", sqrt(error->mse.value));
    tb_profile_put_real(row, "snr_db", error->snr_db);
    tb_profile_put_real(row, "psnr_db", error->psnr_db);
    tb_profile_put_real(row, "cosine", error->cosine);
    if (!error->snr_db.known)
        tb_profile_put_text(row, "reason", error->without);
}

/* What follows "against=" up to the next ";". */
static void put_reference(cJSON *numerics, const tb_numerics_source *source)
{
    const char *against = strstr(source->task, "against=");
    const char *model = strstr(source->task, ";model=");
    tb_buf text = {0};
    if (against)
        tb_buf_append(&text, against + 8, strcspn(against + 8, ";"));
    else
        tb_buf_append_text(&text, "the reference");
    if (model)
        tb_buf_printf(&text, " on %s", model + 7);
    tb_profile_put_text(numerics, "reference", tb_buf_text(&text));
    tb_buf_free(&text);
    tb_profile_put_number(numerics, "run", (double)source->run_id);
    tb_profile_put_text(numerics, "input", source->input);
}

/* How far off the model's own outputs are: the worst of them. */
static void put_outputs(cJSON *numerics, const tb_array *figures)
{
    const tb_figure_row *rows = figures->items;
    double worst = INFINITY;
    bool any = false;
    for (size_t k = 0; k < figures->count; k++) {
        const tb_figure *figure = &rows[k].figure;
        if (!figure->owner || strncmp(figure->owner, "output:", 7) != 0 ||
            !is(figure->metric, "snr_db"))
            continue;
        any = true;
        worst = figure->value.known                   ? fmin(worst, figure->value.value)
                : is(figure->reason, "no difference") ? worst
                                                      : -INFINITY;
    }
    tb_profile_put_number(numerics, "output_snr_db", worst);
    if (any)
        cJSON_AddBoolToObject(numerics, "outputs_exact", worst == INFINITY);
}

static void put_rows(cJSON *numerics, const tb_array *figures, const node_error *errors,
                     size_t count)
{
    cJSON *rows = cJSON_AddArrayToObject(numerics, "rows");
    for (size_t k = 0; k < count; k++)
        if (!k || errors[k].node != errors[k - 1].node)
            put_error(rows, &errors[k]);
    const tb_figure_row *all = figures->items;
    for (size_t k = 0; k < figures->count; k++)
        if (is(all[k].figure.metric, "tensors"))
            tb_profile_put_text(numerics, "reason", all[k].figure.reason);
}

tb_status tb_profile_put_numerics(cJSON *document, const tb_profile *profile, tb_error *err)
{
    cJSON *numerics = cJSON_AddObjectToObject(document, "numerics");
    tb_array figures = {.item_size = sizeof(tb_figure_row)};
    tb_numerics_source source = {0};
    tb_status status = tb_read_numerics_source(
        profile->selection->store, profile->process->process_id, profile->pool, err, &source);
    if (status != TB_OK)
        return status;
    if (!source.process_id) {
        tb_profile_put_text(numerics, "reason",
                            is(profile->result->row.delegate, "reference")
                                ? "this is what others are compared with"
                                : "this build of the configuration was not compared, tensor by "
                                  "tensor: `tflbench profile MODEL --numerics` does, and "
                                  "`tflbench numerics`");
        return TB_OK;
    }
    status = tb_read_figures(profile->selection->store, source.run_id, source.process_id,
                             "numerics", profile->pool, err, &figures);
    size_t count = 0;
    node_error *errors = status == TB_OK ? collect(&figures, &count) : NULL;
    if (status == TB_OK && !errors)
        status = tb_fail(err, TB_NO_MEMORY, "profile: out of memory");
    if (status == TB_OK) {
        put_reference(numerics, &source);
        put_outputs(numerics, &figures);
        put_rows(numerics, &figures, errors, count);
    }
    free(errors);
    return status;
}
