/*
 * Hash tables as resources, from int64 to string or back: HASHTABLE, HASHTABLE_IMPORT (the first
 * import is the only one), HASHTABLE_FIND, HASHTABLE_SIZE. Entries are kept sorted by key.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/ops/handle.h"
#include "runtime/ops/strings.h"

static const char table_kind[] = "hash table";

/* One of key and value is the number, the other the text. */
typedef struct entry {
    int64_t number;
    const char *text;
    size_t length;
    size_t order; /* of import: the first of equal keys counts */
} entry;

typedef struct table {
    tb_resource resource;
    tb_memory_count *memory;
    TfLiteType key;
    TfLiteType value;
    bool is_filled;
    entry *entries;
    char *texts;
    size_t count;
    size_t bytes; /* counted */
} table;

static void destroy(tb_resource *resource)
{
    table *t = (table *)resource;
    tb_memory_give(t->memory, TB_MEMORY_KERNEL, t->bytes);
    free(t->entries);
    free(t->texts);
    free(t);
}

static bool types_fit(TfLiteType key, TfLiteType value)
{
    return (key == kTfLiteInt64 && value == kTfLiteString) ||
           (key == kTfLiteString && value == kTfLiteInt64);
}

static TfLiteStatus check_types(TfLiteContext *context, TfLiteType key, TfLiteType value)
{
    if (types_fit(key, value))
        return kTfLiteOk;
    return tb_op_fail(context, "maps %s to %s, expected INT64 to STRING or STRING to INT64",
                      TfLiteTypeGetName(key), TfLiteTypeGetName(value));
}

/* The handle is input 0, a vector of one element. */
static TfLiteStatus check_handle(TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteTensor *handle;
    TB_OP_TRY(tb_op_get_input(context, node, 0, "resource", &handle));
    TB_OP_TRY(tb_op_check_rank(context, handle, "resource", 1, 1));
    return tb_handle_check(context, handle, TB_TYPE_BIT(kTfLiteResource));
}

static TfLiteStatus find_table(TfLiteContext *context, const TfLiteNode *node, table **out)
{
    tb_resource *found;
    int32_t id;
    TB_OP_TRY(tb_handle_read(context, tb_op_input(context, node, 0), &id));
    TB_OP_TRY(tb_handle_find(context, id, table_kind, &found));
    *out = (table *)found;
    return found ? kTfLiteOk : tb_op_fail(context, "there is no hash table %d", id);
}

static TfLiteStatus check_table(TfLiteContext *context, const table *t, TfLiteType key,
                                TfLiteType value)
{
    if (t->key == key && t->value == value)
        return kTfLiteOk;
    return tb_op_fail(context, "maps %s to %s, the table %s to %s", TfLiteTypeGetName(key),
                      TfLiteTypeGetName(value), TfLiteTypeGetName(t->key),
                      TfLiteTypeGetName(t->value));
}

/* ---- HASHTABLE --------------------------------------------------------------------------------- */

static TfLiteStatus prepare_table(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteHashtableParams *options = node->builtin_data;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 0, 0));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteResource)));
    TB_OP_TRY(check_types(context, options->key_dtype, options->value_dtype));
    tb_handle_place(output);
    return tb_op_resize(context, output, 1, (int[]){1});
}

static TfLiteStatus invoke_table(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteHashtableParams *options = node->builtin_data;
    tb_resource *found;
    TB_OP_TRY(tb_handle_write(context, tb_op_output(context, node, 0), options->table_id));
    TB_OP_TRY(tb_handle_find(context, options->table_id, table_kind, &found));
    if (found)
        return kTfLiteOk;
    table *t = calloc(1, sizeof *t);
    if (!t)
        return tb_op_fail(context, "no memory for hash table %d", options->table_id);
    *t = (table){.resource = {table_kind, destroy},
                 .memory = tb_op_memory_count(context),
                 .key = options->key_dtype,
                 .value = options->value_dtype};
    if (!tb_resources_put_take(tb_op_resources(context), options->table_id, &t->resource)) {
        destroy(&t->resource);
        return tb_op_fail(context, "cannot keep a hash table %d", options->table_id);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_hashtable = {.prepare = prepare_table, .invoke = invoke_table};

/* ---- order of entries -------------------------------------------------------------------------- */

static int compare_numbers(const entry *a, const entry *b)
{
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_texts(const entry *a, const entry *b)
{
    size_t common = TB_MIN(a->length, b->length);
    int by_bytes = common ? memcmp(a->text, b->text, common) : 0;
    return by_bytes ? by_bytes : (a->length > b->length) - (a->length < b->length);
}

static int by_order(int by_key, const entry *a, const entry *b)
{
    return by_key ? by_key : (a->order > b->order) - (a->order < b->order);
}

static int sort_by_number(const void *a, const void *b)
{
    return by_order(compare_numbers(a, b), a, b);
}

static int sort_by_text(const void *a, const void *b)
{
    return by_order(compare_texts(a, b), a, b);
}

static int compare_keys(const table *t, const entry *a, const entry *b)
{
    return t->key == kTfLiteInt64 ? compare_numbers(a, b) : compare_texts(a, b);
}

static const entry *find_entry(const table *t, const entry *key)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_keys(t, &t->entries[middle], key);
        if (order == 0)
            return &t->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- HASHTABLE_IMPORT -------------------------------------------------------------------------- */

static TfLiteStatus prepare_import(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *keys, *values;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 0));
    TB_OP_TRY(check_handle(context, node));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "keys", &keys));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "values", &values));
    TB_OP_TRY(check_types(context, keys->type, values->type));
    if (!tb_same_shape(keys, values))
        return tb_op_fail(context, "keys and values have different shapes");
    return kTfLiteOk;
}

