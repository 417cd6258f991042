/* SPDX-License-Identifier: BSD-2-Clause
 * multislice - scanning transmission electron microscopy of a set of atoms.
 *
 *   psi_0(k) = A(k) exp(-i chi(k)) exp(-2 pi i k p)   a probe at p
 *   psi <- F^-1 [ P F[ t psi ] ]                      for every slice
 *   I(p)  = sum over the detector's angles of |psi(k)|^2
 *
 *   t    exp(i sigma v) of a slice, v its projected potential (V angstrom)
 *   P    exp(-i pi lambda dz k^2), the way to the next slice (dz angstrom)
 *   A    1 inside the convergence angle; chi the aberrations
 *   I    fraction of the current of the probe
 *
 * t and P end at 2/3 of the pixels' Nyquist frequency, which bounds the angles.
 * An atom belongs to one slice with its whole projection. Thermal motion:
 * the mean over configurations of displaced atoms, or a mean potential.
 * --method prism carries every f-th beam of the aperture through the cell once
 * and sums the probes from them.
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * 10.1007/978-1-4419-6533-2; C. Ophus, Adv. Struct. Chem. Imaging 3, 13
 * (2017), 10.1186/s40679-017-0046-1.
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
#include "math/fft.h"
#include "math/rotation.h"
#include "sim/idpc.h"
#include "sim/microscope.h"
#include "sim/scattering.h"
#include "sim/shot.h"
#include "sim/shotplan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *angles, *detector, *also, *displacements, *resume, *report;
static const char *exit_wave;
static double energy, convergence, defocus, cs, c5, pixel, slice, step, source;
static double window, tolerance, mem;
static long phonons, seed, factor;
static struct ae_reals size, scan, cell, astigmatism, coma;
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
    AE_REAL('e', "energy", &energy, "kV", "300", 1, 3000, "of the electrons"),
    AE_REAL('c', "convergence", &convergence, "mrad", "25", 0, 500,
        "half angle of the probe"),
    AE_STR('d', "detector", &detector, "IN,OUT", "40,200",
        "ring, mrad; dpc:IN,OUT is a ring of four quadrants"),
    AE_STR(0, "also", &also, "FILE=IN,OUT", "",
        "further detectors and their files, separated by ';'"),
    AE_FLAG(0, "idpc", &idpc, "integrate the differential phase contrast"),
    AE_REAL(0, "defocus", &defocus, "angstrom", "0", -1e6, 1e6,
        "depth of the crossover below the entrance"),
    AE_REAL(0, "cs", &cs, "mm", "0", -100, 100, "spherical aberration C3"),
    AE_REAL(0, "c5", &c5, "mm", "0", -1e5, 1e5, "spherical aberration C5"),
    AE_REALS(0, "astigmatism", &astigmatism, "ANGSTROM,DEGREES", "", -1e6, 1e6,
        "A1 and its axis"),
    AE_REALS(
        0, "coma", &coma, "ANGSTROM,DEGREES", "", -1e8, 1e8, "B2 and its axis"),
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

static const double padding = 5; /* angstrom of vacuum beside the atoms: the
                                    reach of an atom's potential */
enum { OUTPUTS = 16, DETECTORS = 4 * OUTPUTS };

struct output {
    FILE *file;
    size_t first; /* its first detector */
    int dpc;
    size_t planes; /* images for each tilt */
};

struct run {
    struct ae_atoms atoms;
    double (*pos)[3]; /* [atoms.n] in the cell */
    size_t *element;  /* [atoms.n] index into z */
    int z[118];
    double rms[118], none[118];
    size_t nz;
    double (*euler)[3];
    size_t images;
    struct ae_detector detector[DETECTORS];
    size_t detectors;
    struct output out[OUTPUTS];
    const char *path[OUTPUTS];
    size_t outputs, planes; /* planes of all outputs for a tilt */
    struct ae_shot_setup shot;
    FILE *report;
    float *done; /* [images][planes][ny][nx], those finished */
    size_t finished;
    uint64_t tag;
    struct timespec start;
};

