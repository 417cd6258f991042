/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/tool.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/history.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/threads.h"

enum { MAX_FILES = 1000 };

struct output {
    FILE *file;
    char *path;             /* where it goes; NULL for stdout */
    char *beside;           /* the file written; NULL: written in place */
};

static const struct ae_about *about;
static struct ae_command command;
static struct ae_error error;
static struct ae_source source[MAX_FILES];
static struct output output[MAX_FILES];
static int nsource, noutput;
static struct output *main_output;
static int progress_shown;
static struct timespec start;

static int help, version, verbose, quiet, no_history;
static long threads;
static const char *output_path;
static const struct ae_opt common[] = {
    {AE_OPT_FLAG, 'h', "help", &help, "", "", 0, 0, NULL, "print this help"},
    AE_FLAG(0, "version", &version, "print the version"),
    AE_FLAG('v', "verbose", &verbose, "say on stderr what was done"),
    AE_FLAG('q', "quiet", &quiet, "no warnings"),
    AE_INT('j', "threads", &threads, "N", "0", 0, 4096,
        "threads, 0 for all cores; results do not depend on it"),
    AE_STR('o', "output", &output_path, "FILE", "",
        "write here instead of stdout; whole or not at all"),
    AE_FLAG(0, "no-history", &no_history, "leave this run out of the history"),
    AE_END_OPTS,
};

/* Files that are half written must not stay. Async-signal-safe. */
static void remove_beside(void)
{
    for (int i = 0; i < noutput; i++)
        if (output[i].beside)
            unlink(output[i].beside);
}

static void on_signal(int number)
{
    remove_beside();
    signal(number, SIG_DFL);
    raise(number);
}

static void erase_progress(void)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = 0;
}

static void complain(const char *kind, const char *format, va_list args)
{
    erase_progress();
    fprintf(stderr, "%s: %s", about->name, kind);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

static void leave(int status)
{
    remove_beside();
    _exit(status);
}

void ae_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain("", format, args);
    va_end(args);
    leave(1);
    abort();
}

void ae_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain("", format, args);
    va_end(args);
    leave(2);
    abort();
}

void ae_warn(const char *format, ...)
{
    if (quiet)
        return;
    va_list args;
    va_start(args, format);
    complain("warning: ", format, args);
    va_end(args);
}

void ae_say(const char *format, ...)
{
    if (!verbose)
        return;
    va_list args;
    va_start(args, format);
    complain("", format, args);
    va_end(args);
}

int ae_verbose(void)
{
    return verbose;
}

struct ae_error *ae_err(void)
{
    return &error;
}

int ae_must(int code)
{
    if (code == AE_OK || code == AE_END)
        return code;
    if (code == AE_EUSAGE)
        ae_usage("%s", error.msg);
    ae_die("%s", error.msg);
}

static void print_and_leave(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--opt-table")) {
            ae_print_opt_table(stdout, about, common);
            exit(fflush(stdout) ? 1 : 0);
        }
}

static void help_and_leave(void)
{
    if (help)
        ae_print_help(stdout, about, common);
    else
        printf("%s (aetools) %s\n", about->name, AE_VERSION);
    if (fflush(stdout) || ferror(stdout))
        ae_die("<stdout>: cannot write: %s", strerror(errno));
    exit(0);
}

/* --help and --version answer even where other words are wrong or missing. */
static int is_asked(const char *name)
{
    for (int i = 0; i < command.ngiven; i++)
        if (!strcmp(command.given[i].opt->name, name))
            return 1;
    return 0;
}

void ae_begin(const struct ae_about *tool, int argc, char **argv)
{
    about = tool;
    clock_gettime(CLOCK_MONOTONIC, &start);
    gsl_set_error_handler_off();
    print_and_leave(argc, argv);
    int code = ae_parse(about->opts, common, argc, argv, &command, &error);
    if (is_asked("help") || is_asked("version"))
        help_and_leave();
    ae_must(code);
    ae_must(ae_parse_complete(about, &command, &error));
    ae_set_threads((int)threads);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    if (*output_path)
        ae_out();
}

