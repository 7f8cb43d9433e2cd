-- Everything that happened in each incident, in order: its creation, timeline, log and notes. The kind of a timeline
-- entry is the type that Opsgenie gives it, such as IncidentOpened.
WITH events AS (
    SELECT id AS incident_id, "createdAt" AS happened_at, 'created' AS kind, owner AS who, message AS what
    FROM incidents
    UNION ALL
    SELECT
        incident_id,
        "eventTime",
        type,
        actor ->> 'name',
        nullif(concat_ws(': ', title ->> 'content', description ->> 'content'), '')
    FROM incident_timeline_entries
    UNION ALL
    SELECT incident_id, "createdAt", 'log', owner, log FROM incident_logs
    UNION ALL
    SELECT incident_id, "createdAt", 'note', owner, note FROM incident_notes
)
SELECT
    events.incident_id,
    incidents."tinyId",
    incidents.message,
    events.happened_at,
    events.kind,
    events.who,
    events.what
FROM events
LEFT JOIN incidents ON incidents.id = events.incident_id
ORDER BY
    incidents."createdAt",
    events.incident_id,
    events.happened_at,
    events.kind = 'created' DESC,
    events.kind,
    events.what
