/* SPDX-License-Identifier: BSD-2-Clause
 * tilt-align - bring the images of a tilt series to a common origin.
 *
 *   out_k(r) = in_k(R(a) r + d_k)     r from the middle, index floor(n/2)
 *
 *   d_k  displacement of the content of image k, pixels
 *   a    angle between the tilt axis and image y (--tilt-axis), x to y
 *
 * Along the axis: the sum of an image across the axis, p_k(y) = sum_x P_k, is
 * the same profile for every tilt (the common line); each is matched with the
 * mean of the others, by least squares over shift and scale. Across it: the
 * centre of mass, which for every tilt lies on X cos(theta) - Z sin(theta), is
 * put in the middle, so that the object turns about its centre of mass.
 *
 * --against: the series is divided into groups k mod 10; each group's images
 * are matched with the projections of a reconstruction from all others, all
 * shifts are applied to the input, and so on until the left-out R1 falls by
 * less than 0.2 %. What only moves the object, (dx, dy) = R_k t, is taken off;
 * a displaced rotation axis, which is nearly that, is followed by a secant.
 *
 * Source: Scott et al., Nature 483, 444 (2012), 10.1038/nature10934; Pham et
 * al., Sci. Rep. 13, 5624 (2023), 10.1038/s41598-023-31124-7; refinement by
 * projection matching: Dengler, Ultramicroscopy 30, 337 (1989),
 * 10.1016/0304-3991(89)90069-9, here against left-out images.
 * Cost: one pass over the images; --against: per round ten reconstructions.
 * reads: NRRD tilt stack, background subtracted     writes: the same, aligned
 */
#include "base/mem.h"
#include "base/table.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "math/stats.h"
#include "tomo/align.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *report_path, *apply_path, *axis_text;
static double max_shift;
static long groups, rounds;
static int across, along, interp, against;
static const struct ae_opt opts[] = {
    AE_STR('r', "report", &report_path, "FILE", "",
        "TSV of the shifts, one row per image"),
    AE_STR('a', "apply", &apply_path, "FILE", "",
        "take the shifts from such a table instead of finding them"),
    AE_REAL(0, "max-shift", &max_shift, "pixels", "0", 0, 100000,
        "largest shift between two profiles; 0: a quarter of the image"),
    AE_STR(0, "tilt-axis", &axis_text, "ANGLE|auto", "0",
        "degrees between tilt axis and image y, or found from the profiles"),
    AE_CHOICE(0, "dx", &across, "com|cc", "com",
        "across the axis: centre of mass, or profiles of neighbours"),
    AE_CHOICE(0, "dy", &along, "commonline|com", "commonline",
        "along the axis: common line or centre of mass"),
    AE_CHOICE('i', "interp", &interp, "fourier|cubic", "fourier",
        "how the images are moved; turned ones always cubic"),
    AE_FLAG(0, "against", &against,
        "refine against the stack's own reconstruction"),
    AE_INT(0, "groups", &groups, "N", "10", 1, 1000,
        "left-out groups of --against; 1: no image is left out"),
    AE_INT(
        0, "rounds", &rounds, "N", "10", 1, 1000, "most rounds of --against"),
    AE_END_OPTS,
};
static const struct ae_about about = {"tilt-align",
    "bring the images of a tilt series to a common origin", "[FILE]", opts, 0};

/* What the run knows: the stack as read, and the shifts found for it. */
struct run {
    struct ae_vol stack;
    struct ae_align_row *row; /* [images] */
    double axis;              /* degrees */
};

/* ---- the table ------------------------------------------------------------
 */

static const char names[] =
    "image\tangle (degrees)\tdx_px\tdy_px\taxis (degrees)\tscore\tsum"
    "\tleft_out_r1";

static void report(FILE *out, const struct run *run)
{
    ae_tsv_head(out, names);
    for (size_t k = 0; k < run->stack.n[2]; k++) {
        const struct ae_align_row *r = run->row + k;
        ae_tsv_put(out, "drrrrggg", (long)k, run->stack.euler[k][1], r->d[0],
            r->d[1], run->axis, r->score, r->sum, r->left_out);
    }
}

/* A number of the table, which must be finite and at most so large. */
static double cell(
    const struct ae_table *table, size_t row, int column, double most)
{
    double value;
    ae_must(ae_table_real(table, row, (size_t)column, &value, ae_err()));
    if (!(fabs(value) <= most))
        ae_die("%s: row %zu: %s is %s; want a number within +-%g", apply_path,
            row + 1, table->name[column],
            ae_table_text(table, row, (size_t)column), most);
    return value;
}

/* Three angles of an image tell how its axis lies: turned, they are wrong. */
static void check_axis(const struct run *run)
{
    for (size_t k = 0; k < run->stack.n[2]; k++)
        if (run->axis != 0 &&
            (run->stack.euler[k][0] != 0 || run->stack.euler[k][2] != 0))
            ae_die("image %zu has phi and psi besides its tilt, and they hold "
                   "for the image as it lies; want a tilt axis of 0",
                k);
}

