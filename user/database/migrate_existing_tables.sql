-- For a platform whose eye_tracking_sessions (and eye_tracking_analytics) hold rows already.
-- Keeps every row and value, drops no column, may be run again. MariaDB 10.5 or later.
-- ALTER TABLE ends a transaction, so there is none: where it stops, mend the cause and run it again.
SET NAMES utf8mb4;
-- A value that would not fit stops the migration instead of being cut.
SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES');

ALTER TABLE eye_tracking_sessions
    ADD COLUMN IF NOT EXISTS session_uid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'session_id of the service; NULL: a row that another page wrote' AFTER id,
    ADD COLUMN IF NOT EXISTS revision INT UNSIGNED NULL
        COMMENT 'the newest that was posted' AFTER session_uid,
    ADD COLUMN IF NOT EXISTS session_date DATE NULL
        COMMENT 'the day on which it began' AFTER section_id,
    ADD COLUMN IF NOT EXISTS session_data JSON NULL
        COMMENT 'focus_percentage, focus_sessions, unfocus_sessions, session_type, timestamp',
    ADD COLUMN IF NOT EXISTS focused_time_seconds DECIMAL(12, 3) DEFAULT 0,
    ADD COLUMN IF NOT EXISTS unfocused_time_seconds DECIMAL(12, 3) DEFAULT 0;

ALTER TABLE eye_tracking_sessions
    MODIFY COLUMN total_time_seconds DECIMAL(12, 3) DEFAULT 0,
    MODIFY COLUMN focused_time_seconds DECIMAL(12, 3) DEFAULT 0,
    MODIFY COLUMN unfocused_time_seconds DECIMAL(12, 3) DEFAULT 0,
    -- The ENUM has other values on other platforms; this holds them all.
    MODIFY COLUMN session_type VARCHAR(32) DEFAULT 'viewing';

-- Without the second assignment the row would look as if it had been updated today.
UPDATE eye_tracking_sessions
    SET session_date = DATE(created_at), last_updated = last_updated
    WHERE session_date IS NULL AND created_at IS NOT NULL;

ALTER TABLE eye_tracking_sessions
    -- For the rows that other pages of the platform go on writing.
    MODIFY COLUMN session_date DATE NULL DEFAULT (CURRENT_DATE)
        COMMENT 'the day on which it began',
    ADD UNIQUE INDEX IF NOT EXISTS session_uid (session_uid),
    ADD INDEX IF NOT EXISTS learner_day (user_id, module_id, section_id, session_date);

CREATE TABLE IF NOT EXISTS eye_tracking_analytics (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    module_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    section_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL,
    date DATE NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY learner_date (user_id, date)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

ALTER TABLE eye_tracking_analytics
    ADD COLUMN IF NOT EXISTS day_key CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'SHA-256 of user, module, section and date: unique where section_id is NULL, too'
        AFTER id,
    ADD COLUMN IF NOT EXISTS total_time DECIMAL(12, 3) NOT NULL DEFAULT 0
        COMMENT 'seconds, as the next two' AFTER date,
    ADD COLUMN IF NOT EXISTS total_focused_time DECIMAL(12, 3) DEFAULT 0,
    ADD COLUMN IF NOT EXISTS total_unfocused_time DECIMAL(12, 3) DEFAULT 0,
    ADD COLUMN IF NOT EXISTS focus_percentage DECIMAL(5, 2) DEFAULT 0,
    ADD COLUMN IF NOT EXISTS session_count INT UNSIGNED DEFAULT 0,
    ADD COLUMN IF NOT EXISTS average_session_time DECIMAL(12, 3) DEFAULT 0,
    ADD COLUMN IF NOT EXISTS updated_at
        TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP;

ALTER TABLE eye_tracking_analytics
    MODIFY COLUMN total_focused_time DECIMAL(12, 3) DEFAULT 0,
    MODIFY COLUMN total_unfocused_time DECIMAL(12, 3) DEFAULT 0,
    MODIFY COLUMN average_session_time DECIMAL(12, 3) DEFAULT 0,
    ADD UNIQUE INDEX IF NOT EXISTS day_key (day_key);

-- A day that is there already goes on in its own row: the newest, where NULL made several.
UPDATE eye_tracking_analytics AS day
    JOIN (
        SELECT MAX(id) AS id FROM eye_tracking_analytics
            GROUP BY user_id, module_id, section_id, date HAVING COUNT(day_key) = 0
    ) AS newest ON newest.id = day.id
    SET day.updated_at = day.updated_at,
        day.day_key = SHA2(
            JSON_ARRAY(
                CAST(day.user_id AS CHAR), CAST(day.module_id AS CHAR),
                CAST(day.section_id AS CHAR), CAST(day.date AS CHAR)
            ),
            256
        );
