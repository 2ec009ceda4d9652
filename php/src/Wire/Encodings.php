<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

/**
 * The encodings that this PHP speaks, distinguished per frame by the first byte of its body.
 *
 * @internal
 */
final class Encodings
{
    public readonly JsonEncoding $json;

    public readonly ?MessagePackEncoding $messagePack;

    public function __construct()
    {
        $this->json = new JsonEncoding();
        $this->messagePack = MessagePackEncoding::ifInstalled();
    }

    /** @return list<Encoding> */
    public function all(): array
    {
        return $this->messagePack === null ? [$this->json] : [$this->json, $this->messagePack];
    }

    /** @return list<string> */
    public function names(): array
    {
        return $this->messagePack === null ? ['json'] : ['json', 'msgpack'];
    }

    /** @throws MalformedBody when the first byte begins neither a JSON object nor a MessagePack map */
    public function of(string $body): Encoding
    {
        $first = $body[0] ?? '';
        if ($first === '{') {
            return $this->json;
        }
        $isMap = $first >= "\x80" && $first <= "\x8f" || $first === "\xde" || $first === "\xdf";
        if ($isMap && $this->messagePack !== null) {
            return $this->messagePack;
        }
        if ($first !== '' && strspn($first, " \t\r\n") === 1) {
            return $this->json;
        }
        $reason = $isMap
            ? 'a MessagePack frame, but neither ext-msgpack nor rybakit/msgpack is installed here; send JSON'
            : 'the body begins neither a JSON object nor a MessagePack map: ' . bin2hex(substr($body, 0, 16));
        throw new MalformedBody($reason);
    }
}
