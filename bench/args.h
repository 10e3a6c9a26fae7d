/*
 * The one command-line grammar: `--name value`, `--name=value`, flags without a value, operands
 * anywhere, `--` ends options. A misspelt option is an error that names the nearest one. Options
 * may be given in `tflbench.json` as well (config.h); the command line overrides it.
 */
#ifndef TB_BENCH_ARGS_H
#define TB_BENCH_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

typedef enum tb_option_kind {
    TB_OPTION_FLAG, /* present or not; --no-NAME takes it back; any default_text: on by default */
    TB_OPTION_TEXT,
    TB_OPTION_INT,      /* decimal, within [min, max] */
    TB_OPTION_NUMBER,   /* floating point, within [min, max] */
    TB_OPTION_SECONDS,  /* number with ns|us|ms|s|m|h; bare numbers are seconds */
    TB_OPTION_BYTES,    /* number with K|M|G (1024) */
    TB_OPTION_INT_LIST, /* 1,2,4 */
    TB_OPTION_LIST,     /* texts; repeating the option and commas both add, see `no_split` */
    TB_OPTION_HEADING   /* no option: `name` heads the rows that follow in the help */
} tb_option_kind;

typedef struct tb_option {
    const char *name; /* without the dashes */
    char letter;      /* short form, 0: none */
    tb_option_kind kind;
    const char *value_name;   /* in the help: N, FILE, NAME[:k=v;k=v] */
    const char *default_text; /* as the user would write it; NULL: none */
    const char *help;
    double min, max; /* INT, NUMBER, SECONDS (in seconds), BYTES, and each of an INT_LIST; max 0:
                        no upper bound; both 0: any non-negative */
    bool no_split;   /* LIST: commas belong to the value */
} tb_option;

typedef struct tb_args tb_args;

/* Parses argv[0..argc) (operands and options, no program name) against `options`, which end with a
   row whose name is NULL. What is wrong with the request is TB_USAGE. */
tb_status tb_args_parse(const tb_option *options, int argc, char **argv, tb_error *err,
                        tb_args **out);
void tb_args_free(tb_args *args);

/* What a file says: as if the user had given `--name text`, unless he gave that option himself, which
   replaces what the file says, lists too. The text is copied. TB_NOT_FOUND: no such option. */
tb_status tb_args_preset(tb_args *args, const char *name, const char *text, tb_error *err);
/* For a flag. */
tb_status tb_args_preset_flag(tb_args *args, const char *name, bool on, tb_error *err);
/* An operand, where the user gave none. */
tb_status tb_args_preset_operand(tb_args *args, const char *text, tb_error *err);

/* A name that is not in the table is a bug of ours and aborts. Texts live as long as `args`. */
bool tb_args_given(const tb_args *args, const char *name); /* by the user, not by default */
bool tb_args_flag(const tb_args *args, const char *name);
const char *tb_args_text(const tb_args *args, const char *name); /* NULL: absent, no default */
int64_t tb_args_int(const tb_args *args, const char *name);
double tb_args_number(const tb_args *args, const char *name);
uint64_t tb_args_ns(const tb_args *args, const char *name);
uint64_t tb_args_bytes(const tb_args *args, const char *name);
const int64_t *tb_args_ints(const tb_args *args, const char *name, int *count);
const char *const *tb_args_list(const tb_args *args, const char *name, int *count);
int tb_args_operand_count(const tb_args *args);
const char *tb_args_operand(const tb_args *args, int k);

#endif
