-- Who was on call when, by the final timelines: what held in the end, with overrides and forwarding. A row is a person,
-- a schedule and a period; a period of a team is that of each of its present members. For who was on call at a moment,
-- ask for the rows with starts <= moment and ends > moment.
WITH called AS (
    SELECT
        schedule_id,
        schedule_name,
        rotation_name,
        "startDate" AS starts,
        "endDate" AS ends,
        unnest(string_to_array(recipient_id, ',')) AS id
    FROM schedule_timelines
    WHERE layer = 'final'
),
members AS (
    -- After a move to JSM Operations a user is there twice, by two ids.
    SELECT team_members.team_id, max(team_members.user_id) AS user_id
    FROM team_members
    LEFT JOIN users ON users.id = team_members.user_id
    GROUP BY team_members.team_id, coalesce(lower(nullif(users.username, '')), team_members.user_id)
),
people AS (
    SELECT called.*, users.id AS user_id FROM called JOIN users ON users.id = called.id
    UNION ALL
    SELECT called.*, members.user_id FROM called JOIN members ON members.team_id = called.id
)
SELECT
    people.schedule_id,
    people.schedule_name AS schedule,
    people.rotation_name AS rotation,
    people.user_id,
    users."fullName" AS person,
    users.username,
    people.starts,
    people.ends
FROM people
LEFT JOIN users ON users.id = people.user_id
ORDER BY schedule, people.starts, person
