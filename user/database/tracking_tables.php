<?php

declare(strict_types=1);

require_once __DIR__ . '/fault_log.php';
require_once __DIR__ . '/save_refused.php';
require_once __DIR__ . '/tracked_session.php';

/** To connect, and for each answer: the service waits 10 s, and a dead connection is found by one. */
const DATABASE_TIMEOUT_SECONDS = 4;
/** For a row that another post, or a person, has locked; below the timeout. */
const LOCK_WAIT_SECONDS = 3;
const RETRY_SECONDS = 5;
/** A deadlock's victim wins soon; with 8 posts at once the third attempt is rare already. */
const MAX_ATTEMPTS = 5;

const ER_DUP_ENTRY = 1062;
const ER_LOCK_DEADLOCK = 1213;
const ER_LOCK_WAIT_TIMEOUT = 1205;
/** Connection refused, host not found, server gone or lost, shutdown, too many connections. */
const DATABASE_AWAY = [2002, 2003, 2005, 2006, 2013, 1040, 1053, 1203, 1927];
/** A value that a column of an existing table can't hold: no integer, out of range, too long. */
const VALUE_DOES_NOT_FIT = [1264, 1265, 1292, 1366, 1406];

/**
 * The platform's MariaDB, from MYSQLHOST, MYSQLPORT, MYSQLDATABASE, MYSQLUSER and MYSQLPASSWORD.
 *
 * @throws SaveRefused 500 where a name that has no default is not set
 * @throws PDOException
 */
function connect(): PDO
{
    foreach (['MYSQLHOST', 'MYSQLDATABASE', 'MYSQLUSER'] as $name) {
        if ((string) getenv($name) === '') {
            throw new SaveRefused(500, 'misconfigured', "The platform needs $name");
        }
    }
    $dsn = sprintf(
        'mysql:host=%s;port=%s;dbname=%s;charset=utf8mb4',
        getenv('MYSQLHOST'),
        getenv('MYSQLPORT') ?: '3306',
        getenv('MYSQLDATABASE'),
    );
    ini_set('mysqlnd.net_read_timeout', (string) DATABASE_TIMEOUT_SECONDS);
    return new PDO($dsn, (string) getenv('MYSQLUSER'), (string) getenv('MYSQLPASSWORD'), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => false,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        PDO::ATTR_TIMEOUT => DATABASE_TIMEOUT_SECONDS,
        // By a name of its own, so that no other page gets a connection with these settings.
        PDO::ATTR_PERSISTENT => 'eyelearn',
        // Read committed: after the wait for a day's row, its sum has to see what was written
        // meanwhile. Strict: an id that an INT column can't hold is refused, not stored as 0.
        PDO::MYSQL_ATTR_INIT_COMMAND => "SET SESSION sql_mode = 'STRICT_ALL_TABLES',"
            . ' innodb_lock_wait_timeout = ' . LOCK_WAIT_SECONDS . ','
            . " tx_isolation = 'READ-COMMITTED'",
    ]);
}

/**
 * Keeps the session if it is newer than what is held, and recomputes its day.
 *
 * @return int the revision held now
 * @throws SaveRefused 409, 422, 503; 500 where the platform is not set up
 * @throws PDOException for what is this platform's own fault
 */
function saveSession(TrackedSession $session): int
{
    $database = null;
    for ($attempt = 1; ; $attempt++) {
        try {
            $database ??= connect();
            return saveOnce($database, $session);
        } catch (PDOException $error) {
            if (!isLostRace($error) || $attempt === MAX_ATTEMPTS) {
                throw refusal($error) ?? $error;
            }
            usleep(random_int(1_000, 10_000) * $attempt);
        }
    }
}

/** Two posts wanted the same rows at once, and this one has to look again. */
function isLostRace(PDOException $error): bool
{
    return in_array(driverCode($error), [ER_LOCK_DEADLOCK, ER_DUP_ENTRY], true);
}

function refusal(PDOException $error): ?SaveRefused
{
    $code = driverCode($error);
    if (in_array($code, [...DATABASE_AWAY, ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT], true)) {
        $retry = ['Retry-After' => (string) RETRY_SECONDS];
        return new SaveRefused(503, 'database_unavailable', 'The database is not available', $retry, $error);
    }
    if (in_array($code, VALUE_DOES_NOT_FIT, true)) {
        preg_match('/user_id|module_id|section_id/', $error->getMessage(), $column);
        $field = $column[0] ?? 'a value';
        return SaveFields::refused($field, "does not fit the platform's table");
    }
    return null;
}

/**
 * Locks the session's row, then its day's, always in this order: two posts can wait for each
 * other only where both insert, and then one of them tries again.
 */
function saveOnce(PDO $database, TrackedSession $session): int
{
    $database->beginTransaction();
    try {
        $held = heldSession($database, $session->sessionUid);
        if ($held === null) {
            insertSession($database, $session);
            $held = heldSession($database, $session->sessionUid);
            checkIds($held, $session);
            recomputeDay($database, $held);
        } else {
            checkIds($held, $session);
            if ($held['revision'] < $session->revision) {
                updateSession($database, $session);
                recomputeDay($database, $held);
            }
        }
        $database->commit();
        return max((int) $held['revision'], $session->revision);
    } catch (Throwable $error) {
        rollBack($database);
        throw $error;
    }
}

