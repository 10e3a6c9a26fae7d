/*
 * Mutants of models through load, allocate and invoke:  mutate [options] [SUITE…]
 *
 * The models are the zoo's miniatures and, of each suite (folder or packed, as `tflbench verify`
 * takes it), those up to --max-bytes. Mutant k is made from model k mod n; equal numbers make equal
 * mutants. They run in batches, a process each, so that a crash costs its batch alone and names the
 * mutant: the batch goes on behind it. A mutant that takes over 5 s of processor time, or a minute
 * on the clock, is a hang. Leaks are seen when a batch's process ends (build with
 * SAN=address,undefined); the batch is then halved until the mutant is found.
 *
 * Prints how far mutants came, executions a second, and every finding with what was changed and the
 * command that repeats it. Exits 1 if there was one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/suite.h"
#include "models/zoo/zoo.h"
#include "runtime/base/clock.h"
#include "tests/fuzz/exercise.h"
#include "tests/fuzz/mutator.h"

enum {
    hang_cpu_s = 5,
    hang_wall_s = 60, /* others may have the processors */
    look_every_ms = 20,
    most_findings = 50,
    most_report_lines = 40,
};

/* Under a sanitizer, too large an allocation is the program's to handle, and leaks are an error. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=1024:detect_leaks=1:exitcode=77";
}

/* ---- the models ---------------------------------------------------------------------------------- */

typedef struct source {
    char name[128];
    tb_mutator *mutator;
} source;

typedef struct settings {
    uint64_t count, first, batch;
    size_t max_bytes;
    tb_exercise_options exercise;
    source *sources;
    size_t source_count, source_capacity;
} settings;

static void stop(const char *message)
{
    fprintf(stderr, "mutate: %s\n", message);
    exit(2);
}

static void add_source(settings *s, const char *name, const uint8_t *bytes, size_t size)
{
    if (size > s->max_bytes)
        return;
    tb_error err = TB_ERROR_NONE;
    tb_mutator *mutator;
    if (tb_mutator_create(bytes, size, &err, &mutator) != TB_OK)
        return; /* cases that must be refused are no models to start from */
    if (s->source_count == s->source_capacity) {
        s->source_capacity = s->source_capacity ? 2 * s->source_capacity : 64;
        s->sources = realloc(s->sources, s->source_capacity * sizeof *s->sources);
        if (!s->sources)
            stop("out of memory");
    }
    source *added = &s->sources[s->source_count++];
    snprintf(added->name, sizeof added->name, "%s", name);
    added->mutator = mutator;
}

static void add_miniatures(settings *s)
{
    size_t count;
    const tb_zoo_model *list = tb_zoo_list(&count);
    for (size_t k = 0; k < count; k++)
        for (int p = 0; list[k].is_mini && p < TB_ZOO_PRECISION_COUNT; p++) {
            tb_zoo_options options = {.precision = (tb_zoo_precision)p};
            uint8_t *bytes;
            size_t size;
            char name[128];
            if (tb_zoo_write(list[k].name, &options, NULL, &bytes, &size) != TB_OK)
                continue; /* not every one comes in each precision */
            tb_zoo_file_name(&list[k], &options, sizeof name, name);
            add_source(s, name, bytes, size);
            free(bytes);
        }
}

/* "models:1" is tier 1 of the suite "models". */
static void add_suite(settings *s, char *place)
{
    char *colon = strrchr(place, ':');
    int64_t tier = colon ? atoi(colon + 1) : 0;
    if (colon)
        *colon = 0;
    tb_error err = TB_ERROR_NONE;
    tb_suite *suite;
    if (tb_suite_create(&err, &suite) != TB_OK ||
        tb_suite_add(suite, place, &tier, tier > 0, &err) != TB_OK)
        stop(err.text);
    for (int k = 0; k < tb_suite_count(suite); k++) {
        tb_suite_file file;
        if (tb_suite_read(suite, k, "model.tflite", &err, &file) != TB_OK)
            stop(err.text);
        add_source(s, tb_suite_name(suite, k), file.data, file.size);
        tb_suite_release(&file);
    }
    tb_suite_destroy(suite);
}

static const source *source_of(const settings *s, uint64_t number)
{
    return &s->sources[number % s->source_count];
}

/* ---- one batch, in a process of its own ------------------------------------------------------------ */

/* Shared with the batch's process. */
typedef struct progress {
    _Atomic uint64_t number;       /* being run, or the batch's end */
    _Atomic uint64_t since_ns;     /* on the clock */
    _Atomic uint64_t since_cpu_ns; /* of the batch's process */
    _Atomic uint64_t stages[TB_STAGE_COUNT];
} progress;

