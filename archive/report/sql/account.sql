-- The account's name.
SELECT name FROM account
