/* Params from options: a sample of every kind of field, and what is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/base/size.h"
#include "runtime/op_params.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* A model of one operator, and its params. */
typedef struct parsed {
    uint8_t *bytes;
    tb_model *model;
    tb_arena arena;
    tb_status status;
    tb_error err;
    void *params;
    size_t size;
} parsed;

static parsed parse(TfLiteBuiltinOperator code, tb_op_options options)
{
    parsed p = {.status = TB_INTERNAL};
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    tb_draft_subgraph_add(&draft, NULL);
    /* Those that name other subgraphs find some. */
    for (int k = 0; k < 3; k++)
        tb_draft_subgraph_add(&draft, NULL);
    tb_draft_op_add(&draft, 0, &(tb_draft_op){.code = code, .version = 1, .options = options});
    size_t size;
    cr_assert_eq(tb_draft_write(&draft, &p.err, &p.bytes, &size), TB_OK, "%s", p.err.text);
    tb_draft_free(&draft);
    cr_assert_eq(tb_model_from_memory(p.bytes, size, "op", &p.err, &p.model), TB_OK, "%s",
                 p.err.text);
    tb_operator_def op = tb_model_operator(p.model, 0, 0);
    p.err = (tb_error)TB_ERROR_NONE;
    p.status = tb_op_params_parse(&op, (int)code, &p.arena, &p.err, &p.params, &p.size);
    return p;
}

static void done(parsed *p)
{
    tb_arena_free(&p->arena);
    tb_model_release(p->model);
    free(p->bytes);
}

#define PARSE(p, type, code, ...)                    \
    parsed p = parse(code, __VA_ARGS__);             \
    cr_assert_eq(p.status, TB_OK, "%s", p.err.text); \
    cr_assert_eq(p.size, sizeof(type));              \
    cr_assert_eq((uintptr_t)p.params % 16, 0);       \
    const type *params = p.params

static void expect_refused(TfLiteBuiltinOperator code, tb_op_options options, const char *message)
{
    parsed p = parse(code, options);
    cr_expect_eq(p.status, TB_CORRUPT, "expected: %s", message);
    cr_expect(strstr(p.err.text, message), "'%s' does not say '%s'", p.err.text, message);
    cr_expect_null(p.params);
    done(&p);
}

Test(op_params, convolution)
{
    PARSE(p, TfLiteConvParams, kTfLiteBuiltinConv2d,
          TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, padding, 1),
                          TB_OPT_INT(conv_2d, stride_w, 2), TB_OPT_INT(conv_2d, stride_h, 3),
                          TB_OPT_INT(conv_2d, fused_activation_function, 3),
                          TB_OPT_INT(conv_2d, dilation_h_factor, 5),
                          TB_OPT_INT(conv_2d, quantized_bias_type, 4)));
    cr_expect_eq(params->padding, kTfLitePaddingValid);
    cr_expect_eq(params->stride_width, 2);
    cr_expect_eq(params->stride_height, 3);
    cr_expect_eq(params->activation, kTfLiteActRelu6);
    cr_expect_eq(params->dilation_width_factor, 1);
    cr_expect_eq(params->dilation_height_factor, 5);
    cr_expect_eq(params->quantized_bias_type, kTfLiteInt64);
    done(&p);
}

Test(op_params, schema_defaults_where_options_are_present)
{
    PARSE(p, TfLiteAddParams, kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add));
    cr_expect(params->pot_scale_int16);
    cr_expect_eq(params->activation, kTfLiteActNone);
    done(&p);
    parsed conv = parse(kTfLiteBuiltinDepthwiseConv2d, TB_OPTIONS_DEFAULT(depthwise_conv_2d));
    cr_expect_eq(((TfLiteDepthwiseConvParams *)conv.params)->padding, kTfLitePaddingSame);
    cr_expect_eq(((TfLiteDepthwiseConvParams *)conv.params)->dilation_width_factor, 1);
    done(&conv);
    parsed lstm = parse(kTfLiteBuiltinBidirectionalSequenceLstm,
                        TB_OPTIONS_DEFAULT(bidirectional_sequence_lstm));
    cr_expect(((TfLiteBidirectionalSequenceLSTMParams *)lstm.params)->time_major);
    done(&lstm);
}

