<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ParalliteException;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Tests\Support\FakeDaemon;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * What comes ahead of a reply: progress and emitted values, as the daemon sends them.
 */
final class ReportsTest extends TestCase
{
    private ?FakeDaemon $daemon = null;

    protected function tearDown(): void
    {
        $this->daemon?->stop();
    }

    /** @param Closure(resource, array<string, mixed>, string): void $script gets each request, and its body */
    private function clientOf(Closure $script): Client
    {
        $this->daemon = new FakeDaemon(static function (mixed $connection) use ($script): void {
            while (($next = FakeDaemon::request($connection)) !== null) {
                $script($connection, ...$next);
            }
        });
        return new Client($this->daemon->socket);
    }

    /**
     * @param resource $connection
     * @param array<string, mixed> $request
     * @param list<array<string, mixed>> $frames without their ids
     */
    private static function say(mixed $connection, array $request, string $body, array $frames): void
    {
        foreach ($frames as $frame) {
            fwrite($connection, FakeDaemon::frame(['task_id' => $request['task_id']] + $frame, $body));
        }
    }

    public function testStreamsWhatTheTaskEmits(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            self::say($connection, $request, $body, [
                ['event' => 'emit', 'value' => 'plain'],
                ['event' => 'progress', 'fraction' => 0.25, 'message' => 'a quarter'],
                ['event' => 'emit', 'value_encoding' => 'php', 'value' => serialize(new \ArrayObject([1]))],
                ['event' => 'of a later version', 'value' => 1],
                ['event' => 'progress', 'fraction' => null],
                ['event' => 'emit', 'value' => null],
                ['ok' => true, 'result' => $request['stream'] ?? 'not asked'],
            ]);
        });
        $progress = [];
        $future = $client->submit('phpversion');
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress[] = [$fraction, $message];
        });

        self::assertEquals(['plain', new \ArrayObject([1]), null], iterator_to_array($future->stream()));
        self::assertSame([[0.25, 'a quarter'], [null, null]], $progress);
        self::assertTrue($future->await(), 'streaming was asked for');
        self::assertSame([], iterator_to_array($future->stream()), 'each is given out once');
    }

    public function testWhatIsNotStreamedIsNotAskedFor(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            self::say($connection, $request, $body, [['ok' => true, 'result' => $request['stream'] ?? 'not asked']]);
        });

        self::assertSame('not asked', $client->run('phpversion'));
        self::assertSame(['not asked'], $client->all(['phpversion']));
        self::assertSame('not asked', $client->submit('phpversion', stream: false)->await());
    }

    public function testAFailureComesBehindTheLastValue(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            self::say($connection, $request, $body, [
                ['event' => 'emit', 'value' => 1],
                ['ok' => false, 'error' => 'ran too long', 'error_code' => 'TIMEOUT'],
            ]);
        });
        $values = [];
        try {
            foreach ($client->submit('phpversion')->stream() as $value) {
                $values[] = $value;
            }
            self::fail();
        } catch (TaskException $e) {
            self::assertSame(['TIMEOUT', [1]], [$e->getErrorCode(), $values]);
        }
    }

    public function testValuesAreGivenOutAsTheyCome(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            if ($request['type'] === 'submit') {
                self::say($connection, $request, $body, [['event' => 'emit', 'value' => 'first']]);
                fread($connection, 1); // the reply never comes
            }
        });
        $stream = $client->submit('phpversion')->stream();

        self::assertSame('first', $stream->current());
    }

    public function testFollowsATaskOfSomebodyElse(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            self::say($connection, $request, $body, $request['type'] !== 'tail' ? [] : [
                ['event' => 'state', 'status' => 'running'],
                ['event' => 'emit', 'value' => 'from afar'],
                ['ok' => true, 'result' => 'done'],
            ]);
        });
        $future = $client->future('others');

        self::assertSame(['from afar'], iterator_to_array($future->stream()));
        self::assertSame('done', $future->await());
    }

    public function testWhoJoinsATaskDoesNotGetItsEventsTwice(): void
    {
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body): void {
            static $requests = [];
            $requests[] = $request['stream'] ?? false;
            if (count($requests) === 2) {
                self::say($connection, $request, $body, [['event' => 'emit', 'value' => $requests]]);
                self::say($connection, $request, $body, [['ok' => true], ['ok' => true]]);
            }
        });
        $first = $client->submit('phpversion', id: 'shared');
        $second = $client->submit('phpversion', id: 'shared');

        self::assertSame([[true, false]], iterator_to_array($first->stream()));
        self::assertNull($second->await());
    }

    public function testADaemonThatCannotHoldEventsFailsNoTask(): void
    {
        $value = str_repeat('x', 1_048_576);
        $client = $this->clientOf(static function (mixed $connection, array $request, string $body) use ($value): void {
            $isTask = $request['type'] === 'submit';
            // more than a client keeps unread; and what a daemon of an earlier version says to "hold"
            self::say($connection, $request, $body, $isTask ? array_fill(0, 9, ['event' => 'emit', 'value' => $value]) : [
                ['ok' => false, 'error_code' => 'INVALID_REQUEST', 'error' => "type \"{$request['type']}\" is unknown; use submit"],
                ...array_fill(0, 9, ['event' => 'emit', 'value' => $value]),
                ['ok' => true, 'result' => 'the result'],
            ]);
        });
        $future = $client->submit('phpversion');
        while (!(fn(): bool => $this->execution->outcome() !== null)->call($future)) {
            $client->tick();
        }
        $count = 0;
        try {
            foreach ($future->stream() as $emitted) {
                $count += (int) ($emitted === $value);
            }
            self::fail('values were dropped');
        } catch (ParalliteException $e) {
            self::assertStringContainsString('faster than they were read', $e->getMessage());
        }

        self::assertSame(15, $count, 'what is kept is bounded');
        self::assertSame('the result', $future->await());
    }

    public function testCancelsWithGrace(): void
    {
        $this->daemon = new FakeDaemon(static function (mixed $connection, int $number): void {
            [$request, $body] = FakeDaemon::request($connection);
            $pid = pcntl_fork();
            if ($pid > 0) {
                return; // the next connection is the one that cancels; the child answers on this one
            }
            usleep(300_000);
            $failure = ['task_id' => $request['task_id'], 'ok' => false, 'error' => 'was cancelled'];
            $reply = $request['type'] === 'cancel'
                ? ['task_id' => $request['task_id'], 'ok' => true, 'cancelled' => $request['grace_ms'] === 1500]
                : $failure + ['error_code' => 'CANCELLED'];
            fwrite($connection, FakeDaemon::frame($reply, $body));
            posix_kill(posix_getpid(), SIGKILL);
        });
        $future = (new Client($this->daemon->socket))->submit('phpversion');

        self::assertTrue($future->cancel(grace: 1.5));
        $this->expectException(TaskCancelled::class);
        $future->await();
    }
}
