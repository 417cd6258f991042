/* SPDX-License-Identifier: BSD-2-Clause
 * tilt-select - pick, drop or halve the images of a tilt series.
 *
 * Images are named by their index k = 0, 1, ... (negative: from the end) or by
 * their tilt angle theta_k (degrees), @from:to, ends included. The images that
 * remain keep their order; their angles are cut alike.
 *   --half even|odd   of the images kept, those at even or odd position in the
 *                     order of theta (equal angles: the lower index first)
 *   --half frames     of raw frames, frame 0, 2, ... or 1, 3, ... of each tilt
 *   --rows A-B        detector rows y = A ... B; the origin moves along, and
 *                     the row about which projectors turn becomes that of
 *                     index floor(n/2), which a tilt axis along y leaves free
 *
 * Source: half sets as of gold-standard resolution, Scheres & Chen, Nat.
 * Methods 9, 853 (2012), doi:10.1038/nmeth.2115.
 * Cost: one pass, one image in memory.
 * reads, writes: tilt stack or raw frames (NRRD)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"

enum half { WHOLE, EVEN, ODD, FRAMES };

static const char *keep, *drop, *rows;
static int half;
static long which;
static const struct ae_opt opts[] = {
    AE_STR('k', "keep", &keep, "LIST", "",
        "images to keep: 0,3-7,-1 or angles @-60:60 (all)"),
    AE_STR('d', "drop", &drop, "LIST", "", "images to drop, named alike"),
    AE_CHOICE(0, "half", &half, "none|even|odd|frames", "none",
        "every second image in order of angle, or every second frame"),
    AE_INT(0, "which", &which, "0|1", "0", 0, 1,
        "the half that --half frames keeps"),
    AE_STR(0, "rows", &rows, "A-B", "", "rows to keep along y (all)"),
    AE_END_OPTS,
};
static const struct ae_about about = {"tilt-select",
    "pick, drop or halve the images of a tilt series", "[FILE]", opts,
    .streams = 1};

/* A whole number at *text, which moves on; 0, or -1 when there is none. */
static int whole(const char **text, long *value)
{
    char *end;
    const char *at = *text;
    if (*at != '-' && (*at < '0' || *at > '9'))
        return -1;
    *value = strtol(at, &end, 10);
    if (end == at || end - at > 10)
        return -1;
    *text = end;
    return 0;
}

/* A number of plain digits, sign and point (an angle at *text). */
static int angle(const char **text, double *value)
{
    char *end;
    const size_t n = strspn(*text, "+-.0123456789eE");
    if (!n)
        return -1;
    *value = strtod(*text, &end);
    if (end != *text + n || !isfinite(*value))
        return -1;
    *text = end;
    return 0;
}

/* "A" or "A-B" at *text as indices 0 ... n-1, negative ones from the end. */
static int range(const char **text, size_t n, const char *what, long *a,
    long *b, struct ae_error *err)
{
    const char *start = *text;
    char quoted[340];
    if (whole(text, a))
        return ae_fail(err, AE_EUSAGE,
            "'%s': want indices and ranges as 0,3-7,-1 or angles as @-60:60",
            ae_quote(quoted, start));
    *b = *a;
    if (**text == '-') {
        ++*text;
        if (whole(text, b))
            return ae_fail(err, AE_EUSAGE, "'%s': want a range as 3-7",
                ae_quote(quoted, start));
    }
    const long ends[2] = {*a, *b};
    for (int i = 0; i < 2; i++)
        if (ends[i] < -(long)n || ends[i] >= (long)n)
            return ae_fail(err, AE_EDATA,
                "%s %ld is out of range: there are "
                "%zu, 0 to %zu",
                what, ends[i], n, n - 1);
    *a += *a < 0 ? (long)n : 0;
    *b += *b < 0 ? (long)n : 0;
    if (*b < *a)
        return ae_fail(err, AE_EUSAGE, "range '%s' runs backwards: %ld to %ld",
            ae_quote(quoted, start), *a, *b);
    return AE_OK;
}

/* Set chosen[k] to value for the images that the list names. */
static int mark(const char *list, const struct ae_vol *head, size_t n,
    char value, char *chosen, struct ae_error *err)
{
    const char *at = list;
    char quoted[340];
    for (;;) {
        if (*at == '@') {
            double a, b;
            at++;
            if (!head->euler)
                return ae_fail(err, AE_EDATA,
                    "no angles in the header; name images by index");
            if (angle(&at, &a) || *at != ':' || (at++, angle(&at, &b)) || b < a)
                return ae_fail(err, AE_EUSAGE,
                    "'%s': want a range of angles as @-60:60",
                    ae_quote(quoted, list));
            for (size_t k = 0; k < n; k++)
                if (head->euler[k][1] >= a && head->euler[k][1] <= b)
                    chosen[k] = value;
        } else {
            long a, b;
            const int code = range(&at, n, "image", &a, &b, err);
            if (code)
                return code;
            memset(chosen + a, value, (size_t)(b - a + 1));
        }
        if (!*at)
            return AE_OK;
        if (*at++ != ',')
            return ae_fail(err, AE_EUSAGE,
                "'%s': want indices and ranges as 0,3-7,-1 or angles as "
                "@-60:60",
                ae_quote(quoted, list));
    }
}

/* Of the images chosen, keep those whose position in the order of the tilt
 * angle has the given parity. O(n^2), n is some 100. */
