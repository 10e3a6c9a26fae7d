/*
 * TFLite_Detection_PostProcess: from box encodings, class scores and anchors of an SSD to the boxes
 * worth showing, after TFLite's detection_postprocess.cc.
 *
 * A box is decoded from its anchor (centre and size). "Fast" suppression takes each box once, by its
 * best class; "regular" suppression runs over every class by itself and merges what is left by
 * score. Sorting is stable throughout, so equal scores keep their order.
 */
#include "runtime/math.h"
#include "runtime/ops/common.h"
#include "runtime/ops/flex.h"

#include <math.h>
#include <string.h>

enum { COORDINATES = 4 };

typedef struct box {
    float y_min, x_min, y_max, x_max;
} box;

typedef struct center_box {
    float y, x, h, w;
} center_box;

typedef struct candidate {
    int32_t index;
    float score;
} candidate;

typedef struct detection_data {
    /* the options */
    int max_detections;
    int max_classes;          /* a detection, in fast suppression */
    int detections_per_class; /* in regular suppression */
    float score_threshold;
    float overlap_threshold;
    int classes;
    bool regular;
    center_box scale;

    /* the shapes */
    size_t boxes;
    size_t encoding; /* numbers a box encoding */
    size_t labels;   /* scores a box: the classes, perhaps one more in front for background */
    size_t label_offset;

    /* scratch */
    int decoded;
    int scores;     /* dequantised ones */
    int column;     /* scores of one class, or the best of each box */
    int candidates; /* two lists, for sorting */
    int active;
    int selected;
    int best_classes; /* of each box, the best few */
    int merged;
} detection_data;

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus read_options(TfLiteContext *context, const TfLiteNode *node,
                                 detection_data *data)
{
    tb_flex_map map;
    if (!tb_flex_open_map(node->custom_initial_data, (size_t)node->custom_initial_data_size, &map))
        return tb_op_fail(context, "its options are no FlexBuffer map");
    static const struct {
        const char *key;
        size_t offset;
        int otherwise;
    } integers[] = {
        {"max_detections", offsetof(detection_data, max_detections), 0},
        {"max_classes_per_detection", offsetof(detection_data, max_classes), 0},
        {"detections_per_class", offsetof(detection_data, detections_per_class), 100},
        {"num_classes", offsetof(detection_data, classes), 0},
    };
    for (size_t i = 0; i < TB_COUNT_OF(integers); i++) {
        int64_t value = tb_flex_int(&map, integers[i].key, integers[i].otherwise);
        if (value < 0 || value > 1 << 24)
            return tb_op_fail(context, "%s is %lld, expected 0 to 2^24", integers[i].key,
                              (long long)value);
        memcpy((char *)data + integers[i].offset, &(int){(int)value}, sizeof(int));
    }
    data->regular = tb_flex_int(&map, "use_regular_nms", 0) != 0;
    data->score_threshold = (float)tb_flex_number(&map, "nms_score_threshold", 0);
    data->overlap_threshold = (float)tb_flex_number(&map, "nms_iou_threshold", 0);
    data->scale = (center_box){
        (float)tb_flex_number(&map, "y_scale", 0), (float)tb_flex_number(&map, "x_scale", 0),
        (float)tb_flex_number(&map, "h_scale", 0), (float)tb_flex_number(&map, "w_scale", 0)};
    if (!(data->overlap_threshold > 0.0f && data->overlap_threshold <= 1.0f))
        return tb_op_fail(context, "nms_iou_threshold is %g, expected more than 0 and at most 1",
                          (double)data->overlap_threshold);
    if (data->regular && TB_MIN(data->detections_per_class, data->max_detections) < 1)
        return tb_op_fail(context, "keeps %d detections a class and %d in all, expected at least 1",
                          data->detections_per_class, data->max_detections);
    if (data->max_classes < 1)
        return tb_op_fail(context, "keeps %d classes a detection, expected at least 1",
                          data->max_classes);
    return kTfLiteOk;
}

