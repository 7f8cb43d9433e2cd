-- For each team: the number of alerts, how many of them were acknowledged, how many report the time to acknowledge, and
-- its median and 90th percentile in seconds. The team is the owning team or, if the API does not name one, the first
-- responding team. examples/sql/time_to_acknowledge_and_close.sql has months, and the median of a longer period cannot
-- be calculated from those of its months.
WITH timed AS (
    SELECT
        coalesce(teams.name, nullif(alerts.ownerteamid, ''), '(no team)') AS team,
        alerts.acknowledged,
        CAST((alerts.report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
    LEFT JOIN teams ON teams.id = alerts.ownerteamid
)
SELECT
    team,
    count(*) AS alerts,
    count(*) FILTER (WHERE acknowledged OR seconds IS NOT NULL) AS acknowledged,
    count(seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_seconds
FROM timed
GROUP BY team
ORDER BY median_seconds DESC NULLS LAST, team
