#include "CICU.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

// A calendar is ICU's C interface to a time zone.
struct cicu_zone;

enum { NAME_MAX_UNITS = 128 };

cicu_zone *cicu_zone_open(const char *name) {
    UErrorCode status = U_ZERO_ERROR;
    UChar id[NAME_MAX_UNITS];
    UChar canonical[NAME_MAX_UNITS];
    int32_t length = 0;
    u_strFromUTF8(id, NAME_MAX_UNITS, &length, name, -1, &status);
    if (U_FAILURE(status) || length >= NAME_MAX_UNITS) return NULL;
    // Fails for names that no zone has, where ucal_open would take UTC instead.
    ucal_getCanonicalTimeZoneID(id, length, canonical, NAME_MAX_UNITS, NULL, &status);
    UCalendar *calendar = U_SUCCESS(status) ? ucal_open(id, length, "en", UCAL_GREGORIAN, &status) : NULL;
    return U_SUCCESS(status) ? (cicu_zone *)calendar : NULL;
}

void cicu_zone_close(cicu_zone *zone) { ucal_close((UCalendar *)zone); }

int32_t cicu_zone_offset(cicu_zone *zone, int64_t instant) {
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = (UCalendar *)zone;
    ucal_setMillis(calendar, (UDate)instant, &status);
    return ucal_get(calendar, UCAL_ZONE_OFFSET, &status) + ucal_get(calendar, UCAL_DST_OFFSET, &status);
}

void cicu_zone_display_name(cicu_zone *zone, int64_t instant, bool is_long, char *name, int32_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = (UCalendar *)zone;
    ucal_setMillis(calendar, (UDate)instant, &status);
    int isSummer = ucal_get(calendar, UCAL_DST_OFFSET, &status) != 0;
    UCalendarDisplayNameType type =
        is_long ? (isSummer ? UCAL_DST : UCAL_STANDARD) : (isSummer ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD);
    UChar text[NAME_MAX_UNITS];
    int32_t length = ucal_getTimeZoneDisplayName(calendar, type, "en_US", text, NAME_MAX_UNITS, &status);
    u_strToUTF8(name, capacity, NULL, text, U_SUCCESS(status) ? length : 0, &status);
    if (U_FAILURE(status) && capacity > 0) name[0] = 0;
}