/** The first error is the one to tell; a connection that is lost has rolled back by itself. */
function rollBack(PDO $database): void
{
    try {
        $database->rollBack();
    } catch (PDOException $error) {
        logFault($error);
    }
}

/**
 * @param list<mixed> $values
 */
function run(PDO $database, string $sql, array $values): PDOStatement
{
    $statement = $database->prepare($sql);
    $statement->execute($values);
    return $statement;
}

/** @return array<string, mixed>|null the row, locked */
function heldSession(PDO $database, string $sessionUid): ?array
{
    $row = run(
        $database,
        'SELECT revision, user_id, module_id, section_id, session_date
            FROM eye_tracking_sessions WHERE session_uid = ? FOR UPDATE',
        [$sessionUid],
    )->fetch();
    return $row === false ? null : $row;
}

function insertSession(PDO $database, TrackedSession $session): void
{
    run(
        $database,
        'INSERT INTO eye_tracking_sessions (session_uid, revision, user_id, module_id, section_id,
            session_date, total_time_seconds, focused_time_seconds, unfocused_time_seconds,
            session_type, session_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [
            $session->sessionUid,
            $session->revision,
            $session->userId,
            $session->moduleId,
            $session->sectionId,
            $session->startDate(),
            ...seconds($session),
            SESSION_TYPE,
            $session->data(),
        ],
    );
}

function updateSession(PDO $database, TrackedSession $session): void
{
    run(
        $database,
        'UPDATE eye_tracking_sessions SET revision = ?, total_time_seconds = ?,
            focused_time_seconds = ?, unfocused_time_seconds = ?, session_data = ?
            WHERE session_uid = ?',
        [$session->revision, ...seconds($session), $session->data(), $session->sessionUid],
    );
}

/** @return list<string> total, focused, unfocused to the millisecond, for DECIMAL columns */
function seconds(TrackedSession $session): array
{
    return array_map(
        fn (float $time): string => number_format($time, 3, '.', ''),
        [$session->totalTime, $session->focusedTime, $session->unfocusedTime],
    );
}

/**
 * A session's learner and lesson never change; an INT column turns "007" into 7.
 *
 * @param array<string, mixed> $held
 */
function checkIds(array $held, TrackedSession $session): void
{
    $sent = [
        'user_id' => $session->userId,
        'module_id' => $session->moduleId,
        'section_id' => $session->sectionId,
    ];
    foreach ($sent as $field => $value) {
        if (($held[$field] === null ? null : (string) $held[$field]) !== $value) {
            $message = "$field is not the one that the platform holds for this session";
            throw new SaveRefused(409, 'session_conflict', $message);
        }
    }
}

/**
 * Sums up all sessions of the learner's day, those of other pages included.
 *
 * Three statements, for two reasons: what waits for a lock has read what it reads before it
 * waits, and an UPDATE that reads the sessions itself locks those that others are writing.
 *
 * @param array<string, mixed> $held
 */
function recomputeDay(PDO $database, array $held): void
{
    $day = [$held['user_id'], $held['module_id'], $held['section_id'], $held['session_date']];
    $row = lockedDay($database, $day) ?? insertedDay($database, $day);
    run(
        $database,
        'UPDATE eye_tracking_analytics SET total_time = ?, total_focused_time = ?,
            total_unfocused_time = ?, focus_percentage = ?, session_count = ?,
            average_session_time = ? WHERE id = ?',
        [...daySums($database, $day), $row],
    );
}

/**
 * @param list<mixed> $day user, module, section, date
 * @return list<mixed> total, focused, unfocused seconds, percent, sessions, seconds per session
 */
function daySums(PDO $database, array $day): array
{
    return run(
        $database,
        'SELECT SUM(total_time_seconds), SUM(focused_time_seconds), SUM(unfocused_time_seconds),
                ROUND(COALESCE(100 * SUM(focused_time_seconds)
                    / NULLIF(SUM(total_time_seconds), 0), 0), 2),
                COUNT(*), ROUND(AVG(total_time_seconds), 3)
            FROM eye_tracking_sessions
            WHERE user_id = ? AND module_id = ? AND section_id <=> ? AND session_date = ?',
        $day,
    )->fetch(PDO::FETCH_NUM);
}

/** As migrate_existing_tables.sql has it, too; JSON keeps ("1", "23") and ("12", "3") apart. */
const DAY_KEY = 'SHA2(JSON_ARRAY(CAST(? AS CHAR), CAST(? AS CHAR), CAST(? AS CHAR), CAST(? AS CHAR)), 256)';

/** @param list<mixed> $day user, module, section, date */
function lockedDay(PDO $database, array $day): ?int
{
    $id = run(
        $database,
        'SELECT id FROM eye_tracking_analytics WHERE day_key = ' . DAY_KEY . ' FOR UPDATE',
        $day,
    )->fetchColumn();
    return $id === false ? null : (int) $id;
}

/**
 * Locked, too. Where another page has made the row meanwhile, it becomes ours.
 *
 * @param list<mixed> $day
 */
function insertedDay(PDO $database, array $day): int
{
    return (int) run(
        $database,
        'INSERT INTO eye_tracking_analytics (user_id, module_id, section_id, date, day_key)
            VALUES (?, ?, ?, ?, ' . DAY_KEY . ')
            ON DUPLICATE KEY UPDATE day_key = VALUES(day_key) RETURNING id',
        [...$day, ...$day],
    )->fetchColumn();
}
