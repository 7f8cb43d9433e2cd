-- The number of pages by day of the week (1 is Monday) and hour, in the time zone of the person who was paged, and how
-- many of these pages are counted in UTC because the person's time zone is unknown.
--
-- A page is defined as in examples/sql/pages_outside_working_hours.sql: one user being notified of one alert.
WITH zones AS (
    SELECT id, timezone FROM users WHERE timezone IN (SELECT name FROM pg_timezone_names())
),
pages AS (
    SELECT
        to_timestamp(extract(epoch FROM alert_recipients.createdat))
            AT TIME ZONE coalesce(zones.timezone, 'UTC') AS paged_at,
        zones.timezone IS NULL AS is_in_utc
    FROM alert_recipients
    LEFT JOIN zones ON zones.id = alert_recipients.user_id
    WHERE alert_recipients.createdat IS NOT NULL
)
SELECT
    extract(isodow FROM paged_at) AS day,
    extract(hour FROM paged_at) AS hour,
    count(*) AS pages,
    count(*) FILTER (WHERE is_in_utc) AS in_utc
FROM pages
GROUP BY day, hour
ORDER BY day, hour
