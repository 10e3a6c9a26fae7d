/* Tables of a profile; see profile_tables.h. */
#include "bench/profile_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/text_table.h"
#include "reports/units.h"
#include "runtime/base/size.h"

/* ---- columns on request ------------------------------------------------------------------------- */

typedef struct column {
    const char *name, *heading;
    char alignment;
    void (*print)(tb_text_table *table, const tb_profile_op *op);
} column;

static void print_duration(tb_text_table *table, bool known, double ns)
{
    char text[TB_FIGURE_TEXT_SIZE] = "";
    if (known)
        tb_format_duration(ns, text);
    tb_text_table_cell(table, "%s", text);
}

static void print_integer_ns(tb_text_table *table, tb_integer ns)
{
    print_duration(table, ns.known, (double)ns.value);
}

static void print_count(tb_text_table *table, bool known, double count)
{
    char text[TB_FIGURE_TEXT_SIZE] = "";
    if (known)
        tb_format_count(count, text);
    tb_text_table_cell(table, "%s", text);
}

/* Of its own; 0 where rates would mislead: an enclosing node's own time is not that of its work. */
static double seconds_of(const tb_profile_op *op)
{
    if (op->encloses)
        return 0;
    return op->row->time.self_median_ns.known
               ? ((double)op->row->time.self_median_ns.value + op->wait_ns) / 1e9
               : 0;
}

static void print_median(tb_text_table *table, const tb_profile_op *op)
{
    print_integer_ns(table, op->row->time.median_ns);
}

static void print_interval(tb_text_table *table, const tb_profile_op *op)
{
    char middle[TB_FIGURE_TEXT_SIZE] = "", interval[TB_FIGURE_TEXT_SIZE] = "";
    if (op->summary.median_interval.level > 0)
        tb_format_duration_interval(op->summary.median, op->summary.median_interval.low,
                                    op->summary.median_interval.high, middle, interval);
    tb_text_table_cell(table, "%s", interval);
}

static void print_self(tb_text_table *table, const tb_profile_op *op)
{
    print_integer_ns(table, op->row->time.self_median_ns);
}

static void print_min(tb_text_table *table, const tb_profile_op *op)
{
    print_integer_ns(table, op->row->time.min_ns);
}

static void print_max(tb_text_table *table, const tb_profile_op *op)
{
    print_integer_ns(table, op->row->time.max_ns);
}

static void print_std(tb_text_table *table, const tb_profile_op *op)
{
    print_duration(table, op->summary.count > 1, op->summary.stddev);
}

static void print_flops(tb_text_table *table, const tb_profile_op *op)
{
    print_count(table, op->flops.known && !op->encloses, (double)op->flops.value);
}

static void print_macs(tb_text_table *table, const tb_profile_op *op)
{
    print_count(table, op->macs.known && !op->encloses, (double)op->macs.value);
}

static void print_bytes(tb_text_table *table, const tb_profile_op *op)
{
    char text[TB_FIGURE_TEXT_SIZE] = "";
    if (op->bytes.known && !op->encloses)
        tb_format_bytes((double)op->bytes.value, text);
    tb_text_table_cell(table, "%s", text);
}

static void print_intensity(tb_text_table *table, const tb_profile_op *op)
{
    if (op->flops.known && op->bytes.known && op->bytes.value > 0 && !op->encloses)
        tb_text_table_cell(table, "%.3g", (double)op->flops.value / (double)op->bytes.value);
    else
        tb_text_table_cell(table, "%s", "");
}

static void print_rate(tb_text_table *table, tb_integer work, double seconds)
{
    if (work.known && seconds > 0)
        tb_text_table_cell(table, "%.3g", (double)work.value / seconds / 1e9);
    else
        tb_text_table_cell(table, "%s", "");
}

static void print_gflops(tb_text_table *table, const tb_profile_op *op)
{
    print_rate(table, op->flops, seconds_of(op));
}

static void print_gbytes(tb_text_table *table, const tb_profile_op *op)
{
    print_rate(table, op->bytes, seconds_of(op));
}

static void print_text(tb_text_table *table, const char *text)
{
    tb_text_table_cell(table, "%.60s", text ? text : "");
}

