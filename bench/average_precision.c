/* COCO's mean average precision; see average_precision.h. */
#include "bench/average_precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { THRESHOLDS = 10, RECALLS = 101, MOST_A_PICTURE = 100, SIZES = 4 };

/* Bounds of the areas that count: all, small, medium, large. */
static const double size_bounds[SIZES][2] = {
    {0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}};

/* A detection once matched, for one category and size class. */
typedef struct outcome {
    double score;
    size_t order;              /* of equal scores */
    unsigned matched, ignored; /* a bit a threshold */
} outcome;

typedef struct tally {
    outcome *outcomes;
    size_t count, room;
    size_t truths; /* that count */
} tally;

static double overlap_1d(double a, double a_size, double b, double b_size)
{
    double low = a > b ? a : b, high = a + a_size < b + b_size ? a + a_size : b + b_size;
    return high > low ? high - low : 0;
}

double tb_box_overlap(const tb_detection *detection, const tb_truth_box *truth)
{
    double shared = overlap_1d(detection->x, detection->width, truth->x, truth->width) *
                    overlap_1d(detection->y, detection->height, truth->y, truth->height);
    double own = detection->width * detection->height;
    double all = truth->crowd ? own : own + truth->width * truth->height - shared;
    return all > 0 ? shared / all : 0;
}

static bool outside(double area, const double *bounds)
{
    return area < bounds[0] || area > bounds[1];
}

/* ---- one picture ------------------------------------------------------------------------------- */

typedef struct candidate {
    const tb_detection *detection;
    int order;
} candidate;

static int by_score(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->detection->score != b->detection->score)
        return a->detection->score < b->detection->score ? 1 : -1;
    return a->order - b->order;
}

typedef struct rival {
    const tb_truth_box *box;
    bool ignored;
    unsigned taken; /* a bit a threshold */
} rival;

/* The truth that the detection takes at a threshold, or NULL: the best overlap among those that
   count; only without any, the best among the ignored ones, which stand behind. */
static rival *find_match(const tb_detection *detection, rival *rivals, int count, int threshold)
{
    double least = 0.5 + 0.05 * threshold;
    least = least < 1 - 1e-10 ? least : 1 - 1e-10;
    rival *best = NULL;
    for (int k = 0; k < count; k++) {
        rival *r = &rivals[k];
        if ((r->taken >> threshold & 1) && !r->box->crowd)
            continue;
        if (best && !best->ignored && r->ignored)
            break;
        double overlap = tb_box_overlap(detection, r->box);
        if (overlap < least)
            continue;
        least = overlap;
        best = r;
    }
    return best;
}

static bool add_outcome(tally *t, const outcome *added)
{
    if (t->count == t->room) {
        size_t room = t->room ? t->room * 2 : 256;
        outcome *more = realloc(t->outcomes, room * sizeof *more);
        if (!more)
            return false;
        t->outcomes = more;
        t->room = room;
    }
    t->outcomes[t->count] = *added;
    t->outcomes[t->count].order = t->count;
    t->count++;
    return true;
}

static bool match_picture(const tb_detected_picture *picture, int64_t category,
                          const double *bounds, candidate *candidates, rival *rivals, tally *t)
{
    int found = 0, truths = 0;
    for (int k = 0; k < picture->detection_count; k++)
        if (picture->detections[k].category == category)
            candidates[found++] = (candidate){&picture->detections[k], k};
    qsort(candidates, (size_t)found, sizeof *candidates, by_score);
    found = found < MOST_A_PICTURE ? found : MOST_A_PICTURE;
    /* Those that count first. */
    for (int ignored = 0; ignored < 2; ignored++)
        for (int k = 0; k < picture->truth_count; k++) {
            const tb_truth_box *box = &picture->truth[k];
            bool is_ignored = box->crowd || outside(box->area, bounds);
            if (box->category == category && is_ignored == ignored)
                rivals[truths++] = (rival){box, is_ignored, 0};
        }
    for (int k = 0; k < truths; k++)
        t->truths += !rivals[k].ignored;
    for (int k = 0; k < found; k++) {
        const tb_detection *detection = candidates[k].detection;
        outcome result = {.score = detection->score};
        bool odd_size = outside(detection->width * detection->height, bounds);
        for (int threshold = 0; threshold < THRESHOLDS; threshold++) {
            rival *match = find_match(detection, rivals, truths, threshold);
            unsigned bit = 1u << threshold;
            if (match) {
                match->taken |= bit;
                result.matched |= bit;
                result.ignored |= match->ignored ? bit : 0;
            } else if (odd_size) {
                result.ignored |= bit;
            }
        }
        if (!add_outcome(t, &result))
            return false;
    }
    return true;
}

/* ---- one category ------------------------------------------------------------------------------ */

