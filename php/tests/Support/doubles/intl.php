<?php

/**
 * A double of the part of ext-intl that Symfony's console asks for, which is enough for texts in ASCII: the tests
 * bring Laravel without extensions.
 */

declare(strict_types=1);

if (!class_exists(Normalizer::class)) {
    final class Normalizer
    {
        public const NFD = 4;
        public const NFKD = 8;
        public const NFC = 16;
        public const NFKC = 32;
        public const NFKC_CF = 48;
    }

    function normalizer_is_normalized(string $string, int $form = Normalizer::NFC): bool
    {
        return true;
    }

    function normalizer_normalize(string $string, int $form = Normalizer::NFC): string
    {
        return $string;
    }

    function grapheme_strlen(string $string): int
    {
        return mb_strlen($string);
    }

    function grapheme_substr(string $string, int $offset, ?int $length = null): string
    {
        return mb_substr($string, $offset, $length);
    }
}
