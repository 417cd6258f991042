/* SPDX-License-Identifier: BSD-2-Clause
 * vol-export - a volume stream as TIFF, MRC, NPY, MATLAB or PNG.
 *
 * float32 leaves as it came, bit for bit. Integers hold
 *
 *   q = round(v)                                   without --scale
 *   q = round(qmin + (v - LOW) / (HIGH - LOW) (qmax - qmin))   with it
 *
 *   v  sample of the stream         LOW, HIGH  the values that become
 *   q  number in the file           qmin, qmax the ends of the type
 *
 * rounded to nearest, ties to even; with --scale values beyond LOW and HIGH
 * become the ends, without it a value that does not fit is refused.
 * What a format cannot say (angles, pixel size, history) is named in a
 * warning.
 *
 * Source: the formats' documents, named in lib/io.   Cost: one pass, one image
 * in memory (MATLAB: all of them).
 * reads: NRRD, one image, stack, frames or volume
 * writes: the file named by the operand
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/mat.h"
#include "io/mrc.h"
#include "io/npy.h"
#include "io/nrrd.h"
#include "io/png.h"
#include "io/sample.h"
#include "io/tiff.h"
#include "io/xyz.h"

enum { BY_NAME, TIFF, MRC, NPY, MAT, PNG };

static int format, type;
static struct ae_reals scale;
static const char *angles_out;
static const struct ae_opt opts[] = {
    AE_CHOICE(0, "format", &format, "name|tiff|mrc|npy|mat|png", "name",
        "format of the file; name: by its extension"),
    AE_CHOICE(0, "type", &type, "auto|float32|uint8|int8|uint16|int16", "auto",
        "type of the samples; auto: float32, in PNG uint8"),
    AE_REALS(0, "scale", &scale, "LOW,HIGH", "", -1e38, 1e38,
        "integers: the values that become the ends of the type"),
    AE_STR(0, "angles-out", &angles_out, "FILE", "",
        "write the tilt angles beside, as .tlt text"),
    AE_END_OPTS,
};
static const struct ae_about about = {"vol-export",
    "a volume stream as TIFF, MRC, NPY, MATLAB or PNG", "FILE", opts, 0};

static const struct {
    const char *extension;
    int format;
} known[] = {{"tif", TIFF}, {"tiff", TIFF}, {"mrc", MRC}, {"st", MRC},
    {"rec", MRC}, {"map", MRC}, {"ali", MRC}, {"npy", NPY}, {"mat", MAT},
    {"png", PNG}};

/* What becomes of a stream on its way out. */
struct job {
    const char *path;
    int format;
    enum ae_sample type;
    struct ae_vol head;
    FILE *out; /* a regular file */
    struct ae_tiff *tiff;
    struct ae_mrc_stats stats;
    float *image; /* one image as it came */
    void *stored; /* the same as it goes; MATLAB, PNG: all of them */
    size_t clipped, rounded;
};

static int find_format(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (format != BY_NAME)
        return format;
    for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(dot + 1, known[i].extension))
            return known[i].format;
    ae_usage("%s: the name tells no format; give --format tiff, mrc, npy, mat "
             "or png",
        path);
}

static enum ae_sample find_type(int to)
{
    static const enum ae_sample of[] = {
        AE_F32, AE_F32, AE_U8, AE_I8, AE_U16, AE_I16};
    enum ae_sample want = type || to != PNG ? of[type] : AE_U8;
    if (to == PNG && want != AE_U8 && want != AE_U16)
        ae_usage("PNG holds uint8 or uint16, not %s", ae_sample_name(want));
    if (to == MRC && want == AE_U8)
        ae_usage("MRC holds int8, int16, uint16 or float32, not uint8");
    if (scale.n && (scale.n != 2 || !(scale.v[0] < scale.v[1])))
        ae_usage("option --scale: want LOW,HIGH with LOW < HIGH");
    if (scale.n && want == AE_F32)
        ae_usage("--scale is for integer types; give --type");
    return want;
}

