/* Operators that call subgraphs or keep something between calls: IF, WHILE, hash tables, variables. */
#include <criterion/criterion.h>

#include "tests/unit/runtime/op_harness.h"

/* ---- drafts ------------------------------------------------------------------------------------ */

static int tensor(tb_draft *draft, int subgraph, const char *name, TfLiteType type,
                  tb_int_list shape)
{
    return tb_draft_tensor_add(draft, subgraph,
                               &(tb_draft_tensor){.name = name,
                                                  .type = type,
                                                  .rank = (int)shape.count,
                                                  .shape = shape.items,
                                                  .has_rank = true});
}

static int constant(tb_draft *draft, int subgraph, TfLiteType type, tb_int_list shape,
                    const void *data, size_t bytes)
{
    int buffer = tb_draft_buffer_add(draft, data, bytes);
    return tb_draft_tensor_add(draft, subgraph,
                               &(tb_draft_tensor){.name = "constant",
                                                  .type = type,
                                                  .rank = (int)shape.count,
                                                  .shape = shape.items,
                                                  .buffer = (uint32_t)buffer,
                                                  .has_rank = true});
}

static void node(tb_draft *draft, int subgraph, TfLiteBuiltinOperator code, tb_op_options options,
                 tb_int_list inputs, tb_int_list outputs)
{
    tb_draft_op_add(
        draft, subgraph,
        &(tb_draft_op){.code = code, .inputs = inputs, .outputs = outputs, .options = options});
}

static void edges(tb_draft *draft, int subgraph, tb_int_list inputs, tb_int_list outputs)
{
    tb_draft_inputs_set(draft, subgraph, inputs);
    tb_draft_outputs_set(draft, subgraph, outputs);
}

static const int32_t zero = 0, one = 1, two = 2;

/* A subgraph x -> x (code) value, all of them one int32. */
static void scalar_function(tb_draft *draft, const char *name, TfLiteBuiltinOperator code,
                            tb_op_options options, const int32_t *value, TfLiteType result)
{
    int g = tb_draft_subgraph_add(draft, name);
    int x = tensor(draft, g, "x", kTfLiteInt32, TB_INTS(1));
    int v = constant(draft, g, kTfLiteInt32, TB_INTS(1), value, sizeof *value);
    int y = tensor(draft, g, "y", result, TB_INTS(1));
    node(draft, g, code, options, TB_INTS(x, v), TB_INTS(y));
    edges(draft, g, TB_INTS(x), TB_INTS(y));
}

/* ---- IF ---------------------------------------------------------------------------------------- */

/* condition ? x + 1 : x - 2 */
static void branch(tb_draft *draft, int then_branch, int else_branch)
{
    tb_draft_init(draft, "if");
    int g = tb_draft_subgraph_add(draft, "main");
    int c = tensor(draft, g, "c", kTfLiteBool, TB_INTS(1));
    int x = tensor(draft, g, "x", kTfLiteInt32, TB_INTS(1));
    int y = tensor(draft, g, "y", kTfLiteInt32, TB_INTS(1));
    node(draft, g, kTfLiteBuiltinIf,
         TB_OPTIONS_WITH(if, TB_OPT_INT(if, then_subgraph_index, then_branch),
                         TB_OPT_INT(if, else_subgraph_index, else_branch)),
         TB_INTS(c, x), TB_INTS(y));
    edges(draft, g, TB_INTS(c, x), TB_INTS(y));
    scalar_function(draft, "then", kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add), &one, kTfLiteInt32);
    scalar_function(draft, "else", kTfLiteBuiltinSub, TB_OPTIONS_DEFAULT(sub), &two, kTfLiteInt32);
}

Test(ops_control, if_runs_one_of_its_branches)
{
    tb_draft draft;
    op_run run;
    branch(&draft, 1, 2);
    op_open_draft(&run, &draft, 0);
    op_set(&run, 0, (uint8_t[]){1}, 1);
    op_set(&run, 1, (int32_t[]){10}, 4);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(1), TB_LONGS(11));
    op_set(&run, 0, (uint8_t[]){0}, 1);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(1), TB_LONGS(8));
    op_close(&run);
}

