/*
 * LSH_PROJECTION: locality sensitive hashing. Every number of the hash tensor [functions, bits] is
 * the seed of one bit: the sign of the weighted sum of the fingerprints of seed and feature, over
 * the features, which are the rows of the input. Dense: one output a bit. Sparse: one a function,
 * its bits as a number, from an offset of the function's own.
 */
#include "runtime/ops/common.h"
#include "runtime/ops/fingerprint.h"

typedef struct lsh_data {
    bool is_sparse;
    int functions;
    int bits;
    size_t features;
    int key; /* scratch: seed and feature; -1: strings, whose bytes are known in invoke alone */
} lsh_data;

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteLSHProjectionParams *params = node->builtin_data;
    const TfLiteTensor *hash, *input, *weight;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "hash functions", &hash));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "input", &input));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, hash, "hash functions", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, hash, "hash functions", 2, 2));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteInt32)));
    if (tb_tensor_dim(hash, 1) > 32)
        return tb_op_fail(context, "hash functions have %d bits, expected at most 32",
                          tb_tensor_dim(hash, 1));
    if (tb_tensor_rank(input) < 1 || tb_tensor_dim(input, 0) < 1)
        return tb_op_fail(context, "input has no features");
    if (node->inputs->size == 3) {
        TB_OP_TRY(tb_op_get_input(context, node, 2, "weight", &weight));
        TB_OP_TRY(tb_op_check_type(context, weight, "weight", TB_TYPE_BIT(kTfLiteFloat32)));
        TB_OP_TRY(tb_op_check_rank(context, weight, "weight", 1, 1));
        if (tb_tensor_dim(weight, 0) != tb_tensor_dim(input, 0))
            return tb_op_fail(context, "has %d weights for %d features", tb_tensor_dim(weight, 0),
                              tb_tensor_dim(input, 0));
    }
    if (params->type != kTfLiteLshProjectionSparse && params->type != kTfLiteLshProjectionDense)
        return tb_op_fail(context, "type is %d, expected SPARSE or DENSE", (int)params->type);
    lsh_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->is_sparse = params->type == kTfLiteLshProjectionSparse;
    data->functions = tb_tensor_dim(hash, 0);
    data->bits = tb_tensor_dim(hash, 1);
    data->features = (size_t)tb_tensor_dim(input, 0);
    data->key = -1;
    if (input->type != kTfLiteString)
        TB_OP_TRY(tb_op_request_scratch(context, sizeof(float) + input->bytes / data->features,
                                        &data->key));
    int64_t count = data->is_sparse ? data->functions : (int64_t)data->functions * data->bits;
    if (count > INT32_MAX)
        return tb_op_fail(context, "has %d hash functions of %d bits: too many", data->functions,
                          data->bits);
    return tb_op_resize(context, output, 1, &(int){(int)count});
}

static uint32_t sign_bit(const lsh_data *data, float seed, const TfLiteTensor *input,
                         const float *weights, char *key)
{
    const size_t bytes = input->bytes / data->features;
    double score = 0.0;
    memcpy(key, &seed, sizeof seed);
    for (size_t i = 0; i < data->features; i++) {
        tb_copy_bytes(key + sizeof seed, input->data.raw + i * bytes, bytes);
        double value = (double)(int64_t)tb_fingerprint64(key, sizeof seed + bytes);
        score += weights ? (double)weights[i] * value : value;
    }
    return score > 0.0;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const lsh_data *data = node->user_data;
    const float *seeds = tb_op_input(context, node, 0)->data.f;
    const TfLiteTensor *input = tb_op_input(context, node, 1);
    const TfLiteTensor *weight = tb_op_input(context, node, 2);
    int32_t *out = tb_op_output(context, node, 0)->data.i32;
    char *key = data->key >= 0 ? tb_op_scratch(context, data->key)
                               : tb_op_invoke_array(context, sizeof(float) + input->bytes, 1);
    if (!key)
        return kTfLiteError;
    for (int i = 0; i < data->functions; i++) {
        uint32_t signature = 0;
        if (tb_op_cancelled(context))
            return kTfLiteCancelled;
        for (int j = 0; j < data->bits; j++) {
            uint32_t bit = sign_bit(data, *seeds++, input, weight ? weight->data.f : NULL, key);
            signature = signature << 1 | bit;
            if (!data->is_sparse)
                *out++ = (int32_t)bit;
        }
        if (data->is_sparse)
            *out++ = (int32_t)(signature + (data->bits < 32 ? (uint32_t)i << data->bits : 0));
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_lsh_projection = {.prepare = prepare, .invoke = invoke};