/* The image on the scale of the integer type, in place. */
static void rescale(struct job *job, size_t n)
{
    double low = job->type == AE_I8 ? -128 : job->type == AE_I16 ? -32768 : 0;
    double range = ae_sample_bytes(job->type) == 1 ? 255 : 65535;
    for (size_t i = 0; i < n; i++) {
        double part =
            ((double)job->image[i] - scale.v[0]) / (scale.v[1] - scale.v[0]);
        job->clipped += part < 0 || part > 1;
        job->image[i] = (float)rint(low + fmin(fmax(part, 0), 1) * range);
    }
}

static void count(struct job *job, size_t n)
{
    struct ae_mrc_stats *s = &job->stats;
    for (size_t i = 0; i < n; i++) {
        double v = (double)job->image[i];
        if (job->type != AE_F32) {
            job->rounded += v < rint(v) || v > rint(v);
            v = rint(v);
        }
        s->low = s->n > 0 ? fmin(s->low, v) : v;
        s->high = s->n > 0 ? fmax(s->high, v) : v;
        s->sum += v;
        s->sum_sq += v * v;
        s->n++;
    }
}

/* MATLAB and PNG are written as one piece. */
static int is_whole(const struct job *job)
{
    return job->format == MAT || job->format == PNG;
}

static void begin(struct job *job)
{
    size_t images = is_whole(job) ? ae_vol_images(&job->head) : 1;
    size_t samples = ae_vol_image(&job->head), all;
    if (job->format == PNG && images > 1)
        ae_die("%s: PNG holds one image, the stream has %zu; use vol-slice "
               "or TIFF",
            job->path, images);
    job->image = ae_alloc(samples, sizeof *job->image);
    job->stored = ae_mul(samples, images, &all)
                      ? NULL
                      : ae_alloc(all, ae_sample_bytes(job->type));
    if (!job->image || !job->stored)
        ae_die("%s: out of memory for %zu images", job->path, images);
    if (job->format == TIFF)
        ae_must(ae_tiff_begin(
            &job->tiff, job->out, &job->head, job->type, ae_err()));
    else if (job->format == MRC)
        ae_must(ae_mrc_write_head(
            job->out, &job->head, job->type, &job->stats, ae_err()));
    else if (job->format == NPY)
        ae_must(ae_npy_write_head(job->out, &job->head, job->type, ae_err()));
}

static void put(struct job *job, size_t k)
{
    size_t n = ae_vol_image(&job->head), bad;
    char *to = (char *)job->stored +
               (is_whole(job) ? k * n * ae_sample_bytes(job->type) : 0);
    if (scale.n)
        rescale(job, n);
    if (ae_sample_store(job->image, n, job->type, to, &bad))
        ae_die("<stdin>: sample %zu %zu of image %zu is %g, which %s cannot "
               "hold; give "
               "--scale LOW,HIGH",
            bad % job->head.n[0], bad / job->head.n[0], k,
            (double)job->image[bad], ae_sample_name(job->type));
    count(job, n);
    if (job->format == TIFF)
        ae_must(ae_tiff_put(job->tiff, to, ae_err()));
    else if (!is_whole(job))
        ae_must(ae_sample_write(job->out, to, job->type, n, ae_err()));
}

static void finish(struct job *job)
{
    if (job->format == TIFF)
        ae_must(ae_tiff_end(job->tiff, ae_err()));
    else if (job->format == MAT)
        ae_must(ae_mat_write(
            job->out, &job->head, job->type, job->stored, ae_err()));
    else if (job->format == PNG)
        ae_must(ae_png_write(
            job->out, &job->head, job->type, job->stored, ae_err()));
    else if (job->format == MRC) {
        rewind(job->out); /* the statistics are known now */
        ae_must(ae_mrc_write_head(
            job->out, &job->head, job->type, &job->stats, ae_err()));
    }
    free(job->image);
    free(job->stored);
}

