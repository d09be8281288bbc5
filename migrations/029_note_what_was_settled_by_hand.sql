-- schema: payments
-- What an operator has said of a payment: [{"operationId", "what": "capture" | "refund" | "void", "isDone", "by", "reason", "at"}].
ALTER TABLE payments.payments ADD COLUMN by_hand jsonb;
