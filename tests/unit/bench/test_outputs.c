/* Checking outputs against the reference's, on an engine that only has outputs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/inputs.h"
#include "bench/outputs.h"

struct tb_session {
    TfLiteType type;
    size_t element;
    char data[64];
    size_t count;
};

static int one(const tb_session *session)
{
    (void)session;
    return 1;
}

static tb_status tensor(tb_session *session, int k, tb_error *err, tb_io *out)
{
    (void)k;
    (void)err;
    *out = (tb_io){
        .name = "out",
        .type = session->type,
        .rank = 1,
        .dims = {(int)session->count},
        .data = session->data,
        .bytes = session->count * session->element,
    };
    return TB_OK;
}

static const tb_engine engine = {
    .name = "fake",
    .input_count = one,
    .output_count = one,
    .input = tensor,
    .output = tensor,
};

static const char *verdict_of(tb_session *expected, tb_session *got, tb_check_terms terms,
                              char *detail)
{
    char path[] = "/tmp/tflbench-outputs-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    tb_error err = TB_ERROR_NONE;
    tb_verdict verdict;
    cr_assert_eq(tb_outputs_write(&engine, expected, path, &err), TB_OK, "%s", err.text);
    cr_assert_eq(tb_outputs_check(&engine, got, path, &terms, &err, &verdict), TB_OK, "%s",
                 err.text);
    unlink(path);
    strcpy(detail, verdict.detail);
    return verdict.verdict;
}

static tb_session floats(float a, float b)
{
    tb_session session = {.type = kTfLiteFloat32, .element = 4, .count = 2};
    float values[2] = {a, b};
    memcpy(session.data, values, sizeof values);
    return session;
}

static tb_session bytes(int a, int b)
{
    tb_session session = {.type = kTfLiteInt8, .element = 1, .count = 2};
    session.data[0] = (char)a;
    session.data[1] = (char)b;
    return session;
}

static const tb_check_terms ours = {.ours = true}, noise = {0},
                            quantised_noise = {.quantised = true}, real = {.real_inputs = true},
                            quantised_real = {.real_inputs = true, .quantised = true};

#define CHECK(expected_verdict, want, got, terms, says)                                      \
    do {                                                                                     \
        tb_session w = want, g = got;                                                        \
        char detail[TB_VERDICT_DETAIL_SIZE];                                                 \
        cr_assert_str_eq(verdict_of(&w, &g, terms, detail), expected_verdict, "%s", detail); \
        cr_assert(strstr(detail, says), "'%s' does not say '%s'", detail, says);             \
    } while (0)

Test(outputs, floats_within_a_part_of_the_largest)
{
    CHECK(TB_VERDICT_OK, floats(100, 0.1f), floats(100, 0.1f), ours, "within");
    CHECK(TB_VERDICT_OK, floats(100, 0.1f), floats(100.4f, 0.4f), ours, "0.4 %");
    CHECK(TB_VERDICT_WRONG, floats(100, 0.1f), floats(100, 0.7f), ours, "output 0 'out'");
    CHECK(TB_VERDICT_WRONG, floats(100, 0.1f), floats(100, 0.0f / 0.0f), ours, "output 0");
    CHECK(TB_VERDICT_WRONG, floats(0, 0), floats(0, 1e-6f), ours, "output 0");
    CHECK(TB_VERDICT_OK, floats(0, 0), floats(0, 0), ours, "");
}

Test(outputs, integers_exact_or_unsure)
{
    CHECK(TB_VERDICT_OK, bytes(1, -128), bytes(1, -128), ours, "bit by bit");
    CHECK(TB_VERDICT_WRONG, bytes(1, 5), bytes(1, 6), ours, "output 0");
    CHECK(TB_VERDICT_UNSURE, bytes(1, 5), bytes(1, 6), noise, "output 0");
    CHECK(TB_VERDICT_WRONG, bytes(1, -100), bytes(1, 100), noise, "output 0");
}

Test(outputs, floats_of_an_integer_model_prove_nothing_on_noise)
{
    CHECK(TB_VERDICT_UNSURE, floats(0.1f, 0), floats(0.3f, 0), quantised_noise, "output 0");
    CHECK(TB_VERDICT_WRONG, floats(0.1f, 0), floats(0.3f, 0), noise, "output 0");
    CHECK(TB_VERDICT_WRONG, floats(1, 0), floats(1, 0.0f / 0.0f), quantised_noise, "output 0");
}

Test(outputs, another_engine_on_real_inputs_may_be_near)
{
    CHECK(TB_VERDICT_OK, bytes(1, 5), bytes(1, 30), real, "near the reference");
    CHECK(TB_VERDICT_WRONG, bytes(1, 5), bytes(1, 31), real, "output 0");
    CHECK(TB_VERDICT_OK, floats(1, 0), floats(1, 0.09f), quantised_real, "near the reference");
    CHECK(TB_VERDICT_WRONG, floats(1, 0), floats(1, 0.11f), quantised_real, "output 0");
    CHECK(TB_VERDICT_WRONG, floats(1, 0), floats(1, 0.09f), real, "output 0");
}

/* An output with a rule is held to that, or to the lenient one where the engine is not ours. */
Test(outputs, a_rule_of_its_own)
{
    const tb_rule exact = {.kind = TB_RULE_EXACT, .elements = -1};
    const tb_rule two = {.kind = TB_RULE_LSB, .elements = -1, .max_steps = 2};
    const struct {
        int value;
        bool lenient;
        tb_check_terms terms;
        const char *verdict, *says;
    } rows[] = {
        {5, true, ours, TB_VERDICT_OK, "case's rule"},
        {6, true, ours, TB_VERDICT_WRONG, "output 0"},
        {7, true, noise, TB_VERDICT_OK, "lenient rule"},
        {8, true, noise, TB_VERDICT_WRONG, "output 0"},
        {6, false, noise, TB_VERDICT_WRONG, "output 0"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char path[] = "/tmp/tflbench-outputs-XXXXXX";
        FILE *file = fdopen(mkstemp(path), "w");
        tb_session want = bytes(1, 5), got = bytes(1, rows[k].value);
        tb_io io;
        tensor(&want, 0, NULL, &io);
        tb_outputs_begin(file);
        tb_outputs_put(file, 0, &io, &exact, rows[k].lenient ? &two : NULL);
        fclose(file);
        tb_error err = TB_ERROR_NONE;
        tb_verdict verdict;
        cr_assert_eq(tb_outputs_check(&engine, &got, path, &rows[k].terms, &err, &verdict), TB_OK,
                     "%s", err.text);
        unlink(path);
        cr_assert_str_eq(verdict.verdict, rows[k].verdict, "row %zu: %s", k, verdict.detail);
        cr_assert(strstr(verdict.detail, rows[k].says), "row %zu: %s", k, verdict.detail);
    }
}

Test(outputs, another_type_or_shape_is_wrong)
{
    CHECK(TB_VERDICT_WRONG, floats(1, 2), bytes(1, 2), noise, "output 0");
    tb_session longer = bytes(1, 2);
    longer.count = 3;
    CHECK(TB_VERDICT_WRONG, bytes(1, 2), longer, noise, "output 0");
}

Test(inputs, depend_on_seed_and_type_alone)
{
    tb_session a = bytes(0, 0), b = bytes(0, 0), c = bytes(0, 0);
    a.count = b.count = c.count = 64;
    tb_text_list none = {0};
    cr_assert_eq(tb_inputs_fill(&engine, &a, none, 1, NULL), TB_OK);
    cr_assert_eq(tb_inputs_fill(&engine, &b, none, 1, NULL), TB_OK);
    cr_assert_eq(tb_inputs_fill(&engine, &c, none, 2, NULL), TB_OK);
    cr_assert_eq(memcmp(a.data, b.data, 64), 0);
    cr_assert_neq(memcmp(a.data, c.data, 64), 0);
}

Test(inputs, lie_in_the_range_of_their_type)
{
    tb_session session = {.type = kTfLiteFloat32, .element = 4, .count = 16};
    tb_text_list none = {0};
    for (uint64_t seed = 0; seed < 100; seed++) {
        session.type = kTfLiteFloat32;
        cr_assert_eq(tb_inputs_fill(&engine, &session, none, seed, NULL), TB_OK);
        float f[16];
        memcpy(f, session.data, sizeof f);
        session.type = kTfLiteInt32;
        cr_assert_eq(tb_inputs_fill(&engine, &session, none, seed, NULL), TB_OK);
        int32_t i[16];
        memcpy(i, session.data, sizeof i);
        for (int k = 0; k < 16; k++) {
            cr_assert(f[k] >= -1 && f[k] < 1);
            cr_assert(i[k] == 0 || i[k] == 1);
        }
    }
    session.type = kTfLiteFloat16;
    session.element = 2;
    session.count = 32;
    for (uint64_t seed = 0; seed < 100; seed++) {
        cr_assert_eq(tb_inputs_fill(&engine, &session, none, seed, NULL), TB_OK);
        uint16_t h[32];
        memcpy(h, session.data, sizeof h);
        for (int k = 0; k < 32; k++)
            cr_assert((h[k] >> 10 & 31) < 15, "a half of magnitude 1 or more");
    }
    session.type = kTfLiteResource;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_inputs_fill(&engine, &session, none, 1, &err), TB_UNSUPPORTED);
}
