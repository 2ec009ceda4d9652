<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use MessagePack\BufferUnpacker;
use MessagePack\Packer;
use MessagePack\Type\Map;

/**
 * MessagePack, by ext-msgpack where it is loaded, else by rybakit/msgpack.
 *
 * @internal
 */
final class MessagePackEncoding implements Encoding
{
    /** Bytes of a string that is worth a part of its own. */
    private const LARGE = 32_768;

    /** The most entries of a map whose length is in its first byte. */
    private const MAX_SHORT = 15;

    private function __construct(
        private readonly ?\MessagePack $extension,
        private readonly ?Packer $packer = null,
        private readonly ?BufferUnpacker $unpacker = null,
    ) {
    }

    /** The encoding, or null where neither implementation is installed. */
    public static function ifInstalled(): ?self
    {
        if (extension_loaded('msgpack')) {
            // false: maps without PHP class names, so that a frame can't create objects
            return new self(new \MessagePack(false));
        }
        if (class_exists(Packer::class)) {
            return new self(null, new Packer(), new BufferUnpacker());
        }
        return null;
    }

    public function decode(string $body): array
    {
        try {
            $map = $this->extension !== null
                ? @$this->extension->unpack($body)
                : $this->unpacker?->reset($body)->unpack();
        } catch (\Throwable $e) {
            throw new MalformedBody('the body is not a MessagePack map: ' . $e->getMessage(), 0, $e);
        }
        if (!is_array($map)) {
            throw new MalformedBody('the body is not a MessagePack map');
        }
        return $map;
    }

    public function encode(array $map): string
    {
        return $this->extension !== null ? $this->extension->pack($map) : (string) $this->packer?->pack($map);
    }

    public function encodeWith(array $map, string $key, string $text): array
    {
        $entries = count($map) + 1;
        if (strlen($text) < self::LARGE || $entries > self::MAX_SHORT) {
            return [$this->encode($map + [$key => $text]), ''];
        }
        $head = chr(0x80 | $entries) . substr($this->encode($map), 1) . $this->encodeKey($key);
        return [$head . "\xdb" . pack('N', strlen($text)), $text];
    }

    /** A string by itself, which is what stands behind the first byte of a map. */
    private function encodeKey(string $key): string
    {
        return substr($this->encode([$key => null]), 1, -1);
    }

    public function map(array $entries): object|array
    {
        return $this->extension !== null ? $entries : new Map($entries);
    }

    public function isBinarySafe(): bool
    {
        return true;
    }
}
