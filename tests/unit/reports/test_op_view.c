/* Lines of ops: nothing is counted twice, nothing is lost. */
#include <criterion/criterion.h>
#include <string.h>

#include "reports/op_view.h"
#include "runtime/base/size.h"

static tb_op_view view_of(tb_op_row *rows, size_t count, tb_pool *pool)
{
    tb_error err = TB_ERROR_NONE;
    const tb_ops ops = {.items = rows, .count = count};
    tb_op_view view;
    cr_assert_eq(tb_op_view_make(&ops, pool, &err, &view), TB_OK, "%s", err.text);
    return view;
}

#define NODE(number, name, ns, ...)            \
    {                                          \
        .op = {.kind = "node",                 \
               .subgraph = {0, true},          \
               .node = {number, true},         \
               .op = name,                     \
               .bytes = {100, true},           \
               __VA_ARGS__},                   \
        .time = {.median_ns = {ns, (ns) > 0}}, \
    }

Test(op_view, portable_nodes_are_lines)
{
    tb_op_row rows[] = {NODE(1, "ADD", 20, .reason = "shape"),
                        NODE(0, "CONV_2D", 80, .delegate = NULL)};
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, 2, pool);
    cr_assert_eq(view.count, 2);
    cr_expect_str_eq(view.lines[0].op, "CONV_2D");
    cr_expect_str_eq(view.lines[0].nodes, "0");
    cr_expect_str_eq(view.lines[1].reason, "shape");
    cr_expect_eq(view.total_ns, 100);
    tb_pool_free(pool);
}

/* A kernel over nodes 0 to 3 with two steps; node 3 has none; node 4 stays behind. */
Test(op_view, steps_speak_for_their_nodes)
{
    tb_op_row rows[] = {
        NODE(5, "tflbench_cpu", 110, .covers = "0,1,2,3", .partition = {0, true},
             .delegate = "cpu"),
        NODE(0, "CONV_2D", 0, .partition = {0, true}, .delegate = "cpu", .tensor = "a"),
        NODE(1, "RELU", 0, .partition = {0, true}, .delegate = "cpu", .tensor = "b"),
        NODE(2, "ADD", 0, .partition = {0, true}, .delegate = "cpu", .tensor = "c"),
        NODE(3, "SQUEEZE", 0, .partition = {0, true}, .delegate = "cpu", .tensor = "d"),
        NODE(4, "SOFTMAX", 7, .reason = "axis"),
        {.op = {.kind = "step", .subgraph = {0, true}, .covers = "2", .op = "add_f32"},
         .time = {.median_ns = {30, true}}},
        {.op = {.kind = "step",
                .subgraph = {0, true},
                .covers = "0,1",
                .op = "conv_f32",
                .kernel = "gemm",
                .delegate = "cpu"},
         .time = {.median_ns = {70, true}}},
    };
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, TB_COUNT_OF(rows), pool);
    static const struct {
        const char *op, *nodes, *tensor;
        double ns;
    } expected[] = {
        {"inside tflbench_cpu", NULL, NULL, 10},
        {"CONV_2D + RELU", "0,1", "b", 70},
        {"ADD", "2", "c", 30},
        {"SQUEEZE", "3", "d", 0},
        {"SOFTMAX", "4", NULL, 7},
    };
    cr_assert_eq(view.count, TB_COUNT_OF(expected));
    for (size_t i = 0; i < view.count; i++) {
        const tb_op_line *line = &view.lines[i];
        cr_expect_str_eq(line->op, expected[i].op);
        cr_expect_str_eq(line->nodes ? line->nodes : "-",
                         expected[i].nodes ? expected[i].nodes : "-");
        cr_expect_str_eq(line->tensor ? line->tensor : "-",
                         expected[i].tensor ? expected[i].tensor : "-");
        cr_expect_eq(line->median_ns.value, expected[i].ns);
        cr_expect_eq(line->median_ns.known, expected[i].ns > 0);
    }
    cr_expect_str_eq(view.lines[1].kernel, "gemm");
    cr_expect_eq(view.lines[1].bytes.value, 200);
    cr_expect_eq(view.total_ns, 117, "the kernel's 110 and the node left behind");
    tb_pool_free(pool);
}

/* Waits at the ends of a step's loops are in its time; a device's waits between steps are not. */
Test(op_view, a_wait_inside_a_step_is_not_added_again)
{
    tb_op_row rows[] = {
        NODE(1, "tflbench_cpu", 60, .covers = "0", .partition = {0, true}, .delegate = "cpu"),
        NODE(0, "CONV_2D", 0, .partition = {0, true}, .delegate = "cpu", .tensor = "a"),
        {.op = {.kind = "sync", .subgraph = {0, true}, .covers = "0", .op = "wait for threads"},
         .time = {.median_ns = {9, true}}},
        {.op = {.kind = "step", .subgraph = {0, true}, .covers = "0", .op = "conv_f32"},
         .time = {.median_ns = {40, true}}},
        {.op = {.kind = "sync", .subgraph = {0, true}, .op = "launch gap"},
         .time = {.median_ns = {5, true}}},
    };
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, TB_COUNT_OF(rows), pool);
    for (size_t i = 0; i < view.count; i++)
        cr_expect_str_neq(view.lines[i].op, "wait for threads");
    cr_expect_eq(view.total_ns, 60 + 5, "%g", view.total_ns);
    tb_pool_free(pool);
}

Test(op_view, an_opaque_kernel_is_one_line)
{
    tb_op_row rows[] = {
        NODE(2, "vendor", 90, .covers = "0,1", .partition = {0, true}),
        NODE(0, "CONV_2D", 0, .partition = {0, true}),
        NODE(1, "ADD", 0, .partition = {0, true}),
    };
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, 3, pool);
    cr_assert_eq(view.count, 3);
    cr_expect_str_eq(view.lines[0].op, "vendor");
    cr_expect_eq(view.total_ns, 90);
    tb_pool_free(pool);
}

Test(op_view, subgraphs_of_control_flow_are_not_added_again)
{
    tb_op_row rows[] = {NODE(0, "WHILE", 100, .delegate = NULL),
                        NODE(0, "ADD", 90, .delegate = NULL)};
    rows[1].op.subgraph = tb_int(1);
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, 2, pool);
    cr_expect_eq(view.count, 2);
    cr_expect_eq(view.total_ns, 100);
    tb_pool_free(pool);
}

Test(op_view, malformed_rows_do_no_harm)
{
    tb_op_row rows[] = {
        {.op = {.kind = "step", .covers = "x,1,99999999999999999999"}},
        {.op = {.kind = "step", .covers = "7,8"}, .time = {.median_ns = {5, true}}},
        {.op = {.kind = "copy"}, .time = {.median_ns = {3, true}}},
        {.op = {.kind = NULL}},
    };
    tb_pool *pool = tb_pool_create();
    tb_op_view view = view_of(rows, TB_COUNT_OF(rows), pool);
    cr_expect_eq(view.count, 4, "%zu", view.count);
    cr_expect_eq(view.total_ns, 8);
    cr_expect_eq(view_of(rows, 0, pool).count, 0);
    tb_pool_free(pool);
}
