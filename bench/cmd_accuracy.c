/* `tflbench accuracy`: is it right on labelled data? */
#include <stdlib.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/run_args.h"
#include "bench/store_args.h"
#include "bench/sweep_cmd.h"

static const tb_option options[] = {
    {.name = "What is asked", .kind = TB_OPTION_HEADING},
    {.name = "task",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME",
     .default_text = "classify",
     .help = "classify, keyword, detect, segment, anomaly or regress."},
    {.name = "data",
     .kind = TB_OPTION_TEXT,
     .value_name = "DIR",
     .help = "The folder with the labelled data."},
    {.name = "labels",
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "The list of items, or the COCO file, where it does not lie in the folder under its "
             "usual name."},
    {.name = "classes",
     .kind = TB_OPTION_LIST,
     .value_name = "NAME,...",
     .help =
         "Names of the classes in the model's order, where the folder has no classes.txt, and the "
         "model does not carry the names of its folders."},
    {.name = "label-offset",
     .kind = TB_OPTION_TEXT,
     .value_name = "N",
     .help = "The model's class is the label plus N; for detections the category is the model's "
             "class plus N (1 for models trained on COCO)."},
    {.name = "limit", .kind = TB_OPTION_INT, .value_name = "N", .help = "Only the first N items."},
    {.name = "shard",
     .kind = TB_OPTION_TEXT,
     .value_name = "I/N",
     .help = "Only every Nth item, from the Ith (1 to N) on: parts for several runs, which "
             "--resume puts together."},
    {.name = "resume",
     .kind = TB_OPTION_FLAG,
     .help = "Take over the items that earlier runs with the same build evaluated in the same way, "
             "and evaluate the others."},

    {.name = "How items are fed", .kind = TB_OPTION_HEADING},
    {.name = "mean",
     .kind = TB_OPTION_LIST,
     .value_name = "X[,X,X]",
     .help = "A value goes in as (value - mean) / std; one number, or one a channel. Without "
             "--mean and --std pictures go into 8-bit inputs as they are, into float inputs by the "
             "model's metadata, or as 0 to 255 where it has none."},
    {.name = "std", .kind = TB_OPTION_LIST, .value_name = "X[,X,X]", .help = "See --mean."},
    {.name = "crop",
     .kind = TB_OPTION_TEXT,
     .value_name = "SHARE",
     .help = "Keep the central SHARE of each side, as 0.875."},
    {.name = "square-crop", .kind = TB_OPTION_FLAG, .help = "Of the shorter side."},
    {.name = "resize",
     .kind = TB_OPTION_TEXT,
     .value_name = "bilinear|half-pixel|nearest",
     .help = "How pictures get the input's size. The default, bilinear, aligns the upper left "
             "corners, as TFLite's evaluation tools do; half-pixel aligns pixel centres."},

    {.name = "How answers are read", .kind = TB_OPTION_HEADING},
    {.name = "ignore-label",
     .kind = TB_OPTION_TEXT,
     .value_name = "N",
     .help = "segment: pixels with this mask value do not count (255 without the option, -1: "
             "none)."},
    {.name = "mask-scale",
     .kind = TB_OPTION_TEXT,
     .value_name = "N",
     .help = "segment: the class is the mask's value divided by N."},
    {.name = "window",
     .kind = TB_OPTION_TEXT,
     .value_name = "N",
     .help = "anomaly: values of a window; else what the list says, or the input's size."},
    {.name = "stride",
     .kind = TB_OPTION_TEXT,
     .value_name = "N",
     .help = "anomaly: values from one window to the next."},

    {.name = "What runs it", .kind = TB_OPTION_HEADING},
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
     .help = "Delegates, each a configuration; `reference` is the portable kernels alone."},
    {.name = "engine",
     .kind = TB_OPTION_LIST,
     .value_name = "NAME[:LIBRARY],...",
     .default_text = "native",
     .help = "Runtimes, each a configuration."},
    {.name = "input-shape",
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "INPUT:N,N,...",
     .help = "Resize an input, given by name or number."},
    {.name = "signature",
     .kind = TB_OPTION_TEXT,
     .value_name = "KEY",
     .help = "Run this signature instead of the primary subgraph."},
    {.name = "memory-limit",
     .kind = TB_OPTION_BYTES,
     .value_name = "SIZE",
     .help = "Bound on the memory that the engine counts."},
    {.name = "timeout",
     .kind = TB_OPTION_SECONDS,
     .value_name = "TIME",
     .default_text = "60",
     .min = 0.1,
     .max = 86400,
     .help = "A worker that evaluates no item for so long is killed."},
    {.name = "fallback",
     .kind = TB_OPTION_TEXT,
     .value_name = "allow|warn|fail",
     .default_text = "warn",
     .help = "What it means that a delegate left nodes behind."},

    {.name = "Where it goes", .kind = TB_OPTION_HEADING},
    TB_OPTION_ROW_DB,
    TB_OPTION_ROWS_FORMAT,
    {.name = "dry-run", .kind = TB_OPTION_FLAG, .help = "Print the plan and evaluate nothing."},
    {.name = "quiet", .letter = 'q', .kind = TB_OPTION_FLAG, .help = "No progress, no plan."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "Show what workers, drivers and plugins print."},
    {.name = NULL},
};

