// Lets all reads of one event-loop turn share one read transaction: taking and giving back the lock of a WAL database costs
// more than a small read does. A group of writes ends it before it begins.
import type { Database } from 'better-sqlite3';

export interface TurnSnapshot {
  /** Called before a read; opens the turn's read transaction when there is none. */
  begin(): void;
  /** Ends it now. */
  end(): void;
}

export function createTurnSnapshot(database: Database): TurnSnapshot {
  const begin = database.prepare('BEGIN');
  const commit = database.prepare('COMMIT');
  // Its own transaction and no other: the same connection carries the groups of writes, which must never be ended from here.
  let isOpen = false;
  const end = () => {
    if (isOpen) {
      isOpen = false;
      commit.run();
    }
  };
  return {
    begin() {
      if (!isOpen) {
        begin.run();
        isOpen = true;
        setImmediate(end);
      }
    },
    end,
  };
}
