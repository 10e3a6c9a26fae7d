/* See pack_json.h. The form is chosen by what the values are, never by the names of members. */
#include "reports/pack_json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/pool.h"
#include "runtime/base/size.h"

#define LARGEST_EXACT 9007199254740992.0 /* 2^53 */

/* Tables inside tables: deeper ones are written as they are. */
enum { DEEPEST = 8, MOST_IN_TUPLE = 64 };

/* A column of so few different texts names them itself: their numbers are then short. */
enum { FEW_TEXTS = 64 };

typedef struct packer {
    tb_buf *out;
    tb_pool *pool;
    tb_array texts; /* const char * */
    size_t *slots;  /* index of a text + 1, by its hash */
    size_t slot_count;
    int depth;
} packer;

/* The values of one column; NULL: the row has none. */
typedef struct column {
    const char *key;
    const cJSON **cells;
} column;

static void write_value(packer *p, const cJSON *value);
static void write_column(packer *p, const cJSON *const *cells, size_t count);

/* ---- texts -------------------------------------------------------------------------------------- */

static size_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of a text, or the empty one where it belongs. */
static size_t find_slot(const packer *p, const char *text)
{
    const char *const *texts = p->texts.items;
    size_t slot = hash_of(text) & (p->slot_count - 1);
    while (p->slots[slot] && strcmp(texts[p->slots[slot] - 1], text) != 0)
        slot = (slot + 1) & (p->slot_count - 1);
    return slot;
}

static bool grow_slots(packer *p)
{
    const char *const *texts = p->texts.items;
    size_t count = p->slot_count ? 2 * p->slot_count : 1024;
    size_t *slots = tb_pool_take(p->pool, count, sizeof *slots);
    if (!slots)
        return false;
    p->slots = slots;
    p->slot_count = count;
    for (size_t k = 0; k < p->texts.count; k++)
        slots[find_slot(p, texts[k])] = k + 1;
    return true;
}

static size_t number_of_text(packer *p, const char *text)
{
    if (2 * p->texts.count >= p->slot_count && !grow_slots(p))
        return 0;
    size_t slot = find_slot(p, text);
    if (!p->slots[slot]) {
        const char **added = tb_array_push(p->pool, &p->texts);
        if (!added)
            return 0;
        *added = text;
        p->slots[slot] = p->texts.count;
    }
    return p->slots[slot] - 1;
}

/* ---- single values ------------------------------------------------------------------------------ */

static void write_text(packer *p, const char *text)
{
    tb_buf_append_char(p->out, '"');
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            tb_buf_printf(p->out, "\\%c", c);
        else if (c < 0x20)
            tb_buf_printf(p->out, "\\u%04x", (unsigned)c);
        else
            tb_buf_append_char(p->out, *at);
    }
    tb_buf_append_char(p->out, '"');
}

static bool is_whole(double value)
{
    return fabs(value) < LARGEST_EXACT && value == floor(value);
}

/* 1800000000 is 18e8. */
static void format_whole(double value, char text[32])
{
    int size = snprintf(text, 32, "%.0f", value), zeros = 0;
    while (zeros < size - 1 && text[size - 1 - zeros] == '0')
        zeros++;
    if (zeros > 2)
        snprintf(text + size - zeros, (size_t)zeros + 1, "e%d", zeros);
}

void tb_pack_figure(double value, char text[32])
{
    double lacks = 1 - fabs(value);
    int digits = 5;
    if (is_whole(value)) {
        format_whole(value, text);
        return;
    }
    if (lacks > 0 && lacks < 0.1)
        digits = 5 + (int)ceil(-log10(lacks));
    digits = digits > 17 ? 17 : digits;
    snprintf(text, 32, "%.*g", digits, value);
    double rounded = strtod(text, NULL);
    if (is_whole(rounded) && fabs(rounded) >= 1)
        format_whole(rounded, text);
}

static void write_exactly(packer *p, double value)
{
    char text[32];
    if (is_whole(value)) {
        format_whole(value, text);
    } else {
        snprintf(text, sizeof text, "%.15g", value);
        if (strtod(text, NULL) != value)
            snprintf(text, sizeof text, "%.17g", value);
    }
    tb_buf_append_text(p->out, isfinite(value) ? text : "null");
}

