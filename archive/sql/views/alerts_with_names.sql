-- The alerts with the names of teams, people and integrations in the place of their ids, and with what only the single
-- alert tells. The team is the owning one or, where the API does not tell it, the first one of those that respond. Times
-- to acknowledge and to close are seconds, as they are reported with the alert.
WITH people AS (
    -- After a move to JSM Operations a user is there twice, by two ids.
    SELECT username, max("fullName") AS name FROM users WHERE username IS NOT NULL GROUP BY username
),
asked AS (
    SELECT id AS alert_id, unnest(TRY_CAST(responders AS JSON[])) AS responder FROM alerts
),
responders AS (
    SELECT
        asked.alert_id,
        string_agg(
            coalesce(teams.name, users."fullName", schedules.name, escalations.name, asked.responder ->> 'id'), ', '
        ) AS names
    FROM asked
    LEFT JOIN teams ON teams.id = (asked.responder ->> 'id')
    LEFT JOIN users ON users.id = (asked.responder ->> 'id')
    LEFT JOIN schedules ON schedules.id = (asked.responder ->> 'id')
    LEFT JOIN escalations ON escalations.id = (asked.responder ->> 'id')
    GROUP BY asked.alert_id
)
SELECT
    alerts."tinyId",
    alerts."createdAt",
    alerts.priority,
    alerts.status,
    alerts.message,
    coalesce(teams.name, nullif(coalesce(alerts."ownerTeamId", alerts.teams ->> '$[0].id'), '')) AS team,
    coalesce(owners.name, nullif(alerts.owner, '')) AS owner,
    responders.names AS responders,
    alerts.acknowledged,
    coalesce(acknowledgers.name, alerts.report ->> 'acknowledgedBy') AS acknowledged_by,
    TRY_CAST(alerts.report ->> 'ackTime' AS DOUBLE) / 1000 AS seconds_to_acknowledge,
    coalesce(closers.name, alerts.report ->> 'closedBy') AS closed_by,
    TRY_CAST(alerts.report ->> 'closeTime' AS DOUBLE) / 1000 AS seconds_to_close,
    alerts.source,
    alerts.integration ->> 'name' AS integration,
    array_to_string(TRY_CAST(alerts.tags AS VARCHAR[]), ', ') AS tags,
    alerts."count",
    alerts."lastOccurredAt",
    alerts."updatedAt",
    alert_details.entity,
    alert_details.description,
    alert_details.details,
    alerts.alias,
    alerts.id
FROM alerts
LEFT JOIN alert_details ON alert_details.id = alerts.id
LEFT JOIN teams ON teams.id = coalesce(alerts."ownerTeamId", alerts.teams ->> '$[0].id')
LEFT JOIN people AS owners ON owners.username = alerts.owner
LEFT JOIN people AS acknowledgers ON acknowledgers.username = (alerts.report ->> 'acknowledgedBy')
LEFT JOIN people AS closers ON closers.username = (alerts.report ->> 'closedBy')
LEFT JOIN responders ON responders.alert_id = alerts.id
ORDER BY alerts."createdAt", alerts.id