/* "IN,OUT" or "dpc:IN,OUT": one more output with its detectors. */
static void add_detector(struct run *r, const char *text, const char *option)
{
    struct output *o = &r->out[r->outputs];
    const char *ring = text + (strncmp(text, "dpc:", 4) ? 0 : 4);
    const char *end = text + strlen(text);
    double in, out;
    const char *at = ae_parse_real(ring, end, &in);
    if (!at || *at != ',' || !(at = ae_parse_real(at + 1, end, &out)) || *at ||
        !(in >= 0 && out > in && isfinite(out)))
        ae_usage("%s: '%s': want IN,OUT or dpc:IN,OUT, mrad, IN below OUT",
            option, text);
    *o = (struct output){.first = r->detectors, .dpc = ring > text};
    o->planes = o->dpc && !idpc ? 2 : 1;
    for (int q = o->dpc ? 1 : 0; q <= (o->dpc ? 4 : 0); q++)
        r->detector[r->detectors++] =
            (struct ae_detector){in * 1e-3, out * 1e-3, q};
    r->outputs++;
    r->planes += o->planes;
}

static void read_detectors(struct run *r)
{
    add_detector(r, detector, "--detector");
    char *list = ae_strdup(also), *rest = NULL;
    if (!list)
        ae_die("out of memory");
    for (char *item = strtok_r(list, ";", &rest); item;
         item = strtok_r(NULL, ";", &rest)) {
        char *spec = strrchr(item, '=');
        if (!spec || spec == item)
            ae_usage("--also: '%s': want FILE=IN,OUT", item);
        if (r->outputs == OUTPUTS)
            ae_usage("--also: more than %d detectors", OUTPUTS - 1);
        *spec = 0;
        r->path[r->outputs] = ae_strdup(item);
        add_detector(r, spec + 1, "--also");
    }
    free(list);
    int dpc = 0;
    for (size_t i = 0; i < r->outputs; i++)
        dpc |= r->out[i].dpc;
    if (idpc && !dpc)
        ae_usage("--idpc: no detector of quadrants; want --detector"
                 " dpc:IN,OUT");
}

/* The r.m.s. displacement of an element from "0.08" or "Zr=0.08,O=0.1". */
static double read_rms(const char *symbol)
{
    const size_t length = strlen(symbol);
    const char *end = displacements + strlen(displacements), *at;
    double u;
    if ((at = ae_parse_real(displacements, end, &u)) && !*at && u >= 0 && u < 9)
        return u;
    for (at = displacements; at; at = strchr(at, ',')) {
        at += *at == ',';
        const char *value = at + length + 1;
        if (strncmp(at, symbol, length) || at[length] != '=')
            continue;
        if ((at = ae_parse_real(value, end, &u)) && (!*at || *at == ',') &&
            u >= 0 && u < 9)
            return u;
        break;
    }
    ae_usage("--displacements: '%s': no number for %s; want 0.08 or"
             " Zr=0.08,O=0.1 (angstrom)",
        displacements, symbol);
}

static void read_atoms(struct run *r)
{
    struct ae_column *species;
    size_t place[119] = {0};
    char quoted[340];
    ae_must(ae_xyz_read(ae_in(), &r->atoms, ae_err()));
    ae_must(ae_atoms_need(&r->atoms, "species", 'S', 1, &species, ae_err()));
    r->pos = ae_alloc(r->atoms.n, sizeof *r->pos);
    r->element = ae_alloc(r->atoms.n, sizeof *r->element);
    if (!r->pos || !r->element)
        ae_die("out of memory");
    for (size_t i = 0; i < r->atoms.n; i++) {
        const char *name = ae_atoms_text(species, i);
        const int z = ae_scattering_z(name);
        if (!z)
            ae_die("species '%s' is no element; want a symbol such as Zr",
                ae_quote(quoted, name));
        if (!ae_scattering_known(z))
            ae_die("no scattering factor of %s is tabulated", name);
        if (!place[z]) {
            r->rms[r->nz] = phonons || damping ? read_rms(name) : 0;
            r->z[r->nz++] = z;
            place[z] = r->nz;
        }
        r->element[i] = place[z] - 1;
    }
}

