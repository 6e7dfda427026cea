-- Every object of a log with its definition, in words that PostgreSQL 12 and later agree on.
WITH
  ours AS (
    SELECT * FROM pg_class
    WHERE relnamespace = 'grounds'::regnamespace AND relname LIKE 'audit\_%' AND relkind NOT IN ('i', 'I', 't', 'c')
  ),
  routines AS (
    SELECT *, proname || '(' || pg_get_function_identity_arguments(oid) || ')' AS name
    FROM pg_proc WHERE pronamespace = 'grounds'::regnamespace
  ),
  grantees (oid, name) AS (SELECT oid, rolname::text FROM pg_roles UNION ALL SELECT 0, 'everyone')

SELECT 'table `' || c.relname || '`' AS name,
  concat_ws(' ', c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relispartition,
    (SELECT string_agg(i.inhparent::regclass::text, ',') FROM pg_inherits i WHERE i.inhrelid = c.oid),
    (SELECT string_agg(i.inhrelid::regclass::text, ',') FROM pg_inherits i WHERE i.inhparent = c.oid)) AS definition
FROM ours c

UNION ALL
SELECT 'column `' || a.attname || '` of `' || c.relname || '`',
  concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
    pg_get_expr(d.adbin, d.adrelid))
FROM ours c
JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped

UNION ALL
SELECT 'constraint `' || k.conname || '` of `' || c.relname || '`',
  concat_ws(' ', translate(pg_get_constraintdef(k.oid), '() ', ''), k.convalidated) -- a dump may bracket it otherwise
FROM ours c
JOIN pg_constraint k ON k.conrelid = c.oid
WHERE k.contype NOT IN ('n', 't')

UNION ALL
SELECT 'index `' || x.relname || '` of `' || c.relname || '`',
  concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
FROM ours c
JOIN pg_index i ON i.indrelid = c.oid
JOIN pg_class x ON x.oid = i.indexrelid

UNION ALL
SELECT 'trigger `' || t.tgname || '` of `' || c.relname || '`', concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
FROM ours c
JOIN pg_trigger t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal

UNION ALL
SELECT 'rule `' || r.rulename || '` of `' || c.relname || '`', pg_get_ruledef(r.oid)
FROM ours c
JOIN pg_rewrite r ON r.ev_class = c.oid

UNION ALL
SELECT 'policy `' || p.polname || '` of `' || c.relname || '`', p.polcmd::text
FROM ours c
JOIN pg_policy p ON p.polrelid = c.oid

UNION ALL
SELECT 'function `' || p.name || '`',
  concat_ws(' ', l.lanname, p.prokind, p.prosecdef, p.provolatile, pg_get_userbyid(p.proowner),
    array_to_string(p.proconfig, ','), p.prorettype::regtype, p.prosrc)
FROM routines p
JOIN pg_language l ON l.oid = p.prolang

-- Who may read is the operator's business; who may write is not.
UNION ALL
SELECT 'right of `' || e.name || '` to ' || lower(g.privilege_type) || ' on `' || c.relname || '`', g.is_grantable::text
FROM ours c
CROSS JOIN LATERAL aclexplode(c.relacl) g
JOIN grantees e ON e.oid = g.grantee
WHERE g.grantee <> c.relowner AND g.privilege_type <> 'SELECT'

UNION ALL
SELECT 'right of `' || e.name || '` to call `' || p.name || '`', g.is_grantable::text
FROM routines p
CROSS JOIN LATERAL aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) g
JOIN grantees e ON e.oid = g.grantee
WHERE g.grantee <> p.proowner

UNION ALL
SELECT 'right of `' || e.name || '` to create in the schema', g.is_grantable::text
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(n.nspacl) g
JOIN grantees e ON e.oid = g.grantee
WHERE n.nspname = 'grounds' AND g.privilege_type = 'CREATE'
