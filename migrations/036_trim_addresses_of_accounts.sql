-- schema: users
-- Addresses are read without what nobody sees around them (mixins/params/texts.ts), and could once be registered with it:
-- such an account was not found any more. It gets the address that is seen, where no other account has it; of several that
-- look alike, the oldest. Spaces were never a part of an address.
WITH pattern AS (
	SELECT format(
		'^[%1$s]+|[%1$s]+$',
		'\u034f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
	) AS around
), trimmed AS (
	SELECT id, email_key AS key_before, created_at,
		regexp_replace(email, around, '', 'g') AS email, regexp_replace(email_key, around, '', 'g') AS email_key
	FROM users.users, pattern
), seen AS (
	SELECT DISTINCT ON (email_key) * FROM trimmed
	WHERE email_key <> key_before AND NOT EXISTS (SELECT FROM users.users other WHERE other.email_key = trimmed.email_key)
	ORDER BY email_key, created_at, id
), mails_seen AS (
	-- Mail that waits knows its account by the address.
	UPDATE users.mails SET email_key = seen.email_key FROM seen WHERE mails.email_key = seen.key_before
)
UPDATE users.users SET email = seen.email, email_key = seen.email_key FROM seen WHERE users.id = seen.id;
