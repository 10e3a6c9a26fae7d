/* COCO's mean average precision on small cases worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/average_precision.h"
#include "runtime/base/size.h"

static tb_average_precision of(const tb_detected_picture *pictures, size_t count)
{
    tb_average_precision out;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_average_precision_compute(pictures, NULL, count, &err, &out), TB_OK, "%s",
                 err.text);
    return out;
}

static tb_truth_box truth(int64_t category, double x, double y, double width, double height)
{
    return (tb_truth_box){category, x, y, width, height, width * height, 0};
}

#define PICTURE(found, boxes)                                          \
    {                                                                  \
        found, (int)TB_COUNT_OF(found), boxes, (int)TB_COUNT_OF(boxes) \
    }

Test(average_precision, a_false_alarm_with_a_higher_score_halves_precision)
{
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10)};
    const tb_detection found[] = {{1, 0.95, 50, 50, 10, 10}, {1, 0.9, 0, 0, 10, 10}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    tb_average_precision got = of(picture, 1);
    cr_expect_float_eq(got.map, 0.5, 1e-12);
    cr_expect_float_eq(got.map_50, 0.5, 1e-12);
    cr_expect_float_eq(got.small, 0.5, 1e-12);
    cr_expect(isnan(got.medium) && isnan(got.large));
}

Test(average_precision, equal_scores_keep_the_order_of_the_output)
{
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10)};
    const tb_detection wrong_first[] = {{1, 0.9, 50, 50, 10, 10}, {1, 0.9, 0, 0, 10, 10}};
    const tb_detection right_first[] = {{1, 0.9, 0, 0, 10, 10}, {1, 0.9, 50, 50, 10, 10}};
    const tb_detected_picture a[] = {PICTURE(wrong_first, boxes)};
    const tb_detected_picture b[] = {PICTURE(right_first, boxes)};
    cr_expect_float_eq(of(a, 1).map, 0.5, 1e-12);
    cr_expect_float_eq(of(b, 1).map, 1.0, 1e-12);
}

Test(average_precision, overlap_decides_at_how_many_thresholds_it_counts)
{
    /* Intersection 62, union 100: right at .50, .55 and .60 only. */
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10)};
    const tb_detection found[] = {{1, 0.9, 0, 0, 10, 6.2}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    tb_average_precision got = of(picture, 1);
    cr_expect_float_eq(got.map, 0.3, 1e-12);
    cr_expect_float_eq(got.map_50, 1, 1e-12);
    cr_expect_float_eq(got.map_75, 0, 1e-12);
}

Test(average_precision, precision_is_taken_at_101_recalls)
{
    /* One of two found: recalls 0.00 to 0.50 are reached, which are 51 of 101. */
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10), truth(1, 40, 40, 10, 10)};
    const tb_detection found[] = {{1, 0.9, 0, 0, 10, 10}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    cr_expect_float_eq(of(picture, 1).map, 51.0 / 101, 1e-12);
}

Test(average_precision, what_falls_on_a_crowd_counts_neither_way)
{
    tb_truth_box crowd = truth(1, 0, 0, 100, 100);
    crowd.crowd = 1;
    const tb_truth_box boxes[] = {crowd, truth(1, 200, 0, 10, 10)};
    const tb_detection found[] = {
        {1, 0.95, 10, 10, 20, 20}, {1, 0.94, 50, 50, 20, 20}, {1, 0.9, 200, 0, 10, 10}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    cr_expect_float_eq(tb_box_overlap(&found[0], &boxes[0]), 1, 1e-12);
    cr_expect_float_eq(of(picture, 1).map, 1, 1e-12);
}

Test(average_precision, size_classes_leave_other_sizes_out)
{
    /* A small box found, a large one missed, and a large false alarm with the best score. */
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10), truth(1, 100, 100, 200, 200)};
    const tb_detection found[] = {{1, 0.95, 400, 400, 200, 200}, {1, 0.9, 0, 0, 10, 10}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    tb_average_precision got = of(picture, 1);
    cr_expect_float_eq(got.small, 1, 1e-12);
    cr_expect_float_eq(got.large, 0, 1e-12);
    cr_expect(isnan(got.medium));
    /* Over all: recall 0.5 at precision 0.5. */
    cr_expect_float_eq(got.map, 0.5 * 51 / 101, 1e-12);
}

Test(average_precision, categories_are_averaged_and_only_those_with_truth)
{
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10), truth(2, 40, 40, 10, 10)};
    const tb_detection found[] = {{1, 0.9, 0, 0, 10, 10}, {3, 0.9, 0, 0, 10, 10}};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    cr_expect_float_eq(of(picture, 1).map, 0.5, 1e-12);
}

Test(average_precision, at_most_a_hundred_a_picture)
{
    const tb_truth_box boxes[] = {truth(1, 0, 0, 10, 10)};
    tb_detection found[101];
    for (int k = 0; k < 100; k++)
        found[k] = (tb_detection){1, 0.9, 50, 50, 10, 10};
    found[100] = (tb_detection){1, 0.5, 0, 0, 10, 10};
    const tb_detected_picture picture[] = {PICTURE(found, boxes)};
    cr_expect_float_eq(of(picture, 1).map, 0, 1e-12);
}

Test(average_precision, a_truth_is_found_once_over_pictures_sorted_together)
{
    /* The second detection of the same box is a false alarm; the other picture's stands between. */
    const tb_truth_box box[] = {truth(1, 0, 0, 10, 10)};
    const tb_detection first[] = {{1, 0.9, 0, 0, 10, 10}, {1, 0.8, 0, 0, 10, 10}};
    const tb_detection second[] = {{1, 0.7, 0, 0, 10, 10}};
    const tb_detected_picture pictures[] = {PICTURE(first, box), PICTURE(second, box)};
    /* Precision 1 up to recall 0.5, then 2/3 up to 1: 51 and 50 points. */
    cr_expect_float_eq(of(pictures, 2).map, (51 + 50 * 2.0 / 3) / 101, 1e-12);
    const size_t twice_the_second[] = {1, 1};
    tb_average_precision got;
    cr_assert_eq(tb_average_precision_compute(pictures, twice_the_second, 2, NULL, &got), TB_OK);
    cr_expect_float_eq(got.map, 1, 1e-12);
}

Test(average_precision, without_truth_there_is_none)
{
    const tb_detection found[] = {{1, 0.9, 0, 0, 10, 10}};
    const tb_detected_picture picture[] = {{found, 1, NULL, 0}};
    cr_expect(isnan(of(picture, 1).map));
}
