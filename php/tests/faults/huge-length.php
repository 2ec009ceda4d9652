<?php

/** Announces a frame of 4 GiB (the length 0xffffffff). */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    send("\xff\xff\xff\xff");
});