static int halve(const struct ae_vol *head, size_t n, int parity, char *chosen,
    struct ae_error *err)
{
    if (!head->euler)
        return ae_fail(err, AE_EDATA,
            "no angles in the header, so no order for --half; give them with "
            "vol-import -a");
    char *all = ae_alloc(n, 1);
    if (!all)
        return ae_fail(err, AE_EMEM, "out of memory");
    memcpy(all, chosen, n);
    for (size_t k = 0; k < n; k++) {
        size_t before = 0;
        for (size_t j = 0; j < n; j++) {
            const double d = head->euler[j][1] - head->euler[k][1];
            before += all[j] && (d < 0 || (d == 0 && j < k));
        }
        chosen[k] = all[k] && before % 2 == (size_t)parity;
    }
    free(all);
    return AE_OK;
}

/* Which of the n images (frames: tilts) remain. */
static int choose(
    const struct ae_vol *head, size_t n, char *chosen, struct ae_error *err)
{
    int code = AE_OK;
    memset(chosen, !*keep, n);
    if (*keep)
        code = mark(keep, head, n, 1, chosen, err);
    if (!code && *drop)
        code = mark(drop, head, n, 0, chosen, err);
    if (!code && (half == EVEN || half == ODD))
        code = halve(head, n, half == ODD, chosen, err);
    if (!code && !memchr(chosen, 1, n))
        return ae_fail(err, AE_EDATA, "no image is left of %zu", n);
    return code;
}

/* The header of what remains; rows a ... b, frames of the given number. */
static int cut(struct ae_vol *head, const char *chosen, size_t frames, long a,
    long b, struct ae_error *err)
{
    const int tilts = head->kind == AE_FRAMES ? 3 : 2;
    size_t left = 0;
    for (size_t k = 0; k < head->n[tilts]; k++) {
        if (chosen[k] && head->euler)
            memmove(head->euler[left], head->euler[k], sizeof *head->euler);
        left += chosen[k] != 0;
    }
    head->nangle = head->euler ? left : 0;
    head->n[tilts] = left;
    if (tilts == 3)
        head->n[2] = frames;
    head->n[1] = (size_t)(b - a + 1);
    head->origin[1] += (double)a * (head->step[1] > 0 ? head->step[1] : 1);
    ae_vol_set_centre(head);
    return left && frames ? AE_OK : ae_fail(err, AE_EDATA, "no frame is left");
}

static void copy_images(struct ae_nrrd *reader, const struct ae_vol *head,
    const char *chosen, size_t nx, size_t ny, size_t frames, long first)
{
    float *image = ae_alloc(nx * ny, sizeof *image);
    if (!image)
        ae_die("out of memory for an image of %zu x %zu", nx, ny);
    for (size_t i = 0; ae_must(ae_nrrd_next(reader, image, ae_err())) != AE_END;
         i++) {
        const size_t k = i / frames, frame = i % frames;
        if (!chosen[k] || (half == FRAMES && frame % 2 != (size_t)which))
            continue;
        ae_must(ae_nrrd_put(ae_out(), image + (size_t)first * nx,
            ae_vol_image(head), ae_err()));
    }
    free(image);
}

/* A slab of rows turns about its own middle row: harmless for an axis along
 * y only. */
static void warn_if_not_y(const struct ae_vol *head)
{
    for (size_t k = 0; k < head->nangle; k++)
        if (head->euler[k][0] != 0 || head->euler[k][2] != 0) {
            ae_warn("image %zu has phi %g, psi %g: rows are independent only "
                    "for a tilt axis along y",
                k, head->euler[k][0], head->euler[k][2]);
            return;
        }
}

int main(int argc, char **argv)
{
    struct ae_nrrd *reader;
    struct ae_vol head;
    long first = 0, last;

    ae_begin(&about, argc, argv);
    if (ae_given("which") && half != FRAMES)
        ae_usage("--which goes with --half frames");
    ae_must(ae_nrrd_open(&reader, ae_in(), 0, &head, ae_err()));
    if (head.kind != AE_STACK && head.kind != AE_FRAMES)
        ae_die("want a tilt stack or raw frames, axes x y tilt or x y frame "
               "tilt; vol-import makes one");
    if (half == FRAMES && head.kind != AE_FRAMES)
        ae_die("--half frames: want raw frames, axes x y frame tilt; this is a "
               "stack of single images");
    const size_t nx = head.n[0], ny = head.n[1];
    const size_t frames = head.kind == AE_FRAMES ? head.n[2] : 1;
    const size_t tilts = head.kind == AE_FRAMES ? head.n[3] : head.n[2];
    char *chosen = ae_alloc(tilts, 1);
    if (!chosen)
        ae_die("out of memory for %zu images", tilts);
    ae_must(choose(&head, tilts, chosen, ae_err()));
    last = (long)ny - 1;
    if (*rows) {
        const char *at = rows;
        ae_must(range(&at, ny, "row", &first, &last, ae_err()));
        if (*at)
            ae_usage("--rows: want one range as 10-19, got '%s'", rows);
        warn_if_not_y(&head);
    }
    ae_must(cut(&head, chosen,
        half == FRAMES ? (frames + 1 - (size_t)which) / 2 : frames, first, last,
        ae_err()));
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    copy_images(reader, &head, chosen, nx, ny, frames, first);
    ae_nrrd_free(reader);
    ae_vol_clear(&head);
    free(chosen);
    return ae_end();
}