/* theta, or phi theta psi where the axis is not y alone. */
static void write_angles(const struct ae_vol *head)
{
    int general = 0;
    if (!head->nangle)
        ae_die("the stream has no angles for --angles-out");
    FILE *out = ae_create(angles_out);
    for (size_t i = 0; i < head->nangle; i++)
        general |= fabs(head->euler[i][0]) > 0 || fabs(head->euler[i][2]) > 0;
    for (size_t i = 0; i < head->nangle; i++)
        for (int c = general ? 0 : 1; c <= (general ? 2 : 1); c++) {
            char text[32];
            ae_print_real(text, head->euler[i][c]);
            fprintf(out, "%s%c", text, general && c < 2 ? ' ' : '\n');
        }
}

/* Does the volume lie elsewhere than about its centre sample? */
static int is_off_centre(const struct ae_vol *head)
{
    for (int i = 0; i < 3; i++)
        if (head->kind == AE_VOLUME &&
            fabs(head->centre[i]) > 1e-3 * head->step[i] && head->step[i] > 0)
            return 1;
    return 0;
}

/* One warning with all that does not come along. */
static void say_lost(const struct job *job)
{
    const struct ae_vol *head = &job->head;
    int f = job->format, frames = head->kind == AE_FRAMES;
    char text[300] = "";
    struct {
        int lost;
        const char *what;
    } part[] = {{head->nangle && !*angles_out && f != MAT,
                    "tilt angles (see --angles-out)"},
        {head->step[0] > 0 && (f == NPY || f == PNG), "pixel size"},
        {is_off_centre(head) && f != MRC, "origin"},
        {head->keys.n > 0 && f != TIFF && f != PNG, "keys and history"},
        {frames && (f == TIFF || f == MRC), "which frames make a tilt"},
        {job->rounded > 0, "fractions, rounded off"},
        {job->clipped > 0, "values beyond --scale"}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].lost)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                *text ? ", " : "", part[i].what);
    if (*text)
        ae_warn("%s: not kept: %s", job->path, text);
}

/* A pipe cannot seek, and libtiff reads back what it wrote, which the shell's
 * > does not allow: the file is made aside and copied when it is done. */
static FILE *regular(FILE *out)
{
    struct stat info;
    int flags = fcntl(fileno(out), F_GETFL);
    if (!fstat(fileno(out), &info) && S_ISREG(info.st_mode) && flags >= 0 &&
        (flags & O_ACCMODE) == O_RDWR && !(flags & O_APPEND) &&
        lseek(fileno(out), 0, SEEK_CUR) == 0)
        return out;
    FILE *aside = tmpfile();
    if (!aside)
        ae_die("cannot create a temporary file: %s", strerror(errno));
    return aside;
}

static void copy_out(struct job *job, FILE *out)
{
    char part[1 << 16];
    if (job->out == out)
        return;
    if (fflush(job->out))
        ae_die("cannot write a temporary file: %s", strerror(errno));
    rewind(job->out);
    for (size_t n; (n = fread(part, 1, sizeof part, job->out)) > 0;)
        if (fwrite(part, 1, n, out) != n)
            ae_die("%s: cannot write: %s", job->path, strerror(errno));
    if (ferror(job->out))
        ae_die("cannot read a temporary file: %s", strerror(errno));
    fclose(job->out);
}

int main(int argc, char **argv)
{
    struct ae_nrrd *reader;
    ae_begin(&about, argc, argv);
    struct job job = {.path = ae_operand(0)};
    job.format = find_format(job.path);
    job.type = find_type(job.format);
    ae_must(ae_nrrd_open(&reader, ae_open("-"), 0, &job.head, ae_err()));
    ae_history(&job.head.keys);
    FILE *out = ae_create(job.path);
    job.out = regular(out);
    begin(&job);
    size_t images = ae_vol_images(&job.head), k = 0;
    while (ae_must(ae_nrrd_next(reader, job.image, ae_err())) != AE_END) {
        put(&job, k++);
        ae_progress("images", (double)k, (double)images);
    }
    finish(&job);
    if (*angles_out)
        write_angles(&job.head);
    say_lost(&job);
    copy_out(&job, out);
    ae_nrrd_free(reader);
    ae_vol_clear(&job.head);
    return ae_end();
}
