/* Drafts and their bytes: determinism, versions, options, kept errors. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/op_version.h"
#include "models/writer.h"
#include "runtime/model.h"
#include "tests/unit/support/one_op.h"

static int add_tensor(tb_draft *draft, int subgraph, const char *name, TfLiteType type, int rank)
{
    int32_t shape[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    return tb_draft_tensor_add(
        draft, subgraph,
        &(tb_draft_tensor){.name = name, .type = type, .rank = rank, .shape = shape});
}

/* A pooling and a custom operator, a signature, metadata, two subgraphs. */
static void fill(tb_draft *draft)
{
    tb_draft_init(draft, "two operators");
    int graph = tb_draft_subgraph_add(draft, "main");
    int a = add_tensor(draft, graph, "a", kTfLiteFloat32, 4);
    int b = add_tensor(draft, graph, "b", kTfLiteFloat32, 4);
    int c = add_tensor(draft, graph, "c", kTfLiteInt8, 2);
    draft->subgraphs[graph].tensors[c].quant = tb_draft_quant_new(draft, 0.5f, -3);
    tb_draft_op_add(
        draft, graph,
        &(tb_draft_op){.code = kTfLiteBuiltinMaxPool2d,
                       .inputs = TB_INTS(a),
                       .outputs = TB_INTS(b),
                       .options = {TB_OPTIONS_pool_2d, 2,
                                   (tb_op_option[]){TB_OPT_INT(pool_2d, stride_w, 2),
                                                    TB_OPT_INT(pool_2d, stride_h, 2)}}});
    tb_draft_op_add(draft, graph,
                    &(tb_draft_op){.code = kTfLiteBuiltinCustom,
                                   .custom_code = "Mine",
                                   .inputs = TB_INTS(b, -1),
                                   .outputs = TB_INTS(c),
                                   .mutating = TB_INTS(0),
                                   .custom_options = "xyz",
                                   .custom_options_size = 3});
    tb_draft_inputs_set(draft, graph, TB_INTS(a));
    tb_draft_outputs_set(draft, graph, TB_INTS(c));
    tb_draft_signature_add(draft, graph, "serve");
    tb_draft_metadata_add(draft, "note", "hello", 5);
    tb_draft_subgraph_add(draft, "empty");
}

Test(writer, equal_drafts_give_equal_bytes)
{
    uint8_t *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        tb_draft draft;
        fill(&draft);
        tb_error err = TB_ERROR_NONE;
        cr_assert_eq(tb_draft_write(&draft, &err, &bytes[i], &size[i]), TB_OK, "%s", err.text);
        tb_draft_free(&draft);
    }
    cr_assert_eq(size[0], size[1]);
    cr_expect_eq(memcmp(bytes[0], bytes[1], size[0]), 0);
    cr_expect_eq(memcmp(bytes[0] + 4, "TFL3", 4), 0);
    free(bytes[0]);
    free(bytes[1]);
}

Test(writer, writing_twice_changes_nothing)
{
    tb_draft draft;
    fill(&draft);
    uint8_t *once, *again;
    size_t once_size, again_size;
    cr_assert_eq(tb_draft_write(&draft, NULL, &once, &once_size), TB_OK);
    cr_assert_eq(tb_draft_write(&draft, NULL, &again, &again_size), TB_OK);
    cr_assert_eq(once_size, again_size);
    cr_expect_eq(memcmp(once, again, once_size), 0);
    free(once);
    free(again);
    tb_draft_free(&draft);
}

Test(writer, the_drafts_first_failure_is_reported)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    cr_expect_eq(add_tensor(&draft, 3, "t", kTfLiteFloat32, 1), -1);
    cr_expect_eq(tb_draft_subgraph_add(&draft, "late"), -1);
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_draft_write(&draft, &err, &bytes, &size), TB_USAGE);
    cr_expect_str_eq(err.text, "draft model: there is no subgraph 3 among 0");
    tb_draft_free(&draft);
}