static tb_stage run_one(const settings *s, uint64_t number, tb_buf *what, tb_error *err)
{
    size_t size;
    uint8_t *bytes = tb_mutator_make(source_of(s, number)->mutator, number, what, &size);
    if (!bytes)
        return TB_STAGE_LOAD;
    tb_exercise_options options = s->exercise;
    options.seed = number;
    tb_stage stage = tb_exercise(bytes, size, &options, err);
    free(bytes);
    return stage;
}

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void run_range(const settings *s, uint64_t first, uint64_t end, progress *p)
{
    for (uint64_t number = first; number < end; number++) {
        atomic_store(&p->since_ns, tb_clock_ns());
        atomic_store(&p->since_cpu_ns, cpu_ns(CLOCK_PROCESS_CPUTIME_ID));
        atomic_store(&p->number, number);
        tb_error err = TB_ERROR_NONE;
        tb_stage stage = run_one(s, number, NULL, &err);
        atomic_fetch_add(&p->stages[stage], 1);
    }
    atomic_store(&p->number, end);
}

typedef enum outcome {
    OUTCOME_FINE,
    OUTCOME_CRASH, /* progress.number is the mutant */
    OUTCOME_HANG,  /* the same */
    OUTCOME_END    /* badly, but after the last mutant: a leak */
} outcome;

static bool wait_shortly(pid_t child, int *status)
{
    for (int waited = 0; waited < look_every_ms; waited++) {
        if (waitpid(child, status, WNOHANG) == child)
            return true;
        usleep(1000);
    }
    return false;
}

static bool hangs(const progress *p, clockid_t clock)
{
    /* Signed: the next mutant may begin between two readings, and then began "after" the first. */
    int64_t cpu_taken_ns = (int64_t)cpu_ns(clock) - (int64_t)atomic_load(&p->since_cpu_ns);
    int64_t taken_ns = (int64_t)tb_clock_ns() - (int64_t)atomic_load(&p->since_ns);
    return cpu_taken_ns > hang_cpu_s * 1000000000ll || taken_ns > hang_wall_s * 1000000000ll;
}