Test(op_params, zeros_where_options_are_absent)
{
    PARSE(p, TfLiteAddParams, kTfLiteBuiltinAdd, TB_OPTIONS_ABSENT);
    cr_expect_not(params->pot_scale_int16);
    done(&p);
    parsed pool = parse(kTfLiteBuiltinMaxPool2d, TB_OPTIONS_ABSENT);
    cr_assert_eq(pool.size, sizeof(TfLitePoolParams));
    cr_expect_eq(((TfLitePoolParams *)pool.params)->padding, kTfLitePaddingUnknown);
    done(&pool);
}

Test(op_params, one_mapping_serves_several_operators)
{
    static const TfLiteBuiltinOperator reducers[] = {
        kTfLiteBuiltinMean,      kTfLiteBuiltinSum,       kTfLiteBuiltinReduceProd,
        kTfLiteBuiltinReduceMax, kTfLiteBuiltinReduceMin, kTfLiteBuiltinReduceAny,
        kTfLiteBuiltinReduceAll};
    for (size_t k = 0; k < TB_COUNT_OF(reducers); k++) {
        PARSE(p, TfLiteReducerParams, reducers[k],
              TB_OPTIONS_WITH(reducer, TB_OPT_INT(reducer, keep_dims, 1)));
        cr_expect(params->keep_dims);
        done(&p);
    }
}

Test(op_params, numbers_of_every_kind)
{
    PARSE(p, TfLiteFakeQuantParams, kTfLiteBuiltinFakeQuant,
          TB_OPTIONS_WITH(fake_quant, TB_OPT_FLOAT(fake_quant, min, -1.5f),
                          TB_OPT_FLOAT(fake_quant, max, 2.25f), TB_OPT_INT(fake_quant, num_bits, 8),
                          TB_OPT_INT(fake_quant, narrow_range, 1)));
    cr_expect_eq(params->min, -1.5f);
    cr_expect_eq(params->max, 2.25f);
    cr_expect_eq(params->num_bits, 8);
    cr_expect(params->narrow_range);
    done(&p);
    parsed random = parse(kTfLiteBuiltinRandomUniform,
                          TB_OPTIONS_WITH(random, TB_OPT_INT(random, seed, 0x123456789abcLL),
                                          TB_OPT_INT(random, seed2, -7)));
    cr_expect_eq(((TfLiteRandomParams *)random.params)->seed, 0x56789abc);
    cr_expect_eq(((TfLiteRandomParams *)random.params)->seed2, -7);
    done(&random);
}

Test(op_params, enumerations_that_the_abi_numbers_differently)
{
    PARSE(p, TfLiteMirrorPaddingParams, kTfLiteBuiltinMirrorPad,
          TB_OPTIONS_WITH(mirror_pad, TB_OPT_INT(mirror_pad, mode, 1)));
    cr_expect_eq(params->mode, kTfLiteMirrorPaddingSymmetric);
    done(&p);
    for (int k = 0; k < 3; k++) {
        parsed rng = parse(kTfLiteBuiltinStablehloRngBitGenerator,
                           TB_OPTIONS_WITH(stablehlo_rng_bit_generator,
                                           TB_OPT_INT(stablehlo_rng_bit_generator, algorithm, k)));
        cr_expect_eq((int)((TfLiteStablehloRngBitGeneratorParams *)rng.params)->algorithm, k + 1);
        done(&rng);
    }
    parsed cast = parse(kTfLiteBuiltinCast, TB_OPTIONS_WITH(cast, TB_OPT_INT(cast, in_data_type, 9),
                                                            TB_OPT_INT(cast, out_data_type, 1)));
    cr_expect_eq(((TfLiteCastParams *)cast.params)->in_data_type, kTfLiteInt8);
    cr_expect_eq(((TfLiteCastParams *)cast.params)->out_data_type, kTfLiteFloat16);
    done(&cast);
}

