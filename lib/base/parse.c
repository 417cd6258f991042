/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static int bad(const struct ae_opt *opt, const char *text, const char *want,
    struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EUSAGE, "option --%s: want %s, got '%s'", opt->name,
        want, ae_quote(quoted, text));
}

/* "a number from 0.1 to 100 (angstrom)" */
static const char *wanted(const struct ae_opt *opt, char *out, size_t room)
{
    const char *what = opt->type == AE_OPT_INT ? "a whole number"
        : opt->type == AE_OPT_REALS            ? "numbers"
                                               : "a number";
    snprintf(out, room, "%s from %.10g to %.10g%s%s%s", what, opt->low,
        opt->high, *opt->unit ? " (" : "", opt->unit, *opt->unit ? ")" : "");
    return out;
}

/* One finite number in range, ended by stop; returns the place after it. */
static const char *number(const struct ae_opt *opt, const char *text, char stop,
    double *value)
{
    char *end;
    if (!*text || isspace((unsigned char)*text))
        return NULL;
    *value = strtod(text, &end);
    if (end == text || (*end && *end != stop) || !isfinite(*value))
        return NULL;
    if (*value < opt->low || *value > opt->high)
        return NULL;
    for (const char *c = text; c < end; c++)
        if (!strchr("+-.0123456789eE", *c)) /* no hexadecimal */
            return NULL;
    return end;
}

static int set_choice(const struct ae_opt *opt, const char *text,
    struct ae_error *err)
{
    int index = 0;
    for (const char *at = opt->choices; *at; index++) {
        size_t n = strcspn(at, "|");
        if (strlen(text) == n && !strncmp(text, at, n)) {
            *(int *)opt->value = index;
            return AE_OK;
        }
        at += n + (at[n] == '|');
    }
    char want[200];
    snprintf(want, sizeof want, "one of %s", opt->choices);
    return bad(opt, text, want, err);
}

static int set_reals(const struct ae_opt *opt, const char *text,
    struct ae_error *err)
{
    char want[200];
    struct ae_reals list = {0};
    for (const char *at = text; *text;) {
        if (list.n == AE_REALS_MAX)
            return bad(opt, text, "at most 64 numbers", err);
        at = number(opt, at, ',', &list.v[list.n]);
        if (!at)
            return bad(opt, text, wanted(opt, want, sizeof want), err);
        list.n++;
        if (!*at)
            break;
        at++;
    }
    *(struct ae_reals *)opt->value = list;
    return AE_OK;
}

int ae_opt_set(const struct ae_opt *opt, const char *text, struct ae_error *err)
{
    char want[200];
    double value;
    switch (opt->type) {
    case AE_OPT_STR:
        *(const char **)opt->value = text;
        return AE_OK;
    case AE_OPT_CHOICE:
        return set_choice(opt, text, err);
    case AE_OPT_REALS:
        return set_reals(opt, text, err);
    case AE_OPT_INT:
        if (!number(opt, text, 0, &value) || value != floor(value))
            return bad(opt, text, wanted(opt, want, sizeof want), err);
        *(long *)opt->value = (long)value;
        return AE_OK;
    case AE_OPT_REAL:
        if (!number(opt, text, 0, &value))
            return bad(opt, text, wanted(opt, want, sizeof want), err);
        *(double *)opt->value = value;
        return AE_OK;
    default:
        *(int *)opt->value = 1;
        return AE_OK;
    }
}

static int set_defaults(const struct ae_opt *opts, struct ae_error *err)
{
    for (const struct ae_opt *opt = opts; opt->type != AE_OPT_END; opt++) {
        if (opt->type == AE_OPT_FLAG) {
            *(int *)opt->value = 0;
            continue;
        }
        int code = opt->preset ? ae_opt_set(opt, opt->preset, err) : AE_OK;
        if (code)
            return code;
    }
    return AE_OK;
}

static const struct ae_opt *by_name(const struct ae_opt *opts, const char *name,
    size_t n)
{
    for (; opts->type != AE_OPT_END; opts++)
        if (strlen(opts->name) == n && !strncmp(opts->name, name, n))
            return opts;
    return NULL;
}

static const struct ae_opt *by_letter(const struct ae_opt *opts, int letter)
{
    for (; opts->type != AE_OPT_END; opts++)
        if (opts->letter == letter)
            return opts;
    return NULL;
}

static int unknown(const char *arg, struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EUSAGE, "unknown option '%s'; see --help",
        ae_quote(quoted, arg));
}

/* The value of an option: attached, or the next argument. */
static int take(const struct ae_opt *opt, const char *attached, int argc,
    char **argv, int *i, struct ae_command *command, struct ae_error *err)
{
    const char *value = attached;
    if (opt->type != AE_OPT_FLAG && !value) {
        if (*i + 1 >= argc)
            return ae_fail(err, AE_EUSAGE, "option --%s needs a value",
                opt->name);
        value = argv[++*i];
    }
    command->given[command->ngiven++] = (struct ae_given){opt, value};
    return ae_opt_set(opt, value ? value : "", err);
}

static int long_option(const struct ae_opt *own, const struct ae_opt *common,
    int argc, char **argv, int *i, struct ae_command *command,
    struct ae_error *err)
{
    const char *name = argv[*i] + 2;
    size_t n = strcspn(name, "=");
    const char *attached = name[n] ? name + n + 1 : NULL;
    const struct ae_opt *opt = by_name(own, name, n);
    if (!opt)
        opt = by_name(common, name, n);
    if (!opt)
        return unknown(argv[*i], err);
    if (opt->type == AE_OPT_FLAG && attached)
        return ae_fail(err, AE_EUSAGE, "option --%s takes no value", opt->name);
    return take(opt, attached, argc, argv, i, command, err);
}