/* The pixel, and the refusal of a detector beyond the band limit. */
static double choose_pixel(const struct run *r)
{
    double most = 0;
    for (size_t i = 0; i < r->detectors; i++)
        most = fmax(most, r->detector[i].outer);
    const double lambda = ae_microscope_wavelength(energy);
    const double angle = fmax(most, convergence * 1.0e-3);
    return pixel > 0 ? pixel : 0.999 * lambda / (3 * angle);
}

static void need_band(const struct run *r, const struct ae_frame *frame)
{
    const double lambda = ae_microscope_wavelength(energy);
    const double limit = lambda * ae_microscope_band(frame);
    for (size_t i = 0; i < r->detectors; i++)
        if (r->detector[i].outer > limit)
            ae_usage("a detector to %g mrad: pixels of %.4g angstrom carry"
                     " angles up to %.1f mrad; want --pixel %.4g",
                r->detector[i].outer * 1e3, frame->lx / (double)frame->nx,
                limit * 1e3,
                floor(lambda / (3e-4 * r->detector[i].outer)) * 1e-4);
    if (convergence * 1e-3 > limit)
        ae_usage("--convergence %g mrad: pixels of %.4g angstrom carry angles"
                 " up to %.1f mrad",
            convergence, frame->lx / (double)frame->nx, limit * 1e3);
}

static void set_cell(struct run *r)
{
    struct ae_shot_setup *s = &r->shot;
    const double p = choose_pixel(r);
    if (cell.n != 3 || scan.n != 5)
        ae_usage("--cell wants LX,LY,LZ, and --scan X0,Y0,NX,NY,STEP with it");
    double n[2]; /* the nearest numbers, or enough for the detectors */
    for (int d = 0; d < 2; d++)
        n[d] = pixel > 0 ? nearbyint(cell.v[d] / p) : ceil(cell.v[d] / p);
    if (*angles || size.n)
        ae_usage("--cell takes coordinates as they are; leave --angles and"
                 " --size out");
    if (n[0] < 8 || n[1] < 8 || n[0] > 32768 || n[1] > 32768)
        ae_usage("--cell: %.0f x %.0f pixels; want 8 to 32768", n[0], n[1]);
    if (!(scan.v[2] >= 1 && scan.v[3] >= 1 && scan.v[4] > 0) ||
        scan.v[2] != floor(scan.v[2]) || scan.v[3] != floor(scan.v[3]))
        ae_usage("--scan: want X0,Y0,NX,NY,STEP with whole NX, NY from 1 and a"
                 " STEP above 0");
    s->field.frame =
        (struct ae_frame){(size_t)n[0], (size_t)n[1], cell.v[0], cell.v[1]};
    s->field.lz = cell.v[2];
    s->origin[0] = scan.v[0];
    s->origin[1] = scan.v[1];
    s->nx = (size_t)scan.v[2];
    s->ny = (size_t)scan.v[3];
    s->step = scan.v[4];
    r->images = 1;
    memcpy(r->pos, r->atoms.pos, r->atoms.n * sizeof *r->pos);
}

/* Positions relative to the rotation centre; the key goes. */
static void centre_atoms(struct ae_atoms *atoms)
{
    const char *at = ae_keys_get(&atoms->keys, "rotation_centre");
    double centre[3];
    const char *end = at ? at + strlen(at) : NULL;
    for (int i = 0; at && i < 3; i++) {
        const char *next =
            ae_parse_real(at + strspn(at, " \t"), end, &centre[i]);
        if (!next || !isfinite(centre[i]))
            ae_die("rotation_centre: want three numbers x y z in angstrom");
        at = next;
    }
    for (size_t j = 0; at && j < atoms->n; j++)
        for (int i = 0; i < 3; i++)
            atoms->pos[j][i] -= centre[i];
    ae_keys_drop(&atoms->keys, "rotation_centre");
}

