/* The comparison rules; see compare_rules.h. */
#include "bench/compare_rules.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/case_type.h"
#include "bench/json_get.h"
#include "runtime/base/size.h"

static const char *const rule_names[TB_RULE_KIND_COUNT] = {
    [TB_RULE_EXACT] = "exact", [TB_RULE_SAME_VALUE] = "same_value", [TB_RULE_LSB] = "lsb",
    [TB_RULE_FLOAT] = "float", [TB_RULE_STATISTICS] = "statistics", [TB_RULE_SHAPE] = "shape",
};

/* ---- reading rules ----------------------------------------------------------------------------- */

/* The numbers each kind needs; those marked so must not be negative. */
typedef struct rule_field {
    tb_rule_kind kind;
    const char *name;
    size_t offset;
    bool not_negative;
} rule_field;

static const rule_field rule_fields[] = {
    {TB_RULE_LSB, "max", offsetof(tb_rule, max_steps), true},
    {TB_RULE_FLOAT, "abs", offsetof(tb_rule, abs), true},
    {TB_RULE_FLOAT, "rel", offsetof(tb_rule, rel), true},
    {TB_RULE_STATISTICS, "min", offsetof(tb_rule, min), false},
    {TB_RULE_STATISTICS, "max", offsetof(tb_rule, max), false},
    {TB_RULE_STATISTICS, "mean", offsetof(tb_rule, mean), false},
    {TB_RULE_STATISTICS, "mean_tolerance", offsetof(tb_rule, mean_tolerance), true},
    {TB_RULE_STATISTICS, "std", offsetof(tb_rule, deviation), true},
    {TB_RULE_STATISTICS, "std_tolerance", offsetof(tb_rule, deviation_tolerance), true},
};

static tb_status parse_kind(const cJSON *json, tb_error *err, tb_rule_kind *out)
{
    const char *name;
    tb_status status = tb_json_text(json, "kind", err, &name);
    if (status != TB_OK)
        return status;
    for (int kind = 0; kind < TB_RULE_KIND_COUNT; kind++) {
        if (!strcmp(name, rule_names[kind])) {
            *out = (tb_rule_kind)kind;
            return TB_OK;
        }
    }
    return tb_fail(err, TB_CORRUPT,
                   "\"kind\" is \"%.40s\", known are exact, same_value, lsb, float, statistics and "
                   "shape",
                   name);
}

tb_status tb_rule_parse(const cJSON *json, tb_error *err, tb_rule *out)
{
    tb_rule rule = {.elements = -1};
    tb_status status = parse_kind(json, err, &rule.kind);
    for (size_t k = 0; status == TB_OK && k < TB_COUNT_OF(rule_fields); k++) {
        const rule_field *field = &rule_fields[k];
        if (field->kind != rule.kind)
            continue;
        double value = 0;
        status = tb_json_number(json, field->name, err, &value);
        if (status == TB_OK && field->not_negative && value < 0)
            status = tb_fail(err, TB_CORRUPT, "\"%s\" is %g, a tolerance is not negative",
                             field->name, value);
        memcpy((char *)&rule + field->offset, &value, sizeof value);
    }
    if (status == TB_OK && tb_json_has(json, "elements"))
        status = tb_json_int(json, "elements", 0, INT32_MAX, err, &rule.elements);
    if (status == TB_OK)
        *out = rule;
    return status;
}

/* ---- messages: composed piece by piece, cut where the room ends ------------------------------- */

static void say(tb_difference *out, const char *format, ...) TB_PRINTF(2, 3);
static void say(tb_difference *out, const char *format, ...)
{
    size_t used = strlen(out->text);
    va_list args;
    va_start(args, format);
    vsnprintf(out->text + used, sizeof out->text - used, format, args);
    va_end(args);
}

static void say_dims(tb_difference *out, int rank, const int *dims)
{
    say(out, "[");
    for (int k = 0; k < rank; k++)
        say(out, "%s%d", k ? "," : "", dims[k]);
    say(out, "]");
}

