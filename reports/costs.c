/* What delegating saves and costs; see costs.h. */
#include "reports/costs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/profile.h"
#include "reports/units.h"

/* A profile with what it hangs on. */
typedef struct source {
    tb_selection *selection;
    tb_results results;
    tb_profile profile;
    bool open;
} source;

static void close_source(source *from)
{
    if (from->open)
        tb_profile_close(&from->profile);
    tb_results_free(&from->results);
    tb_selection_close(from->selection);
    *from = (source){0};
}

static const tb_result *result_of(const tb_results *results, int64_t process_id)
{
    for (size_t k = 0; k < results->count; k++)
        for (size_t p = 0; p < results->items[k].process_count; p++)
            if (results->items[k].processes[p].process_id == process_id)
                return &results->items[k];
    return NULL;
}

/* Leaves it closed where there is no such profile. */
static tb_status open_source(tb_store *store, int64_t process_id, const char *delegate,
                             tb_error *err, source *out)
{
    int64_t run_id, profiled_id;
    *out = (source){0};
    tb_status status =
        tb_read_profile_source(store, process_id, delegate, err, &run_id, &profiled_id);
    if (status != TB_OK || !profiled_id)
        return status;
    char name[32];
    snprintf(name, sizeof name, "@%lld", (long long)run_id);
    status = tb_selection_open(store, name, NULL, err, &out->selection);
    if (status == TB_OK)
        status = tb_selection_results(out->selection, err, &out->results);
    const tb_result *result = status == TB_OK ? result_of(&out->results, profiled_id) : NULL;
    if (!result)
        return status;
    status = tb_profile_open(out->selection, result, err, &out->profile);
    out->open = true;
    return status;
}

/* ---- sets of rows that cover the same nodes ---- */

static bool is_delegated(const tb_profile_op *op)
{
    return op->delegate && op->cover_count > 0 && !op->encloses;
}

static bool covers(const tb_profile_op *op, int64_t node)
{
    for (size_t k = 0; k < op->cover_count; k++)
        if (op->covers[k] == node)
            return true;
    return false;
}

static bool share_nodes(const tb_profile_op *a, const tb_profile_op *b)
{
    for (size_t k = 0; k < a->cover_count; k++)
        if (covers(b, a->covers[k]))
            return true;
    return false;
}

/* Appends the ops of the set that `first` is the first of to members; marks them in `taken`. */
static size_t take_set(const tb_profile *profile, size_t first, bool *taken, size_t *members)
{
    size_t count = 0;
    members[count++] = first;
    taken[first] = true;
    for (size_t m = 0; m < count; m++)
        for (size_t k = 0; k < profile->op_count; k++) {
            const tb_profile_op *op = &profile->ops[k];
            if (taken[k] || !is_delegated(op) ||
                op->row->op.subgraph.value != profile->ops[first].row->op.subgraph.value ||
                !share_nodes(op, &profile->ops[members[m]]))
                continue;
            taken[k] = true;
            members[count++] = k;
        }
    return count;
}

static int compare_numbers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The nodes of a set, ascending, each once. */
static size_t nodes_of(const tb_profile *profile, const size_t *members, size_t count,
                       int64_t *nodes)
{
    size_t all = 0, kept = 0;
    for (size_t m = 0; m < count; m++)
        for (size_t k = 0; k < profile->ops[members[m]].cover_count; k++)
            nodes[all++] = profile->ops[members[m]].covers[k];
    qsort(nodes, all, sizeof *nodes, compare_numbers);
    for (size_t k = 0; k < all; k++)
        if (!k || nodes[k] != nodes[k - 1])
            nodes[kept++] = nodes[k];
    return kept;
}

static bool is_among(const int64_t *nodes, size_t count, int64_t node)
{
    return bsearch(&node, nodes, count, sizeof *nodes, compare_numbers) != NULL;
}

/* ---- time ---- */

static tb_real plain_time(const tb_profile *plain, const int64_t *nodes, size_t count)
{
    double sum = 0;
    size_t found = 0;
    for (size_t k = 0; k < plain->op_count; k++) {
        const tb_profile_op *op = &plain->ops[k];
        if (op->row->op.subgraph.value != 0 || op->delegate || op->cover_count != 1 ||
            !is_among(nodes, count, op->covers[0]) || !op->sample_count)
            continue;
        sum += op->summary.median;
        found++;
    }
    return found == count ? tb_num(sum) : (tb_real){0};
}

