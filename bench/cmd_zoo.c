/* `tflbench zoo`: writes models of the zoo, or lists them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/cmd.h"
#include "bench/json_write.h"
#include "bench/nearest.h"
#include "bench/text_table.h"
#include "models/writer.h"
#include "models/zoo/zoo.h"
#include "reports/units.h"

static const tb_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "DIR",
     .default_text = ".",
     .help = "Where the files go; made where it does not exist."},
    {.name = "all", .kind = TB_OPTION_FLAG, .help = "Every model that is not a miniature."},
    {.name = "mini",
     .kind = TB_OPTION_FLAG,
     .help = "Every miniature: a few kilobytes, for tests and fuzzing."},
    {.name = "precision",
     .kind = TB_OPTION_LIST,
     .value_name = "P,...",
     .help = "float32, int8, or both. Without it, all that a model comes in."},
    {.name = "width",
     .kind = TB_OPTION_NUMBER,
     .value_name = "X",
     .min = 0.01,
     .max = 4,
     .help = "Multiplies the number of channels."},
    {.name = "resolution",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .min = 1,
     .max = 2048,
     .help = "Pixels a side, or steps of a sequence; `tflbench zoo list` says which."},
    {.name = "blocks",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .min = 1,
     .max = 100,
     .help = "Only the first N blocks."},
    {.name = "classes",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .min = 2,
     .max = 100000,
     .help = "Classes that the model tells apart."},
    {.name = "seed",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .help = "What the weights are drawn from."},
    {.name = "json",
     .kind = TB_OPTION_FLAG,
     .help = "Print what was written, or the list, as JSON."},
    {.name = NULL},
};

#define JSON_SCHEMA         "tflbench.zoo"
#define JSON_SCHEMA_VERSION 1

/* ---- the list --------------------------------------------------------------------------------------- */

static void list_table(const tb_zoo_model *models, size_t count)
{
    static const char *const HEADINGS[] = {"model", "width",      "resolution",
                                           "",      "precisions", "what"};
    tb_text_table table;
    tb_text_table_init(&table, "lrrlll", HEADINGS);
    for (size_t i = 0; i < count; i++) {
        const tb_zoo_model *model = &models[i];
        tb_text_table_cell(&table, "%s", model->name);
        tb_text_table_cell(&table, "%g", model->defaults.width);
        tb_text_table_cell(&table, "%d", model->defaults.resolution);
        tb_text_table_cell(&table, "%s", model->unit);
        tb_text_table_cell(&table, "%s", model->has_int8 ? "float32, int8" : "float32");
        tb_text_table_cell(&table, "%s", model->what);
    }
    tb_text_table_print(&table, 0, stdout);
    tb_text_table_free(&table);
}

static void put_model(tb_json_writer *json, const tb_zoo_model *model)
{
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", model->name);
    tb_json_put_text(json, "what", model->what);
    tb_json_put_real(json, "width", model->defaults.width);
    tb_json_put_int(json, "resolution", model->defaults.resolution);
    tb_json_put_text(json, "resolution_unit", model->unit);
    tb_json_put_int(json, "blocks", model->defaults.blocks);
    tb_json_put_int(json, "classes", model->defaults.classes);
    tb_json_put_bool(json, "int8", model->has_int8);
    tb_json_put_bool(json, "mini", model->is_mini);
    tb_json_end_object(json);
}

/* The frame around an array of models or files; what follows ends it and prints it all. */
static void begin_json(tb_json_writer *json, tb_buf *out, const char *array)
{
    *json = (tb_json_writer){.out = out};
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "schema", JSON_SCHEMA);
    tb_json_put_int(json, "version", JSON_SCHEMA_VERSION);
    tb_json_put_array(json, array);
}

static tb_exit end_json(tb_json_writer *json)
{
    tb_json_end_array(json);
    tb_json_end_object(json);
    tb_error err = TB_ERROR_NONE;
    if (tb_buf_status(json->out, "list", &err) != TB_OK)
        return tb_cmd_fail(&err);
    puts(tb_buf_text(json->out));
    return TB_EXIT_OK;
}