static void write_figure(packer *p, double value)
{
    char text[32];
    tb_pack_figure(value, text);
    tb_buf_append_text(p->out, isfinite(value) ? text : "null");
}

static void write_scalar(packer *p, const cJSON *value)
{
    if (cJSON_IsString(value))
        write_text(p, value->valuestring);
    else if (cJSON_IsNumber(value))
        write_exactly(p, value->valuedouble);
    else if (cJSON_IsRaw(value))
        tb_buf_append_text(p->out, value->valuestring);
    else
        tb_buf_append_text(p->out, cJSON_IsTrue(value)    ? "true"
                                   : cJSON_IsFalse(value) ? "false"
                                                          : "null");
}

/* ---- columns ------------------------------------------------------------------------------------ */

static void separate(packer *p, size_t k)
{
    if (k)
        tb_buf_append_char(p->out, ',');
}

static bool all_are(const cJSON *const *cells, size_t count, int type)
{
    bool any = false;
    for (size_t k = 0; k < count; k++) {
        if (!cells[k])
            continue;
        if ((cells[k]->type & 0xff) != type)
            return false;
        any = true;
    }
    return any;
}

/* Every row has the same text, number or truth value. */
static bool all_same(const cJSON *const *cells, size_t count)
{
    if (!cells[0] || cJSON_IsObject(cells[0]) || cJSON_IsArray(cells[0]))
        return false;
    for (size_t k = 1; k < count; k++)
        if (!cells[k] || !cJSON_Compare(cells[0], cells[k], true))
            return false;
    return true;
}

/* Whole numbers that are shorter as the step from the one before; the first is its own. */
static bool steps_are_shorter(const cJSON *const *cells, size_t count)
{
    double plain = 0, stepped = 0, before = 0;
    for (size_t k = 0; k < count; k++) {
        if (!cells[k] || !is_whole(cells[k]->valuedouble))
            return false;
        double value = cells[k]->valuedouble, step = value - before;
        if (!is_whole(step))
            return false;
        plain += log10(1 + fabs(value));
        stepped += log10(1 + fabs(step)) + (step < 0);
        before = value;
    }
    return stepped < plain;
}

/* The texts of a column that has few, and the number of each cell's; 0: it has many. */
static size_t few_texts(const cJSON *const *cells, size_t count, const char *few[FEW_TEXTS],
                        unsigned char *numbers)
{
    size_t distinct = 0;
    for (size_t k = 0; k < count; k++) {
        size_t at = 0;
        while (cells[k] && at < distinct && strcmp(few[at], cells[k]->valuestring) != 0)
            at++;
        if (cells[k] && at == distinct && distinct == FEW_TEXTS)
            return 0;
        if (cells[k] && at == distinct)
            few[distinct++] = cells[k]->valuestring;
        numbers[k] = (unsigned char)at;
    }
    return distinct;
}

static bool write_few_texts(packer *p, const cJSON *const *cells, size_t count)
{
    const char *few[FEW_TEXTS];
    unsigned char *numbers = tb_pool_take(p->pool, count, 1);
    size_t distinct = numbers ? few_texts(cells, count, few, numbers) : 0;
    if (!distinct)
        return false;
    tb_buf_append_text(p->out, "{\"$few\":[");
    for (size_t k = 0; k < distinct; k++) {
        separate(p, k);
        write_text(p, few[k]);
    }
    tb_buf_append_text(p->out, "],\"at\":[");
    for (size_t k = 0; k < count; k++) {
        separate(p, k);
        tb_buf_printf(p->out, "%d", cells[k] ? numbers[k] : -1);
    }
    tb_buf_append_text(p->out, "]}");
    return true;
}

static void write_texts(packer *p, const cJSON *const *cells, size_t count)
{
    if (write_few_texts(p, cells, count))
        return;
    tb_buf_append_text(p->out, "{\"$texts\":[");
    for (size_t k = 0; k < count; k++) {
        separate(p, k);
        if (cells[k])
            tb_buf_printf(p->out, "%zu", number_of_text(p, cells[k]->valuestring));
        else
            tb_buf_append_text(p->out, "-1");
    }
    tb_buf_append_text(p->out, "]}");
}

