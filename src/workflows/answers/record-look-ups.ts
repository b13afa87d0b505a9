// Answers what the filling of a form asks about the record, through the store of whoever asks: they see in a form what they see anyway.
import type { Coding, Observation, Resource, ResourceType } from '@medplum/fhirtypes';
import { openTypes } from '../../auth/permit-table.ts';
import { everyType, may } from '../../auth/permits.ts';
import { isEarlier } from '../../course/calendar.ts';
import { FhirError } from '../../fhir/error.ts';
import { localReference } from '../../fhir/reference.ts';
import type { SearchFilter, SearchQuery } from '../../fhir/search-query.ts';
import type { LookedUp, LookUps } from '../../sdc/look-ups.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken } from '../resources/find-resources.ts';
import { isEvidence } from '../resources/is-evidence.ts';
import { patientOf } from '../resources/read-known.ts';

/** A Questionnaire with more searches than this asks for more than a form is worth. */
const mostSearches = 100;
const mostMatches = 200;

export interface RecordLookUps extends LookUps {
  /** Undefined for what the asker does not see. */
  read(type: string, id: string): Promise<Resource | undefined>;
  isAboutSubject(resource: Resource): boolean;
  isAboutAnother(resource: Resource): boolean;
  newestObservation(codes: readonly Coding[], since: Date): Promise<LookedUp<Observation | undefined>>;
}

/** `isLocal` false: the client wants the record left alone, so nothing is known. */
export function recordLookUps(context: WorkflowContext, patientId: string, isLocal: boolean): RecordLookUps {
  const asked = new Map<string, Promise<LookedUp<readonly Resource[]>>>();
  let searches = 0;

  /** Why a search is not made. */
  function hindrance(type: ResourceType): Extract<LookedUp<never>, { kind: 'not-known' }> | undefined {
    if (!isLocal) return notKnown('informational', '"local" is false, so the record was not searched');
    if (!may(context.actor, type, 'search')) {
      return notKnown('forbidden', `this token may not search ${type} resources, so it is not known`);
    }
    searches += 1;
    return searches > mostSearches
      ? notKnown('too-costly', `one call makes at most ${mostSearches} searches`)
      : undefined;
  }

  async function search(text: string): Promise<LookedUp<readonly Resource[]>> {
    const query = understood(context, text);
    if (query.kind === 'not-known') return query;
    const hindered = hindrance(query.value.type);
    if (hindered) return hindered;
    const hasCount = /[?&]_count=/.test(text);
    const page = await context.store.search(hasCount ? query.value : { ...query.value, count: mostMatches });
    if (!hasCount && page.next !== undefined) {
      return notKnown('too-costly', `the query finds more than ${mostMatches}, so none was used`);
    }
    const resources = page.matches.map((match) => match.resource()).filter(isEvidence);
    return resources.every((resource) => open.has(resource.resourceType) || isAbout(resource, patientId))
      ? { kind: 'found', value: resources }
      : notKnown(
          'security',
          'the query finds more than the record of the subject, so nothing of it was used',
        );
  }

  return {
    search(text) {
      const answer = asked.get(text) ?? search(text);
      asked.set(text, answer);
      return answer;
    },
    async read(type, id) {
      searches += 1;
      if (searches > mostSearches || !everyType.has(type) || !may(context.actor, type, 'read'))
        return undefined;
      const result = await context.store.read(type as ResourceType, id);
      return result.kind === 'found' ? result.version.resource() : undefined;
    },
    isAboutSubject: (resource) => isAbout(resource, patientId),
    isAboutAnother: (resource) => {
      const named = patientOf(resource) ?? '';
      const isPatient = /(?:^|\/)Patient\//.test(named);
      return patientId !== '' && isPatient && localReference(named) !== `Patient/${patientId}`;
    },
    async newestObservation(codes, since) {
      const hindered = hindrance('Observation');
      if (hindered) return hindered;
      return { kind: 'found', value: await newestObservation(context, patientId, codes, since) };
    },
  };
}

function notKnown(
  code: Extract<LookedUp<never>, { kind: 'not-known' }>['code'],
  why: string,
): Extract<LookedUp<never>, { kind: 'not-known' }> {
  return { kind: 'not-known', code, why };
}

function understood({ readSearch }: WorkflowContext, text: string): LookedUp<SearchQuery> {
  let query: SearchQuery;
  try {
    query = readSearch(text);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return notKnown('invalid', `the query is not understood: ${error.message}`);
  }
  return query.include.length + query.revinclude.length > 0
    ? notKnown('not-supported', 'a query of a form may not include other resources')
    : { kind: 'found', value: query };
}

const open: ReadonlySet<string> = new Set(openTypes);

/** A form about one person is not filled from another's record, whatever the asker may see. */
function isAbout(resource: Resource, patientId: string): boolean {
  return resource.resourceType === 'Patient'
    ? resource.id === patientId
    : patientOf(resource) === `Patient/${patientId}`;
}

const pageSize = 10;

/** Usable: final, amended or corrected, and about the patient rather than a focus such as a foetus. */
async function newestObservation(
  context: WorkflowContext,
  patientId: string,
  codes: readonly Coding[],
  since: Date,
): Promise<Observation | undefined> {
  const { store, clock } = context;
  const [now, days] = [clock.now(), daysOf(context)];
  const hasBegun = ({ effectiveDateTime: at }: Observation) =>
    at === undefined || !isEarlier(days, now.toISOString(), at);
  const filters: readonly SearchFilter[] = [
    byReference('patient', `Patient/${patientId}`),
    byToken(
      'code',
      ...codes.flatMap(({ system, code }) => (code ? { code, ...(system && { system }) } : [])),
    ),
    byToken('status', { code: 'final' }, { code: 'amended' }, { code: 'corrected' }),
    atOrAround('ge', since.getTime()),
    // A search takes the days of UTC, by which today may be yet to come.
    atOrAround('le', Math.max(now.getTime(), Date.parse(days.today) + 1)),
  ];
  let cursor: string | undefined;
  do {
    const page = await store.search({
      type: 'Observation',
      filters,
      sort: [{ parameter: 'date', descending: true }],
      count: pageSize,
      ...(cursor !== undefined && { cursor }),
      include: [],
      revinclude: [],
      total: false,
      understood: `patient=Patient/${patientId}&code&status&date`,
    });
    for (const match of page.matches) {
      const resource = match.resource();
      if (resource.resourceType !== 'Observation') continue;
      if (hasBegun(resource) && isOnPatient(resource, patientId)) return resource;
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}

function atOrAround(prefix: 'ge' | 'le', atMs: number): SearchFilter {
  const interval = { fromMs: atMs, untilMs: atMs + 1 };
  return { parameter: 'date', test: { kind: 'date', values: [{ prefix, interval }] } };
}

function isOnPatient({ focus }: Observation, patientId: string): boolean {
  return (focus ?? []).every(({ reference }) => reference === `Patient/${patientId}`);
}
