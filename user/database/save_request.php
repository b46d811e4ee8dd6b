<?php

declare(strict_types=1);

require_once __DIR__ . '/save_refused.php';

/** A save has some 500 bytes; ids of 64 four-byte characters, escaped, come to 3 kB. */
const MAX_BODY_BYTES = 16_384;
/** Clocks of two servers differ by less; a copied request is worthless after it. */
const MAX_CLOCK_SKEW_SECONDS = 300;
/** A clock is mended by people; the service asks again until then. */
const CLOCK_RETRY_SECONDS = 60;

/**
 * The decoded JSON object of a POST that may save.
 *
 * @return array<string, mixed>
 * @throws SaveRefused 405, 413, 401, 400, or 500 where production has no SAVE_SECRET
 */
function readSaveRequest(): array
{
    if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
        throw new SaveRefused(405, 'method_not_allowed', 'Saves are sent by POST', ['Allow' => 'POST']);
    }
    $body = (string) file_get_contents('php://input', length: MAX_BODY_BYTES + 1);
    if (strlen($body) > MAX_BODY_BYTES) {
        throw new SaveRefused(413, 'body_too_large', 'A save has at most ' . MAX_BODY_BYTES . ' bytes');
    }
    checkSender($body, time());
    return decodeObject($body);
}

/** @throws SaveRefused 401; 500 where signatures are needed and SAVE_SECRET is not set */
function checkSender(string $body, int $now): void
{
    $secret = (string) getenv('SAVE_SECRET');
    if ($secret !== '') {
        checkSignature(
            $secret,
            $_SERVER['HTTP_X_EYELEARN_TIMESTAMP'] ?? '',
            $_SERVER['HTTP_X_EYELEARN_SIGNATURE'] ?? '',
            $body,
            $now,
        );
    } elseif (getenv('ENVIRONMENT') === 'production') {
        throw new SaveRefused(500, 'misconfigured', 'The platform needs SAVE_SECRET in production');
    }
}

/** The signature first: who doesn't know the secret learns nothing of this server's clock. */
function checkSignature(string $secret, string $timestamp, string $signature, string $body, int $now): void
{
    $expected = hash_hmac('sha256', "$timestamp.$body", $secret);
    if (!hash_equals($expected, $signature) || preg_match('/^\d{1,12}$/D', $timestamp) !== 1) {
        throw new SaveRefused(401, 'bad_signature', 'The signature is missing or wrong');
    }
    if (abs($now - (int) $timestamp) > MAX_CLOCK_SKEW_SECONDS) {
        $retry = ['Retry-After' => (string) CLOCK_RETRY_SECONDS];
        throw new SaveRefused(401, 'clock_skew', 'The clocks of service and platform differ', $retry);
    }
}

/**
 * @return array<string, mixed>
 * @throws SaveRefused 400
 */
function decodeObject(string $body): array
{
    try {
        $object = json_decode($body, false, 8, JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING);
    } catch (JsonException) {
        throw new SaveRefused(400, 'not_json', 'The body is not JSON');
    }
    if (!$object instanceof stdClass) {
        throw new SaveRefused(400, 'not_json', 'The body is not a JSON object');
    }
    return get_object_vars($object);
}
