/* Models of one operator; see one_op.h. */
#include "tests/unit/support/one_op.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "models/writer.h"

enum { MAX_TENSORS = 32 };

static int32_t add(tb_draft *draft, const tb_test_tensor *tensor, const char *kind, size_t index)
{
    if (tensor->is_absent)
        return -1;
    char name[32];
    snprintf(name, sizeof name, "%s%zu", kind, index);
    int buffer = tensor->data ? tb_draft_buffer_add(draft, tensor->data, tensor->data_size) : 0;
    tb_draft_quant *quant =
        tensor->scale > 0 ? tb_draft_quant_new(draft, tensor->scale, tensor->zero_point) : NULL;
    return tb_draft_tensor_add(draft, 0,
                               &(tb_draft_tensor){.name = name,
                                                  .type = tensor->type,
                                                  .rank = (int)tensor->shape.count,
                                                  .shape = tensor->shape.items,
                                                  .buffer = (uint32_t)buffer,
                                                  .is_variable = tensor->is_variable,
                                                  .has_rank = true,
                                                  .quant = quant});
}

/* a op a op ..., all of them scalars. */
static void add_body(tb_draft *draft, const tb_test_op *op)
{
    int body = tb_draft_subgraph_add(draft, "body");
    int32_t last = 1;
    for (int32_t i = 0; i < 2 + (int32_t)op->body_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "scalar%d", i);
        tb_draft_tensor_add(
            draft, body,
            &(tb_draft_tensor){.name = name, .type = op->inputs[0].type, .has_rank = true});
    }
    for (size_t i = 0; i < op->body_count; i++) {
        tb_draft_op_add(draft, body,
                        &(tb_draft_op){.code = op->body[i],
                                       .version = 1,
                                       .inputs = TB_INTS(0, last),
                                       .outputs = TB_INTS((int32_t)i + 2)});
        last = (int32_t)i + 2;
    }
    tb_draft_inputs_set(draft, body, TB_INTS(0, 1));
    tb_draft_outputs_set(draft, body, TB_INTS(last));
}

uint8_t *tb_test_one_op(const tb_test_op *op, size_t *size)
{
    cr_assert_leq(op->input_count, MAX_TENSORS);
    cr_assert_leq(op->output_count, MAX_TENSORS);
    tb_draft draft;
    tb_draft_init(&draft, "one operator");
    tb_draft_subgraph_add(&draft, "main");
    int32_t inputs[MAX_TENSORS], outputs[MAX_TENSORS], fed[MAX_TENSORS];
    size_t fed_count = 0;
    for (size_t i = 0; i < op->input_count; i++) {
        const tb_test_tensor *input = &op->inputs[i];
        inputs[i] = add(&draft, input, "in", i);
        if (!input->is_absent && !input->data && !input->is_variable)
            fed[fed_count++] = inputs[i];
    }
    for (size_t i = 0; i < op->output_count; i++)
        outputs[i] = add(&draft, &op->outputs[i], "out", i);
    tb_draft_op_add(&draft, 0,
                    &(tb_draft_op){.code = op->code,
                                   .custom_code = op->custom_code,
                                   .version = op->version,
                                   .inputs = {op->input_count, inputs},
                                   .outputs = {op->output_count, outputs},
                                   .options = op->options,
                                   .custom_options = op->custom_options,
                                   .custom_options_size = op->custom_options_size});
    if (op->has_body)
        add_body(&draft, op);
    tb_draft_inputs_set(&draft, 0, (tb_int_list){fed_count, fed});
    tb_draft_outputs_set(&draft, 0, (tb_int_list){op->output_count, outputs});
    uint8_t *bytes = NULL;
    tb_error err = TB_ERROR_NONE;
    tb_status status = tb_draft_write(&draft, &err, &bytes, size);
    tb_draft_free(&draft);
    cr_assert_eq(status, TB_OK, "%s", err.text);
    return bytes;
}
