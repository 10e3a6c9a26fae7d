/*
 * What is where? The model ends in TFLite's detection post-processing: boxes [1, n, 4] as top, left,
 * bottom, right in shares of the picture, classes [1, n], scores [1, n], and how many there are [1].
 * Found by shape: the first output with a last dimension of 4 are the boxes, the one with a single
 * value the number; of the two others classes come before scores. The figure is COCO's mean average
 * precision (average_precision.h).
 */
#include <math.h>
#include <stdlib.h>

#include "bench/accuracy.h"
#include "bench/average_precision.h"
#include "bench/json_get.h"

enum { RESAMPLES = 200, MAX_BOXES = 100000 };

typedef struct outputs {
    tb_io boxes, classes, scores, number;
    bool has_number;
    size_t count;
} outputs;

static tb_status find_outputs(const tb_evaluation *evaluation, tb_error *err, outputs *out)
{
    const tb_engine *engine = evaluation->engine;
    int lists = 0, boxes = 0, count = engine->output_count(evaluation->session);
    *out = (outputs){0};
    for (int k = 0; k < count; k++) {
        tb_io io;
        tb_status status = engine->output(evaluation->session, k, err, &io);
        if (status != TB_OK)
            return status;
        if (!boxes && io.rank >= 2 && io.dims[io.rank - 1] == 4) {
            out->boxes = io;
            boxes++;
        } else if (tb_evaluation_elements(&io) == 1 && !out->has_number && count > 3) {
            out->number = io;
            out->has_number = true;
        } else if (lists < 2) {
            *(lists ? &out->scores : &out->classes) = io;
            lists++;
        }
    }
    if (!boxes || lists != 2)
        return tb_fail(err, TB_MISMATCH,
                       "the model's outputs are not boxes [1, n, 4], classes and "
                       "scores [1, n], and their number [1]");
    out->count = tb_evaluation_elements(&out->boxes) / 4;
    if (tb_evaluation_elements(&out->classes) != out->count ||
        tb_evaluation_elements(&out->scores) != out->count || out->count > MAX_BOXES)
        return tb_fail(err, TB_MISMATCH, "the model gives %zu boxes, %zu classes, %zu scores",
                       out->count, tb_evaluation_elements(&out->classes),
                       tb_evaluation_elements(&out->scores));
    if (out->has_number) {
        double number = tb_evaluation_real(&out->number, 0);
        if (number >= 0 && number < (double)out->count)
            out->count = (size_t)number;
    }
    return TB_OK;
}

static tb_status picture_size(const tb_evaluation *evaluation, int k, tb_error *err, double *width,
                              double *height)
{
    const tb_dataset_entry *entry = &evaluation->dataset->entries[k];
    *width = entry->width;
    *height = entry->height;
    if (*width > 0 && *height > 0)
        return TB_OK;
    tb_dataset_item item;
    tb_status status = tb_dataset_read(evaluation->dataset, k, kTfLiteUInt8, err, &item);
    if (status == TB_OK && item.rank != 3)
        status = tb_fail(err, TB_MISMATCH, "%s: not a picture", entry->name);
    *width = item.dims[1];
    *height = item.dims[0];
    tb_dataset_item_free(&item);
    return status;
}

static void put_row(tb_json_writer *json, const double *numbers, int count)
{
    tb_json_put_array(json, NULL);
    for (int k = 0; k < count; k++)
        tb_json_put_real(json, NULL, numbers[k]);
    tb_json_end_array(json);
}

static void put_found(tb_json_writer *json, const outputs *found, int64_t offset, double width,
                      double height)
{
    tb_json_put_array(json, "found"); /* [category, score, x, y, width, height] */
    for (size_t b = 0; b < found->count; b++) {
        double side[4];
        bool finite = true;
        for (size_t k = 0; k < 4; k++) {
            side[k] = tb_evaluation_real(&found->boxes, b * 4 + k) * (k % 2 ? width : height);
            finite = finite && isfinite(side[k]);
        }
        double category = round(tb_evaluation_real(&found->classes, b)) + (double)offset;
        double score = tb_evaluation_real(&found->scores, b);
        if (finite && isfinite(score) && fabs(category) < 1e9)
            put_row(
                json,
                (double[]){category, score, side[1], side[0], side[3] - side[1], side[2] - side[0]},
                6);
    }
    tb_json_end_array(json);
}

