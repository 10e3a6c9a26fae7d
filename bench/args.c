/* The parser of the one command-line grammar; see args.h. */
#include "bench/args.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/nearest.h"
#include "runtime/base/arena.h"

typedef struct value {
    bool given;
    bool preset; /* by a file */
    bool flag;
    const char *text;
    int64_t integer;
    double number; /* NUMBER; seconds of SECONDS; bytes of BYTES */
    int64_t *ints;
    const char **list;
    int count; /* of ints or list */
} value;

struct tb_args {
    const tb_option *options;
    int option_count;
    value *values; /* one an option */
    const char **operands;
    int operand_count;
    int preset_operands; /* of them from a file */
    tb_arena arena;
};

/* ---- values ------------------------------------------------------------------------------------ */

typedef struct unit {
    const char *suffix;
    double factor;
} unit;

static const unit second_units[] = {{"", 1},      {"s", 1},     {"ms", 1e-3},
                                    {"us", 1e-6}, {"ns", 1e-9}, {"m", 60},
                                    {"min", 60},  {"h", 3600},  {NULL, 0}};
static const unit byte_units[] = {
    {"", 1},          {"B", 1},           {"K", 1024.0},       {"KiB", 1024.0},
    {"M", 1048576.0}, {"MiB", 1048576.0}, {"G", 1073741824.0}, {"GiB", 1073741824.0},
    {NULL, 0}};
static const unit no_units[] = {{"", 1}, {NULL, 0}};

static tb_status out_of_range(const tb_option *option, const char *text, tb_error *err)
{
    if (option->max > option->min)
        return tb_fail(err, TB_USAGE, "--%s %s: must lie between %g and %g", option->name, text,
                       option->min, option->max);
    if (option->min == 0)
        return tb_fail(err, TB_USAGE, "--%s %s: must not be negative", option->name, text);
    return tb_fail(err, TB_USAGE, "--%s %s: must be at least %g", option->name, text, option->min);
}

static bool within(const tb_option *option, double number)
{
    return number >= option->min && (option->max <= option->min || number <= option->max);
}

static tb_status read_number(const tb_option *option, const char *text, const unit *units,
                             const char *expected, tb_error *err, double *out)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || !isfinite(number))
        return tb_fail(err, TB_USAGE, "--%s '%s': not %s", option->name, text, expected);
    const unit *match = units;
    while (match->suffix && strcmp(match->suffix, end) != 0)
        match++;
    if (!match->suffix)
        return tb_fail(err, TB_USAGE, "--%s '%s': not %s", option->name, text, expected);
    number *= match->factor;
    if (!within(option, number))
        return out_of_range(option, text, err);
    *out = number;
    return TB_OK;
}

static tb_status read_int(const tb_option *option, const char *text, tb_error *err, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return tb_fail(err, TB_USAGE, "--%s '%s': not a whole number", option->name, text);
    if (errno == ERANGE || !within(option, (double)number))
        return out_of_range(option, text, err);
    *out = number;
    return TB_OK;
}

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "command line: out of memory");
}

/* Adds one item to a list value, growing it by doubling. */
static tb_status list_add(tb_args *args, value *v, const char *text, size_t size, tb_error *err)
{
    if ((v->count & (v->count - 1)) == 0) { /* full: capacities are powers of two */
        size_t room = v->count ? (size_t)v->count * 2 : 1;
        const char **grown = TB_ARENA_NEW(&args->arena, const char *, room);
        if (!grown)
            return no_memory(err);
        if (v->count)
            memcpy(grown, v->list, (size_t)v->count * sizeof *grown);
        v->list = grown;
    }
    char *copy = tb_arena_text(&args->arena, text, size);
    if (!copy)
        return no_memory(err);
    v->list[v->count++] = copy;
    return TB_OK;
}

