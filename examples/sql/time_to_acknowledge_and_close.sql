-- How long alerts wait: for somebody to take them, and to be closed.
--
-- A row is a team, a priority and a month of creation (UTC). The team is the one that owns the alert or, where the
-- API does not tell it, the first one of those that respond; null for none. Acknowledged and closed are counts of
-- alerts. The times run from the creation to the acknowledgement or the closing, as they are reported with the alert;
-- alerts without such a report do not count in them. The median is the time within which half of them were done, p90
-- that of nine in ten.
WITH owned AS (
    SELECT *, coalesce(ownerteamid, (teams -> 0) ->> 'id') AS team_id FROM alerts
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
        CAST((owned.report ->> 'ackTime') AS double precision) / 1000 AS acknowledge_seconds,
        CAST((owned.report ->> 'closeTime') AS double precision) / 1000 AS close_seconds
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
