<?php

/**
 * Included by the workers under test: the classes in which the tests wrote their closures, as PHP binds a
 * closure to the class it was written in (the real ones need PHPUnit), and the classes of values.
 */

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

class WorkerContract
{
}

class SocketWorkerTest
{
}

class StdioWorkerTest
{
}

require __DIR__ . '/values.php';
