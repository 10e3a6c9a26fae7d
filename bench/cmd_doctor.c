/* `tflbench doctor`: what this machine does to measurements, and what helps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd.h"
#include "bench/doctor.h"
#include "bench/json_write.h"
#include "bench/roof/roof.h"
#include "bench/store_args.h"
#include "bench/text_table.h"
#include "profiler/proc_file.h"
#include "reports/store_read.h"
#include "reports/units.h"

#define WATCH_SECONDS "1"
#define ROOF_NS       UINT64_C(300000000)

static const tb_option options[] = {
    {.name = "fix",
     .kind = TB_OPTION_FLAG,
     .help = "Set what may be set (governor, turbo; needs root), and keep what was there in the "
             "state file."},
    {.name = "restore", .kind = TB_OPTION_FLAG, .help = "Put back what --fix changed."},
    {.name = "state",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .default_text = "./tflbench-doctor.state",
     .help = "Where --fix keeps the former settings until --restore."},
    {.name = "watch",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = WATCH_SECONDS,
     .max = 600,
     .help = "How long to watch load, steal and the clock."},
    {.name = "roof",
     .kind = TB_OPTION_FLAG,
     .help = "Measure what this machine can do at most (multiply-adds, reading from each level of "
             "memory, by number of threads) and store it: profiles hold their ops against it."},
    TB_OPTION_ROW_DB,
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "Print JSON instead of a table."},
    {.name = NULL},
};

/* ---- settings ---- */

typedef struct fixer {
    FILE *state;
    int changed, refused;
} fixer;

static tb_status write_setting(const char *path, const char *value, tb_error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return tb_fail_errno(err, "%s", path);
    ssize_t written = write(fd, value, strlen(value));
    int saved = errno;
    close(fd);
    errno = saved;
    return written == (ssize_t)strlen(value) ? TB_OK : tb_fail_errno(err, "%s", path);
}

static void fix_one(void *context, const char *path, const char *value)
{
    fixer *f = context;
    char before[256];
    tb_error err = TB_ERROR_NONE;
    if (!tb_proc_read(path, sizeof before, before))
        return;
    /* Kept before it is changed: a crash in between restores to what is there anyway. */
    fprintf(f->state, "%s\t%s\n", path, before);
    fflush(f->state);
    if (write_setting(path, value, &err) == TB_OK) {
        printf("%s: %s -> %s\n", path, before, value);
        f->changed++;
    } else {
        fprintf(stderr, "tflbench: %s\n", err.text);
        f->refused++;
    }
}

static tb_status fix_all(const char *state_path, tb_error *err)
{
    if (access(state_path, F_OK) == 0)
        return tb_fail(err, TB_STATE, "%s is there already: run tflbench doctor --restore first",
                       state_path);
    fixer f = {.state = fopen(state_path, "we")};
    if (!f.state)
        return tb_fail_errno(err, "%s", state_path);
    int count;
    const tb_check *const *rows = tb_check_rows(&count);
    for (int k = 0; k < count; k++)
        if (rows[k]->settings)
            rows[k]->settings(fix_one, &f);
    fclose(f.state);
    if (!f.changed) {
        unlink(state_path);
        printf("Nothing was changed%s.\n",
               f.refused ? ": it takes root" : ": there is nothing here that could be set");
    } else {
        printf("tflbench doctor --restore puts it back.\n");
    }
    return TB_OK;
}

static tb_status restore_all(const char *state_path, tb_error *err)
{
    FILE *state = fopen(state_path, "re");
    if (!state)
        return tb_fail_errno(err, "%s", state_path);
    char line[1024];
    tb_status status = TB_OK;
    while (status == TB_OK && fgets(line, sizeof line, state)) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        bool ours = strncmp(line, "/sys/", 5) == 0 || strncmp(line, "/proc/sys/", 10) == 0;
        if (!tab || !ours || strstr(line, "..")) {
            status = tb_fail(err, TB_CORRUPT, "%s: a line is no setting of /sys or /proc/sys: %s",
                             state_path, line);
            break;
        }
        *tab = '\0';
        status = write_setting(line, tab + 1, err);
        if (status == TB_OK)
            printf("%s: %s\n", line, tab + 1);
    }
    fclose(state);
    if (status == TB_OK)
        unlink(state_path);
    return status;
}

/* ---- the roof ---- */

static void print_roof(const tb_figure_row *row)
{
    char value[TB_FIGURE_TEXT_SIZE] = "unknown";
    if (row->figure.value.known)
        tb_format_count(row->figure.value.value, value);
    printf("  %-10s %2s thread%-2s %10s%s%s\n", row->figure.metric, row->figure.owner,
           strcmp(row->figure.owner, "1") == 0 ? "" : "s", value, row->figure.unit,
           row->figure.reason ? row->figure.reason : "");
}

