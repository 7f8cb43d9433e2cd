-- The first and the last moment of the on-call history.
SELECT CAST(min(startdate) AS timestamp) AS first, CAST(max(enddate) AS timestamp) AS last
FROM schedule_timelines
WHERE layer = 'final'