/* The element's index, and where it lies in the shape: "17 [0,2,1]". */
static void say_place(tb_difference *out, const tb_values *values, size_t element)
{
    enum { MAX_RANK = 16 };
    say(out, "%zu", element);
    int at[MAX_RANK];
    if (values->rank < 2 || values->rank > MAX_RANK)
        return;
    for (int k = values->rank - 1; k >= 0; k--) {
        if (values->dims[k] <= 0)
            return;
        at[k] = (int)(element % (size_t)values->dims[k]);
        element /= (size_t)values->dims[k];
    }
    say(out, " ");
    say_dims(out, values->rank, at);
}

static void say_number(tb_difference *out, tb_number_kind kind, const tb_number *number)
{
    if (kind == TB_NUMBER_FLOAT)
        say(out, "%.9g", number->f);
    else if (kind == TB_NUMBER_SIGNED)
        say(out, "%" PRId64, number->i);
    else
        say(out, "%" PRIu64, number->u);
}

static void say_allowed(tb_difference *out, const tb_rule *rule)
{
    if (rule->kind == TB_RULE_FLOAT && rule->rel > 0)
        say(out, "%.3g + %.3g of the expected value", rule->abs, rule->rel);
    else if (rule->kind == TB_RULE_FLOAT)
        say(out, "%.3g", rule->abs);
    else if (rule->kind == TB_RULE_LSB && rule->max_steps > 0)
        say(out, "%.0f", rule->max_steps);
    else
        say(out, "no difference");
}

/* ---- comparing element by element -------------------------------------------------------------- */

