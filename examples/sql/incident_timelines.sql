-- What happened in each incident, in order: the entries of its timeline and the lines of its log.
--
-- kind is the type of a timeline entry, e.g. IncidentOpened, or 'log'. Entries that are hidden in Opsgenie are
-- included. text is the title of an entry, followed by its description if it has one.
WITH events AS (
    SELECT
        incident_id,
        eventtime AS happened,
        type AS kind,
        actor ->> 'name' AS actor,
        nullif(concat_ws(': ', title ->> 'content', description ->> 'content'), '') AS text,
        id AS place
    FROM incident_timeline_entries
    UNION ALL
    SELECT incident_id, createdat, 'log', owner, log, "offset"
    FROM incident_logs
)
SELECT
    events.incident_id,
    incidents.message,
    to_timestamp(extract(epoch FROM events.happened)) AS at,
    events.kind,
    events.actor,
    events.text
FROM events
LEFT JOIN incidents ON incidents.id = events.incident_id
ORDER BY incidents.createdat, events.incident_id, events.happened, events.kind, events.place, events.text
