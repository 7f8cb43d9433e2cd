-- How often somebody was paged in each hour of each day of the week (1 is Monday), by the clock of the one who was paged.
--
-- A page is what it is in examples/sql/pages_outside_working_hours.sql: one user being notified of one alert.
WITH pages AS (
    SELECT
        to_timestamp(extract(epoch FROM alert_recipients.createdat))
            AT TIME ZONE coalesce(nullif(users.timezone, ''), 'UTC') AS paged_at
    FROM alert_recipients
    LEFT JOIN users ON users.id = alert_recipients.user_id
    WHERE alert_recipients.createdat IS NOT NULL
)
SELECT extract(isodow FROM paged_at) AS day, extract(hour FROM paged_at) AS hour, count(*) AS pages
FROM pages
GROUP BY day, hour
ORDER BY day, hour
