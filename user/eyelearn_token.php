<?php

/**
 * The learner's token for EyeLearn Focus: a JWT with HS256 by AUTH_SECRET, which both servers know.
 * Where that is two secrets, separated by a comma, the first signs.
 *
 * Required by a page, it gives `eyelearnToken`. Asked for by itself, it answers a learner who is
 * logged in with a fresh one: a lesson may last longer than a token.
 */

declare(strict_types=1);

require_once __DIR__ . '/eyelearn_session.php';

/** The service's word for itself. */
const EYELEARN_AUDIENCE = 'eyelearn';
const EYELEARN_TOKEN_SECONDS = 3600;
const EYELEARN_MAX_TOKEN_SECONDS = 86_400;

/**
 * @param int|string $userId As the page gives it to the service.
 * @param int|string|null $moduleId The only module that the token is good for; null: any.
 * @return string|null null where AUTH_SECRET is not set, and the service asks for no token
 * @throws InvalidArgumentException for a lifetime under a second or over a day
 */
function eyelearnToken(
    int|string $userId,
    int|string|null $moduleId = null,
    int $seconds = EYELEARN_TOKEN_SECONDS,
): ?string {
    $secret = trim(explode(',', (string) getenv('AUTH_SECRET'))[0]);
    if ($secret === '') {
        return null;
    }
    if ($seconds < 1 || $seconds > EYELEARN_MAX_TOKEN_SECONDS) {
        throw new InvalidArgumentException('A token lasts from a second to a day');
    }
    $now = time();
    $claims = ['sub' => (string) $userId, 'aud' => EYELEARN_AUDIENCE, 'iat' => $now, 'exp' => $now + $seconds];
    if ($moduleId !== null) {
        $claims['module_id'] = $moduleId;
    }
    $signed = jwtPart(['alg' => 'HS256', 'typ' => 'JWT']) . '.' . jwtPart($claims);
    return $signed . '.' . base64Url(hash_hmac('sha256', $signed, $secret, true));
}

/** @param array<string, int|string> $values */
function jwtPart(array $values): string
{
    return base64Url(json_encode($values, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
}

function base64Url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** Answers GET ?module=… with {"token": …}; 401 where nobody is logged in, 400 for a bad module. */
function answerWithToken(): void
{
    header('Content-Type: application/json');
    // No cache may hand one learner's token to another, and no other origin reads it.
    header('Cache-Control: no-store');
    header('Cross-Origin-Resource-Policy: same-origin');
    $userId = loggedInUserId();
    $moduleId = idFromQuery('module');
    if ($userId === null) {
        http_response_code(401);
        echo '{"error": "Nobody is logged in"}';
    } elseif ($moduleId === null) {
        http_response_code(400);
        echo '{"error": "Which module?"}';
    } else {
        echo json_encode(['token' => eyelearnToken($userId, $moduleId)], JSON_THROW_ON_ERROR);
    }
}

if (realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) === __FILE__ && PHP_SAPI !== 'cli') {
    ini_set('display_errors', '0');
    answerWithToken();
}
