package io.parallite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Scans replies in MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md). */
final class MessagePackReplyScanner extends ReplyScanner {

    private static final int FALSE = 0xc2;
    private static final int TRUE = 0xc3;

    /** Where the content of the string whose header was read last ends. */
    private int contentTo;

    @Override
    boolean scanMap(int from) {
        int type = type(from);
        long pairs;
        int i;
        if ((type & 0xf0) == 0x80) {
            pairs = type & 0x0f;
            i = from + 1;
        } else if (type == 0xde) {
            pairs = unsigned(from + 1, 2);
            i = from + 3;
        } else if (type == 0xdf) {
            pairs = unsigned(from + 1, 4);
            i = from + 5;
        } else {
            return false;
        }
        for (; pairs > 0 && i < to && !complete(); pairs--) {
            i = scanPair(i);
        }
        return i <= to && (pairs == 0 || complete());
    }

    @Override
    String text(int from, int end) {
        return new String(bytes, from, end - from, UTF_8);
    }

    /** The offset behind a key and its value; behind the end if the pair is cut off. */
    private int scanPair(int from) {
        int content = stringContent(from);
        int value = content < 0 ? pastValue(from) : contentTo;
        if (value >= to) {
            return to + 1;
        }
        Field field = content < 0 ? Field.OTHER : field(content, value);
        if (field == Field.OK && (type(value) == TRUE || type(value) == FALSE)) {
            foundOk(type(value) == TRUE);
            return value + 1;
        }
        int text = field == Field.OTHER ? -1 : stringContent(value);
        if (text < 0) {
            return pastValue(value);
        }
        if (contentTo <= to) {
            foundString(field, text, contentTo);
        }
        return contentTo;
    }

    /** Where a string's content begins (and sets where it ends), or -1 if this is no string. */
    private int stringContent(int from) {
        int type = type(from);
        if ((type & 0xe0) == 0xa0) {
            contentTo = from + 1 + (type & 0x1f);
            return from + 1;
        }
        if (type < 0xd9 || type > 0xdb) {
            return -1;
        }
        int width = 1 << (type - 0xd9);
        contentTo = past(from + 1 + width, unsigned(from + 1, width));
        return from + 1 + width;
    }

    /** The offset behind a value, however deep; behind the end if it is cut off. */
    private int pastValue(int from) {
        int i = from;
        long left = 1;
        while (left > 0 && i < to) {
            int type = type(i);
            left += children(type, i) - 1;
            i = pastScalar(type, i);
        }
        return left > 0 ? to + 1 : i;
    }

    private long children(int type, int at) {
        if (type >= 0x80 && type <= 0x9f) {
            return (type & 0x0f) * (type < 0x90 ? 2L : 1L);
        }
        return switch (type) {
            case 0xdc -> unsigned(at + 1, 2);
            case 0xdd -> unsigned(at + 1, 4);
            case 0xde -> 2 * unsigned(at + 1, 2);
            case 0xdf -> 2 * unsigned(at + 1, 4);
            default -> 0;
        };
    }

    /** The offset behind a value's header and, unless it is a container, its content. */
    private int pastScalar(int type, int at) {
        if (type < 0xa0 || type >= 0xe0) {
            return at + 1;
        }
        if (type < 0xc0) {
            return at + 1 + (type & 0x1f);
        }
        return switch (type) {
            case 0xc4, 0xd9 -> past(at + 2, unsigned(at + 1, 1));
            case 0xc5, 0xda -> past(at + 3, unsigned(at + 1, 2));
            case 0xc6, 0xdb -> past(at + 5, unsigned(at + 1, 4));
            case 0xc7 -> past(at + 3, unsigned(at + 1, 1));
            case 0xc8 -> past(at + 4, unsigned(at + 1, 2));
            case 0xc9 -> past(at + 6, unsigned(at + 1, 4));
            case 0xcc, 0xd0 -> at + 2;
            case 0xcd, 0xd1, 0xd4, 0xdc, 0xde -> at + 3;
            case 0xd5 -> at + 4;
            case 0xca, 0xce, 0xd2, 0xdd, 0xdf -> at + 5;
            case 0xd6 -> at + 6;
            case 0xcb, 0xcf, 0xd3 -> at + 9;
            case 0xd7 -> at + 10;
            case 0xd8 -> at + 18;
            default -> at + 1;
        };
    }

    private int past(int from, long length) {
        return from + length > to ? to + 1 : (int) (from + length);
    }

    private int type(int at) {
        return at(at) & 0xff;
    }

    private long unsigned(int from, int width) {
        long value = 0;
        for (int i = from; i < from + width; i++) {
            value = value << 8 | type(i);
        }
        return value;
    }
}