static tb_status measure_roof(const tb_args *args, tb_error *err)
{
    tb_store *store = NULL;
    int64_t run_id = 0, measured;
    tb_pool *pool = tb_pool_create();
    tb_array rows = {.item_size = sizeof(tb_figure_row)};
    tb_status status = tb_store_args_open(args, TB_STORE_WRITE, err, &store);
    if (status == TB_OK)
        status = tb_roof_store(store, ROOF_NS, err, &run_id);
    if (status == TB_OK)
        status = tb_read_roof(store, run_id, pool, err, &rows, &measured);
    if (status == TB_OK)
        status = tb_pool_check(pool, err);
    for (size_t k = 0; status == TB_OK && k < rows.count; k++)
        if (strcmp(((const tb_figure_row *)rows.items)[k].figure.phase, "roof") == 0)
            print_roof(&((const tb_figure_row *)rows.items)[k]);
    if (status == TB_OK)
        printf("Stored as @%lld in %s.\n", (long long)run_id, tb_store_path(store));
    tb_pool_free(pool);
    tb_store_close(store);
    return status;
}

/* ---- findings ---- */

static void print_table(const tb_observation *seen)
{
    static const char *const headings[] = {"check", "state", "found"};
    int count;
    const tb_check *const *rows = tb_check_rows(&count);
    tb_text_table table;
    tb_text_table_init(&table, "lll", headings);
    for (int k = 0; k < count; k++) {
        tb_finding finding = {.health = TB_HEALTH_UNKNOWN};
        rows[k]->look(seen, &finding);
        tb_text_table_cell(&table, "%s", rows[k]->name);
        tb_text_table_cell(&table, "%s", tb_health_text(finding.health));
        tb_text_table_cell(&table, "%s", finding.found);
    }
    tb_text_table_print(&table, 0, stdout);
    tb_text_table_free(&table);
    bool first = true;
    for (int k = 0; k < count; k++) {
        tb_finding finding = {.health = TB_HEALTH_UNKNOWN};
        rows[k]->look(seen, &finding);
        if (!finding.advice[0])
            continue;
        printf("%s%s: %s. %s.\n", first ? "\n" : "", rows[k]->name, rows[k]->what, finding.advice);
        first = false;
    }
}

static tb_status print_json(const tb_observation *seen, tb_error *err)
{
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.doctor");
    tb_json_put_int(&json, "version", 1);
    tb_json_put_array(&json, "checks");
    int count;
    const tb_check *const *rows = tb_check_rows(&count);
    for (int k = 0; k < count; k++) {
        tb_finding finding = {.health = TB_HEALTH_UNKNOWN};
        rows[k]->look(seen, &finding);
        tb_json_put_object(&json, NULL);
        tb_json_put_text(&json, "name", rows[k]->name);
        tb_json_put_text(&json, "what", rows[k]->what);
        tb_json_put_text(&json, "state", tb_health_text(finding.health));
        tb_json_put_text(&json, "found", finding.found);
        if (finding.advice[0])
            tb_json_put_text(&json, "advice", finding.advice);
        tb_json_end_object(&json);
    }
    tb_json_end_array(&json);
    tb_json_end_object(&json);
    tb_status status = tb_buf_status(&text, "doctor", err);
    if (status == TB_OK)
        puts(tb_buf_text(&text));
    tb_buf_free(&text);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_status status = TB_OK;
    const char *state = tb_args_text(args, "state");
    if (tb_args_flag(args, "fix") && tb_args_flag(args, "restore"))
        status = tb_fail(&err, TB_USAGE, "--fix and --restore exclude each other");
    else if (tb_args_flag(args, "restore"))
        status = restore_all(state, &err);
    else if (tb_args_flag(args, "fix"))
        status = fix_all(state, &err);
    else if (tb_args_flag(args, "roof")) {
        status = measure_roof(args, &err);
        return status == TB_OK ? TB_EXIT_OK : tb_store_args_fail(&err);
    }
    if (status != TB_OK || tb_args_flag(args, "fix") || tb_args_flag(args, "restore"))
        return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
    tb_arena arena = {0};
    tb_observation seen;
    tb_observe(tb_args_ns(args, "watch"), &arena, &seen);
    if (tb_args_flag(args, "json"))
        status = print_json(&seen, &err);
    else
        print_table(&seen);
    tb_arena_free(&arena);
    return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
}

const tb_cmd tb_cmd_doctor = {
    .name = "doctor",
    .synopsis = "[--fix | --restore | --roof]",
    .summary = "what this machine does to measurements, and what helps",
    .description =
        "Looks at what disturbs timings: governor, turbo, other load, time the host takes, the "
        "evenness of the clock, temperature, swap, power, timer. Each is said with its state (ok, "
        "note, warning, unknown), and with what helps. The same findings are stored as warnings "
        "with every run.\n\n"
        "--fix sets what may be set and keeps the former settings in a file; --restore puts them "
        "back.",
    .examples = "tflbench doctor --roof\n"
                "    what ops are held against in profiles\n"
                "tflbench doctor\n"
                "    is this machine quiet enough?\n"
                "sudo tflbench doctor --fix\n"
                "    the governor to performance, turbo off\n",
    .see_also = "tflbench run, tflbench gate",
    .options = options,
    .min_operands = 0,
    .max_operands = 0,
    .run = run,
};
