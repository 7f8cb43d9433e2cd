-- The number of pages by day of the week (1 is Monday) and hour, in the time zone of the person who was paged, and how
-- many of these pages are counted in UTC because the person's time zone is unknown.
--
-- A page and a person's time zone are defined as in examples/sql/pages_outside_working_hours.sql.
WITH people AS (
    SELECT id, max(id) OVER (PARTITION BY coalesce(lower(nullif(username, '')), id)) AS person FROM users
),
zones AS (
    SELECT
        people.person AS id,
        coalesce(
            max(CASE WHEN users.id IN (SELECT user_id FROM alert_recipients) THEN users.timezone END),
            max(users.timezone)
        ) AS timezone
    FROM users
    JOIN people ON people.id = users.id
    WHERE users.timezone IN (SELECT name FROM pg_timezone_names())
    GROUP BY people.person
),
pages AS (
    SELECT
        to_timestamp(extract(epoch FROM alert_recipients.createdat))
            AT TIME ZONE coalesce(zones.timezone, 'UTC') AS paged_at,
        zones.timezone IS NULL AS is_in_utc
    FROM alert_recipients
    LEFT JOIN people ON people.id = alert_recipients.user_id
    LEFT JOIN zones ON zones.id = people.person
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
