/* The zoo's models: reproducible, sound files, refusals that help. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/zoo/inputs.h"
#include "models/zoo/zoo.h"
#include "runtime/model.h"
#include "runtime/tflite_abi/c_api.h"

/* Small where the model can be made small, so that the test stays quick. */
static tb_zoo_options options_for(const tb_zoo_model *model, tb_zoo_precision precision)
{
    tb_zoo_options options = {.precision = precision, .seed = 3};
    if (!model->is_mini && model->defaults.resolution > 64)
        options.config = (tb_zoo_config){.width = 0.25, .resolution = 64, .classes = 20};
    return options;
}

Test(zoo, every_model_opens_and_is_the_same_each_time)
{
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    cr_assert_gt(count, 10);
    for (size_t i = 0; i < count; i++) {
        tb_zoo_options options = options_for(&models[i], TB_ZOO_FLOAT32);
        tb_error err = TB_ERROR_NONE;
        uint8_t *bytes, *again;
        size_t size, again_size;
        cr_assert_eq(tb_zoo_write(models[i].name, &options, &err, &bytes, &size), TB_OK, "%s",
                     err.text);
        cr_assert_eq(tb_zoo_write(models[i].name, &options, &err, &again, &again_size), TB_OK);
        cr_assert_eq(size, again_size);
        cr_expect_eq(memcmp(bytes, again, size), 0, "%s differs", models[i].name);
        tb_model *model;
        cr_assert_eq(tb_model_from_memory(bytes, size, models[i].name, &err, &model), TB_OK, "%s",
                     err.text);
        cr_expect_eq(tb_model_signature_count(model), 1);
        cr_expect_eq(tb_model_note_count(model), 0);
        tb_model_release(model);
        free(bytes);
        free(again);
    }
}

Test(zoo, mini_models_are_small_enough_to_keep)
{
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t i = 0; i < count; i++) {
        if (!models[i].is_mini)
            continue;
        tb_zoo_options options = {.seed = 1};
        uint8_t *bytes;
        size_t size;
        cr_assert_eq(tb_zoo_write(models[i].name, &options, NULL, &bytes, &size), TB_OK);
        cr_expect_leq(size, 20 * 1024, "%s has %zu bytes", models[i].name, size);
        free(bytes);
    }
}

Test(zoo, another_seed_gives_other_weights)
{
    uint8_t *one, *two;
    size_t one_size, two_size;
    tb_zoo_options options = {.seed = 1};
    cr_assert_eq(tb_zoo_write("ds_cnn_mini", &options, NULL, &one, &one_size), TB_OK);
    options.seed = 2;
    cr_assert_eq(tb_zoo_write("ds_cnn_mini", &options, NULL, &two, &two_size), TB_OK);
    cr_assert_eq(one_size, two_size);
    cr_expect_neq(memcmp(one, two, one_size), 0);
    free(one);
    free(two);
}

Test(zoo, names_say_what_was_asked_for)
{
    char name[64];
    tb_zoo_options options = {.precision = TB_ZOO_INT8};
    tb_zoo_file_name(tb_zoo_find("mobilenet_v1"), &options, sizeof name, name);
    cr_expect_str_eq(name, "mobilenet_v1_1.0_224_int8.tflite");
    options.config = (tb_zoo_config){.width = 0.25, .resolution = 96};
    tb_zoo_file_name(tb_zoo_find("mobilenet_v2"), &options, sizeof name, name);
    cr_expect_str_eq(name, "mobilenet_v2_0.25_96_int8.tflite");
    tb_zoo_file_name(tb_zoo_find("unet_mini"), &(tb_zoo_options){0}, sizeof name, name);
    cr_expect_str_eq(name, "unet_mini_float32.tflite");
}

Test(zoo, what_cannot_be_is_refused)
{
    uint8_t *bytes;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    tb_zoo_options options = {0};
    cr_expect_eq(tb_zoo_write("mobilenet_v9", &options, &err, &bytes, &size), TB_NOT_FOUND);
    cr_expect_str_eq(err.text, "the zoo has no model 'mobilenet_v9'");
    options.config.resolution = 100;
    cr_expect_eq(tb_zoo_write("unet", &options, &err, &bytes, &size), TB_USAGE);
    cr_expect_str_eq(err.text, "unet: resolution 100 is no multiple of 8 up to 2048 pixels");
    options.config = (tb_zoo_config){.width = -1};
    cr_expect_eq(tb_zoo_write("unet", &options, &err, &bytes, &size), TB_USAGE);
    tb_zoo_precision precision;
    cr_expect_eq(tb_zoo_precision_parse("float16", &err, &precision), TB_USAGE);
    cr_expect_eq(tb_zoo_precision_parse("int8", &err, &precision), TB_OK);
    cr_expect_eq(precision, TB_ZOO_INT8);
}

/* ---- running them ---------------------------------------------------------------------------------- */

typedef struct running {
    uint8_t *bytes;
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
} running;

static running start(const tb_zoo_model *model, tb_zoo_precision precision)
{
    running r = {0};
    tb_zoo_options options = options_for(model, precision);
    tb_error err = TB_ERROR_NONE;
    size_t size;
    cr_assert_eq(tb_zoo_write(model->name, &options, &err, &r.bytes, &size), TB_OK, "%s", err.text);
    r.model = TfLiteModelCreate(r.bytes, size);
    cr_assert_not_null(r.model);
    r.interpreter = TfLiteInterpreterCreate(r.model, NULL);
    cr_assert_not_null(r.interpreter, "%s", model->name);
    cr_assert_eq(TfLiteInterpreterAllocateTensors(r.interpreter), kTfLiteOk, "%s", model->name);
    return r;
}

