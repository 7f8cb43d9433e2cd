-- The alerts that nobody acknowledged, open or closed, newest first.
--
-- An alert counts as such when it is not marked as acknowledged and no acknowledgement is reported with it. The team is
-- the one that owns the alert or, where the API does not tell it, the first one of those that respond; null for none.
-- open_seconds run from the creation to the closing, as it is reported with the alert; of an alert that is still open,
-- to the newest change of any alert: as far as this copy of the account knows.
WITH alerts_told AS (
    SELECT
        *,
        coalesce(ownerteamid, (teams -> 0) ->> 'id') AS team_id,
        CAST((report ->> 'closeTime') AS double precision) / 1000 AS close_seconds
    FROM alerts
    WHERE NOT coalesce(acknowledged, false) AND (report ->> 'ackTime') IS NULL
)
SELECT
    alerts_told.id,
    alerts_told.tinyid AS tiny_id,
    alerts_told.message,
    alerts_told.priority,
    coalesce(teams.name, nullif(alerts_told.team_id, '')) AS team,
    to_timestamp(extract(epoch FROM alerts_told.createdat)) AS created_at,
    to_timestamp(extract(epoch FROM alerts_told.createdat) + alerts_told.close_seconds) AS closed_at,
    coalesce(
        alerts_told.close_seconds,
        extract(epoch FROM (SELECT max(updatedat) FROM alerts)) - extract(epoch FROM alerts_told.createdat)
    ) AS open_seconds
FROM alerts_told
LEFT JOIN teams ON teams.id = alerts_told.team_id
ORDER BY alerts_told.createdat DESC, alerts_told.id
