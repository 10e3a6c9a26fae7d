/* Strings and hashes: n-grams in order, fingerprints of the published function, LSH. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/ops/fingerprint.h"
#include "tests/unit/runtime/op_harness.h"

#define STRINGS(...) ((const char *const[]){__VA_ARGS__ NULL})

static void expect_grams(const char *text, int size, int skip, bool all,
                         const char *const *expected)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinSkipGram,
            TB_OPTIONS_WITH(skip_gram, TB_OPT_INT(skip_gram, ngram_size, size),
                            TB_OPT_INT(skip_gram, max_skip_size, skip),
                            TB_OPT_INT(skip_gram, include_all_ngrams, all)),
            OP_LIST(OP_TENSOR(kTfLiteString, 1)), OP_LIST(OP_TENSOR(kTfLiteString, 1)));
    op_set_strings(&run, 0, STRINGS(text, ));
    op_invoke(&run);
    op_expect_strings(&run, 0, expected);
    op_close(&run);
}

Test(ops_strings, grams_come_in_order)
{
    expect_grams("a bb c", 2, 0, false, STRINGS("a bb", "bb c", ));
    expect_grams("a bb c", 2, 1, false, STRINGS("a bb", "a c", "bb c", ));
    expect_grams("a bb c", 2, 1, true, STRINGS("a bb", "a c", "a", "bb c", "bb", "c", ));
    expect_grams("a bb c", 3, 9, false, STRINGS("a bb c", ));
    expect_grams("a  bb\tc\n", 1, 0, false, STRINGS("a", "bb", "c", ));
}

/* A blank in front takes the first word with it, as in TFLite. */
Test(ops_strings, texts_without_grams)
{
    expect_grams(" a b", 1, 0, false, STRINGS("b", ));
    expect_grams("a b", 3, 1, true, STRINGS());
    expect_grams("", 1, 0, true, STRINGS());
    expect_grams("a b", 0, 1, true, STRINGS());
    expect_grams("a b", -1, 1, true, STRINGS());
    expect_grams("a b", INT32_MAX, INT32_MAX, true, STRINGS());
    expect_grams("a b", 2, -1, false, STRINGS());
}

Test(ops_strings, a_text_that_is_no_string_buffer_is_refused)
{
    op_run run;
    op_open(&run, kTfLiteBuiltinSkipGram,
            TB_OPTIONS_WITH(skip_gram, TB_OPT_INT(skip_gram, ngram_size, 1)),
            OP_LIST(OP_TENSOR(kTfLiteString, 1)), OP_LIST(OP_TENSOR(kTfLiteString, 1)));
    op_set_strings(&run, 0, STRINGS("a b", ));
    const int32_t past_the_end = 1000;
    TfLiteTensor *tensor = tb_interpreter_input(run.interpreter, 0);
    memcpy(tensor->data.raw + 2 * sizeof(int32_t), &past_the_end, sizeof past_the_end);
    op_invoke(&run);
    op_expect_refused(&run, "");
    op_close(&run);
}

/* What FarmHash's own library gives, around the lengths where the formula changes. */
Test(ops_strings, fingerprints_are_those_of_farmhash)
{
    static const struct {
        size_t length;
        uint64_t fingerprint;
    } known[] = {
        {0, 0x9ae16a3b2f90404f},   {3, 0x373a2b2a12e0c581},   {7, 0x960838fbc6d9c975},
        {16, 0xd836480326a974d6},  {17, 0x5cded6cb65c9dac6},  {32, 0xa03300e1b2be6da7},
        {33, 0x839154ca67815696},  {64, 0x000f03eac52d3535},  {65, 0xfb360c5023f60db6},
        {128, 0x33ef435f17af1739}, {200, 0x51320a19a60cbd6e},
    };
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_eq(tb_fingerprint64(bytes, known[i].length), known[i].fingerprint, "%zu bytes",
                     known[i].length);
}

/* The sign of the fingerprint of seed and feature, as a bit. */
static int64_t sign_of(float seed, int32_t feature)
{
    uint8_t key[8];
    memcpy(key, &seed, 4);
    memcpy(key + 4, &feature, 4);
    return (int64_t)tb_fingerprint64(key, sizeof key) > 0;
}

static void lsh(int type, tb_test_tensor hash, int features, tb_test_tensor weight, op_run *run)
{
    op_open(run, kTfLiteBuiltinLshProjection,
            TB_OPTIONS_WITH(lsh_projection, TB_OPT_INT(lsh_projection, type, type)),
            OP_LIST(hash, OP_TENSOR(kTfLiteInt32, features), weight),
            OP_LIST(OP_TENSOR(kTfLiteInt32, 1)));
}

#define HASH OP_WITH(OP_FLOAT(2, 3), float, 0.25f, -1, 3, 0.5f, 7, 11)

Test(ops_strings, lsh_of_one_feature_is_signs)
{
    const float seeds[] = {0.25f, -1, 3, 0.5f, 7, 11};
    const int32_t feature = 4711;
    int64_t bits[6], flipped[6];
    for (int i = 0; i < 6; i++) {
        bits[i] = sign_of(seeds[i], feature);
        flipped[i] = !bits[i];
    }
    op_run run;
    lsh(2, HASH, 1, OP_WITH(OP_FLOAT(1), float, 2), &run);
    op_set(&run, 0, &feature, 4);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(6), bits);
    op_close(&run);
    lsh(2, HASH, 1, OP_WITH(OP_FLOAT(1), float, -2), &run);
    op_set(&run, 0, &feature, 4);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(6), flipped);
    op_close(&run);
    lsh(1, HASH, 1, OP_WITH(OP_FLOAT(1), float, 1), &run); /* the second from 1 * 2^3 on */
    op_set(&run, 0, &feature, 4);
    op_invoke(&run);
    op_expect_ints(
        &run, 0, TB_INTS(2),
        TB_LONGS(bits[0] * 4 + bits[1] * 2 + bits[2], 8 + bits[3] * 4 + bits[4] * 2 + bits[5]));
    op_close(&run);
}

Test(ops_strings, lsh_that_does_not_fit)
{
    op_run run;
    lsh(0, HASH, 1, OP_WITH(OP_FLOAT(1), float, 1), &run);
    op_expect_refused(&run, "type is 0");
    op_close(&run);
    lsh(1, OP_FLOAT(1, 33), 1, OP_WITH(OP_FLOAT(1), float, 1), &run);
    op_expect_refused(&run, "33 bits");
    op_close(&run);
    lsh(1, HASH, 0, OP_FLOAT(0), &run);
    op_expect_refused(&run, "no features");
    op_close(&run);
    lsh(1, HASH, 2, OP_WITH(OP_FLOAT(1), float, 1), &run);
    op_expect_refused(&run, "1 weights for 2 features");
    op_close(&run);
    lsh(1, OP_TENSOR(kTfLiteInt32, 2, 3), 1, OP_WITH(OP_FLOAT(1), float, 1), &run);
    op_expect_refused(&run, "hash functions");
    op_close(&run);
}
