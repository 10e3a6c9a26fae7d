/* `tflbench run`: the sweep that measures. */
#include <stdlib.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/store_args.h"
#include "bench/sweep_cmd.h"

static const tb_option options[] = {
    {.name = "What to measure", .kind = TB_OPTION_HEADING},
    {.name = "threads",
     .letter = 't',
     .kind = TB_OPTION_INT_LIST,
     .value_name = "N,...",
     .default_text = "1",
     .min = 1,
     .max = 1024,
     .help = "Thread counts, each a configuration."},
    {.name = "delegate",
     .letter = 'd',
     .kind = TB_OPTION_LIST,
     .value_name = "NAME[:K=V;K=V],...",
     .default_text = "cpu",
     .help =
         "Delegates, each a configuration: reference (the portable kernels alone: the yardstick "
         "for right, never for fast) and those that `tflbench list delegates` names, with "
         "their options."},
    {.name = "engine",
     .kind = TB_OPTION_LIST,
     .value_name = "NAME[:LIBRARY],...",
     .default_text = "native",
     .help = "Runtimes, each a configuration: native is our own, tflite:LIBRARY a real "
             "libtensorflowlite_c.so, whose delegate cpu is XNNPACK."},
    {.name = "input",
     .kind = TB_OPTION_LIST,
     .value_name = "FILE,...",
     .help = "Raw bytes of the inputs, a file each, in the model's order. Without, inputs are "
             "random (see --input-seed)."},
    {.name = "input-shape",
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "INPUT:N,N,...",
     .help = "Resize an input, given by name or number, before measuring."},
    {.name = "input-seed",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "42",
     .max = 9e15,
     .help = "Seed of random inputs; they are the same for every configuration."},
    {.name = "signature",
     .kind = TB_OPTION_TEXT,
     .value_name = "KEY",
     .help = "Run this signature instead of the primary subgraph."},
    {.name = "label",
     .letter = 'l',
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "KEY=VALUE",
     .help = "Store this with the run; may be given several times."},

    {.name = "How long and how often", .kind = TB_OPTION_HEADING},
    {.name = "warmup",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "3",
     .max = 1e9,
     .help = "Inferences before measuring, at least."},
    {.name = "warmup-seconds",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "0.25",
     .max = 86400,
     .help = "Time before measuring, at least."},
    {.name = "min-runs",
     .letter = 'n',
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "30",
     .min = 1,
     .max = 1e9,
     .help = "Samples a process takes, at least, unless --max-seconds ends it."},
    {.name = "max-runs",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "50000",
     .max = 1e9,
     .help =
         "Samples a process takes, at most; 0: no bound. A model of a microsecond would fill the "
         "disk before it has told more."},
    {.name = "min-seconds",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "1",
     .max = 86400,
     .help = "A process takes samples for at least that long."},
    {.name = "max-seconds",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "10",
     .min = 0.001,
     .max = 86400,
     .help = "Bound on warm-up and measuring per configuration, all its processes together."},
    {.name = "processes",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 1000,
     .help = "Measure every configuration in so many processes, spread over the run."},
    {.name = "profile",
     .kind = TB_OPTION_FLAG,
     .default_text = "on",
     .help = "Leave out the additional process that takes per-op times."},
    {.name = "order",
     .kind = TB_OPTION_TEXT,
     .value_name = "random|given",
     .default_text = "random",
     .help = "Order of the processes."},
    {.name = "seed",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .max = 9e15,
     .help = "Of the random order. Without, a new one is drawn; it is stored either way."},

    {.name = "Checks and limits", .kind = TB_OPTION_HEADING},
    {.name = "check",
     .kind = TB_OPTION_TEXT,
     .value_name = "off|first",
     .default_text = "first",
     .help =
         "Compare the first outputs of every process with those of the reference kernels on the "
         "same inputs; a fast but wrong configuration is marked in every table."},
    {.name = "fallback",
     .kind = TB_OPTION_TEXT,
     .value_name = "allow|warn|fail",
     .default_text = "warn",
     .help = "What it means that a delegate left nodes behind."},
    {.name = "memory-limit",
     .kind = TB_OPTION_BYTES,
     .value_name = "SIZE",
     .help = "Bound on the memory that the engine counts; beyond it the configuration fails."},
    {.name = "timeout",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "60",
     .min = 0.1,
     .max = 86400,
     .help = "A worker that gives no sign of life for so long is killed; a sign comes with every "
             "phase and with samples. It must exceed the longest inference."},

    {.name = "Where it goes", .kind = TB_OPTION_HEADING},
    TB_OPTION_ROW_DB,
    TB_OPTION_ROWS_FORMAT,
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Print the plan and measure nothing."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress, no plan."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Show what workers, drivers and plugins print."},
    {.name = NULL},
};

static tb_status one_of(const char *option, const char *value, const char *first,
                        const char *second, tb_error *err, bool *is_first)
{
    *is_first = strcmp(value, first) == 0;
    if (*is_first || strcmp(value, second) == 0)
        return TB_OK;
    return tb_fail(err, TB_USAGE, "--%s %s: goes %s or %s", option, value, first, second);
}

/* "key=value"; the value may be empty, the key not. The texts share one block that starts at
   labels[0].key. */
