/* How the tests of statistics compare a figure with the one of another implementation. */
#ifndef TB_TESTS_UNIT_REPORTS_STATS_NEAR_H
#define TB_TESTS_UNIT_REPORTS_STATS_NEAR_H

#include <criterion/criterion.h>
#include <math.h>

#define EXPECT_NEAR(found, expected, tolerance)                                             \
    do {                                                                                    \
        double near_found = (found), near_expected = (expected);                            \
        cr_expect(fabs(near_found - near_expected) <= (tolerance), "%.17g, expected %.17g", \
                  near_found, near_expected);                                               \
    } while (0)

#endif
