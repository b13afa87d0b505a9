// Finds, before a transaction changes anything, which resources its conditional updates, patches and deletes mean:
// https://hl7.org/fhir/R4/http.html#trules . So references to such an entry have a place to lead to, and what overlaps is refused.
import { invalid } from '../../fhir/error.ts';
import { copyExact } from '../../fhir/json.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { WorkflowContext } from '../context.ts';
import { nothingToPatch, updateTarget } from '../resources/conditional-writes.ts';
import { onlyMatch } from '../resources/resolve-condition.ts';
import { placed } from './placed-error.ts';
import type { TransactionEntry } from './plan-bundle.ts';

type Conditional = Extract<TransactionEntry, { readonly condition: string }>;
type Plain = Exclude<TransactionEntry, Conditional>;

/** An entry whose target is known. `nothing`: a delete that no resource matches. */
export type ConcreteEntry = Plain | { readonly kind: 'nothing'; readonly index: number };

/** Throws FhirError with the entry's place: 404, 409, 412, and 400 when two entries would bring the same thing into being. */
export async function concreteEntries(
  context: WorkflowContext,
  plan: readonly TransactionEntry[],
  conditions: ReadonlyMap<number, SearchQuery>,
): Promise<readonly ConcreteEntry[]> {
  const firstToCreate = new Map<string, number>();
  const concrete: ConcreteEntry[] = [];
  for (const entry of plan) {
    const condition = conditions.get(entry.index);
    if (!('condition' in entry) || condition === undefined) {
      concrete.push(entry as Plain);
      continue;
    }
    const found = await placed(entry.index, () => resolve(context, entry, condition));
    if (found.kind === 'create') {
      const key = `${condition.type}?${condition.understood}`;
      const first = firstToCreate.get(key);
      if (first !== undefined) {
        throw invalid(`The same condition as in entry ${first}.`, `Bundle.entry[${entry.index}].request.url`);
      }
      firstToCreate.set(key, entry.index);
    }
    concrete.push(found);
  }
  return concrete;
}

async function resolve(
  context: WorkflowContext,
  entry: Conditional,
  condition: SearchQuery,
): Promise<ConcreteEntry> {
  const { index, type } = entry;
  switch (entry.kind) {
    case 'conditional-update': {
      const { resource, fullUrl, ifMatch, mustCreate, mustExist } = entry;
      const asked = { index, type, ...(fullUrl !== undefined && { fullUrl }) };
      const { id } = await updateTarget(context, resource, condition, entry);
      return id === undefined
        ? { ...asked, kind: 'create', resource }
        : {
            ...asked,
            kind: 'update',
            id,
            resource: copyExact(resource, { ...resource, id }),
            mustCreate,
            mustExist,
            ...(ifMatch !== undefined && { ifMatch }),
          };
    }
    case 'conditional-patch': {
      const match = await onlyMatch(context, condition);
      if (match === undefined) {
        throw nothingToPatch(condition);
      }
      return { ...entry, kind: 'patch', id: match.id };
    }
    case 'conditional-delete': {
      const match = await onlyMatch(context, condition);
      return match === undefined ? { kind: 'nothing', index } : { ...entry, kind: 'delete', id: match.id };
    }
  }
}
