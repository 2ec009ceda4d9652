<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Worker\ExceptionReport;
use Illuminate\Contracts\Validation\Validator;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Client\Response;
use Illuminate\Validation\ValidationException;

/**
 * What travels of Laravel's exceptions in place of what cannot, so that they are rendered as if they had been thrown in
 * the program itself.
 */
final class CarriedExceptions
{
    private function __construct()
    {
    }

    public static function register(): void
    {
        ExceptionReport::replace(ValidationException::class, 'validator', static fn(mixed $validator): mixed
            => $validator instanceof Validator ? new CarriedValidator($validator->errors()->messages()) : $validator);
        ExceptionReport::replace(RequestException::class, 'response', static fn(mixed $response): mixed
            => $response instanceof Response ? CarriedResponse::of($response) : $response);
    }
}
