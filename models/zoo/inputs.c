/* Inputs for calibration; see inputs.h. */
#include "models/zoo/inputs.h"

#include <stdio.h>
#include <string.h>

#include "models/noise.h"

enum { OCTAVES = 3, GRID = 16 };

/* How many rows the table has that the input's numbers are looked up in; 2 where there is none. */
static uint32_t rows_named(const tb_draft_subgraph *graph, int32_t input)
{
    for (size_t i = 0; i < graph->op_count; i++) {
        const tb_draft_op *op = &graph->ops[i];
        if (op->code != kTfLiteBuiltinGather || op->inputs.count < 2 ||
            op->inputs.items[1] != input)
            continue;
        const tb_draft_tensor *table = &graph->tensors[op->inputs.items[0]];
        if (table->rank > 0 && table->shape[0] > 0)
            return (uint32_t)table->shape[0];
    }
    return 2;
}

/* Between the random values at the corners of the cell that (y, x) lies in; y and x in [0, 1). */
static float between(const float *corners, int cells, float y, float x)
{
    float row = y * (float)cells, column = x * (float)cells;
    int top = (int)row, left = (int)column;
    float down = row - (float)top, right = column - (float)left;
    const float *at = corners + top * (GRID + 1) + left;
    float upper = at[0] + right * (at[1] - at[0]);
    float lower = at[GRID + 1] + right * (at[GRID + 2] - at[GRID + 1]);
    return upper + down * (lower - upper);
}

/* One channel of a picture: coarse shapes with finer ones on top. */
static void draw_channel(tb_noise *noise, float *values, int height, int width, int step)
{
    float corners[OCTAVES][(GRID + 1) * (GRID + 1)];
    for (int o = 0; o < OCTAVES; o++)
        for (int i = 0; i < (GRID + 1) * (GRID + 1); i++)
            corners[o][i] = 2 * tb_noise_unit(noise) - 1;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float v = (float)y / (float)height, u = (float)x / (float)width;
            values[(y * width + x) * step] = 0.6f * between(corners[0], 4, v, u) +
                                             0.3f * between(corners[1], 8, v, u) +
                                             0.1f * between(corners[2], GRID, v, u);
        }
}

/* Contrast that fills [-1, 1], the brightest and darkest parts cut off. */
static void stretch(float *values, size_t count)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++) {
        float magnitude = values[i] < 0 ? -values[i] : values[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    for (size_t i = 0; largest > 0 && i < count; i++) {
        float value = values[i] / (0.6f * largest);
        values[i] = value < -1 ? -1 : value > 1 ? 1 : value;
    }
}

static void fill_floats(tb_noise *noise, int run, const tb_draft_tensor *tensor, float *values,
                        size_t count)
{
    if (run % 2 || tensor->rank < 3) {
        for (size_t i = 0; i < count; i++)
            values[i] = 2 * tb_noise_unit(noise) - 1;
        return;
    }
    /* [batch, height, width, channels], or [batch, time, features] as a picture of one channel */
    int channels = tensor->rank == 4 ? tensor->shape[3] : 1;
    size_t picture = (size_t)tensor->shape[1] * (size_t)tensor->shape[2] * (size_t)channels;
    for (size_t at = 0; picture && at + picture <= count; at += picture)
        for (int c = 0; c < channels; c++)
            draw_channel(noise, values + at + c, tensor->shape[1], tensor->shape[2], channels);
    stretch(values, count);
}

void tb_zoo_fill(void *context, int run, int input, const tb_draft_tensor *tensor, void *data,
                 size_t size)
{
    const tb_zoo_inputs *inputs = context;
    char stream[64];
    snprintf(stream, sizeof stream, "calibration %d, input %d", run, input);
    tb_noise noise = tb_noise_stream(inputs->seed, stream);
    if (tensor->type == kTfLiteFloat32) {
        fill_floats(&noise, run, tensor, data, size / sizeof(float));
    } else if (tensor->type == kTfLiteInt32) {
        uint32_t rows = rows_named(inputs->graph, inputs->graph->inputs.items[input]);
        for (size_t i = 0; i + sizeof(int32_t) <= size; i += sizeof(int32_t)) {
            int32_t number = (int32_t)tb_noise_below(&noise, rows);
            memcpy((char *)data + i, &number, sizeof number);
        }
    }
}
