/* Opening models: what is given out, what is refused and how that is said. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/writer.h"
#include "runtime/base/size.h"
#include "runtime/model.h"
#include "runtime/schema.h"
#include "tests/unit/runtime/read_model.h"

/* ---- a model to begin with --------------------------------------------------------------------- */

enum { tensor_in, tensor_weights, tensor_bias, tensor_middle, tensor_out };

static tb_draft_tensor tensor(tb_draft *draft, const char *name, TfLiteType type, tb_int_list shape,
                              uint32_t buffer)
{
    (void)draft;
    return (tb_draft_tensor){.name = name,
                             .type = type,
                             .rank = (int)shape.count,
                             .shape = shape.items,
                             .buffer = buffer};
}

/* in [1,4] x weights [2,4] + bias [2] = middle [1,2], RELU = out. */
static void fill(tb_draft *draft)
{
    static const int8_t weights[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int32_t bias[2] = {10, 20};
    tb_draft_init(draft, "dense and relu");
    int graph = tb_draft_subgraph_add(draft, "main");
    uint32_t weights_buffer = (uint32_t)tb_draft_buffer_add(draft, weights, sizeof weights);
    uint32_t bias_buffer = (uint32_t)tb_draft_buffer_add(draft, bias, sizeof bias);
    tb_draft_tensor in = tensor(draft, "in", kTfLiteInt8, TB_INTS(1, 4), 0);
    tb_draft_tensor w = tensor(draft, "dense/w", kTfLiteInt8, TB_INTS(2, 4), weights_buffer);
    tb_draft_tensor b = tensor(draft, "dense/b", kTfLiteInt32, TB_INTS(2), bias_buffer);
    tb_draft_tensor middle = tensor(draft, "middle", kTfLiteInt8, TB_INTS(1, 2), 0);
    tb_draft_tensor out = tensor(draft, NULL, kTfLiteInt8, TB_INTS(1, 2), 0);
    in.quant = tb_draft_quant_new(draft, 0.5f, -3);
    w.quant = tb_draft_quant_axis(draft, (float[]){0.25f, 0.125f}, NULL, 2, 0);
    tb_draft_tensor_add(draft, graph, &in);
    tb_draft_tensor_add(draft, graph, &w);
    tb_draft_tensor_add(draft, graph, &b);
    tb_draft_tensor_add(draft, graph, &middle);
    tb_draft_tensor_add(draft, graph, &out);
    tb_draft_op_add(draft, graph,
                    &(tb_draft_op){.code = kTfLiteBuiltinFullyConnected,
                                   .inputs = TB_INTS(tensor_in, tensor_weights, tensor_bias, -1),
                                   .outputs = TB_INTS(tensor_middle),
                                   .options = TB_OPTIONS_WITH(
                                       fully_connected,
                                       TB_OPT_INT(fully_connected, fused_activation_function, 1))});
    tb_draft_op_add(draft, graph,
                    &(tb_draft_op){.code = kTfLiteBuiltinCustom,
                                   .custom_code = "Mine",
                                   .version = 3,
                                   .inputs = TB_INTS(tensor_middle),
                                   .outputs = TB_INTS(tensor_out),
                                   .mutating = TB_INTS(0),
                                   .custom_options = "xyz",
                                   .custom_options_size = 3});
    tb_draft_inputs_set(draft, graph, TB_INTS(tensor_in));
    tb_draft_outputs_set(draft, graph, TB_INTS(tensor_out));
    draft->subgraphs[graph].tensors[tensor_out].name = "";
    tb_draft_signature_add(draft, graph, "serve");
    tb_draft_metadata_add(draft, "note", "hello", 5);
}

typedef struct file {
    uint8_t *bytes;
    size_t size;
} file;

static file write_file(tb_draft *draft)
{
    file f = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_draft_write(draft, &err, &f.bytes, &f.size), TB_OK, "%s", err.text);
    tb_draft_free(draft);
    return f;
}

