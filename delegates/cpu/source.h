/*
 * How a sliding window reads its input: row by row, each row with the padding that the window needs
 * on its left and right. Where the value has such a halo in memory, rows are read in place; where
 * it has not, or has to be widened to int16, the rows of a band are copied to scratch first
 * ("staged"). Rows above and below the image are one shared row of padding.
 */
#ifndef TB_CPU_SOURCE_H
#define TB_CPU_SOURCE_H

#include "delegates/cpu/plan.h"

typedef struct tb_source {
    int value;
    tb_window window;
    int32_t in_w, in_h, channels;
    int32_t right; /* pixels of padding that are read on the right */
    bool staged;
    bool widened; /* to int16, unsigned */
    uint32_t flip;
    uint8_t fill_byte;    /* of padding, as the value stores it */
    size_t element_bytes; /* as read */
    size_t pixel_bytes;
    size_t staged_row_bytes;
    char *padding_row; /* begins window.left pixels before column 0 */
} tb_source;

/* Bytes that a kernel may read past the end of a staged or planned row. */
enum { TB_SOURCE_SLACK = 64 };

/* The image as the step sees it, which need not be the value's own view. `may_overrun`: kernels read
   past a row's end, so a tensor of the interpreter's cannot be read in place. */
typedef struct tb_source_spec {
    int value;
    tb_window window;
    int32_t in_h, in_w, channels;
    int32_t out_w;
    bool widened, may_overrun;
} tb_source_spec;
tb_status tb_source_init(tb_plan *plan, const tb_source_spec *spec, tb_error *err, tb_source *out);

/* Input rows that `out_rows` rows of output read. */
static inline int32_t tb_source_rows(const tb_source *source, int32_t out_rows)
{
    const tb_window *w = &source->window;
    return (out_rows - 1) * w->stride_h + (w->kh - 1) * w->dilation_h + 1;
}
/* Scratch for a band of `out_rows`. */
size_t tb_source_scratch(const tb_source *source, int32_t out_rows);

/*
 * Pointers to the input rows of output rows [y, y + out_rows) of `image`, at the column of the
 * leftmost tap of the first output pixel: rows[i] is input row y * stride_h - top + i. `width`
 * pixels of each row exist. The pointers lie in `scratch` and are the caller's to move.
 */
const char **tb_source_band(const tb_source *source, const tb_view *in, int32_t image, int32_t y,
                            int32_t out_rows, int32_t width, char *scratch);

#endif
