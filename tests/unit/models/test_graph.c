/* The layer by layer builder: shapes by TFLite's rules, reproducible weights, refusals. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/graph.h"
#include "models/noise.h"
#include "models/writer.h"

static tb_draft draft;
static tb_graph graph;

static void begin(void)
{
    tb_draft_init(&draft, NULL);
    tb_graph_begin(&graph, &draft, 1);
}

static void end(void)
{
    tb_draft_free(&draft);
}

TestSuite(graph, .init = begin, .fini = end);

static tb_value image(int height, int width, int depth)
{
    return tb_graph_input(&graph, "image", TB_SHAPE(1, height, width, depth), (tb_spread){0, 1});
}

static void expect_shape(tb_value value, tb_shape expected)
{
    tb_shape shape = tb_graph_shape(&graph, value);
    cr_expect_eq(shape.rank, expected.rank, "%s", draft.error.text);
    for (int i = 0; i < expected.rank; i++)
        cr_expect_eq(shape.dims[i], expected.dims[i], "dimension %d is %d", i, shape.dims[i]);
}

Test(graph, windows_follow_the_padding)
{
    cr_expect_eq(tb_window_count(224, 3, 2, 1, TB_SAME), 112);
    cr_expect_eq(tb_window_count(7, 3, 2, 1, TB_SAME), 4);
    cr_expect_eq(tb_window_count(7, 3, 2, 1, TB_VALID), 3);
    cr_expect_eq(tb_window_count(7, 3, 1, 3, TB_VALID), 1);
    cr_expect_leq(tb_window_count(2, 3, 1, 1, TB_VALID), 0);
}

Test(graph, layers_have_the_shapes_of_their_operators)
{
    tb_value x = image(9, 8, 3);
    expect_shape(tb_graph_conv(&graph, "c", x, (tb_conv){.filters = 5, .kernel = 3, .stride = 2}),
                 TB_SHAPE(1, 5, 4, 5));
    expect_shape(tb_graph_depthwise(&graph, "d", x,
                                    (tb_conv){.filters = 2, .kernel = 3, .padding = TB_VALID}),
                 TB_SHAPE(1, 7, 6, 6));
    expect_shape(tb_graph_max_pool(&graph, "m", x, (tb_pool){.size = 2, .stride = 2}),
                 TB_SHAPE(1, 5, 4, 3));
    expect_shape(tb_graph_average_pool(&graph, "a", x, (tb_pool){.size = 0}), TB_SHAPE(1, 1, 1, 3));
    expect_shape(tb_graph_resize_bilinear(&graph, "r", x, 4, 20), TB_SHAPE(1, 4, 20, 3));
    expect_shape(tb_graph_concat(&graph, "j", TB_INTS(x, x), 3), TB_SHAPE(1, 9, 8, 6));
    expect_shape(tb_graph_mean(&graph, "e", x, TB_INTS(1, -2), false), TB_SHAPE(1, 3));
    expect_shape(tb_graph_transpose(&graph, "o", x, TB_INTS(0, 3, 1, 2)), TB_SHAPE(1, 3, 9, 8));
    expect_shape(tb_graph_dense(&graph, "f", x, (tb_dense){.units = 7}), TB_SHAPE(72, 7));
    expect_shape(tb_graph_dense(&graph, "k", x, (tb_dense){.units = 7, .keep_dims = true}),
                 TB_SHAPE(1, 9, 8, 7));
    expect_shape(tb_graph_slice_at(&graph, "s", x, 1, 4), TB_SHAPE(1, 8, 3));
    expect_shape(tb_graph_matmul(&graph, "x", x, x, true), TB_SHAPE(1, 9, 8, 8));
    tb_value row = tb_graph_weights(&graph, "row", NULL, TB_SHAPE(8, 1), (tb_spread){0, 1});
    expect_shape(tb_graph_mul(&graph, "b", x, row), TB_SHAPE(1, 9, 8, 3));
    tb_value parts[3];
    tb_graph_split(&graph, "parts", x, 1, 3, parts);
    expect_shape(parts[2], TB_SHAPE(1, 3, 8, 3));
    tb_value slices[9];
    tb_graph_unpack(&graph, "slices", x, 1, 9, slices);
    expect_shape(slices[8], TB_SHAPE(1, 8, 3));
    cr_expect_eq(draft.error.status, TB_OK, "%s", draft.error.text);
}

Test(graph, what_does_not_fit_is_refused_once)
{
    tb_value x = image(4, 4, 3);
    cr_expect_eq(tb_graph_matmul(&graph, "product", x, x, false), -1);
    cr_expect_eq(draft.error.status, TB_USAGE);
    cr_expect_str_eq(
        draft.error.text,
        "build network: layer 'product' multiplies matrices whose sizes do not go together");
    cr_expect_eq(tb_graph_conv(&graph, "later", x, (tb_conv){.filters = 1}), -1);
    cr_expect_not_null(strstr(draft.error.text, "product"));
}

Test(graph, a_window_that_is_too_large_is_refused)
{
    tb_value x = image(2, 2, 3);
    tb_conv conv = {.filters = 4, .kernel = 5, .padding = TB_VALID};
    cr_expect_eq(tb_graph_conv(&graph, "wide", x, conv), -1);
    cr_expect_str_eq(draft.error.text, "build network: dimension 1 of 'wide' would be -2");
}

/* What one layer draws does not depend on what others there are. */
Test(graph, weights_follow_from_seed_and_name_alone)
{
    tb_value x = image(4, 4, 3);
    tb_graph_conv(&graph, "first", x, (tb_conv){.filters = 4, .kernel = 3});
    tb_graph_conv(&graph, "second", x, (tb_conv){.filters = 4, .kernel = 3});
    tb_draft other;
    tb_graph alone;
    tb_draft_init(&other, NULL);
    tb_graph_begin(&alone, &other, 1);
    tb_value y = tb_graph_input(&alone, "image", TB_SHAPE(1, 4, 4, 3), (tb_spread){0, 1});
    tb_graph_conv(&alone, "second", y, (tb_conv){.filters = 4, .kernel = 3});
    const tb_draft_subgraph *both = &draft.subgraphs[0], *one = &other.subgraphs[0];
    const tb_draft_buffer *a = &draft.buffers[both->tensors[both->ops[1].inputs.items[1]].buffer];
    const tb_draft_buffer *b = &other.buffers[one->tensors[one->ops[0].inputs.items[1]].buffer];
    const tb_draft_buffer *c = &draft.buffers[both->tensors[both->ops[0].inputs.items[1]].buffer];
    cr_assert_eq(a->size, b->size);
    cr_expect_eq(memcmp(a->data, b->data, a->size), 0);
    cr_expect_neq(memcmp(a->data, c->data, a->size), 0);
    tb_draft_free(&other);
}

Test(noise, bell_shaped_numbers_have_mean_0_and_deviation_1)
{
    tb_noise noise = tb_noise_stream(7, "bell");
    double sum = 0, squares = 0, largest = 0;
    enum { COUNT = 100000 };
    for (int i = 0; i < COUNT; i++) {
        double value = (double)tb_noise_bell(&noise);
        sum += value;
        squares += value * value;
        largest = fmax(largest, fabs(value));
    }
    cr_expect_lt(fabs(sum / COUNT), 0.01);
    cr_expect_lt(fabs(squares / COUNT - 1), 0.01);
    cr_expect_lt(largest, 3.47);
    cr_expect_gt(largest, 3);
}

/* The published first outputs of SplitMix64 from state 0 come second here: a stream skips one. */
Test(noise, the_generator_is_the_published_one)
{
    tb_noise noise = {0};
    cr_expect_eq(tb_noise_u64(&noise), UINT64_C(0xe220a8397b1dcdaf));
    cr_expect_eq(tb_noise_u64(&noise), UINT64_C(0x6e789e6aa1b965f4));
}