/* ---- error ---- */

/* Which node gives each tensor of the primary subgraph; -1: none does. */
typedef struct givers {
    int64_t *of_tensor;
    size_t count;
} givers;

static tb_status find_givers(const tb_profile *profile, tb_error *err, givers *out)
{
    const cJSON *subgraph =
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(profile->graph, "subgraphs"), 0);
    const cJSON *node, *output;
    out->count = (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(subgraph, "tensors"));
    out->of_tensor = malloc((out->count + 1) * sizeof *out->of_tensor);
    if (!out->of_tensor)
        return tb_fail(err, TB_NO_MEMORY, "costs of delegating: out of memory");
    for (size_t k = 0; k < out->count; k++)
        out->of_tensor[k] = -1;
    int64_t at = -1;
    cJSON_ArrayForEach(node, cJSON_GetObjectItemCaseSensitive(subgraph, "nodes"))
    {
        at++;
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, "kernel")))
            continue;
        cJSON_ArrayForEach(output, cJSON_GetObjectItemCaseSensitive(node, "outputs"))
        {
            if (cJSON_IsNumber(output) && output->valuedouble >= 0 &&
                output->valuedouble < (double)out->count)
                out->of_tensor[(size_t)output->valuedouble] = at;
        }
    }
    return TB_OK;
}

static int64_t giver_of(const givers *all, const cJSON *tensor)
{
    bool known = cJSON_IsNumber(tensor) && tensor->valuedouble >= 0 &&
                 tensor->valuedouble < (double)all->count;
    return known ? all->of_tensor[(size_t)tensor->valuedouble] : -1;
}

/* The least signal to noise of what the nodes read from others; unknown: that is exact, or not known. */
static tb_real level_before(const tb_profile *profile, const givers *all,
                            const tb_node_errors *errors, const int64_t *nodes, size_t count)
{
    tb_real level = {0};
    for (size_t k = 0; k < count; k++) {
        const cJSON *input, *node = tb_profile_node(profile, 0, nodes[k]);
        cJSON_ArrayForEach(input, cJSON_GetObjectItemCaseSensitive(node, "inputs"))
        {
            int64_t giver = giver_of(all, input);
            const tb_node_error *error = giver >= 0 && !is_among(nodes, count, giver)
                                             ? tb_node_error_of(errors, giver)
                                             : NULL;
            if (error && error->snr_db.known && (!level.known || error->snr_db.value < level.value))
                level = error->snr_db;
        }
    }
    return level;
}

static void set_error(const tb_profile *profile, const givers *all, const tb_node_errors *errors,
                      const int64_t *nodes, size_t count, tb_cost *cost)
{
    const tb_node_error *error = NULL;
    for (size_t k = count; k > 0 && !error; k--)
        error = tb_node_error_of(errors, nodes[k - 1]);
    if (!error)
        return;
    cost->snr_db = error->snr_db;
    cost->without = error->without;
    tb_real before = level_before(profile, all, errors, nodes, count);
    if (error->snr_db.known && before.known)
        cost->lost_db = tb_num(fmax(before.value - error->snr_db.value, 0));
}

/* ---- all of it ---- */

static const char *list_nodes(tb_pool *pool, const int64_t *nodes, size_t count)
{
    tb_buf text = {0};
    for (size_t k = 0; k < count; k++)
        tb_buf_printf(&text, "%s%lld", k ? "," : "", (long long)nodes[k]);
    const char *kept = tb_pool_text(pool, tb_buf_text(&text));
    tb_buf_free(&text);
    return kept;
}

/* What stands first: how much was lost; from exact inputs all that is left counts. */
static double weight(const tb_cost *cost)
{
    if (!cost->snr_db.known)
        return -1;
    return cost->lost_db.known ? cost->lost_db.value : 1e6 - cost->snr_db.value;
}

static int heaviest_first(const void *left, const void *right)
{
    double a = weight(left), b = weight(right);
    return (a < b) - (a > b);
}

typedef struct cost_room {
    bool *taken;
    size_t *members;
    int64_t *nodes;
} cost_room;

