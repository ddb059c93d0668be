#include "text.hpp"

namespace weir {
namespace {

/// Four hexadecimal digits; -1 when they are none.
int32_t hexadecimal(const uint8_t *text) {
    int32_t value = 0;
    for (int index = 0; index < 4; index++) {
        uint8_t digit = text[index], letter = digit | 0x20;
        if (is_digit(digit)) {
            value = value << 4 | (digit - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value << 4 | (letter - 'a' + 10);
        } else {
            return -1;
        }
    }
    return value;
}

uint8_t *write_utf8(uint32_t code, uint8_t *to) {
    if (code < 0x80) {
        *to++ = static_cast<uint8_t>(code);
    } else if (code < 0x800) {
        *to++ = static_cast<uint8_t>(0xC0 | code >> 6);
        *to++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = static_cast<uint8_t>(0xE0 | code >> 12);
        *to++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
        *to++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
    } else {
        *to++ = static_cast<uint8_t>(0xF0 | code >> 18);
        *to++ = static_cast<uint8_t>(0x80 | (code >> 12 & 0x3F));
        *to++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3F));
        *to++ = static_cast<uint8_t>(0x80 | (code & 0x3F));
    }
    return to;
}

uint8_t simple_escape(uint8_t letter) {
    switch (letter) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/// Reads `uXXXX`, and a second one where the first is half of a pair; a half alone becomes U+FFFD.
bool unicode_escape(const uint8_t *&at, const uint8_t *end, uint8_t *&to) {
    if (end - at < 5) return false;
    int32_t code = hexadecimal(at + 1);
    if (code < 0) return false;
    at += 5;
    if (code >= 0xD800 && code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        int32_t low = hexadecimal(at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            at += 6;
            to = write_utf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), to);
            return true;
        }
    }
    to = write_utf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, to);
    return true;
}

} // namespace

int64_t unescape(const uint8_t *from, size_t length, uint8_t *to) {
    const uint8_t *at = from, *end = from + length;
    uint8_t *start = to;
    while (at < end) {
        size_t plain = copy_plain(at, end - at, to);
        at += plain;
        to += plain;
        if (at == end) break;
        if (++at == end) return -1;
        if (*at == 'u') {
            if (!unicode_escape(at, end, to)) return -1;
            continue;
        }
        uint8_t byte = simple_escape(*at++);
        if (!byte) return -1;
        *to++ = byte;
    }
    return to - start;
}

} // namespace weir