static tb_exit list(bool as_json)
{
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    if (!as_json) {
        list_table(models, count);
        return TB_EXIT_OK;
    }
    tb_buf out = {0};
    tb_json_writer json;
    begin_json(&json, &out, "models");
    for (size_t i = 0; i < count; i++)
        put_model(&json, &models[i]);
    tb_exit code = end_json(&json);
    tb_buf_free(&out);
    return code;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

typedef struct request {
    const char *folder;
    tb_zoo_options options; /* but for the precision */
    bool precisions[TB_ZOO_PRECISION_COUNT];
    bool all_precisions; /* none was named: what the model comes in */
    bool as_json;
    tb_json_writer json;
} request;

static tb_status write_one(request *r, const tb_zoo_model *model, tb_zoo_precision precision,
                           tb_error *err)
{
    tb_zoo_options chosen = r->options;
    chosen.precision = precision;
    uint8_t *bytes;
    size_t size;
    tb_status status = tb_zoo_write(model->name, &chosen, err, &bytes, &size);
    if (status != TB_OK)
        return status;
    char name[128];
    tb_zoo_file_name(model, &chosen, sizeof name, name);
    tb_buf path = {0};
    tb_buf_printf(&path, "%s/%s", r->folder, name);
    status = tb_buf_status(&path, "path", err);
    if (status == TB_OK)
        status = tb_model_bytes_save(tb_buf_text(&path), bytes, size, err);
    if (status == TB_OK && r->as_json) {
        tb_json_put_object(&r->json, NULL);
        tb_json_put_text(&r->json, "name", model->name);
        tb_json_put_text(&r->json, "precision", tb_zoo_precision_name(precision));
        tb_json_put_text(&r->json, "path", tb_buf_text(&path));
        tb_json_put_uint(&r->json, "size_bytes", size);
        tb_json_end_object(&r->json);
    } else if (status == TB_OK) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_bytes((double)size, text);
        printf("%s (%s)\n", tb_buf_text(&path), text);
        fflush(stdout);
    }
    tb_buf_free(&path);
    free(bytes);
    return status;
}

/* Every precision that was asked for. One of a group that does not come in it is left out. */
static tb_status write_model(request *r, const tb_zoo_model *model, bool of_group, tb_error *err)
{
    tb_status status = TB_OK;
    for (int p = 0; status == TB_OK && p < TB_ZOO_PRECISION_COUNT; p++) {
        bool offered = p == TB_ZOO_FLOAT32 || model->has_int8;
        if (!r->all_precisions && !r->precisions[p])
            continue;
        if (offered || (!of_group && !r->all_precisions))
            status = write_one(r, model, (tb_zoo_precision)p, err);
        else if (!r->all_precisions)
            fprintf(stderr, "tflbench: zoo: %s does not come in %s\n", model->name,
                    tb_zoo_precision_name((tb_zoo_precision)p));
    }
    return status;
}

static tb_status no_such_model(const char *name, tb_error *err)
{
    tb_nearest nearest;
    tb_nearest_begin(&nearest, name);
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t i = 0; i < count; i++)
        tb_nearest_try(&nearest, models[i].name);
    if (nearest.best)
        return tb_fail(err, TB_USAGE, "the zoo has no model '%s'; did you mean %s?", name,
                       nearest.best);
    return tb_fail(err, TB_USAGE, "the zoo has no model '%s'; `tflbench zoo list` lists them",
                   name);
}

static tb_status make_folder(const char *path, tb_error *err)
{
    struct stat found;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
        return TB_OK;
    return tb_fail_errno(err, "make folder %s", path);
}

