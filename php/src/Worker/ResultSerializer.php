<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\PayloadSecret;
use B7s\Parallite\Value\Refusal;
use B7s\Parallite\Value\Serializer;
use B7s\Parallite\Wire\Encoding;

/**
 * Serializes a result for a client that takes PHP values, or says which part of it can't travel.
 */
final class ResultSerializer
{
    private function __construct()
    {
    }

    /**
     * @param string $id of the task
     * @param string $kind what the value is, by a constant of {@see PayloadSecret}, which error messages name, too
     * @return string in base64 where the encoding carries no bytes
     * @throws TaskRefused RESULT_NOT_ENCODABLE, naming the path of the culprit
     */
    public static function serialize(
        mixed $value,
        string $id,
        Encoding $encoding,
        string $kind = PayloadSecret::RESULT,
    ): string
    {
        try {
            $blob = Seals::sign($kind, $id, self::blob($value, $kind));
        } catch (Refusal $e) {
            throw self::refused($e);
        }
        return $encoding->isBinarySafe() ? $blob : base64_encode($blob);
    }

    /**
     * The same as bytes.
     *
     * @throws Refusal naming the path of the culprit
     */
    public static function blob(mixed $value, string $name = 'result'): string
    {
        return (new Serializer(throwables: ExceptionReport::travelling(...)))->serialize($value, $name);
    }

    /** What a task whose result can't travel is answered. */
    public static function refused(Refusal $e): TaskRefused
    {
        $message = ExceptionReport::text($e->getMessage(), 1_000);
        return new TaskRefused('RESULT_NOT_ENCODABLE', "$message; it cannot leave the worker: return plain data", $e);
    }
}