static file base_file(void)
{
    tb_draft draft;
    fill(&draft);
    return write_file(&draft);
}

static tb_model *open_file(file f)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model = NULL;
    cr_assert_eq(tb_model_from_memory(f.bytes, f.size, "some/tiny.tflite", &err, &model), TB_OK,
                 "%s", err.text);
    return model;
}

/* ---- what an open model gives ------------------------------------------------------------------ */

Test(model, gives_tensors)
{
    file f = base_file();
    tb_model *model = open_file(f);
    cr_assert_eq(tb_model_subgraph_count(model), 1);
    tb_subgraph_def graph = tb_model_subgraph(model, 0);
    cr_expect_str_eq(graph.name, "main");
    cr_assert_eq(graph.tensor_count, 5);
    cr_assert_eq(graph.operator_count, 2);
    cr_assert_eq(graph.inputs.count, 1);
    cr_expect_eq(graph.outputs.data[0], tensor_out);

    tb_tensor_def in = tb_model_tensor(model, 0, tensor_in);
    cr_expect_str_eq(in.name, "in");
    cr_expect_eq(in.type, kTfLiteInt8);
    cr_assert_eq(in.shape.count, 2);
    cr_expect_eq(in.shape.data[1], 4);
    cr_expect_null(in.constant.data);
    cr_expect_eq(in.quantization.type, kTfLiteAffineQuantization);
    cr_expect_eq(in.quantization.scales.data[0], 0.5f);
    cr_expect_eq(in.quantization.zero_points.data[0], -3);

    tb_tensor_def weights = tb_model_tensor(model, 0, tensor_weights);
    cr_assert_eq(weights.constant.size, 8);
    cr_expect_eq(weights.constant.data[7], 8);
    cr_expect_eq((uintptr_t)weights.constant.data % 16, 0);
    cr_assert_eq(weights.quantization.scales.count, 2);
    cr_expect_eq(weights.quantization.quantized_dimension, 0);
    cr_expect_not(weights.sparsity.present);

    cr_expect_eq(tb_model_tensor(model, 0, tensor_middle).quantization.type, kTfLiteNoQuantization);
    cr_expect_str_eq(tb_model_tensor(model, 0, tensor_out).name, "");
    tb_model_release(model);
    free(f.bytes);
}

Test(model, gives_operators)
{
    file f = base_file();
    tb_model *model = open_file(f);
    tb_operator_def dense = tb_model_operator(model, 0, 0);
    cr_expect_eq(dense.opcode.builtin_code, kTfLiteBuiltinFullyConnected);
    cr_expect_null(dense.opcode.custom_name);
    cr_assert_eq(dense.inputs.count, 4);
    cr_expect_eq(dense.inputs.data[3], -1);
    cr_expect_eq(dense.outputs.data[0], tensor_middle);
    cr_expect_eq(dense.intermediates.count, 0);
    cr_expect_eq(dense.debug_metadata_index, -1);
    tb_operator_def mine = tb_model_operator(model, 0, 1);
    cr_expect_eq(mine.opcode.builtin_code, kTfLiteBuiltinCustom);
    cr_expect_str_eq(mine.opcode.custom_name, "Mine");
    cr_expect_eq(mine.opcode.version, 3);
    cr_assert_eq(mine.custom_options.size, 3);
    cr_expect_eq(memcmp(mine.custom_options.data, "xyz", 3), 0);
    cr_assert_eq(mine.mutating_inputs.size, 1);
    cr_expect_eq(mine.mutating_inputs.data[0], 1);
    char place[100];
    cr_expect_str_eq(tb_model_operator_place(model, 0, 0, sizeof place, place),
                     "subgraph 0, node 0 FULLY_CONNECTED");
    cr_expect_str_eq(tb_model_operator_place(model, 0, 1, sizeof place, place),
                     "subgraph 0, node 1 Mine");
    cr_expect_str_eq(tb_model_tensor_place(model, 0, tensor_bias, sizeof place, place),
                     "subgraph 0, tensor 2 'dense/b'");
    cr_expect_str_eq(tb_model_tensor_place(model, 0, tensor_out, sizeof place, place),
                     "subgraph 0, tensor 4");
    tb_model_release(model);
    free(f.bytes);
}