/* A cube that holds the atoms at any angle, and the scan, with padding. */
static void set_series(struct run *r)
{
    struct ae_shot_setup *s = &r->shot;
    const double p = choose_pixel(r);
    double reach = 0;
    if (scan.n)
        ae_usage("--scan belongs to --cell; a series takes --size and --step");
    if (size.n > 2 || (size.n && size.v[0] != floor(size.v[0])) ||
        (size.n == 2 && size.v[1] != floor(size.v[1])))
        ae_usage("--size: want one or two whole numbers");
    ae_must(ae_angles_read(angles, &r->euler, &r->images, ae_err()));
    centre_atoms(&r->atoms);
    for (size_t j = 0; j < r->atoms.n; j++) {
        const double *a = r->atoms.pos[j];
        reach = fmax(reach, sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]));
    }
    const size_t usual = 2 * (size_t)ceil((reach + 1) / step) + 2;
    s->nx = size.n ? (size_t)size.v[0] : usual;
    s->ny = size.n ? (size_t)size.v[size.n - 1] : usual;
    s->step = step;
    const double field = step * (double)(s->nx > s->ny ? s->nx : s->ny);
    const double side = fmax(2 * reach, field) + 2 * padding;
    if (side / p > 32768)
        ae_die("the cell of %.4g angstrom has more than 32768 pixels of %.4g;"
               " want a larger --pixel",
            side, p);
    /* whole windows of prism need a multiple of its factor */
    const size_t f = method ? (size_t)factor : 1;
    const size_t n = f * ae_fft_good_even((size_t)ceil(side / p / (double)f));
    s->field.frame = (struct ae_frame){n, n, p * (double)n, p * (double)n};
    s->field.lz = 2 * reach + 2;
    for (int d = 0; d < 2; d++)
        s->origin[d] =
            p * (double)(n / 2) - step * (double)((d ? s->ny : s->nx) / 2);
}

/* Atoms of image k in the cell. */
static void place_atoms(struct run *r, size_t k)
{
    const struct ae_field_setup *f = &r->shot.field;
    const double to[3] = {f->frame.lx / 2, f->frame.ly / 2, f->lz / 2};
    double R[3][3];
    if (!r->euler)
        return;
    ae_rotation(r->euler[k], R);
    for (size_t j = 0; j < r->atoms.n; j++) {
        ae_rotate(r->pos[j], R, r->atoms.pos[j]);
        for (int d = 0; d < 3; d++)
            r->pos[j][d] += to[d];
    }
}

static void set_lens(struct ae_lens *lens)
{
    if ((astigmatism.n && astigmatism.n != 2) || (coma.n && coma.n != 2))
        ae_usage("--astigmatism and --coma want two numbers, angstrom and"
                 " degrees");
    *lens = (struct ae_lens){.kilovolt = energy,
        .convergence = convergence * 1e-3,
        .defocus = defocus,
        .c3 = cs * 1e7,
        .c5 = c5 * 1e7,
        .astigmatism = astigmatism.n ? astigmatism.v[0] : 0,
        .astigmatism_axis = astigmatism.n ? astigmatism.v[1] * M_PI / 180 : 0,
        .coma = coma.n ? coma.v[0] : 0,
        .coma_axis = coma.n ? coma.v[1] * M_PI / 180 : 0};
}

static void set_up(struct run *r)
{
    struct ae_shot_setup *s = &r->shot;
    if (!cell.n && !*angles)
        ae_usage("--angles: required for a tilt series (or --cell and --scan"
                 " for one image)");
    if (damping && phonons)
        ae_usage("--damping and --phonons both stand for thermal motion; want"
                 " one of them");
    if (fast && (method || full || window > 0))
        ae_usage("--fast is a model of its own; leave --method, --full and"
                 " --window out");
    if ((method || fast) && (twice || *exit_wave || *report))
        ae_usage("--double, --exit-wave and --report want multislice");
    read_detectors(r);
    read_atoms(r);
    if (cell.n)
        set_cell(r);
    else
        set_series(r);
    need_band(r, &s->field.frame);
    set_lens(&s->lens);
    s->field.thickness = slice;
    s->field.kilovolt = energy;
    s->field.twice = twice;
    s->field.z = r->z;
    s->field.u = damping ? r->rms : r->none;
    s->field.nz = r->nz;
    s->detector = r->detector;
    s->detectors = r->detectors;
    s->pos = (const double(*)[3])r->pos;
    s->element = r->element;
    s->n = r->atoms.n;
    s->rms = r->rms;
    s->configurations = (size_t)phonons;
    s->seed = (uint64_t)seed;
    s->method = fast     ? AE_SHOT_QUICK
                : method ? AE_SHOT_PRISM
                         : AE_SHOT_MULTISLICE;
    for (size_t i = 0; fast && i < r->outputs; i++)
        if (r->out[i].dpc)
            ae_usage("--fast knows rings only, no quadrants");
    s->factor = (size_t)factor;
    s->window = full ? 0 : window;
    s->tolerance = full || (cell.n && !ae_given("tolerance")) ? 0 : tolerance;
    s->memory = mem * 1e9;
    if (cell.n && !ae_given("source"))
        source = 0;
}

