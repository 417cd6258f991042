/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/prism.h"

#include "check.h"

int main(void)
{
    /* the place is pixel 4 of 8, pixel 3 of 7 */
    CHECK(ae_prism_window(1.0, 0.1, 8) == 6);
    CHECK(ae_prism_window(1.0, 0.1, 7) == 7);
    CHECK(ae_prism_window(0, 0.1, 8) == -4);
    /* the nearest pixel, of two as near the even one; 247.5 = 23.76 / 0.096 */
    CHECK(ae_prism_window(1.06, 0.1, 8) == 7);
    CHECK(ae_prism_window(10.5, 1, 8) == 6 && ae_prism_window(11.5, 1, 8) == 8);
    CHECK(ae_prism_window(23.04 + 2 * 0.36, 0.096, 120) == 188);
    return checked();
}