static TfLiteStatus check_shapes(TfLiteContext *context, const TfLiteTensor *encodings,
                                 const TfLiteTensor *scores, const TfLiteTensor *anchors,
                                 detection_data *data)
{
    const uint32_t types = TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8);
    TB_OP_TRY(tb_op_check_type(context, encodings, "box encodings", types));
    TB_OP_TRY(tb_op_check_type(context, scores, "class scores", types));
    TB_OP_TRY(tb_op_check_same_type(context, anchors, "anchors", encodings, "box encodings"));
    TB_OP_TRY(tb_op_check_rank(context, encodings, "box encodings", 3, 3));
    TB_OP_TRY(tb_op_check_rank(context, scores, "class scores", 3, 3));
    TB_OP_TRY(tb_op_check_rank(context, anchors, "anchors", 2, 2));
    const int *e = encodings->dims->data, *s = scores->dims->data, *a = anchors->dims->data;
    if (e[0] != 1 || s[0] != 1)
        return tb_op_fail(context, "batches are %d and %d, expected 1", e[0], s[0]);
    if (s[1] != e[1] || a[0] < e[1])
        return tb_op_fail(context, "%d boxes have %d scores and %d anchors", e[1], s[1], a[0]);
    if (e[2] < COORDINATES || a[1] != COORDINATES)
        return tb_op_fail(context, "box encodings have %d numbers and anchors %d, expected 4", e[2],
                          a[1]);
    if (s[2] != data->classes && s[2] != data->classes + 1)
        return tb_op_fail(context,
                          "there are %d class scores for %d classes, expected so many or "
                          "one more",
                          s[2], data->classes);
    if (data->classes < 1)
        return tb_op_fail(context, "there are no classes");
    data->boxes = (size_t)e[1];
    data->encoding = (size_t)e[2];
    data->labels = (size_t)s[2];
    data->label_offset = (size_t)(s[2] - data->classes);
    return kTfLiteOk;
}

static TfLiteStatus request_scratch(TfLiteContext *context, detection_data *data)
{
    size_t labels, per_box = (size_t)TB_MIN(data->max_classes, data->classes);
    if (!tb_mul_size(data->boxes, data->labels, &labels) || labels > INT32_MAX)
        return tb_op_fail(context, "has too many class scores");
    size_t kept = (size_t)data->max_detections + (size_t)data->detections_per_class;
    TB_OP_TRY(tb_op_scratch_array(context, data->boxes, sizeof(box), &data->decoded));
    TB_OP_TRY(tb_op_scratch_array(context, labels, sizeof(float), &data->scores));
    TB_OP_TRY(tb_op_scratch_array(context, data->boxes, sizeof(float), &data->column));
    TB_OP_TRY(tb_op_scratch_array(context, 2 * data->boxes, sizeof(candidate), &data->candidates));
    TB_OP_TRY(tb_op_scratch_array(context, data->boxes, 1, &data->active));
    TB_OP_TRY(tb_op_scratch_array(context, data->boxes, sizeof(int32_t), &data->selected));
    if (data->regular)
        return tb_op_scratch_array(context, 2 * kept, sizeof(candidate), &data->merged);
    return tb_op_scratch_array(context, data->boxes * per_box, sizeof(int32_t),
                               &data->best_classes);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *encodings, *scores, *anchors;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 4));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "box encodings", &encodings));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "class scores", &scores));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "anchors", &anchors));
    detection_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(read_options(context, node, data));
    TB_OP_TRY(check_shapes(context, encodings, scores, anchors, data));
    TB_OP_TRY(request_scratch(context, data));
    int64_t detections = (int64_t)data->max_detections * data->max_classes;
    if (detections > INT32_MAX)
        return tb_op_fail(context, "gives %lld detections: too many", (long long)detections);
    const int shapes[4][3] = {
        {1, (int)detections, COORDINATES}, {1, (int)detections}, {1, (int)detections}, {1}};
    static const int ranks[4] = {3, 2, 2, 1};
    for (int k = 0; k < 4; k++) {
        TfLiteTensor *output;
        TB_OP_TRY(tb_op_get_output(context, node, k, &output));
        output->type = kTfLiteFloat32;
        TB_OP_TRY(tb_op_resize(context, output, ranks[k], shapes[k]));
    }
    return kTfLiteOk;
}