/* ---- the request ------------------------------------------------------------------------------- */

/* "key=value" texts for the worker. */
typedef struct task_texts {
    const char *items[64];
    tb_arena arena;
    int count;
} task_texts;

static tb_status add_text(task_texts *texts, const char *key, const char *value, tb_error *err)
{
    if (texts->count == (int)(sizeof texts->items / sizeof *texts->items))
        return tb_fail(err, TB_USAGE, "--%s: too many values", key);
    tb_buf text = {0};
    tb_buf_printf(&text, "%s=%s", key, value);
    const char *kept = text.failed ? NULL : tb_arena_text(&texts->arena, text.data, text.size);
    tb_buf_free(&text);
    texts->items[texts->count] = kept;
    texts->count++;
    return kept ? TB_OK : tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
}

/* mean=1+2+3: commas separate options elsewhere. */
static tb_status add_joined(task_texts *texts, const tb_args *args, const char *key, tb_error *err)
{
    int count;
    const char *const *values = tb_args_list(args, key, &count);
    if (!count)
        return TB_OK;
    tb_buf text = {0};
    for (int k = 0; k < count; k++)
        tb_buf_printf(&text, "%s%s", k ? "+" : "", values[k]);
    tb_status status = tb_buf_status(&text, "option", err);
    if (status == TB_OK)
        status = add_text(texts, key, tb_buf_text(&text), err);
    tb_buf_free(&text);
    return status;
}

static tb_status gather_texts(const tb_args *args, task_texts *texts, tb_error *err)
{
    static const char *const plain[] = {"crop",         "resize",     "label-offset", "labels",
                                        "ignore-label", "mask-scale", "window",       "stride"};
    tb_status status = add_joined(texts, args, "mean", err);
    if (status == TB_OK)
        status = add_joined(texts, args, "std", err);
    for (size_t k = 0; status == TB_OK && k < sizeof plain / sizeof *plain; k++)
        if (tb_args_text(args, plain[k]))
            status = add_text(texts, plain[k], tb_args_text(args, plain[k]), err);
    if (status == TB_OK && tb_args_flag(args, "square-crop"))
        status = add_text(texts, "square-crop", "1", err);
    int classes;
    const char *const *names = tb_args_list(args, "classes", &classes);
    for (int k = 0; status == TB_OK && k < classes; k++)
        status = add_text(texts, "class", names[k], err);
    return status;
}

static tb_status read_shard(const char *text, tb_error *err, tb_accuracy *out)
{
    char end;
    long long shard, shards;
    if (!text)
        return TB_OK;
    if (sscanf(text, "%lld/%lld%c", &shard, &shards, &end) != 2 || shard < 1 || shards < shard ||
        shards > 1000000)
        return tb_fail(err, TB_USAGE, "--shard %s: goes I/N, I from 1 to N", text);
    out->shard = shard;
    out->shards = shards;
    return TB_OK;
}

