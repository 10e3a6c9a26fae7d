/* A case's result as JSON, and back. Infinite errors are null, since JSON has no infinity. */
#include <math.h>
#include <string.h>

#include "bench/json_get.h"
#include "bench/verify_case.h"

enum { MAX_NODE_ROWS = 1 << 20 };
static const int64_t max_whole = (int64_t)1 << 53;

/* ---- writing ----------------------------------------------------------------------------------- */

void tb_verify_result_print(const tb_verify_result *result, tb_json_writer *json)
{
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", result->name);
    tb_json_put_text(json, "op", result->op ? result->op : "");
    tb_json_put_text(json, "verdict", tb_verdict_name(result->verdict));
    tb_json_put_text(json, "message", result->message);
    if (result->has_error) {
        tb_json_put_real(json, "worst_error", result->worst);
        tb_json_put_real(json, "of_allowed", result->of_allowed);
    }
    if (result->arena_bytes) {
        tb_json_put_uint(json, "arena_bytes", result->arena_bytes);
        tb_json_put_uint(json, "lower_bound_bytes", result->lower_bound_bytes);
    }
    if (result->node_count)
        tb_json_put_array(json, "nodes");
    for (int k = 0; k < result->node_count; k++) {
        const tb_verify_nodes *row = &result->nodes[k];
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "op", row->op);
        tb_json_put_int(json, "delegated", row->delegated);
        tb_json_put_int(json, "left", row->left);
        tb_json_put_text(json, "reason", row->reason);
        tb_json_end_object(json);
    }
    if (result->node_count)
        tb_json_end_array(json);
    tb_json_end_object(json);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static tb_status get_text(const cJSON *json, const char *field, tb_arena *arena, tb_error *err,
                          const char **out)
{
    const char *text;
    tb_status status = tb_json_text(json, field, err, &text);
    if (status != TB_OK)
        return status;
    *out = tb_arena_text(arena, text, strlen(text));
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "out of memory for a result");
}

static tb_status get_error(const cJSON *json, const char *field, tb_error *err, double *out)
{
    *out = INFINITY;
    return tb_json_has(json, field) ? tb_json_number(json, field, err, out) : TB_OK;
}

static tb_status get_verdict(const cJSON *json, tb_error *err, tb_verdict *out)
{
    const char *name;
    tb_status status = tb_json_text(json, "verdict", err, &name);
    if (status != TB_OK)
        return status;
    for (int k = TB_VERDICT_PASSED; k <= TB_VERDICT_TIMED_OUT; k++) {
        if (!strcmp(name, tb_verdict_name((tb_verdict)k))) {
            *out = (tb_verdict)k;
            return TB_OK;
        }
    }
    return tb_fail(err, TB_CORRUPT, "\"verdict\" is \"%.40s\"", name);
}

static tb_status get_bytes(const cJSON *json, const char *field, tb_error *err, uint64_t *out)
{
    int64_t bytes = 0;
    tb_status status =
        tb_json_has(json, field) ? tb_json_int(json, field, 0, max_whole, err, &bytes) : TB_OK;
    *out = (uint64_t)bytes;
    return status;
}

static tb_status get_nodes(const cJSON *json, tb_arena *arena, tb_error *err,
                           tb_verify_result *result)
{
    if (!tb_json_has(json, "nodes"))
        return TB_OK;
    const cJSON *array, *item;
    tb_status status = tb_json_array(json, "nodes", MAX_NODE_ROWS, err, &array);
    if (status != TB_OK)
        return status;
    result->nodes = TB_ARENA_NEW(arena, tb_verify_nodes, (size_t)cJSON_GetArraySize(array) + 1);
    if (!result->nodes)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for a result");
    cJSON_ArrayForEach(item, array)
    {
        tb_verify_nodes *row = &result->nodes[result->node_count];
        int64_t delegated = 0, left = 0;
        status = get_text(item, "op", arena, err, &row->op);
        if (status == TB_OK && tb_json_has(item, "reason"))
            status = get_text(item, "reason", arena, err, &row->reason);
        if (status == TB_OK)
            status = tb_json_int(item, "delegated", 0, INT32_MAX, err, &delegated);
        if (status == TB_OK)
            status = tb_json_int(item, "left", 0, INT32_MAX, err, &left);
        if (status != TB_OK)
            return status;
        row->delegated = (int)delegated;
        row->left = (int)left;
        result->node_count++;
    }
    return TB_OK;
}

tb_status tb_verify_result_from_json(const cJSON *json, tb_arena *arena, tb_error *err,
                                     tb_verify_result *out)
{
    *out = (tb_verify_result){.verdict = TB_VERDICT_FAILED};
    tb_status status = get_text(json, "name", arena, err, &out->name);
    if (status == TB_OK)
        status = get_text(json, "op", arena, err, &out->op);
    if (status == TB_OK)
        status = get_verdict(json, err, &out->verdict);
    if (status == TB_OK && tb_json_has(json, "message"))
        status = get_text(json, "message", arena, err, &out->message);
    /* The field with the value null tells an infinite error from none. */
    out->has_error = cJSON_HasObjectItem(json, "of_allowed");
    if (status == TB_OK && out->has_error)
        status = get_error(json, "worst_error", err, &out->worst);
    if (status == TB_OK && out->has_error)
        status = get_error(json, "of_allowed", err, &out->of_allowed);
    if (status == TB_OK)
        status = get_bytes(json, "arena_bytes", err, &out->arena_bytes);
    if (status == TB_OK)
        status = get_bytes(json, "lower_bound_bytes", err, &out->lower_bound_bytes);
    return status == TB_OK ? get_nodes(json, arena, err, out) : status;
}
