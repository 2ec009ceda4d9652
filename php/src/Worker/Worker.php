<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * The loop: takes a request, answers it exactly once, cleans up after it, until the daemon goes.
 */
final class Worker
{
    /** @var array<resource> those that were open at the start */
    private readonly array $standardStreams;

    public function __construct(
        private readonly Channel $channel,
        private readonly Inbox $inbox,
        private readonly Encodings $encodings,
        private readonly TaskRunner $runner,
        private readonly Replies $replies,
        private readonly OutputCapture $output,
        private readonly LastWords $lastWords,
        private readonly Garbage $garbage,
    ) {
        $this->standardStreams = array_filter([STDIN, STDOUT, STDERR], is_resource(...));
    }

    /** @throws ChannelClosed when the daemon goes while a reply is sent, or sends an impossible frame */
    public function serve(StateGuard $state, Lifetime $lifetime): void
    {
        while (($body = $this->inbox->next()) !== null) {
            $reply = $this->replyTo($body);
            $this->lastWords->endIfForked();
            if ($reply === null) {
                continue;
            }
            $isLast = $lifetime->endsWithThisTask() || !$this->isFit();
            if ($isLast) {
                $this->channel->write($lifetime->isOneTask() ? $reply : Replies::asLast($reply));
            } else {
                $this->channel->write($reply, $this->inbox->takeNext());
            }
            $this->lastWords->taskEnds();
            if ($isLast) {
                $this->channel->finish();
                return;
            }
            unset($body, $reply);
            $this->garbage->collect();
            $state->restore();
        }
    }

    /** @return ?string null for what is no task */
    private function replyTo(string $body): ?string
    {
        $encoding = $this->encodings->json;
        $taskId = null;
        try {
            $encoding = $this->encodings->of($body);
            $this->lastWords->taskBegins(null, $encoding); // the frame alone may be too much for the memory
            $map = $encoding->decode($body);
            if (($map['type'] ?? 'submit') !== 'submit' && $this->heeds($map, $encoding)) {
                $this->lastWords->taskEnds();
                return null;
            }
            $taskId = is_string($map['task_id'] ?? null) ? $map['task_id'] : null;
            $this->lastWords->taskBegins($taskId, $encoding);
            return $this->runner->run(Request::of($map), $encoding);
        } catch (MalformedBody $e) {
            return $this->replies->failure(null, 'MALFORMED_FRAME', $e->getMessage(), [], $encoding);
        } catch (TaskRefused $e) {
            return $this->replies->failure($taskId, $e->errorCode, $e->getMessage(), [], $encoding);
        }
    }

    /**
     * Does what the daemon asks for beside tasks: answers a ping, and ignores that a task is cancelled or followed,
     * which has come too late.
     *
     * @param array<array-key, mixed> $map
     */
    private function heeds(array $map, Encoding $encoding): bool
    {
        if ($map['type'] === 'ping') {
            $this->channel->write($encoding->encode(['type' => 'pong', 'echo' => $map['echo'] ?? null]));
            return true;
        }
        return $map['type'] === 'cancel' || $map['type'] === 'follow';
    }

    /** Whether another task can run here: a task may have closed what can't be opened again. */
    private function isFit(): bool
    {
        foreach ($this->standardStreams as $stream) {
            if (!is_resource($stream)) {
                return false;
            }
        }
        return !$this->output->isStuck() && !$this->runner->isDirty();
    }
}
