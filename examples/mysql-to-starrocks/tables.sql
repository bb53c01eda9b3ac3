-- The tables of pipeline.yaml, for three back ends; on one, "replication_num"="1".
-- Columns of the key come first. BIGINT UNSIGNED is LARGEINT, VARCHAR(n) of MySQL is VARCHAR(4 * n) here, whose texts are
-- measured in bytes; there is no TIME.

CREATE TABLE IF NOT EXISTS ods.customers (
  id LARGEINT NOT NULL,
  name VARCHAR(160),
  phone VARCHAR(160),
  balance DECIMAL(30,10),
  born DATE,
  profile JSON,
  changed DATETIME
) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)
PROPERTIES("replication_num"="3", "enable_persistent_index"="true", "fast_schema_evolution"="true");

CREATE TABLE IF NOT EXISTS ods.orders (
  id BIGINT NOT NULL,
  customer_id LARGEINT,
  amount DECIMAL(18,2),
  status VARCHAR(40),
  took VARCHAR(17),
  photo VARBINARY,
  placed DATETIME
) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)
PROPERTIES("replication_num"="3", "enable_persistent_index"="true", "fast_schema_evolution"="true");