static void read_shifts(struct run *run)
{
    struct ae_table t = {0};
    ae_must(ae_tsv_read(ae_open(apply_path), &t, ae_err()));
    const int dx = ae_table_find(&t, "dx"), dy = ae_table_find(&t, "dy");
    const int image = ae_table_find(&t, "image");
    const int axis = ae_table_find(&t, "axis");
    if (dx < 0 || dy < 0)
        ae_die("%s: no column dx_px or dy_px; want a table as --report "
               "writes it",
            apply_path);
    if (t.nrow != run->stack.n[2])
        ae_die("%s: %zu rows for %zu images; want one row for each", apply_path,
            t.nrow, run->stack.n[2]);
    for (size_t k = 0; k < t.nrow; k++) {
        if (image >= 0 && cell(&t, k, image, 1e9) != (double)k)
            ae_die("%s: row %zu is of image %s; want the rows in the order of "
                   "the images",
                apply_path, k + 1, ae_table_text(&t, k, (size_t)image));
        run->row[k].d[0] = cell(&t, k, dx, (double)run->stack.n[0]);
        run->row[k].d[1] = cell(&t, k, dy, (double)run->stack.n[1]);
        run->row[k].score = run->row[k].left_out = NAN;
        const double angle = axis < 0 ? 0 : cell(&t, k, axis, 90);
        if (k && angle != run->axis)
            ae_die("%s: row %zu has another tilt axis than the rows before; "
                   "want one for all",
                apply_path, k + 1);
        run->axis = angle;
    }
    ae_table_clear(&t);
    check_axis(run);
}

/* ---- finding --------------------------------------------------------------
 */

static void find_axis(struct run *run, const struct ae_align_choice *choice)
{
    char *end, quoted[340];
    if (!strcmp(axis_text, "auto")) {
        double score;
        ae_must(
            ae_align_axis(&run->axis, &score, &run->stack, choice, ae_err()));
        ae_say("tilt axis at %.3f degrees, mean correlation %.5f", run->axis,
            score);
        if (fabs(run->axis) >= AE_ALIGN_AXIS_RANGE)
            ae_warn("the common lines agree best at the end of the range, %g "
                    "degrees; turn the images first",
                run->axis);
        return;
    }
    run->axis = strtod(axis_text, &end);
    if (end == axis_text || *end || !(fabs(run->axis) <= 90))
        ae_usage("option --tilt-axis: want an angle within +-90 or auto, got "
                 "'%s'",
            ae_quote(quoted, axis_text));
}

/* Images whose sum is more than 10 % off the median. */
static void check_sums(const struct run *run)
{
    const size_t n = run->stack.n[2];
    double *sum = ae_alloc(n, sizeof *sum);
    size_t far = 0, worst = 0;
    if (!sum)
        ae_die("out of memory");
    for (size_t k = 0; k < n; k++)
        sum[k] = run->row[k].sum;
    ae_stats_sort(sum, n);
    const double median = ae_stats_quantile(sum, n, 0.5);
    for (size_t k = 0; k < n; k++) {
        far += fabs(run->row[k].sum / median - 1) > 0.1;
        if (fabs(run->row[k].sum - median) > fabs(run->row[worst].sum - median))
            worst = k;
    }
    if (far)
        ae_warn("the sum of %zu images is more than 10 %% off the median "
                "(most: image %zu, %+.0f %%): film under the particle, "
                "shadowing, or a change of dose or of the field of view",
            far, worst, 100 * (run->row[worst].sum / median - 1));
    free(sum);
}

static double mean_left_out(const struct run *run, const double *left_out)
{
    double sum = 0;
    for (size_t k = 0; k < run->stack.n[2]; k++)
        sum += left_out[k] / (double)run->stack.n[2];
    return sum;
}

/* What the rounds of --against carry on. */
struct rounds {
    struct ae_vol aligned;
    struct ae_align_row *best; /* of the smallest left-out R1 so far */
    double least;              /* that R1 */
    double (*step)[2];         /* the displacements left, then the step */
    double (*mode)[2];         /* of a displaced rotation axis */
    double secant[2];          /* along it, of the round before */
    double *left_out;
};

static void begin_rounds(struct rounds *r, const struct run *run)
{
    const size_t n = run->stack.n[2];
    *r = (struct rounds){.least = INFINITY};
    r->best = ae_alloc(n, sizeof *r->best);
    r->step = ae_alloc(n, sizeof *r->step);
    r->mode = ae_alloc(n, sizeof *r->mode);
    r->left_out = ae_alloc(n, sizeof *r->left_out);
    if (!r->best || !r->step || !r->mode || !r->left_out)
        ae_die("out of memory");
    ae_must(ae_vol_like(&r->aligned, &run->stack, ae_err()));
    ae_must(ae_vol_alloc(&r->aligned, ae_err()));
    ae_align_axis_mode(r->mode, &run->stack);
}