static tb_status read_accuracy(const tb_args *args, task_texts *texts, tb_error *err,
                               tb_accuracy *out)
{
    tb_status status = gather_texts(args, texts, err);
    if (status != TB_OK)
        return status;
    *out = (tb_accuracy){
        .data = tb_args_text(args, "data"),
        .options = {texts->items, texts->count},
        .limit = tb_args_int(args, "limit"),
        .resume = tb_args_flag(args, "resume"),
    };
    if (!out->data)
        return tb_fail(err, TB_USAGE, "--data DIR says what to evaluate on");
    status = tb_accuracy_check(out, tb_args_text(args, "task"), err);
    return status == TB_OK ? read_shard(tb_args_text(args, "shard"), err, out) : status;
}

static tb_status read_request(const tb_args *args, const tb_accuracy *accuracy, const char **models,
                              tb_error *err, tb_sweep_request *out)
{
    int count = tb_args_operand_count(args);
    for (int k = 0; k < count; k++)
        models[k] = tb_args_operand(args, k);
    *out = (tb_sweep_request){
        .command = "accuracy",
        .models = {models, count},
        .engines = tb_run_args_list(args, "engine"),
        .delegates = tb_run_args_list(args, "delegate"),
        .shapes = tb_run_args_list(args, "input-shape"),
        .signature = tb_args_text(args, "signature"),
        .accuracy = accuracy,
        .memory_limit_bytes = tb_args_bytes(args, "memory-limit"),
        .silence_ns = tb_args_ns(args, "timeout"),
        .verbose = tb_args_flag(args, "verbose"),
        .quiet = tb_args_flag(args, "quiet"),
    };
    out->threads = tb_args_ints(args, "threads", &out->thread_count);
    return tb_fallback_parse(tb_args_text(args, "fallback"), err, &out->fallback);
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    task_texts texts = {0};
    tb_accuracy accuracy;
    tb_sweep_request request;
    const char **models = calloc((size_t)tb_args_operand_count(args) + 1, sizeof *models);
    tb_status status = models ? read_accuracy(args, &texts, &err, &accuracy)
                              : tb_fail(&err, TB_NO_MEMORY, "accuracy: out of memory");
    if (status == TB_OK)
        status = read_request(args, &accuracy, models, &err, &request);
    tb_exit code = status == TB_OK ? tb_sweep_cmd(args, &request) : tb_cmd_fail(&err);
    tb_arena_free(&texts.arena);
    free(models);
    return code;
}

const tb_cmd tb_cmd_accuracy = {
    .name = "accuracy",
    .synopsis = "MODEL... --task NAME --data DIR [options]",
    .summary = "evaluate models on labelled data",
    .description =
        "Feeds every item of a labelled data set to every configuration and says how good the "
        "answers are: top-1 and top-5 (classify, keyword), COCO's mean average precision (detect), "
        "mean intersection over union (segment), area under the ROC curve (anomaly), absolute and "
        "squared error (regress), each with a 95 % interval. Configurations of one model are "
        "compared item by item (exact McNemar test).\n\n"
        "A data set is a folder. It holds a packed array NAME_<N>x<dims>_<u8|i8|i16|f32>.bin with "
        "labels_<N>_u8.bin; or files with a list, y_labels.csv or labels.csv (FILE,LABEL; "
        "FILE,CLASSES,LABEL; FILE,VALUE,... for regress; FILE,MASK for segment); or a subfolder a "
        "class; or files whose names start with the name of their class; pictures with "
        "annotations.json (COCO) for detect; NAME.jpg with NAME_mask.png for segment. Pictures "
        "are JPEG, PNG and BMP, sounds WAV and FLAC, anything else raw values.\n\n"
        "Preprocessing is the same for every engine and delegate. Every item's result is stored as "
        "it comes; --resume goes on where a run ended. An item that cannot be decoded or fed costs "
        "itself: it is counted and named, and the figures are of the others.",
    .examples =
        "tflbench accuracy mobilenet.tflite --data imagenet-val --mean 127.5 --std 127.5 --crop "
        "0.875 --label-offset 1 --delegate reference,cpu\n"
        "    is the delegate as right as the reference?\n"
        "tflbench accuracy ssd.tflite --task detect --data coco-val --label-offset 1 --limit 500\n"
        "    mean average precision on the first 500 pictures\n"
        "tflbench accuracy ad.tflite --task anomaly --data machines\n"
        "    windows and labels as the list says\n",
    .see_also = "tflbench run, tflbench verify, tflbench report",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
