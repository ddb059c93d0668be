#include "CICU.h"

#include <stdlib.h>
#include <unicode/uregex.h>
#include <unicode/utext.h>

struct cicu_regex {
    URegularExpression *expression;
    UText text;
};

// Steps of the match engine, about a millisecond each, that one text may take.
enum { TIME_LIMIT = 1000 };

cicu_regex *cicu_regex_open(const char *pattern, int64_t length, char *message, int32_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError where = {0};
    UText source = UTEXT_INITIALIZER;
    utext_openUTF8(&source, pattern, length, &status);
    URegularExpression *expression = uregex_openUText(&source, 0, &where, &status);
    utext_close(&source);
    if (U_FAILURE(status)) {
        const char *name = u_errorName(status);
        int32_t index = 0;
        for (; index + 1 < capacity && name[index] != 0; index++) message[index] = name[index];
        if (capacity > 0) message[index] = 0;
        uregex_close(expression);
        return NULL;
    }
    uregex_setTimeLimit(expression, TIME_LIMIT, &status);
    cicu_regex *regex = malloc(sizeof(cicu_regex));
    if (regex == NULL) {
        uregex_close(expression);
        return NULL;
    }
    regex->expression = expression;
    regex->text = (UText)UTEXT_INITIALIZER;
    return regex;
}

void cicu_regex_close(cicu_regex *regex) {
    uregex_close(regex->expression);
    utext_close(&regex->text);
    free(regex);
}

bool cicu_regex_set_text(cicu_regex *regex, const char *text, int64_t length) {
    UErrorCode status = U_ZERO_ERROR;
    utext_openUTF8(&regex->text, text, length, &status);
    uregex_setUText(regex->expression, &regex->text, &status);
    return U_SUCCESS(status);
}

bool cicu_regex_next(cicu_regex *regex) {
    UErrorCode status = U_ZERO_ERROR;
    bool found = uregex_findNext(regex->expression, &status);
    return found && U_SUCCESS(status);
}

int32_t cicu_regex_groups(const cicu_regex *regex) {
    UErrorCode status = U_ZERO_ERROR;
    return uregex_groupCount(regex->expression, &status);
}

int32_t cicu_regex_group_number(const cicu_regex *regex, const char *name, int32_t length) {
    UErrorCode status = U_ZERO_ERROR;
    int32_t number = uregex_groupNumberFromCName(regex->expression, name, length, &status);
    return U_SUCCESS(status) ? number : -1;
}

bool cicu_regex_group(const cicu_regex *regex, int32_t group, int64_t *start, int64_t *end) {
    UErrorCode status = U_ZERO_ERROR;
    *start = uregex_start64(regex->expression, group, &status);
    *end = uregex_end64(regex->expression, group, &status);
    return U_SUCCESS(status) && *start >= 0;
}
