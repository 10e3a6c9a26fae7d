/*
 * From an application's options to a resolver: operators added by name, opaque ones, or resolver
 * functions of any generation, whose registrations are widened to today's.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/c_api_internal.h"
#include "runtime/operator_internal.h"

struct tb_widened {
    struct tb_widened *next;
    TfLiteRegistration registration;
};

void tb_callback_scratch_free(tb_callback_scratch *scratch)
{
    while (scratch->widened) {
        struct tb_widened *gone = scratch->widened;
        scratch->widened = gone->next;
        free(gone);
    }
}

static const TfLiteRegistration *keep(tb_callback_scratch *scratch,
                                      const TfLiteRegistration *registration)
{
    struct tb_widened *widened = malloc(sizeof *widened);
    if (!widened)
        return NULL;
    *widened = (struct tb_widened){scratch->widened, *registration};
    scratch->widened = widened;
    return &widened->registration;
}

/* An older registration is a prefix of today's; the rest is zero. */
static const TfLiteRegistration *widen(tb_callback_scratch *scratch, const void *older, size_t size)
{
    if (!older)
        return NULL;
    TfLiteRegistration registration = {0};
    memcpy(&registration, older, size);
    return keep(scratch, &registration);
}

static const TfLiteRegistration *from_operator(tb_callback_scratch *scratch,
                                               const TfLiteOperator *operator_)
{
    if (!operator_)
        return NULL;
    /* Made by TfLiteOperatorCreate, so it is not const underneath. */
    union {
        const TfLiteOperator *given;
        TfLiteOperator *own;
    } pointer = {.given = operator_};
    TfLiteRegistration registration = tb_operator_registration(pointer.own);
    return keep(scratch, &registration);
}

static const TfLiteRegistration *find_builtin(void *context, int code, int version)
{
    tb_callback_scratch *scratch = context;
    const tb_op_callbacks *callbacks = scratch->callbacks;
    TfLiteBuiltinOperator op = (TfLiteBuiltinOperator)code;
    void *data = callbacks->user_data;
    if (callbacks->builtin_external) {
        const TfLiteRegistration *found =
            from_operator(scratch, callbacks->builtin_external(data, code, version));
        if (found)
            return found;
    }
    if (callbacks->builtin)
        return callbacks->builtin(data, op, version);
    if (callbacks->builtin_v3)
        return widen(scratch, callbacks->builtin_v3(data, op, version),
                     sizeof(TfLiteRegistration_V3));
    if (callbacks->builtin_v2)
        return widen(scratch, callbacks->builtin_v2(data, op, version),
                     sizeof(TfLiteRegistration_V2));
    if (callbacks->builtin_v1)
        return widen(scratch, callbacks->builtin_v1(data, op, version),
                     sizeof(TfLiteRegistration_V1));
    return NULL;
}

static const TfLiteRegistration *find_custom(void *context, const char *name, int version)
{
    tb_callback_scratch *scratch = context;
    const tb_op_callbacks *callbacks = scratch->callbacks;
    void *data = callbacks->user_data;
    if (callbacks->custom_external) {
        const TfLiteRegistration *found =
            from_operator(scratch, callbacks->custom_external(data, name, version));
        if (found)
            return found;
    }
    if (callbacks->custom)
        return callbacks->custom(data, name, version);
    if (callbacks->custom_v3)
        return widen(scratch, callbacks->custom_v3(data, name, version),
                     sizeof(TfLiteRegistration_V3));
    if (callbacks->custom_v2)
        return widen(scratch, callbacks->custom_v2(data, name, version),
                     sizeof(TfLiteRegistration_V2));
    if (callbacks->custom_v1)
        return widen(scratch, callbacks->custom_v1(data, name, version),
                     sizeof(TfLiteRegistration_V1));
    return NULL;
}

static bool has_callbacks(const tb_op_callbacks *c)
{
    return c->builtin_external || c->custom_external || c->builtin || c->custom || c->builtin_v3 ||
           c->custom_v3 || c->builtin_v2 || c->custom_v2 || c->builtin_v1 || c->custom_v1;
}

/* Oldest first, so that the newest wins. */
static tb_status add_all(tb_resolver *resolver, const tb_added_op *op, tb_error *err)
{
    if (!op)
        return TB_OK;
    tb_status status = add_all(resolver, op->next, err);
    if (status != TB_OK)
        return status;
    if (op->custom_name)
        return tb_resolver_add_custom(resolver, op->custom_name, &op->registration, op->min_version,
                                      op->max_version, err);
    return tb_resolver_add_builtin(resolver, op->registration.builtin_code, &op->registration,
                                   op->min_version, op->max_version, err);
}

static tb_status add_operator(tb_resolver *resolver, TfLiteOperator *operator_,
                              tb_callback_scratch *scratch, tb_error *err)
{
    const TfLiteRegistration *registration = from_operator(scratch, operator_);
    if (!registration)
        return tb_fail(err, TB_NO_MEMORY, "cannot add an operator");
    int version = operator_->version;
    if (operator_->custom_name)
        return tb_resolver_add_custom(resolver, operator_->custom_name, registration, version,
                                      version, err);
    return tb_resolver_add_builtin(resolver, operator_->builtin_code, registration, version,
                                   version, err);
}

tb_status tb_options_resolver(const TfLiteInterpreterOptions *options, bool with_builtins,
                              tb_callback_scratch *scratch, tb_error *err, tb_resolver **out)
{
    bool by_callbacks = has_callbacks(&options->callbacks);
    tb_resolver *resolver = NULL;
    tb_status status = with_builtins && !by_callbacks ? tb_resolver_create(err, &resolver)
                                                      : tb_resolver_create_empty(err, &resolver);
    if (status != TB_OK)
        return status;
    scratch->callbacks = &options->callbacks;
    if (by_callbacks) {
        tb_resolver_lookup lookup = {find_builtin, find_custom, scratch};
        tb_resolver_set_lookup(resolver, &lookup);
    } else {
        status = add_all(resolver, options->added, err);
        for (size_t k = 0; k < options->operator_count && status == TB_OK; k++)
            status = add_operator(resolver, options->operators[k], scratch, err);
    }
    if (status != TB_OK) {
        tb_resolver_destroy(resolver);
        tb_callback_scratch_free(scratch);
        return status;
    }
    *out = resolver;
    return TB_OK;
}
