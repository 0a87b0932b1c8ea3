-- Version 2: a room may be declared relaxed when it is created. All rooms from before are strong.

ALTER TABLE rooms ADD COLUMN consistency INTEGER NOT NULL DEFAULT 0; -- 0 strong, 1 relaxed
