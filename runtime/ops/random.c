/*
 * RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL and MULTINOMIAL, drawn from Philox 4x32-10 (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011), seeded as TFLite does: the first seed is the
 * key, the second one the upper half of the counter. Two seeds of 0 ask for numbers that nobody can
 * repeat. The stream goes on from invoke to invoke, and starts anew with every prepare.
 */
#include <math.h>
#include <string.h>

#include "runtime/base/clock.h"
#include "runtime/math.h"
#include "runtime/ops/common.h"

enum { WORDS = 4, ROUNDS = 10 };

typedef struct philox {
    uint32_t key[2];
    uint32_t counter[WORDS];
} philox;

static void philox_advance(philox *rng, uint64_t count)
{
    uint64_t low = (uint64_t)rng->counter[1] << 32 | rng->counter[0];
    uint64_t high = (uint64_t)rng->counter[3] << 32 | rng->counter[2];
    uint64_t sum = low + count;
    high += sum < low;
    rng->counter[0] = (uint32_t)sum;
    rng->counter[1] = (uint32_t)(sum >> 32);
    rng->counter[2] = (uint32_t)high;
    rng->counter[3] = (uint32_t)(high >> 32);
}

static void philox_next(philox *rng, uint32_t out[WORDS])
{
    uint32_t key[2] = {rng->key[0], rng->key[1]};
    memcpy(out, rng->counter, sizeof rng->counter);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * out[0], b = (uint64_t)0xCD9E8D57u * out[2];
        uint32_t second = out[1], fourth = out[3];
        out[0] = (uint32_t)(b >> 32) ^ second ^ key[0];
        out[1] = (uint32_t)b;
        out[2] = (uint32_t)(a >> 32) ^ fourth ^ key[1];
        out[3] = (uint32_t)a;
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    philox_advance(rng, 1);
}

static philox philox_seed(const TfLiteRandomParams *options)
{
    uint64_t first = (uint64_t)(int64_t)options->seed, second = (uint64_t)(int64_t)options->seed2;
    if (first == 0 && second == 0) {
        first = tb_clock_ns();
        second = (uint64_t)(uintptr_t)options;
    }
    return (philox){{(uint32_t)first, (uint32_t)(first >> 32)},
                    {0, 0, (uint32_t)second, (uint32_t)(second >> 32)}};
}

/* [0, 1) with 23 random bits. */
static float unit_float(uint32_t word)
{
    return (float)(word & 0x7FFFFFu) * 0x1p-23f;
}

/* [0, 1) with 52 random bits. */
static double unit_double(uint32_t high, uint32_t low)
{
    return (double)((uint64_t)(high & 0xFFFFFu) << 32 | low) * 0x1p-52;
}

/* ---- RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL ---------------------------------------------------- */

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteTensor *shape,
                                 TfLiteTensor *output)
{
    int32_t dims[TB_MAX_RANK];
    int rank;
    TB_OP_TRY(tb_op_read_ints(context, shape, "shape", TB_MAX_RANK, dims, &rank));
    return tb_op_resize(context, output, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *shape;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &shape, &output));
    TB_OP_TRY(tb_op_check_type(context, shape, "shape", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, shape, "shape", 1, 1));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteFloat32)));
    philox *rng = tb_op_make_data(context, node, sizeof *rng);
    if (!rng)
        return kTfLiteError;
    *rng = philox_seed(node->builtin_data);
    if (tb_tensor_is_constant(shape))
        return shape_output(context, shape, output);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static void uniform_quad(const uint32_t words[WORDS], float out[WORDS])
{
    for (int i = 0; i < WORDS; i++)
        out[i] = unit_float(words[i]);
}

/* Box and Muller: two uniform numbers make two normal ones. */
static void normal_quad(const uint32_t words[WORDS], float out[WORDS])
{
    for (int i = 0; i < WORDS; i += 2) {
        float u = unit_float(words[i]);
        float radius = sqrtf(-2.0f * tb_logf(u < 1e-7f ? 1e-7f : u));
        float angle = 6.28318530717958648f * unit_float(words[i + 1]);
        out[i] = tb_sinf(angle) * radius;
        out[i + 1] = tb_cosf(angle) * radius;
    }
}