/* ---- decoding ---------------------------------------------------------------------------------- */

static center_box read_box(const TfLiteTensor *tensor, size_t at)
{
    if (tensor->type == kTfLiteFloat32) {
        const float *f = tensor->data.f + at;
        return (center_box){f[0], f[1], f[2], f[3]};
    }
    const uint8_t *u = tensor->data.uint8 + at;
    float zero_point = (float)tensor->params.zero_point, scale = tensor->params.scale;
    return (center_box){((float)u[0] - zero_point) * scale, ((float)u[1] - zero_point) * scale,
                        ((float)u[2] - zero_point) * scale, ((float)u[3] - zero_point) * scale};
}

static float center(float encoded, float scale, float anchor_size, float anchor_center)
{
    return (float)((double)encoded / (double)scale * (double)anchor_size + (double)anchor_center);
}

static float half_size(float encoded, float scale, float anchor_size)
{
    return (float)(0.5 * tb_exp((double)encoded / (double)scale) * (double)anchor_size);
}

/* What half_size makes of each byte, but for the anchor's size. */
static void half_sizes(const TfLiteTensor *encodings, float scale, double out[256])
{
    const float zero_point = (float)encodings->params.zero_point;
    for (int i = 0; i < 256; i++) {
        const float encoded = ((float)i - zero_point) * encodings->params.scale;
        out[i] = 0.5 * tb_exp((double)encoded / (double)scale);
    }
}

static TfLiteStatus decode_boxes(TfLiteContext *context, const TfLiteNode *node,
                                 const detection_data *data, box *decoded)
{
    const TfLiteTensor *encodings = tb_op_input(context, node, 0);
    const TfLiteTensor *anchors = tb_op_input(context, node, 2);
    const center_box *scale = &data->scale;
    const bool bytes = encodings->type == kTfLiteUInt8;
    double heights[256], widths[256];
    if (bytes) {
        half_sizes(encodings, scale->h, heights);
        half_sizes(encodings, scale->w, widths);
    }
    for (size_t i = 0; i < data->boxes; i++) {
        center_box encoded = read_box(encodings, i * data->encoding);
        center_box anchor = read_box(anchors, i * COORDINATES);
        float y = center(encoded.y, scale->y, anchor.h, anchor.y);
        float x = center(encoded.x, scale->x, anchor.w, anchor.x);
        const uint8_t *byte = bytes ? encodings->data.uint8 + i * data->encoding : NULL;
        float half_h = bytes ? (float)(heights[byte[2]] * (double)anchor.h)
                             : half_size(encoded.h, scale->h, anchor.h);
        float half_w = bytes ? (float)(widths[byte[3]] * (double)anchor.w)
                             : half_size(encoded.w, scale->w, anchor.w);
        decoded[i] = (box){y - half_h, x - half_w, y + half_h, x + half_w};
        if (decoded[i].y_min > decoded[i].y_max || decoded[i].x_min > decoded[i].x_max)
            return tb_op_fail(context, "box %zu has a negative size", i);
    }
    return kTfLiteOk;
}

static void dequantized(const TfLiteTensor *scores, float out[256])
{
    for (int i = 0; i < 256; i++)
        out[i] = (float)((double)scores->params.scale * (double)(i - scores->params.zero_point));
}

