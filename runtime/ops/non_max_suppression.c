/*
 * NON_MAX_SUPPRESSION_V4 and _V5: the boxes of highest score, leaving out those that overlap one
 * chosen before by the threshold or more. V5's sigma, where above 0, also lowers the score of boxes
 * that overlap less, each chosen box counting once.
 */
#include "runtime/math.h"
#include "runtime/ops/common.h"

enum { BOXES, SCORES, MAX_OUTPUT, OVERLAP_THRESHOLD, SCORE_THRESHOLD, SIGMA };

typedef struct candidate {
    int32_t box;
    int32_t seen; /* chosen boxes it was compared with */
    float score;
} candidate;

typedef struct suppression_data {
    int heap; /* scratch: candidates */
    bool soft;
} suppression_data;

static TfLiteStatus shape_outputs(TfLiteContext *context, const TfLiteNode *node)
{
    const suppression_data *data = node->user_data;
    int32_t most;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, MAX_OUTPUT), "maximum output size",
                             &most));
    if (most < 0)
        return tb_op_fail(context, "asks for at most %d boxes", most);
    TB_OP_TRY(tb_op_resize(context, tb_op_output(context, node, 0), 1, &most));
    return data->soft ? tb_op_resize(context, tb_op_output(context, node, 1), 1, &most) : kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    static const char *const names[] = {
        "boxes", "scores", "maximum output size", "overlap threshold", "score threshold", "sigma"};
    TB_OP_TRY(tb_op_check_inputs(context, node, SIGMA, SIGMA + 1));
    bool soft = node->inputs->size == SIGMA + 1;
    TB_OP_TRY(tb_op_check_outputs(context, node, soft ? 3 : 2));
    const TfLiteTensor *in[SIGMA + 1];
    for (int k = 0; k < node->inputs->size; k++) {
        TB_OP_TRY(tb_op_get_input(context, node, k, names[k], &in[k]));
        TB_OP_TRY(tb_op_check_type(context, in[k], names[k],
                                   TB_TYPE_BIT(k == MAX_OUTPUT ? kTfLiteInt32 : kTfLiteFloat32)));
        int rank = k == BOXES ? 2 : k == SCORES ? 1 : 0;
        TB_OP_TRY(tb_op_check_rank(context, in[k], names[k], rank, rank));
    }
    int boxes = tb_tensor_dim(in[BOXES], 0);
    if (tb_tensor_dim(in[BOXES], 1) != 4 || tb_tensor_dim(in[SCORES], 0) != boxes)
        return tb_op_fail(context,
                          "boxes are %d x %d with %d scores, expected 4 corners and a "
                          "score for each",
                          boxes, tb_tensor_dim(in[BOXES], 1), tb_tensor_dim(in[SCORES], 0));
    suppression_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->soft = soft;
    TB_OP_TRY(
        tb_op_scratch_array(context, (size_t)TB_MAX(boxes, 1), sizeof(candidate), &data->heap));
    bool known = tb_tensor_is_constant(in[MAX_OUTPUT]);
    for (int k = 0; k < node->outputs->size; k++) {
        TfLiteTensor *output;
        TB_OP_TRY(tb_op_get_output(context, node, k, &output));
        bool is_count = k == node->outputs->size - 1;
        output->type = soft && k == 1 ? kTfLiteFloat32 : kTfLiteInt32;
        if (is_count)
            TB_OP_TRY(tb_op_resize(context, output, 0, NULL));
        else if (!known)
            tb_op_set_dynamic(output);
    }
    return known ? shape_outputs(context, node) : kTfLiteOk;
}

/* ---- the queue: the highest score at the root, the order of pushes and pops as C++'s heaps ------ */

