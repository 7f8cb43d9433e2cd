-- The time that the hours on call are counted in.
SELECT CAST(min(startdate) AS timestamp) AS first, CAST(max(enddate) AS timestamp) AS last
FROM schedule_timelines
WHERE layer = 'final'
