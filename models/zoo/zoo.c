/* The zoo's table and the way from a row to a file; see zoo.h. */
#include "models/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

#include "models/calibrate.h"
#include "models/quantize.h"
#include "models/writer.h"
#include "models/zoo/families.h"
#include "models/zoo/inputs.h"
#include "runtime/base/size.h"
#include "runtime/tensor.h"

static const tb_zoo_model MODELS[] = {
#define TB_ZOO(name, builder, what, unit, width, resolution, step, blocks, classes, int8, mini) \
    {#name, what, unit, {width, resolution, blocks, classes}, step, int8, mini},
#include "models/zoo/families.def"
};

static const tb_zoo_build_fn BUILDERS[] = {
#define TB_ZOO(name, builder, ...) tb_zoo_##builder,
#include "models/zoo/families.def"
};

static const char *const PRECISIONS[TB_ZOO_PRECISION_COUNT] = {"float32", "int8"};

const char *tb_zoo_precision_name(tb_zoo_precision precision)
{
    return (unsigned)precision < TB_ZOO_PRECISION_COUNT ? PRECISIONS[precision] : "?";
}

tb_status tb_zoo_precision_parse(const char *text, tb_error *err, tb_zoo_precision *out)
{
    for (int i = 0; i < TB_ZOO_PRECISION_COUNT; i++)
        if (strcmp(text, PRECISIONS[i]) == 0) {
            *out = (tb_zoo_precision)i;
            return TB_OK;
        }
    return tb_fail(err, TB_USAGE, "'%s' is no precision of the zoo; there are float32 and int8",
                   text);
}

const tb_zoo_model *tb_zoo_list(size_t *count)
{
    *count = TB_COUNT_OF(MODELS);
    return MODELS;
}

const tb_zoo_model *tb_zoo_find(const char *name)
{
    for (size_t i = 0; i < TB_COUNT_OF(MODELS); i++)
        if (strcmp(MODELS[i].name, name) == 0)
            return &MODELS[i];
    return NULL;
}

int tb_zoo_channels(int channels, double width)
{
    double wanted = channels * width;
    int rounded = (int)(wanted + 4) / 8 * 8;
    if (rounded < 8)
        rounded = 8;
    return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

float tb_zoo_logit_deviation(int classes)
{
    return classes < 100 ? 2 : 2.5f;
}

static tb_zoo_config complete(const tb_zoo_model *model, tb_zoo_config config)
{
    if (config.width == 0)
        config.width = model->defaults.width;
    if (config.resolution == 0)
        config.resolution = model->defaults.resolution;
    if (config.blocks == 0)
        config.blocks = model->defaults.blocks;
    if (config.classes == 0)
        config.classes = model->defaults.classes;
    return config;
}

static tb_status check(const tb_zoo_model *model, const tb_zoo_config *config, tb_error *err)
{
    if (!(config->width >= 0.01 && config->width <= 4))
        return tb_fail(err, TB_USAGE, "width %g is outside 0.01 to 4", config->width);
    if (config->resolution < model->resolution_step || config->resolution > 2048 ||
        config->resolution % model->resolution_step)
        return tb_fail(err, TB_USAGE, "resolution %d is no multiple of %d up to 2048 %s",
                       config->resolution, model->resolution_step, model->unit);
    if (config->blocks < 1 || config->blocks > model->defaults.blocks)
        return tb_fail(err, TB_USAGE, "%d blocks were asked for, it has 1 to %d", config->blocks,
                       model->defaults.blocks);
    if (config->classes < 2 || config->classes > 100000)
        return tb_fail(err, TB_USAGE, "%d classes are outside 2 to 100000", config->classes);
    return TB_OK;
}

void tb_zoo_file_name(const tb_zoo_model *model, const tb_zoo_options *options, size_t capacity,
                      char *out)
{
    tb_zoo_config config = complete(model, options->config);
    const char *precision = tb_zoo_precision_name(options->precision);
    if (model->is_mini)
        snprintf(out, capacity, "%s_%s.tflite", model->name, precision);
    else
        snprintf(out, capacity, "%s_%.4g%s_%d_%s.tflite", model->name, config.width,
                 config.width == (int)config.width ? ".0" : "", config.resolution, precision);
}

tb_status tb_zoo_draft(const tb_zoo_model *model, const tb_zoo_options *options, tb_error *err,
                       tb_draft *out)
{
    tb_zoo_config config = complete(model, options->config);
    tb_draft_init(out, NULL);
    tb_status status = check(model, &config, err);
    if (status != TB_OK)
        return status;
    char description[128];
    snprintf(description, sizeof description, "tflbench zoo: %s, width %g, %d %s, seed %llu",
             model->name, config.width, config.resolution, model->unit,
             (unsigned long long)options->seed);
    out->description = tb_draft_text(out, description);
    tb_graph graph;
    tb_graph_begin(&graph, out, options->seed);
    tb_value output = BUILDERS[model - MODELS](&graph, &config);
    tb_graph_end(&graph, TB_INTS(output));
    if (out->error.status == TB_OK)
        return TB_OK;
    if (err)
        *err = out->error;
    return out->error.status;
}

/* How many inputs the ranges of an int8 model are measured on: few where tensors are large, because
   each shows many values then. */
static int calibration_runs(const tb_draft_subgraph *graph)
{
    int64_t total = 0;
    for (size_t i = 0; i < graph->tensor_count; i++) {
        const tb_draft_tensor *tensor = &graph->tensors[i];
        int64_t elements;
        if (!tensor->buffer && tb_shape_elements(tensor->rank, tensor->shape, &elements))
            total += elements;
    }
    return total > 1000000 ? 4 : total > 50000 ? 16 : 64;
}

static tb_status quantize(const tb_draft *model, uint64_t seed, tb_error *err, tb_draft *out)
{
    tb_arena arena = {0};
    tb_range *ranges = TB_ARENA_NEW(&arena, tb_range, model->subgraphs[0].tensor_count);
    tb_zoo_inputs inputs = {.seed = seed, .graph = &model->subgraphs[0]};
    tb_status status =
        ranges
            ? tb_calibrate(model, calibration_runs(inputs.graph), tb_zoo_fill, &inputs, err, ranges)
            : tb_fail(err, TB_NO_MEMORY, "calibrate: cannot hold the ranges of tensors");
    if (status == TB_OK)
        status = tb_quantize_int8(model, ranges, err, out);
    else
        tb_draft_init(out, NULL);
    tb_arena_free(&arena);
    return status;
}

tb_status tb_zoo_write(const char *name, const tb_zoo_options *options, tb_error *err,
                       uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    const tb_zoo_model *model = tb_zoo_find(name);
    if (!model)
        return tb_fail(err, TB_NOT_FOUND, "the zoo has no model '%s'", name);
    if (options->precision != TB_ZOO_FLOAT32 && !model->has_int8)
        return tb_fail(err, TB_USAGE, "%s comes in float32 only", name);
    tb_draft draft;
    tb_status status = tb_zoo_draft(model, options, err, &draft);
    if (status == TB_OK && options->precision == TB_ZOO_INT8) {
        tb_draft integer;
        status = quantize(&draft, options->seed, err, &integer);
        if (status == TB_OK)
            status = tb_draft_write(&integer, err, bytes, size);
        tb_draft_free(&integer);
    } else if (status == TB_OK) {
        status = tb_draft_write(&draft, err, bytes, size);
    }
    tb_draft_free(&draft);
    return status == TB_OK ? TB_OK : tb_in(err, "%s", name);
}
