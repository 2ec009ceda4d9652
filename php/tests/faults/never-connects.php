<?php

/**
 * Starts, and then neither connects, reads nor writes: with the socket transport, no hello ever comes.
 *
 * @parallite-transport socket
 */

declare(strict_types=1);

while (true) {
    sleep(3600);
}
