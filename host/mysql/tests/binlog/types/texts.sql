CREATE TABLE texts (
  id INT PRIMARY KEY, c CHAR(10), c255 CHAR(255), v VARCHAR(10), vl VARCHAR(300), l1 VARCHAR(20) CHARACTER SET latin1, tt TINYTEXT, x TEXT, mt MEDIUMTEXT, lt LONGTEXT,
  u3 VARCHAR(20) CHARACTER SET utf8mb3, bi BINARY(5), bl BINARY(255), vb VARBINARY(10), vbl VARBINARY(300), tb TINYBLOB, bb BLOB, mb MEDIUMBLOB, lb LONGBLOB,
  cb CHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, e ENUM('a','b''c','é','x,y'), e1 ENUM('中','文') CHARACTER SET gbk,
  s SET('a','b','c d','é') , s64 SET('01','02','03','04','05','06','07','08','09','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25',
   '26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41','42','43','44','45','46','47','48','49','50','51','52','53','54','55','56','57',
   '58','59','60','61','62','63','64'),
  b1 BIT(1), b8 BIT(8), b9 BIT(9), b63 BIT(63), b64 BIT(64)) CHARACTER SET utf8mb4;
INSERT INTO texts VALUES
  (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'a', '中', '', '', 0, 0, 0, 0, 0),
  (2, 'a😀中', REPEAT('😀', 255), '😀', REPEAT('中', 300), 'café€', REPEAT('x', 255), REPEAT('é', 9999), REPEAT('m', 70000), REPEAT('l', 70000),
   '中文', 'a\0b', 'x\0', 'a\0', REPEAT('b', 300), REPEAT('t', 255), '\0\0', REPEAT('m', 70000), x'ff00ff', ' lead', 'b''c', '文', 'a,c d,é',
   '01,64', 1, 255, 511, 9223372036854775807, 18446744073709551615),
  (3, 'trail ', 'x', 'trail ', ' ', 'x', 'x', 'x', 'x', 'x', 'x', 'abcde', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x,y', 2, 15, 18446744073709551615, 1, 128, 256, 1, 9223372036854775808),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
