-- How often each user is paged, and how often outside working hours or at night, by the clock of the user's own time
-- zone.
--
-- A page is one user being notified of one alert, at the moment the user became a recipient of it: a row of
-- alert_recipients. Further messages about the same alert, by other methods or as reminders, are the same page.
-- Working hours are Monday to Friday, from 9:00 to 18:00. Night is from 22:00 to 7:00 on any day, and a part of what is
-- outside working hours. A user without a time zone that the database knows is counted in UTC; one who is no longer in the
-- account keeps the pages, by id only. Users who were never paged are in the answer, with zeros.
WITH zones AS (
    SELECT id, timezone FROM users WHERE timezone IN (SELECT name FROM pg_timezone_names())
),
pages AS (
    SELECT
        coalesce(users.id, alert_recipients.user_id) AS user_id,
        users.fullname AS user_name,
        coalesce(zones.timezone, 'UTC') AS time_zone,
        to_timestamp(extract(epoch FROM alert_recipients.createdat))
            AT TIME ZONE coalesce(zones.timezone, 'UTC') AS paged_at
    FROM users
    FULL JOIN alert_recipients ON alert_recipients.user_id = users.id
    LEFT JOIN zones ON zones.id = users.id
)
SELECT
    user_id,
    user_name,
    time_zone,
    count(paged_at) AS pages,
    count(*) FILTER (
        WHERE extract(isodow FROM paged_at) >= 6 OR extract(hour FROM paged_at) < 9 OR extract(hour FROM paged_at) >= 18
    ) AS outside_working_hours,
    count(*) FILTER (WHERE extract(hour FROM paged_at) < 7 OR extract(hour FROM paged_at) >= 22) AS at_night
FROM pages
GROUP BY user_id, user_name, time_zone
ORDER BY pages DESC, user_id
