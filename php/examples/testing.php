<?php

/**
 * Tests a class that uses the client, without a daemon. Written for PHPUnit, the body of each function is a test
 * method's.
 *
 * Usage: php testing.php
 */

declare(strict_types=1);

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Testing\FakeClient;
use B7s\Parallite\Testing\RecordedTask;

require __DIR__ . '/support/load.php';

/** The class under test: it takes the interface. */
final class Mailing
{
    public function __construct(private readonly ClientInterface $client)
    {
    }

    /**
     * @param list<string> $addresses
     * @return array<string, bool> whether each was reached in time
     */
    public function send(array $addresses): array
    {
        $sent = [];
        foreach ($addresses as $address) {
            try {
                $sent[$address] = $this->client->run('Mailer::deliver', [$address], timeout: 10.0);
            } catch (TaskTimedOut) {
                $sent[$address] = false;
            }
        }
        return $sent;
    }
}

final class Mailer
{
    public static function deliver(string $address): bool
    {
        throw new LogicException("a test must not send mail to $address");
    }
}

function testSendsToEachAddress(): void
{
    $client = (new FakeClient())->returns(true, 'Mailer::deliver');

    (new Mailing($client))->send(['ann@example.org', 'bob@example.org']);

    $client->assertRanTimes(2, 'Mailer::deliver');
    $client->assertRan(static fn(RecordedTask $task): bool => $task->args === ['bob@example.org'] && $task->timeout === 10.0);
}

function testGoesOnAfterATimeout(): void
{
    $client = (new FakeClient())
        ->fails('TIMEOUT', static fn(RecordedTask $task): bool => $task->args === ['slow@example.org'])
        ->returns(true, 'Mailer::deliver');

    $sent = (new Mailing($client))->send(['slow@example.org', 'ann@example.org']);

    if ($sent !== ['slow@example.org' => false, 'ann@example.org' => true]) {
        throw new AssertionError('the second address was not reached');
    }
}

function testSendsNothingToNobody(): void
{
    $client = new FakeClient();

    (new Mailing($client))->send([]);

    $client->assertNothingRan();
}

foreach (['testSendsToEachAddress', 'testGoesOnAfterATimeout', 'testSendsNothingToNobody'] as $test) {
    $test();
    echo "ok: $test\n";
}