Test(ops_control, branches_that_are_not_there)
{
    const int broken[][2] = {{1, 3}, {-1, 2}, {0, 1}, {INT32_MAX, 1}};
    for (int i = 0; i < 4; i++) {
        tb_draft draft;
        op_run run;
        branch(&draft, broken[i][0], broken[i][1]);
        op_open_draft(&run, &draft, 0);
        op_expect_refused(&run, "subgraph");
        op_close(&run);
    }
}

/* ---- WHILE ------------------------------------------------------------------------------------- */

/* while (x < 2^n) x = x * 2 or x + 0 */
static void loop(tb_draft *draft, const int32_t *bound, bool ends)
{
    tb_draft_init(draft, "while");
    int g = tb_draft_subgraph_add(draft, "main");
    int x = tensor(draft, g, "x", kTfLiteInt32, TB_INTS(1));
    int y = tensor(draft, g, "y", kTfLiteInt32, TB_INTS(1));
    node(draft, g, kTfLiteBuiltinWhile,
         TB_OPTIONS_WITH(while, TB_OPT_INT(while, cond_subgraph_index, 1),
                         TB_OPT_INT(while, body_subgraph_index, 2)),
         TB_INTS(x), TB_INTS(y));
    edges(draft, g, TB_INTS(x), TB_INTS(y));
    scalar_function(draft, "condition", kTfLiteBuiltinLess, TB_OPTIONS_DEFAULT(LessOptions), bound,
                    kTfLiteBool);
    if (ends)
        scalar_function(draft, "body", kTfLiteBuiltinMul, TB_OPTIONS_DEFAULT(mul), &two,
                        kTfLiteInt32);
    else
        scalar_function(draft, "body", kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add), &zero,
                        kTfLiteInt32);
}

Test(ops_control, while_goes_on_until_its_condition_fails)
{
    const int32_t bound = 100;
    tb_draft draft;
    op_run run;
    loop(&draft, &bound, true);
    op_open_draft(&run, &draft, 0);
    op_set(&run, 0, (int32_t[]){3}, 4);
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(1), TB_LONGS(192));
    op_set(&run, 0, (int32_t[]){100}, 4); /* not once */
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(1), TB_LONGS(100));
    op_close(&run);
}

Test(ops_control, a_loop_without_an_end_runs_out_of_time)
{
    const int32_t bound = 100;
    tb_draft draft;
    op_run run;
    loop(&draft, &bound, false);
    op_open_draft(&run, &draft, 20000000);
    op_set(&run, 0, (int32_t[]){3}, 4);
    op_invoke(&run);
    op_expect_refused(&run, "time");
    op_close(&run);
}

/* ---- hash tables ------------------------------------------------------------------------------- */

/* keys, values -> HASHTABLE_IMPORT; queries, default -> HASHTABLE_FIND; the size. */
static void hashtable(tb_draft *draft, bool imports)
{
    static const int64_t otherwise = -1;
    tb_draft_init(draft, "hash table");
    int g = tb_draft_subgraph_add(draft, "main");
    int handle = tensor(draft, g, "handle", kTfLiteResource, TB_INTS(1));
    int keys = tensor(draft, g, "keys", kTfLiteString, TB_INTS(2));
    int values = tensor(draft, g, "values", kTfLiteInt64, TB_INTS(2));
    int queries = tensor(draft, g, "queries", kTfLiteString, TB_INTS(3));
    int fallback = constant(draft, g, kTfLiteInt64, TB_INTS(1), &otherwise, sizeof otherwise);
    int found = tensor(draft, g, "found", kTfLiteInt64, TB_INTS(3));
    int size = tensor(draft, g, "size", kTfLiteInt64, TB_INTS(1));
    node(draft, g, kTfLiteBuiltinHashtable,
         TB_OPTIONS_WITH(hashtable, TB_OPT_INT(hashtable, table_id, 7),
                         TB_OPT_INT(hashtable, key_dtype, 5),
                         TB_OPT_INT(hashtable, value_dtype, 4)),
         (tb_int_list){0, NULL}, TB_INTS(handle));
    if (imports)
        node(draft, g, kTfLiteBuiltinHashtableImport, TB_OPTIONS_DEFAULT(HashtableImportOptions),
             TB_INTS(handle, keys, values), (tb_int_list){0, NULL});
    node(draft, g, kTfLiteBuiltinHashtableFind, TB_OPTIONS_DEFAULT(HashtableFindOptions),
         TB_INTS(handle, queries, fallback), TB_INTS(found));
    node(draft, g, kTfLiteBuiltinHashtableSize, TB_OPTIONS_DEFAULT(HashtableSizeOptions),
         TB_INTS(handle), TB_INTS(size));
    edges(draft, g, TB_INTS(keys, values, queries), TB_INTS(found, size));
}

