-- Everything that happened in each incident, in order: its creation, its timeline, its log and its notes. The kind of an
-- entry of the timeline is Opsgenie's own, such as IncidentOpened.
WITH told AS (
    SELECT id AS incident_id, "createdAt" AS happened_at, 'created' AS kind, owner AS who, message AS what FROM incidents
    UNION ALL
    SELECT
        incident_id,
        "eventTime",
        type,
        actor ->> 'name',
        (title ->> 'content') || coalesce(': ' || (description ->> 'content'), '')
    FROM incident_timeline_entries
    UNION ALL
    SELECT incident_id, "createdAt", 'log', owner, log FROM incident_logs
    UNION ALL
    SELECT incident_id, "createdAt", 'note', owner, note FROM incident_notes
)
SELECT told.incident_id, incidents."tinyId", incidents.message, told.happened_at, told.kind, told.who, told.what
FROM told
LEFT JOIN incidents ON incidents.id = told.incident_id
ORDER BY incidents."createdAt", told.incident_id, told.happened_at, told.kind = 'created' DESC, told.kind, told.what
