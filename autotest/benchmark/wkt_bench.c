/* SPDX-License-Identifier: MIT */
/*
 * WKT to WKB beside OGR, which parses, or parses and writes WKB, without a
 * server: the same texts in turn, round after round. Prints the rows of a
 * Markdown table: medians, and the medians of the ratios of the rounds with
 * their ranges. wkt_bench ROUNDS
 */
#include "column/geometry.h"

#include <ogr_api.h>

#include <math.h>
#include <stdio.h>
#include <time.h>

#define MAX_ROUNDS 100
#define SHAPES 4
#define FORMS 3
#define ROUND_SECONDS 0.05
#define CORPUS_VERTICES 20000

/* Texts of one shape and one way to print coordinates. */
struct corpus
{
    const char *name;
    unsigned polygons; /* in each text; 0: a point */
    unsigned vertices; /* of each polygon; of points, 0: all over the earth */
    const char *form;
    const char *format; /* NULL: as few digits as read back */
    char **texts;
    size_t *sizes;
    size_t count;
};

static void *check(void *memory)
{
    if (!memory)
        exit(2);
    return memory;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the texts ---- */

static double random_in(double low, double high)
{
    static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

/* In as few digits as read back, as BigQuery and PostgreSQL print them, unless
 * there is a format. */
static void print_ordinate(FILE *out, const char *format, double value)
{
    char text[32];
    if (format)
    {
        fprintf(out, format, value);
        return;
    }
    for (int digits = 15; digits <= 17; digits++)
    {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, out);
}

static void print_position(FILE *out, const char *format, double x, double y)
{
    print_ordinate(out, format, x);
    fputc(' ', out);
    print_ordinate(out, format, y);
}

static void print_polygon(FILE *out, const struct corpus *corpus)
{
    double x = random_in(-170, 170);
    double y = random_in(-80, 80);
    fputs("((", out);
    for (unsigned i = 0; i < corpus->vertices; i++)
    {
        double angle = 6.283185307179586 * i / (corpus->vertices - 1);
        bool last = i == corpus->vertices - 1;
        fputs(i > 0 ? ", " : "", out);
        print_position(out, corpus->format, x + cos(last ? 0 : angle),
                       y + sin(last ? 0 : angle));
    }
    fputs("))", out);
}

static void print_text(FILE *out, const struct corpus *corpus)
{
    if (corpus->polygons == 0)
    {
        fputs("POINT(", out);
        bool world = corpus->vertices == 0;
        print_position(out, corpus->format,
                       world ? random_in(-180, 180) : random_in(-123, -121),
                       world ? random_in(-90, 90) : random_in(37, 39));
        fputc(')', out);
        return;
    }
    fputs(corpus->polygons > 1 ? "MULTIPOLYGON(" : "POLYGON", out);
    for (unsigned i = 0; i < corpus->polygons; i++)
    {
        fputs(i > 0 ? ", " : "", out);
        print_polygon(out, corpus);
    }
    fputs(corpus->polygons > 1 ? ")" : "", out);
}

static size_t vertices_of_text(const struct corpus *corpus)
{
    return corpus->polygons == 0 ? 1
                                 : (size_t)corpus->polygons * corpus->vertices;
}

static void make_texts(struct corpus *corpus)
{
    corpus->count = CORPUS_VERTICES / vertices_of_text(corpus);
    corpus->texts = check(calloc(corpus->count, sizeof *corpus->texts));
    corpus->sizes = check(calloc(corpus->count, sizeof *corpus->sizes));
    for (size_t i = 0; i < corpus->count; i++)
    {
        FILE *out = check(open_memstream(&corpus->texts[i], &corpus->sizes[i]));
        print_text(out, corpus);
        fclose(out);
    }
}

static void free_texts(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->texts[i]);
    free(corpus->texts);
    free(corpus->sizes);
}

/* ---- the parsers ---- */

static OGRGeometryH parse_ogr(char *text)
{
    OGRGeometryH geometry = NULL;
    if (OGR_G_CreateFromWkt(&text, NULL, &geometry) != OGRERR_NONE)
        exit(1);
    return geometry;
}

static void run_ogr(const struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        OGR_G_DestroyGeometry(parse_ogr(corpus->texts[i]));
}

/* To WKB, as what is read is wanted. */
static void run_ogr_wkb(const struct corpus *corpus)
{
    struct cc_buffer wkb = CC_BUFFER_INIT;
    for (size_t i = 0; i < corpus->count; i++)
    {
        OGRGeometryH geometry = parse_ogr(corpus->texts[i]);
        size_t size = OGR_G_WkbSizeEx(geometry);
        if (cc_buffer_reserve(&wkb, size) != 0)
            exit(2);
        OGR_G_ExportToIsoWkb(geometry, wkbNDR, wkb.data);
        OGR_G_DestroyGeometry(geometry);
    }
    cc_buffer_free(&wkb);
}

static void parse_ours(const char *text, size_t size, struct cc_buffer *wkb)
{
    struct cc_geometry_result result;
    wkb->size = 0;
    if (cc_geometry_from_wkt(text, size, wkb, &result) != CC_GEOMETRY_OK)
        exit(1);
}

static void run_ours(const struct corpus *corpus)
{
    struct cc_buffer wkb = CC_BUFFER_INIT;
    for (size_t i = 0; i < corpus->count; i++)
        parse_ours(corpus->texts[i], corpus->sizes[i], &wkb);
    cc_buffer_free(&wkb);
}

/* Both have to say the same. */
static void compare(const struct corpus *corpus)
{
    struct cc_buffer wkb = CC_BUFFER_INIT;
    for (size_t i = 0; i < corpus->count; i++)
    {
        OGRGeometryH geometry = parse_ogr(corpus->texts[i]);
        size_t size = OGR_G_WkbSizeEx(geometry);
        unsigned char *theirs = check(malloc(size));
        OGR_G_ExportToIsoWkb(geometry, wkbNDR, theirs);
        parse_ours(corpus->texts[i], corpus->sizes[i], &wkb);
        if (wkb.size != size || memcmp(wkb.data, theirs, size) != 0)
        {
            fprintf(stderr, "not as OGR reads it: %s\n", corpus->texts[i]);
            exit(1);
        }
        OGR_G_DestroyGeometry(geometry);
        free(theirs);
    }
    cc_buffer_free(&wkb);
}

/* ---- measuring ---- */

/* Vertices a second. */
static double rate(const struct corpus *corpus,
                   void (*run)(const struct corpus *))
{
    double begin = now();
    double seconds;
    size_t runs = 0;
    do
    {
        run(corpus);
        runs++;
        seconds = now() - begin;
    } while (seconds < ROUND_SECONDS);
    return (double)(runs * corpus->count * vertices_of_text(corpus)) / seconds;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void measure(const struct corpus *corpus, size_t rounds)
{
    double parsed[MAX_ROUNDS];
    double theirs[MAX_ROUNDS];
    double ours[MAX_ROUNDS];
    double parse_ratios[MAX_ROUNDS];
    double ratios[MAX_ROUNDS];
    run_ogr_wkb(corpus);
    run_ours(corpus);
    for (size_t i = 0; i < rounds; i++)
    {
        parsed[i] = rate(corpus, run_ogr);
        theirs[i] = rate(corpus, run_ogr_wkb);
        ours[i] = rate(corpus, run_ours);
        parse_ratios[i] = ours[i] / parsed[i];
        ratios[i] = ours[i] / theirs[i];
    }
    double parse_ratio = median(parse_ratios, rounds);
    double ratio = median(ratios, rounds);
    printf("| %s, %s | %.2f | %.2f | %.1f | %.1f (%.1f–%.1f) | "
           "%.1f (%.1f–%.1f) |\n",
           corpus->name, corpus->form, median(parsed, rounds) / 1e6,
           median(theirs, rounds) / 1e6, median(ours, rounds) / 1e6,
           parse_ratio, parse_ratios[0], parse_ratios[rounds - 1], ratio,
           ratios[0], ratios[rounds - 1]);
}

int main(int argc, char **argv)
{
    static const struct corpus shapes[SHAPES] = {
        {.name = "points anywhere"},
        {.name = "points of one region", .vertices = 1},
        {.name = "polygons of 100", .polygons = 1, .vertices = 100},
        {.name = "multipolygons of 10,000", .polygons = 100, .vertices = 100},
    };
    static const struct
    {
        const char *name;
        const char *format;
    } forms[FORMS] = {{"15 to 17 digits", NULL},
                      {"15 digits", "%.15g"},
                      {"5 decimals", "%.5f"}};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 15;
    if (rounds < 1 || rounds > MAX_ROUNDS)
        return 2;
    printf("| WKT, coordinates | OGR parses, Mvertices/s | OGR to WKB | "
           "**ours, to WKB** | / parses | / to WKB |\n"
           "|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < SHAPES; i++)
    {
        for (size_t j = 0; j < FORMS; j++)
        {
            struct corpus corpus = shapes[i];
            corpus.form = forms[j].name;
            corpus.format = forms[j].format;
            make_texts(&corpus);
            compare(&corpus);
            measure(&corpus, (size_t)rounds);
            free_texts(&corpus);
        }
    }
    return 0;
}
