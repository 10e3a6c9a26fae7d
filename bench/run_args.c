/* What `run` and `profile` are asked for; see run_args.h. */
#include "bench/run_args.h"

#include <stdlib.h>
#include <string.h>

#include "bench/affinity.h"
#include "bench/sweep_cmd.h"

/* Which of the words, ended by NULL, an option's value is. */
static tb_status one_of(const tb_args *args, const char *option, const char *const *words,
                        tb_error *err, int *which)
{
    const char *value = tb_args_text(args, option);
    tb_buf goes = {0};
    for (*which = 0; words[*which]; ++*which) {
        if (strcmp(value, words[*which]) == 0)
            break;
        tb_buf_printf(&goes, "%s%s",
                      *which == 0         ? ""
                      : words[*which + 1] ? ", "
                                          : " or ",
                      words[*which]);
    }
    tb_status status = words[*which] ? TB_OK
                                     : tb_fail(err, TB_USAGE, "--%s %s: goes %s", option, value,
                                               tb_buf_text(&goes));
    tb_buf_free(&goes);
    return status;
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

tb_text_list tb_run_args_list(const tb_args *args, const char *name)
{
    tb_text_list list;
    list.items = tb_args_list(args, name, &list.count);
    return list;
}

static tb_status read_request(const tb_args *args, tb_error *err, tb_sweep_request *request)
{
    *request = (tb_sweep_request){
        .engines = tb_run_args_list(args, "engine"),
        .delegates = tb_run_args_list(args, "delegate"),
        .custom_ops = tb_run_args_list(args, "custom-op"),
        .inputs = tb_run_args_list(args, "input"),
        .shapes = tb_run_args_list(args, "input-shape"),
        .shape_sets = tb_run_args_list(args, "shape"),
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
        .idle_ns = tb_args_ns(args, "idle"),
        .priority = tb_args_int(args, "priority"),
        .processes = (int)tb_args_int(args, "processes"),
        .profile = tb_args_flag(args, "profile"),
        .memory_limit_bytes = tb_args_bytes(args, "memory-limit"),
        .delegate_cache = tb_args_text(args, "delegate-cache"),
        .silence_ns = tb_args_ns(args, "timeout"),
        .verbose = tb_args_flag(args, "verbose"),
        .quiet = tb_args_flag(args, "quiet"),
    };
    request->threads = tb_args_ints(args, "threads", &request->thread_count);
    request->tiers = tb_args_ints(args, "tier", &request->tier_count);
    if (tb_args_int(args, "rate"))
        request->interval_ns = UINT64_C(1000000000) / (uint64_t)tb_args_int(args, "rate");
    static const char *const checks[] = {"off", "first", "every", NULL};
    static const char *const orders[] = {"given", "random", NULL};
    int check = 0, order = 0;
    tb_status status = one_of(args, "check", checks, err, &check);
    if (status == TB_OK)
        status = one_of(args, "order", orders, err, &order);
    request->check = check > 0;
    request->check_every = check > 1;
    request->random_order = order > 0;
    if (status == TB_OK)
        status = tb_fallback_parse(tb_args_text(args, "fallback"), err, &request->fallback);
    return status;
}

/* "classify:DIR;std=255;crop=0.875" */
static tb_status read_accuracy(const char *text, tb_error *err, tb_run_args *out)
{
    if (!text)
        return TB_OK;
    int count = 0;
    for (const char *c = text; *c; c++)
        count += *c == ';';
    out->accuracy_text = strdup(text);
    out->accuracy_options = calloc((size_t)count + 1, sizeof *out->accuracy_options);
    if (!out->accuracy_text || !out->accuracy_options)
        return tb_fail(err, TB_NO_MEMORY, "--accuracy: out of memory");
    char *rest = out->accuracy_text, *task = strsep(&rest, ":"), *folder = strsep(&rest, ";");
    if (!folder || !*folder)
        return tb_fail(err, TB_USAGE, "--accuracy %s: goes TASK:DIR[;KEY=VALUE]", text);
    out->accuracy = (tb_accuracy){.data = folder, .options.items = out->accuracy_options};
    for (char *option; (option = strsep(&rest, ";"));)
        if (*option)
            out->accuracy_options[out->accuracy.options.count++] = option;
    tb_status status = tb_accuracy_check(&out->accuracy, task, err);
    out->request.accuracy = &out->accuracy;
    return status == TB_OK ? TB_OK : tb_in(err, "--accuracy");
}

static tb_status read_numerics(const tb_args *args, tb_error *err, tb_run_args *out)
{
    if (!tb_args_flag(args, "numerics"))
        return tb_args_given(args, "against")
                   ? tb_fail(err, TB_USAGE, "--against: says what --numerics compares with")
                   : TB_OK;
    if (out->request.signature)
        return tb_fail(err, TB_USAGE,
                       "--numerics: compares the main subgraph, and --signature "
                       "chooses another");
    tb_delegate_arg against;
    tb_status status =
        tb_delegate_arg_parse(tb_args_text(args, "against"), &out->texts, err, &against);
    out->request.numerics_against = against.canonical;
    return status;
}

tb_status tb_run_args_read(const tb_args *args, const char *command, tb_error *err,
                           tb_run_args *out)
{
    int count = tb_args_operand_count(args);
    *out = (tb_run_args){.models = calloc((size_t)count + 1, sizeof *out->models)};
    if (!out->models)
        return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", command);
    tb_status status = read_request(args, err, &out->request);
    if (status == TB_OK && tb_args_given(args, "cores"))
        status = tb_affinity_cores(tb_args_text(args, "cores"), err);
    if (status == TB_OK && tb_args_given(args, "cpus"))
        status = tb_affinity_mask(tb_args_text(args, "cpus"), err);
    if (status == TB_OK && tb_args_given(args, "cold"))
        status = tb_cold_parse(tb_args_text(args, "cold"), err, &out->request.cold);
    if (status == TB_OK && out->request.priority)
        status = tb_affinity_priority((int)out->request.priority, err);
    if (status == TB_OK)
        status = read_labels(args, err, &out->labels, &out->request.label_count);
    if (status == TB_OK)
        status = read_accuracy(tb_args_text(args, "accuracy"), err, out);
    if (status == TB_OK)
        status = read_numerics(args, err, out);
    for (int k = 0; k < count; k++)
        out->models[k] = tb_args_operand(args, k);
    out->request.command = command;
    out->request.models = (tb_text_list){out->models, count};
    out->request.labels = out->labels;
    return status;
}

void tb_run_args_free(tb_run_args *run)
{
    tb_arena_free(&run->texts);
    free(run->accuracy_options);
    free(run->accuracy_text);
    free(run->labels);
    free(run->models);
}
