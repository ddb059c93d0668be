// Regular expressions and time zones of ICU, whose functions carry their version in the name and are macros in C.
#ifndef CICU_H
#define CICU_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cicu_regex cicu_regex;

// A compiled pattern, or NULL with a message (at most `capacity` bytes with the final zero) when it is not valid.
cicu_regex *cicu_regex_open(const char *pattern, int64_t length, char *message, int32_t capacity);
void cicu_regex_close(cicu_regex *regex);

// Starts at the beginning of a UTF-8 text, which must stay in place while it is searched.
bool cicu_regex_set_text(cicu_regex *regex, const char *text, int64_t length);

// Finds the next match; false at the end or when the match takes too long.
bool cicu_regex_next(cicu_regex *regex);

// How many groups the pattern has, the whole match not counted.
int32_t cicu_regex_groups(const cicu_regex *regex);

/// The number of the group of a name; -1 when there is none.
int32_t cicu_regex_group_number(const cicu_regex *regex, const char *name, int32_t length);

// The bytes of a group of the last match; false when the group took no part in it.
bool cicu_regex_group(const cicu_regex *regex, int32_t group, int64_t *start, int64_t *end);

typedef struct cicu_zone cicu_zone;

// A time zone by its name, such as `Europe/Paris`; NULL when there is none of that name.
cicu_zone *cicu_zone_open(const char *name);
void cicu_zone_close(cicu_zone *zone);

// Milliseconds that local time is ahead of UTC at an instant in milliseconds since 1970.
int32_t cicu_zone_offset(cicu_zone *zone, int64_t instant);

// The English name at an instant, short such as `CET` or long, as UTF-8 with a final zero.
void cicu_zone_display_name(cicu_zone *zone, int64_t instant, bool is_long, char *name, int32_t capacity);

#endif