static int by_score_then_order(const void *left, const void *right)
{
    const outcome *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Precision at the 101 recalls, averaged. `precision` and `recall` have room for the outcomes. */
static double average_at(const tally *t, int threshold, double *precision, double *recall)
{
    size_t count = 0;
    double hits = 0, misses = 0;
    for (size_t k = 0; k < t->count; k++) {
        if (t->outcomes[k].ignored >> threshold & 1)
            continue;
        bool hit = t->outcomes[k].matched >> threshold & 1;
        hits += hit;
        misses += !hit;
        recall[count] = hits / (double)t->truths;
        precision[count++] = hits / (hits + misses);
    }
    for (size_t k = count; k-- > 1;)
        if (precision[k] > precision[k - 1])
            precision[k - 1] = precision[k];
    double sum = 0;
    size_t at = 0;
    for (int r = 0; r < RECALLS; r++) {
        while (at < count && recall[at] < (r < RECALLS - 1 ? r * 0.01 : 1.0))
            at++;
        if (at == count)
            break;
        sum += precision[at];
    }
    return sum / RECALLS;
}

/* ---- all --------------------------------------------------------------------------------------- */

typedef struct means {
    double sum[SIZES], sum_50, sum_75;
    size_t categories[SIZES];
} means;

typedef struct scratch {
    candidate *candidates;
    rival *rivals;
    double *curve;
    size_t curve_room;
    tally tally;
} scratch;

static bool add_category(const tb_detected_picture *pictures, const size_t *index, size_t count,
                         int64_t category, int size, scratch *room, means *out)
{
    tally *t = &room->tally;
    t->count = t->truths = 0;
    for (size_t k = 0; k < count; k++)
        if (!match_picture(&pictures[index ? index[k] : k], category, size_bounds[size],
                           room->candidates, room->rivals, t))
            return false;
    if (!t->truths)
        return true;
    if (t->count)
        qsort(t->outcomes, t->count, sizeof *t->outcomes, by_score_then_order);
    if (room->curve_room < t->count + 1) {
        double *more = realloc(room->curve, (t->count + 1) * 2 * sizeof *more);
        if (!more)
            return false;
        room->curve = more;
        room->curve_room = t->count + 1;
    }
    double sum = 0;
    for (int threshold = 0; threshold < THRESHOLDS; threshold++) {
        double average = average_at(t, threshold, room->curve, room->curve + t->count + 1);
        sum += average;
        if (size == 0 && threshold == 0)
            out->sum_50 += average;
        if (size == 0 && threshold == 5)
            out->sum_75 += average;
    }
    out->sum[size] += sum / THRESHOLDS;
    out->categories[size]++;
    return true;
}

static int compare_categories(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Categories that any truth has, each once. NULL without memory. */
static int64_t *list_categories(const tb_detected_picture *pictures, const size_t *index,
                                size_t count, size_t *found)
{
    size_t room = 1;
    for (size_t k = 0; k < count; k++)
        room += (size_t)pictures[index ? index[k] : k].truth_count;
    int64_t *list = malloc(room * sizeof *list);
    size_t listed = 0;
    for (size_t k = 0; list && k < count; k++) {
        const tb_detected_picture *picture = &pictures[index ? index[k] : k];
        for (int b = 0; b < picture->truth_count; b++)
            list[listed++] = picture->truth[b].category;
    }
    *found = 0;
    if (!list || !listed)
        return list;
    qsort(list, listed, sizeof *list, compare_categories);
    for (size_t k = 0; k < listed; k++)
        if (k == 0 || list[k] != list[k - 1])
            list[(*found)++] = list[k];
    return list;
}

static double mean_of(double sum, size_t count)
{
    return count ? sum / (double)count : NAN;
}

tb_status tb_average_precision_compute(const tb_detected_picture *pictures, const size_t *index,
                                       size_t count, tb_error *err, tb_average_precision *out)
{
    size_t most_found = 1, most_truths = 1, categories = 0;
    for (size_t k = 0; k < count; k++) {
        const tb_detected_picture *picture = &pictures[index ? index[k] : k];
        if ((size_t)picture->detection_count > most_found)
            most_found = (size_t)picture->detection_count;
        if ((size_t)picture->truth_count > most_truths)
            most_truths = (size_t)picture->truth_count;
    }
    scratch room = {.candidates = malloc(most_found * sizeof(candidate)),
                    .rivals = malloc(most_truths * sizeof(rival))};
    int64_t *list = list_categories(pictures, index, count, &categories);
    bool ok = room.candidates && room.rivals && list;
    means all = {0};
    for (size_t c = 0; ok && c < categories; c++)
        for (int size = 0; ok && size < SIZES; size++)
            ok = add_category(pictures, index, count, list[c], size, &room, &all);
    *out = (tb_average_precision){
        .map = mean_of(all.sum[0], all.categories[0]),
        .map_50 = mean_of(all.sum_50, all.categories[0]),
        .map_75 = mean_of(all.sum_75, all.categories[0]),
        .small = mean_of(all.sum[1], all.categories[1]),
        .medium = mean_of(all.sum[2], all.categories[2]),
        .large = mean_of(all.sum[3], all.categories[3]),
    };
    free(list);
    free(room.candidates);
    free(room.rivals);
    free(room.curve);
    free(room.tally.outcomes);
    return ok ? TB_OK : tb_fail(err, TB_NO_MEMORY, "average precision: out of memory");
}
