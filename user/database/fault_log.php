<?php

declare(strict_types=1);

/** For the platform's log: what and where. Messages may quote ids and addresses, so none is kept. */
function logFault(Throwable $error): void
{
    $code = $error instanceof PDOException ? ' ' . driverCode($error) : '';
    $place = basename($error->getFile()) . ':' . $error->getLine();
    error_log('save_enhanced_tracking: ' . $error::class . "$code at $place");
}

/** MariaDB's number of the error. */
function driverCode(PDOException $error): int
{
    // While connecting there is no errorInfo, and the code is the driver's.
    return (int) ($error->errorInfo[1] ?? $error->getCode());
}
