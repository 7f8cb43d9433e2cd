-- How long alerts wait: for somebody to take them, and to be closed.
--
-- A row is a team, a priority and a month of creation (UTC). The team is the one that owns the alert; null for none.
-- Acknowledged and closed are counts of alerts. The times run from the creation to the acknowledgement or the closing,
-- as Opsgenie reports them with the alert; alerts without such a report are left out of them. The median is the time
-- within which half of them were done, p90 that of nine in ten.
WITH handled AS (
    SELECT
        coalesce(teams.name, nullif(alerts.ownerteamid, '')) AS team,
        alerts.priority,
        CAST(
            date_trunc('month', to_timestamp(extract(epoch FROM alerts.createdat)) AT TIME ZONE 'UTC') AS date
        ) AS month,
        alerts.acknowledged,
        alerts.status,
        CAST((alerts.report ->> 'ackTime') AS double precision) / 1000 AS acknowledge_seconds,
        CAST((alerts.report ->> 'closeTime') AS double precision) / 1000 AS close_seconds
    FROM alerts
    LEFT JOIN teams ON teams.id = alerts.ownerteamid
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
