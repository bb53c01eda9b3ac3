CREATE TABLE own (id INT PRIMARY KEY, u UUID, i6 INET6, i4 INET4, v VARCHAR(300) COMPRESSED, t TEXT COMPRESSED, b BLOB COMPRESSED,
  j JSON, l LONGTEXT CHARACTER SET latin1 COMPRESSED);
INSERT INTO own VALUES
  (1, '00112233-4455-1677-8899-aabbccddeeff', '::ffff:1.2.3.4', '1.2.3.4', REPEAT('abc', 90), REPEAT('中', 900), REPEAT(x'00ff', 900), '{"a": [1, 2]}', REPEAT('café', 99)),
  (2, '00112233-4455-7677-8899-aabbccddee00', '::1.2.3.4', '0.0.0.0', 'short', '', '', '[]', ''),
  (3, '00000000-0000-0000-0000-000000000000', '::', '255.255.255.255', '', 'x', 'x', 'null', 'x'),
  (4, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::1:0:0:1', '10.0.0.0', 'x', 'x', 'x', '1', 'x'),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, '00112233-4455-1677-0899-aabbccddeeff', '::1', '0.0.0.1', 'x', 'x', 'x', '1', 'x'),
  (7, '10000000-0000-4000-8000-000000000000', '::1:2', '0.0.0.1', 'x', 'x', 'x', '1', 'x');
SET column_compression_zlib_wrap = 1;
INSERT INTO own (id, v, t) VALUES (8, REPEAT('abc', 90), REPEAT('q', 300));