static TfLiteStatus allocate_entries(TfLiteContext *context, table *t, size_t count,
                                     size_t text_bytes)
{
    size_t bytes;
    if (!tb_mul_size(count, sizeof(entry), &bytes) || !tb_add_size(bytes, text_bytes, &bytes) ||
        !tb_memory_take(t->memory, TB_MEMORY_KERNEL, bytes))
        return tb_op_fail(context, "a table of %zu entries passes the memory limit", count);
    t->bytes += bytes;
    t->entries = calloc(count + 1, sizeof(entry));
    t->texts = malloc(text_bytes + 1);
    if (!t->entries || !t->texts)
        return tb_op_fail(context, "no memory for a table of %zu entries", count);
    return kTfLiteOk;
}

static TfLiteStatus invoke_import(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *keys = tb_op_input(context, node, 1);
    const TfLiteTensor *values = tb_op_input(context, node, 2);
    table *t;
    TB_OP_TRY(find_table(context, node, &t));
    TB_OP_TRY(check_table(context, t, keys->type, values->type));
    if (t->is_filled)
        return kTfLiteOk;
    bool key_is_text = t->key == kTfLiteString;
    const TfLiteTensor *texts = key_is_text ? keys : values;
    const TfLiteTensor *numbers = key_is_text ? values : keys;
    tb_strings strings;
    TB_OP_TRY(tb_strings_open(context, texts, key_is_text ? "keys" : "values", &strings));
    if (!t->entries)
        TB_OP_TRY(allocate_entries(context, t, strings.count, texts->bytes));
    char *to = t->texts;
    for (size_t i = 0; i < strings.count; i++) {
        entry *e = &t->entries[i];
        const char *text = tb_strings_get(&strings, i, &e->length);
        e->number = numbers->data.i64[i];
        e->order = i;
        e->text = to;
        if (e->length > 0)
            memcpy(to, text, e->length);
        to += e->length;
    }
    qsort(t->entries, strings.count, sizeof *t->entries,
          key_is_text ? sort_by_text : sort_by_number);
    for (size_t i = 0; i < strings.count; i++)
        if (t->count == 0 || compare_keys(t, &t->entries[t->count - 1], &t->entries[i]) != 0)
            t->entries[t->count++] = t->entries[i];
    t->is_filled = true;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_hashtable_import = {.prepare = prepare_import,
                                                   .invoke = invoke_import};

/* ---- HASHTABLE_FIND ---------------------------------------------------------------------------- */

static TfLiteStatus prepare_find(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *keys, *fallback;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(check_handle(context, node));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "keys", &keys));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "default value", &fallback));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_same_type(context, fallback, "default value", output, "output"));
    TB_OP_TRY(check_types(context, keys->type, output->type));
    if (tb_tensor_elements(fallback) < 1)
        return tb_op_fail(context, "the default value is empty");
    return tb_op_resize_like(context, output, keys);
}

typedef struct find_texts {
    const table *table;
    const int64_t *keys;
    tb_strings fallback;
} find_texts;

static const char *found_text(const void *context, size_t i, size_t *length)
{
    const find_texts *f = context;
    const entry *e = find_entry(f->table, &(entry){.number = f->keys[i]});
    if (!e)
        return tb_strings_get(&f->fallback, 0, length);
    *length = e->length;
    return e->text;
}

static TfLiteStatus invoke_find(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *keys = tb_op_input(context, node, 1);
    const TfLiteTensor *fallback = tb_op_input(context, node, 2);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    table *t;
    TB_OP_TRY(find_table(context, node, &t));
    TB_OP_TRY(check_table(context, t, keys->type, output->type));
    if (!t->is_filled)
        return tb_op_fail(context, "looks into a hash table that nothing was imported into");
    size_t count = tb_count(keys);
    if (t->key == kTfLiteInt64) {
        find_texts f = {.table = t, .keys = keys->data.i64};
        TB_OP_TRY(tb_strings_open(context, fallback, "default value", &f.fallback));
        return tb_strings_write(context, output, count, (tb_string_source){found_text, &f});
    }
    tb_strings strings;
    TB_OP_TRY(tb_strings_open(context, keys, "keys", &strings));
    for (size_t i = 0; i < strings.count; i++) {
        entry key = {0};
        key.text = tb_strings_get(&strings, i, &key.length);
        const entry *e = find_entry(t, &key);
        output->data.i64[i] = e ? e->number : fallback->data.i64[0];
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_hashtable_find = {.prepare = prepare_find, .invoke = invoke_find};

/* ---- HASHTABLE_SIZE ---------------------------------------------------------------------------- */

static TfLiteStatus prepare_size(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(check_handle(context, node));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteInt64)));
    return tb_op_resize(context, output, 1, (int[]){1});
}

static TfLiteStatus invoke_size(TfLiteContext *context, TfLiteNode *node)
{
    table *t;
    TB_OP_TRY(find_table(context, node, &t));
    tb_op_output(context, node, 0)->data.i64[0] = (int64_t)t->count;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_hashtable_size = {.prepare = prepare_size, .invoke = invoke_size};