#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(ops_control, a_hash_table_finds_what_was_imported)
{
    tb_draft draft;
    op_run run;
    hashtable(&draft, true);
    op_open_draft(&run, &draft, 0);
    op_set_strings(&run, 0, STRINGS("one", "two"));
    op_set(&run, 1, (int64_t[]){1, 2}, 16);
    op_set_strings(&run, 2, STRINGS("two", "three", "one"));
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(2, -1, 1));
    op_expect_ints(&run, 1, TB_INTS(1), TB_LONGS(2));
    op_set(&run, 1, (int64_t[]){5, 6}, 16); /* filled once */
    op_invoke(&run);
    op_expect_ints(&run, 0, TB_INTS(3), TB_LONGS(2, -1, 1));
    op_close(&run);
}

Test(ops_control, a_hash_table_without_entries)
{
    tb_draft draft;
    op_run run;
    hashtable(&draft, false);
    op_open_draft(&run, &draft, 0);
    op_set_strings(&run, 0, STRINGS("", ""));
    op_set_strings(&run, 2, STRINGS("", "", ""));
    op_invoke(&run);
    op_expect_refused(&run, "nothing was imported");
    op_close(&run);
}

/* ---- variables --------------------------------------------------------------------------------- */

/* state += x, and the state; READ_VARIABLE alone with `assigns` false. */
static void counter(tb_draft *draft, bool assigns)
{
    tb_draft_init(draft, "variable");
    int g = tb_draft_subgraph_add(draft, "main");
    int x = tensor(draft, g, "x", kTfLiteFloat32, TB_INTS(2));
    int handle = tensor(draft, g, "handle", kTfLiteResource, TB_INTS(1));
    int y = tensor(draft, g, "y", kTfLiteFloat32, TB_INTS(2));
    node(draft, g, kTfLiteBuiltinVarHandle,
         TB_OPTIONS_WITH(var_handle, TB_OPT_TEXT(var_handle, shared_name, "v")),
         (tb_int_list){0, NULL}, TB_INTS(handle));
    if (assigns)
        node(draft, g, kTfLiteBuiltinAssignVariable, TB_OPTIONS_DEFAULT(AssignVariableOptions),
             TB_INTS(handle, x), (tb_int_list){0, NULL});
    node(draft, g, kTfLiteBuiltinReadVariable, TB_OPTIONS_DEFAULT(ReadVariableOptions),
         TB_INTS(handle), TB_INTS(y));
    edges(draft, g, TB_INTS(x), TB_INTS(y));
}

Test(ops_control, a_variable_is_what_was_assigned)
{
    tb_draft draft;
    op_run run;
    counter(&draft, true);
    op_open_draft(&run, &draft, 0);
    op_set(&run, 0, (float[]){1, 2}, 8);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(2), TB_FLOATS(1, 2));
    op_close(&run);
    counter(&draft, false);
    op_open_draft(&run, &draft, 0);
    op_set(&run, 0, (float[]){1, 2}, 8);
    op_invoke(&run);
    op_expect_refused(&run, "");
    op_close(&run);
}
