<?php

/**
 * An example of a lesson page with EyeLearn Focus: Smodulepart.php?module=22&section=82.
 * The lesson works without the camera; who asks is js/webcam-websocket.js, how it looks is in lesson.css.
 */

declare(strict_types=1);

require_once __DIR__ . '/eyelearn_session.php';
require_once __DIR__ . '/eyelearn_token.php';

ini_set('display_errors', '0');

function escaped(int|string $text): string
{
    return htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
}

/**
 * What is wrong with the request.
 *
 * @return array{int, string, string}|null HTTP status, title and a sentence; null: nothing
 */
function refusedLesson(int|string|null $userId, int|string|null $moduleId, int|string|null $sectionId): ?array
{
    return match (true) {
        $userId === null => [401, 'Please log in', 'You are not logged in. Log in, then open the lesson again.'],
        $moduleId === null => [400, 'No such lesson', 'This address names no module. Open the lesson from its course.'],
        // A module may be shown as a whole; a section that is no id is a broken link.
        $sectionId === null && ($_GET['section'] ?? '') !== '' =>
            [400, 'No such lesson', 'This address names no section. Open the lesson from its course.'],
        default => null,
    };
}

/** Own files, the service, and the CDN that has the Socket.IO client where the service has not. */
function contentSecurityPolicy(string $serverUrl): string
{
    $service = serviceOrigin($serverUrl);
    $socket = preg_replace('/^http/', 'ws', $service);
    return implode('; ', [
        "default-src 'none'",
        "script-src 'self' $service https://cdn.jsdelivr.net",
        "connect-src 'self' $service $socket",
        // Where the face is found in the browser: a script beside ours, or a hidden frame of the service.
        "worker-src 'self' blob:",
        "frame-src $service",
        "style-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]);
}

/** Scheme, host and port alone; empty where EYELEARN_SERVER_URL is no http address. */
function serviceOrigin(string $serverUrl): string
{
    $found = preg_match('~^https?://[A-Za-z0-9.\-\[\]:]+~', $serverUrl, $origin);
    return $found === 1 ? $origin[0] : '';
}

$userId = loggedInUserId();
$moduleId = idFromQuery('module');
$sectionId = idFromQuery('section');
$refused = refusedLesson($userId, $moduleId, $sectionId);
$title = $refused[1] ?? "Lesson $moduleId";
$serverUrl = (string) getenv('EYELEARN_SERVER_URL');
http_response_code($refused[0] ?? 200);
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
header('Content-Security-Policy: ' . contentSecurityPolicy($serverUrl));
header('Permissions-Policy: camera=(self' . (serviceOrigin($serverUrl) === '' ? '' : ' "' . serviceOrigin($serverUrl) . '"') . ')');
header('Referrer-Policy: same-origin');
header('X-Content-Type-Options: nosniff');

$lesson = $refused !== null ? [] : [
    'userId' => $userId,
    'moduleId' => $moduleId,
    'sectionId' => $sectionId,
    'token' => eyelearnToken($userId, $moduleId),
];
?>
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="eyelearn-server" content="<?= escaped($serverUrl) ?>">
  <title><?= escaped($title) ?></title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="lesson.css">
<?php if ($refused === null) : ?>
  <script src="js/webcam-websocket.js" defer></script>
  <script src="js/focus-badge.js" defer></script>
<?php endif ?>
</head>
<body>
<main>
  <h1><?= escaped($title) ?></h1>
<?php if ($refused !== null) : ?>
  <p><?= escaped($refused[2]) ?></p>
<?php else : ?>
  <article>
    <p>Your lesson is here. This example shows how a page of your platform tells whether the learner
      looks at it: only after they agreed, and never in the way of the lesson.</p>
    <h2>Seeing further</h2>
    <p>Light enters the eye through the pupil, and the lens throws a small picture, upside down, on
      the retina. Only its middle, the fovea, sees sharply: about the width of a thumb at arm's
      length. All the rest is put together by moving the eyes, three times a second.</p>
    <p>Hold up a thumb, look at it, and try to read the text beside it without moving your eyes.
      What do you notice?</p>
  </article>
<?php endif ?>
</main>
<?php if ($refused === null) : ?>
<aside id="focus" aria-label="Focus tracking" data-state="off">
  <p role="status" aria-live="polite"><span class="sign" aria-hidden="true"></span><span id="focus-words"></span></p>
  <p id="focus-problem" role="alert" hidden></p>
  <div class="buttons">
    <button type="button" id="focus-start" class="main" hidden>Use my camera</button>
    <button type="button" id="focus-pause" hidden>Pause</button>
  </div>
  <div id="focus-control"></div>
</aside>
<script type="application/json" id="focus-lesson"><?=
    json_encode($lesson, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT | JSON_THROW_ON_ERROR)
?></script>
<?php endif ?>
</body>
</html>
