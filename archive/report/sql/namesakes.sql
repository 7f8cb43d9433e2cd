-- The users whose name other users have, too, with their usernames. A user with two ids, since the account moved to JSM
-- Operations, has one username.
SELECT id, username
FROM users
WHERE fullname IN (
    SELECT fullname
    FROM users
    GROUP BY fullname
    HAVING count(DISTINCT coalesce(lower(nullif(username, '')), id)) > 1
)
