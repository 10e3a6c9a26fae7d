/* The zoo's models: reproducible, sound files, refusals that help. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/zoo/zoo.h"
#include "runtime/model.h"

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