static void write_numbers(packer *p, const cJSON *const *cells, size_t count)
{
    bool steps = steps_are_shorter(cells, count);
    double before = 0;
    tb_buf_append_text(p->out, steps ? "{\"$steps\":[" : "[");
    for (size_t k = 0; k < count; k++) {
        separate(p, k);
        if (!cells[k])
            tb_buf_append_text(p->out, "null");
        else
            write_figure(p, cells[k]->valuedouble - before);
        before = steps ? cells[k]->valuedouble : 0;
    }
    tb_buf_append_text(p->out, steps ? "]}" : "]");
}

static void write_mixed(packer *p, const cJSON *const *cells, size_t count)
{
    tb_buf_append_char(p->out, '[');
    for (size_t k = 0; k < count; k++) {
        separate(p, k);
        if (cells[k])
            write_value(p, cells[k]);
        else
            tb_buf_append_text(p->out, "null");
    }
    tb_buf_append_char(p->out, ']');
}

/* The items of all lists, one after the other, and how many each has. */
static void write_lists(packer *p, const cJSON *const *cells, size_t count)
{
    size_t items = 0, at = 0;
    const char *comma = "";
    tb_buf_append_text(p->out, "{\"$lists\":[");
    for (size_t k = 0; k < count; k++) {
        int size = cells[k] ? cJSON_GetArraySize(cells[k]) : -1;
        tb_buf_printf(p->out, "%s%d", comma, size);
        comma = ",";
        items += size > 0 ? (size_t)size : 0;
    }
    tb_buf_append_text(p->out, "],\"of\":");
    const cJSON **all = tb_pool_take(p->pool, items + 1, sizeof *all);
    for (size_t k = 0; all && k < count; k++)
        for (const cJSON *item = cells[k] ? cells[k]->child : NULL; item; item = item->next)
            all[at++] = cJSON_IsNull(item) ? NULL : item;
    if (all && items)
        write_column(p, all, items);
    else
        tb_buf_append_text(p->out, "[]");
    tb_buf_append_char(p->out, '}');
}

/* Finds or adds a column; rows mostly have their members in one order, so <guess> is mostly it. */
static column *column_of(packer *p, tb_array *columns, const char *key, size_t guess, size_t count)
{
    column *items = columns->items;
    if (guess < columns->count && strcmp(items[guess].key, key) == 0)
        return &items[guess];
    for (size_t k = 0; k < columns->count; k++)
        if (strcmp(items[k].key, key) == 0)
            return &items[k];
    const cJSON **cells = tb_pool_take(p->pool, count, sizeof *cells);
    column *added = cells ? tb_array_push(p->pool, columns) : NULL;
    if (added)
        *added = (column){key, cells};
    return added;
}

/* The members of many objects as {"name":column,...}. */
static void write_members(packer *p, const cJSON *const *objects, size_t count)
{
    tb_array columns = {.item_size = sizeof(column)};
    for (size_t k = 0; k < count; k++) {
        size_t guess = 0;
        for (const cJSON *item = objects[k] ? objects[k]->child : NULL; item; item = item->next) {
            if (cJSON_IsNull(item))
                continue;
            column *found = column_of(p, &columns, item->string, guess, count);
            if (!found)
                return; /* latched in the pool */
            found->cells[k] = item;
            guess = (size_t)(found - (column *)columns.items) + 1;
        }
    }
    const column *items = columns.items;
    tb_buf_append_char(p->out, '{');
    for (size_t k = 0; k < columns.count; k++) {
        separate(p, k);
        write_text(p, items[k].key);
        tb_buf_append_char(p->out, ':');
        write_column(p, items[k].cells, count);
    }
    tb_buf_append_char(p->out, '}');
}

static void write_column(packer *p, const cJSON *const *cells, size_t count)
{
    if (p->depth >= DEEPEST) {
        write_mixed(p, cells, count);
        return;
    }
    p->depth++;
    if (all_same(cells, count)) {
        tb_buf_append_text(p->out, "{\"$same\":");
        write_scalar(p, cells[0]);
        tb_buf_append_char(p->out, '}');
    } else if (all_are(cells, count, cJSON_String)) {
        write_texts(p, cells, count);
    } else if (all_are(cells, count, cJSON_Number)) {
        write_numbers(p, cells, count);
    } else if (all_are(cells, count, cJSON_Array)) {
        write_lists(p, cells, count);
    } else if (all_are(cells, count, cJSON_Object)) {
        tb_buf_append_text(p->out, "{\"$members\":");
        write_members(p, cells, count);
        tb_buf_append_char(p->out, '}');
    } else {
        write_mixed(p, cells, count);
    }
    p->depth--;
}

