-- The alerts with the names of teams, people and integrations instead of ids, and with the fields of alert_details.
-- The team is the owning team or, if the API does not name one, the first responding team. The seconds to acknowledge
-- and to close are taken from the report in the alert; values that are not between 0 and 1e13 milliseconds are errors,
-- and count as null.
WITH people AS (
    -- After a move to JSM Operations a user has two rows, with different ids.
    SELECT username, max("fullName") AS name FROM users WHERE username IS NOT NULL GROUP BY username
),
listed AS (
    SELECT id AS alert_id, unnest(TRY_CAST(responders AS JSON[])) AS responder FROM alerts
),
responders AS (
    SELECT
        listed.alert_id,
        string_agg(
            coalesce(teams.name, users."fullName", schedules.name, escalations.name, listed.responder ->> 'id'), ', '
        ) AS names
    FROM listed
    LEFT JOIN teams ON teams.id = (listed.responder ->> 'id')
    LEFT JOIN users ON users.id = (listed.responder ->> 'id')
    LEFT JOIN schedules ON schedules.id = (listed.responder ->> 'id')
    LEFT JOIN escalations ON escalations.id = (listed.responder ->> 'id')
    GROUP BY listed.alert_id
)
SELECT
    alerts."tinyId",
    alerts."createdAt",
    alerts.priority,
    alerts.status,
    alerts.message,
    coalesce(teams.name, nullif(coalesce(nullif(alerts."ownerTeamId", ''), alerts.teams ->> '$[0].id'), '')) AS team,
    coalesce(owners.name, nullif(alerts.owner, '')) AS owner,
    responders.names AS responders,
    alerts.acknowledged,
    coalesce(acknowledgers.name, alerts.report ->> 'acknowledgedBy') AS acknowledged_by,
    CASE WHEN TRY_CAST(alerts.report ->> 'ackTime' AS DOUBLE) BETWEEN 0 AND 1e13
        THEN TRY_CAST(alerts.report ->> 'ackTime' AS DOUBLE) / 1000 END AS seconds_to_acknowledge,
    coalesce(closers.name, alerts.report ->> 'closedBy') AS closed_by,
    CASE WHEN TRY_CAST(alerts.report ->> 'closeTime' AS DOUBLE) BETWEEN 0 AND 1e13
        THEN TRY_CAST(alerts.report ->> 'closeTime' AS DOUBLE) / 1000 END AS seconds_to_close,
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
LEFT JOIN teams ON teams.id = coalesce(nullif(alerts."ownerTeamId", ''), alerts.teams ->> '$[0].id')
LEFT JOIN people AS owners ON owners.username = alerts.owner
LEFT JOIN people AS acknowledgers ON acknowledgers.username = (alerts.report ->> 'acknowledgedBy')
LEFT JOIN people AS closers ON closers.username = (alerts.report ->> 'closedBy')
LEFT JOIN responders ON responders.alert_id = alerts.id
ORDER BY alerts."createdAt", alerts.id
