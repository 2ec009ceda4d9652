<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * Runs one task and makes its reply, whatever the task does, short of ending the process.
 */
final class TaskRunner
{
    public function __construct(
        private readonly Tasks $tasks,
        private readonly OutputCapture $output,
        private readonly Replies $replies,
        private readonly LastWords $process,
        private readonly bool $benchmark,
    ) {
    }

    /** @return string the body of the reply */
    public function run(Request $request, Encoding $encoding): string
    {
        $benchmark = $request->benchmark ?? $this->benchmark ? Benchmark::start() : null;
        try {
            $code = $this->tasks->codeOf($request);
            $result = $code();
            $this->process->endIfForked();
            $details = $benchmark === null ? [] : ['benchmark' => $benchmark->stop()];
            if ($request->acceptsPhp) {
                $plain = ResultSerializer::serialize($result);
                $plain = $encoding->isBinarySafe() ? $plain : base64_encode($plain);
                $details['result_encoding'] = 'php';
            } else {
                $plain = ResultNormalizer::normalize($result, $encoding);
            }
            $code = $result = null; // the destructors belong to the task: they may print, throw or exit
            $details += $this->output->take();
            return $this->replies->success($request->taskId, $plain, $details, $encoding);
        } catch (TaskRefused $e) {
            $report = ['error' => $e->getMessage(), 'error_code' => $e->errorCode];
        } catch (\Throwable $e) {
            $report = ExceptionReport::of($e);
            if ($request->acceptsPhp) {
                $report += ExceptionReport::asItself($e, $encoding);
            }
        }
        $this->process->endIfForked();
        $details ??= $benchmark === null ? [] : ['benchmark' => $benchmark->stop()];
        try {
            $code = $result = $plain = $e = null;
        } catch (\Throwable) {
            // thrown by a destructor; the first failure is the one to report
        }
        return $this->replies->failure(
            $request->taskId,
            $report['error_code'],
            $report['error'],
            $report + $details + $this->output->take(),
            $encoding,
        );
    }
}
