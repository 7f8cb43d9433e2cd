-- How often each user is paged, and how often outside working hours or at night, in the user's own time zone.
--
-- A page is one user being notified of one alert, at the moment when the user became a recipient of it: a row of
-- alert_recipients. Further notifications about the same alert, by other methods or as reminders, belong to the same
-- page. Working hours are Monday to Friday, from 9:00 to 18:00. Night is from 22:00 to 7:00 on any day, and is always
-- outside working hours. A user without a time zone that the database knows is counted in UTC. A user who is no longer
-- in the account is listed by id only. A user with two ids, because the account has moved to JSM Operations, counts as
-- one, by the username, with the time zone of the id that was paged or else of the other one. Users who were never
-- paged are listed with zeros.
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
paged AS (
    SELECT coalesce(people.person, alert_recipients.user_id) AS user_id, alert_recipients.createdat
    FROM alert_recipients
    LEFT JOIN people ON people.id = alert_recipients.user_id
),
pages AS (
    SELECT
        coalesce(users.id, paged.user_id) AS user_id,
        users.fullname AS user_name,
        coalesce(zones.timezone, 'UTC') AS time_zone,
        to_timestamp(extract(epoch FROM paged.createdat))
            AT TIME ZONE coalesce(zones.timezone, 'UTC') AS paged_at
    FROM (SELECT users.* FROM users JOIN people ON people.id = users.id AND people.person = people.id) AS users
    FULL JOIN paged ON paged.user_id = users.id
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
