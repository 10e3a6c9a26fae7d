/* Metadata of models; see model_metadata.h. Tables and field numbers are those of TFLite's metadata
   schema. */
#include "bench/model_metadata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/flatbuffer.h"

#define IDENTIFIER "M001"
#define ALIGNMENT  16

/* ModelMetadata, SubGraphMetadata, TensorMetadata, ProcessUnit, NormalizationOptions, AssociatedFile. */
enum {
    MODEL_SUBGRAPHS = 3,
    SUBGRAPH_INPUTS = 2,
    SUBGRAPH_OUTPUTS = 3,
    TENSOR_UNITS = 4,
    TENSOR_FILES = 6,
    UNIT_OPTIONS = 0,
    MEAN = 0,
    STD = 1,
    FILE_NAME = 0,
    FILE_TYPE = 2
};
enum { NORMALIZATION = 1, UNIT_TYPES = 1 };
enum { AXIS_LABELS = 2, VALUE_LABELS = 3 }; /* of AssociatedFileType */

static const tb_fb_field_def normalization_fields[] = {{"mean", MEAN, TB_FB_F32S, NULL, NULL},
                                                       {"std", STD, TB_FB_F32S, NULL, NULL}};
static const tb_fb_table_def normalization = {"normalization", normalization_fields, 2, NULL};

static const tb_fb_table_def *const unit_options[UNIT_TYPES] = {&normalization};
static const tb_fb_union_def unit_union = {unit_options, UNIT_TYPES};
static const tb_fb_field_def unit_fields[] = {
    {"options", UNIT_OPTIONS, TB_FB_UNION, NULL, &unit_union}};
static const tb_fb_table_def unit = {"process unit", unit_fields, 1, NULL};

static const tb_fb_field_def file_fields[] = {{"name", FILE_NAME, TB_FB_STRING, NULL, NULL},
                                              {"type", FILE_TYPE, TB_FB_U8, NULL, NULL}};
static const tb_fb_table_def file_table = {"file", file_fields, 2, NULL};

static const tb_fb_field_def tensor_fields[] = {
    {"process unit", TENSOR_UNITS, TB_FB_TABLES, &unit, NULL},
    {"file", TENSOR_FILES, TB_FB_TABLES, &file_table, NULL}};
static const tb_fb_table_def tensor = {"tensor", tensor_fields, 2, NULL};

static const tb_fb_field_def subgraph_fields[] = {
    {"input", SUBGRAPH_INPUTS, TB_FB_TABLES, &tensor, NULL},
    {"output", SUBGRAPH_OUTPUTS, TB_FB_TABLES, &tensor, NULL}};
static const tb_fb_table_def subgraph = {"subgraph", subgraph_fields, 2, NULL};

static const tb_fb_field_def model_fields[] = {
    {"subgraph", MODEL_SUBGRAPHS, TB_FB_TABLES, &subgraph, NULL}};
static const tb_fb_table_def model_table = {"metadata", model_fields, 1, NULL};

/* An input or output of the primary subgraph; absent where nothing is said of it. */
static tb_fb_table find_tensor(tb_fb_table root, unsigned which, size_t index)
{
    tb_fb_tables subgraphs = tb_fb_table_vector(root, MODEL_SUBGRAPHS);
    if (!subgraphs.count)
        return tb_fb_absent();
    tb_fb_tables tensors = tb_fb_table_vector(tb_fb_tables_get(subgraphs, 0), which);
    return index < tensors.count ? tb_fb_tables_get(tensors, index) : tb_fb_absent();
}

/* The options of an input's first unit of that kind; absent where there is none. */
static tb_fb_table find_options(tb_fb_table root, size_t input)
{
    tb_fb_tables units =
        tb_fb_table_vector(find_tensor(root, SUBGRAPH_INPUTS, input), TENSOR_UNITS);
    for (size_t k = 0; k < units.count; k++) {
        tb_fb_union options = tb_fb_union_get(tb_fb_tables_get(units, k), UNIT_OPTIONS, UNIT_TYPES);
        if (options.type == NORMALIZATION)
            return options.table;
    }
    return tb_fb_absent();
}

