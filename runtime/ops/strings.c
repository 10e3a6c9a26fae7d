/* String tensors. */
#include "runtime/ops/strings.h"

#include <string.h>

static int32_t header(const char *bytes, size_t i)
{
    int32_t value;
    memcpy(&value, bytes + i * sizeof value, sizeof value);
    return value;
}

TfLiteStatus tb_strings_open(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                             tb_strings *out)
{
    size_t elements = tb_count(tensor);
    *out = (tb_strings){tensor->data.raw, 0};
    if (elements == 0)
        return kTfLiteOk;
    if (!tensor->data.raw || tensor->bytes < sizeof(int32_t) ||
        tensor->bytes / sizeof(int32_t) < elements + 2)
        return tb_op_fail(context, "%s has %zu bytes, too few for %zu strings", what, tensor->bytes,
                          elements);
    int32_t count = header(tensor->data.raw, 0);
    if (count < 0 || (size_t)count != elements)
        return tb_op_fail(context, "%s holds %d strings, its shape has %zu", what, count, elements);
    int32_t last = (int32_t)((elements + 2) * sizeof(int32_t));
    for (size_t i = 0; i <= elements; i++) {
        int32_t offset = header(tensor->data.raw, i + 1);
        if (offset < last || (size_t)offset > tensor->bytes)
            return tb_op_fail(context, "%s has string %zu at offset %d of %zu bytes", what, i,
                              offset, tensor->bytes);
        last = offset;
    }
    out->count = elements;
    return kTfLiteOk;
}

const char *tb_strings_get(const tb_strings *strings, size_t i, size_t *length)
{
    int32_t begin = header(strings->bytes, i + 1), end = header(strings->bytes, i + 2);
    *length = (size_t)(end - begin);
    return strings->bytes + begin;
}

TfLiteStatus tb_strings_write(TfLiteContext *context, TfLiteTensor *output, size_t count,
                              tb_string_source source)
{
    if (count > INT32_MAX / sizeof(int32_t) - 2)
        return tb_op_fail(context, "output has %zu strings: too many", count);
    size_t head = (count + 2) * sizeof(int32_t), bytes = head;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        source.get(source.context, i, &length);
        bytes += length;
        if (bytes > INT32_MAX)
            return tb_op_fail(context, "output strings take more than 2 GB");
    }
    TB_OP_TRY(tb_op_resize_bytes(context, output, bytes));
    char *to = output->data.raw;
    int32_t offset = (int32_t)head;
    memcpy(to, &(int32_t){(int32_t)count}, sizeof(int32_t));
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *from = source.get(source.context, i, &length);
        memcpy(to + (i + 1) * sizeof(int32_t), &offset, sizeof offset);
        tb_copy_bytes(to + offset, from, length);
        offset += (int32_t)length;
    }
    memcpy(to + (count + 1) * sizeof(int32_t), &offset, sizeof offset);
    return kTfLiteOk;
}
