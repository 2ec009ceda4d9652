<?php

declare(strict_types=1);

use App\Prices;
use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Concurrency;

Artisan::command('shop:report', function (): void {
    $caller = getmypid();
    $this->line((string) json_encode(Concurrency::run([
        'price' => static fn(): float => Prices::of(3),
        'name' => static fn(): string => config('app.name'),
        'elsewhere' => static fn(): bool => getmypid() !== $caller,
    ])));
});
