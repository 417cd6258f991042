/* SPDX-License-Identifier: BSD-2-Clause
 * volcmp A B - how alike two volumes are: correlation, |A - B| / |B| with
 * 2-norms, largest difference over the largest |B|. For check-data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "io/nrrd.h"

static void load(const char *path, struct ae_vol *vol)
{
    struct ae_error err;
    struct ae_source in = {fopen(path, "rb"), path};
    if (!in.file || ae_nrrd_read(&in, 0, vol, &err)) {
        fprintf(stderr, "volcmp: %s\n", in.file ? err.msg : path);
        exit(1);
    }
    fclose(in.file);
}

int main(int argc, char **argv)
{
    struct ae_vol a, b;
    if (argc != 3)
        return 2;
    load(argv[1], &a);
    load(argv[2], &b);
    size_t n = ae_vol_samples(&a);
    if (n != ae_vol_samples(&b))
        return 1;
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0, dd = 0, b2 = 0, most = 0;
    double top = 0;
    for (size_t i = 0; i < n; i++) {
        ma += a.data[i] / (double)n;
        mb += b.data[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double x = a.data[i], y = b.data[i], d = x - y;
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
        ab += (x - ma) * (y - mb);
        dd += d * d;
        b2 += y * y;
        most = fmax(most, fabs(d));
        top = fmax(top, fabs(y));
    }
    printf("#correlation\trelative_error\tmax_difference\n%.8f\t%.8g\t%.6g\n",
        ab / sqrt(aa * bb), sqrt(dd / b2), most / top);
    ae_vol_clear(&a);
    ae_vol_clear(&b);
    return 0;
}