static void end_rounds(struct rounds *r)
{
    ae_vol_clear(&r->aligned);
    free(r->best);
    free(r->step);
    free(r->mode);
    free(r->left_out);
}

/* Rounds until the left-out R1 falls by less than 0.2 %, one more after a
 * lengthened step, which may have gone too far; the shifts of the smallest
 * stay. */
static void refine(struct run *run)
{
    const size_t n = run->stack.n[2];
    struct rounds r;
    int idle = 0, was_long = 0;
    begin_rounds(&r, run);
    for (long round = 0; round < rounds; round++) {
        ae_progress("rounds", (double)round, (double)rounds);
        ae_must(ae_align_apply(r.aligned.data, &run->stack, run->row, run->axis,
            interp, ae_err()));
        ae_must(ae_align_round(
            r.step, r.left_out, &r.aligned, (size_t)groups, ae_err()));
        const double r1 = mean_left_out(run, r.left_out), before = r.least;
        if (r1 < r.least) {
            r.least = r1;
            for (size_t k = 0; k < n; k++)
                run->row[k].left_out = r.left_out[k];
            memcpy(r.best, run->row, n * sizeof *r.best);
        }
        const int is_long =
            ae_align_lengthen(r.step, (const double(*)[2])r.mode, n, r.secant);
        ae_say("round %ld: left-out R1 %.5f", round + 1, r1);
        idle = r1 < 0.998 * before ? 0 : idle + 1;
        if (idle > was_long)
            break;
        was_long = is_long;
        ae_align_move(run->row, (const double(*)[2])r.step, n, run->axis);
    }
    memcpy(run->row, r.best, n * sizeof *r.best);
    end_rounds(&r);
}

static void find_shifts(struct run *run)
{
    const double quarter =
        0.25 * (double)(run->stack.n[0] < run->stack.n[1] ? run->stack.n[0]
                                                          : run->stack.n[1]);
    const struct ae_align_choice choice = {
        .dx = across ? AE_ALIGN_CHAIN : AE_ALIGN_MASS,
        .dy = along ? AE_ALIGN_MASS : AE_ALIGN_LINE,
        .max_shift = max_shift > 0 ? max_shift : quarter};
    double offset, condition;
    find_axis(run, &choice);
    check_axis(run);
    ae_must(
        ae_align_first(run->row, &run->stack, run->axis, &choice, ae_err()));
    check_sums(run);
    if (against)
        refine(run);
    ae_must(ae_align_offset(
        &offset, &condition, run->row, &run->stack, run->axis, ae_err()));
    ae_say("tilt axis %.3f pixels from the middle, condition number %.3g",
        offset, condition);
}

/* Frames, one for each tilt, are a stack. */
static void as_stack(struct ae_vol *stack)
{
    if (stack->kind != AE_FRAMES || stack->n[2] != 1)
        return;
    stack->kind = AE_STACK;
    stack->dim = 3;
    stack->n[2] = stack->n[3];
    stack->n[3] = 1;
}

int main(int argc, char **argv)
{
    struct run run = {0};
    struct ae_vol out;
    ae_begin(&about, argc, argv);
    if (*apply_path && (against || ae_given("tilt-axis") || ae_given("dx") ||
                           ae_given("dy") || ae_given("max-shift")))
        ae_usage("--apply takes the shifts from its table; it goes without "
                 "--against, --tilt-axis, --dx, --dy and --max-shift");
    struct ae_source *in = ae_in();
    ae_must(ae_nrrd_read(in, 0, &run.stack, ae_err()));
    as_stack(&run.stack);
    ae_must(ae_need_tilts(&run.stack, in->name, ae_err()));
    if (against && run.stack.n[2] < 5)
        ae_die("%s: %zu images; --against wants at least 5", in->name,
            run.stack.n[2]);
    run.row = ae_alloc(run.stack.n[2], sizeof *run.row);
    if (!run.row)
        ae_die("out of memory");
    if (*apply_path)
        read_shifts(&run);
    else
        find_shifts(&run);
    if (*report_path)
        report(ae_create(report_path), &run);
    ae_must(ae_vol_like(&out, &run.stack, ae_err()));
    ae_must(ae_vol_alloc(&out, ae_err()));
    ae_must(ae_align_apply(
        out.data, &run.stack, run.row, run.axis, interp, ae_err()));
    ae_history(&out.keys);
    ae_must(ae_nrrd_write(ae_out(), &out, ae_err()));
    ae_vol_clear(&run.stack);
    ae_vol_clear(&out);
    free(run.row);
    return ae_end();
}
