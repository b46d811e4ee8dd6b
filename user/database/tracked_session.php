<?php

declare(strict_types=1);

require_once __DIR__ . '/save_refused.php';

const SESSION_TYPE = 'websocket_cv_tracking';
const MAX_ID_CHARACTERS = 64;
/** No sitting lasts longer; a larger number is a fault of whoever sent it. */
const MAX_SESSION_SECONDS = 31 * 86_400;
/** What INT UNSIGNED holds. */
const MAX_COUNT = 4_294_967_295;
/** Three times rounded to the millisecond. */
const ROUNDING_SECONDS = 0.002;

/** A session as the service posts it: cumulative values at one revision. Seconds, percent, UTC. */
final readonly class TrackedSession
{
    private function __construct(
        public string $sessionUid,
        public int $revision,
        public string $userId,
        public string $moduleId,
        public ?string $sectionId,
        public float $focusedTime,
        public float $unfocusedTime,
        public float $totalTime,
        public float $focusPercentage,
        public int $focusSessions,
        public int $unfocusSessions,
        public DateTimeImmutable $timestamp,
    ) {
    }

    /**
     * @param array<string, mixed> $values
     * @throws SaveRefused 422, naming the field
     */
    public static function fromJson(array $values): self
    {
        $fields = new SaveFields($values);
        $fields->expectSessionType();
        $fields->expectWholeSession();
        $session = new self(
            sessionUid: $fields->uuid('session_id'),
            revision: $fields->whole('revision', 1),
            userId: $fields->id('user_id'),
            moduleId: $fields->id('module_id'),
            sectionId: $fields->optionalId('section_id'),
            focusedTime: $fields->number('focused_time', MAX_SESSION_SECONDS),
            unfocusedTime: $fields->number('unfocused_time', MAX_SESSION_SECONDS),
            totalTime: $fields->number('total_time', MAX_SESSION_SECONDS),
            focusPercentage: $fields->number('focus_percentage', 100),
            focusSessions: $fields->whole('focus_sessions', 0),
            unfocusSessions: $fields->whole('unfocus_sessions', 0),
            timestamp: $fields->timestamp('timestamp'),
        );
        $difference = $session->totalTime - $session->focusedTime - $session->unfocusedTime;
        if (abs($difference) > ROUNDING_SECONDS) {
            throw SaveFields::refused('total_time', 'must be focused_time + unfocused_time');
        }
        return $session;
    }

    /**
     * The day the session belongs to: the one it began on, by PHP's `date.timezone`. Asked of a
     * session's first save only, so that one that lasts over midnight stays on one day.
     */
    public function startDate(): string
    {
        $milliseconds = (int) round($this->totalTime * 1000);
        return $this->timestamp
            ->modify("-$milliseconds milliseconds")
            ->setTimezone(new DateTimeZone(date_default_timezone_get()))
            ->format('Y-m-d');
    }

    /** What has no column of its own, as JSON. */
    public function data(): string
    {
        return json_encode([
            'focus_percentage' => $this->focusPercentage,
            'focus_sessions' => $this->focusSessions,
            'unfocus_sessions' => $this->unfocusSessions,
            'session_type' => SESSION_TYPE,
            'timestamp' => $this->timestamp->format('Y-m-d\TH:i:s.v\Z'),
        ], JSON_THROW_ON_ERROR);
    }
}

/** Reads and checks one field at a time; each throws SaveRefused with 422. */
final readonly class SaveFields
{
    /** @param array<string, mixed> $values */
    public function __construct(private array $values)
    {
    }

    public static function refused(string $field, string $message): SaveRefused
    {
        return new SaveRefused(422, 'invalid_field', "$field $message");
    }

    public function expectSessionType(): void
    {
        if (($this->values['session_type'] ?? null) !== SESSION_TYPE) {
            throw self::refused('session_type', 'must be ' . SESSION_TYPE);
        }
    }

    /** The service says so where it sends only what is new (`SAVE_MODE=delta`). */
    public function expectWholeSession(): void
    {
        if (($this->values['save_mode'] ?? 'cumulative') !== 'cumulative') {
            throw self::refused('save_mode', 'must be cumulative: this page does not add up');
        }
    }

    /** As a string: 7 and "7" are the same learner. */
    public function id(string $field): string
    {
        $value = $this->values[$field] ?? null;
        if (is_int($value)) {
            return (string) $value;
        }
        $pattern = '/^.{1,' . MAX_ID_CHARACTERS . '}$/usD';
        if (!is_string($value) || preg_match($pattern, $value) !== 1) {
            throw self::refused($field, 'must be an integer or a text of 1 to 64 characters');
        }
        return $value;
    }

    public function optionalId(string $field): ?string
    {
        return isset($this->values[$field]) ? $this->id($field) : null;
    }

    public function uuid(string $field): string
    {
        $value = $this->values[$field] ?? null;
        $pattern = '/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iD';
        if (!is_string($value) || preg_match($pattern, $value) !== 1) {
            throw self::refused($field, 'must be a UUID: this page does not add up');
        }
        return strtolower($value);
    }

    public function whole(string $field, int $least): int
    {
        $value = $this->values[$field] ?? null;
        if (!is_int($value) || $value < $least || $value > MAX_COUNT) {
            throw self::refused($field, "must be a whole number from $least to " . MAX_COUNT);
        }
        return $value;
    }

    public function number(string $field, int $most): float
    {
        $value = $this->values[$field] ?? null;
        if ((!is_int($value) && !is_float($value)) || $value < 0 || $value > $most) {
            throw self::refused($field, "must be a number from 0 to $most");
        }
        return (float) $value;
    }

    public function timestamp(string $field): DateTimeImmutable
    {
        $value = $this->values[$field] ?? null;
        $format = 'Y-m-d\TH:i:s.v\Z';
        $time = is_string($value) && !str_contains($value, "\0")
            ? DateTimeImmutable::createFromFormat("!$format", $value, new DateTimeZone('UTC'))
            : false;
        // Written back, since 30 February is read as 2 March.
        if ($time === false || $time->format($format) !== $value) {
            throw self::refused($field, 'must be UTC in ISO 8601, such as 2026-01-15T10:30:45.123Z');
        }
        if ($time->format('Y') < '2000' || $time->format('Y') > '2100') {
            throw self::refused($field, 'must lie between the years 2000 and 2100');
        }
        return $time;
    }
}