Test(model, gives_signatures_metadata_and_the_file)
{
    file f = base_file();
    tb_model *model = open_file(f);
    cr_expect_str_eq(tb_model_path(model), "some/tiny.tflite");
    cr_expect_str_eq(tb_model_name(model), "tiny.tflite");
    cr_expect_eq(tb_model_bytes(model).size, f.size);
    cr_expect_eq(tb_model_bytes(model).data, f.bytes);
    cr_expect_eq(tb_model_schema_version(model), 3);
    cr_expect_str_eq(tb_model_description(model), "dense and relu");
    cr_expect_eq(tb_model_note_count(model), 0);
    cr_assert_eq(tb_model_signature_count(model), 1);
    tb_signature_def signature = tb_model_signature(model, 0);
    cr_expect_str_eq(signature.key, "serve");
    cr_assert_eq(signature.input_count, 1);
    cr_expect_str_eq(tb_signature_input_def(&signature, 0).name, "in");
    cr_expect_eq(tb_signature_input_def(&signature, 0).tensor, tensor_in);
    cr_expect_eq(tb_signature_output_def(&signature, 0).tensor, tensor_out);
    tb_bytes note;
    cr_assert(tb_model_find_metadata(model, "note", &note));
    cr_expect_eq(memcmp(note.data, "hello", note.size), 0);
    cr_expect_not(tb_model_find_metadata(model, "nothing", &note));
    tb_model_release(model);
    free(f.bytes);
}

Test(model, memory_that_is_not_aligned_is_copied)
{
    file f = base_file();
    uint8_t *shifted = malloc(f.size + 1);
    memcpy(shifted + 1, f.bytes, f.size);
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(shifted + 1, f.size, "x", NULL, &model), TB_OK);
    free(shifted);
    cr_expect_eq((uintptr_t)tb_model_tensor(model, 0, tensor_bias).constant.data % 16, 0);
    cr_expect_eq(tb_model_tensor(model, 0, tensor_weights).constant.data[3], 4);
    tb_model_release(model);
    free(f.bytes);
}

Test(model, opens_files_and_is_released_by_the_last)
{
    char path[] = "/tmp/tb_model_XXXXXX";
    int fd = mkstemp(path);
    file f = base_file();
    cr_assert_eq(write(fd, f.bytes, f.size), (ssize_t)f.size);
    close(fd);
    tb_model *model;
    cr_assert_eq(tb_model_open(path, NULL, &model), TB_OK);
    unlink(path);
    cr_expect_eq(tb_model_retain(model), model);
    tb_model_release(model);
    cr_expect_str_eq(tb_model_tensor(model, 0, tensor_in).name, "in");
    tb_model_release(model);
    tb_model_release(NULL);
    free(f.bytes);
}

Test(model, says_why_a_file_cannot_be_opened)
{
    tb_error err;
    tb_model *model;
    cr_expect_eq(tb_model_open("/nowhere/m.tflite", &err, &model), TB_NOT_FOUND);
    cr_expect(strstr(err.text, "/nowhere/m.tflite"), "%s", err.text);
    char path[] = "/tmp/tb_model_XXXXXX";
    close(mkstemp(path));
    cr_expect_eq(tb_model_open(path, &err, &model), TB_CORRUPT);
    cr_expect(strstr(err.text, path), "%s", err.text);
    unlink(path);
}

/* ---- what is refused: changes of the draft, and what the message says ---------------------------- */

static tb_draft_tensor *at(tb_draft *draft, int index)
{
    return &draft->subgraphs[0].tensors[index];
}