static void print_kernel(tb_text_table *table, const tb_profile_op *op)
{
    print_text(table, op->row->op.kernel);
}

static void print_delegate(tb_text_table *table, const tb_profile_op *op)
{
    print_text(table, op->delegate);
}

static void print_shape(tb_text_table *table, const tb_profile_op *op)
{
    print_text(table, op->shape);
}

static void print_reason(tb_text_table *table, const tb_profile_op *op)
{
    print_text(table, op->row->op.reason);
}

static void print_roof(tb_text_table *table, const tb_profile_op *op)
{
    if (op->bound)
        tb_text_table_cell(table, "%.0f %% of %s", 100 * op->roof_share, op->roof_name);
    else
        tb_text_table_cell(table, "%s", "");
}

static const column extra[] = {
    {"median", "median", 'r', print_median},
    {"interval", "95 %", 'r', print_interval},
    {"self", "self", 'r', print_self},
    {"min", "min", 'r', print_min},
    {"max", "max", 'r', print_max},
    {"std", "std", 'r', print_std},
    {"flops", "FLOPs", 'r', print_flops},
    {"macs", "MACs", 'r', print_macs},
    {"bytes", "bytes", 'r', print_bytes},
    {"intensity", "FLOP/byte", 'r', print_intensity},
    {"gflops", "GFLOP/s", 'r', print_gflops},
    {"gbytes", "GB/s", 'r', print_gbytes},
    {"roof", "of the roof", 'r', print_roof},
    {"shape", "shape", 'l', print_shape},
    {"delegate", "delegate", 'l', print_delegate},
    {"kernel", "kernel", 'l', print_kernel},
    {"reason", "why in the interpreter", 'l', print_reason},
};

const char *tb_profile_column_name(size_t n)
{
    return n < TB_COUNT_OF(extra) ? extra[n].name : NULL;
}

static tb_status find_columns(tb_text_list asked, tb_error *err, const column **found,
                              int *found_count, bool *counters)
{
    *found_count = 0;
    for (int k = 0; k < asked.count; k++) {
        const column *one = NULL;
        if (strcmp(asked.items[k], "counters") == 0) {
            *counters = true;
            continue;
        }
        for (size_t i = 0; i < TB_COUNT_OF(extra); i++)
            if (strcmp(asked.items[k], extra[i].name) == 0)
                one = &extra[i];
        if (one) {
            found[(*found_count)++] = one;
            continue;
        }
        tb_buf names = {0};
        for (size_t i = 0; i < TB_COUNT_OF(extra); i++)
            tb_buf_printf(&names, "%s%s", i ? ", " : "", extra[i].name);
        tb_status status =
            tb_fail(err, TB_USAGE, "--columns %s: there is no such column, but %s, counters",
                    asked.items[k], tb_buf_text(&names));
        tb_buf_free(&names);
        return status;
    }
    return TB_OK;
}

/* ---- lines -------------------------------------------------------------------------------------- */

enum { MAX_EXTRA = 16, MAX_COUNTERS = 16, USUAL = 9, ROOM = MAX_EXTRA + MAX_COUNTERS + USUAL };

typedef struct printer {
    const tb_profile *profile;
    const column *columns[MAX_EXTRA];
    int column_count;
    bool counters; /* columns of those there are */
    FILE *to;
} printer;

static size_t counters_shown(const printer *p)
{
    size_t count = p->profile->counter_count;
    return !p->counters ? 0 : count < MAX_COUNTERS ? count : MAX_COUNTERS;
}

/* The table's columns: those of TFLite, with what was asked for before the name. */
static void begin_table(const printer *p, tb_text_table *table, char alignment[ROOM])
{
    static const char *const usual[] = {"node", "type", "first", "avg",
                                        "%",    "cdf",  "mem",   "times called"};
    const char *headings[ROOM];
    int count = 0;
    for (size_t k = 0; k < TB_COUNT_OF(usual); k++) {
        alignment[count] = k < 2 ? 'l' : 'r';
        headings[count++] = usual[k];
    }
    for (int k = 0; k < p->column_count; k++) {
        alignment[count] = p->columns[k]->alignment;
        headings[count++] = p->columns[k]->heading;
    }
    for (size_t k = 0; k < counters_shown(p); k++) {
        alignment[count] = 'r';
        headings[count++] = p->profile->counter_names[k];
    }
    alignment[count] = 'l';
    headings[count++] = "name";
    alignment[count] = '\0';
    tb_text_table_init(table, alignment, headings);
}