Test(op_params, the_index_type_of_unique_is_int64_or_int32)
{
    static const int codes[] = {4, 2, 0}; /* INT64, INT32, FLOAT32 */
    static const TfLiteType types[] = {kTfLiteInt64, kTfLiteInt32, kTfLiteInt32};
    for (size_t k = 0; k < TB_COUNT_OF(codes); k++) {
        PARSE(p, TfLiteUniqueParams, kTfLiteBuiltinUnique,
              TB_OPTIONS_WITH(unique, TB_OPT_INT(unique, idx_out_type, codes[k])));
        cr_expect_eq(params->index_out_type, types[k]);
        done(&p);
    }
}

Test(op_params, lists_are_copied_with_their_length)
{
    static const int32_t shape[] = {1, -1, 3, 4, 5, 6, 7, 8, 9};
    PARSE(p, TfLiteReshapeParams, kTfLiteBuiltinReshape,
          TB_OPTIONS_WITH(reshape, TB_OPT_VECTOR(reshape, new_shape, shape, 8)));
    cr_expect_eq(params->num_dimensions, 8);
    cr_expect_eq(memcmp(params->shape, shape, 32), 0);
    done(&p);
    parsed none = parse(kTfLiteBuiltinSqueeze, TB_OPTIONS_DEFAULT(squeeze));
    cr_expect_eq(((TfLiteSqueezeParams *)none.params)->num_squeeze_dims, 0);
    done(&none);
    expect_refused(kTfLiteBuiltinReshape,
                   TB_OPTIONS_WITH(reshape, TB_OPT_VECTOR(reshape, new_shape, shape, 9)),
                   "ReshapeOptions: new_shape has 9 entries, at most 8 are possible");
}

Test(op_params, gather_and_scatter_of_stablehlo)
{
    static const int64_t dims[] = {3, 1 + (1LL << 33)};
    PARSE(p, TfLiteStablehloGatherParams, kTfLiteBuiltinStablehloGather,
          TB_OPTIONS_WITH(stablehlo_gather, TB_OPT_VECTOR(stablehlo_gather, offset_dims, dims, 2),
                          TB_OPT_VECTOR(stablehlo_gather, slice_sizes, dims, 1),
                          TB_OPT_INT(stablehlo_gather, index_vector_dim, 1LL << 40),
                          TB_OPT_INT(stablehlo_gather, indices_are_sorted, 1)));
    cr_expect_eq(params->num_offset_dims, 2);
    cr_expect_eq(params->offset_dims[1], 1 + (1LL << 33));
    cr_expect_eq(params->num_slice_sizes, 1);
    cr_expect_eq(params->num_start_index_map, 0);
    cr_expect_eq(params->index_vector_dim, 1LL << 40);
    cr_expect(params->indices_are_sorted);
    done(&p);
    parsed scatter =
        parse(kTfLiteBuiltinStablehloScatter,
              TB_OPTIONS_WITH(stablehlo_scatter,
                              TB_OPT_INT(stablehlo_scatter, update_computation_subgraph_index, 2)));
    cr_expect_eq(
        ((TfLiteStablehloScatterParams *)scatter.params)->update_computation_subgraph_index, 2);
    done(&scatter);
}

Test(op_params, what_is_pointed_at_stays_in_the_model)
{
    static const float boundaries[] = {0.0f, 1.0f, 2.0f};
    PARSE(p, TfLiteBucketizeParams, kTfLiteBuiltinBucketize,
          TB_OPTIONS_WITH(bucketize, TB_OPT_VECTOR(bucketize, boundaries, boundaries, 3)));
    cr_expect_eq(params->num_boundaries, 3);
    cr_expect_eq(memcmp(params->boundaries, boundaries, sizeof boundaries), 0);
    done(&p);
    expect_refused(kTfLiteBuiltinBucketize, TB_OPTIONS_DEFAULT(bucketize), "boundaries is missing");
    parsed handle = parse(kTfLiteBuiltinVarHandle,
                          TB_OPTIONS_WITH(var_handle, TB_OPT_TEXT(var_handle, shared_name, "v")));
    cr_expect_null(((TfLiteVarHandleParams *)handle.params)->container);
    cr_expect_str_eq(((TfLiteVarHandleParams *)handle.params)->shared_name, "v");
    done(&handle);
}