static int short_options(const struct ae_opt *own, const struct ae_opt *common,
    int argc, char **argv, int *i, struct ae_command *command,
    struct ae_error *err)
{
    const char *arg = argv[*i];
    for (const char *at = arg + 1; *at; at++) {
        const struct ae_opt *opt = by_letter(own, *at);
        if (!opt)
            opt = by_letter(common, *at);
        if (!opt)
            return unknown(arg, err);
        int has_value = opt->type != AE_OPT_FLAG;
        const char *attached = has_value && at[1] ? at + 1 : NULL;
        int code = take(opt, attached, argc, argv, i, command, err);
        if (code || has_value)
            return code;
    }
    return AE_OK;
}

int ae_parse(const struct ae_opt *own, const struct ae_opt *common, int argc,
    char **argv, struct ae_command *command, struct ae_error *err)
{
    size_t letters = 1;
    for (int i = 1; i < argc; i++)
        letters += strlen(argv[i]) + 1;
    *command = (struct ae_command){
        .given = ae_alloc(letters, sizeof *command->given),
        .operand = ae_alloc((size_t)argc + 1, sizeof *command->operand)};
    if (!command->given || !command->operand)
        return ae_fail(err, AE_EMEM, "out of memory");
    int code = set_defaults(own, err);
    if (!code)
        code = set_defaults(common, err);
    int options = 1;
    for (int i = 1; i < argc && !code; i++) {
        if (options && !strcmp(argv[i], "--"))
            options = 0;
        else if (options && !strncmp(argv[i], "--", 2))
            code = long_option(own, common, argc, argv, &i, command, err);
        else if (options && argv[i][0] == '-' && argv[i][1])
            code = short_options(own, common, argc, argv, &i, command, err);
        else
            command->operand[command->noperand++] = argv[i];
    }
    return code;
}

int ae_parse_complete(const struct ae_about *about,
    const struct ae_command *command, struct ae_error *err)
{
    for (const struct ae_opt *o = about->opts; o->type != AE_OPT_END; o++) {
        int given = o->preset != NULL || o->type == AE_OPT_FLAG;
        for (int i = 0; i < command->ngiven; i++)
            given |= command->given[i].opt == o;
        if (!given)
            return ae_fail(err, AE_EUSAGE, "option --%s %s is required",
                o->name, o->unit);
    }
    int low = 0, high = 0;
    for (const char *at = about->operands; *at;) {
        size_t n = strcspn(at, " ");
        int many = n > 3 && strstr(at, "...") && strstr(at, "...") < at + n;
        low += *at != '[';
        high = many ? 1 << 20 : high + 1;
        at += n;
        at += strspn(at, " ");
    }
    if (command->noperand < low)
        return ae_fail(err, AE_EUSAGE, "want operands: %s; see --help",
            about->operands);
    char quoted[340];
    if (command->noperand > high)
        return ae_fail(err, AE_EUSAGE, "unexpected operand '%s'; see --help",
            ae_quote(quoted, command->operand[high]));
    return AE_OK;
}

void ae_command_clear(struct ae_command *command)
{
    free(command->given);
    free(command->operand);
    *command = (struct ae_command){0};
}

static void help_rows(FILE *out, const struct ae_opt *opts)
{
    for (const struct ae_opt *o = opts; o->type != AE_OPT_END; o++) {
        char left[120];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
            o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
            *o->unit ? " " : "", o->unit);
        fprintf(out, "  %-28s%s%s", left, strlen(left) > 27 ? "\n" : "",
            strlen(left) > 27 ? "                              " : "");
        fputs(o->help, out);
        if (o->type == AE_OPT_FLAG)
            fputc('\n', out);
        else if (!o->preset)
            fputs(" (required)\n", out);
        else if (*o->preset)
            fprintf(out, " [%s]\n", o->preset);
        else
            fputc('\n', out);
    }
}

void ae_print_help(FILE *out, const struct ae_about *about,
    const struct ae_opt *common)
{
    fprintf(out, "%s - %s\n\nusage: %s [options]%s%s\n", about->name,
        about->summary, about->name, *about->operands ? " " : "",
        about->operands);
    if (about->opts->type != AE_OPT_END)
        fputs("\noptions [default]:\n", out);
    help_rows(out, about->opts);
    fputs("\ncommon options:\n", out);
    help_rows(out, common);
    fprintf(out, "\nmanual: man %s\n", about->name);
}

static void table_rows(FILE *out, const char *whose, const struct ae_opt *opts)
{
    static const char *const type[] = {"end", "flag", "int", "real", "str",
        "choice", "reals"};
    for (const struct ae_opt *o = opts; o->type != AE_OPT_END; o++)
        fprintf(out, "%s\t%s\t%c\t%s\t%s\t%s\t%.10g\t%.10g\t%s\t%s\n", whose,
            type[o->type], o->letter ? o->letter : '-', o->name, o->unit,
            o->preset ? o->preset : "(required)", o->low, o->high,
            o->choices ? o->choices : "", o->help);
}

void ae_print_opt_table(FILE *out, const struct ae_about *about,
    const struct ae_opt *common)
{
    fprintf(out, "tool\t%s\t%s\t%s\t%d\n", about->name, about->summary,
        about->operands, about->streams);
    table_rows(out, "own", about->opts);
    table_rows(out, "common", common);
}