static void graph_input(tb_draft *d)
{
    tb_draft_inputs_set(d, 0, TB_INTS(99));
}
static void graph_input_constant(tb_draft *d)
{
    tb_draft_inputs_set(d, 0, TB_INTS(tensor_in, tensor_weights));
}
static void graph_output(tb_draft *d)
{
    tb_draft_outputs_set(d, 0, TB_INTS(tensor_out, -1));
}
static void node_input(tb_draft *d)
{
    d->subgraphs[0].ops[0].inputs = tb_draft_ints(d, TB_INTS(tensor_in, -2));
}
static void node_input_beyond(tb_draft *d)
{
    d->subgraphs[0].ops[0].inputs = tb_draft_ints(d, TB_INTS(tensor_in, 5));
}
static void node_output(tb_draft *d)
{
    d->subgraphs[0].ops[0].outputs = tb_draft_ints(d, TB_INTS(-1));
}
static void node_intermediate(tb_draft *d)
{
    d->subgraphs[0].ops[1].intermediates = tb_draft_ints(d, TB_INTS(-1, 77));
}
static void node_in_place(tb_draft *d)
{
    d->subgraphs[0].ops[0].outputs = tb_draft_ints(d, TB_INTS(tensor_bias));
}
static void node_writes_anothers(tb_draft *d)
{
    d->subgraphs[0].ops[1].inputs = tb_draft_ints(d, TB_INTS(tensor_in));
    d->subgraphs[0].ops[1].outputs = tb_draft_ints(d, TB_INTS(tensor_middle));
}
static void node_writes_twice(tb_draft *d)
{
    d->subgraphs[0].ops[0].outputs = tb_draft_ints(d, TB_INTS(tensor_middle, tensor_middle));
}
static void custom_without_name(tb_draft *d)
{
    d->subgraphs[0].ops[1].custom_code = NULL;
}
static void buffer_beyond(tb_draft *d)
{
    at(d, tensor_weights)->buffer = 99;
}
static void negative_dimension(tb_draft *d)
{
    at(d, tensor_in)->shape[0] = -1;
}
static void huge_shape(tb_draft *d)
{
    tb_draft_tensor t =
        tensor(d, "huge", kTfLiteFloat32, TB_INTS(INT32_MAX, INT32_MAX, INT32_MAX), 0);
    tb_draft_tensor_add(d, 0, &t);
}
static void constant_too_small(tb_draft *d)
{
    at(d, tensor_weights)->shape[1] = 5;
}
static void constant_too_small_packed(tb_draft *d)
{
    at(d, tensor_weights)->type = kTfLiteInt4;
    at(d, tensor_weights)->shape[1] = 9; /* 18 elements of 4 bits: 9 bytes */
}
static void variable_with_constant(tb_draft *d)
{
    at(d, tensor_weights)->is_variable = true;
}
static void variable_string(tb_draft *d)
{
    at(d, tensor_middle)->type = kTfLiteString;
    at(d, tensor_middle)->is_variable = true;
}
static void scales_of_no_dimension(tb_draft *d)
{
    at(d, tensor_weights)->quant->axis = 1;
}
static void axis_beyond(tb_draft *d)
{
    at(d, tensor_weights)->quant->axis = 2;
}
static void axis_negative(tb_draft *d)
{
    at(d, tensor_weights)->quant->axis = -1;
}
static void scale_not_a_number(tb_draft *d)
{
    at(d, tensor_weights)->quant->scale[1] = NAN;
}
static void scale_infinite(tb_draft *d)
{
    at(d, tensor_in)->quant->scale[0] = INFINITY;
}
static void zero_point_huge(tb_draft *d)
{
    at(d, tensor_in)->quant->zero_point[0] = (int64_t)1 << 40;
}
static void zero_point_of_a_bias(tb_draft *d)
{
    at(d, tensor_bias)->quant = tb_draft_quant_new(d, 1.0f, INT32_MIN);
}
static void zero_point_packed(tb_draft *d)
{
    at(d, tensor_weights)->type = kTfLiteInt4;
    at(d, tensor_weights)->quant->zero_point[1] = 8;
}
static void signature_subgraph(tb_draft *d)
{
    d->signatures[0].subgraph = 7;
}
static void signature_tensor(tb_draft *d)
{
    d->signatures[0].inputs[0].tensor = 99;
}
static void signature_input_constant(tb_draft *d)
{
    d->signatures[0].inputs[0].tensor = tensor_bias;
}
static void signature_without_key(tb_draft *d)
{
    d->signatures[0].key = NULL;
}
static void metadata_buffer(tb_draft *d)
{
    d->metadata[0].buffer = 1000;
}
static void no_subgraphs(tb_draft *d)
{
    d->subgraph_count = 0;
    d->signature_count = 0;
}

