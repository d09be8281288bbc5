-- schema: catalog
-- A part of each PostgreSQL; trusted, so that whoever owns the database may add it.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
-- The expression is the one of services/products/search.ts, to the letter.
CREATE INDEX products_search ON catalog.products
	USING gin ((lower(name || ' ' || sku || ' ' || description)) public.gin_trgm_ops);
