-- Who was on call when, according to the final timelines, which include overrides and forwarding. Each row is a period
-- of a person in a schedule. A period of a team becomes a period of each of its members in the copy. A person who is
-- not among the users, as after leaving the account, has the name that the timeline gives, or else the id. To find out
-- who was on call at a moment, select the rows with starts <= moment and ends > moment.
WITH periods AS (
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
recipients AS (
    SELECT unnest(list_append(TRY_CAST("flattenedRecipients" AS JSON[]), recipient)) AS recipient
    FROM schedule_timelines
    WHERE layer = 'final'
),
persons AS (
    SELECT id, username, "fullName" FROM users
    UNION ALL
    SELECT recipient ->> 'id' AS id, max(recipient ->> 'name'), NULL
    FROM recipients
    WHERE (recipient ->> 'type') = 'user' AND (recipient ->> 'id') NOT IN (SELECT id FROM users WHERE id IS NOT NULL)
    GROUP BY recipient ->> 'id'
),
members AS (
    -- After a move to JSM Operations a user has two rows, with different ids.
    SELECT team_members.team_id, max(team_members.user_id) AS user_id
    FROM team_members
    LEFT JOIN users ON users.id = team_members.user_id
    GROUP BY team_members.team_id, coalesce(lower(nullif(users.username, '')), team_members.user_id)
),
people AS (
    SELECT periods.*, persons.id AS user_id FROM periods JOIN persons ON persons.id = periods.id
    UNION ALL
    SELECT periods.*, members.user_id FROM periods JOIN members ON members.team_id = periods.id
)
SELECT
    people.schedule_id,
    people.schedule_name AS schedule,
    people.rotation_name AS rotation,
    people.user_id,
    coalesce(persons."fullName", persons.username, people.user_id) AS person,
    persons.username,
    people.starts,
    people.ends
FROM people
LEFT JOIN persons ON persons.id = people.user_id
ORDER BY schedule, people.starts, person
