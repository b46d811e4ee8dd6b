<?php

declare(strict_types=1);

/** A save that is not taken. Its message is told to the service: no SQL, id, path or password. */
final class SaveRefused extends RuntimeException
{
    /**
     * @param int $status HTTP status; the service parks a session for 4xx, and repeats the others
     *     and whatever has a Retry-After.
     * @param string $reason For programs, such as `bad_signature`.
     * @param array<string, string> $headers
     */
    public function __construct(
        public readonly int $status,
        public readonly string $reason,
        string $message,
        public readonly array $headers = [],
        ?Throwable $cause = null,
    ) {
        parent::__construct($message, 0, $cause);
    }
}