static tb_status fill_request(const tb_args *args, tb_error *err, request *r)
{
    *r = (request){.folder = tb_args_text(args, "output"), .as_json = tb_args_flag(args, "json")};
    tb_zoo_config *config = &r->options.config;
    if (tb_args_given(args, "width"))
        config->width = tb_args_number(args, "width");
    if (tb_args_given(args, "resolution"))
        config->resolution = (int)tb_args_int(args, "resolution");
    if (tb_args_given(args, "blocks"))
        config->blocks = (int)tb_args_int(args, "blocks");
    if (tb_args_given(args, "classes"))
        config->classes = (int)tb_args_int(args, "classes");
    r->options.seed = (uint64_t)tb_args_int(args, "seed");
    int count;
    const char *const *named = tb_args_list(args, "precision", &count);
    r->all_precisions = count == 0;
    for (int i = 0; i < count; i++) {
        tb_zoo_precision precision;
        tb_status status = tb_zoo_precision_parse(named[i], err, &precision);
        if (status != TB_OK)
            return status;
        r->precisions[precision] = true;
    }
    return TB_OK;
}

static tb_status check_names(const tb_args *args, tb_error *err)
{
    for (int i = 0; i < tb_args_operand_count(args); i++)
        if (!tb_zoo_find(tb_args_operand(args, i)))
            return no_such_model(tb_args_operand(args, i), err);
    return TB_OK;
}

/* Those that --all and --mini stand for, then those that were named. */
static tb_status write_all(request *r, const tb_args *args, tb_error *err)
{
    tb_status status = TB_OK;
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t i = 0; status == TB_OK && i < count; i++)
        if (tb_args_flag(args, models[i].is_mini ? "mini" : "all"))
            status = write_model(r, &models[i], true, err);
    for (int i = 0; status == TB_OK && i < tb_args_operand_count(args); i++)
        status = write_model(r, tb_zoo_find(tb_args_operand(args, i)), false, err);
    return status;
}

static tb_exit run(const tb_args *args)
{
    bool group = tb_args_flag(args, "all") || tb_args_flag(args, "mini");
    int operands = tb_args_operand_count(args);
    if (operands == 1 && strcmp(tb_args_operand(args, 0), "list") == 0)
        return list(tb_args_flag(args, "json"));
    if (operands == 0 && !group)
        return list(tb_args_flag(args, "json"));

    tb_error err = TB_ERROR_NONE;
    request r;
    tb_buf out = {0};
    tb_status status = fill_request(args, &err, &r);
    if (status == TB_OK)
        status = check_names(args, &err);
    if (status == TB_OK)
        status = make_folder(r.folder, &err);
    if (r.as_json)
        begin_json(&r.json, &out, "files");
    if (status == TB_OK)
        status = write_all(&r, args, &err);
    tb_exit code = status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
    if (r.as_json && code == TB_EXIT_OK)
        code = end_json(&r.json);
    tb_buf_free(&out);
    return code;
}

const tb_cmd tb_cmd_zoo = {
    .name = "zoo",
    .synopsis = "[list]\nMODEL... [-o DIR]\n--all | --mini [-o DIR]",
    .summary = "write models to try things on, without a download",
    .description =
        "Writes networks of well-known shape (MobileNet v1 and v2, ResNet-8, DS-CNN, a transformer "
        "encoder, a U-Net, LSTMs) as .tflite files. Their weights are drawn from a seed: nobody "
        "trained them, they compute nothing useful, at the usual price. The same options give the "
        "same bytes on every machine.\n\n"
        "int8 models are quantised after their float forms were run on seeded inputs: weights with "
        "a scale for each output channel, activations with one scale and zero point.\n\n"
        "Without a model, lists what there is.",
    .examples =
        "tflbench zoo list\n"
        "    what there is, and in which forms\n"
        "tflbench zoo mobilenet_v2 --width 0.5 --resolution 160 --precision int8 -o models\n"
        "    one smaller model, in integers\n"
        "tflbench zoo --all -o models\n"
        "    everything but the miniatures\n",
    .see_also = "list(1), run(1), inspect(1)",
    .options = options,
    .min_operands = 0,
    .max_operands = -1,
    .run = run,
};