Test(writer, an_option_field_of_another_table_is_refused)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    int graph = tb_draft_subgraph_add(&draft, "main");
    tb_draft_op_add(
        &draft, graph,
        &(tb_draft_op){.code = kTfLiteBuiltinAdd,
                       .options = {TB_OPTIONS_add, 1,
                                   (tb_op_option[]){TB_OPT_INT(pool_2d, filter_width, 2)}}});
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_draft_write(&draft, &err, &bytes, &size), TB_USAGE);
    cr_expect_str_eq(err.text, "draft model: options table AddOptions has no field 3");
    tb_draft_free(&draft);
}

Test(writer, a_type_that_the_format_lacks_is_refused)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    int graph = tb_draft_subgraph_add(&draft, "main");
    add_tensor(&draft, graph, "odd", kTfLiteNoType, 1);
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_draft_write(&draft, &err, &bytes, &size), TB_USAGE);
    cr_expect_str_eq(err.text,
                     "write model: tensor 'odd' has element type 0, which the format lacks");
    tb_draft_free(&draft);
}

Test(writer, a_file_is_saved_whole_or_not_at_all)
{
    tb_error err = TB_ERROR_NONE;
    const uint8_t bytes[] = {1, 2, 3};
    cr_expect_eq(tb_model_bytes_save("/nonexistent/folder/m.tflite", bytes, 3, &err), TB_NOT_FOUND);
    cr_expect_eq(strncmp(err.text, "write /nonexistent/folder/m.tflite: ", 36), 0);

    char path[] = "/tmp/tflbench-writer-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    FILE *file = fdopen(fd, "rb");
    cr_expect_eq(tb_model_bytes_save(path, bytes, sizeof bytes, &err), TB_OK);
    fclose(file);
    file = fopen(path, "rb");
    cr_assert_not_null(file);
    uint8_t read[4];
    cr_expect_eq(fread(read, 1, sizeof read, file), sizeof bytes);
    cr_expect_eq(memcmp(read, bytes, sizeof bytes), 0);
    fclose(file);
    remove(path);
}

/* What was drafted is what the runtime reads. */
Test(writer, the_runtime_reads_back_what_was_drafted)
{
    tb_draft draft;
    fill(&draft);
    int32_t shape[] = {2, 3}, signature[] = {-1, 3};
    float scales[] = {0.25f, 0.5f};
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    int buffer = tb_draft_buffer_add(&draft, values, sizeof values);
    int constant = tb_draft_tensor_add(
        &draft, 0,
        &(tb_draft_tensor){.name = "constant",
                           .type = kTfLiteFloat32,
                           .rank = 2,
                           .shape = shape,
                           .shape_signature = signature,
                           .buffer = (uint32_t)buffer,
                           .has_rank = true,
                           .quant = tb_draft_quant_axis(&draft, scales, NULL, 2, 0)});
    draft.subgraph_count = 1; /* the empty one is no valid model */
    uint8_t *bytes;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_draft_write(&draft, &err, &bytes, &size), TB_OK, "%s", err.text);
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(bytes, size, "drafted", &err, &model), TB_OK, "%s", err.text);

    cr_expect_str_eq(tb_model_description(model), "two operators");
    cr_expect_eq(tb_model_opcode_count(model), 2);
    cr_expect_eq(tb_model_opcode(model, 0).builtin_code, kTfLiteBuiltinMaxPool2d);
    cr_expect_eq(tb_model_opcode(model, 0).version, 1);
    cr_expect_str_eq(tb_model_opcode(model, 1).custom_name, "Mine");

    tb_operator_def pool = tb_model_operator(model, 0, 0);
    tb_fb_union options = tb_schema_operator_builtin_options(pool.table);
    cr_expect_eq(options.type, tb_schema_builtin_options_pool_2d);
    cr_expect_eq(tb_schema_pool_2d_stride_w(options.table), 2);
    cr_expect_eq(tb_schema_pool_2d_filter_width(options.table), 0);
    tb_operator_def custom = tb_model_operator(model, 0, 1);
    cr_expect_eq(custom.custom_options.size, 3);
    cr_expect_eq(memcmp(custom.custom_options.data, "xyz", 3), 0);
    cr_expect_eq(custom.inputs.count, 2);
    cr_expect_eq(custom.inputs.data[1], -1);
    cr_expect_eq(custom.mutating_inputs.data[0], 1);
    cr_expect_eq(custom.mutating_inputs.data[1], 0);

    tb_tensor_def scaled = tb_model_tensor(model, 0, 2);
    cr_expect_eq(scaled.type, kTfLiteInt8);
    cr_expect_eq(scaled.quantization.scales.data[0], 0.5f);
    cr_expect_eq(scaled.quantization.zero_points.data[0], -3);
    tb_tensor_def weights = tb_model_tensor(model, 0, (size_t)constant);
    cr_expect_str_eq(weights.name, "constant");
    cr_expect_eq(weights.constant.size, sizeof values);
    cr_expect_eq(memcmp(weights.constant.data, values, sizeof values), 0);
    cr_expect_eq((uintptr_t)weights.constant.data % 16, 0);
    cr_expect_eq(weights.shape_signature.data[0], -1);
    cr_expect_eq(weights.quantization.scales.count, 2);
    cr_expect(weights.has_rank);

    cr_assert_eq(tb_model_signature_count(model), 1);
    tb_signature_def serve = tb_model_signature(model, 0);
    cr_expect_str_eq(serve.key, "serve");
    cr_expect_str_eq(tb_signature_output_def(&serve, 0).name, "c");
    tb_bytes note;
    cr_assert(tb_model_find_metadata(model, "note", &note));
    cr_expect_eq(memcmp(note.data, "hello", 5), 0);
    tb_model_release(model);
    free(bytes);
    tb_draft_free(&draft);
}

