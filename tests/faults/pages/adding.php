<?php

/** A page as in the field: adds what it is sent to the day's row, in whole seconds. */

declare(strict_types=1);

require __DIR__ . '/faults.php';

misbehave(faultOfThisRequest());
$sent = json_decode((string) file_get_contents('php://input'), true);
$learner = [$sent['user_id'], $sent['module_id'], $sent['section_id']];
$seconds = [(int) $sent['total_time'], (int) $sent['focused_time'], (int) $sent['unfocused_time']];
try {
    $database = new PDO(
        sprintf(
            'mysql:host=%s;port=%s;dbname=%s',
            getenv('MYSQLHOST'),
            getenv('MYSQLPORT'),
            getenv('MYSQLDATABASE'),
        ),
        (string) getenv('MYSQLUSER'),
        (string) getenv('MYSQLPASSWORD'),
    );
    $add = $database->prepare('UPDATE eye_tracking_sessions
        SET total_time_seconds = total_time_seconds + ?,
            focused_time_seconds = focused_time_seconds + ?,
            unfocused_time_seconds = unfocused_time_seconds + ?
        WHERE user_id = ? AND module_id = ? AND section_id = ? AND session_date = CURRENT_DATE');
    $add->execute([...$seconds, ...$learner]);
    if ($add->rowCount() === 0) {
        $database->prepare('INSERT INTO eye_tracking_sessions (total_time_seconds,
            focused_time_seconds, unfocused_time_seconds, user_id, module_id, section_id)
            VALUES (?, ?, ?, ?, ?, ?)')->execute([...$seconds, ...$learner]);
    }
    echo json_encode(['success' => true]);
} catch (PDOException) {
    echo json_encode(['success' => false, 'error' => 'the database is down']);
}
