/*
 * make_model FILE: the model that client.c runs, with signature "add" (subgraph 0: sum = a + b, of any
 * length) and signature "count" (subgraph 1: a variable counted up by the custom operator "Count").
 * make_model FILE count: the second alone, as the primary subgraph.
 * make_model FILE behind OFFSET: y = x + c, where c's bytes lie at this offset of the file, behind a hole;
 * exits with 3 where the disk does not take it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"

static int tensor(tb_draft *draft, int subgraph, const char *name, bool open, bool variable)
{
    tb_draft_tensor t = {.name = name,
                         .type = kTfLiteFloat32,
                         .rank = 2,
                         .shape = (int32_t[]){1, open ? 1 : 2},
                         .shape_signature = open ? (int32_t[]){1, -1} : NULL,
                         .is_variable = variable,
                         .has_rank = true};
    return tb_draft_tensor_add(draft, subgraph, &t);
}

static void add_sum(tb_draft *draft)
{
    int add = tb_draft_subgraph_add(draft, "add");
    int a = tensor(draft, add, "a", true, false), b = tensor(draft, add, "b", true, false);
    int sum = tensor(draft, add, "sum", true, false);
    tb_draft_op op = {.code = kTfLiteBuiltinAdd,
                      .version = 1,
                      .inputs = TB_INTS(a, b),
                      .outputs = TB_INTS(sum),
                      .options = {.table = TB_OPTIONS_add}};
    tb_draft_op_add(draft, add, &op);
    tb_draft_inputs_set(draft, add, TB_INTS(a, b));
    tb_draft_outputs_set(draft, add, TB_INTS(sum));
    tb_draft_signature_add(draft, add, "add");
}

static void add_count(tb_draft *draft)
{
    int count = tb_draft_subgraph_add(draft, "count");
    int step = tensor(draft, count, "step", false, false);
    int state = tensor(draft, count, "state", false, true);
    int value = tensor(draft, count, "value", false, false);
    tb_draft_op counter = {.code = kTfLiteBuiltinCustom,
                           .custom_code = "Count",
                           .version = 1,
                           .inputs = TB_INTS(step, state),
                           .outputs = TB_INTS(value)};
    tb_draft_op_add(draft, count, &counter);
    tb_draft_inputs_set(draft, count, TB_INTS(step));
    tb_draft_outputs_set(draft, count, TB_INTS(value));
    tb_draft_signature_add(draft, count, "count");
}

/* c is 1, 2, 3, 4. */
static void add_behind(tb_draft *draft, uint64_t offset)
{
    int32_t shape[] = {4};
    tb_draft_subgraph_add(draft, "main");
    int buffer = tb_draft_buffer_add(draft, NULL, 0);
    if (buffer < 0)
        return;
    draft->buffers[buffer].offset = offset;
    draft->buffers[buffer].size = 4 * sizeof(float);
    tb_draft_tensor t = {
        .name = "x", .type = kTfLiteFloat32, .rank = 1, .shape = shape, .has_rank = true};
    int x = tb_draft_tensor_add(draft, 0, &t);
    t.name = "c";
    t.buffer = (uint32_t)buffer;
    int c = tb_draft_tensor_add(draft, 0, &t);
    t.name = "y";
    t.buffer = 0;
    int y = tb_draft_tensor_add(draft, 0, &t);
    tb_draft_op op = {.code = kTfLiteBuiltinAdd,
                      .version = 1,
                      .inputs = TB_INTS(x, c),
                      .outputs = TB_INTS(y),
                      .options = {.table = TB_OPTIONS_add}};
    tb_draft_op_add(draft, 0, &op);
    tb_draft_inputs_set(draft, 0, TB_INTS(x));
    tb_draft_outputs_set(draft, 0, TB_INTS(y));
}

static bool put_behind(const char *path, uint64_t offset)
{
    static const float values[] = {1, 2, 3, 4};
    FILE *file = fopen(path, "r+b");
    bool done = file && fseeko(file, (off_t)offset, SEEK_SET) == 0 &&
                fwrite(values, sizeof values, 1, file) == 1;
    if (file)
        done &= fclose(file) == 0;
    return done;
}

int main(int argc, char **argv)
{
    bool alone = argc == 3 && strcmp(argv[2], "count") == 0;
    bool behind = argc == 4 && strcmp(argv[2], "behind") == 0;
    uint64_t offset = behind ? strtoull(argv[3], NULL, 10) : 0;
    if (argc != 2 && !alone && !behind) {
        fprintf(stderr, "usage: make_model FILE [count | behind OFFSET]\n");
        return 2;
    }
    tb_draft draft;
    tb_draft_init(&draft, alone ? "count" : "two signatures");
    if (behind)
        add_behind(&draft, offset);
    if (argc == 2)
        add_sum(&draft);
    if (!behind)
        add_count(&draft);
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes = NULL;
    size_t size = 0;
    tb_status status = tb_draft_write(&draft, &err, &bytes, &size);
    if (status == TB_OK)
        status = tb_model_bytes_save(argv[1], bytes, size, &err);
    if (status != TB_OK)
        fprintf(stderr, "%s\n", err.text);
    free(bytes);
    tb_draft_free(&draft);
    if (status == TB_OK && behind && !put_behind(argv[1], offset))
        return 3;
    return status != TB_OK;
}