Test(writer, a_model_of_one_operator_is_a_sound_file)
{
    const int32_t axes[] = {1};
    tb_test_tensor inputs[] = {
        {.type = kTfLiteInt8, .shape = TB_INTS(2, 3), .scale = 0.5f, .zero_point = 4},
        {.type = kTfLiteInt32, .shape = TB_INTS(1), .data = axes, .data_size = sizeof axes}};
    tb_test_tensor output = {.type = kTfLiteInt8, .shape = TB_INTS(2), .scale = 0.5f};
    size_t size;
    uint8_t *bytes = tb_test_one_op(&(tb_test_op){.code = kTfLiteBuiltinMean,
                                                  .inputs = inputs,
                                                  .input_count = 2,
                                                  .outputs = &output,
                                                  .output_count = 1,
                                                  .options = TB_OPTIONS_DEFAULT(reducer)},
                                    &size);
    tb_model *model;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_model_from_memory(bytes, size, "one", &err, &model), TB_OK, "%s", err.text);
    cr_expect_eq(tb_model_opcode(model, 0).version, 2);
    cr_expect_eq(tb_model_subgraph(model, 0).inputs.count, 1);
    cr_expect_eq(tb_model_tensor(model, 0, 1).constant.size, sizeof axes);
    tb_model_release(model);
    free(bytes);
}

/* ---- versions ------------------------------------------------------------------------------------ */

/* The version of an operator on tensors of these types and rank. */
static int32_t version_of(TfLiteBuiltinOperator code, const TfLiteType *inputs, size_t input_count,
                          TfLiteType output, int rank, tb_op_options options)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    int graph = tb_draft_subgraph_add(&draft, "main");
    int32_t in[4] = {-1, -1, -1, -1};
    for (size_t i = 0; i < input_count; i++)
        in[i] = add_tensor(&draft, graph, "in", inputs[i], rank);
    int32_t out = add_tensor(&draft, graph, "out", output, rank);
    tb_draft_op op = {
        .code = code, .inputs = {input_count, in}, .outputs = {1, &out}, .options = options};
    int32_t version = tb_op_version(&draft.subgraphs[graph], &op);
    tb_draft_free(&draft);
    return version;
}

#define TYPES(...)                     \
    (const TfLiteType[]){__VA_ARGS__}, \
        sizeof((const TfLiteType[]){__VA_ARGS__}) / sizeof(TfLiteType)