static void print_nodes(tb_text_table *table, const tb_profile_op *op)
{
    if (op->cover_count == 0)
        tb_text_table_cell(table, "%s", "");
    else if (op->cover_count == 1)
        tb_text_table_cell(table, "%lld", (long long)op->covers[0]);
    else
        tb_text_table_cell(table, op->encloses ? "(%lld-%lld)" : "%lld-%lld",
                           (long long)op->covers[0], (long long)op->covers[op->cover_count - 1]);
}

static void print_line(const printer *p, tb_text_table *table, const tb_profile_op *op, double *cdf)
{
    char mem[TB_FIGURE_TEXT_SIZE] = "";
    *cdf += op->share;
    if (op->mem_bytes.known && !op->encloses)
        tb_format_bytes((double)op->mem_bytes.value, mem);
    print_nodes(table, op);
    tb_text_table_cell(table, "%s%.60s", op->encloses ? "between the steps of " : "", op->name);
    tb_integer first_ns = op->row->time.first_ns;
    print_duration(table, first_ns.known && !op->encloses, (double)first_ns.value);
    print_duration(table, true, op->self_avg_ns);
    tb_text_table_cell(table, "%.2f", 100 * op->share);
    tb_text_table_cell(table, "%.2f", 100 * *cdf);
    tb_text_table_cell(table, "%s", mem);
    double inferences = (double)op->row->time.inferences.value;
    tb_text_table_cell(table, "%.3g",
                       inferences > 0 ? (double)op->row->time.calls.value / inferences : 0);
    for (int k = 0; k < p->column_count; k++)
        p->columns[k]->print(table, op);
    for (size_t k = 0; k < counters_shown(p); k++)
        print_count(table, op->counters && isfinite(op->counters[k]),
                    op->counters ? op->counters[k] : 0);
    tb_text_table_cell(table, "%.80s", !op->encloses && op->tensor ? op->tensor : "");
}

/* By subgraph and first node; a kernel before what it covers. */
static int compare_order(const void *left, const void *right)
{
    const tb_profile_op *a = *(const tb_profile_op *const *)left;
    const tb_profile_op *b = *(const tb_profile_op *const *)right;
    int64_t subgraph_a = a->row->op.subgraph.value, subgraph_b = b->row->op.subgraph.value;
    if (subgraph_a != subgraph_b)
        return subgraph_a < subgraph_b ? -1 : 1;
    int64_t first_a = a->cover_count ? a->covers[0] : INT64_MAX;
    int64_t first_b = b->cover_count ? b->covers[0] : INT64_MAX;
    if (first_a != first_b)
        return first_a < first_b ? -1 : 1;
    /* A wait comes at the end of its step, though it is told before. */
    if (a->row->index == b->parent || b->row->index == a->parent)
        return a->row->index == b->parent ? -1 : 1;
    return a->row->index < b->row->index ? -1 : 1;
}

static int compare_time(const void *left, const void *right)
{
    const tb_profile_op *a = *(const tb_profile_op *const *)left;
    const tb_profile_op *b = *(const tb_profile_op *const *)right;
    if (a->self_avg_ns != b->self_avg_ns)
        return a->self_avg_ns > b->self_avg_ns ? -1 : 1;
    return compare_order(left, right);
}

static void print_table(const printer *p, const char *title, const tb_profile_op **ops,
                        size_t count)
{
    tb_text_table table;
    char alignment[ROOM];
    double cdf = 0;
    begin_table(p, &table, alignment);
    for (size_t k = 0; k < count; k++)
        print_line(p, &table, ops[k], &cdf);
    fprintf(p->to, "\n%s\n", title);
    tb_text_table_print(&table, 2, p->to);
    tb_text_table_free(&table);
}

/* ---- by type ------------------------------------------------------------------------------------ */

typedef struct type_line {
    const char *name;
    int count;
    double avg_ns, share, mem_bytes, calls;
} type_line;

