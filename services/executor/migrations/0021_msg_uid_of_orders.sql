-- The msg_uid tells orders apart. The share of an entity bears its sub-order's id there, which follows from an order id
-- that an answer may state as often as it likes: it proves nothing and must not stop an execution.

DROP INDEX hawk.hedge_instructions_msg_uid;
CREATE UNIQUE INDEX hedge_instructions_msg_uid ON hawk.hedge_instructions (msg_uid)
    WHERE reversed_by_event IS NULL AND parent_instruction_id IS NULL;
