// Fetches what a plan asks for about a person: one search for each distinct need, seen with the eyes of the asker.
import type { DataRequirementCodeFilter, Resource, ResourceType } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { passesCodes, passesDates } from '../../fhir/data-requirement.ts';
import type { SearchFilter, SortKey } from '../../fhir/search-query.ts';
import type { Facts } from '../../pathways/judge-plan.ts';
import type { PlanInput } from '../../pathways/plan-input.ts';
import { assumedFor } from '../../pathways/what-if.ts';
import type { WorkflowContext } from '../context.ts';
import { presentOf } from '../present.ts';
import { isEvidence } from '../resources/is-evidence.ts';

/**
 * The record types that plans may ask for, and which of their elements are searched for. The others are compared here:
 * the index has none for a Flag, and a status, which nearly always passes, costs more in the search than the rest of it.
 */
const searchable: Readonly<Partial<Record<ResourceType, Readonly<Record<string, string>>>>> = {
  Observation: { code: 'code', category: 'category' },
  Condition: { code: 'code', category: 'category' },
  QuestionnaireResponse: {},
  Flag: {},
  Encounter: {},
};

const searchedTypes: readonly ResourceType[] = [
  'Observation',
  'Condition',
  'QuestionnaireResponse',
  'Flag',
  'Encounter',
];

const longestPage = 200;
/** How many more than asked for are fetched, so that one that does not pass rarely needs a second page. */
const spare = 1;

/**
 * By input key. What the asker may not read is "not-visible": an empty answer would be taken for an empty record.
 * A type that is not in the table is left out, which leaves the condition unknown.
 */
export async function gatherInputs(
  context: WorkflowContext,
  patientId: string,
  needs: readonly PlanInput[],
  assumed: readonly Resource[] = [],
): Promise<Facts> {
  const found = await Promise.all(
    needs.map(async (need) => [need.key, await gatherWith(context, patientId, need, assumed)] as const),
  );
  return new Map(found.flatMap(([key, fact]) => (fact === undefined ? [] : [[key, fact]])));
}

/** The assumed data first. What is on record is not asked for when they are as many as the need takes. */
async function gatherWith(
  context: WorkflowContext,
  patientId: string,
  need: PlanInput,
  assumed: readonly Resource[],
): Promise<readonly Resource[] | 'not-visible' | undefined> {
  if (assumed.length === 0) return gather(context, patientId, need, new Set());
  const given = assumedFor(need, assumed, presentOf(context));
  const left = (need.requirement.limit ?? Number.POSITIVE_INFINITY) - given.length;
  if (left <= 0) return given;
  const replaced = new Set(assumed.map(({ resourceType, id }) => `${resourceType}/${id ?? ''}`));
  const onRecord = await gather(context, patientId, need, replaced);
  if (onRecord === 'not-visible') return onRecord;
  return onRecord || given.length > 0 ? [...given, ...(onRecord ?? []).slice(0, left)] : undefined;
}

async function gather(
  context: WorkflowContext,
  patientId: string,
  { requirement }: PlanInput,
  replaced: ReadonlySet<string>,
): Promise<readonly Resource[] | 'not-visible' | undefined> {
  const { store, actor } = context;
  const type = searchedType(requirement.type);
  const parameters = type && searchable[type];
  if (!type || !parameters) {
    return undefined;
  }
  if (!may(actor, type, 'search')) {
    return 'not-visible';
  }
  const codeFilters = requirement.codeFilter ?? [];
  const comparedHere = codeFilters.filter(({ path }) => !path || !parameters[path]);
  const present = presentOf(context);
  const passesHere = (resource: Resource) =>
    isEvidence(resource) &&
    !replaced.has(`${resource.resourceType}/${resource.id ?? ''}`) &&
    comparedHere.every((filter) => passesCodes(resource, filter)) &&
    (requirement.dateFilter ?? []).every((filter) => passesDates(resource, filter, present));
  const limit = requirement.limit ?? Number.POSITIVE_INFINITY;
  const kept: Resource[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search({
      type,
      filters: filtersFor(patientId, codeFilters, parameters),
      sort: requirement.sort ? newestFirst(type) : [],
      count: Math.min(limit + spare, longestPage),
      ...(cursor !== undefined && { cursor }),
      include: [],
      revinclude: [],
      total: false,
      understood: `patient=Patient/${patientId}&${codeFilters.map(({ path }) => path).join('&')}`,
    });
    for (const match of page.matches) {
      if (kept.length >= limit) break;
      const resource = match.resource();
      if (passesHere(resource)) {
        kept.push(resource);
      }
    }
    cursor = kept.length < limit ? page.next : undefined;
  } while (cursor !== undefined);
  return kept;
}

function searchedType(type: string | undefined): ResourceType | undefined {
  return searchedTypes.find((each) => each === type);
}

function filtersFor(
  patientId: string,
  codeFilters: readonly DataRequirementCodeFilter[],
  parameters: Readonly<Record<string, string>>,
): SearchFilter[] {
  return [
    { parameter: 'patient', test: { kind: 'reference', values: [{ type: 'Patient', id: patientId }] } },
    ...codeFilters.flatMap(({ path, code }): SearchFilter[] => {
      const parameter = path && parameters[path];
      if (!parameter) return [];
      const values = (code ?? []).map((coding) => ({
        ...(coding.system && { system: coding.system }),
        ...(coding.code && { code: coding.code }),
      }));
      return [{ parameter, test: { kind: 'token', values } }];
    }),
  ];
}

/** By the date of the finding where the type has one, else by when it was written. */
function newestFirst(type: ResourceType): SortKey[] {
  return [{ parameter: type === 'Observation' ? 'date' : '_lastUpdated', descending: true }];
}