static TfLiteStatus fill(TfLiteContext *context, TfLiteNode *node,
                         void (*quad)(const uint32_t words[WORDS], float out[WORDS]))
{
    philox *rng = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, tb_op_input(context, node, 0), output));
    size_t count = tb_count(output);
    for (size_t i = 0; i < count; i += WORDS) {
        uint32_t words[WORDS];
        float values[WORDS];
        philox_next(rng, words);
        quad(words, values);
        memcpy(output->data.f + i, values, TB_MIN(count - i, (size_t)WORDS) * sizeof *values);
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke_uniform(TfLiteContext *context, TfLiteNode *node)
{
    return fill(context, node, uniform_quad);
}

static TfLiteStatus invoke_normal(TfLiteContext *context, TfLiteNode *node)
{
    return fill(context, node, normal_quad);
}

const TfLiteRegistration tb_op_random_uniform = {.prepare = prepare, .invoke = invoke_uniform};
const TfLiteRegistration tb_op_random_standard_normal = {.prepare = prepare,
                                                         .invoke = invoke_normal};

/* ---- MULTINOMIAL ------------------------------------------------------------------------------- */

typedef struct multinomial {
    philox rng;
    int sums; /* scratch: doubles, one a class */
} multinomial;

static TfLiteStatus shape_samples(TfLiteContext *context, const TfLiteTensor *logits,
                                  const TfLiteTensor *samples, TfLiteTensor *output)
{
    int32_t count;
    TB_OP_TRY(tb_op_read_int(context, samples, "number of samples", &count));
    return tb_op_resize(context, output, 2, (int[]){tb_tensor_dim(logits, 0), count});
}

static TfLiteStatus prepare_multinomial(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *logits, *samples;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "logits", &logits));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "number of samples", &samples));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, logits, "logits", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, logits, "logits", 2, 2));
    TB_OP_TRY(tb_op_check_type(context, samples, "number of samples", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, samples, "number of samples", 0, 0));
    TB_OP_TRY(tb_op_check_type(context, output, "output",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    if (tb_tensor_dim(logits, 1) < 1)
        return tb_op_fail(context, "logits have no classes, expected at least 1");
    multinomial *m = tb_op_make_data(context, node, sizeof *m);
    if (!m)
        return kTfLiteError;
    m->rng = philox_seed(node->builtin_data);
    TB_OP_TRY(
        tb_op_scratch_array(context, (size_t)tb_tensor_dim(logits, 1), sizeof(double), &m->sums));
    if (tb_tensor_is_constant(samples))
        return shape_samples(context, logits, samples, output);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

/* Running sums of exp(logit - max) over the finite ones; returns the last. */
static double sum_up(const float *logits, size_t classes, double *sums)
{
    float max = -3.402823466e+38f;
    for (size_t i = 0; i < classes; i++)
        if (isfinite(logits[i]) && logits[i] > max)
            max = logits[i];
    double total = 0.0;
    for (size_t i = 0; i < classes; i++) {
        if (isfinite(logits[i]))
            total += tb_exp((double)logits[i] - (double)max);
        sums[i] = total;
    }
    return total;
}

/* The first class whose sum is above `wanted`. */
static size_t find_class(const double *sums, size_t classes, double wanted)
{
    size_t low = 0, high = classes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sums[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static TfLiteStatus invoke_multinomial(TfLiteContext *context, TfLiteNode *node)
{
    multinomial *m = node->user_data;
    const TfLiteTensor *logits = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_samples(context, logits, tb_op_input(context, node, 1), output));
    const size_t batches = (size_t)tb_tensor_dim(logits, 0);
    const size_t classes = (size_t)tb_tensor_dim(logits, 1);
    const size_t samples = (size_t)tb_tensor_dim(output, 1);
    double *sums = tb_op_scratch(context, m->sums);
    /* The stream jumps ahead by a generous fixed number, whatever is used of it. */
    philox rng = m->rng;
    philox_advance(&m->rng, (uint64_t)batches * ((samples + 3) / 4 * 4) * 2 * 256);
    uint32_t words[WORDS];
    size_t used = WORDS;
    for (size_t batch = 0; batch < batches && !tb_stopped(); batch++) {
        double total = sum_up(logits->data.f + batch * classes, classes, sums);
        for (size_t i = batch * samples; i < (batch + 1) * samples; i++) {
            if (used == WORDS) {
                philox_next(&rng, words);
                used = 0;
            }
            double wanted = unit_double(words[used], words[used + 1]) * total;
            used += 2;
            size_t found = find_class(sums, classes, wanted);
            if (output->type == kTfLiteInt64)
                output->data.i64[i] = (int64_t)found;
            else
                output->data.i32[i] = (int32_t)found;
        }
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_multinomial = {.prepare = prepare_multinomial,
                                              .invoke = invoke_multinomial};
