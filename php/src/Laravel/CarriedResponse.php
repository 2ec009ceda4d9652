<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use GuzzleHttp\Psr7\Response as Psr7Response;
use Illuminate\Http\Client\Response;

/**
 * A response that a worker has got, without the stream that it came by, its cookies and the times of its transfer.
 */
final class CarriedResponse extends Response
{
    public static function of(Response $response): self
    {
        return new self(new Psr7Response(
            $response->status(),
            $response->headers(),
            $response->body(),
            $response->toPsrResponse()->getProtocolVersion(),
            $response->reason(),
        ));
    }

    /** @return array{int, array<string, list<string>>, string, string, string} */
    public function __serialize(): array
    {
        $protocol = $this->toPsrResponse()->getProtocolVersion();
        return [$this->status(), $this->headers(), $this->body(), $protocol, $this->reason()];
    }

    /** @param array{int, array<string, list<string>>, string, string, string} $data */
    public function __unserialize(array $data): void
    {
        $this->response = new Psr7Response(...$data);
    }
}
