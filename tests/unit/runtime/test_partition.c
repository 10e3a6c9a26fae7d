/* The cut: few sets, in an order that can run, borders complete; against TFLite's cases. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/partition.h"

typedef struct graph_node {
    int inputs[3];  /* -2 ends */
    int outputs[2]; /* -2 ends */
    bool wanted;
    bool side_effect;
    bool barrier;
} graph_node;

static TfLiteIntArray *list(const int *items, int most)
{
    int count = 0;
    while (count < most && items[count] != -2)
        count++;
    TfLiteIntArray *array = TfLiteIntArrayCreate(count);
    for (int k = 0; k < count; k++)
        array->data[k] = items[k];
    return array;
}

typedef struct cut {
    tb_arena arena;
    tb_node_set *sets;
    int count;
} cut;

static cut partition(const graph_node *graph, int count, int tensors, const int *outputs,
                     int output_count, bool one_each)
{
    tb_part_node *nodes = calloc((size_t)count + 1, sizeof *nodes);
    for (int k = 0; k < count; k++)
        nodes[k] = (tb_part_node){k,
                                  list(graph[k].inputs, 3),
                                  list(graph[k].outputs, 2),
                                  graph[k].wanted,
                                  graph[k].side_effect,
                                  graph[k].barrier};
    cut c = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_partition(nodes, count, tensors, outputs, output_count, one_each, &c.arena,
                              &err, &c.sets, &c.count),
                 TB_OK, "%s", err.text);
    for (int k = 0; k < count; k++) {
        union {
            const TfLiteIntArray *read;
            TfLiteIntArray *own;
        } in = {nodes[k].inputs}, out = {nodes[k].outputs};
        TfLiteIntArrayFree(in.own);
        TfLiteIntArrayFree(out.own);
    }
    free(nodes);
    return c;
}

static void expect_list(const TfLiteIntArray *actual, const int *expected, int count,
                        const char *what)
{
    cr_expect(TfLiteIntArrayEqualsArray(actual, count, expected), "%s: %d entries, first %d", what,
              actual->size, actual->size ? actual->data[0] : -1);
}