static int compare_types(const void *left, const void *right)
{
    const type_line *a = left, *b = right;
    if (a->avg_ns != b->avg_ns)
        return a->avg_ns > b->avg_ns ? -1 : 1;
    return strcmp(a->name, b->name);
}

static size_t gather_types(const tb_profile *profile, type_line *types)
{
    size_t count = 0;
    for (size_t k = 0; k < profile->op_count; k++) {
        const tb_profile_op *op = &profile->ops[k];
        size_t at = 0;
        while (at < count && strcmp(types[at].name, op->name) != 0)
            at++;
        if (at == count)
            types[count++] = (type_line){.name = op->name};
        types[at].count++;
        types[at].avg_ns += op->self_avg_ns;
        types[at].share += op->share;
        types[at].mem_bytes += op->encloses ? 0 : (double)op->mem_bytes.value;
        if (op->row->time.inferences.value > 0)
            types[at].calls +=
                (double)op->row->time.calls.value / (double)op->row->time.inferences.value;
    }
    qsort(types, count, sizeof *types, compare_types);
    return count;
}

static tb_status print_types(const printer *p, tb_error *err)
{
    static const char *const headings[] = {"type", "count", "avg",         "%",
                                           "cdf",  "mem",   "times called"};
    type_line *types = calloc(p->profile->op_count + 1, sizeof *types);
    if (!types)
        return tb_fail(err, TB_NO_MEMORY, "table of types: out of memory");
    size_t count = gather_types(p->profile, types);
    tb_text_table table;
    double cdf = 0;
    tb_text_table_init(&table, "lrrrrrr", headings);
    for (size_t k = 0; k < count; k++) {
        char mem[TB_FIGURE_TEXT_SIZE] = "";
        cdf += types[k].share;
        if (types[k].mem_bytes > 0)
            tb_format_bytes(types[k].mem_bytes, mem);
        tb_text_table_cell(&table, "%.60s", types[k].name);
        tb_text_table_cell(&table, "%d", types[k].count);
        print_duration(&table, true, types[k].avg_ns);
        tb_text_table_cell(&table, "%.2f", 100 * types[k].share);
        tb_text_table_cell(&table, "%.2f", 100 * cdf);
        tb_text_table_cell(&table, "%s", mem);
        tb_text_table_cell(&table, "%.3g", types[k].calls);
    }
    fprintf(p->to, "\nBy type\n");
    tb_text_table_print(&table, 2, p->to);
    tb_text_table_free(&table);
    free(types);
    return TB_OK;
}

/* ---- the budget --------------------------------------------------------------------------------- */

static void print_budget(const printer *p)
{
    const tb_profile *profile = p->profile;
    char whole[TB_FIGURE_TEXT_SIZE];
    if (!profile->end_to_end_ns.known)
        return;
    tb_format_duration(profile->end_to_end_ns.value, whole);
    fprintf(p->to, "\nWhere the median profiled inference goes: %s\n", whole);
    static const char *const headings[] = {"part", "time", "%"};
    tb_text_table table;
    tb_text_table_init(&table, "lrr", headings);
    for (size_t k = 0; k < profile->part_count; k++) {
        const tb_profile_part *part = &profile->parts[k];
        if (!part->ns.known || (part->ns.value == 0 && strcmp(part->name, "unattributed") != 0))
            continue;
        tb_text_table_cell(&table, "%s", part->name);
        print_duration(&table, true, part->ns.value);
        tb_text_table_cell(&table, "%.2f", 100 * part->ns.value / profile->end_to_end_ns.value);
    }
    tb_text_table_print(&table, 2, p->to);
    tb_text_table_free(&table);
    const tb_real plain = profile->result->row.median_ns;
    if (plain.known && profile->events.known && profile->event_ns.known) {
        char without[TB_FIGURE_TEXT_SIZE], note[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(plain.value, without);
        tb_format_duration(profile->events.value * profile->event_ns.value, note);
        fprintf(p->to,
                "  Without profiling the median is %s; noting %.0f events took about %s of the "
                "time above.\n",
                without, profile->events.value, note);
    }
}

/* ---- counters ----------------------------------------------------------------------------------- */

static const char *text_in(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Those that are missing, a line a reason. */
static void print_missing(const printer *p, const cJSON *rows)
{
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next) {
        const char *reason = text_in(row, "reason");
        bool told = !reason || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "available"));
        for (const cJSON *before = rows->child; before != row && !told; before = before->next)
            told = text_in(before, "reason") && strcmp(text_in(before, "reason"), reason) == 0;
        if (told)
            continue;
        const char *comma = "  ";
        for (const cJSON *same = row; same; same = same->next) {
            if (!text_in(same, "reason") || strcmp(text_in(same, "reason"), reason) != 0)
                continue;
            fprintf(p->to, "%s%s", comma, text_in(same, "name"));
            comma = ", ";
        }
        fprintf(p->to, ": not available: %s\n", reason);
    }
}