static void add_costs(const source *with, const source *plain, const tb_node_errors *errors,
                      const givers *all, const cost_room *room, tb_pool *pool, tb_costs *out)
{
    const tb_profile *profile = &with->profile;
    for (size_t k = 0; k < profile->op_count; k++) {
        const tb_profile_op *op = &profile->ops[k];
        if (room->taken[k] || !is_delegated(op) || op->row->op.subgraph.value != 0)
            continue;
        size_t members = take_set(profile, k, room->taken, room->members);
        size_t count = nodes_of(profile, room->members, members, room->nodes);
        double time_ns = 0;
        for (size_t m = 0; m < members; m++)
            time_ns += profile->ops[room->members[m]].summary.median;
        tb_cost *cost = &out->items[out->count++];
        *cost = (tb_cost){.op = tb_pool_text(pool, op->name),
                          .nodes = list_nodes(pool, room->nodes, count),
                          .several = count > 1,
                          .time_ns = tb_num(time_ns)};
        if (plain->open)
            cost->plain_ns = plain_time(&plain->profile, room->nodes, count);
        set_error(profile, all, errors, room->nodes, count, cost);
    }
    qsort(out->items, out->count, sizeof *out->items, heaviest_first);
}

static tb_status make_costs(const source *with, const source *plain, const tb_node_errors *errors,
                            tb_pool *pool, tb_error *err, tb_costs *out)
{
    const tb_profile *profile = &with->profile;
    size_t covered = 0;
    for (size_t k = 0; k < profile->op_count; k++)
        covered += profile->ops[k].cover_count;
    cost_room room = {calloc(profile->op_count + 1, sizeof *room.taken),
                      calloc(profile->op_count + 1, sizeof *room.members),
                      calloc(covered + 1, sizeof *room.nodes)};
    out->items = tb_pool_take(pool, profile->op_count + 1, sizeof *out->items);
    givers all = {0};
    tb_status status = room.taken && room.members && room.nodes && out->items
                           ? find_givers(profile, err, &all)
                           : tb_fail(err, TB_NO_MEMORY, "costs of delegating: out of memory");
    if (status == TB_OK)
        add_costs(with, plain, errors, &all, &room, pool, out);
    free(all.of_tensor);
    free(room.taken);
    free(room.members);
    free(room.nodes);
    return status == TB_OK ? tb_pool_check(pool, err) : status;
}

tb_status tb_costs_read(tb_store *store, int64_t numerics_process_id, tb_pool *pool, tb_error *err,
                        tb_costs *out)
{
    source with, plain = {0};
    tb_node_errors errors = {0};
    *out = (tb_costs){0};
    tb_status status = open_source(store, numerics_process_id, NULL, err, &with);
    if (status == TB_OK && with.open)
        status = open_source(store, numerics_process_id, "reference", err, &plain);
    if (status == TB_OK && with.open)
        status = tb_node_errors_read(store, 0, numerics_process_id, pool, err, &errors);
    if (status == TB_OK && with.open)
        status = make_costs(&with, &plain, &errors, pool, err, out);
    if (!with.open)
        out->reason = "no profile of the same build and configuration is stored: --times makes one";
    else if (!out->count)
        out->reason = "nothing was delegated";
    else if (!plain.open)
        out->reason = "no profile without a delegate is stored: --times makes one";
    close_source(&with);
    close_source(&plain);
    return status;
}

void tb_cost_describe(const tb_cost *cost, tb_buf *out)
{
    tb_buf_printf(out, "delegating node%s %s", cost->several ? "s" : "", cost->nodes);
    if (cost->plain_ns.known && cost->time_ns.known) {
        double saved_ns = cost->plain_ns.value - cost->time_ns.value;
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(fabs(saved_ns), text);
        tb_buf_printf(out, " %s %s and", saved_ns < 0 ? "loses" : "saves", text);
    }
    if (!cost->snr_db.known)
        tb_buf_printf(out, " costs nothing: %s", cost->without ? cost->without : "not compared");
    else if (!cost->lost_db.known)
        tb_buf_printf(out, " leaves %.1f dB", cost->snr_db.value);
    else
        tb_buf_printf(out, " costs %.1f dB: %.1f dB are left", cost->lost_db.value,
                      cost->snr_db.value);
}