/* ---- lists -------------------------------------------------------------------------------------- */

static const cJSON **cells_of(packer *p, const cJSON *array, size_t count)
{
    const cJSON **cells = tb_pool_take(p->pool, count + 1, sizeof *cells);
    size_t k = 0;
    for (const cJSON *item = array->child; cells && item; item = item->next)
        cells[k++] = item;
    return cells;
}

/* Lists of one length, of texts and numbers: 0 where they are not. */
static int tuple_size(const cJSON *const *cells, size_t count)
{
    int size = cJSON_GetArraySize(cells[0]);
    for (size_t k = 0; k < count; k++) {
        if (cJSON_GetArraySize(cells[k]) != size)
            return 0;
        for (const cJSON *item = cells[k]->child; item; item = item->next)
            if (cJSON_IsArray(item) || cJSON_IsObject(item))
                return 0;
    }
    return size <= MOST_IN_TUPLE ? size : 0;
}

static void write_tuples(packer *p, const cJSON *const *rows, size_t count, int size)
{
    const cJSON **cells = tb_pool_take(p->pool, count * (size_t)size, sizeof *cells);
    for (size_t k = 0; cells && k < count; k++) {
        size_t i = 0;
        for (const cJSON *item = rows[k]->child; item; item = item->next)
            cells[count * i++ + k] = cJSON_IsNull(item) ? NULL : item;
    }
    tb_buf_printf(p->out, "{\"$tuples\":%zu,\"of\":[", count);
    for (int i = 0; cells && i < size; i++) {
        separate(p, (size_t)i);
        write_column(p, cells + count * (size_t)i, count);
    }
    tb_buf_append_text(p->out, "]}");
}

static void write_array(packer *p, const cJSON *array)
{
    size_t count = (size_t)cJSON_GetArraySize(array);
    const cJSON **cells = cells_of(p, array, count);
    if (!cells)
        return;
    bool packs = count >= TB_PACK_FEWEST_ROWS && p->depth < DEEPEST;
    int size = packs && all_are(cells, count, cJSON_Array) ? tuple_size(cells, count) : 0;
    if (size) {
        write_tuples(p, cells, count, size);
    } else if (packs && all_are(cells, count, cJSON_Object)) {
        tb_buf_printf(p->out, "{\"$rows\":%zu,\"of\":", count);
        write_members(p, cells, count);
        tb_buf_append_char(p->out, '}');
    } else {
        write_mixed(p, cells, count);
    }
}

static void write_value(packer *p, const cJSON *value)
{
    if (cJSON_IsArray(value)) {
        write_array(p, value);
    } else if (cJSON_IsObject(value)) {
        tb_buf_append_char(p->out, '{');
        size_t k = 0;
        for (const cJSON *item = value->child; item; item = item->next) {
            separate(p, k++);
            write_text(p, item->string);
            tb_buf_append_char(p->out, ':');
            write_value(p, item);
        }
        tb_buf_append_char(p->out, '}');
    } else {
        write_scalar(p, value);
    }
}

tb_status tb_pack_json(const cJSON *document, tb_error *err, tb_buf *out)
{
    packer p = {.out = out, .pool = tb_pool_create(), .texts = {.item_size = sizeof(const char *)}};
    tb_buf_append_text(out, "{\"packed\":1,\"document\":");
    write_value(&p, document);
    tb_buf_append_text(out, ",\"texts\":[");
    const char *const *texts = p.texts.items;
    for (size_t k = 0; k < p.texts.count; k++) {
        separate(&p, k);
        write_text(&p, texts[k]);
    }
    tb_buf_append_text(out, "]}");
    tb_status status = tb_pool_check(p.pool, err);
    tb_pool_free(p.pool);
    return status == TB_OK ? tb_buf_status(out, "page's data", err) : status;
}