/* What a choice costs, on -v. */
static void say_cost(const char *what, double bytes, double seconds,
    const struct ae_frame *f, size_t samples)
{
    const double lambda = ae_microscope_wavelength(energy);
    ae_say("%s: pixels of %.4g angstrom carry %.1f mrad; a cell of %zu x %zu,"
           " waves of %zu samples; %.3g core-hours, %.3g GB",
        what, f->lx / (double)f->nx, lambda * ae_microscope_band(f) * 1e3,
        f->nx, f->ny, samples, seconds / 3600, bytes * 1e-9);
}

/* The same with pixels for 65 mrad, as their number tells. */
static void say_coarse(
    const struct run *r, double bytes, double seconds, const size_t samples[2])
{
    const struct ae_frame *f = &r->shot.field.frame;
    const double coarse =
        0.999 * ae_microscope_wavelength(energy) / (3 * 0.065);
    const double ratio = coarse * (double)f->nx / f->lx;
    const struct ae_frame g = {(size_t)ceil((double)f->nx / ratio),
        (size_t)ceil((double)f->ny / ratio), f->lx, f->ly};
    say_cost("for detectors to 65 mrad", bytes / (ratio * ratio),
        seconds / (ratio * ratio), &g,
        (size_t)ceil((double)samples[0] / ratio));
}

static void plan(struct run *r)
{
    struct ae_shot shot;
    double seconds;
    place_atoms(r, 0);
    ae_must(ae_shot_new(&shot, &r->shot, ae_err()));
    ae_must(ae_shot_seconds(&shot, &seconds, ae_err()));
    seconds *= (double)r->images;
    const double own = 8e6 + /* the program itself */
                       4 * (double)(r->images * r->planes) *
                           (double)(r->shot.nx * r->shot.ny) +
                       120 * (double)r->atoms.n;
    const double bytes = ae_shot_bytes(&shot) + own;
    ae_say("%zu places of the probe, %zu slices of %.4g angstrom",
        r->images * r->shot.nx * r->shot.ny, shot.field.slices.n,
        shot.field.slices.dz);
    say_cost(
        "this choice", bytes, seconds, &r->shot.field.frame, shot.window[0]);
    say_coarse(r, bytes, seconds, shot.window);
    ae_shot_clear(&shot);
    ae_dry_run(bytes, seconds);
}

static void open_outputs(struct run *r)
{
    r->out[0].file = ae_out();
    for (size_t i = 1; i < r->outputs; i++)
        r->out[i].file = ae_create(r->path[i]);
    if (*report) {
        r->report = ae_create(report);
        fprintf(r->report, "#image\tx_A\ty_A");
        for (size_t d = 0; d < r->detectors; d++)
            fprintf(r->report, "\t%g-%g_mrad", r->detector[d].inner * 1e3,
                r->detector[d].outer * 1e3);
        fprintf(r->report, "\tall\n");
    }
}