static tb_status read_labels(const tb_args *args, tb_error *err, tb_label **labels, size_t *count)
{
    int given;
    const char *const *texts = tb_args_list(args, "label", &given);
    size_t size = (size_t)given * sizeof **labels;
    for (int k = 0; k < given; k++)
        size += strlen(texts[k]) + 1;
    *labels = calloc(1, size + 1);
    if (!*labels)
        return tb_fail(err, TB_NO_MEMORY, "labels: out of memory");
    *count = (size_t)given;
    char *next = (char *)(*labels + given);
    for (int k = 0; k < given; k++) {
        size_t length = strlen(texts[k]);
        memcpy(next, texts[k], length + 1);
        char *equals = strchr(next, '=');
        if (!equals || equals == next)
            return tb_fail(err, TB_USAGE, "--label %s: goes KEY=VALUE", texts[k]);
        *equals = '\0';
        (*labels)[k] = (tb_label){.key = next, .value = equals + 1};
        next += length + 1;
    }
    return TB_OK;
}

static tb_text_list list_of(const tb_args *args, const char *name)
{
    tb_text_list list;
    list.items = tb_args_list(args, name, &list.count);
    return list;
}

static tb_status read_request(const tb_args *args, tb_error *err, tb_sweep_request *request)
{
    *request = (tb_sweep_request){
        .command = "run",
        .engines = list_of(args, "engine"),
        .delegates = list_of(args, "delegate"),
        .inputs = list_of(args, "input"),
        .shapes = list_of(args, "input-shape"),
        .signature = tb_args_text(args, "signature"),
        .seed =
            tb_args_given(args, "seed") ? (uint64_t)tb_args_int(args, "seed") : tb_sweep_new_seed(),
        .input_seed = (uint64_t)tb_args_int(args, "input-seed"),
        .warmup_runs = tb_args_int(args, "warmup"),
        .warmup_ns = tb_args_ns(args, "warmup-seconds"),
        .min_runs = tb_args_int(args, "min-runs"),
        .max_runs = tb_args_int(args, "max-runs"),
        .min_ns = tb_args_ns(args, "min-seconds"),
        .max_ns = tb_args_ns(args, "max-seconds"),
        .processes = (int)tb_args_int(args, "processes"),
        .profile = tb_args_flag(args, "profile"),
        .memory_limit_bytes = tb_args_bytes(args, "memory-limit"),
        .silence_ns = tb_args_ns(args, "timeout"),
        .verbose = tb_args_flag(args, "verbose"),
        .quiet = tb_args_flag(args, "quiet"),
    };
    request->threads = tb_args_ints(args, "threads", &request->thread_count);
    bool check_off;
    tb_status status =
        one_of("check", tb_args_text(args, "check"), "off", "first", err, &check_off);
    request->check = !check_off;
    if (status == TB_OK)
        status = one_of("order", tb_args_text(args, "order"), "random", "given", err,
                        &request->random_order);
    if (status == TB_OK)
        status = tb_fallback_parse(tb_args_text(args, "fallback"), err, &request->fallback);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_sweep_request request;
    tb_label *labels = NULL;
    int count = tb_args_operand_count(args);
    const char **models = calloc((size_t)count, sizeof *models);
    tb_status status = models ? read_request(args, &err, &request)
                              : tb_fail(&err, TB_NO_MEMORY, "run: out of memory");
    if (status == TB_OK)
        status = read_labels(args, &err, &labels, &request.label_count);
    tb_exit code;
    if (status == TB_OK) {
        for (int k = 0; k < count; k++)
            models[k] = tb_args_operand(args, k);
        request.models = (tb_text_list){models, count};
        request.labels = labels;
        code = tb_sweep_cmd(args, &request);
    } else {
        code = tb_cmd_fail(&err);
    }
    free(labels);
    free(models);
    return code;
}

const tb_cmd tb_cmd_run = {
    .name = "run",
    .synopsis = "MODEL... [--threads N,...] [--delegate NAME,...] [options]",
    .summary = "measure models over threads, delegates and engines",
    .description =
        "Measures every model with every combination of the engines, delegates and thread counts "
        "given. Each configuration is measured by processes of their own, in random order; every "
        "single latency is stored at once, so that nothing is lost whatever happens. What a "
        "configuration takes at most, and all of them together, is printed before it is spent.\n\n"
        "Headline latencies come from processes without profiling. One process more per "
        "configuration takes per-op times, with a fifth of the configuration's time; its samples "
        "never enter a headline figure.\n\n"
        "A configuration that cannot be measured (a delegate that is not available, a model that "
        "is broken, a crash, a hang, a lack of memory) is a stored result with its reason; the "
        "others still run, and the exit code is 5. Ctrl-C stores and sums up what there is.",
    .examples =
        "tflbench run mobilenet.tflite\n"
        "    the cpu delegate, one thread\n"
        "tflbench run a.tflite b.tflite --threads 1,2,4 --delegate reference,cpu --label rig=bench7\n"
        "    twelve configurations\n"
        "tflbench run a.tflite --engine native,tflite:/usr/lib/libtensorflowlite_c.so --dry-run\n"
        "    only the plan, and how long it takes\n",
    .see_also = "tflbench report, tflbench ls, tflbench show, tflbench list",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
