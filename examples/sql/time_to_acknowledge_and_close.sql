-- How long alerts wait until they are acknowledged, and until they are closed.
--
-- Each row is a team, a priority and a month of creation (UTC). The team is the owning team or, if the API does not
-- name one, the first responding team; null if there is none. acknowledged and closed are numbers of alerts. The times
-- are those since creation, from the report in the alert; alerts without such a time, or with one that is an
-- error, do not count in them. Half of the alerts took no longer than the median, and nine in ten no longer than p90.
WITH owned AS (
    SELECT *, coalesce(nullif(ownerteamid, ''), (teams -> 0) ->> 'id') AS team_id FROM alerts
),
handled AS (
    SELECT
        coalesce(teams.name, nullif(owned.team_id, '')) AS team,
        owned.priority,
        CAST(
            date_trunc('month', to_timestamp(extract(epoch FROM owned.createdat)) AT TIME ZONE 'UTC') AS date
        ) AS month,
        owned.acknowledged,
        owned.status,
        CASE WHEN (owned.report ->> 'ackTime') ~ '^[0-9]{1,13}([.][0-9]+)?$'
            THEN CAST((owned.report ->> 'ackTime') AS double precision) / 1000 END AS acknowledge_seconds,
        CASE WHEN (owned.report ->> 'closeTime') ~ '^[0-9]{1,13}([.][0-9]+)?$'
            THEN CAST((owned.report ->> 'closeTime') AS double precision) / 1000 END AS close_seconds
    FROM owned
    LEFT JOIN teams ON teams.id = owned.team_id
)
SELECT
    team,
    priority,
    month,
    count(*) AS alerts,
    count(*) FILTER (WHERE acknowledged OR acknowledge_seconds IS NOT NULL) AS acknowledged,
    count(*) FILTER (WHERE status = 'closed') AS closed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledge_seconds) AS acknowledge_median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY acknowledge_seconds) AS acknowledge_p90_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY close_seconds) AS close_median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY close_seconds) AS close_p90_seconds
FROM handled
GROUP BY team, priority, month
ORDER BY month, team NULLS LAST, priority
