/** One stored object as it lies on disk. */
export interface JournalRow {
  /** `apps/deployments`. */
  readonly collection: string;
  /** `namespace/name`, or `/name` for cluster-wide kinds. */
  readonly key: string;
  readonly revision: number;
  readonly json: string;
}

/**
 * Where the store keeps what it must not forget. A call returns when the write survives the death of this process; it throws a
 * `StorageFull` when there is no room, and then nothing has changed.
 */
export interface Journal {
  /** Everything, and the newest revision that was ever given out. Called once, first. */
  load(): { revision: number; rows: Iterable<JournalRow> };
  put(row: JournalRow): void;
  delete(collection: string, key: string, revision: number): void;
  close(): void;
}

/** There is no room to write: answered as 507, and the process goes on. */
export class StorageFull extends Error {}

/** Forgets everything with the process: for tests, rehearsals and throw-away sandboxes. */
export const memoryJournal = (): Journal => ({
  load: () => ({ revision: 0, rows: [] }),
  put: () => {},
  delete: () => {},
  close: () => {},
});