static void strings_of(tb_draft *d, const void *table, size_t size)
{
    tb_draft_tensor t = tensor(d, "words", kTfLiteString, TB_INTS(2),
                               (uint32_t)tb_draft_buffer_add(d, table, size));
    tb_draft_tensor_add(d, 0, &t);
}
static void strings_cut(tb_draft *d)
{
    static const uint32_t table[] = {5, 16, 18, 20};
    strings_of(d, table, sizeof table);
}
static void strings_too_few(tb_draft *d)
{
    static const uint32_t table[] = {1, 12, 12};
    strings_of(d, table, sizeof table);
}
static void strings_descending(tb_draft *d)
{
    static const uint32_t table[] = {2, 20, 16, 20, 0};
    strings_of(d, table, sizeof table);
}
static void strings_beyond(tb_draft *d)
{
    static const uint32_t table[] = {2, 16, 18, 21, 0};
    strings_of(d, table, sizeof table);
}

static void calls(tb_draft *d, int graph, int to)
{
    tb_draft_op_add(d, graph,
                    &(tb_draft_op){.code = kTfLiteBuiltinCallOnce,
                                   .options = TB_OPTIONS_WITH(
                                       call_once, TB_OPT_INT(call_once, init_subgraph_index, to))});
}
static void call_beyond(tb_draft *d)
{
    calls(d, 0, 1);
}
static void call_negative(tb_draft *d)
{
    calls(d, 0, -1);
}
static void call_of_itself(tb_draft *d)
{
    calls(d, 0, 0);
}
static void calls_in_a_circle(tb_draft *d)
{
    for (int k = 1; k < 4; k++)
        tb_draft_subgraph_add(d, "more");
    calls(d, 0, 1);
    calls(d, 1, 2);
    calls(d, 2, 3);
    calls(d, 3, 1);
}
static void calls_nested(tb_draft *d, int count, bool descending)
{
    for (int k = 1; k < count; k++)
        tb_draft_subgraph_add(d, "more");
    for (int k = 0; k + 1 < count; k++)
        calls(d, descending ? k : k + 1, descending ? k + 1 : k);
}
static void calls_too_deep(tb_draft *d)
{
    calls_nested(d, 65, true);
}
static void calls_too_deep_known_first(tb_draft *d)
{
    calls_nested(d, 65, false);
}
static void branch_beyond(tb_draft *d)
{
    static const int32_t branches[] = {1, 9};
    tb_draft_subgraph_add(d, "branch");
    tb_draft_op_add(
        d, 0,
        &(tb_draft_op){.code = kTfLiteBuiltinStablehloCase,
                       .options = TB_OPTIONS_WITH(
                           stablehlo_case,
                           TB_OPT_VECTOR(stablehlo_case, branch_subgraph_indices, branches, 2))});
}