Test(op_params, reduce_window_fills_what_is_left_out)
{
    static const int64_t two[] = {2, 3};
    static const int64_t four[] = {1, 0, 0, 1};
    PARSE(p, TfLiteStablehloReduceWindowParams, kTfLiteBuiltinStablehloReduceWindow,
          TB_OPTIONS_WITH(stablehlo_reduce_window,
                          TB_OPT_VECTOR(stablehlo_reduce_window, window_dimensions, two, 2),
                          TB_OPT_VECTOR(stablehlo_reduce_window, window_strides, two, 2),
                          TB_OPT_INT(stablehlo_reduce_window, body_subgraph_index, 1)));
    cr_expect_eq(params->window_dimensions[1], 3);
    cr_expect_eq(params->window_strides[1], 3);
    cr_expect_eq(params->base_dilations[0], 1);
    cr_expect_eq(params->window_dilations[7], 1);
    cr_expect_eq(params->padding[15], 0);
    cr_expect_eq(params->body_subgraph_index, 1);
    done(&p);
    expect_refused(
        kTfLiteBuiltinStablehloReduceWindow,
        TB_OPTIONS_WITH(stablehlo_reduce_window,
                        TB_OPT_VECTOR(stablehlo_reduce_window, window_dimensions, two, 2),
                        TB_OPT_VECTOR(stablehlo_reduce_window, padding, four, 3)),
        "padding has 3 entries, window_dimensions makes it 4");
    expect_refused(kTfLiteBuiltinStablehloReduceWindow, TB_OPTIONS_DEFAULT(stablehlo_reduce_window),
                   "window_dimensions is empty");
}

Test(op_params, pad_and_case_of_stablehlo_need_their_lists)
{
    static const int64_t two[] = {2, 3};
    static const int32_t branches[21] = {1, 2};
    PARSE(p, TfLiteStablehloPadParams, kTfLiteBuiltinStablehloPad,
          TB_OPTIONS_WITH(stablehlo_pad, TB_OPT_VECTOR(stablehlo_pad, edge_padding_low, two, 2),
                          TB_OPT_VECTOR(stablehlo_pad, edge_padding_high, two, 2),
                          TB_OPT_VECTOR(stablehlo_pad, interior_padding, two, 2)));
    cr_expect_eq(params->interior_padding[1], 3);
    done(&p);
    expect_refused(kTfLiteBuiltinStablehloPad,
                   TB_OPTIONS_WITH(stablehlo_pad,
                                   TB_OPT_VECTOR(stablehlo_pad, edge_padding_low, two, 2),
                                   TB_OPT_VECTOR(stablehlo_pad, edge_padding_high, two, 1),
                                   TB_OPT_VECTOR(stablehlo_pad, interior_padding, two, 2)),
                   "have 2, 1 and 2 entries");
    parsed choice =
        parse(kTfLiteBuiltinStablehloCase,
              TB_OPTIONS_WITH(stablehlo_case,
                              TB_OPT_VECTOR(stablehlo_case, branch_subgraph_indices, branches, 2)));
    cr_expect_eq(choice.status, TB_OK, "%s", choice.err.text);
    cr_expect_eq(((TfLiteStablehloCaseParams *)choice.params)->num_branches, 2);
    cr_expect_eq(((TfLiteStablehloCaseParams *)choice.params)->branch_subgraph_indices[1], 2);
    done(&choice);
    expect_refused(kTfLiteBuiltinStablehloCase, TB_OPTIONS_DEFAULT(stablehlo_case),
                   "branch_subgraph_indices is empty");
}

