/*
 * How long a model takes from its path to a first inference: opening (mapping and verifying) plus
 * allocating, without a delegate, beside what a warm read() of the same file takes. The two are
 * taken in turns, so that a busy moment hits both; medians are compared.
 *
 *     start [--rounds N] MODEL...
 *
 * Exit code 1 where a model takes more than 1.5 times its read plus 200 us.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/args.h"
#include "bench/text_table.h"
#include "reports/units.h"
#include "runtime/base/clock.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"

#define LIMIT_RATIO 1.5
#define LIMIT_NS    200000.0

static const tb_option options[] = {
    {.name = "rounds", .kind = TB_OPTION_INT, .default_text = "50", .min = 1, .max = 1e6},
    {.name = NULL},
};

/* ---- what is timed ----------------------------------------------------------------------------- */

/* Into memory that is there already: the least that getting the bytes can cost. */
static tb_status read_file(const char *path, tb_buf *into, tb_error *err, uint64_t *taken_ns)
{
    uint64_t begin = tb_clock_ns();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tb_fail_errno(err, "cannot open %s", path);
    ssize_t got = read(fd, into->data, into->capacity);
    close(fd);
    *taken_ns = tb_clock_ns() - begin;
    if (got < 0)
        return tb_fail_errno(err, "cannot read %s", path);
    into->size = (size_t)got;
    return TB_OK;
}

static void ignore_report(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static tb_status load_and_allocate(const char *path, tb_error *err, uint64_t *taken_ns)
{
    tb_interpreter_options options_of_runtime = {.threads = 1, .report = ignore_report};
    tb_interpreter *interpreter = NULL;
    tb_model *model = NULL;
    uint64_t begin = tb_clock_ns();
    tb_status status = tb_model_open(path, err, &model);
    if (status == TB_OK)
        status = tb_interpreter_create(model, &options_of_runtime, err, &interpreter);
    if (status == TB_OK)
        status = tb_interpreter_allocate(interpreter, err);
    *taken_ns = tb_clock_ns() - begin;
    tb_interpreter_destroy(interpreter);
    tb_model_release(model);
    return status;
}

/* ---- medians ----------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double median_ns(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return ((double)values[(count - 1) / 2] + (double)values[count / 2]) / 2;
}

typedef struct start_times {
    size_t file_bytes;
    double read_ns;
    double start_ns;
} start_times;

static tb_status measure(const char *path, size_t rounds, tb_error *err, start_times *out)
{
    uint64_t *reads = calloc(2 * rounds, sizeof *reads), *starts = reads ? reads + rounds : NULL;
    tb_buf bytes = {0};
    tb_model *model = NULL;
    tb_status status = tb_model_open(path, err, &model);
    if (status == TB_OK) {
        out->file_bytes = tb_model_bytes(model).size;
        /* Filled once, so that its pages exist. */
        tb_buf_append_fill(&bytes, 1, out->file_bytes);
        status = reads ? tb_buf_status(&bytes, "file", err)
                       : tb_fail(err, TB_NO_MEMORY, "out of memory for %zu rounds", rounds);
    }
    tb_model_release(model);
    for (size_t k = 0; status == TB_OK && k < rounds; k++) {
        status = read_file(path, &bytes, err, &reads[k]);
        if (status == TB_OK)
            status = load_and_allocate(path, err, &starts[k]);
    }
    if (status == TB_OK) {
        out->read_ns = median_ns(reads, rounds);
        out->start_ns = median_ns(starts, rounds);
    }
    tb_buf_free(&bytes);
    free(reads);
    return status;
}

/* ---- the table --------------------------------------------------------------------------------- */

static const char *const headings[] = {"model", "file", "read us", "start us", "limit us", ""};

static bool add_row(tb_text_table *table, const char *path, const start_times *times)
{
    char size[TB_FIGURE_TEXT_SIZE];
    tb_format_bytes((double)times->file_bytes, size);
    double limit_ns = LIMIT_RATIO * times->read_ns + LIMIT_NS;
    bool within = times->start_ns <= limit_ns;
    tb_text_table_cell(table, "%s", path);
    tb_text_table_cell(table, "%s", size);
    tb_text_table_cell(table, "%.1f", times->read_ns / 1e3);
    tb_text_table_cell(table, "%.1f", times->start_ns / 1e3);
    tb_text_table_cell(table, "%.1f", limit_ns / 1e3);
    tb_text_table_cell(table, "%s", within ? "" : "over");
    return within;
}

static int fail(const tb_error *err)
{
    fprintf(stderr, "start: %s\n", err->text);
    return 2;
}

int main(int argc, char **argv)
{
    tb_error err = TB_ERROR_NONE;
    tb_args *args;
    if (tb_args_parse(options, argc - 1, argv + 1, &err, &args) != TB_OK)
        return fail(&err);
    size_t rounds = (size_t)tb_args_int(args, "rounds");
    int over = 0, count = tb_args_operand_count(args);
    tb_text_table table;
    tb_text_table_init(&table, "lrrrrl", headings);
    for (int k = 0; k < count; k++) {
        start_times times;
        if (measure(tb_args_operand(args, k), rounds, &err, &times) != TB_OK)
            return fail(&err);
        over += !add_row(&table, tb_args_operand(args, k), &times);
    }
    tb_text_table_print(&table, 0, stdout);
    printf("\n%d models, medians of %zu: %d over 1.5 x read + 200 us\n", count, rounds, over);
    tb_text_table_free(&table);
    tb_args_free(args);
    return over > 0;
}