Test(model, refuses_and_says_where_and_why)
{
    static const struct {
        void (*change)(tb_draft *draft);
        tb_status status;
        const char *message;
    } faults[] = {
        {graph_input, TB_CORRUPT, "subgraph 0: input 0 is tensor 99, the subgraph has 5 tensors"},
        {graph_input_constant, TB_CORRUPT, "subgraph 0: input 1 is tensor 1, a constant"},
        {graph_output, TB_CORRUPT, "subgraph 0: output 1 is tensor -1"},
        {node_input, TB_CORRUPT, "subgraph 0, node 0 FULLY_CONNECTED: input 1 is tensor -2"},
        {node_input_beyond, TB_CORRUPT, "node 0 FULLY_CONNECTED: input 1 is tensor 5"},
        {node_output, TB_CORRUPT, "node 0 FULLY_CONNECTED: output 0 is tensor -1"},
        {node_intermediate, TB_CORRUPT, "node 1 Mine: intermediate 1 is tensor 77"},
        {node_in_place, TB_CORRUPT, "FULLY_CONNECTED: tensor 2 is both an input and output 0"},
        {node_writes_anothers, TB_CORRUPT,
         "node 1 Mine: output 0 is tensor 3, which node 0 writes already"},
        {node_writes_twice, TB_CORRUPT,
         "node 0 FULLY_CONNECTED: output 1 is tensor 3, which node 0 writes already"},
        {custom_without_name, TB_CORRUPT, "operator code 1 is CUSTOM and has no name"},
        {buffer_beyond, TB_CORRUPT,
         "subgraph 0, tensor 1 'dense/w': its buffer 99 does not exist, the model has 4"},
        {negative_dimension, TB_CORRUPT, "tensor 0 'in': dimension 0 of its shape is -1"},
        {huge_shape, TB_CORRUPT, "tensor 5 'huge': its size in bytes overflows"},
        {constant_too_small, TB_CORRUPT,
         "tensor 1 'dense/w': it needs 10 bytes, its constant buffer 1 has 8"},
        {constant_too_small_packed, TB_CORRUPT, "it needs 9 bytes, its constant buffer 1 has 8"},
        {variable_with_constant, TB_CORRUPT, "'dense/w': it is a variable and has the constant"},
        {variable_string, TB_UNSUPPORTED, "tensor 3 'middle': it is a variable of type STRING"},
        {scales_of_no_dimension, TB_CORRUPT,
         "'dense/w': quantization: it has 2 scales for dimension 1 of size 4"},
        {axis_beyond, TB_CORRUPT,
         "'dense/w': quantization: quantized_dimension is 2, the rank is 2"},
        {axis_negative, TB_CORRUPT, "quantized_dimension is -1"},
        {scale_not_a_number, TB_CORRUPT, "quantization: scale 1 is "},
        {scale_infinite, TB_CORRUPT, "tensor 0 'in': quantization: scale 0 is inf"},
        {zero_point_huge, TB_CORRUPT,
         "zero point 0 is 1099511627776, one of INT8 lies in -128 .. 127"},
        {zero_point_of_a_bias, TB_CORRUPT, "zero point 0 is -2147483648, one of INT32 lies in"},
        {zero_point_packed, TB_CORRUPT, "zero point 1 is 8, one of INT4 lies in -8 .. 7"},
        {signature_subgraph, TB_CORRUPT, "signature 0 'serve': subgraph 7 does not exist"},
        {signature_tensor, TB_CORRUPT, "signature 0 'serve': input 'in' is tensor 99"},
        {signature_input_constant, TB_CORRUPT,
         "signature 0 'serve': input 'in' is tensor 2, a constant"},
        {signature_without_key, TB_CORRUPT, "signature 0 has no key"},
        {metadata_buffer, TB_CORRUPT, "metadata 0 'note' is in buffer 1000"},
        {no_subgraphs, TB_CORRUPT, "the model has no subgraph"},
        {strings_cut, TB_CORRUPT, "tensor 5 'words': its string table of 16 bytes is cut off"},
        {strings_too_few, TB_CORRUPT, "its string table has 1 strings, its shape 2"},
        {strings_descending, TB_CORRUPT, "puts string 1 at byte 16, behind byte 20 of 20"},
        {strings_beyond, TB_CORRUPT, "puts string 2 at byte 21, behind byte 18 of 20"},
        {call_beyond, TB_CORRUPT, "node 2 CALL_ONCE: it calls subgraph 1, the model has 1"},
        {call_negative, TB_CORRUPT, "node 2 CALL_ONCE: it calls subgraph -1"},
        {call_of_itself, TB_CORRUPT, "it calls subgraph 0, which calls it"},
        {calls_in_a_circle, TB_CORRUPT, "subgraph 3, node 0 CALL_ONCE: it calls subgraph 1, which"},
        {calls_too_deep, TB_UNSUPPORTED, "nest more than 64 deep"},
        {calls_too_deep_known_first, TB_UNSUPPORTED, "nest more than 64 deep"},
        {branch_beyond, TB_CORRUPT, "STABLEHLO_CASE: it calls subgraph 9, the model has 2"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        tb_draft draft;
        fill(&draft);
        faults[k].change(&draft);
        file f = write_file(&draft);
        tb_error err = TB_ERROR_NONE;
        tb_model *model = NULL;
        cr_expect_eq(tb_model_from_memory(f.bytes, f.size, "tiny.tflite", &err, &model),
                     faults[k].status, "fault %zu: expected %s, got %s", k, faults[k].message,
                     err.text);
        cr_expect(strstr(err.text, faults[k].message), "'%s' does not say '%s'", err.text,
                  faults[k].message);
        cr_expect_eq(strncmp(err.text, "tiny.tflite: ", 13), 0, "%s", err.text);
        free(f.bytes);
    }
}

/* ---- what is accepted although odd --------------------------------------------------------------- */

static void odd_axis(tb_draft *d)
{
    at(d, tensor_in)->quant->axis = 3;
    at(d, tensor_bias)->quant = tb_draft_quant_axis(d, (float[]){1, 2}, NULL, 2, 3);
}
static void constant_larger_than_needed(tb_draft *d)
{
    at(d, tensor_weights)->shape[1] = 3;
}
static void scalar(tb_draft *d)
{
    at(d, tensor_middle)->rank = 0;
}
static void no_elements(tb_draft *d)
{
    at(d, tensor_middle)->shape[0] = 0;
}
static void strings(tb_draft *d)
{
    static const uint32_t table[] = {2, 16, 18, 20, 0};
    strings_of(d, table, sizeof table);
}
static void calls_deep(tb_draft *d)
{
    calls_nested(d, 64, true);
}
static void custom_in_place(tb_draft *d)
{
    d->subgraphs[0].ops[1].outputs = tb_draft_ints(d, TB_INTS(tensor_middle));
}
static void no_signature(tb_draft *d)
{
    d->signature_count = 0;
}

Test(model, accepts_what_is_merely_odd)
{
    static void (*const changes[])(tb_draft *) = {odd_axis,     constant_larger_than_needed,
                                                  scalar,       no_elements,
                                                  strings,      calls_deep,
                                                  no_signature, custom_in_place};
    for (size_t k = 0; k < TB_COUNT_OF(changes); k++) {
        tb_draft draft;
        fill(&draft);
        changes[k](&draft);
        file f = write_file(&draft);
        tb_model *model = open_file(f);
        cr_expect_eq(tb_model_note_count(model), changes[k] == odd_axis);
        tb_model_release(model);
        free(f.bytes);
    }
}

Test(model, a_dimension_that_is_not_there_is_read_as_the_first)
{
    tb_draft draft;
    fill(&draft);
    odd_axis(&draft);
    file f = write_file(&draft);
    tb_model *model = open_file(f);
    cr_expect_eq(tb_model_tensor(model, 0, tensor_in).quantization.quantized_dimension, 0);
    cr_expect_eq(tb_model_tensor(model, 0, tensor_bias).quantization.quantized_dimension, 0);
    cr_expect(strstr(tb_model_note(model, 0), "2 tensors"), "%s", tb_model_note(model, 0));
    tb_model_release(model);
    free(f.bytes);
}

/* ---- fields that drafts do not set: changed in the bytes ------------------------------------------ */

static tb_fb_table root_of(file f)
{
    return tb_fb_table_at(f.bytes + tb_fb_load_u32(f.bytes));
}

static tb_fb_table tensor_of(file f, size_t index)
{
    tb_fb_table graph = tb_fb_tables_get(tb_schema_model_subgraphs(root_of(f)), 0);
    return tb_fb_tables_get(tb_schema_subgraph_tensors(graph), index);
}

static void store(file f, tb_fb_table table, unsigned id, const void *value, size_t size)
{
    memcpy(f.bytes + (tb_fb_field(table, id) - f.bytes), value, size);
}

static void expect_refused(file f, tb_status status, const char *message)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model = NULL;
    cr_expect_eq(tb_model_from_memory(f.bytes, f.size, "tiny", &err, &model), status, "%s",
                 err.text);
    cr_expect(strstr(err.text, message), "'%s' does not say '%s'", err.text, message);
}

