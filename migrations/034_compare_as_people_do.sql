-- schema: catalog
-- Sorting and searching for people takes ICU's rules, and normalize() takes UTF-8.
DO $$ BEGIN
	IF getdatabaseencoding() <> 'UTF8' OR NOT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN
		RAISE EXCEPTION 'The catalogue needs a database in UTF8, on a PostgreSQL server that is built with ICU: names are sorted by its collation und-x-icu';
	END IF;
END $$;

-- Names as people sort them: services/products/catalogue.ts asks for exactly this. The old index was on another order.
DROP INDEX catalog.products_by_name;
CREATE INDEX products_by_name ON catalog.products (name COLLATE "und-x-icu", id) WHERE active;

-- What is searched, without case, accents and what nobody sees: services/products/folded.ts does the same to what is typed.
-- Marks of scripts in which they are letters of their own, of Hindi or Thai, stay.
-- A text in ASCII, which most are, takes a tenth of the time; translate() would take ten times as long as so many replace().
CREATE FUNCTION catalog.folded(shown text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN octet_length(shown) = length(shown) THEN lower(shown COLLATE "und-x-icu") ELSE
	replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
		regexp_replace(regexp_replace(regexp_replace(
			lower(normalize(shown, NFKD) COLLATE "und-x-icu"),
			'[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u061c\u0640\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]',
			'', 'g'),
			'[‐‒–—−]', '-', 'g'),
			'[‘’ʼ]', '''', 'g'),
		'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ø', 'o'), 'đ', 'd'),
		'ð', 'd'), 'ł', 'l'), 'ħ', 'h'), 'ŧ', 't'), 'ı', 'i'), 'ς', 'σ')
END;
ALTER TABLE catalog.products ADD COLUMN search_text text NOT NULL
	GENERATED ALWAYS AS (catalog.folded(name || ' ' || sku || ' ' || description)) STORED;
-- Nodes of the release before still search by products_search.
CREATE INDEX products_search_text ON catalog.products USING gin (search_text public.gin_trgm_ops);

-- Two SKUs that differ only in case, width, invisible characters or spaces are one. In capitals after small letters, since
-- the capital of "ß" is "SS", and that of "ẞ" is itself.
CREATE FUNCTION catalog.sku_key(sku text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN normalize(
	regexp_replace(
		upper(lower(normalize(sku, NFKC) COLLATE "und-x-icu") COLLATE "und-x-icu"),
		'[\u0009-\u000d\u0020\u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
		'', 'g'
	),
	NFKC
);
-- Products that were alike before stay as they are: all but the oldest may keep this SKU, and no other like it.
ALTER TABLE catalog.products ADD COLUMN sku_from_before text;
UPDATE catalog.products p SET sku_from_before = sku
FROM (SELECT id, row_number() OVER (PARTITION BY catalog.sku_key(sku) ORDER BY created_at, id) AS place FROM catalog.products) AS alike
WHERE alike.id = p.id AND place > 1;
CREATE UNIQUE INDEX products_sku_alike ON catalog.products (catalog.sku_key(sku))
	WHERE sku_from_before IS DISTINCT FROM sku;
CREATE INDEX products_sku_from_before ON catalog.products (catalog.sku_key(sku)) WHERE sku_from_before = sku;

-- Who has changed such an SKU does not get it back, and of those that are alike one is always in the unique index: when it
-- gets another SKU, the oldest of the others follows. As a trigger, since nodes of the release before change SKUs too.
CREATE FUNCTION catalog.leave_sku() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	left_key text := catalog.sku_key(OLD.sku);
BEGIN
	UPDATE catalog.products SET sku_from_before = NULL WHERE id = NEW.id AND sku_from_before IS NOT NULL;
	IF NOT EXISTS (
		SELECT FROM catalog.products WHERE catalog.sku_key(sku) = left_key AND sku_from_before IS DISTINCT FROM sku
	) THEN
		-- Whoever is being changed meanwhile is waited for, and passed over where it has left, too.
		UPDATE catalog.products SET sku_from_before = NULL WHERE id IN (
			SELECT id FROM catalog.products WHERE catalog.sku_key(sku) = left_key AND sku_from_before = sku
			ORDER BY created_at, id LIMIT 1 FOR UPDATE
		);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER leave_sku AFTER UPDATE OF sku ON catalog.products
	FOR EACH ROW WHEN (OLD.sku IS DISTINCT FROM NEW.sku) EXECUTE FUNCTION catalog.leave_sku();
