// Copies the versions of resources in batches, each behind the last one that is stored.
import type { Resource } from '@medplum/fhirtypes';
import type { PatientCompartment, RecordOwner } from '../../fhir/compartment.ts';
import { isForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { parseWritten } from '../../fhir/json.ts';
import { indexTableNames } from '../sql/index-tables.ts';
import { methods } from '../sql/resource-rows.ts';
import { sharingOf } from '../sql/sharing.ts';
import type { CopyReader, CopyTarget, NewRow, NumberGiver } from './copy-ends.ts';
import { mostPageBytes } from './keyset-pages.ts';
import { storedVersions, type VersionOfRow, type VersionPlace } from './stored-versions.ts';

interface Item {
  readonly row: VersionOfRow;
  /** Absent for a deletion. */
  readonly resource?: Resource;
  /** Whose record it is in; for a deletion, whose the version before it was in. */
  readonly owners: readonly RecordOwner[];
  /** Whether the person alone is shown it; for a deletion, the version before it. */
  readonly isPrivate: boolean;
}

type Sight = Pick<Item, 'owners' | 'isPrivate'>;
type Place = VersionPlace & Sight;

const batchRows = 500;

const readPlace = (text: string): Place | undefined =>
  text === '' ? undefined : (JSON.parse(text) as Place);

const placeOf = ({ row: { rowId, version, isCurrent }, owners, isPrivate }: Item): string =>
  JSON.stringify({ rowId, version, isCurrent, owners, isPrivate } satisfies Place);

/** In the target row_ids are as in the source: their order is the order of an unsorted search. */
function rowsOf({ row, resource, owners, isPrivate }: Item, numbers: NumberGiver): readonly NewRow[] {
  const { rowId, version, lastUpdated, method, body } = row;
  const typeId = numbers.term(row.type);
  const owned = owners.map((owner) => ({
    id: numbers.target({ kind: 'local', ...owner }),
    sharing: sharingOf(owner, isPrivate),
  }));
  const home = owned[0]?.id ?? 0;
  if (!row.isCurrent) {
    return [{ table: 'version', values: [rowId, home, version, lastUpdated, method, body, typeId] }];
  }
  const isDeleted = resource === undefined ? 1 : 0;
  const values = [rowId, home, typeId, row.id, version, lastUpdated, method, isDeleted, body];
  const own: NewRow = { table: 'resource', values };
  if (resource === undefined) {
    // Who could see the last version may see that it is gone.
    return [
      own,
      ...owned.map(
        ({ id, sharing }): NewRow => ({ table: 'compartment', values: [rowId, home, id, sharing] }),
      ),
    ];
  }
  const index = numbers.indexRows(typeId, resource);
  return [
    own,
    ...indexTableNames.flatMap((table) =>
      index[table].map((row): NewRow => ({ table, values: [rowId, home, ...row] })),
    ),
  ];
}

export interface VersionCopy {
  readonly source: CopyReader;
  readonly target: CopyTarget;
  readonly compartment: PatientCompartment;
  readonly signal: Pick<AbortSignal, 'aborted'>;
  /** So many rows are stored. */
  readonly onStored: (rows: number) => void;
}

/** Begins behind `place`; stops after a batch when the signal says so. */
export async function copyVersions(
  { source, target, compartment, signal, onStored }: VersionCopy,
  stage: string,
  place: string,
): Promise<void> {
  const start = readPlace(place);
  let from = place;
  let before: Sight & { readonly row: { readonly rowId: number } } = {
    row: { rowId: start?.rowId ?? 0 },
    owners: start?.owners ?? [],
    isPrivate: start?.isPrivate ?? false,
  };
  let batch: Item[] = [];
  let letters = 0;

  const itemOf = (row: VersionOfRow): Item => {
    if (row.method === methods.DELETE) {
      const isOfTheSame = before.row.rowId === row.rowId;
      return {
        row,
        owners: isOfTheSame ? before.owners : [],
        isPrivate: isOfTheSame && before.isPrivate,
      };
    }
    const resource = parseWritten(row.body) as Resource;
    return {
      row,
      resource,
      owners: compartment.ownersOf(resource),
      isPrivate: isForThePersonAlone(resource),
    };
  };

  const flush = async (): Promise<void> => {
    const last = batch.at(-1);
    if (last === undefined) return;
    const to = placeOf(last);
    await target.store(batch, rowsOf, { stage, from, to });
    onStored(batch.length);
    from = to;
    [batch, letters] = [[], 0];
  };

  for await (const row of storedVersions(source, start)) {
    const item = itemOf(row);
    before = item;
    batch.push(item);
    letters += row.body.length;
    if (batch.length >= batchRows || letters >= mostPageBytes) {
      await flush();
      if (signal.aborted) return;
    }
  }
  await flush();
}
