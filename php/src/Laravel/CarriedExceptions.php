<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Worker\ExceptionReport;
use Illuminate\Contracts\Validation\Validator;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Client\Response;
use Illuminate\Http\Exceptions\HttpResponseException;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Response as HttpResponse;
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
        ExceptionReport::replace(HttpResponseException::class, "\0*\0response", self::plain(...));
    }

    /** A response without the request, the session and the view that it was made of. */
    private static function plain(mixed $response): mixed
    {
        return match (true) {
            $response instanceof RedirectResponse
                => new RedirectResponse($response->getTargetUrl(), $response->getStatusCode(), $response->headers->all()),
            $response instanceof HttpResponse
                => new HttpResponse($response->getContent(), $response->getStatusCode(), $response->headers->all()),
            default => $response,
        };
    }
}
