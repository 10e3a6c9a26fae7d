/*
 * Finding the kernel for an operator; see resolver.h. A builtin code leads to the first row of
 * ops.def that has it through an index of one entry a code, so a look-up costs the same for every
 * operator. Whatever was added by name is short and searched from the newest back.
 */
#include "runtime/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/op_types.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- the rows of ops.def ---------------------------------------------------------------------- */

#define TB_OP(builtin, kernel, min_version, max_version, types) \
    extern const TfLiteRegistration tb_op_##kernel;
#define TB_CUSTOM_OP(name, kernel, types) extern const TfLiteRegistration tb_op_##kernel;
#include "runtime/ops.def"

/* The last row ends the table; it matches nothing. */
#define TB_ROW_END (-1)

static const tb_op_row op_rows[] = {
#define TB_OP(builtin, kernel, min_version, max_version, types) \
    {kTfLiteBuiltin##builtin, NULL, (min_version), (max_version), (types), &tb_op_##kernel},
#define TB_CUSTOM_OP(custom_name, kernel, types) \
    {kTfLiteBuiltinCustom, custom_name, 1, INT32_MAX, (types), &tb_op_##kernel},
#include "runtime/ops.def"
    {TB_ROW_END, NULL, 0, 0, 0, NULL},
};

#define ROW_COUNT ((int)TB_COUNT_OF(op_rows) - 1)

const tb_op_row *tb_resolver_rows(int *count)
{
    *count = ROW_COUNT;
    return op_rows;
}

const char *tb_op_row_name(const tb_op_row *row)
{
    return row->name ? row->name : tb_builtin_name(row->builtin_code);
}

/* ---- resolvers -------------------------------------------------------------------------------- */

#define CODE_COUNT 256

typedef struct added_op {
    int builtin_code;
    char *custom_name; /* owned; NULL for a builtin */
    int min_version;
    int max_version;
    const TfLiteRegistration *registration;
} added_op;

struct tb_resolver {
    bool has_rows;
    int16_t first_row[CODE_COUNT]; /* by builtin code; ROW_COUNT where there is none */
    added_op *added;
    size_t added_count;
    tb_resolver_lookup lookup;
};

_Static_assert(ROW_COUNT < INT16_MAX, "rows are counted in 16 bits");

tb_status tb_resolver_create_empty(tb_error *err, tb_resolver **out)
{
    tb_resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate a resolver");
    for (size_t code = 0; code < CODE_COUNT; code++)
        resolver->first_row[code] = ROW_COUNT;
    *out = resolver;
    return TB_OK;
}

tb_status tb_resolver_create(tb_error *err, tb_resolver **out)
{
    tb_resolver *resolver = NULL;
    tb_status status = tb_resolver_create_empty(err, &resolver);
    if (status != TB_OK)
        return status;
    resolver->has_rows = true;
    for (int row = ROW_COUNT - 1; row >= 0; row--) {
        int code = op_rows[row].builtin_code;
        if (code >= 0 && code < CODE_COUNT)
            resolver->first_row[code] = (int16_t)row;
    }
    *out = resolver;
    return TB_OK;
}

void tb_resolver_destroy(tb_resolver *resolver)
{
    if (!resolver)
        return;
    for (size_t k = 0; k < resolver->added_count; k++)
        free(resolver->added[k].custom_name);
    free(resolver->added);
    free(resolver);
}

static tb_status add(tb_resolver *resolver, int builtin_code, const char *custom_name,
                     const TfLiteRegistration *registration, int min_version, int max_version,
                     tb_error *err)
{
    if (!registration)
        return tb_fail(err, TB_USAGE, "adding operator %s: no registration given",
                       custom_name ? custom_name : tb_builtin_name(builtin_code));
    added_op op = {builtin_code, NULL, min_version, max_version, registration};
    if (custom_name && !(op.custom_name = strdup(custom_name)))
        return tb_fail(err, TB_NO_MEMORY, "adding operator %s: out of memory", custom_name);
    added_op *grown = realloc(resolver->added, (resolver->added_count + 1) * sizeof *grown);
    if (!grown) {
        free(op.custom_name);
        return tb_fail(err, TB_NO_MEMORY, "adding operator %s: out of memory",
                       custom_name ? custom_name : tb_builtin_name(builtin_code));
    }
    resolver->added = grown;
    resolver->added[resolver->added_count++] = op;
    return TB_OK;
}

tb_status tb_resolver_add_builtin(tb_resolver *resolver, int builtin_code,
                                  const TfLiteRegistration *registration, int min_version,
                                  int max_version, tb_error *err)
{
    if (builtin_code < 0 || builtin_code == kTfLiteBuiltinCustom)
        return tb_fail(err, TB_USAGE, "adding an operator: %d is no builtin operator code",
                       builtin_code);
    return add(resolver, builtin_code, NULL, registration, min_version, max_version, err);
}

tb_status tb_resolver_add_custom(tb_resolver *resolver, const char *name,
                                 const TfLiteRegistration *registration, int min_version,
                                 int max_version, tb_error *err)
{
    if (!name)
        return tb_fail(err, TB_USAGE, "adding a custom operator: no name given");
    return add(resolver, kTfLiteBuiltinCustom, name, registration, min_version, max_version, err);
}

void tb_resolver_set_lookup(tb_resolver *resolver, const tb_resolver_lookup *lookup)
{
    resolver->lookup = *lookup;
}

tb_status tb_resolver_copy(const tb_resolver *from, tb_error *err, tb_resolver **out)
{
    tb_resolver *copy = NULL;
    tb_status status = tb_resolver_create_empty(err, &copy);
    if (status != TB_OK)
        return status;
    copy->has_rows = from->has_rows;
    copy->lookup = from->lookup;
    memcpy(copy->first_row, from->first_row, sizeof copy->first_row);
    for (size_t k = 0; k < from->added_count; k++) {
        const added_op *op = &from->added[k];
        status = add(copy, op->builtin_code, op->custom_name, op->registration, op->min_version,
                     op->max_version, err);
        if (status != TB_OK) {
            tb_resolver_destroy(copy);
            return status;
        }
    }
    *out = copy;
    return TB_OK;
}

/* ---- looking up ------------------------------------------------------------------------------- */

/* What there is of an operator, for the message that says why a version was not found. */
typedef struct version_span {
    bool known;
    int min;
    int max;
} version_span;

static void widen(version_span *span, int min, int max)
{
    if (!span->known || min < span->min)
        span->min = min;
    if (!span->known || max > span->max)
        span->max = max;
    span->known = true;
}

static bool is_op(int code, const char *name, int wanted_code, const char *wanted_name)
{
    if (code != wanted_code)
        return false;
    return wanted_code != kTfLiteBuiltinCustom || strcmp(name, wanted_name) == 0;
}

static const TfLiteRegistration *find_added(const tb_resolver *resolver, int code, const char *name,
                                            int version, version_span *span)
{
    for (size_t k = resolver->added_count; k-- > 0;) {
        const added_op *op = &resolver->added[k];
        if (!is_op(op->builtin_code, op->custom_name, code, name))
            continue;
        if (version >= op->min_version && version <= op->max_version)
            return op->registration;
        widen(span, op->min_version, op->max_version);
    }
    return NULL;
}

static const TfLiteRegistration *find_row(const tb_resolver *resolver, int code, const char *name,
                                          int version, version_span *span)
{
    if (code < 0 || code >= CODE_COUNT)
        return NULL;
    for (int k = resolver->first_row[code]; op_rows[k].builtin_code == code; k++) {
        const tb_op_row *row = &op_rows[k];
        if (!is_op(row->builtin_code, row->name, code, name))
            continue;
        if (version >= row->min_version && version <= row->max_version)
            return row->registration;
        widen(span, row->min_version, row->max_version);
    }
    return NULL;
}

static const TfLiteRegistration *ask_lookup(const tb_resolver_lookup *lookup, int code,
                                            const char *name, int version)
{
    if (code == kTfLiteBuiltinCustom)
        return lookup->find_custom ? lookup->find_custom(lookup->context, name, version) : NULL;
    return lookup->find_builtin ? lookup->find_builtin(lookup->context, code, version) : NULL;
}

tb_status tb_resolver_find(const tb_resolver *resolver, int builtin_code, const char *custom_name,
                           int version, tb_error *err, const TfLiteRegistration **out)
{
    bool custom = builtin_code == kTfLiteBuiltinCustom;
    const char *name = custom ? (custom_name ? custom_name : "") : NULL;
    version_span span = {false, 0, 0};
    const TfLiteRegistration *found = find_added(resolver, builtin_code, name, version, &span);
    if (!found)
        found = ask_lookup(&resolver->lookup, builtin_code, name, version);
    if (!found)
        found = find_row(resolver, builtin_code, name, version, &span);
    if (found) {
        *out = found;
        return TB_OK;
    }
    if (custom && span.known)
        return tb_fail(err, TB_UNSUPPORTED,
                       "custom operator %s has version %d; versions %d to %d are supported", name,
                       version, span.min, span.max);
    if (custom)
        return tb_fail(err, TB_UNSUPPORTED, "custom operator %s is not known here", name);
    const char *text = tb_builtin_name(builtin_code);
    if (span.known)
        return tb_fail(err, TB_UNSUPPORTED,
                       "operator %s has version %d; versions %d to %d are supported", text, version,
                       span.min, span.max);
    return tb_fail(err, TB_UNSUPPORTED, "operator %s (code %d) is not supported", text,
                   builtin_code);
}
