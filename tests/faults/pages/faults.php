<?php

declare(strict_types=1);

/** What is wrong with this request; empty for nothing. */
function faultOfThisRequest(): string
{
    $once = __DIR__ . '/fault-once';
    $mine = $once . getmypid();
    if (@rename($once, $mine)) {
        return (string) file_get_contents($mine);
    }
    return (string) @file_get_contents(__DIR__ . '/fault');
}

function misbehave(string $fault): void
{
    switch ($fault) {
        case 'false':
            echo json_encode(['success' => false, 'error' => 'the database is down']);
            exit;
        case 'error':
            http_response_code(500);
            echo json_encode(['success' => true]);
            exit;
        case 'garbage':
            echo "<br />\n<b>Warning</b>: Undefined variable \$row {\"success\": true";
            exit;
        case 'hang':
            sleep(60);
            exit;
    }
}
