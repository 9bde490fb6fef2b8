-- SPDX-License-Identifier: MIT
-- The tables of the benchmark, of MariaDB; ROWS and TIMES are replaced.
CREATE TABLE points (
    id bigint NOT NULL PRIMARY KEY,
    name varchar(20),
    hash char(32),
    kind enum('residential', 'commercial', 'industrial', 'park'),
    note text,
    population int,
    amount decimal(14, 2),
    x double,
    y double,
    created datetime,
    day date,
    active tinyint(1),
    the_geom point REF_SYSTEM_ID = 4326
);

INSERT INTO points
SELECT seq, concat('name ', seq), md5(seq), 1 + seq % 4,
       repeat('lorem ipsum ', 1 + seq % 5), seq * 7919 % 1000003,
       seq % 10000000 / 100, sin(seq) * 180, cos(seq) * 90,
       timestamp '2020-01-01 00:00:00' + INTERVAL seq SECOND,
       date '2000-01-01' + INTERVAL seq % 10000 DAY, seq % 3 = 0,
       ST_GeomFromText(concat('POINT(', sin(seq) * 180, ' ',
                              cos(seq) * 90, ')'), 4326)
FROM seq_1_to_ROWS;

CREATE VIEW points_large AS
SELECT points.* FROM seq_1_to_TIMES STRAIGHT_JOIN points;
