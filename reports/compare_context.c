/* Can two sets of runs be compared? Their contexts, field by field. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/compare.h"
#include "runtime/base/size.h"

typedef enum part { OF_DEVICE, OF_ENVIRONMENT } part;

/* What is looked at. Texts of hosts that are not the same time another machine. */
static const struct {
    part part;
    const char *field;
    bool refuses;
    double tolerance; /* of numbers: a share of the larger */
} rows[] = {
    {OF_DEVICE, "serial", true, 0},
    {OF_DEVICE, "name", false, 0},
    {OF_DEVICE, "arch", true, 0},
    {OF_ENVIRONMENT, "cpu_model", true, 0},
    {OF_ENVIRONMENT, "cpu_count", true, 0},
    {OF_ENVIRONMENT, "cpu_affinity", true, 0},
    {OF_ENVIRONMENT, "governor", true, 0},
    {OF_ENVIRONMENT, "turbo", true, 0},
    {OF_ENVIRONMENT, "cpu_max_khz", true, 0},
    {OF_ENVIRONMENT, "power_source", true, 0},
    {OF_ENVIRONMENT, "hypervisor", false, 0},
    {OF_ENVIRONMENT, "kernel", false, 0},
    {OF_ENVIRONMENT, "os", false, 0},
    {OF_ENVIRONMENT, "aslr", false, 0},
    {OF_ENVIRONMENT, "memory_bytes", false, 0.02},
    {OF_ENVIRONMENT, "temperature_celsius", false, 0.2},
};

static const char *text_of(const tb_field *field, const void *record, tb_pool *pool, double *number)
{
    *number = NAN;
    if (field->kind == TB_KIND_TEXT)
        return tb_field_text(field, record);
    if (field->kind == TB_KIND_INTEGER) {
        tb_integer value = tb_field_integer(field, record);
        *number = (double)value.value;
        return value.known ? tb_pool_printf(pool, "%lld", (long long)value.value) : NULL;
    }
    tb_real value = tb_field_real(field, record);
    *number = value.value;
    return value.known ? tb_pool_printf(pool, "%g", value.value) : NULL;
}

static void add(tb_compared *out, bool refuses, const char *what, const char *base,
                const char *head)
{
    out->caveats[out->caveat_count++] = (tb_caveat){
        refuses, tb_pool_text(out->pool, what), tb_pool_text(out->pool, base ? base : "unknown"),
        tb_pool_text(out->pool, head ? head : "unknown")};
}

static void compare_runs(tb_compared *out, const tb_run_context *base, const tb_run_context *head)
{
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++) {
        bool device = rows[k].part == OF_DEVICE;
        const tb_field *field =
            tb_record_field(device ? &tb_device_type : &tb_environment_type, rows[k].field);
        double a_number, b_number;
        const void *a_record = device ? (const void *)&base->device : &base->start;
        const void *b_record = device ? (const void *)&head->device : &head->start;
        const char *a = text_of(field, a_record, out->pool, &a_number);
        const char *b = text_of(field, b_record, out->pool, &b_number);
        if (!a && !b)
            continue;
        bool same = a && b && strcmp(a, b) == 0;
        if (a && b && !same && rows[k].tolerance > 0)
            same = fabs(a_number - b_number) <= rows[k].tolerance * fmax(a_number, b_number);
        /* What one side does not know refuses nothing. */
        if (!same)
            add(out, rows[k].refuses && a && b, rows[k].field, a, b);
    }
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The model's bytes and the inputs, which belong to each comparison. */
static void compare_items(tb_compared *out, size_t room)
{
    for (size_t i = 0; i < out->count && out->caveat_count + 2 < room; i++) {
        const tb_comparison *item = &out->items[i];
        const tb_result *base = item->base, *head = item->head;
        if (same_text(base->row.model, head->row.model) &&
            !same_text(base->row.model_sha256, head->row.model_sha256))
            add(out, false, tb_pool_printf(out->pool, "bytes of model %s", head->row.model),
                base->row.model_sha256, head->row.model_sha256);
        const char *a = base->process_count ? base->processes[0].process.input : NULL;
        const char *b = head->process_count ? head->processes[0].process.input : NULL;
        if (!same_text(a, b))
            add(out, false, tb_pool_printf(out->pool, "input of %s", item->name), a, b);
    }
}

tb_status tb_compare_context(const tb_selection *base, const tb_selection *head,
                             tb_compared *compared, tb_error *err)
{
    tb_context of_base, of_head;
    size_t room = TB_COUNT_OF(rows) + 2 * compared->count + 4;
    compared->caveats = tb_pool_take(compared->pool, room, sizeof *compared->caveats);
    if (!compared->caveats)
        return tb_pool_check(NULL, err);
    tb_status status = tb_selection_newest_context(base, err, &of_base);
    if (status != TB_OK)
        return status;
    status = tb_selection_newest_context(head, err, &of_head);
    if (status == TB_OK && of_base.run_count && of_head.run_count)
        compare_runs(compared, &of_base.runs[0], &of_head.runs[0]);
    if (status == TB_OK) {
        compare_items(compared, room);
        tb_context_free(&of_head);
    }
    tb_context_free(&of_base);
    return status;
}
