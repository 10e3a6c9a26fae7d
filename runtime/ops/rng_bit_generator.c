/*
 * STABLEHLO_RNG_BIT_GENERATOR: random bits of the counter-based generators Threefry-2x32 (20 rounds)
 * and Philox-4x32 (10 rounds) of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 * The state is a key of two 32-bit words, then the counter, as 64-bit words.
 */
#include "runtime/ops/common.h"

#include <string.h>

enum { COUNTER_WORDS = 4, MAX_STATE_WORDS = 6 };

/* Encrypts the counter with the key; returns the number of words that makes. */
typedef size_t (*block_function)(const uint32_t key[2], const uint32_t counter[COUNTER_WORDS],
                                 uint32_t out[COUNTER_WORDS]);

static size_t threefry(const uint32_t key[2], const uint32_t counter[COUNTER_WORDS],
                       uint32_t out[COUNTER_WORDS])
{
    static const unsigned rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAu};
    uint32_t x = counter[0] + keys[0], y = counter[1] + keys[1];
    for (uint32_t group = 0; group < 5; group++) {
        for (int i = 0; i < 4; i++) {
            const unsigned by = rotations[group % 2][i];
            x += y;
            y = (y << by | y >> (32 - by)) ^ x;
        }
        x += keys[(group + 1) % 3];
        y += keys[(group + 2) % 3] + group + 1;
    }
    out[0] = x;
    out[1] = y;
    return 2;
}

static size_t philox(const uint32_t key[2], const uint32_t counter[COUNTER_WORDS],
                     uint32_t out[COUNTER_WORDS])
{
    uint32_t k0 = key[0], k1 = key[1];
    memcpy(out, counter, COUNTER_WORDS * sizeof out[0]);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = UINT64_C(0xD2511F53) * out[0], p1 = UINT64_C(0xCD9E8D57) * out[2];
        const uint32_t c1 = out[1], c3 = out[3];
        out[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        out[1] = (uint32_t)p1;
        out[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        out[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return COUNTER_WORDS;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloRngBitGeneratorParams *params = node->builtin_data;
    const TfLiteTensor *state;
    TfLiteTensor *new_state, *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(tb_op_check_outputs(context, node, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "state", &state));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &new_state));
    TB_OP_TRY(tb_op_get_output(context, node, 1, &output));
    TB_OP_TRY(tb_op_check_type(context, state, "state", TB_TYPE_BIT(kTfLiteUInt64)));
    TB_OP_TRY(tb_op_check_type(context, new_state, "new state", TB_TYPE_BIT(kTfLiteUInt64)));
    TB_OP_TRY(tb_op_check_type(context, output, "output",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteUInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64) | TB_TYPE_BIT(kTfLiteUInt64)));
    TB_OP_TRY(tb_op_check_rank(context, state, "state", 1, 1));
    int words = tb_tensor_dim(state, 0), algorithm = params ? (int)params->algorithm : 0;
    if (algorithm != kTfLiteRngAlgorithmThreefry && algorithm != kTfLiteRngAlgorithmPhilox &&
        algorithm != kTfLiteRngAlgorithmDefault)
        return tb_op_fail(context, "there is no algorithm %d", algorithm);
    if (words != 2 && (words != 3 || algorithm == kTfLiteRngAlgorithmThreefry))
        return tb_op_fail(context, "state has %d elements, expected 2%s", words,
                          algorithm == kTfLiteRngAlgorithmThreefry ? "" : " or 3");
    if (!tb_same_shape(state, new_state))
        return tb_op_fail(context, "new state has another shape than the state");
    TB_OP_TRY(tb_op_resize_like(context, new_state, state));
    return tb_op_resize_like(context, output, output);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloRngBitGeneratorParams *params = node->builtin_data;
    const TfLiteTensor *state = tb_op_input(context, node, 0);
    TfLiteTensor *new_state = tb_op_output(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 1);
    block_function block = params->algorithm == kTfLiteRngAlgorithmThreefry ? threefry : philox;
    uint32_t words[MAX_STATE_WORDS], bits[COUNTER_WORDS];
    memcpy(words, state->data.raw, state->bytes);
    const size_t rest = state->bytes > 16 ? 4 : 0; /* short states lend the key once more */
    uint32_t counter[COUNTER_WORDS] = {words[2], words[3], words[rest], words[rest + 1]};
    for (size_t at = 0; at < output->bytes;) {
        size_t bytes = block(words, counter, bits) * sizeof bits[0];
        bytes = TB_MIN(bytes, output->bytes - at);
        memcpy(output->data.raw + at, bits, bytes);
        at += bytes;
        if (++counter[0] == 0)
            counter[1]++;
    }
    words[2] = counter[0];
    words[3] = counter[1];
    memcpy(new_state->data.raw, words, state->bytes);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_stablehlo_rng_bit_generator = {.prepare = prepare, .invoke = invoke};
