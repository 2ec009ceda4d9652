<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;
use B7s\Parallite\Worker\State\ProcessState;

/**
 * The loop: takes a request, answers it exactly once, cleans up after it, until the daemon goes.
 */
final class Worker
{
    private ?TaskMarks $marks = null;

    public function __construct(
        private readonly Channel $channel,
        private readonly Inbox $inbox,
        private readonly Encodings $encodings,
        private readonly TaskRunner $runner,
        private readonly Replies $replies,
        private readonly LastWords $lastWords,
        private readonly Garbage $garbage,
        private readonly ProcessState $state,
    ) {
    }

    /** Says from now on in standard error which task begins. */
    public function markTasks(TaskMarks $marks): void
    {
        $this->marks = $marks;
    }

    /** @throws ChannelClosed when the daemon goes while a reply is sent, or sends an impossible frame */
    public function serve(Lifetime $lifetime): void
    {
        do {
            $body = $this->inbox->next();
            $reply = $body === null ? null : $this->replyTo($body, $lifetime);
            $goesOn = $reply === null ? $body !== null : $this->answer($reply, $lifetime) && $this->cleanUp();
            unset($body, $reply);
        } while ($goesOn);
        $this->lastWords->finish();
    }

    /** Sends the reply; false when it was the last one. */
    private function answer(string $reply, Lifetime $lifetime): bool
    {
        if ($lifetime->isOneTask()) {
            $this->lastWords->endIfForked(); // in a hook, a destructor or the like: there was a look after the task itself
            $this->channel->write($reply);
            $this->lastWords->taskEnds();
            return false;
        }
        $isIntact = $this->state->isIntact() && !$this->runner->isDirty();
        if (!$this->state->isSilent()) {
            $this->lastWords->endIfForked();
        }
        $isLast = $lifetime->endsWithThisTask() || !$isIntact;
        if ($isLast) {
            $this->channel->write(Replies::asLast($reply));
        } else {
            $this->channel->write($reply, $this->inbox->takeNext());
        }
        $this->lastWords->taskEnds();
        return !$isLast;
    }

    /** Destroys what the task has left, and puts back what it has changed; false when no other task can run here. */
    private function cleanUp(): bool
    {
        $this->garbage->collect();
        return $this->state->restore();
    }

    /** @return ?string null for what is no task */
    private function replyTo(string $body, Lifetime $lifetime): ?string
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
            $taskId = isset($map['task_id']) && is_string($map['task_id']) ? $map['task_id'] : null;
            $this->lastWords->taskBegins($taskId, $encoding);
            $this->marks?->taskBegins((string) $taskId);
            $map = Seals::ofTask($map);
            $isolation = $map['isolation'] ?? null;
            $lifetime->taskBegins($isolation);
            $this->state->taskBegins();
            $isLast = $lifetime->isOneTask();
            if (!$isLast) { // nothing is put back after the only task
                $seen = Seals::areRequired() ? $map['payload'] : $body; // what was in base64 is not any longer
                $payload = $map['payload'] ?? null;
                $context = $map['context'] ?? null;
                $this->state->expect($seen, $payload, $context);
            }
            return $this->runner->run(Request::of($map), $encoding, $isLast);
        } catch (MalformedBody $e) {
            return $this->replies->failure(null, 'MALFORMED_FRAME', $e->getMessage(), [], $encoding);
        } catch (TaskRefused $e) {
            return $this->replies->failure($taskId, $e->errorCode, $e->getMessage(), [], $encoding);
        }
    }

    /**
     * Does what the daemon asks for beside tasks: answers a ping, and ignores what is about a task, which has ended.
     *
     * @param array<array-key, mixed> $map
     */
    private function heeds(array $map, Encoding $encoding): bool
    {
        if ($map['type'] === 'ping') {
            $this->channel->write($encoding->encode(['type' => 'pong', 'echo' => $map['echo'] ?? null]));
            return true;
        }
        return in_array($map['type'], ['cancel', 'follow', 'send'], true);
    }
}