#define EXPECT_LIST(actual, ...) \
    expect_list((actual), (int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int), #actual)

Test(partition, nothing_wanted_is_one_set)
{
    static const graph_node graph[] = {{{0, -2}, {1, -2}, false, false, false},
                                       {{1, -2}, {2, -2}, false, false, false}};
    cut c = partition(graph, 2, 3, (int[]){2}, 1, false);
    cr_assert_eq(c.count, 1);
    cr_expect_not(c.sets[0].wanted);
    EXPECT_LIST(c.sets[0].nodes, 0, 1);
    EXPECT_LIST(c.sets[0].inputs, 0);
    EXPECT_LIST(c.sets[0].outputs, 2);
    tb_arena_free(&c.arena);
}

Test(partition, a_hole_makes_two)
{
    static const graph_node graph[] = {{{0, -2}, {1, -2}, true, false, false},
                                       {{1, -2}, {2, -2}, false, false, false},
                                       {{2, 0, -2}, {3, -2}, true, false, false}};
    cut c = partition(graph, 3, 4, (int[]){3, 1}, 2, false);
    cr_assert_eq(c.count, 3);
    cr_expect(c.sets[0].wanted && !c.sets[1].wanted && c.sets[2].wanted);
    EXPECT_LIST(c.sets[0].outputs, 1);
    EXPECT_LIST(c.sets[2].inputs, 0, 2);
    EXPECT_LIST(c.sets[2].outputs, 3);
    tb_arena_free(&c.arena);
}

Test(partition, independent_branches_join_across_unwanted_nodes)
{
    /* 0 wanted, 1 not, 2 wanted and independent of 1: one wanted set {0, 2}. */
    static const graph_node graph[] = {{{0, -2}, {1, -2}, true, false, false},
                                       {{0, -2}, {2, -2}, false, false, false},
                                       {{1, -1, -2}, {3, -2}, true, false, false},
                                       {{2, 3, -2}, {4, -2}, true, false, false}};
    cut c = partition(graph, 4, 5, (int[]){4}, 1, false);
    cr_assert_eq(c.count, 3);
    EXPECT_LIST(c.sets[0].nodes, 0, 2);
    EXPECT_LIST(c.sets[0].outputs, 3);
    EXPECT_LIST(c.sets[1].nodes, 1);
    EXPECT_LIST(c.sets[2].nodes, 3);
    EXPECT_LIST(c.sets[2].inputs, 2, 3);
    tb_arena_free(&c.arena);
}

Test(partition, side_effects_keep_their_order)
{
    /* 1 and 2 do not depend on each other by tensors, but both have side effects. */
    static const graph_node graph[] = {{{0, -2}, {1, -2}, true, false, false},
                                       {{0, -2}, {2, -2}, false, true, false},
                                       {{1, -2}, {3, -2}, true, true, false}};
    cut c = partition(graph, 3, 4, (int[]){3}, 1, false);
    cr_assert_eq(c.count, 3);
    EXPECT_LIST(c.sets[0].nodes, 0);
    EXPECT_LIST(c.sets[1].nodes, 1);
    EXPECT_LIST(c.sets[2].nodes, 2);
    tb_arena_free(&c.arena);
}

Test(partition, nothing_passes_a_barrier)
{
    /* Without it 2 would run with 0. */
    static const graph_node graph[] = {{{0, -2}, {1, -2}, true, false, false},
                                       {{0, -2}, {2, -2}, false, false, true},
                                       {{1, -1, -2}, {3, -2}, true, false, false},
                                       {{0, -2}, {4, -2}, false, false, false}};
    cut c = partition(graph, 4, 5, (int[]){4}, 1, false);
    cr_assert_eq(c.count, 3);
    EXPECT_LIST(c.sets[0].nodes, 0);
    EXPECT_LIST(c.sets[1].nodes, 1, 3);
    EXPECT_LIST(c.sets[2].nodes, 2);
    tb_arena_free(&c.arena);
}

Test(partition, one_each_gives_every_node_a_set)
{
    static const graph_node graph[] = {{{0, -2}, {1, -2}, true, false, false},
                                       {{1, -2}, {2, -2}, true, false, false},
                                       {{2, -2}, {3, -2}, false, false, false}};
    cut c = partition(graph, 3, 4, (int[]){3}, 1, true);
    cr_expect_eq(c.count, 3);
    EXPECT_LIST(c.sets[0].outputs, 1);
    tb_arena_free(&c.arena);
}

Test(partition, an_empty_plan)
{
    cut c = partition(NULL, 0, 1, (int[]){0}, 1, false);
    cr_expect_eq(c.count, 0);
    tb_arena_free(&c.arena);
}

static uint32_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

Test(partition, random_graphs_can_run_in_the_order_given)
{
    enum { MOST = 60 };
    for (int round = 0; round < 200; round++) {
        int count = 1 + (int)draw(MOST);
        graph_node graph[MOST];
        for (int k = 0; k < count; k++) {
            graph[k] = (graph_node){{(int)draw((uint32_t)k + 1), (int)draw((uint32_t)k + 1), -2},
                                    {k + 1, -2},
                                    draw(2) == 0,
                                    draw(8) == 0,
                                    false};
        }
        cut c = partition(graph, count, count + 1, (int[]){count}, 1, false);
        bool ready[MOST + 1] = {true};
        bool given[MOST + 1] = {true}; /* seen outside its own set */
        int seen = 0, last_side_effect = -1;
        for (int s = 0; s < c.count; s++) {
            cr_assert(s == 0 || c.sets[s].wanted != c.sets[s - 1].wanted);
            for (int i = 0; i < c.sets[s].inputs->size; i++)
                cr_assert(given[c.sets[s].inputs->data[i]]);
            for (int n = 0; n < c.sets[s].nodes->size; n++) {
                int node = c.sets[s].nodes->data[n];
                cr_assert_eq(graph[node].wanted, c.sets[s].wanted);
                cr_assert(ready[graph[node].inputs[0]] && ready[graph[node].inputs[1]]);
                if (graph[node].side_effect) {
                    cr_assert_gt(node, last_side_effect);
                    last_side_effect = node;
                }
                ready[node + 1] = true;
                seen++;
            }
            for (int o = 0; o < c.sets[s].outputs->size; o++)
                given[c.sets[s].outputs->data[o]] = true;
        }
        cr_assert_eq(seen, count);
        tb_arena_free(&c.arena);
    }
}
