/* Copying through other strides. */
#include "runtime/ops/strided.h"

#include <string.h>

#include "runtime/ops/strings.h"

void tb_strided_add(tb_strided *view, size_t extent, ptrdiff_t stride)
{
    if (extent == 1 && view->rank > 0)
        return;
    if (view->rank > 0) {
        int outer = view->rank - 1;
        if (view->extent[outer] == 1) { /* only the first dimension can be */
            view->rank = 0;
        } else if (view->stride[outer] == stride * (ptrdiff_t)extent) {
            view->extent[outer] *= extent;
            view->stride[outer] = stride;
            return;
        }
    }
    view->extent[view->rank] = extent;
    view->stride[view->rank] = stride;
    view->rank++;
}

void tb_strided_begin(const tb_strided *view, tb_strided_walk *walk)
{
    *walk = (tb_strided_walk){{0}, view->offset};
}

/* Over the dimensions before `rank`. */
static void advance(const tb_strided *view, int rank, tb_strided_walk *walk)
{
    for (int d = rank - 1; d >= 0; d--) {
        walk->offset = (size_t)((ptrdiff_t)walk->offset + view->stride[d]);
        if (++walk->index[d] < view->extent[d])
            return;
        walk->offset =
            (size_t)((ptrdiff_t)walk->offset - view->stride[d] * (ptrdiff_t)view->extent[d]);
        walk->index[d] = 0;
    }
}

void tb_strided_next(const tb_strided *view, tb_strided_walk *walk)
{
    advance(view, view->rank, walk);
}

static size_t count_of(const tb_strided *view, int rank)
{
    size_t count = 1;
    for (int d = 0; d < rank; d++)
        count *= view->extent[d];
    return count;
}

/* The constant sizes let the compiler turn memcpy into moves. */
#define COPY_RUN(bytes)                                           \
    for (size_t i = 0; i < run; i++, from += step, to += (bytes)) \
        memcpy(to, from, (bytes));                                \
    break

void tb_strided_copy(const tb_strided *view, size_t element_bytes, const void *in, void *out)
{
    int inner = view->rank - 1;
    size_t rows = count_of(view, TB_MAX(inner, 0));
    size_t run = inner >= 0 ? view->extent[inner] : 1;
    ptrdiff_t stride = inner >= 0 ? view->stride[inner] : 1;
    ptrdiff_t step = stride * (ptrdiff_t)element_bytes;
    if (run == 0)
        return;
    char *to = out;
    tb_strided_walk walk;
    tb_strided_begin(view, &walk);
    for (size_t row = 0; row < rows && !tb_stopped(); row++) {
        const char *from = (const char *)in + walk.offset * element_bytes;
        if (stride == 1) {
            memcpy(to, from, run * element_bytes);
            to += run * element_bytes;
        } else {
            switch (element_bytes) {
            case 1:
                COPY_RUN(1);
            case 2:
                COPY_RUN(2);
            case 4:
                COPY_RUN(4);
            case 8:
                COPY_RUN(8);
            default:
                COPY_RUN(16);
            }
        }
        advance(view, inner, &walk);
    }
}

void tb_strided_copy_int4(const tb_strided *view, const uint8_t *in, uint8_t *out, size_t out_bytes)
{
    size_t count = count_of(view, view->rank);
    tb_strided_walk walk;
    tb_strided_begin(view, &walk);
    tb_zero_bytes(out, out_bytes);
    for (size_t i = 0; i < count; i++) {
        tb_copy_nibble(in, walk.offset, out, i);
        tb_strided_next(view, &walk);
    }
}

/* ---- tensors ----------------------------------------------------------------------------------- */

size_t tb_strided_offset(const tb_strided *view, size_t i)
{
    ptrdiff_t offset = (ptrdiff_t)view->offset;
    for (int d = view->rank - 1; d >= 0; d--) {
        offset += (ptrdiff_t)(i % view->extent[d]) * view->stride[d];
        i /= view->extent[d];
    }
    return (size_t)offset;
}

typedef struct viewed_strings {
    const tb_strided *view;
    tb_strings strings;
} viewed_strings;

static const char *get_viewed(const void *context, size_t i, size_t *length)
{
    const viewed_strings *viewed = context;
    return tb_strings_get(&viewed->strings, tb_strided_offset(viewed->view, i), length);
}

TfLiteStatus tb_strided_copy_tensor(TfLiteContext *context, const tb_strided *view,
                                    const TfLiteTensor *input, TfLiteTensor *output)
{
    if (output->type == kTfLiteString) {
        viewed_strings viewed = {.view = view};
        TB_OP_TRY(tb_strings_open(context, input, "input", &viewed.strings));
        return tb_strings_write(context, output, count_of(view, view->rank),
                                (tb_string_source){get_viewed, &viewed});
    }
    if (output->type == kTfLiteInt4)
        tb_strided_copy_int4(view, input->data.uint8, output->data.uint8, output->bytes);
    else
        tb_strided_copy(view, tb_type_bytes(output->type), input->data.raw, output->data.raw);
    return kTfLiteOk;
}
