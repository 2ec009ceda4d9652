<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Worker\State\ProcessState;

/**
 * Runs one task, with the hooks around it, and makes its reply, whatever the task does, short of ending the process.
 */
final class TaskRunner
{
    /** Whether a hook that cleans up has failed, so that the next task would not find what it may expect. */
    private bool $isDirty = false;

    public function __construct(
        private readonly Tasks $tasks,
        private readonly OutputCapture $output,
        private readonly Replies $replies,
        private readonly LastWords $process,
        private readonly ProcessState $state,
        private readonly bool $benchmark,
        private readonly ?TaskEvents $events = null,
    ) {
    }

    public function isDirty(): bool
    {
        return $this->isDirty;
    }

    /**
     * @param bool $isLast whether the worker ends after it
     * @return string the body of the reply
     */
    public function run(Request $request, Encoding $encoding, bool $isLast): string
    {
        $benchmark = $request->benchmark ?? $this->benchmark ? Benchmark::start() : null;
        $this->events?->taskBegins($request, $encoding);
        if ($request->streamsOutput && $this->events?->wantsOutput() === true) {
            $this->output->feed(new EchoFeed($this->events));
        }
        $report = $value = $e = null;
        try {
            Hooks::runBefore($request->taskId);
            $value = $this->valueOf($request, $encoding, $benchmark);
        } catch (\Throwable $e) {
            $this->state->removeHandlers();
            $this->process->endIfForked();
            $report = self::report($e, $request, $encoding);
        }
        $report = $this->cleanUp($request, $report, $e, $isLast);
        $details = $benchmark === null ? [] : ['benchmark' => $benchmark->stop()];
        try {
            $e = null; // with it go the arguments in its trace, and their destructors
        } catch (\Throwable) {
            // the first failure is the one to report
        }
        $this->state->taskEnds();
        $base64 = $request->acceptsBase64 ? $encoding : null;
        $details += $this->output->take($base64);
        $this->events?->taskEnds();
        if ($report === null) {
            try {
                if ($request->acceptsPhp) {
                    $details['result_encoding'] = 'php';
                } elseif ($request->acceptsBase64) {
                    $details += Binary::result($value, $request->command !== null, $encoding);
                    $value = $details['result'];
                    unset($details['result']);
                }
                return $this->replies->success($request->taskId, $value, $details, $encoding);
            } catch (TaskRefused $e) {
                $report = self::report($e, $request, $encoding);
                unset($details['result_encoding']);
            }
        }
        $code = $report['error_code'];
        return $this->replies->failure($request->taskId, $code, $report['error'], $report + $details, $encoding);
    }

    /** Runs the task. What it returned is gone afterwards: destructors belong to it, they may print, throw or exit. */
    private function valueOf(Request $request, Encoding $encoding, ?Benchmark $benchmark): mixed
    {
        try {
            if ($request->wantsPlainData) {
                PlainData::defineFunctions();
            }
            $code = $this->tasks->codeOf($request, $this->events);
            $result = $request->wantsPlainData ? PlainData::of($code()) : $code();
        } finally {
            $this->state->removeHandlers();
        }
        $this->process->endIfForked();
        $benchmark?->stop();
        return $request->acceptsPhp
            ? ResultSerializer::serialize($result, $request->taskId, $encoding)
            : ResultNormalizer::normalize($result, $encoding);
    }

    /**
     * @param array<string, mixed>|null $report
     * @return array<string, mixed>|null the failure to report: the task's, else that of a hook
     */
    private function cleanUp(Request $request, ?array $report, ?\Throwable $failure, bool $isLast): ?array
    {
        try {
            Hooks::runAfter($request->taskId, $failure, $isLast);
            return $report;
        } catch (HookFailed $e) {
            $this->isDirty = true;
            return $report ?? self::report($e, $request, null);
        }
    }

    /** @return array<string, mixed> with error and error_code */
    private static function report(\Throwable $e, Request $request, ?Encoding $encoding): array
    {
        if ($e instanceof TaskRefused) {
            return ['error' => $e->getMessage(), 'error_code' => $e->errorCode];
        }
        if ($e instanceof HookFailed) {
            $cause = $e->getPrevious() ?? $e;
            return ['error' => $e->getMessage(), 'error_code' => 'HOOK_FAILED'] + ExceptionReport::of($cause);
        }
        $report = ExceptionReport::of($e);
        return $request->acceptsPhp && $encoding !== null
            ? $report + ExceptionReport::asItself($e, $request->taskId, $encoding)
            : $report;
    }
}