static void stop(running *r)
{
    TfLiteInterpreterDelete(r->interpreter);
    TfLiteModelDelete(r->model);
    free(r->bytes);
}

static int8_t to_int8(float value, TfLiteQuantizationParams scale)
{
    float stored = roundf(value / scale.scale) + (float)scale.zero_point;
    return (int8_t)fminf(fmaxf(stored, -128), 127);
}

/* The same input for both, one that was not calibrated on. */
static void feed(const tb_draft_subgraph *graph, running *real, running *integer)
{
    tb_zoo_inputs inputs = {.seed = 99, .graph = graph};
    TfLiteTensor *to = TfLiteInterpreterGetInputTensor(real->interpreter, 0);
    TfLiteTensor *too = TfLiteInterpreterGetInputTensor(integer->interpreter, 0);
    tb_zoo_fill(&inputs, 0, 0, &graph->tensors[graph->inputs.items[0]], TfLiteTensorData(to),
                TfLiteTensorByteSize(to));
    if (TfLiteTensorType(to) == kTfLiteFloat32) {
        const float *values = TfLiteTensorData(to);
        int8_t *stored = TfLiteTensorData(too);
        for (size_t i = 0; i < TfLiteTensorByteSize(too); i++)
            stored[i] = to_int8(values[i], TfLiteTensorQuantizationParams(too));
    } else {
        memcpy(TfLiteTensorData(too), TfLiteTensorData(to), TfLiteTensorByteSize(to));
    }
}

/* The output's values as floats, whatever its type; to be freed. */
static float *output_of(running *r, size_t *count)
{
    cr_assert_eq(TfLiteInterpreterInvoke(r->interpreter), kTfLiteOk);
    const TfLiteTensor *tensor = TfLiteInterpreterGetOutputTensor(r->interpreter, 0);
    bool real = TfLiteTensorType(tensor) == kTfLiteFloat32;
    *count = TfLiteTensorByteSize(tensor) / (real ? sizeof(float) : 1);
    float *values = malloc(*count * sizeof *values);
    TfLiteQuantizationParams scale = TfLiteTensorQuantizationParams(tensor);
    for (size_t i = 0; i < *count; i++)
        values[i] = real ? ((const float *)TfLiteTensorData(tensor))[i]
                         : scale.scale * (float)(((const int8_t *)TfLiteTensorData(tensor))[i] -
                                                 scale.zero_point);
    return values;
}

static double cosine(const float *a, const float *b, size_t count)
{
    double aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < count; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
        ab += (double)a[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* int8 follows float, and a softmax is neither flat nor certain everywhere. */
Test(zoo, int8_models_compute_what_their_float_forms_do, .timeout = 120)
{
    size_t count, compared = 0;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t i = 0; i < count; i++) {
        if (!models[i].has_int8)
            continue;
        tb_zoo_options options = options_for(&models[i], TB_ZOO_FLOAT32);
        tb_draft draft;
        cr_assert_eq(tb_zoo_draft(&models[i], &options, NULL, &draft), TB_OK);
        running real = start(&models[i], TB_ZOO_FLOAT32);
        running integer = start(&models[i], TB_ZOO_INT8);
        feed(&draft.subgraphs[0], &real, &integer);
        size_t size, other_size;
        float *a = output_of(&real, &size), *b = output_of(&integer, &other_size);
        cr_assert_eq(size, other_size);
        double alike = cosine(a, b, size);
        cr_expect_gt(alike, 0.95, "%s: cosine %g", models[i].name, alike);
        float least = 1, most = 0;
        for (size_t k = 0; k < size; k++) {
            least = fminf(least, a[k]);
            most = fmaxf(most, a[k]);
        }
        cr_expect_gt(most, 1.2f * least, "%s is flat", models[i].name);
        cr_expect_gt(least, 0, "%s underflows", models[i].name);
        free(a);
        free(b);
        stop(&real);
        stop(&integer);
        tb_draft_free(&draft);
        compared++;
    }
    cr_expect_geq(compared, 12);
}

/* The files under tests/data/zoo were written by another run, perhaps on another machine. */
Test(zoo, miniatures_are_the_bytes_that_were_kept)
{
    size_t count;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t i = 0; i < count; i++)
        for (int p = 0; models[i].is_mini && p < (models[i].has_int8 ? 2 : 1); p++) {
            tb_zoo_options options = {.precision = (tb_zoo_precision)p, .seed = 1};
            char name[64], path[128];
            tb_zoo_file_name(&models[i], &options, sizeof name, name);
            snprintf(path, sizeof path, "tests/data/zoo/%s", name);
            uint8_t *bytes;
            size_t size;
            tb_error err = TB_ERROR_NONE;
            cr_assert_eq(tb_zoo_write(models[i].name, &options, &err, &bytes, &size), TB_OK, "%s",
                         err.text);
            FILE *file = fopen(path, "rb");
            cr_assert_not_null(file, "%s is missing: tflbench zoo --mini -o tests/data/zoo", path);
            uint8_t *kept = malloc(size + 1);
            cr_expect_eq(fread(kept, 1, size + 1, file), size, "%s has another size", path);
            cr_expect_eq(memcmp(kept, bytes, size), 0, "%s has other bytes", path);
            fclose(file);
            free(kept);
            free(bytes);
        }
}
