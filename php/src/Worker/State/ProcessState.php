<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use B7s\Parallite\Worker\Hooks;
use B7s\Parallite\Worker\OutputCapture;

/**
 * The state of the process as it was before the first task, put back after each one in three steps: handlers as soon
 * as the task has ended; before its reply what may turn out to be lost; and after it everything else.
 *
 * A guard looks before it touches. Most of them see a change in the memory of this process, at the cost of a function
 * call; those that would have to ask the system are left out as long as there can't be one, see {@see LoadedCode}.
 *
 * A handler of errors that the project has registered is there for its code only: it may throw what the worker silences.
 */
final class ProcessState
{
    /** Guards that ask what a task has named. */
    private const WITH_CODE = [ShutdownFunctions::class, RealTimeSignals::class, OutputSettings::class];

    private readonly LoadedCode $code;

    /** @var list<Guard> */
    private array $handlers;

    /** @var list<Guard|class-string<Guard>> */
    private array $beforeReply;

    /** @var list<NamedCallGuard|class-string<NamedCallGuard>> */
    private array $namedBeforeReply;

    /** @var list<Guard|class-string<Guard>> */
    private array $afterReply;

    /** @var list<NamedCallGuard|class-string<NamedCallGuard>> */
    private array $namedAfterReply;

    /** Whether the guards of what each process has of its own are made; until then their classes are in their places. */
    private bool $hasOwn = false;

    private bool $isSilent = false;

    /** Whether something could not be put back. */
    private bool $isLost = false;

    /** Whether hooks may have changed the process since its state was noted. */
    private bool $isStale = false;

    private bool $hasErrorHandler;

    /** Whether another one, none, lies above it. */
    private bool $isErrorHandlerOff = false;

    public function __construct(private readonly OutputCapture $output)
    {
        $this->code = new LoadedCode(Guards::functions(), Guards::taskFunctions());
        $this->noteHandlers();
        $this->note();
    }

    /** Takes the handlers that are there now for those that are put back. */
    private function noteHandlers(): void
    {
        $this->hasErrorHandler = ErrorHandler::now() !== null;
        [$this->handlers] = $this->make(Guards::HANDLERS);
        $this->taskEnds();
    }

    /** Takes what else is so now for what is put back. */
    private function note(): void
    {
        $this->isStale = false;
        [$this->beforeReply, $this->namedBeforeReply] = $this->make(Guards::BEFORE_REPLY);
        [$this->afterReply, $this->namedAfterReply] = $this->make(Guards::AFTER_REPLY);
        $this->code->catchUp();
    }

    /** This process is a fork of the one that the state is known of; hooks may have changed it around the fork. */
    public function adoptFork(): void
    {
        if (Hooks::areAroundForks()) {
            if ($this->isErrorHandlerOff && ErrorHandler::now() === null) {
                restore_error_handler();
            }
            $this->isErrorHandlerOff = false;
            $this->noteHandlers();
            $this->isStale = true;
        }
    }

    /** Makes the guards of what each process has of its own, or forgets what they hold. */
    private function setOwn(bool $isHeld): void
    {
        foreach ([&$this->beforeReply, &$this->namedBeforeReply, &$this->afterReply, &$this->namedAfterReply] as &$guards) {
            foreach ($guards as $index => $guard) {
                if (is_subclass_of($guard, OwnOfProcess::class)) {
                    $class = is_string($guard) ? $guard : $guard::class;
                    $guards[$index] = $isHeld ? new $class() : $class;
                }
            }
        }
        $this->hasOwn = $isHeld;
    }

    /** Holds nothing that is so in this process only: it is going to be forked. */
    public function forgetOwn(): void
    {
        $this->setOwn(false);
    }

    /**
     * Prepares to put back what a task may change. Not needed for one after which the process ends.
     *
     * @param string $body the request as it came
     * @param mixed $payload what it holds
     * @param mixed $context its context
     */
    public function expect(string $body, mixed $payload, mixed $context): void
    {
        if ($this->isStale) {
            $this->note();
        }
        if (!$this->hasOwn) {
            $this->setOwn(true);
        }
        $this->code->taskBegins($body, $payload, $context);
    }

    /** The project's handler of errors is there for the task. */
    public function taskBegins(): void
    {
        if ($this->isErrorHandlerOff) {
            restore_error_handler();
            $this->isErrorHandlerOff = false;
        }
    }

    /** All code that belongs to the task has run. */
    public function taskEnds(): void
    {
        if ($this->hasErrorHandler && !$this->isErrorHandlerOff) {
            set_error_handler(null);
            $this->isErrorHandlerOff = true;
        }
    }

    /** Takes away the handlers of a task that has ended. They may be called until then, and throw, at any moment. */
    public function removeHandlers(): void
    {
        while (true) {
            try {
                $this->restoreAll($this->handlers);
                return;
            } catch (\Throwable) {
                // a handler of signals, which is gone by now or goes next
            }
        }
    }

    /** Puts back what may turn out to be lost; false when the worker must not run another task. */
    public function isIntact(): bool
    {
        if (!$this->hasOwn) {
            return true; // the first request was refused: no task has run
        }
        $this->isSilent = $this->code->isSilent();
        $this->restoreAll($this->beforeReply);
        if (!$this->isSilent) {
            $this->restoreNamed($this->namedBeforeReply);
        }
        return !$this->isLost;
    }

    /** Whether no function has been named that a guard waits for, or that forks; to be asked after isIntact(). */
    public function isSilent(): bool
    {
        return $this->isSilent;
    }

    /** Puts back everything else; false when the worker must not run another task. */
    public function restore(): bool
    {
        if (!$this->hasOwn) {
            return true;
        }
        $this->restoreAll($this->afterReply);
        if (!$this->isSilent) {
            $this->restoreNamed($this->namedAfterReply);
            $this->code->catchUp();
        }
        if (\ob_get_length() !== 0) {
            $this->output->take(); // of handlers of sessions and the like: nobody's
        }
        return !$this->isLost;
    }

    /** @param list<Guard> $guards */
    private function restoreAll(array $guards): void
    {
        foreach ($guards as $guard) {
            if (!$guard->restore()) {
                $this->isLost = true;
            }
        }
    }

    /** @param list<NamedCallGuard> $guards */
    private function restoreNamed(array $guards): void
    {
        foreach ($guards as $guard) {
            if ($this->code->names($guard::FUNCTIONS) && !$guard->restore()) {
                $this->isLost = true;
            }
        }
    }

    /**
     * @param list<class-string<Guard>> $classes
     * @return array{list<Guard|class-string<Guard>>, list<NamedCallGuard|class-string<NamedCallGuard>>}
     */
    private function make(array $classes): array
    {
        $always = $named = [];
        foreach (array_filter($classes, static fn(string $class): bool => $class::isNeeded()) as $class) {
            $guard = match (true) {
                is_subclass_of($class, OwnOfProcess::class) => $class,
                $class === OutputBuffers::class => new OutputBuffers($this->output),
                in_array($class, self::WITH_CODE, true) => new $class($this->code),
                default => new $class(),
            };
            if (is_subclass_of($class, NamedCallGuard::class)) {
                $named[] = $guard;
            } else {
                $always[] = $guard;
            }
        }
        return [$always, $named];
    }
}
