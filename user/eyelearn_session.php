<?php

/** Who the learner is, and which lesson is asked for. Make this file fit your platform's login. */

declare(strict_types=1);

/** The learner of the platform's PHP session; null where nobody is logged in. */
function loggedInUserId(): int|string|null
{
    if (session_status() !== PHP_SESSION_ACTIVE) {
        session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'read_and_close' => true]);
    }
    $userId = $_SESSION['user_id'] ?? null;
    return is_int($userId) || (is_string($userId) && isId($userId)) ? $userId : null;
}

/** An id of the query, such as ?module=22; null where it is missing or no id. */
function idFromQuery(string $name): int|string|null
{
    $value = $_GET[$name] ?? null;
    if (!is_string($value) || !isId($value)) {
        return null;
    }
    // As the integer that most platforms mean, unless that would change it ("007").
    return (string) (int) $value === $value ? (int) $value : $value;
}

/** What the service takes as an id: 1 to 64 characters. */
function isId(string $text): bool
{
    return preg_match('/^.{1,64}$/usD', $text) === 1;
}