static void push(candidate *heap, size_t *count, candidate element)
{
    size_t at = (*count)++;
    for (; at > 0 && heap[(at - 1) / 2].score < element.score; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = element;
}

/* The hole sinks to the bottom by the better child (the right one of equals), then the last element
   rises from there. */
static candidate pop(candidate *heap, size_t *count)
{
    candidate top = heap[0], last = heap[--*count];
    size_t at = 0, left = *count;
    for (size_t child; (child = 2 * at + 1) < left; at = child) {
        if (child + 1 < left && !(heap[child + 1].score < heap[child].score))
            child++;
        heap[at] = heap[child];
    }
    for (; at > 0 && heap[(at - 1) / 2].score < last.score; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = last;
    return top;
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static float overlap(const float *a, const float *b)
{
    const float a_top = TB_MIN(a[0], a[2]), a_bottom = TB_MAX(a[0], a[2]);
    const float a_left = TB_MIN(a[1], a[3]), a_right = TB_MAX(a[1], a[3]);
    const float b_top = TB_MIN(b[0], b[2]), b_bottom = TB_MAX(b[0], b[2]);
    const float b_left = TB_MIN(b[1], b[3]), b_right = TB_MAX(b[1], b[3]);
    const float a_area = (a_bottom - a_top) * (a_right - a_left);
    const float b_area = (b_bottom - b_top) * (b_right - b_left);
    if (a_area <= 0.0f || b_area <= 0.0f)
        return 0.0f;
    const float height = TB_MIN(a_bottom, b_bottom) - TB_MAX(a_top, b_top);
    const float width = TB_MIN(a_right, b_right) - TB_MAX(a_left, b_left);
    const float shared = TB_MAX(height, 0.0f) * TB_MAX(width, 0.0f);
    return shared / (a_area + b_area - shared);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const suppression_data *data = node->user_data;
    const float *boxes = tb_op_input(context, node, BOXES)->data.f;
    const TfLiteTensor *scores = tb_op_input(context, node, SCORES);
    const float least_overlap = tb_op_input(context, node, OVERLAP_THRESHOLD)->data.f[0];
    const float threshold = tb_op_input(context, node, SCORE_THRESHOLD)->data.f[0];
    const float sigma = data->soft ? tb_op_input(context, node, SIGMA)->data.f[0] : 0.0f;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_outputs(context, node));
    if (sigma < 0.0f)
        return tb_op_fail(context, "sigma is %g, expected 0 or more", (double)sigma);
    const float scale = sigma > 0.0f ? (float)(-0.5 / (double)sigma) : 0.0f;
    int32_t *chosen = output->data.i32, most = tb_tensor_dim(output, 0), count = 0;
    float *kept = data->soft ? tb_op_output(context, node, 1)->data.f : NULL;

    candidate *heap = tb_op_scratch(context, data->heap);
    size_t waiting = 0;
    for (int32_t i = 0; i < tb_tensor_dim(scores, 0); i++)
        if (scores->data.f[i] > threshold)
            push(heap, &waiting, (candidate){i, 0, scores->data.f[i]});
    while (count < most && waiting > 0 && !tb_stopped()) {
        candidate next = pop(heap, &waiting);
        const float score = next.score;
        bool suppressed = false;
        for (int32_t j = count - 1; j >= next.seen; j--) {
            const float shared =
                overlap(boxes + 4 * (size_t)next.box, boxes + 4 * (size_t)chosen[j]);
            suppressed = shared >= least_overlap;
            if (suppressed)
                break;
            if (sigma > 0.0f)
                next.score *= tb_expf(scale * shared * shared);
            if (next.score <= threshold)
                break;
        }
        next.seen = count;
        if (suppressed)
            continue;
        if (next.score == score) {
            chosen[count] = next.box;
            if (kept)
                kept[count] = next.score;
            count++;
        }
        /* A chosen one waits again, too, and goes when it meets itself: if it has an area. */
        if (next.score > threshold)
            push(heap, &waiting, next);
    }
    for (int32_t i = count; i < most; i++) {
        chosen[i] = 0;
        if (kept)
            kept[i] = 0.0f;
    }
    tb_op_output(context, node, data->soft ? 2 : 1)->data.i32[0] = count;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_non_max_suppression_v4 = {.prepare = prepare, .invoke = invoke};
const TfLiteRegistration tb_op_non_max_suppression_v5 = {.prepare = prepare, .invoke = invoke};
