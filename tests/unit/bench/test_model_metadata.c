/* Normalisation out of a model's metadata: read, refused where it makes no sense, never trusted. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/model_metadata.h"
#include "models/fb_builder.h"
#include "models/writer.h"

/* The field numbers of TFLite's metadata schema once more, so that the reader does not test itself. */
static tb_bytes metadata_of(const float *mean, size_t means, const float *std, size_t stds)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref of_mean = tb_fbb_vector(&fb, mean, means, sizeof *mean, 0);
    tb_fbb_ref of_std = tb_fbb_vector(&fb, std, stds, sizeof *std, 0);
    tb_fbb_table_begin(&fb); /* NormalizationOptions */
    tb_fbb_field_ref(&fb, 0, of_mean);
    tb_fbb_field_ref(&fb, 1, of_std);
    tb_fbb_ref options = tb_fbb_table_end(&fb);
    tb_fbb_table_begin(&fb); /* ProcessUnit */
    tb_fbb_field_u8(&fb, 0, 1);
    tb_fbb_field_ref(&fb, 1, options);
    tb_fbb_ref unit = tb_fbb_table_end(&fb);
    tb_fbb_ref units = tb_fbb_ref_vector(&fb, &unit, 1);
    tb_fbb_table_begin(&fb); /* TensorMetadata */
    tb_fbb_field_ref(&fb, 4, units);
    tb_fbb_ref tensor = tb_fbb_table_end(&fb);
    tb_fbb_ref inputs = tb_fbb_ref_vector(&fb, &tensor, 1);
    tb_fbb_table_begin(&fb); /* SubGraphMetadata */
    tb_fbb_field_ref(&fb, 2, inputs);
    tb_fbb_ref subgraph = tb_fbb_table_end(&fb);
    tb_fbb_ref subgraphs = tb_fbb_ref_vector(&fb, &subgraph, 1);
    tb_fbb_table_begin(&fb); /* ModelMetadata */
    tb_fbb_field_ref(&fb, 3, subgraphs);
    tb_fbb_ref root = tb_fbb_table_end(&fb);
    uint8_t *bytes;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_fbb_finish_take(&fb, root, "M001", &err, &bytes, &size), TB_OK, "%s", err.text);
    tb_fbb_free(&fb);
    return (tb_bytes){bytes, size};
}

/* What is read of input `input` of a model with that metadata. */
static tb_status read_back(tb_bytes metadata, size_t input, tb_preprocess *out)
{
    tb_draft draft;
    tb_draft_init(&draft, NULL);
    tb_draft_subgraph_add(&draft, "main");
    int tensor = tb_draft_tensor_add(&draft, 0,
                                     &(tb_draft_tensor){.name = "in",
                                                        .type = kTfLiteFloat32,
                                                        .rank = 1,
                                                        .shape = (int32_t[]){3},
                                                        .has_rank = true});
    tb_draft_inputs_set(&draft, 0, TB_INTS(tensor));
    tb_draft_outputs_set(&draft, 0, TB_INTS(tensor));
    tb_draft_metadata_add(&draft, "TFLITE_METADATA", metadata.data, metadata.size);
    uint8_t *bytes;
    size_t size;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_draft_write(&draft, &err, &bytes, &size), TB_OK, "%s", err.text);
    tb_draft_free(&draft);
    tb_model *model;
    cr_assert_eq(tb_model_from_memory(bytes, size, "test", &err, &model), TB_OK, "%s", err.text);
    *out = (tb_preprocess){0};
    tb_status status = tb_metadata_normalisation(model, input, &err, out);
    tb_model_release(model);
    free(bytes);
    return status;
}

static tb_status normalised(const float *mean, size_t means, const float *std, size_t stds,
                            tb_preprocess *out)
{
    tb_bytes metadata = metadata_of(mean, means, std, stds);
    tb_status status = read_back(metadata, 0, out);
    free((void *)(uintptr_t)metadata.data);
    return status;
}

Test(model_metadata, one_value_or_one_a_channel)
{
    tb_preprocess got;
    cr_assert_eq(normalised((float[]){127.5f}, 1, (float[]){64}, 1, &got), TB_OK);
    cr_expect(got.model_count == 1 && got.model_mean[0] == 127.5 && got.model_std[0] == 64);
    cr_assert_eq(normalised((float[]){1, 2, 3}, 3, (float[]){4, 5, 6}, 3, &got), TB_OK);
    cr_expect(got.model_count == 3 && got.model_mean[2] == 3 && got.model_std[1] == 5);
}

Test(model_metadata, nonsense_is_refused)
{
    tb_preprocess got;
    cr_expect_eq(normalised((float[]){1, 2}, 2, (float[]){1}, 1, &got), TB_CORRUPT);
    cr_expect_eq(normalised((float[]){1}, 1, (float[]){0}, 1, &got), TB_CORRUPT);
    cr_expect_eq(normalised((float[]){NAN}, 1, (float[]){1}, 1, &got), TB_CORRUPT);
    cr_expect_eq(normalised((float[]){1, 2, 3, 4, 5}, 5, (float[]){1, 1, 1, 1, 1}, 5, &got),
                 TB_CORRUPT);
    cr_expect_eq(got.model_count, 0);
}

Test(model_metadata, every_cut_and_every_changed_byte_is_survived)
{
    tb_bytes whole = metadata_of((float[]){1, 2, 3}, 3, (float[]){4, 5, 6}, 3);
    tb_preprocess got;
    cr_expect_eq(read_back(whole, 1, &got), TB_OK);
    cr_expect_eq(got.model_count, 0, "another input has none");
    for (size_t size = 1; size < whole.size; size++)
        cr_expect_neq(read_back((tb_bytes){whole.data, size}, 0, &got) == TB_OK && got.model_count,
                      1, "cut at %zu", size);
    uint8_t *copy = malloc(whole.size);
    for (size_t k = 0; k < whole.size; k++)
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(copy, whole.data, whole.size);
            copy[k] = (uint8_t)(copy[k] ^ 1 << bit);
            (void)read_back((tb_bytes){copy, whole.size}, 0, &got);
        }
    free(copy);
    free((void *)(uintptr_t)whole.data);
}
