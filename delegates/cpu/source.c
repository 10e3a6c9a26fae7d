/* Rows of input for sliding windows. */
#include "delegates/cpu/source.h"

#include <string.h>

#include "runtime/base/size.h"

static void fill(const tb_source *source, char *to, size_t pixels)
{
    size_t count = pixels * (size_t)source->channels;
    if (source->widened) {
        int16_t *wide = (int16_t *)(void *)to;
        for (size_t i = 0; i < count; i++)
            wide[i] = (int16_t)(source->fill_byte ^ source->flip);
    } else {
        memset(to, source->fill_byte, count * source->element_bytes);
    }
}

tb_status tb_source_init(tb_plan *plan, const tb_source_spec *spec, tb_error *err, tb_source *out)
{
    const tb_value *v = &plan->values[spec->value];
    const tb_window *window = &spec->window;
    int32_t last = (spec->out_w - 1) * window->stride_w + (window->kw - 1) * window->dilation_w;
    int32_t right = last - window->left - (spec->in_w - 1);
    *out = (tb_source){.value = spec->value,
                       .window = *window,
                       .in_w = spec->in_w,
                       .in_h = spec->in_h,
                       .channels = spec->channels,
                       .right = right > 0 ? right : 0,
                       .widened = spec->widened,
                       .flip = tb_value_flip(v),
                       .fill_byte = tb_type_is_q8(v->type) ? tb_value_fill_byte(v) : (uint8_t)0,
                       .element_bytes = spec->widened ? 2 : v->element_bytes};
    /* An alias lies where the value it stands for lies. */
    const tb_value *home = v;
    while (home->home == TB_HOME_ALIAS)
        home = &plan->values[home->alias_of];
    out->staged = spec->widened || v->left < window->left || v->right < out->right ||
                  (spec->may_overrun && home->home != TB_HOME_MEMORY);
    out->pixel_bytes = (size_t)out->channels * out->element_bytes;
    size_t pixels = (size_t)(window->left + spec->in_w + out->right);
    out->staged_row_bytes =
        tb_align_up(pixels * out->pixel_bytes + TB_SOURCE_SLACK, TB_CPU_ALIGNMENT);
    bool outside = window->top > 0 || window->bottom > 0;
    if (outside) {
        out->padding_row = tb_arena_alloc(&plan->arena, out->staged_row_bytes, TB_CPU_ALIGNMENT);
        if (!out->padding_row)
            return tb_fail(err, TB_NO_MEMORY, "planning a row of padding");
        fill(out, out->padding_row, pixels);
    }
    return TB_OK;
}

size_t tb_source_scratch(const tb_source *source, int32_t out_rows)
{
    size_t rows = (size_t)tb_source_rows(source, out_rows);
    size_t pointers = tb_align_up(rows * sizeof(char *), TB_CPU_ALIGNMENT);
    return pointers + (source->staged ? rows * source->staged_row_bytes : 0);
}

static void stage(const tb_source *source, const char *from, int32_t width, char *to)
{
    const tb_window *w = &source->window;
    fill(source, to, (size_t)w->left);
    to += (size_t)w->left * source->pixel_bytes;
    size_t count = (size_t)width * (size_t)source->channels;
    if (source->widened) {
        const uint8_t *bytes = (const uint8_t *)from;
        const uint8_t flip = (uint8_t)source->flip;
        int16_t *wide = (int16_t *)(void *)to;
        for (size_t i = 0; i < count; i++)
            wide[i] = (int16_t)(uint8_t)(bytes[i] ^ flip);
    } else {
        memcpy(to, from, count * source->element_bytes);
    }
    to += (size_t)width * source->pixel_bytes;
    fill(source, to, (size_t)(source->in_w - width + source->right));
}

const char **tb_source_band(const tb_source *source, const tb_view *in, int32_t image, int32_t y,
                            int32_t out_rows, int32_t width, char *scratch)
{
    const tb_window *w = &source->window;
    int32_t rows = tb_source_rows(source, out_rows), first = y * w->stride_h - w->top;
    const char **pointers = (const char **)(void *)scratch;
    char *staged = scratch + tb_align_up((size_t)rows * sizeof *pointers, TB_CPU_ALIGNMENT);
    for (int32_t i = 0; i < rows; i++) {
        int32_t row = first + i;
        if (row < 0 || row >= source->in_h) {
            pointers[i] = source->padding_row;
        } else if (source->staged) {
            stage(source, tb_view_row(in, image, row), width, staged);
            pointers[i] = staged;
            staged += source->staged_row_bytes;
        } else {
            pointers[i] = tb_view_row(in, image, row) - (size_t)w->left * in->pixel_bytes;
        }
    }
    return pointers;
}
