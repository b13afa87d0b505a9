// Runs the entries of a transaction in the order of the specification, all or nothing: https://hl7.org/fhir/R4/http.html#trules
import type { Bundle, OperationOutcomeIssue, Resource, ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../../fhir/error.ts';
import { withOwnReferences } from '../../fhir/own-references.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import { calledTogether } from '../alarms/called-together.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { checkResource } from '../resources/check-resource.ts';
import { conditionalParts, conditionalReferences } from '../resources/conditional-references.ts';
import { toldAfter, writeNew } from '../resources/create-resource.ts';
import { patchWithin } from '../resources/patch-resource.ts';
import { remarksOn } from '../resources/remarks-on.ts';
import { onlyMatch } from '../resources/resolve-condition.ts';
import { checkForUpdate, writeNext } from '../resources/update-resource.ts';
import type { BundleDoor, EntryResult } from './bundle-door.ts';
import { namesAmong, rewritten } from './bundle-references.ts';
import {
  answersAndWhatLinksToThem,
  answersLast,
  type Create,
  creates,
  inOrderOfLinks,
  isAhead,
  patientsFirst,
} from './creation-order.ts';
import { placed, placedError } from './placed-error.ts';
import { checkNoDuplicates, type PlannedEntry, planEntry, type TransactionEntry } from './plan-bundle.ts';
import { concreteEntries } from './resolve-entries.ts';
import { answerGet, runDelete, updateOptions, versionDemand } from './run-entry.ts';

type Update = Extract<PlannedEntry, { kind: 'update' }>;
type Patch = Extract<PlannedEntry, { kind: 'patch' }>;

/** Everything that can be known without the store, so that the transaction itself is short. */
interface Prepared {
  readonly plan: readonly TransactionEntry[];
  /** If-None-Exist by entry. */
  readonly conditions: ReadonlyMap<number, SearchQuery>;
  /** The conditions of updates, patches and deletes by entry. */
  readonly targets: ReadonlyMap<number, SearchQuery>;
  /** What conditional references look for, by their text, with the first entry that says so. */
  readonly lookUps: ReadonlyMap<string, { readonly query: SearchQuery; readonly index: number }>;
  /** The validator's remarks below an error by entry. */
  readonly warnings: ReadonlyMap<number, readonly OperationOutcomeIssue[]>;
}

/** So many entries are validated before others are served. */
const entriesPerTurn = 10;

export async function runTransaction(
  context: WorkflowContext,
  bundle: Bundle,
  door: BundleDoor,
): Promise<readonly EntryResult[]> {
  const prepared = await prepare(context, bundle, door);
  return inTransaction(context, (within) =>
    runPrepared({ ...within, calledTogether: calledTogether() }, prepared, door),
  );
}

/** Throws one FhirError with the issues of every entry that is wrong. */
async function prepare(context: WorkflowContext, bundle: Bundle, door: BundleDoor): Promise<Prepared> {
  const plan: TransactionEntry[] = [];
  const conditions = new Map<number, SearchQuery>();
  const targets = new Map<number, SearchQuery>();
  const lookUps = new Map<string, { query: SearchQuery; index: number }>();
  const warnings = new Map<number, readonly OperationOutcomeIssue[]>();
  const found: OperationOutcomeIssue[] = [];
  const statuses = new Set<number>();

  for (const [index, entry] of (bundle.entry ?? []).entries()) {
    if (index % entriesPerTurn === entriesPerTurn - 1) {
      await nextTurn();
    }
    try {
      const planned = planEntry(entry, index, door.base, door.isServed);
      if (planned.kind === 'ask') {
        throw invalid(
          'Histories and operations are answered in a batch, not in a transaction.',
          `Bundle.entry[${index}].request.url`,
        );
      }
      plan.push(planned);
      if (planned.kind === 'create' && planned.ifNoneExist !== undefined) {
        conditions.set(index, door.condition(planned.type, planned.ifNoneExist));
      }
      if ('condition' in planned) {
        targets.set(index, door.condition(planned.type, planned.condition));
      }
      if ('resource' in planned) {
        const check = planned.kind === 'create' ? checkResource : checkForUpdate;
        warnings.set(index, check(context, planned.resource));
        for (const reference of conditionalReferences(planned.resource)) {
          if (!lookUps.has(reference)) {
            lookUps.set(reference, { query: lookUp(reference, door), index });
          }
        }
      }
    } catch (error) {
      if (!(error instanceof FhirError)) {
        throw error;
      }
      found.push(...placedError(error, index).issues);
      statuses.add(error.status);
    }
  }
  if (found.some(({ severity }) => severity === 'error' || severity === 'fatal')) {
    const [status] = statuses;
    throw new FhirError(statuses.size === 1 && status !== undefined ? status : 400, found);
  }
  checkNoDuplicates(plan);
  return { plan, conditions, targets, lookUps, warnings };
}

function lookUp(reference: string, door: BundleDoor): SearchQuery {
  const { type, query } = conditionalParts(reference);
  if (!door.isServed(type)) {
    throw invalid(`The reference "${type}?..." is to no resource type that is served.`);
  }
  // isServed has just said so.
  return door.condition(type as ResourceType, query);
}

async function runPrepared(
  context: WorkflowContext,
  { plan: asked, conditions, targets, lookUps, warnings }: Prepared,
  door: BundleDoor,
): Promise<readonly EntryResult[]> {
  const results = new Map<number, EntryResult>();
  const names = namesAmong(asked);
  const resolved = new Map<string, string>();
  for (const [reference, { query, index }] of lookUps) {
    resolved.set(reference, await placed(index, () => referenced(context, query)));
  }
  const plan = await concreteEntries(context, asked, targets);
  checkNoDuplicates(plan.filter((entry) => entry.kind !== 'nothing'));

  // Ids are given before anything is stored, so that references may point forward.
  const ids = new Map<number, string>();
  const addresses = new Map<string, string>();
  for (const entry of plan) {
    const id = entry.kind === 'update' ? entry.id : context.newId();
    if (entry.kind === 'update' || (entry.kind === 'create' && !conditions.has(entry.index))) {
      ids.set(entry.index, id);
      addresses.set(entry.fullUrl ?? '', `${entry.type}/${id}`);
    }
  }

  for (const entry of plan) {
    if (entry.kind === 'delete') {
      results.set(entry.index, await placed(entry.index, () => runDelete(context, entry, door)));
    } else if (entry.kind === 'nothing') {
      results.set(entry.index, { kind: 'nothing-deleted' });
    }
  }
  // What a conditional create finds or makes is known only when it has run: those run first.
  const some = answersLast(creates(plan).filter(({ index }) => conditions.has(index)));
  const conditional = inOrderOfLinks(some, names);
  const behind = answersAndWhatLinksToThem(conditional, names);
  for (const entry of conditional.filter((each) => !behind.has(each))) await runConditional(entry);
  // An answer may call somebody in for a person, and by a form, that this transaction brings.
  const others = creates(plan).filter(({ index }) => !conditions.has(index));
  for (const entry of patientsFirst(others.filter(isAhead))) await runPlain(entry);
  for (const entry of plan) {
    if (entry.kind === 'update' && isAhead(entry)) {
      results.set(entry.index, await placed(entry.index, () => runUpdate(entry)));
    }
  }
  for (const entry of behind) await runConditional(entry);
  for (const entry of answersLast(others.filter((each) => !isAhead(each)))) await runPlain(entry);
  for (const entry of plan) {
    if (entry.kind === 'update' && !isAhead(entry)) {
      results.set(entry.index, await placed(entry.index, () => runUpdate(entry)));
    } else if (entry.kind === 'patch') {
      results.set(entry.index, await placed(entry.index, () => runPatch(entry)));
    }
  }
  for (const entry of plan) {
    if (entry.kind === 'read' || entry.kind === 'search') {
      results.set(entry.index, await placed(entry.index, () => answerGet(context, entry, door)));
    }
  }
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);

  async function runConditional(entry: Create): Promise<void> {
    const result = await placed(entry.index, () => runCreate(entry));
    results.set(entry.index, result);
    addresses.set(entry.fullUrl ?? '', `${entry.type}/${result.version.id}`);
  }

  async function runPlain(entry: Create): Promise<void> {
    results.set(entry.index, await placed(entry.index, () => runCreate(entry)));
  }

  /** The links to entries first: an entry may have an address of this server as its fullUrl, and get another id. */
  function linked(resource: Resource, fullUrl: string | undefined): Resource {
    return withOwnReferences(rewritten(resource, fullUrl, { addresses, resolved, names }), door.base);
  }

  async function runCreate(entry: Create) {
    const id = ids.get(entry.index);
    const ifNoneExist = conditions.get(entry.index);
    const resource = linked(entry.resource, entry.fullUrl);
    const told = await warningsOn(entry, resource);
    const result = await writeNew(context, resource, {
      ...(id !== undefined && { id }),
      ...(ifNoneExist !== undefined && { ifNoneExist }),
    });
    return { ...result, warnings: toldAfter(result, told) };
  }

  async function runUpdate(entry: Update): Promise<EntryResult> {
    const next = linked(entry.resource, entry.fullUrl);
    const told = await warningsOn(entry, next);
    const { created, version } = await writeNext(context, next, updateOptions(entry, door));
    return { kind: created ? 'created' : 'updated', version, warnings: told };
  }

  /** Found out before the write, as in create-resource.ts, and after what stands ahead of answers. */
  async function warningsOn({ index }: Create | Update, resource: Resource) {
    return [...(warnings.get(index) ?? []), ...(await remarksOn(context, resource))];
  }

  async function runPatch({ type, id, patch, fullUrl, ...entry }: Patch): Promise<EntryResult> {
    const patched = await patchWithin(context, type, id, patch, {
      ...versionDemand(entry, door),
      rewrite: (resource) => linked(resource, fullUrl),
    });
    return { ...patched, kind: 'updated' };
  }
}

/** The one resource that a conditional reference means. */
async function referenced(context: WorkflowContext, query: SearchQuery): Promise<string> {
  const match = await onlyMatch(context, query);
  if (match === undefined) {
    throw invalid(`A conditional reference to ${query.type} matches nothing.`);
  }
  return `${match.resourceType}/${match.id}`;
}