static void write_head(const struct run *r, const struct output *o)
{
    const struct ae_shot_setup *s = &r->shot;
    const int many = o->planes > 1;
    struct ae_vol head = {.kind = many     ? AE_FRAMES
                                  : cell.n ? AE_IMAGE
                                           : AE_STACK,
        .dim = many     ? 4
               : cell.n ? 2
                        : 3,
        .n = {s->nx, s->ny, many ? o->planes : r->images, many ? r->images : 1},
        .step = {s->step, s->step, 0},
        .origin = {s->origin[0], s->origin[1], 0}};
    for (int d = 0; d < 2 && !cell.n; d++)
        head.origin[d] = -s->step * (double)(head.n[d] / 2);
    ae_vol_set_centre(&head);
    if (ae_keys_copy(&head.keys, &r->atoms.keys))
        ae_die("out of memory");
    if (r->euler)
        ae_must(ae_vol_set_euler(
            &head, r->images, (const double(*)[3])r->euler, ae_err()));
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(o->file, &head, ae_err()));
    ae_vol_clear(&head);
}

static void write_report(
    const struct run *r, const struct ae_shot *shot, size_t k)
{
    const struct ae_shot_setup *s = &r->shot;
    for (size_t i = 0; r->report && i < s->nx * s->ny; i++) {
        fprintf(r->report, "%zu\t%.10g\t%.10g", k,
            s->origin[0] + s->step * (double)(i % s->nx),
            s->origin[1] + s->step * (double)(i / s->nx));
        for (size_t d = 0; d < r->detectors; d++)
            fprintf(r->report, "\t%.12e", shot->signal[i * r->detectors + d]);
        fprintf(r->report, "\t%.12e\n", shot->total[i]);
    }
}

static void show_progress(const struct run *r, size_t k, double share)
{
    struct timespec now;
    char text[80];
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double rows = (double)r->shot.ny * (phonons ? (double)phonons : 1);
    const double images = (double)k + share;
    const double new = images - (double)r->finished;
    const double since = (double)(now.tv_sec - r->start.tv_sec);
    const double left =
        new > 0 ? since / new *((double)r->images - images) / 60 : 0;
    snprintf(text, sizeof text, "%.0f min left, rows", ceil(left));
    ae_progress(text, floor(images * rows), (double)r->images * rows);
}

static void write_exit_wave(const struct run *r, const struct ae_shot *shot)
{
    const struct ae_frame *f = &shot->optics.window;
    const size_t n = f->nx * f->ny;
    double *wave = ae_alloc(n, 2 * sizeof *wave);
    struct ae_vol vol = {.kind = AE_FRAMES,
        .dim = 4,
        .n = {f->nx, f->ny, 2, 1},
        .step = {f->lx / (double)f->nx, f->ly / (double)f->ny, 0}};
    ae_vol_set_centre(&vol);
    ae_must(ae_vol_alloc(&vol, ae_err()));
    if (!wave || ae_keys_copy(&vol.keys, &r->atoms.keys))
        ae_die("out of memory");
    ae_stem_exit(&shot->field, &shot->optics, r->shot.origin, wave);
    for (size_t i = 0; i < n; i++)
        for (size_t part = 0; part < 2; part++)
            vol.data[part * n + i] = (float)wave[2 * i + part];
    ae_history(&vol.keys);
    ae_must(ae_nrrd_write(ae_create(exit_wave), &vol, ae_err()));
    ae_vol_clear(&vol);
    free(wave);
}

/* Image k: all its planes. */
static void simulate(struct run *r, size_t k, float *to)
{
    struct ae_shot shot;
    const size_t n = r->shot.nx * r->shot.ny;
    place_atoms(r, k);
    r->shot.item = k;
    ae_must(ae_shot_new(&shot, &r->shot, ae_err()));
    ae_say("image %zu: %zu x %zu samples of %.4g angstrom, %zu slices of %.4g"
           " angstrom, waves of %zu x %zu",
        k, r->shot.field.frame.nx, r->shot.field.frame.ny,
        r->shot.field.frame.lx / (double)r->shot.field.frame.nx,
        shot.field.slices.n, shot.field.slices.dz, shot.window[0],
        shot.window[1]);
    while (!ae_shot_done(&shot)) {
        ae_must(ae_shot_step(&shot, ae_err()));
        show_progress(r, k, ae_shot_share(&shot));
    }
    for (size_t i = 0; i < r->outputs; i++) {
        const struct output *o = &r->out[i];
        const struct ae_signal_setup planes = {.nx = r->shot.nx,
            .ny = r->shot.ny,
            .stride = r->detectors,
            .step = r->shot.step,
            .source = source,
            .dpc = o->dpc,
            .integrate = o->dpc && idpc};
        ae_must(
            ae_signal_planes(&planes, shot.signal + o->first, to, ae_err()));
        to += o->planes * n;
    }
    write_report(r, &shot, k);
    if (*exit_wave && k == 0)
        write_exit_wave(r, &shot);
    ae_shot_clear(&shot);
}

