<?php

/**
 * Takes the sessions that EyeLearn Focus posts, and keeps them in the platform's tables.
 * How to install it: docs/platform.md.
 */

declare(strict_types=1);

ini_set('display_errors', '0');

require_once __DIR__ . '/fault_log.php';
require_once __DIR__ . '/save_request.php';
require_once __DIR__ . '/tracked_session.php';
require_once __DIR__ . '/tracking_tables.php';

/** @param array<string, mixed> $body @param array<string, string> $headers */
function answer(int $status, array $body, array $headers = []): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
    foreach ($headers as $name => $value) {
        header("$name: $value");
    }
    echo json_encode($body, JSON_THROW_ON_ERROR);
}

try {
    $session = TrackedSession::fromJson(readSaveRequest());
    $revision = saveSession($session);
    answer(200, ['success' => true, 'revision' => $revision, 'session_id' => $session->sessionUid]);
} catch (SaveRefused $refused) {
    if ($refused->status >= 500) {
        logFault($refused->getPrevious() ?? $refused);
    }
    $body = ['success' => false, 'error' => $refused->getMessage(), 'code' => $refused->reason];
    answer($refused->status, $body, $refused->headers);
} catch (Throwable $error) {
    logFault($error);
    $message = 'The platform could not save; its log says why';
    answer(500, ['success' => false, 'error' => $message, 'code' => 'internal']);
}
