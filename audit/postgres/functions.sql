-- The only ways in for the role that serves. Each runs with the owner's rights on a fixed search path.

-- One writer at a time: held until the transaction ends. Gives the last entry and the size of the newest checkpoint, as
-- they are once the lock is had: each statement here sees what was committed while the one before it waited.
CREATE FUNCTION audit_lock(OUT last bigint, OUT leaf bytea, OUT covered bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = grounds, pg_temp
AS $$
BEGIN
  PERFORM size FROM audit_head WHERE id = 1 FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'audit_head is empty' USING ERRCODE = 'data_exception';
  END IF;
  SELECT idx, leaf_hash INTO last, leaf FROM audit_entry ORDER BY idx DESC LIMIT 1;
  SELECT max(size) INTO covered FROM audit_checkpoint;
END $$;

-- Appends entries at `first` and after, in order, with the sealed parts that stand beside some of them.
-- Every count is compared: a rule or a trigger that swallows rows must not pass for success.
CREATE FUNCTION audit_append(
  first bigint, events text[], leaves bytea[], bodies bytea[],
  places bigint[], keys text[], nonces bytea[], ciphertexts bytea[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = grounds, pg_temp
AS $$
DECLARE
  there bigint;
  stored bigint;
BEGIN
  SELECT size INTO STRICT there FROM audit_head WHERE id = 1 FOR UPDATE;
  IF there <> first THEN
    RAISE EXCEPTION 'the log has % entries, not %', there, first USING ERRCODE = 'serialization_failure';
  END IF;
  INSERT INTO audit_entry (idx, event_id, leaf_hash, entry)
    SELECT first + place - 1, event_id, leaf_hash, entry
    FROM unnest(events, leaves, bodies) WITH ORDINALITY AS given (event_id, leaf_hash, entry, place)
    ORDER BY place;
  GET DIAGNOSTICS stored = ROW_COUNT;
  IF stored IS DISTINCT FROM cardinality(events)::bigint THEN
    RAISE EXCEPTION '% of % entries were stored', stored, cardinality(events) USING ERRCODE = 'data_exception';
  END IF;
  INSERT INTO audit_sealed (idx, key_id, nonce, ciphertext)
    SELECT idx, key_id, nonce, ciphertext
    FROM unnest(places, keys, nonces, ciphertexts) AS given (idx, key_id, nonce, ciphertext);
  GET DIAGNOSTICS stored = ROW_COUNT;
  IF stored <> COALESCE(cardinality(places), 0) THEN
    RAISE EXCEPTION '% of % sealed parts were stored', stored, cardinality(places) USING ERRCODE = 'data_exception';
  END IF;
  UPDATE audit_head SET size = first + cardinality(events) WHERE id = 1 RETURNING size INTO STRICT stored;
END $$;

-- Entries come in the order of the head, without a gap, and only before the head has moved over them.
CREATE FUNCTION audit_entry_guard_order() RETURNS trigger
LANGUAGE plpgsql SET search_path = grounds, pg_temp
AS $$
DECLARE
  there bigint;
  lowest bigint;
  highest bigint;
  many bigint;
BEGIN
  SELECT size INTO STRICT there FROM audit_head WHERE id = 1;
  SELECT min(idx), max(idx), count(*) INTO lowest, highest, many FROM added;
  IF many > 0 AND (lowest <> there OR highest <> there + many - 1) THEN
    RAISE EXCEPTION 'audit_entry is append-only: INSERT refused' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

-- A sealed part comes together with its entry, so never again beside one whose part was erased.
CREATE FUNCTION audit_sealed_guard_order() RETURNS trigger
LANGUAGE plpgsql SET search_path = grounds, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM added WHERE idx < (SELECT size FROM audit_head WHERE id = 1))
    OR EXISTS (SELECT 1 FROM added WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.idx = added.idx))
  THEN
    RAISE EXCEPTION 'audit_sealed is append-only: INSERT refused' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
