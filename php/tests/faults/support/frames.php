<?php

/**
 * What the misbehaving workers of this folder share: frames on stdin and stdout, with nothing beyond core
 * PHP (and ext-msgpack, where it is loaded, for MessagePack).
 */

declare(strict_types=1);

/** Reads exactly $length bytes from stdin; ends the process quietly when the daemon has gone. */
function read_bytes(int $length): string
{
    $bytes = '';
    while (strlen($bytes) < $length) {
        $chunk = fread(STDIN, $length - strlen($bytes));
        if ($chunk === '' || $chunk === false) {
            exit(0);
        }
        $bytes .= $chunk;
    }
    return $bytes;
}

/** @return array<string, mixed> the next request; its encoding is kept under the key "\0json" */
function read_request(): array
{
    $body = read_bytes(unpack('N', read_bytes(4))[1]);
    $json = in_array($body[0], ['{', ' ', "\n", "\r", "\t"], true);
    $request = $json ? json_decode($body, true) : msgpack_unpack($body);
    return $request + ["\0json" => $json];
}

/** @param array<string, mixed> $reply */
function encode_reply(array $request, array $reply): string
{
    $body = $request["\0json"] ? json_encode($reply, JSON_THROW_ON_ERROR) : msgpack_pack($reply);
    return pack('N', strlen($body)) . $body;
}

/** @return array<string, mixed> the reply of a worker that behaves: the payload comes back as the result */
function echo_of(array $request): array
{
    return ['task_id' => $request['task_id'], 'ok' => true, 'result' => $request['payload'] ?? null];
}

function send(string $bytes): void
{
    fwrite(STDOUT, $bytes);
    fflush(STDOUT);
}

function send_echo(array $request): void
{
    send(encode_reply($request, echo_of($request)));
}

/**
 * Serves for ever: the payload "ok" is echoed properly, any other goes to $misbehave.
 *
 * @param callable(array<string, mixed>): void $misbehave
 */
function serve(callable $misbehave): never
{
    while (true) {
        $request = read_request();
        if (($request['payload'] ?? null) === 'ok') {
            send_echo($request);
        } else {
            $misbehave($request);
        }
    }
}

function sleep_for_ever(): never
{
    while (true) {
        sleep(3600);
    }
}