Test(model, refuses_other_schema_versions_and_types)
{
    file f = base_file();
    store(f, root_of(f), tb_schema_model_version_id, &(uint32_t){2}, 4);
    expect_refused(f, TB_UNSUPPORTED, "schema version 2, only 3 is supported");
    store(f, root_of(f), tb_schema_model_version_id, &(uint32_t){3}, 4);
    store(f, tensor_of(f, tensor_in), tb_schema_tensor_type_id, &(int8_t){23}, 1);
    expect_refused(f, TB_UNSUPPORTED, "tensor 0 'in': its type is 23");
    store(f, tensor_of(f, tensor_in), tb_schema_tensor_type_id, &(int8_t){-1}, 1);
    expect_refused(f, TB_UNSUPPORTED, "tensor 0 'in': its type is -1");
    free(f.bytes);
}

Test(model, early_and_late_operator_codes_are_one)
{
    file f = base_file();
    tb_fb_tables codes = tb_schema_model_operator_codes(root_of(f));
    tb_fb_table code = tb_fb_tables_get(codes, 0);
    cr_assert_not_null(tb_fb_field(code, tb_schema_operator_code_deprecated_builtin_code_id));
    store(f, code, tb_schema_operator_code_deprecated_builtin_code_id, &(int8_t){127}, 1);
    tb_model *model = open_file(f);
    cr_expect_eq(tb_model_opcode(model, 0).builtin_code, 127);
    tb_model_release(model);
    free(f.bytes);
}

/* ---- anything ------------------------------------------------------------------------------------ */

Test(model, any_changed_byte_is_refused_or_harmless)
{
    static const uint8_t changes[] = {0x01, 0x03, 0x04, 0x10, 0x40, 0x80, 0xff};
    file f = base_file();
    size_t accepted = 0, refused = 0;
    for (size_t at_byte = 0; at_byte < f.size; at_byte++) {
        for (size_t k = 0; k < TB_COUNT_OF(changes); k++) {
            uint8_t *copy = malloc(f.size);
            memcpy(copy, f.bytes, f.size);
            copy[at_byte] ^= changes[k];
            tb_error err = TB_ERROR_NONE;
            tb_model *model;
            if (tb_model_from_memory(copy, f.size, "changed", &err, &model) == TB_OK) {
                tb_test_read_model(model);
                tb_model_release(model);
                accepted++;
            } else {
                cr_expect_eq(strncmp(err.text, "changed: ", 9), 0);
                refused++;
            }
            free(copy);
        }
    }
    cr_expect_gt(accepted, 100);
    cr_expect_gt(refused, 1000);
    free(f.bytes);
}
