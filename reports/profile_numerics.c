/* The part "numerics" of a profile's document: how far each node's results lie from a reference's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/node_errors.h"
#include "reports/profile_parts.h"
#include "reports/selection.h"

static bool is(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

static void put_error(cJSON *rows, const tb_node_error *error)
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
static void put_outputs(cJSON *numerics, const tb_node_errors *errors)
{
    tb_profile_put_number(numerics, "output_snr_db", errors->output_snr_db);
    if (errors->has_outputs)
        cJSON_AddBoolToObject(numerics, "outputs_exact", errors->output_snr_db == HUGE_VAL);
}

static void put_rows(cJSON *numerics, const tb_node_errors *errors)
{
    cJSON *rows = cJSON_AddArrayToObject(numerics, "rows");
    for (size_t k = 0; k < errors->count; k++)
        put_error(rows, &errors->items[k]);
    if (errors->reason)
        tb_profile_put_text(numerics, "reason", errors->reason);
}

tb_status tb_profile_put_numerics(cJSON *document, const tb_profile *profile, tb_error *err)
{
    cJSON *numerics = cJSON_AddObjectToObject(document, "numerics");
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
    tb_node_errors errors;
    status = tb_node_errors_read(profile->selection->store, source.run_id, source.process_id,
                                 profile->pool, err, &errors);
    if (status == TB_OK) {
        put_reference(numerics, &source);
        put_outputs(numerics, &errors);
        put_rows(numerics, &errors);
    }
    return status;
}