/* A number for what the images depend on. */
static uint64_t tag_of(const struct run *r)
{
    struct ae_keys keys = {0};
    ae_history(&keys);
    const struct ae_key *last = keys.n ? &keys.key[keys.n - 1] : NULL;
    const double numbers[] = {energy, convergence, defocus, cs, c5, pixel,
        slice, step, source, window, tolerance, (double)phonons, (double)seed,
        (double)factor, method, damping, twice, idpc, full, fast,
        r->shot.origin[0], r->shot.origin[1], (double)r->shot.nx,
        (double)r->shot.ny, r->shot.field.frame.lx, r->shot.field.frame.ly,
        r->shot.field.lz};
    uint64_t h = ae_checkpoint_hash(0, numbers, sizeof numbers);
    if (last)
        h = ae_checkpoint_hash(h, last->value, strlen(last->value));
    ae_keys_clear(&keys);
    h = ae_checkpoint_hash(h, astigmatism.v, sizeof astigmatism.v);
    h = ae_checkpoint_hash(h, coma.v, sizeof coma.v);
    h = ae_checkpoint_hash(h, r->rms, sizeof r->rms);
    h = ae_checkpoint_hash(h, r->detector, sizeof r->detector);
    h = ae_checkpoint_hash(h, r->euler, r->euler ? r->images * 24 : 0);
    h = ae_checkpoint_hash(h, r->element, r->atoms.n * sizeof *r->element);
    return ae_checkpoint_hash(h, r->atoms.pos, r->atoms.n * 24);
}

static void run_all(struct run *r)
{
    const size_t n = r->shot.nx * r->shot.ny, each = r->planes * n;
    r->done = ae_alloc(r->images, each * sizeof *r->done);
    if (!r->done)
        ae_die("%zu images: out of memory", r->images);
    struct ae_part part[] = {{&r->finished, sizeof r->finished},
        {r->done, r->images * each * sizeof *r->done}};
    if (*resume) {
        r->tag = tag_of(r);
        if (ae_must(ae_checkpoint_read(resume, r->tag, part, 2, ae_err())) ==
            AE_END)
            r->finished = 0;
        if (r->finished > r->images)
            ae_die("%s: not a state of this series", resume);
    }
    for (size_t i = 0; i < r->outputs; i++)
        write_head(r, &r->out[i]);
    clock_gettime(CLOCK_MONOTONIC, &r->start);
    const size_t before = r->finished;
    for (size_t k = 0; k < r->images; k++) {
        float *at = r->done + k * each;
        if (k >= before) {
            simulate(r, k, at);
            part[0].data = &(size_t){k + 1};
            if (*resume)
                ae_must(ae_checkpoint_write(resume, r->tag, part, 2, ae_err()));
        }
        for (size_t i = 0; i < r->outputs; at += r->out[i].planes * n, i++)
            ae_must(ae_nrrd_put(
                r->out[i].file, at, r->out[i].planes * n, ae_err()));
    }
}

int main(int argc, char **argv)
{
    struct run r = {0};
    ae_begin(&about, argc, argv);
    set_up(&r);
    if (dry_run)
        plan(&r);
    open_outputs(&r);
    run_all(&r);
    free(r.pos);
    free(r.element);
    free(r.euler);
    free(r.done);
    for (size_t i = 1; i < r.outputs; i++)
        free((char *)(uintptr_t)r.path[i]);
    ae_atoms_clear(&r.atoms);
    return ae_end();
}
