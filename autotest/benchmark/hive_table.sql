-- SPDX-License-Identifier: MIT
-- The table of the benchmark; ROWS is replaced.
CREATE TABLE IF NOT EXISTS points AS
SELECT id,
       concat('name ', id) AS name,
       md5(CAST(id AS string)) AS hash,
       element_at(array('residential', 'commercial', 'industrial', 'park'),
                  CAST(1 + id % 4 AS int)) AS kind,
       repeat('lorem ipsum ', CAST(1 + id % 5 AS int)) AS note,
       CAST(id * 7919 % 1000003 AS int) AS population,
       CAST(id % 10000000 / 100 AS decimal(14, 2)) AS amount,
       sin(id) * 180 AS x,
       cos(id) * 90 AS y,
       CAST(1577836800 + id AS timestamp) AS created,
       date_add(DATE '2000-01-01', CAST(id % 10000 AS int)) AS day,
       id % 3 = 0 AS active,
       concat('POINT (', round(sin(id) * 180, 6), ' ', round(cos(id) * 90, 6),
              ')') AS the_geom
FROM range(1, ROWS + 1)