static void take_labels_file(tb_fb_table root, size_t output, char *out)
{
    tb_fb_tables files =
        tb_fb_table_vector(find_tensor(root, SUBGRAPH_OUTPUTS, output), TENSOR_FILES);
    for (size_t k = 0; k < files.count; k++) {
        tb_fb_table file = tb_fb_tables_get(files, k);
        unsigned type = tb_fb_u8(file, FILE_TYPE, 0);
        const char *name = tb_fb_string(file, FILE_NAME);
        if (!name || (type != AXIS_LABELS && type != VALUE_LABELS) ||
            strlen(name) >= TB_METADATA_NAME_SIZE)
            continue;
        memcpy(out, name, strlen(name) + 1);
        return;
    }
}

static tb_status take_options(tb_fb_table options, tb_error *err, tb_preprocess *out)
{
    tb_f32s mean = tb_fb_f32s(options, MEAN), std = tb_fb_f32s(options, STD);
    if (!mean.count && !std.count)
        return TB_OK;
    if (mean.count != std.count || mean.count > TB_COUNT_OF(out->model_mean))
        return tb_fail(
            err, TB_CORRUPT,
            "normalization has %zu means and %zu deviations: there has to be one of each, "
            "or one a channel",
            mean.count, std.count);
    for (size_t k = 0; k < mean.count; k++)
        if (!isfinite(mean.data[k]) || !isfinite(std.data[k]) || std.data[k] <= 0)
            return tb_fail(err, TB_CORRUPT, "normalization by mean %g and deviation %g",
                           (double)mean.data[k], (double)std.data[k]);
    for (size_t k = 0; k < mean.count; k++) {
        out->model_mean[k] = (double)mean.data[k];
        out->model_std[k] = (double)std.data[k];
    }
    out->model_count = (int)mean.count;
    return TB_OK;
}

/* The metadata, verified, in memory that the caller frees; absent where the model has none. */
static tb_status read_metadata(const tb_model *model, tb_error *err, uint8_t **copy,
                               tb_fb_table *root)
{
    tb_bytes found;
    *copy = NULL;
    *root = tb_fb_absent();
    if (!tb_model_find_metadata(model, "TFLITE_METADATA", &found) || !found.size)
        return TB_OK;
    /* The reader needs an alignment that a file inside a file need not have. */
    *copy = aligned_alloc(ALIGNMENT, tb_align_up(found.size, ALIGNMENT));
    if (!*copy)
        return tb_fail(err, TB_NO_MEMORY, "metadata: out of memory");
    memcpy(*copy, found.data, found.size);
    tb_status status =
        tb_fb_verify((tb_bytes){*copy, found.size}, IDENTIFIER, &model_table, err, root);
    return status == TB_OK ? TB_OK : tb_in(err, "the model's metadata");
}

tb_status tb_metadata_normalisation(const tb_model *model, size_t input, tb_error *err,
                                    tb_preprocess *out)
{
    uint8_t *copy;
    tb_fb_table root;
    tb_status status = read_metadata(model, err, &copy, &root);
    if (status == TB_OK && take_options(find_options(root, input), err, out) != TB_OK)
        status = tb_in(err, "the model's metadata");
    free(copy);
    return status;
}

tb_status tb_metadata_labels_file(const tb_model *model, size_t output, tb_error *err,
                                  char out[TB_METADATA_NAME_SIZE])
{
    uint8_t *copy;
    tb_fb_table root;
    out[0] = '\0';
    tb_status status = read_metadata(model, err, &copy, &root);
    if (status == TB_OK)
        take_labels_file(root, output, out);
    free(copy);
    return status;
}
