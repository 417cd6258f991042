/* SPDX-License-Identifier: BSD-2-Clause
 * lengthen: where each round takes off a fixed share of what is left along the
 * mode, the second step is the last; what is across the mode is left alone.
 */
#include "check.h"
#include "tomo/align.h"

enum { IMAGES = 2 };
static const double mode[IMAGES][2] = {{0.6, 0}, {0, 0.8}};

/* Rounds that take off `share` of `left` along the mode, and a step of 0.25
 * across it, which no round lengthens. Returns what is left after two. */
static double two_rounds(double share, double left, int *is_long)
{
    double secant[2] = {0, 0};
    for (int round = 0; round < 2; round++) {
        double step[IMAGES][2] = {
            {share * left * 0.6, 0.25}, {0.25, share * left * 0.8}};
        *is_long = ae_align_lengthen(step, mode, IMAGES, secant);
        NEAR(step[0][1], 0.25, 1e-15);
        NEAR(step[1][0], 0.25, 1e-15);
        NEAR(step[0][0] / 0.6, step[1][1] / 0.8, 1e-12);
        NEAR(secant[1], step[0][0] / 0.6, 1e-12);
        left -= step[0][0] / 0.6;
    }
    return left;
}

int main(void)
{
    int is_long;
    NEAR(two_rounds(0.5, 2.3, &is_long), 0, 1e-12);
    CHECK(is_long);
    NEAR(two_rounds(0.9, -1, &is_long), 0, 1e-12);
    CHECK(is_long);
    /* a tenth a round: ten times too short, but three times is the most */
    NEAR(two_rounds(0.1, 1, &is_long), 0.9 - 3 * 0.09, 1e-12);
    CHECK(is_long);
    /* a round that overshoots is not lengthened */
    NEAR(two_rounds(1.25, 1, &is_long), 0.0625, 1e-12);
    CHECK(!is_long);
    return checked();
}