static tb_status list_add_split(tb_args *args, const tb_option *option, value *v, const char *text,
                                tb_error *err)
{
    if (option->no_split)
        return list_add(args, v, text, strlen(text), err);
    for (;;) {
        size_t size = strcspn(text, ",");
        if (size == 0)
            return tb_fail(err, TB_USAGE, "--%s: an empty item in the list", option->name);
        tb_status status = list_add(args, v, text, size, err);
        if (status != TB_OK || text[size] == '\0')
            return status;
        text += size + 1;
    }
}

static tb_status read_ints(tb_args *args, const tb_option *option, value *v, const char *text,
                           tb_error *err)
{
    value items = {0};
    tb_status status = list_add_split(args, option, &items, text, err);
    if (status != TB_OK)
        return status;
    int64_t *ints = TB_ARENA_NEW(&args->arena, int64_t, (size_t)(v->count + items.count));
    if (!ints)
        return no_memory(err);
    if (v->count)
        memcpy(ints, v->ints, (size_t)v->count * sizeof *ints);
    for (int k = 0; k < items.count; k++) {
        status = read_int(option, items.list[k], err, &ints[v->count + k]);
        if (status != TB_OK)
            return status;
    }
    v->ints = ints;
    v->count += items.count;
    return TB_OK;
}

static tb_status set_value(tb_args *args, const tb_option *option, const char *text, tb_error *err)
{
    value *v = &args->values[option - args->options];
    v->text = text;
    switch (option->kind) {
    case TB_OPTION_FLAG:
        v->flag = true;
        return TB_OK;
    case TB_OPTION_TEXT:
    case TB_OPTION_HEADING:
        return TB_OK;
    case TB_OPTION_INT:
        return read_int(option, text, err, &v->integer);
    case TB_OPTION_NUMBER:
        return read_number(option, text, no_units, "a number", err, &v->number);
    case TB_OPTION_SECONDS:
        return read_number(option, text, second_units,
                           "a duration (a number, and ns, us, ms, s, m or h)", err, &v->number);
    case TB_OPTION_BYTES:
        return read_number(option, text, byte_units, "a size (a number, and K, M or G)", err,
                           &v->number);
    case TB_OPTION_INT_LIST:
        return read_ints(args, option, v, text, err);
    case TB_OPTION_LIST:
        return list_add_split(args, option, v, text, err);
    }
    return tb_fail(err, TB_INTERNAL, "--%s: an option of no known kind", option->name);
}

/* ---- the command line -------------------------------------------------------------------------- */

static const tb_option *find_long(const tb_args *args, const char *name, size_t size)
{
    for (int k = 0; k < args->option_count; k++) {
        const tb_option *option = &args->options[k];
        if (option->kind != TB_OPTION_HEADING && strlen(option->name) == size &&
            memcmp(option->name, name, size) == 0)
            return option;
    }
    return NULL;
}

static const tb_option *find_letter(const tb_args *args, char letter)
{
    for (int k = 0; k < args->option_count; k++)
        if (args->options[k].letter == letter && args->options[k].kind != TB_OPTION_HEADING)
            return &args->options[k];
    return NULL;
}

static tb_status unknown(const tb_args *args, const char *word, size_t size, tb_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)size, word);
    tb_nearest nearest;
    tb_nearest_begin(&nearest, name);
    for (int k = 0; k < args->option_count; k++)
        if (args->options[k].kind != TB_OPTION_HEADING)
            tb_nearest_try(&nearest, args->options[k].name);
    if (nearest.best)
        return tb_fail(err, TB_USAGE, "--%s: no such option; did you mean --%s?", name,
                       nearest.best);
    return tb_fail(err, TB_USAGE, "--%s: no such option", name);
}

static tb_status needs_value(const tb_option *option, tb_error *err)
{
    return tb_fail(err, TB_USAGE, "--%s needs a value: --%s %s", option->name, option->name,
                   option->value_name ? option->value_name : "VALUE");
}

