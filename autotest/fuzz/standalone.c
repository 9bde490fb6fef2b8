/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzzer's entry point on files and on the files of folders, for
 * compilers without libFuzzer. Exits with 1 when one cannot be read.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path, off_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    /* Exactly the input's size, so that a sanitizer sees reads beyond it. */
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    size_t count = data ? fread(data, 1, (size_t)size, file) : 0;
    fclose(file);
    int result = -1;
    if (data && count == (size_t)size)
        result = LLVMFuzzerTestOneInput(data, count);
    free(data);
    return result;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    int result = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)))
    {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof name || run_path(name) != 0)
            result = -1;
    }
    closedir(folder);
    return result;
}

static int run_path(const char *path)
{
    struct stat status;
    int result = -1;
    if (stat(path, &status) == 0)
        result = S_ISDIR(status.st_mode) ? run_folder(path)
                                         : run_file(path, status.st_size);
    if (result != 0)
        fprintf(stderr, "%s cannot be read\n", path);
    return result;
}

int main(int argc, char **argv)
{
    int failures = 0;
    for (int i = 1; i < argc; i++)
        failures += run_path(argv[i]) != 0;
    return failures ? 1 : 0;
}