static tb_status evaluate(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err)
{
    const tb_dataset_entry *entry = &evaluation->dataset->entries[k];
    outputs found;
    double width, height;
    tb_status status = tb_evaluation_run(evaluation, k, err);
    if (status == TB_OK)
        status = find_outputs(evaluation, err, &found);
    if (status == TB_OK)
        status = picture_size(evaluation, k, err, &width, &height);
    if (status != TB_OK)
        return status;
    put_found(json, &found, evaluation->options->label_offset, width, height);
    tb_json_put_array(json, "truth"); /* [category, x, y, width, height, area, crowd] */
    for (int b = 0; b < entry->box_count; b++) {
        const tb_truth_box *box = &entry->boxes[b];
        put_row(json,
                (double[]){(double)box->category, box->x, box->y, box->width, box->height,
                           box->area, box->crowd},
                7);
    }
    tb_json_end_array(json);
    return TB_OK;
}

/* ---- the figure -------------------------------------------------------------------------------- */

static tb_status read_row(const cJSON *row, int count, tb_error *err, double *numbers)
{
    for (int k = 0; k < count; k++) {
        const cJSON *number = cJSON_GetArrayItem(row, k);
        if (!cJSON_IsNumber(number) || !isfinite(number->valuedouble))
            return tb_fail(err, TB_CORRUPT, "a box has %d numbers", count);
        numbers[k] = number->valuedouble;
    }
    return fabs(numbers[0]) < 1e9 ? TB_OK
                                  : tb_fail(err, TB_CORRUPT, "a box of category %g", numbers[0]);
}

static tb_status read_picture(const cJSON *item, tb_arena *arena, tb_error *err,
                              tb_detected_picture *out)
{
    const cJSON *found, *truth, *row;
    tb_status status = tb_json_array(item, "found", MAX_BOXES, err, &found);
    if (status == TB_OK)
        status = tb_json_array(item, "truth", MAX_BOXES, err, &truth);
    if (status != TB_OK)
        return status;
    tb_detection *detections =
        TB_ARENA_NEW(arena, tb_detection, (size_t)cJSON_GetArraySize(found) + 1);
    tb_truth_box *boxes = TB_ARENA_NEW(arena, tb_truth_box, (size_t)cJSON_GetArraySize(truth) + 1);
    if (!detections || !boxes)
        return tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
    *out = (tb_detected_picture){.detections = detections, .truth = boxes};
    double n[7];
    cJSON_ArrayForEach(row, found)
    {
        if ((status = read_row(row, 6, err, n)) != TB_OK)
            return status;
        detections[out->detection_count++] =
            (tb_detection){(int64_t)n[0], n[1], n[2], n[3], n[4], n[5]};
    }
    cJSON_ArrayForEach(row, truth)
    {
        if ((status = read_row(row, 7, err, n)) != TB_OK)
            return status;
        boxes[out->truth_count++] =
            (tb_truth_box){(int64_t)n[0], n[1], n[2], n[3], n[4], n[5], n[6] != 0};
    }
    return TB_OK;
}

static double resampled(void *context, const size_t *index, size_t count)
{
    tb_average_precision precision;
    return tb_average_precision_compute(context, index, count, NULL, &precision) == TB_OK
               ? precision.map
               : NAN;
}

static void add_figure(tb_task_summary *out, const char *metric, double value, const char *without)
{
    tb_task_add(out, metric, value, NAN, NAN, "share", isnan(value) ? without : NULL);
}

static tb_status sum_up(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out)
{
    tb_arena arena = {0};
    tb_average_precision precision;
    *out = (tb_task_summary){0};
    tb_detected_picture *pictures = TB_ARENA_NEW(&arena, tb_detected_picture, count + 1);
    tb_status status = pictures ? TB_OK : tb_fail(err, TB_NO_MEMORY, "accuracy: out of memory");
    for (size_t k = 0; status == TB_OK && k < count; k++)
        status = read_picture(items[k], &arena, err, &pictures[k]);
    if (status == TB_OK)
        status = tb_average_precision_compute(pictures, NULL, count, err, &precision);
    if (status == TB_OK) {
        double low, high;
        tb_task_bootstrap(count, RESAMPLES, resampled, pictures, &low, &high);
        tb_task_add(out, "map", precision.map, low, high, "share",
                    isnan(precision.map) ? "no picture has a box" : NULL);
        add_figure(out, "map_50", precision.map_50, "no picture has a box");
        add_figure(out, "map_75", precision.map_75, "no picture has a box");
        add_figure(out, "map_small", precision.small, "no box is so small");
        add_figure(out, "map_medium", precision.medium, "no box is of that size");
        add_figure(out, "map_large", precision.large, "no box is so large");
    }
    tb_arena_free(&arena);
    return status;
}

const tb_task tb_task_detect = {
    .name = "detect",
    .what = "what is where: COCO's mean average precision",
    .truth = TB_TRUTH_BOXES,
    .evaluate = evaluate,
    .sum_up = sum_up,
};