static outcome run_batch(const settings *s, uint64_t first, uint64_t end, progress *p,
                         const char *log)
{
    atomic_store(&p->number, first);
    atomic_store(&p->since_ns, tb_clock_ns());
    atomic_store(&p->since_cpu_ns, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        stop(strerror(errno));
    if (child == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd >= 0)
            dup2(fd, STDERR_FILENO);
        run_range(s, first, end, p);
        exit(0); /* not _exit: leaks are looked for at exit */
    }
    clockid_t clock = CLOCK_MONOTONIC;
    clock_getcpuclockid(child, &clock);
    int status;
    while (!wait_shortly(child, &status)) {
        if (atomic_load(&p->number) < end && hangs(p, clock)) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return OUTCOME_HANG;
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return OUTCOME_FINE;
    return atomic_load(&p->number) < end ? OUTCOME_CRASH : OUTCOME_END;
}

/* ---- findings -------------------------------------------------------------------------------------- */

typedef struct session {
    const settings *settings;
    progress *progress;
    char log[64];
    unsigned crashes, hangs, leaks;
} session;

static void print_log(const char *log)
{
    FILE *file = fopen(log, "r");
    char line[400];
    for (int k = 0; file && k < most_report_lines && fgets(line, sizeof line, file); k++)
        printf("    %s", line);
    if (file)
        fclose(file);
}

static void report(session *x, const char *kind, uint64_t number)
{
    tb_buf what = {0};
    size_t size;
    const source *from = source_of(x->settings, number);
    free(tb_mutator_make(from->mutator, number, &what, &size));
    printf("%s: mutant %llu of %s%s\n", kind, (unsigned long long)number, from->name,
           tb_buf_text(&what));
    tb_buf_free(&what);
    print_log(x->log);
    if (x->crashes + x->hangs + x->leaks >= most_findings)
        stop("too many findings");
}

/* [first, end) leaks: which of it? */
static void find_leak(session *x, uint64_t first, uint64_t end)
{
    progress saved = *x->progress; /* repeated runs count once */
    while (end - first > 1) {
        uint64_t middle = first + (end - first) / 2;
        if (run_batch(x->settings, first, middle, x->progress, x->log) == OUTCOME_FINE)
            first = middle;
        else
            end = middle;
    }
    run_batch(x->settings, first, end, x->progress, x->log);
    memcpy(x->progress->stages, saved.stages, sizeof saved.stages);
    x->leaks++;
    report(x, "leak", first);
}

static void run_all(session *x)
{
    const settings *s = x->settings;
    uint64_t end = s->first + s->count;
    for (uint64_t first = s->first; first < end;) {
        uint64_t batch_end = end - first > s->batch ? first + s->batch : end;
        outcome result = run_batch(s, first, batch_end, x->progress, x->log);
        uint64_t reached = atomic_load(&x->progress->number);
        if (result == OUTCOME_CRASH || result == OUTCOME_HANG) {
            *(result == OUTCOME_CRASH ? &x->crashes : &x->hangs) += 1;
            report(x, result == OUTCOME_CRASH ? "crash" : "hang", reached);
            first = reached + 1;
            continue;
        }
        if (result == OUTCOME_END)
            find_leak(x, first, batch_end);
        first = batch_end;
    }
}

/* ---- the program ----------------------------------------------------------------------------------- */

static void print_sources(const settings *s)
{
    printf("mutate: %zu models:", s->source_count);
    for (size_t k = 0; k < s->source_count && k < 12; k++)
        printf(" %s", s->sources[k].name);
    printf("%s\n", s->source_count > 12 ? " ..." : "");
}

static int run_session(const settings *s)
{
    progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        stop(strerror(errno));
    session x = {.settings = s, .progress = p};
    snprintf(x.log, sizeof x.log, "/tmp/tb_mutate_%d.log", (int)getpid());
    print_sources(s);
    uint64_t started_ns = tb_clock_ns();
    run_all(&x);
    double seconds = (double)(tb_clock_ns() - started_ns) / 1e9;
    printf("mutate: refused at load %llu, create %llu, allocate %llu, invoke %llu; ran %llu\n",
           (unsigned long long)p->stages[TB_STAGE_LOAD],
           (unsigned long long)p->stages[TB_STAGE_CREATE],
           (unsigned long long)p->stages[TB_STAGE_ALLOCATE],
           (unsigned long long)p->stages[TB_STAGE_INVOKE],
           (unsigned long long)p->stages[TB_STAGE_DONE]);
    unsigned findings = x.crashes + x.hangs + x.leaks;
    printf("mutate: %llu executions in %.1f s, %.0f a second; %u crashes, %u hangs, %u leaks\n",
           (unsigned long long)s->count, seconds, (double)s->count / seconds, x.crashes, x.hangs,
           x.leaks);
    printf("%llu passed, %u failed\n", (unsigned long long)s->count - findings, findings);
    unlink(x.log);
    munmap(p, sizeof *p);
    return findings != 0;
}

/* One mutant in this process, where a debugger can see it. */
static int run_alone(const settings *s, uint64_t number, const char *path)
{
    tb_buf what = {0};
    tb_error err = TB_ERROR_NONE;
    const source *from = source_of(s, number);
    size_t size;
    uint8_t *bytes = tb_mutator_make(from->mutator, number, &what, &size);
    printf("mutant %llu of %s%s\n", (unsigned long long)number, from->name, tb_buf_text(&what));
    fflush(stdout);
    tb_buf_free(&what);
    FILE *file = path && bytes ? fopen(path, "wb") : NULL;
    if (file) {
        fwrite(bytes, 1, size, file);
        fclose(file);
    }
    free(bytes);
    tb_stage stage = run_one(s, number, NULL, &err);
    printf("%s %s\n", tb_stage_name(stage), err.text);
    return 0;
}

static const char usage[] =
    "mutate [--count N] [--first N] [--batch N] [--max-bytes N] [--delegate NAME]\n"
    "       [--one N [--write FILE]] [SUITE[:TIER] ...]\n";

int main(int argc, char **argv)
{
    settings s = {
        .count = 1000,
        .batch = 500,
        .max_bytes = 400 * 1000,
        .exercise = {.memory_limit_bytes = 64 << 20, .time_limit_ns = 1000000000},
    };
    static const struct option options[] = {
        {"count", required_argument, NULL, 'c'},    {"first", required_argument, NULL, 'f'},
        {"batch", required_argument, NULL, 'b'},    {"max-bytes", required_argument, NULL, 'm'},
        {"delegate", required_argument, NULL, 'd'}, {"one", required_argument, NULL, 'o'},
        {"write", required_argument, NULL, 'w'},    {NULL, 0, NULL, 0},
    };
    const char *one = NULL;
    const char *path = NULL;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            s.count = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            s.first = strtoull(optarg, NULL, 10);
            break;
        case 'b':
            s.batch = strtoull(optarg, NULL, 10);
            break;
        case 'm':
            s.max_bytes = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            s.exercise.delegate = optarg;
            break;
        case 'o':
            one = optarg;
            break;
        case 'w':
            path = optarg;
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    add_miniatures(&s);
    for (int k = optind; k < argc; k++)
        add_suite(&s, argv[k]);
    if (!s.source_count || !s.batch)
        stop("there is nothing to mutate");
    int result = one ? run_alone(&s, strtoull(one, NULL, 10), path) : run_session(&s);
    for (size_t k = 0; k < s.source_count; k++)
        tb_mutator_destroy(s.sources[k].mutator);
    free(s.sources);
    return result;
}