static bool same_special(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

/* |a - b|, exact for integers up to 2^53; infinite where only one is a number, or they are
   different infinities. */
static double distance(tb_number_kind kind, const tb_number *a, const tb_number *b)
{
    switch (kind) {
    case TB_NUMBER_FLOAT:
        if (same_special(a->f, b->f))
            return 0;
        return isfinite(a->f) && isfinite(b->f) ? fabs(a->f - b->f) : INFINITY;
    case TB_NUMBER_SIGNED:
        return (double)(a->i > b->i ? (uint64_t)a->i - (uint64_t)b->i
                                    : (uint64_t)b->i - (uint64_t)a->i);
    default:
        return (double)(a->u > b->u ? a->u - b->u : b->u - a->u);
    }
}

static double allowed_at(const tb_rule *rule, double expected)
{
    if (rule->kind == TB_RULE_FLOAT)
        return rule->abs + rule->rel * fabs(expected);
    return rule->kind == TB_RULE_LSB ? rule->max_steps : 0;
}

typedef struct element_scan {
    size_t numbers;
    size_t differing;
    size_t first;
    size_t worst_at; /* where `ratio` was reached */
    double ratio;
    double worst;
} element_scan;

/* Packed types may end within a byte: what lies behind the last element is padding. */
static size_t numbers_in(const tb_values *values, size_t bytes)
{
    const tb_case_type *type = tb_case_type_of(values->type);
    size_t numbers = tb_case_type_numbers(values->type, bytes), by_shape = (size_t)type->parts;
    for (int k = 0; k < values->rank; k++)
        if (!tb_mul_size(by_shape, (size_t)values->dims[k], &by_shape))
            return numbers;
    return by_shape < numbers ? by_shape : numbers;
}

static element_scan scan_elements(const tb_rule *rule, const tb_values *expected, const void *got,
                                  size_t bytes)
{
    tb_number_kind kind = tb_case_type_of(expected->type)->kind;
    element_scan scan = {.numbers = numbers_in(expected, bytes)};
    for (size_t k = 0; k < scan.numbers; k++) {
        tb_number want = tb_case_type_read(expected->type, expected->data, k);
        tb_number have = tb_case_type_read(expected->type, got, k);
        double off = distance(kind, &want, &have);
        if (off == 0)
            continue;
        double allowed = allowed_at(rule, tb_number_value(kind, &want));
        double ratio = allowed > 0 && isfinite(off) ? off / allowed : INFINITY;
        if (ratio > scan.ratio || (ratio >= scan.ratio && off > scan.worst)) {
            scan.ratio = ratio;
            scan.worst_at = k;
        }
        if (off > scan.worst)
            scan.worst = off;
        /* Not by the ratio: a quotient rounds where the comparison itself does not. An infinite
           distance is never allowed, though a tolerance relative to infinity would be infinite. */
        if (!(off <= allowed) || isinf(off)) {
            if (scan.differing++ == 0)
                scan.first = k;
        }
    }
    return scan;
}

static void say_element(tb_difference *out, const tb_values *expected, const void *got, size_t k)
{
    const tb_case_type *type = tb_case_type_of(expected->type);
    tb_number want = tb_case_type_read(expected->type, expected->data, k);
    tb_number have = tb_case_type_read(expected->type, got, k);
    say(out, "element ");
    say_place(out, expected, k / (size_t)type->parts);
    say(out, "%s is ", type->parts == 1 ? "" : k % 2 ? ", imaginary part," : ", real part,");
    say_number(out, type->kind, &have);
    say(out, ", expected ");
    say_number(out, type->kind, &want);
    say(out, " (off by %.3g)", distance(type->kind, &want, &have));
}

static void compare_elements(const tb_rule *rule, const tb_values *expected, const void *got,
                             size_t bytes, tb_difference *out)
{
    element_scan scan = scan_elements(rule, expected, got, bytes);
    out->worst = scan.worst;
    out->of_allowed = scan.ratio;
    out->matches = scan.differing == 0;
    if (out->matches)
        return;
    say_element(out, expected, got, scan.first);
    say(out, ", allowed is ");
    say_allowed(out, rule);
    say(out, "; %zu of %zu differ", scan.differing, scan.numbers);
    if (scan.worst_at != scan.first) {
        say(out, "; worst: ");
        say_element(out, expected, got, scan.worst_at);
    }
}

/* ---- bytes and strings ------------------------------------------------------------------------- */

static int32_t read_i32(const unsigned char *data)
{
    uint32_t raw = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
                   (uint32_t)data[3] << 24;
    int32_t value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

/* A string buffer: count, count + 1 offsets, bytes. False where this is none. */
static bool string_at(const void *buffer, size_t bytes, int32_t k, const char **text, int *length)
{
    const unsigned char *data = buffer;
    if (bytes < 4 || k < 0 || k >= read_i32(data) || (size_t)k > bytes / 4 ||
        (size_t)k * 4 + 12 > bytes)
        return false;
    int32_t begin = read_i32(data + 4 + (size_t)k * 4), end = read_i32(data + 8 + (size_t)k * 4);
    if (begin < 0 || end < begin || (size_t)end > bytes)
        return false;
    *text = (const char *)data + begin;
    *length = end - begin > 60 ? 60 : end - begin;
    return true;
}

static void describe_strings(const tb_values *expected, const tb_values *got, tb_difference *out)
{
    int32_t want_count = expected->bytes >= 4 ? read_i32(expected->data) : -1;
    int32_t have_count = got->bytes >= 4 ? read_i32(got->data) : -1;
    if (want_count != have_count) {
        say(out, "%d strings, expected %d", have_count, want_count);
        return;
    }
    for (int32_t k = 0; k < want_count; k++) {
        const char *want, *have;
        int want_length, have_length;
        if (!string_at(expected->data, expected->bytes, k, &want, &want_length))
            break;
        if (!string_at(got->data, got->bytes, k, &have, &have_length)) {
            say(out, "string %d has offsets that lie outside the buffer of %zu bytes", k,
                got->bytes);
            return;
        }
        if (want_length != have_length || memcmp(want, have, (size_t)want_length)) {
            say(out, "string %d is \"%.*s\", expected \"%.*s\"", k, have_length, have, want_length,
                want);
            return;
        }
    }
    say(out, "the string buffers differ in layout: %zu bytes, expected %zu", got->bytes,
        expected->bytes);
}

static void compare_bytes(const tb_rule *rule, const tb_values *expected, const tb_values *got,
                          size_t bytes, tb_difference *out)
{
    bool same = bytes == 0 || !memcmp(expected->data, got->data, bytes);
    if (same) {
        out->matches = true;
        out->worst = out->of_allowed = 0;
        return;
    }
    if (tb_case_type_of(expected->type)->kind == TB_NUMBER_NONE) {
        if (expected->type == kTfLiteString)
            describe_strings(expected, got, out);
        else
            say(out, "the bytes differ");
        return;
    }
    compare_elements(rule, expected, got->data, bytes, out);
    if (!out->matches)
        return;
    /* Equal numbers, other bytes: -0, the payload of a NaN, padding of packed integers. */
    const unsigned char *want = expected->data, *have = got->data;
    size_t at = 0;
    while (want[at] == have[at])
        at++;
    out->matches = false;
    out->of_allowed = INFINITY;
    say(out, "equal as numbers, but byte %zu is 0x%02x, expected 0x%02x", at, have[at], want[at]);
}

/* ---- statistics -------------------------------------------------------------------------------- */

static void compare_statistics(const tb_rule *rule, const tb_values *got, size_t bytes,
                               tb_difference *out)
{
    tb_number_kind kind = tb_case_type_of(got->type)->kind;
    size_t count = tb_case_type_numbers(got->type, bytes);
    out->matches = true;
    if (count == 0)
        return;
    long double sum = 0, squares = 0;
    for (size_t k = 0; k < count; k++) {
        tb_number number = tb_case_type_read(got->type, got->data, k);
        double value = tb_number_value(kind, &number);
        if (!(value >= rule->min && value <= rule->max)) {
            out->matches = false;
            say(out, "element %zu is %.9g, outside [%g, %g]", k, value, rule->min, rule->max);
            return;
        }
        sum += (long double)value;
    }
    long double mean = sum / (long double)count;
    for (size_t k = 0; k < count; k++) {
        tb_number number = tb_case_type_read(got->type, got->data, k);
        long double off = (long double)tb_number_value(kind, &number) - mean;
        squares += off * off;
    }
    double deviation = sqrt((double)(squares / (long double)count));
    double mean_off = fabs((double)mean - rule->mean);
    double deviation_off = fabs(deviation - rule->deviation);
    if (mean_off <= rule->mean_tolerance && deviation_off <= rule->deviation_tolerance)
        return;
    out->matches = false;
    say(out, "mean %g, expected %g +- %g; standard deviation %g, expected %g +- %g; %zu numbers",
        (double)mean, rule->mean, rule->mean_tolerance, deviation, rule->deviation,
        rule->deviation_tolerance, count);
}

/* ---- the whole --------------------------------------------------------------------------------- */

static bool same_shape(const tb_values *a, const tb_values *b)
{
    return a->rank == b->rank &&
           (a->rank == 0 || !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims));
}

static bool comparable(const tb_values *expected, const tb_values *got, tb_difference *out)
{
    if (got->type != expected->type) {
        say(out, "type %s, expected %s", tb_case_type_name(got->type),
            tb_case_type_name(expected->type));
        return false;
    }
    if (!same_shape(expected, got)) {
        say(out, "shape ");
        say_dims(out, got->rank, got->dims);
        say(out, ", expected ");
        say_dims(out, expected->rank, expected->dims);
        return false;
    }
    if (got->bytes != expected->bytes) {
        if (expected->type == kTfLiteString)
            describe_strings(expected, got, out);
        else
            say(out, "%zu bytes, expected %zu", got->bytes, expected->bytes);
        return false;
    }
    if (got->bytes && !got->data) {
        say(out, "the engine gives no data");
        return false;
    }
    return true;
}

void tb_rule_compare(const tb_rule *rule, const tb_values *expected, const tb_values *got,
                     tb_difference *out)
{
    *out = (tb_difference){.matches = false, .worst = INFINITY, .of_allowed = INFINITY};
    if (!comparable(expected, got, out))
        return;
    size_t bytes = expected->bytes;
    const tb_case_type *type = tb_case_type_of(expected->type);
    /* `elements` counts numbers: a complex element is two, as in the format's definition. */
    size_t leading = (size_t)(rule->elements < 0 ? 0 : rule->elements) * (size_t)type->bits;
    if (rule->elements >= 0 && (leading + 7) / 8 < bytes)
        bytes = (leading + 7) / 8;
    switch (rule->kind) {
    case TB_RULE_SHAPE:
        out->matches = true;
        out->worst = out->of_allowed = NAN;
        break;
    case TB_RULE_STATISTICS:
        out->worst = out->of_allowed = NAN;
        compare_statistics(rule, got, bytes, out);
        break;
    case TB_RULE_EXACT:
        compare_bytes(rule, expected, got, bytes, out);
        break;
    default:
        if (type->kind == TB_NUMBER_NONE)
            compare_bytes(rule, expected, got, bytes, out);
        else
            compare_elements(rule, expected, got->data, bytes, out);
        break;
    }
}