static void print_counters(const printer *p)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(p->profile->counters, "rows");
    if (!rows) {
        const char *reason = text_in(p->profile->counters, "reason");
        fprintf(p->to, "\nCounters: not available: %s\n",
                reason ? reason : "they were left out (--no-counters)");
        return;
    }
    fprintf(p->to, "\nCounters, a mean inference\n");
    for (const cJSON *row = rows->child; row; row = row->next) {
        const cJSON *total = cJSON_GetObjectItemCaseSensitive(row, "total");
        const cJSON *scaled = cJSON_GetObjectItemCaseSensitive(row, "scaled");
        const char *limit = text_in(row, "reason");
        char text[TB_FIGURE_TEXT_SIZE];
        if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "available")))
            continue;
        if (!cJSON_IsNumber(total)) {
            fprintf(p->to, "  %-24s never counted\n", text_in(row, "name"));
            continue;
        }
        tb_format_count(total->valuedouble, text);
        fprintf(p->to, "  %-24s %12s", text_in(row, "name"), text);
        if (cJSON_IsNumber(scaled) && scaled->valuedouble < 0.999)
            fprintf(p->to, "  counted %.0f %% of the time, scaled", 100 * scaled->valuedouble);
        fprintf(p->to, "%s%s\n", limit ? "  " : "", limit ? limit : "");
    }
    print_missing(p, rows);
}

/* ---- all of it ---------------------------------------------------------------------------------- */

tb_status tb_profile_print(const tb_profile *profile, tb_text_list columns, int top, tb_error *err,
                           FILE *to)
{
    printer p = {.profile = profile, .to = to};
    if (columns.count > MAX_EXTRA)
        return tb_fail(err, TB_USAGE, "--columns: at most %d", MAX_EXTRA);
    tb_status status = find_columns(columns, err, p.columns, &p.column_count, &p.counters);
    if (status != TB_OK)
        return status;
    if (!profile->op_count) {
        fprintf(to, "%s, %s: the engine %s tells nothing of its ops\n", profile->result->row.model,
                profile->result->row.delegate,
                profile->result->row.engine ? profile->result->row.engine : "it ran in");
        return TB_OK;
    }
    const tb_profile_op **ops = calloc(profile->op_count + 1, sizeof *ops);
    if (!ops)
        return tb_fail(err, TB_NO_MEMORY, "table of %zu ops: out of memory", profile->op_count);
    for (size_t k = 0; k < profile->op_count; k++)
        ops[k] = &profile->ops[k];
    fprintf(to, "%s, %s, %lld thread%s: %zu ops, %lld inferences\n", profile->result->row.model,
            profile->result->row.ran ? profile->result->row.ran : profile->result->row.delegate,
            (long long)profile->result->row.threads.value,
            profile->result->row.threads.value == 1 ? "" : "s", profile->op_count,
            (long long)profile->inferences);
    qsort(ops, profile->op_count, sizeof *ops, compare_order);
    print_table(&p, "Run order", ops, profile->op_count);
    qsort(ops, profile->op_count, sizeof *ops, compare_time);
    size_t lines = (size_t)top < profile->op_count ? (size_t)top : profile->op_count;
    print_table(&p, "Top by time", ops, lines);
    free(ops);
    status = print_types(&p, err);
    if (status == TB_OK)
        print_budget(&p);
    print_counters(&p);
    return status;
}
