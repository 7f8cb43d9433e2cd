-- Everything that happened to each alert, in order: its creation, log, notes and notifications, and when it was
-- acknowledged and closed, according to the report in the alert.
WITH handled AS (
    SELECT
        id,
        "createdAt",
        report,
        -- Other values are errors, which to_milliseconds may refuse.
        CASE WHEN TRY_CAST(report ->> 'ackTime' AS DOUBLE) BETWEEN 0 AND 1e13
            THEN TRY_CAST(report ->> 'ackTime' AS DOUBLE) END AS ack_time,
        CASE WHEN TRY_CAST(report ->> 'closeTime' AS DOUBLE) BETWEEN 0 AND 1e13
            THEN TRY_CAST(report ->> 'closeTime' AS DOUBLE) END AS close_time
    FROM alerts
),
events AS (
    SELECT id AS alert_id, "createdAt" AS happened_at, 'created' AS kind, source AS who, message AS what FROM alerts
    UNION ALL
    SELECT alert_id, "createdAt", 'log', owner, log FROM alert_logs
    UNION ALL
    SELECT alert_id, "createdAt", 'note', owner, note FROM alert_notes
    UNION ALL
    SELECT
        alert_recipients.alert_id,
        alert_recipients."createdAt",
        'notified',
        coalesce(users."fullName", alert_recipients."user" ->> 'username', alert_recipients.user_id),
        nullif(alert_recipients.method, '')
    FROM alert_recipients
    LEFT JOIN users ON users.id = alert_recipients.user_id
    UNION ALL
    SELECT
        id,
        "createdAt" + to_milliseconds(ack_time),
        'acknowledged',
        report ->> 'acknowledgedBy',
        NULL
    FROM handled
    WHERE ack_time IS NOT NULL
    UNION ALL
    SELECT
        id,
        "createdAt" + to_milliseconds(close_time),
        'closed',
        report ->> 'closedBy',
        NULL
    FROM handled
    WHERE close_time IS NOT NULL
)
SELECT
    events.alert_id,
    alerts."tinyId",
    alerts.message,
    events.happened_at,
    events.kind,
    events.who,
    events.what
FROM events
LEFT JOIN alerts ON alerts.id = events.alert_id
ORDER BY
    alerts."createdAt",
    events.alert_id,
    events.happened_at,
    events.kind = 'created' DESC,
    events.kind,
    events.what