/* Takes what the user wrote for `option`; a list's first value replaces its default. */
static tb_status take(tb_args *args, const tb_option *option, const char *text, tb_error *err)
{
    value *v = &args->values[option - args->options];
    if (!v->given) {
        v->given = true;
        v->count = 0;
    }
    return set_value(args, option, text, err);
}

/* One `--name`, `--name=value`, `--name value` or `--no-name`; *k moves past what was used. */
static tb_status parse_long(tb_args *args, int argc, char **argv, int *k, tb_error *err)
{
    const char *name = argv[*k] + 2;
    size_t size = strcspn(name, "=");
    const char *attached = name[size] == '=' ? name + size + 1 : NULL;
    const tb_option *option = find_long(args, name, size);
    bool negated = false;
    if (!option && size > 3 && memcmp(name, "no-", 3) == 0) {
        option = find_long(args, name + 3, size - 3);
        negated = option && option->kind == TB_OPTION_FLAG;
        if (!negated)
            option = NULL;
    }
    if (!option)
        return unknown(args, name, size, err);
    if (option->kind == TB_OPTION_FLAG) {
        if (attached)
            return tb_fail(err, TB_USAGE, "--%s takes no value", option->name);
        tb_status status = take(args, option, NULL, err);
        args->values[option - args->options].flag = !negated;
        return status;
    }
    if (!attached) {
        if (*k + 1 >= argc)
            return needs_value(option, err);
        attached = argv[++*k];
        if (attached[0] == '-' && attached[1] == '-')
            return needs_value(option, err);
    }
    return take(args, option, attached, err);
}

/* `-v`, `-n5`, `-n 5`; flags may be bundled. */
static tb_status parse_short(tb_args *args, int argc, char **argv, int *k, tb_error *err)
{
    for (const char *letter = argv[*k] + 1; *letter; letter++) {
        const tb_option *option = find_letter(args, *letter);
        if (!option)
            return tb_fail(err, TB_USAGE, "-%c: no such option", *letter);
        if (option->kind == TB_OPTION_FLAG) {
            tb_status status = take(args, option, NULL, err);
            if (status != TB_OK)
                return status;
            continue;
        }
        if (letter[1])
            return take(args, option, letter + 1, err);
        if (*k + 1 >= argc)
            return needs_value(option, err);
        return take(args, option, argv[++*k], err);
    }
    return TB_OK;
}

