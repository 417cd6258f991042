/* SPDX-License-Identifier: BSD-2-Clause
 * multislice - scanning transmission electron microscopy of a set of atoms.
 *
 *   psi_0(k) = A(k) exp(-i chi(k)) exp(-2 pi i k p)   a probe at p
 *   psi <- F^-1 [ P F[ t psi ] ]                      for every slice
 *   I(p)  = sum over the detector's angles of |psi(k)|^2, a share of 1
 *
 *   t    exp(i sigma v) of a slice, v its projected potential (V angstrom)
 *   P    exp(-i pi lambda dz k^2), the way to the next slice (dz angstrom)
 *   A    1 inside the convergence angle; chi the aberrations
 *
 * t and P end at 2/3 of the pixels' Nyquist frequency. An atom belongs to one
 * slice with its whole projection. PRISM: see lib/sim/prism.h.
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * 10.1007/978-1-4419-6533-2; C. Ophus (2017), 10.1186/s40679-017-0046-1.
 * Cost: probes x slices x 2 transforms of the window.
 * reads: extended XYZ     writes: NRRD stack, or image (--cell)
 */
#include "base/atoms.h"
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "io/angles.h"
#include "io/checkpoint.h"
#include "io/nrrd.h"
#include "io/xyz.h"
#include "sim/elements.h"
#include "sim/rings.h"
#include "sim/shot.h"
#include "sim/shotplan.h"
#include "sim/stage.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *angles, *detector, *also, *displacements, *resume, *report;
static const char *exit_wave;
static double pixel, slice, step, source, window, tolerance, mem;
static long phonons, seed, factor;
static struct ae_lens_usual lens;
static struct ae_reals size, scan, cell;
static int method, damping, twice, idpc, dry_run, full, fast;
static const struct ae_opt opts[] = {
    AE_STR('a', "angles", &angles, "ANGLES", "",
        "tilt series: -70:3.5:70, a list, or a file of one or three columns"),
    AE_REALS('s', "size", &size, "NX[,NY]", "", 1, 65536,
        "pixels of an image of a series (enough for any angle)"),
    AE_REAL(0, "step", &step, "angstrom", "0.36", 1e-3, 1000,
        "pixel size of the images of a series"),
    AE_REALS(0, "cell", &cell, "LX,LY,LZ", "", 1e-3, 1e6,
        "periodic cell, angstrom; coordinates as given, no tilt"),
    AE_REALS(0, "scan", &scan, "X0,Y0,NX,NY,STEP", "", -1e6, 1e6,
        "places of the probe in --cell: first, numbers, step (angstrom)"),
    AE_REAL(
        'e', "energy", &lens.energy, "kV", "300", 1, 3000, "of the electrons"),
    AE_REAL('c', "convergence", &lens.convergence, "mrad", "25", 0, 500,
        "half angle of the probe"),
    AE_STR('d', "detector", &detector, "IN,OUT", "40,200",
        "ring, mrad; dpc:IN,OUT is a ring of four quadrants"),
    AE_STR(0, "also", &also, "FILE=IN,OUT", "",
        "further detectors and their files, separated by ';'"),
    AE_FLAG(0, "idpc", &idpc, "integrate the differential phase contrast"),
    AE_REAL(0, "defocus", &lens.defocus, "angstrom", "0", -1e6, 1e6,
        "depth of the crossover below the entrance"),
    AE_REAL(0, "cs", &lens.cs, "mm", "0", -100, 100, "spherical aberration C3"),
    AE_REAL(0, "c5", &lens.c5, "mm", "0", -1e5, 1e5, "spherical aberration C5"),
    AE_REALS(0, "astigmatism", &lens.astigmatism, "ANGSTROM,DEGREES", "", -1e6,
        1e6, "A1 and its axis"),
    AE_REALS(0, "coma", &lens.coma, "ANGSTROM,DEGREES", "", -1e8, 1e8,
        "B2 and its axis"),
    AE_REAL(0, "source", &source, "angstrom", "0.8", 0, 100,
        "full width at half maximum of the source (--cell: 0)"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 10,
        "sampling of the waves (the coarsest for the detectors)"),
    AE_REAL(0, "slice", &slice, "angstrom", "2", 1e-3, 1e6,
        "thickness of a slice, at most"),
    AE_INT(0, "phonons", &phonons, "N", "0", 0, 100000,
        "configurations of displaced atoms"),
    AE_STR(0, "displacements", &displacements, "ANGSTROM", "0.08",
        "r.m.s. per axis, for all or as Zr=0.08,O=0.1"),
    AE_FLAG(0, "damping", &damping,
        "thermal motion as a mean potential (Debye-Waller factor)"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the displacements"),
    AE_CHOICE('m', "method", &method, "multislice|prism", "multislice",
        "waves through the slices, or interpolated from beams"),
    AE_INT(0, "factor", &factor, "F", "4", 1, 64, "interpolation of prism"),
    AE_REAL(0, "window", &window, "angstrom", "0", 0, 1e6,
        "side of the part that a probe is carried through"),
    AE_REAL(0, "tolerance", &tolerance, "FRACTION", "0.01", 0, 1,
        "r.m.s. error of the window that is chosen"),
    AE_FLAG(0, "full", &full, "carry every probe through the whole cell"),
    AE_FLAG(0, "fast", &fast,
        "quick model: slices scatter the probe's intensity, once"),
    AE_FLAG(0, "double", &twice, "double precision"),
    AE_REAL(0, "mem", &mem, "GB", "0", 0, 1e6, "memory to use (no limit)"),
    AE_STR(0, "resume", &resume, "FILE", "",
        "keep finished images there; continue where it ends"),
    AE_STR(0, "report", &report, "FILE", "",
        "TSV of every place: image, x, y, signals, what is left"),
    AE_STR(0, "exit-wave", &exit_wave, "FILE", "",
        "wave that leaves the cell of the first place: re, im"),
    AE_FLAG(0, "dry-run", &dry_run, "print bytes and CPU seconds, do nothing"),
    AE_END_OPTS,
};
static const struct ae_about about = {"multislice",
    "STEM images of a set of atoms by multislice or PRISM", "[FILE]", opts, 0};

struct run {
    struct ae_atoms atoms;
    struct ae_elements elements;
    double (*euler)[3]; /* [images], NULL: a cell */
    size_t images;
    struct ae_rings rings;
    FILE *file[AE_RINGS_MOST], *report;
    struct ae_shot_setup shot;
    float *done;     /* [images][planes][ny][nx], those finished */
    size_t finished; /* when this run starts */
    time_t start;
};

static void check_options(void)
{
    if (!cell.n && !*angles)
        ae_usage("--angles: required for a tilt series (or --cell and --scan"
                 " for one image)");
    if (cell.n && (*angles || size.n))
        ae_usage("--cell takes coordinates as they are; leave --angles and"
                 " --size out");
    if (!cell.n && scan.n)
        ae_usage("--scan belongs to --cell; a series takes --size and --step");
    if (damping && phonons)
        ae_usage("--damping and --phonons both stand for thermal motion; want"
                 " one of them");
    if (fast && (method || full || window > 0 || twice))
        ae_usage("--fast is a model of its own; leave --method, --full,"
                 " --window and --double out");
    if ((method || fast) && (*exit_wave || *report))
        ae_usage("--exit-wave and --report want multislice");
}

static void set_up(struct run *r)
{
    struct ae_shot_setup *s = &r->shot;
    ae_must(ae_rings_read(&r->rings, detector, also, idpc, ae_err()));
    ae_must(ae_xyz_read(ae_in(), &r->atoms, ae_err()));
    ae_must(ae_elements_read(&r->elements, &r->atoms,
        phonons || damping ? displacements : NULL, ae_err()));
    *s = (struct ae_shot_setup){.detector = r->rings.detector,
        .detectors = r->rings.detectors,
        .field = {.thickness = slice, .twice = twice},
        .configurations = (size_t)phonons,
        .seed = (uint64_t)seed,
        .step = step,
        .method = fast ? AE_SHOT_QUICK : (enum ae_shot_method)method,
        .factor = (size_t)factor,
        .window = full ? 0 : window,
        .tolerance = full || (cell.n && !ae_given("tolerance")) ? 0 : tolerance,
        .memory = mem * 1e9};
    ae_must(ae_lens_of(&s->lens, &lens, ae_err()));
    ae_stage_sample(s, &r->elements, r->atoms.n, damping);
    r->images = 1;
    if (cell.n) {
        ae_must(ae_stage_cell(s, &cell, &scan, pixel, ae_err()));
        source = ae_given("source") ? source : 0;
        return;
    }
    ae_must(ae_angles_read(angles, &r->euler, &r->images, ae_err()));
    ae_must(ae_stage_centre(&r->atoms, ae_err()));
    ae_must(ae_stage_series(
        s, &size, (const double(*)[3])r->atoms.pos, pixel, ae_err()));
}

/* Image k's atoms go to their places, its shot is made ready. */
static void begin_image(struct run *r, size_t k, struct ae_shot *shot)
{
    if (r->euler)
        ae_stage_turn(&r->shot, r->euler[k], (const double(*)[3])r->atoms.pos,
            r->elements.pos);
    r->shot.item = k;
    ae_must(ae_shot_new(shot, &r->shot, ae_err()));
}

static void plan(struct run *r)
{
    struct ae_shot shot;
    struct ae_shot_cost cost, coarse;
    char text[200];
    begin_image(r, 0, &shot);
    ae_must(ae_shot_plan(&shot, r->images, r->rings.planes, &cost, ae_err()));
    coarse = ae_shot_coarser(&cost, 0.065);
    ae_say("%zu places, %s", r->images * r->shot.nx * r->shot.ny,
        ae_shot_text(&shot, text));
    ae_say("this choice: %s", ae_shot_cost_text(&cost, text));
    ae_say("for detectors to 65 mrad: %s", ae_shot_cost_text(&coarse, text));
    ae_shot_clear(&shot);
    ae_dry_run(cost.bytes, cost.seconds);
}

static void add_keys(const struct run *r, struct ae_vol *vol)
{
    if (ae_keys_copy(&vol->keys, &r->atoms.keys))
        ae_die("out of memory");
    ae_history(&vol->keys);
}

static void open_outputs(struct run *r)
{
    for (size_t i = 0; i < r->rings.n; i++) {
        const char *path = r->rings.ring[i].path;
        struct ae_vol head;
        ae_must(ae_stage_head(&r->shot, r->images, r->rings.ring[i].planes,
            (const double(*)[3])r->euler, &head, ae_err()));
        add_keys(r, &head);
        r->file[i] = path ? ae_create(path) : ae_out();
        ae_must(ae_nrrd_begin(r->file[i], &head, ae_err()));
        ae_vol_clear(&head);
    }
    r->report = *report ? ae_create(report) : NULL;
}

static void write_report(
    const struct run *r, const struct ae_shot *shot, size_t k)
{
    const struct ae_shot_setup *s = &r->shot;
    const int first = k == r->finished;
    fputs(first ? "#image\tx_A\ty_A" : "", r->report);
    for (size_t d = 0; d < s->detectors && first; d++)
        fprintf(r->report, "\t%g-%g_mrad", s->detector[d].inner * 1e3,
            s->detector[d].outer * 1e3);
    fputs(first ? "\tall\n" : "", r->report);
    for (size_t i = 0; i < s->nx * s->ny; i++) {
        fprintf(r->report, "%zu\t%.10g\t%.10g", k,
            s->origin[0] + s->step * (double)(i % s->nx),
            s->origin[1] + s->step * (double)(i / s->nx));
        for (size_t d = 0; d < s->detectors; d++)
            fprintf(r->report, "\t%.12e", shot->signal[i * s->detectors + d]);
        fprintf(r->report, "\t%.12e\n", shot->total[i]);
    }
}

static void show_progress(const struct run *r, size_t k, double share)
{
    char text[80];
    const double rows = (double)r->shot.ny * (phonons ? (double)phonons : 1);
    const double images = (double)k + share;
    const double each =
        difftime(time(NULL), r->start) / 60 / (images - (double)r->finished);
    snprintf(text, sizeof text, "%.0f min left, rows",
        ceil(each * ((double)r->images - images)));
    ae_progress(text, floor(images * rows), (double)r->images * rows);
}

/* Image k: all its planes. */
static void simulate(struct run *r, size_t k, float *to)
{
    struct ae_shot shot;
    struct ae_vol wave = {0};
    char text[200];
    begin_image(r, k, &shot);
    ae_say("image %zu: %s", k, ae_shot_text(&shot, text));
    while (!ae_shot_done(&shot)) {
        ae_must(ae_shot_step(&shot, ae_err()));
        show_progress(r, k, ae_shot_share(&shot));
    }
    ae_must(ae_shot_planes(&shot, &r->rings, source, idpc, to, ae_err()));
    if (r->report)
        write_report(r, &shot, k);
    if (*exit_wave && k == 0)
        ae_must(ae_shot_exit(&shot, &wave, ae_err()));
    if (wave.data) {
        add_keys(r, &wave);
        ae_must(ae_nrrd_write(ae_create(exit_wave), &wave, ae_err()));
    }
    ae_vol_clear(&wave);
    ae_shot_clear(&shot);
}

/* A number for what the images depend on. */
static uint64_t tag_of(const struct run *r)
{
    const struct ae_shot_setup *s = &r->shot;
    struct ae_keys keys = {0};
    ae_history(&keys);
    const struct ae_key *last = keys.n ? &keys.key[keys.n - 1] : NULL;
    const double numbers[] = {lens.energy, lens.convergence, lens.defocus,
        lens.cs, lens.c5, pixel, slice, step, source, window, tolerance,
        phonons, seed, factor, method, damping, twice, idpc, full, fast,
        s->origin[0], s->origin[1], s->nx, s->ny, s->field.frame.lx,
        s->field.frame.ly, s->field.lz};
    uint64_t h = ae_checkpoint_hash(0, numbers, sizeof numbers);
    if (last)
        h = ae_checkpoint_hash(h, last->value, strlen(last->value));
    ae_keys_clear(&keys);
    h = ae_checkpoint_hash(h, lens.astigmatism.v, sizeof lens.astigmatism.v);
    h = ae_checkpoint_hash(h, lens.coma.v, sizeof lens.coma.v);
    h = ae_checkpoint_hash(h, r->elements.rms, sizeof r->elements.rms);
    h = ae_checkpoint_hash(h, r->rings.detector, sizeof r->rings.detector);
    h = ae_checkpoint_hash(h, r->euler, r->euler ? r->images * 24 : 0);
    h = ae_checkpoint_hash(h, s->element, s->n * sizeof *s->element);
    return ae_checkpoint_hash(h, r->atoms.pos, s->n * 24);
}

static void run_all(struct run *r)
{
    const size_t n = r->shot.nx * r->shot.ny, each = r->rings.planes * n;
    const uint64_t tag = *resume ? tag_of(r) : 0;
    if (!(r->done = ae_alloc(r->images, each * sizeof *r->done)))
        ae_die("%zu images: out of memory", r->images);
    struct ae_part part[] = {{&r->finished, sizeof r->finished},
        {r->done, r->images * each * sizeof *r->done}};
    if (*resume)
        ae_must(ae_checkpoint_read(resume, tag, part, 2, ae_err()));
    if (r->finished > r->images)
        ae_die("%s: not a state of this series", resume);
    r->start = time(NULL);
    float *at = r->done;
    for (size_t k = 0; k < r->images; k++) {
        part[0].data = &(size_t){k + 1};
        if (k >= r->finished)
            simulate(r, k, at);
        if (k >= r->finished && *resume)
            ae_must(ae_checkpoint_write(resume, tag, part, 2, ae_err()));
        for (size_t i = 0; i < r->rings.n; i++) {
            const size_t samples = r->rings.ring[i].planes * n;
            ae_must(ae_nrrd_put(r->file[i], at, samples, ae_err()));
            at += samples;
        }
    }
}

int main(int argc, char **argv)
{
    struct run r = {0};
    ae_begin(&about, argc, argv);
    check_options();
    set_up(&r);
    if (dry_run)
        plan(&r);
    open_outputs(&r);
    run_all(&r);
    free(r.euler);
    free(r.done);
    ae_elements_clear(&r.elements);
    ae_rings_clear(&r.rings);
    ae_atoms_clear(&r.atoms);
    return ae_end();
}