int ae_operands(void)
{
    return command.noperand;
}

const char *ae_operand(int i)
{
    return i < command.noperand ? command.operand[i] : NULL;
}

int ae_given(const char *name)
{
    return is_asked(name);
}

struct ae_source *ae_open(const char *path)
{
    if (nsource == MAX_FILES)
        ae_die("more than %d input files", MAX_FILES);
    struct ae_source *s = &source[nsource++];
    if (!strcmp(path, "-")) {
        if (isatty(STDIN_FILENO))
            ae_usage("no input: give a file or a pipe; see --help");
        *s = (struct ae_source){stdin, "<stdin>"};
        return s;
    }
    struct stat info;
    *s = (struct ae_source){fopen(path, "rb"), path};
    if (!s->file)
        ae_die("%s: cannot open: %s", path, strerror(errno));
    if (!fstat(fileno(s->file), &info) && S_ISDIR(info.st_mode))
        ae_die("%s: is a directory", path);
    return s;
}

/* The operand that is the main input: the one that stands for a last "[FILE]";
 * -1 when there is none. */
static int main_operand(void)
{
    int words = 1;
    size_t n = strlen(about->operands);
    if (n < 6 || strcmp(about->operands + n - 6, "[FILE]"))
        return -1;
    for (const char *c = about->operands; *c; c++)
        words += *c == ' ';
    return command.noperand == words ? words - 1 : -1;
}

struct ae_source *ae_in(void)
{
    int i = main_operand();
    return ae_open(i >= 0 ? command.operand[i] : "-");
}

/* FILE.XXXXXX beside FILE with the permissions a new file would have. */
static void open_beside(struct output *o)
{
    size_t room = strlen(o->path) + 8;
    o->beside = ae_alloc(room, 1);
    if (!o->beside)
        ae_die("%s: out of memory", o->path);
    snprintf(o->beside, room, "%s.XXXXXX", o->path);
    int fd = mkstemp(o->beside);
    if (fd < 0) {
        free(o->beside);
        o->beside = NULL;
        ae_die("%s: cannot create: %s", o->path, strerror(errno));
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) || !(o->file = fdopen(fd, "w+b")))
        ae_die("%s: cannot create: %s", o->path, strerror(errno));
}

static struct output *create(const char *path)
{
    if (noutput == MAX_FILES)
        ae_die("more than %d output files", MAX_FILES);
    for (int i = 0; i < noutput; i++)
        if (output[i].path && !strcmp(output[i].path, path))
            ae_usage("%s: named as two outputs", path);
    struct output *o = &output[noutput];
    *o = (struct output){.path = ae_strdup(path)};
    if (!o->path)
        ae_die("%s: out of memory", path);
    struct stat info;
    int exists = !stat(path, &info);
    if (exists && S_ISDIR(info.st_mode))
        ae_die("%s: is a directory", path);
    noutput++;
    if (!exists || (S_ISREG(info.st_mode) && strncmp(path, "/dev/", 5))) {
        open_beside(o);
        return o;
    }
    o->file = fopen(path, "wb"); /* a device, a fifo, /dev/stderr */
    if (!o->file)
        ae_die("%s: cannot open: %s", path, strerror(errno));
    return o;
}

const char *ae_out_name(void)
{
    return *output_path && strcmp(output_path, "-") ? output_path : NULL;
}

FILE *ae_create(const char *path)
{
    if (!strcmp(path, "-"))
        return ae_out();
    return create(path)->file;
}

FILE *ae_out(void)
{
    if (main_output)
        return main_output->file;
    if (*output_path && strcmp(output_path, "-"))
        main_output = create(output_path);
    else {
        main_output = &output[noutput++];
        *main_output = (struct output){.file = stdout};
    }
    return main_output->file;
}

