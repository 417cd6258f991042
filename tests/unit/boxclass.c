/* SPDX-License-Identifier: BSD-2-Clause
 * boxclass: a planted anisotropic bell is found by the template fit; flat boxes
 * are no atoms.
 */
#include <stdlib.h>
#include "check.h"
#include "atoms/boxclass.h"

enum { HALF = 4, EDGE = 2 * HALF + 1, SIZE = EDGE * EDGE * EDGE, N = 5 };

static void bell(float *box, double c, double A)
{
    for (int z = -HALF; z <= HALF; z++) {
        for (int y = -HALF; y <= HALF; y++) {
            for (int x = -HALF; x <= HALF; x++) {
                double q = 0.11 * x * x + 0.13 * y * y + 0.07 * z * z +
                           2 * 0.02 * x * y - 2 * 0.015 * y * z;

                *box++ = (float)(c + A * exp(-q));
            }
        }
    }
}

int main(void)
{
    static float box[N][SIZE];
    struct ae_boxes boxes = {N, SIZE, HALF, box[0]};
    struct ae_boxclass_shape shape;
    int label[N] = {1, 1, 0, 1, 0}, rounds;

    bell(box[0], 2.5, 10);
    bell(box[1], 2.5, 12);
    bell(box[2], 2.5, 8); /* an atom that was called none */
    bell(box[3], 2.5, 11);
    bell(box[4], 2.5, 0.3);
    CHECK(ae_boxclass_template(&boxes, label, &shape, NULL) == AE_OK);
    NEAR(shape.c, 2.5, 1e-4);
    NEAR(shape.A, 11, 1e-4);
    NEAR(shape.M[0][0], 0.11, 1e-5);
    NEAR(shape.M[1][1], 0.13, 1e-5);
    NEAR(shape.M[2][2], 0.07, 1e-5);
    NEAR(shape.M[0][1], 0.02, 1e-5);
    NEAR(shape.M[2][1], -0.015, 1e-5);
    NEAR(shape.residual, 0, 1e-5);
    CHECK(label[0] == 1 && label[2] == 1 && label[3] == 1 && label[4] == 0);

    bell(box[4], 0.2, 0.3);
    label[2] = 0;
    CHECK(ae_boxclass_iterate(&boxes, label, 2, &rounds, NULL) == AE_OK);
    CHECK(rounds == 2);
    CHECK(label[2] == 1 && label[4] == 0);
    return checked();
}
