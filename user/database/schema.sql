-- The two tables of a new installation, for MariaDB 10.5 or later. A platform that has them
-- already takes migrate_existing_tables.sql instead. What is why: docs/platform.md.
SET NAMES utf8mb4;

-- nopad: ids differ that differ only in spaces at their end.
CREATE TABLE eye_tracking_sessions (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    session_uid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'session_id of the service; NULL: a row that another page wrote',
    revision INT UNSIGNED NULL COMMENT 'the newest that was posted',
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    module_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    section_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL,
    session_date DATE NOT NULL DEFAULT (CURRENT_DATE) COMMENT 'the day on which it began',
    total_time_seconds DECIMAL(12, 3) NOT NULL DEFAULT 0,
    focused_time_seconds DECIMAL(12, 3) NOT NULL DEFAULT 0,
    unfocused_time_seconds DECIMAL(12, 3) NOT NULL DEFAULT 0,
    session_type VARCHAR(32) NOT NULL DEFAULT 'viewing',
    session_data JSON NULL
        COMMENT 'focus_percentage, focus_sessions, unfocus_sessions, session_type, timestamp',
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_updated TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY session_uid (session_uid),
    KEY learner_day (user_id, module_id, section_id, session_date)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE eye_tracking_analytics (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    day_key CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'SHA-256 of user, module, section and date: unique where section_id is NULL, too',
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    module_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    section_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL,
    date DATE NOT NULL,
    total_time DECIMAL(12, 3) NOT NULL DEFAULT 0 COMMENT 'seconds, as the next two',
    total_focused_time DECIMAL(12, 3) NOT NULL DEFAULT 0,
    total_unfocused_time DECIMAL(12, 3) NOT NULL DEFAULT 0,
    focus_percentage DECIMAL(5, 2) NOT NULL DEFAULT 0,
    session_count INT UNSIGNED NOT NULL DEFAULT 0,
    average_session_time DECIMAL(12, 3) NOT NULL DEFAULT 0 COMMENT 'seconds',
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY day_key (day_key),
    KEY learner_date (user_id, date)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