void ae_progress(const char *what, double done, double total)
{
    static struct timespec last;
    struct timespec now;
    if (quiet || !isatty(STDERR_FILENO))
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double since = (double)(now.tv_sec - last.tv_sec) +
        1e-9 * (double)(now.tv_nsec - last.tv_nsec);
    if (since < 0.2)
        return;
    last = now;
    fprintf(stderr, "\r\033[K%s: %s: %.10g of %.10g", about->name, what, done,
        total);
    fflush(stderr);
    progress_shown = 1;
}

/* What cannot change the result stays out of the history. */
static int is_recorded(const struct ae_opt *opt)
{
    static const char *const out[] = {"help", "version", "verbose", "quiet",
        "threads", "output", "no-history", "checkpoint", "checkpoint-every",
        "resume", "mem"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        if (!strcmp(opt->name, out[i]))
            return 0;
    return 1;
}

/* "--name value" in canonical spelling. */
static int add_option(char *text, size_t size, const char *name,
    const char *value)
{
    char flag[80];
    snprintf(flag, sizeof flag, "--%s", name);
    return ae_shell_quote(text, size, flag) ||
        (value && ae_shell_quote(text, size, value));
}

void ae_history(struct ae_keys *keys)
{
    if (no_history)
        return;
    char text[16384] = "";
    int bad = ae_shell_quote(text, sizeof text, about->name) ||
        ae_shell_quote(text, sizeof text, AE_VERSION);
    for (int i = 0; i < command.ngiven; i++) {
        const struct ae_given *g = &command.given[i];
        if (is_recorded(g->opt))
            bad |= add_option(text, sizeof text, g->opt->name, g->value);
    }
    for (const struct ae_opt *o = about->opts; o->type != AE_OPT_END; o++)
        if (!strcmp(o->name, "seed") && !is_asked("seed"))
            bad |= add_option(text, sizeof text, "seed", o->preset);
    /* the main input is the end of the chain that the keys already hold */
    int in_chain = ae_history_count(keys) > 0 ? main_operand() : -1;
    for (int i = 0; i < command.noperand; i++)
        if (i != in_chain)
            bad |= ae_shell_quote(text, sizeof text, command.operand[i]);
    if (bad)
        ae_die("arguments longer than 16 kB; use fewer operands");
    if (ae_history_append(keys, text))
        ae_die("out of memory for the history");
}

void ae_dry_run(double bytes, double cpu_seconds)
{
    fprintf(ae_out(), "#bytes\tcpu_seconds\n%.0f\t%.4g\n", bytes, cpu_seconds);
    exit(ae_end());
}

static void closing_line(void)
{
    struct timespec now;
    struct rusage use;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &use);
    double wall = (double)(now.tv_sec - start.tv_sec) +
        1e-9 * (double)(now.tv_nsec - start.tv_nsec);
    double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
        1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    char text[400] = "";
    for (int i = 0; i < command.ngiven; i++) {
        const struct ae_given *g = &command.given[i];
        if (is_recorded(g->opt) &&
            add_option(text, sizeof text, g->opt->name, g->value))
            break;
    }
    ae_say("version %s%s%s: %.2f s wall, %.2f s cpu, %.1f MB peak", AE_VERSION,
        *text ? ", " : "", text, wall, cpu, (double)use.ru_maxrss / 1024);
}

static void close_output(struct output *o)
{
    const char *name = o->path ? o->path : "<stdout>";
    int failed = fflush(o->file) || ferror(o->file);
    if (failed || fclose(o->file))
        ae_die("%s: cannot write: %s", name, strerror(errno ? errno : EIO));
}

int ae_end(void)
{
    erase_progress();
    for (int i = 0; i < noutput; i++)
        close_output(&output[i]);
    for (int i = 0; i < noutput; i++) {
        struct output *o = &output[i];
        if (o->beside && rename(o->beside, o->path))
            ae_die("%s: cannot rename into place: %s", o->path,
                strerror(errno));
        free(o->beside);
        o->beside = NULL;
        free(o->path);
        o->path = NULL;
    }
    for (int i = 0; i < nsource; i++)
        if (source[i].file != stdin)
            fclose(source[i].file);
    closing_line();
    ae_command_clear(&command);
    return 0;
}
