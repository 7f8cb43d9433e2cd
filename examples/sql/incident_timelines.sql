-- What happened in each incident, in order: the entries of its timeline and the lines of its log.
--
-- kind is the type of a timeline entry, e.g. IncidentOpened, or 'log'. Entries hidden in Opsgenie are here, too.
-- text is the headline of an entry, with its description behind it where it has one.
WITH told AS (
    SELECT
        incident_id,
        eventtime AS happened,
        type AS kind,
        actor ->> 'name' AS actor,
        (title ->> 'content') || coalesce(': ' || (description ->> 'content'), '') AS text,
        id AS place
    FROM incident_timeline_entries
    UNION ALL
    SELECT incident_id, createdat, 'log', owner, log, "offset"
    FROM incident_logs
)
SELECT
    told.incident_id,
    incidents.message,
    to_timestamp(extract(epoch FROM told.happened)) AS at,
    told.kind,
    told.actor,
    told.text
FROM told
LEFT JOIN incidents ON incidents.id = told.incident_id
ORDER BY incidents.createdat, told.incident_id, told.happened, told.kind, told.place, told.text
