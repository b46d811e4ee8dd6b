<?php

/**
 * The platform's save page with faults, which files beside it switch on:
 * `fault` names one for every request, `fault-once` for the next only, and `poisoned` holds an
 * HTTP status and the session_id that gets it.
 */

declare(strict_types=1);

require __DIR__ . '/faults.php';

$session = json_decode((string) file_get_contents('php://input'), true)['session_id'];
[$status, $poisoned] = explode(' ', (string) @file_get_contents(__DIR__ . '/poisoned') . ' ');
if ($poisoned === $session) {
    http_response_code((int) $status);
    echo json_encode(['success' => false, 'error' => 'this one never']);
    exit;
}
$fault = faultOfThisRequest();
misbehave($fault);
ob_start();
require __DIR__ . '/user/database/save_enhanced_tracking.php';
if ($fault === 'hang-when-saved') {
    sleep(60);
}
ob_end_flush();
