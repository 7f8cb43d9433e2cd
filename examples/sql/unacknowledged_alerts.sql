-- The alerts that nobody acknowledged, open or closed, newest first.
--
-- An alert is listed if it is not marked as acknowledged and its report has no time to acknowledge. The team is the
-- owning team or, if the API does not name one, the first responding team; null if there is none. open_seconds is the
-- time from creation to closing, from the report in the alert. For an alert without such a time it ends at the latest
-- change of any alert, which is as far as this copy of the account goes.
WITH unacknowledged AS (
    SELECT
        *,
        coalesce(nullif(ownerteamid, ''), (teams -> 0) ->> 'id') AS team_id,
        CASE WHEN (report ->> 'closeTime') ~ '^[0-9]{1,13}([.][0-9]+)?$'
            THEN CAST((report ->> 'closeTime') AS double precision) / 1000 END AS close_seconds
    FROM alerts
    WHERE NOT coalesce(acknowledged, false) AND coalesce(report ->> 'ackTime', '') !~ '^[0-9]{1,13}([.][0-9]+)?$'
)
SELECT
    unacknowledged.id,
    unacknowledged.tinyid AS tiny_id,
    unacknowledged.message,
    unacknowledged.priority,
    coalesce(teams.name, nullif(unacknowledged.team_id, '')) AS team,
    to_timestamp(extract(epoch FROM unacknowledged.createdat)) AS created_at,
    to_timestamp(extract(epoch FROM unacknowledged.createdat) + unacknowledged.close_seconds) AS closed_at,
    coalesce(
        unacknowledged.close_seconds,
        extract(epoch FROM (SELECT max(updatedat) FROM alerts)) - extract(epoch FROM unacknowledged.createdat)
    ) AS open_seconds
FROM unacknowledged
LEFT JOIN teams ON teams.id = unacknowledged.team_id
ORDER BY unacknowledged.createdat DESC, unacknowledged.id
