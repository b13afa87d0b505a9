// Keeps the rows of the definitions that were read last, so that reading one again need not fetch its long text.
// Whether it is still the one that stands, and may be seen, the database is asked each time.
//
// What names a text beyond doubt: no row of a resource is ever removed, so that a row_id means one resource for ever, and the version
// of a row goes up by one with each commit. A version that was committed never comes again with another text. One that was not may:
// a transaction is undone, and another writes the same number, under a clock that stands still at the same instant. So only what was
// read outside of a transaction, and so is committed, is kept. The instant is compared besides: it tells apart what somebody removed
// from the database by hand and put there again, where SQLite gives the row_id of the last row anew.
import type { ResourceType } from '@medplum/fhirtypes';
import { openTypes } from '../../auth/permit-table.ts';
import type { ResourceRow } from './resource-rows.ts';

export interface KeptDefinitions {
  find(type: ResourceType, id: string): ResourceRow | undefined;
  /** `row` must be a current row that is committed. */
  keep(type: ResourceType, row: ResourceRow): void;
}

/** What is about a person is not kept in memory. */
const kinds: ReadonlySet<string> = new Set(openTypes);

/** Letters: beneath this a row is fetched as fast as its version. */
const shortestKept = 8_000;
/** Letters of all that are kept together: some ten times the longest definition of our own content. */
const mostKept = 4_000_000;

export function createKeptDefinitions(): KeptDefinitions {
  /** What was read longest ago comes first. */
  const rows = new Map<string, ResourceRow>();
  let letters = 0;

  const drop = (key: string): void => {
    letters -= rows.get(key)?.body.length ?? 0;
    rows.delete(key);
  };

  return {
    find: (type, id) => rows.get(`${type}/${id}`),
    keep(type, row) {
      const key = `${type}/${row.id}`;
      drop(key);
      if (!kinds.has(type) || row.body.length < shortestKept || row.body.length > mostKept) return;
      rows.set(key, row);
      letters += row.body.length;
      for (const oldest of rows.keys()) {
        if (letters <= mostKept) return;
        drop(oldest);
      }
    },
  };
}