static tb_status parse_all(tb_args *args, int argc, char **argv, tb_error *err)
{
    bool options_ended = false;
    for (int k = 0; k < argc; k++) {
        const char *word = argv[k];
        tb_status status = TB_OK;
        if (options_ended || word[0] != '-' || word[1] == '\0')
            args->operands[args->operand_count++] = word;
        else if (word[1] != '-')
            status = parse_short(args, argc, argv, &k, err);
        else if (word[2] == '\0')
            options_ended = true;
        else
            status = parse_long(args, argc, argv, &k, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

static tb_status set_defaults(tb_args *args, tb_error *err)
{
    for (int k = 0; k < args->option_count; k++) {
        const tb_option *option = &args->options[k];
        if (!option->default_text || option->kind == TB_OPTION_HEADING)
            continue;
        tb_status status = set_value(args, option, option->default_text, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

tb_status tb_args_parse(const tb_option *options, int argc, char **argv, tb_error *err,
                        tb_args **out)
{
    tb_args *args = calloc(1, sizeof *args);
    if (!args)
        return no_memory(err);
    args->options = options;
    while (options[args->option_count].name)
        args->option_count++;
    args->values = TB_ARENA_NEW(&args->arena, value, (size_t)args->option_count + 1);
    args->operands = TB_ARENA_NEW(&args->arena, const char *, (size_t)argc + 1);
    tb_status status = args->values && args->operands ? TB_OK : no_memory(err);
    if (status == TB_OK)
        status = set_defaults(args, err);
    if (status == TB_OK)
        status = parse_all(args, argc, argv, err);
    if (status != TB_OK) {
        tb_args_free(args);
        return status;
    }
    *out = args;
    return TB_OK;
}

static const tb_option *find_preset(tb_args *args, const char *name, tb_error *err)
{
    const tb_option *option = find_long(args, name, strlen(name));
    if (!option && unknown(args, name, strlen(name), err) != TB_OK && err)
        err->status = TB_NOT_FOUND;
    return option;
}

tb_status tb_args_preset(tb_args *args, const char *name, const char *text, tb_error *err)
{
    const tb_option *option = find_preset(args, name, err);
    if (!option)
        return TB_NOT_FOUND;
    value *v = &args->values[option - args->options];
    if (option->kind == TB_OPTION_FLAG)
        return tb_fail(err, TB_USAGE, "--%s takes no value: true or false", name);
    if (v->given)
        return TB_OK;
    if (!v->preset)
        v->count = 0;
    v->preset = true;
    const char *copy = tb_arena_text(&args->arena, text, strlen(text));
    return copy ? set_value(args, option, copy, err) : no_memory(err);
}

tb_status tb_args_preset_flag(tb_args *args, const char *name, bool on, tb_error *err)
{
    const tb_option *option = find_preset(args, name, err);
    if (!option)
        return TB_NOT_FOUND;
    value *v = &args->values[option - args->options];
    if (option->kind != TB_OPTION_FLAG)
        return needs_value(option, err);
    if (!v->given) {
        v->preset = true;
        v->flag = on;
    }
    return TB_OK;
}

tb_status tb_args_preset_operand(tb_args *args, const char *text, tb_error *err)
{
    if (args->operand_count > args->preset_operands)
        return TB_OK;
    int count = args->operand_count;
    const char **grown = TB_ARENA_NEW(&args->arena, const char *, (size_t)count + 1);
    const char *copy = tb_arena_text(&args->arena, text, strlen(text));
    if (!grown || !copy)
        return no_memory(err);
    if (count)
        memcpy(grown, args->operands, (size_t)count * sizeof *grown);
    grown[count] = copy;
    args->operands = grown;
    args->preset_operands = ++args->operand_count;
    return TB_OK;
}

void tb_args_free(tb_args *args)
{
    if (!args)
        return;
    tb_arena_free(&args->arena);
    free(args);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static const value *get(const tb_args *args, const char *name)
{
    const tb_option *option = find_long(args, name, strlen(name));
    if (!option) {
        fprintf(stderr, "tflbench: the code asks for option --%s, which no row declares\n", name);
        abort();
    }
    return &args->values[option - args->options];
}

bool tb_args_given(const tb_args *args, const char *name)
{
    const value *v = get(args, name);
    return v->given || v->preset;
}

bool tb_args_flag(const tb_args *args, const char *name)
{
    return get(args, name)->flag;
}

const char *tb_args_text(const tb_args *args, const char *name)
{
    return get(args, name)->text;
}

int64_t tb_args_int(const tb_args *args, const char *name)
{
    return get(args, name)->integer;
}

double tb_args_number(const tb_args *args, const char *name)
{
    return get(args, name)->number;
}

/* Doubles that exceed the type's range give its maximum. */
static uint64_t to_u64(double number)
{
    return number >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)number;
}

uint64_t tb_args_ns(const tb_args *args, const char *name)
{
    return to_u64(round(get(args, name)->number * 1e9));
}

uint64_t tb_args_bytes(const tb_args *args, const char *name)
{
    return to_u64(get(args, name)->number);
}

const int64_t *tb_args_ints(const tb_args *args, const char *name, int *count)
{
    const value *v = get(args, name);
    *count = v->count;
    return v->ints;
}

const char *const *tb_args_list(const tb_args *args, const char *name, int *count)
{
    const value *v = get(args, name);
    *count = v->count;
    return v->list;
}

int tb_args_operand_count(const tb_args *args)
{
    return args->operand_count;
}

const char *tb_args_operand(const tb_args *args, int k)
{
    return args->operands[k];
}