#define NO_OPTIONS               \
    (tb_op_options)              \
    {                            \
        TB_OPTIONS_NONE, 0, NULL \
    }

Test(op_version, types_ranks_and_options_raise_it)
{
    cr_expect_eq(version_of(kTfLiteBuiltinConv2d, TYPES(kTfLiteFloat32, kTfLiteFloat32),
                            kTfLiteFloat32, 4, NO_OPTIONS),
                 1);
    cr_expect_eq(version_of(kTfLiteBuiltinConv2d, TYPES(kTfLiteInt8, kTfLiteInt8), kTfLiteInt8, 4,
                            NO_OPTIONS),
                 3);
    cr_expect_eq(version_of(kTfLiteBuiltinFullyConnected, TYPES(kTfLiteFloat32, kTfLiteFloat32),
                            kTfLiteFloat32, 2, NO_OPTIONS),
                 6);
    cr_expect_eq(version_of(kTfLiteBuiltinFullyConnected,
                            TYPES(kTfLiteFloat32, kTfLiteFloat32, kTfLiteFloat32), kTfLiteFloat32,
                            2, NO_OPTIONS),
                 1);
    cr_expect_eq(version_of(kTfLiteBuiltinTranspose, TYPES(kTfLiteFloat32, kTfLiteInt32),
                            kTfLiteFloat32, 5, NO_OPTIONS),
                 4);
    cr_expect_eq(version_of(kTfLiteBuiltinBroadcastTo, TYPES(kTfLiteFloat32, kTfLiteInt32),
                            kTfLiteFloat32, 2, NO_OPTIONS),
                 2);
    cr_expect_eq(version_of(kTfLiteBuiltinWhere, TYPES(kTfLiteBool), kTfLiteInt64, 2, NO_OPTIONS),
                 1);
    cr_expect_eq(
        version_of(kTfLiteBuiltinWhere, TYPES(kTfLiteFloat32), kTfLiteInt64, 2, NO_OPTIONS), 2);
    tb_op_options centers = {TB_OPTIONS_resize_bilinear, 1,
                             (tb_op_option[]){TB_OPT_INT(resize_bilinear, half_pixel_centers, 1)}};
    cr_expect_eq(version_of(kTfLiteBuiltinResizeBilinear, TYPES(kTfLiteInt8, kTfLiteInt32),
                            kTfLiteInt8, 4, centers),
                 3);
    tb_op_options dilated = {TB_OPTIONS_depthwise_conv_2d, 1,
                             (tb_op_option[]){TB_OPT_INT(depthwise_conv_2d, dilation_w_factor, 2)}};
    cr_expect_eq(version_of(kTfLiteBuiltinDepthwiseConv2d, TYPES(kTfLiteFloat32, kTfLiteFloat32),
                            kTfLiteFloat32, 4, dilated),
                 2);
}

Test(op_version, tensors_that_do_not_exist_match_nothing)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    int graph = tb_draft_subgraph_add(&draft, "main");
    tb_draft_op op = {
        .code = kTfLiteBuiltinConv2d, .inputs = TB_INTS(-1, 77), .outputs = TB_INTS(1000)};
    cr_expect_eq(tb_op_version(&draft.subgraphs[graph], &op), 1);
    tb_draft_free(&draft);
}

Test(op_options, every_table_has_its_schema_name_and_defaults)
{
    cr_expect_str_eq(tb_op_options_name(TB_OPTIONS_conv_2d), "Conv2DOptions");
    cr_expect_eq(TB_OPTIONS_UNION(TB_OPTIONS_DilateOptions), 2);
    cr_expect_eq(TB_OPTIONS_MEMBER(TB_OPTIONS_RightShiftOptions), 126);
    tb_op_options conv = {TB_OPTIONS_conv_2d, 0, NULL};
    cr_expect_eq(tb_op_options_int(&conv, tb_schema_conv_2d_dilation_h_factor_id), 1);
    cr_expect_eq(tb_op_options_int(&conv, tb_schema_conv_2d_stride_w_id), 0);
    cr_expect_null(tb_op_option_find(TB_OPTIONS_PadOptions, 0));
}
