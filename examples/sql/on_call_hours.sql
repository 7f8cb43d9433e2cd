-- How many hours each user was on call in each month (UTC), and how many hours they took over through overrides.
--
-- The hours come from the final timelines, which include overrides and forwarding. An hour counts once for a user,
-- even if several rotations or schedules name the user, and a period is split where a month ends. override_hours are
-- the hours of the overrides that put the user on call, according to the override timelines, counted in the same way.
-- A period of several users counts for each of them. A period of a team counts for each of its members in the table
-- team_members. A period of an escalation counts only if the timeline names its users. A user who has left the account,
-- so that the table users has no row for them, is left out. A user with two ids, because the account has moved to JSM
-- Operations, counts as one, by the username. schedule_timelines contains only periods that have ended, from the
-- connector's start_date or the last twelve months.
WITH RECURSIVE people AS (
    SELECT id, fullname, max(id) OVER (PARTITION BY coalesce(lower(nullif(username, '')), id)) AS person FROM users
),
periods AS (
    SELECT
        layer,
        to_timestamp(extract(epoch FROM startdate)) AT TIME ZONE 'UTC' AS starts,
        to_timestamp(extract(epoch FROM enddate)) AT TIME ZONE 'UTC' AS ends,
        unnest(string_to_array(recipient_id, ',')) AS id
    FROM schedule_timelines
    WHERE layer IN ('final', 'override')
),
on_call AS (
    SELECT people.person AS user_id, periods.layer, periods.starts, periods.ends
    FROM periods
    JOIN people ON people.id = periods.id
    UNION ALL
    SELECT coalesce(people.person, team_members.user_id), periods.layer, periods.starts, periods.ends
    FROM periods
    JOIN team_members ON team_members.team_id = periods.id
    LEFT JOIN people ON people.id = team_members.user_id
),
months AS (
    SELECT date_trunc('month', min(starts)) AS month FROM on_call
    UNION ALL
    SELECT month + INTERVAL '1 month' FROM months WHERE month + INTERVAL '1 month' < (SELECT max(ends) FROM on_call)
),
parts AS (
    SELECT
        on_call.user_id,
        on_call.layer,
        months.month,
        greatest(on_call.starts, months.month) AS starts,
        least(on_call.ends, months.month + INTERVAL '1 month') AS ends
    FROM on_call
    JOIN months ON on_call.starts < months.month + INTERVAL '1 month' AND on_call.ends > months.month
),
counted AS (
    SELECT
        user_id,
        layer,
        month,
        ends,
        -- Hours that an earlier part covers are counted with that part.
        greatest(starts, coalesce(max(ends) OVER earlier, starts)) AS counted_from
    FROM parts
    WINDOW earlier AS (
        PARTITION BY user_id, layer, month ORDER BY starts, ends ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
spans AS (
    SELECT user_id, layer, month, CAST(extract(epoch FROM ends - counted_from) AS double precision) / 3600 AS hours
    FROM counted
    WHERE ends > counted_from
)
SELECT
    spans.user_id,
    users.fullname AS user_name,
    CAST(spans.month AS date) AS month,
    coalesce(sum(spans.hours) FILTER (WHERE spans.layer = 'final'), 0) AS hours,
    coalesce(sum(spans.hours) FILTER (WHERE spans.layer = 'override'), 0) AS override_hours
FROM spans
LEFT JOIN users ON users.id = spans.user_id
GROUP BY spans.user_id, users.fullname, spans.month
ORDER BY month, user_name, spans.user_id