static const float *dequantized_scores(TfLiteContext *context, const TfLiteNode *node,
                                       const detection_data *data)
{
    const TfLiteTensor *scores = tb_op_input(context, node, 1);
    if (scores->type == kTfLiteFloat32)
        return scores->data.f;
    float *out = tb_op_scratch(context, data->scores);
    float values[256];
    dequantized(scores, values);
    for (size_t i = 0; i < data->boxes * data->labels; i++)
        out[i] = values[scores->data.uint8[i]];
    return out;
}

/* ---- suppression ------------------------------------------------------------------------------- */

/* Merges two runs that are each in falling order; what is in `a` goes first among equals. */
static void merge(const candidate *a, size_t a_count, const candidate *b, size_t b_count,
                  candidate *out)
{
    size_t i = 0, j = 0;
    while (i < a_count || j < b_count) {
        bool from_b = i == a_count || (j < b_count && b[j].score > a[i].score);
        *out++ = from_b ? b[j++] : a[i++];
    }
}

/* Stable, bottom up, between two lists; returns the one with the result. */
static candidate *sort_falling(candidate *list, candidate *other, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t a_count = TB_MIN(width, count - at);
            size_t b_count = TB_MIN(width, count - at - a_count);
            merge(list + at, a_count, list + at + a_count, b_count, other + at);
        }
        candidate *swap = list;
        list = other;
        other = swap;
    }
    return list;
}

static float overlap(const box *a, const box *b)
{
    float area_a = (a->y_max - a->y_min) * (a->x_max - a->x_min);
    float area_b = (b->y_max - b->y_min) * (b->x_max - b->x_min);
    if (area_a <= 0.0f || area_b <= 0.0f)
        return 0.0f;
    float height = TB_MIN(a->y_max, b->y_max) - TB_MAX(a->y_min, b->y_min);
    float width = TB_MIN(a->x_max, b->x_max) - TB_MAX(a->x_min, b->x_min);
    float common = TB_MAX(height, 0.0f) * TB_MAX(width, 0.0f);
    return common / (area_a + area_b - common);
}

/* The boxes to keep by these scores, best first, in the scratch list `selected`. */
static size_t suppress(TfLiteContext *context, const detection_data *data, const float *scores,
                       size_t limit)
{
    const box *decoded = tb_op_scratch(context, data->decoded);
    candidate *list = tb_op_scratch(context, data->candidates);
    uint8_t *active = tb_op_scratch(context, data->active);
    int32_t *selected = tb_op_scratch(context, data->selected);
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < data->boxes; i++)
        if (scores[i] >= data->score_threshold)
            list[count++] = (candidate){(int32_t)i, scores[i]};
    list = sort_falling(list, list + data->boxes, count);
    for (size_t i = 0; i < count; i++)
        active[i] = 1;
    for (size_t i = 0; i < count && kept < limit; i++) {
        if (!active[i])
            continue;
        selected[kept++] = list[i].index;
        for (size_t j = i + 1; j < count; j++)
            if (active[j] &&
                overlap(&decoded[list[i].index], &decoded[list[j].index]) > data->overlap_threshold)
                active[j] = 0;
    }
    return kept;
}

/* ---- results ----------------------------------------------------------------------------------- */

typedef struct results {
    box *boxes;
    float *classes;
    float *scores;
    float *count;
} results;

/* The first of the best. */
static int32_t best_class(const float *scores, int classes)
{
    int best = 0;
    float most = scores[0];
    for (int c = 1; c < classes; c++) {
        best = scores[c] > most ? c : best;
        most = scores[c] > most ? scores[c] : most;
    }
    return best;
}

/* The best `wanted` classes of one box, best first; among equals the lower one. */
static void best_classes(const float *scores, int classes, int wanted, int32_t *out)
{
    for (int k = 0; k < wanted; k++) {
        int best = -1;
        for (int c = 0; c < classes; c++) {
            bool taken = false;
            for (int t = 0; t < k; t++)
                taken |= out[t] == c;
            if (!taken && (best < 0 || scores[c] > scores[best]))
                best = c;
        }
        out[k] = best;
    }
}