Test(op_params, a_composite_needs_name_and_attributes)
{
    static const uint8_t attributes[] = {1, 2, 3};
    PARSE(p, TfLiteStablehloCompositeParams, kTfLiteBuiltinStablehloComposite,
          TB_OPTIONS_WITH(stablehlo_composite,
                          TB_OPT_TEXT(stablehlo_composite, name, "odml.rms_norm"),
                          TB_OPT_INT(stablehlo_composite, decomposition_subgraph_index, 2),
                          TB_OPT_INT(stablehlo_composite, version, 4),
                          TB_OPT_VECTOR(stablehlo_composite, composite_attributes, attributes, 3)));
    cr_expect_str_eq(params->name, "odml.rms_norm");
    cr_expect_eq(params->subgraph_index, 2);
    cr_expect_eq(params->version, 4);
    cr_assert_eq(params->attributes_size, 3);
    cr_expect_eq(params->attributes[2], 3);
    done(&p);
    expect_refused(
        kTfLiteBuiltinStablehloComposite,
        TB_OPTIONS_WITH(stablehlo_composite,
                        TB_OPT_INT(stablehlo_composite, decomposition_subgraph_index, 2),
                        TB_OPT_VECTOR(stablehlo_composite, composite_attributes, attributes, 3)),
        "name is missing");
    expect_refused(kTfLiteBuiltinStablehloComposite,
                   TB_OPTIONS_WITH(stablehlo_composite,
                                   TB_OPT_INT(stablehlo_composite, decomposition_subgraph_index, 2),
                                   TB_OPT_TEXT(stablehlo_composite, name, "x")),
                   "composite_attributes is missing");
}

Test(op_params, refuses_what_is_not_the_operators)
{
    expect_refused(kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(conv_2d),
                   "its options are Conv2DOptions (type 1), ADD has AddOptions (type 11)");
    expect_refused(kTfLiteBuiltinLstm, TB_OPTIONS_ABSENT, "it has no LSTMOptions");
    expect_refused(kTfLiteBuiltinStablehloPad, TB_OPTIONS_ABSENT, "it has no StablehloPadOptions");
    expect_refused(kTfLiteBuiltinConv2d,
                   TB_OPTIONS_WITH(conv_2d, TB_OPT_INT(conv_2d, fused_activation_function, 6)),
                   "Conv2DOptions: fused_activation_function is 6, it can be 0 to 5");
    expect_refused(kTfLiteBuiltinAveragePool2d,
                   TB_OPTIONS_WITH(pool_2d, TB_OPT_INT(pool_2d, padding, -1)),
                   "padding is -1, it can be 0 to 1");
    expect_refused(kTfLiteBuiltinShape, TB_OPTIONS_WITH(shape, TB_OPT_INT(shape, out_type, 99)),
                   "out_type is 99, which is no type");
    expect_refused(kTfLiteBuiltinReduceWindow, TB_OPTIONS_DEFAULT(reduce_window),
                   "reduce_function is 0, it can be 1 to 6");
}

Test(op_params, operators_without_params_have_none)
{
    static const TfLiteBuiltinOperator codes[] = {kTfLiteBuiltinAbs, kTfLiteBuiltinPad,
                                                  kTfLiteBuiltinRelu, kTfLiteBuiltinTranspose,
                                                  kTfLiteBuiltinStablehloAdd};
    for (size_t k = 0; k < TB_COUNT_OF(codes); k++) {
        parsed p = parse(codes[k], TB_OPTIONS_ABSENT);
        cr_expect_eq(p.status, TB_OK);
        cr_expect_null(p.params);
        cr_expect_eq(p.size, 0);
        done(&p);
    }
    parsed p = parse(kTfLiteBuiltinAdd, TB_OPTIONS_ABSENT);
    tb_operator_def op = tb_model_operator(p.model, 0, 0);
    cr_expect_eq(tb_op_params_parse(&op, -1, &p.arena, NULL, &p.params, &p.size), TB_OK);
    cr_expect_null(p.params);
    cr_expect_eq(tb_op_params_parse(&op, 9999, &p.arena, NULL, &p.params, &p.size), TB_OK);
    cr_expect_null(p.params);
    done(&p);
}

Test(op_params, the_arenas_limit_holds)
{
    parsed p = parse(kTfLiteBuiltinAdd, TB_OPTIONS_ABSENT);
    tb_operator_def op = tb_model_operator(p.model, 0, 0);
    tb_arena small;
    tb_arena_init(&small, 4);
    tb_error err;
    cr_expect_eq(tb_op_params_parse(&op, kTfLiteBuiltinAdd, &small, &err, &p.params, &p.size),
                 TB_NO_MEMORY);
    tb_arena_free(&small);
    done(&p);
}
