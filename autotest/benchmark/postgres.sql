-- SPDX-License-Identifier: MIT
-- The tables of the benchmark; psql variables rows and large_rows.
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS imported;

CREATE TABLE points AS
SELECT i::bigint AS id,
       'name ' || i AS name,
       md5(i::text) AS hash,
       (ARRAY['residential', 'commercial', 'industrial', 'park'])[1 + i % 4]
           AS kind,
       repeat('lorem ipsum ', 1 + i % 5) AS note,
       (i::bigint * 7919 % 1000003)::int AS population,
       (i % 10000000 / 100.0)::numeric(14, 2) AS amount,
       sin(i) * 180 AS x,
       cos(i) * 90 AS y,
       timestamp '2020-01-01' + i * interval '1 second' AS created,
       date '2000-01-01' + i % 10000 AS day,
       i % 3 = 0 AS active,
       ST_SetSRID(ST_MakePoint(sin(i) * 180, cos(i) * 90), 4326)
           ::geometry(Point, 4326) AS the_geom
FROM generate_series(1, :rows) AS i;

CREATE TABLE points_large AS
SELECT points.* FROM points, generate_series(1, :large_rows / :rows);

CREATE TABLE polygons AS
SELECT i AS id, ST_Buffer(ST_SetSRID(ST_MakePoint(i % 360 - 180, i % 180 - 90),
                          4326), 1, 25)::geometry(Polygon, 4326) AS the_geom
FROM generate_series(1, 5000) AS i;

VACUUM (ANALYZE, FREEZE) points;
VACUUM (ANALYZE, FREEZE) points_large;
VACUUM (ANALYZE, FREEZE) polygons;