static void fast_suppression(TfLiteContext *context, const detection_data *data,
                             const float *scores, const results *out)
{
    const box *decoded = tb_op_scratch(context, data->decoded);
    float *best_scores = tb_op_scratch(context, data->column);
    int32_t *classes = tb_op_scratch(context, data->best_classes);
    const int32_t *selected = tb_op_scratch(context, data->selected);
    int wanted = TB_MIN(data->max_classes, data->classes);
    for (size_t i = 0; i < data->boxes; i++) {
        const float *row = scores + i * data->labels + data->label_offset;
        if (wanted == 1)
            classes[i] = best_class(row, data->classes);
        else
            best_classes(row, data->classes, wanted, classes + i * (size_t)wanted);
        best_scores[i] = row[classes[i * (size_t)wanted]];
    }
    size_t kept = suppress(context, data, best_scores, (size_t)data->max_detections);
    for (size_t k = 0; k < kept; k++) {
        size_t from = (size_t)selected[k];
        const float *row = scores + from * data->labels + data->label_offset;
        for (int c = 0; c < wanted; c++) {
            size_t at = k * (size_t)data->max_classes + (size_t)c;
            int32_t class = classes[from * (size_t)wanted + (size_t)c];
            out->boxes[at] = decoded[from];
            out->classes[at] = (float)class;
            out->scores[at] = row[class];
        }
    }
    *out->count = (float)kept;
}

static void regular_suppression(TfLiteContext *context, const detection_data *data,
                                const float *scores, const results *out)
{
    const box *decoded = tb_op_scratch(context, data->decoded);
    float *column = tb_op_scratch(context, data->column);
    const int32_t *selected = tb_op_scratch(context, data->selected);
    size_t limit = (size_t)data->max_detections;
    size_t per_class = (size_t)TB_MIN(data->detections_per_class, data->max_detections);
    size_t room = limit + (size_t)data->detections_per_class;
    candidate *merged = tb_op_scratch(context, data->merged), *other = merged + room;
    candidate *fresh = tb_op_scratch(context, data->candidates); /* free between suppressions */
    size_t total = 0;
    for (int class = 0; class < data->classes; class ++) {
        size_t label = (size_t) class + data->label_offset;
        for (size_t i = 0; i < data->boxes; i++)
            column[i] = scores[i * data->labels + label];
        size_t kept = suppress(context, data, column, per_class);
        for (size_t k = 0; k < kept; k++)
            fresh[k] = (candidate){(int32_t)((size_t)selected[k] * data->labels + label),
                                   column[selected[k]]};
        merge(merged, total, fresh, kept, other);
        candidate *swap = merged;
        merged = other;
        other = swap;
        total = TB_MIN(total + kept, limit);
    }
    for (size_t k = 0; k < total; k++) {
        size_t from = (size_t)merged[k].index / data->labels;
        size_t label = (size_t)merged[k].index % data->labels;
        out->boxes[k] = decoded[from];
        out->classes[k] = (float)(label - data->label_offset);
        out->scores[k] = merged[k].score;
    }
    *out->count = (float)total;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const detection_data *data = node->user_data;
    results out = {tb_op_output(context, node, 0)->data.data,
                   tb_op_output(context, node, 1)->data.f, tb_op_output(context, node, 2)->data.f,
                   tb_op_output(context, node, 3)->data.f};
    for (int k = 0; k < 4; k++) {
        TfLiteTensor *output = tb_op_output(context, node, k);
        tb_zero_bytes(output->data.raw, output->bytes);
    }
    TB_OP_TRY(decode_boxes(context, node, data, tb_op_scratch(context, data->decoded)));
    const float *scores = dequantized_scores(context, node, data);
    if (data->regular)
        regular_suppression(context, data, scores, &out);
    else
        fast_suppression(context, data, scores, &out);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_detection_post_process = {.prepare = prepare, .invoke = invoke};
