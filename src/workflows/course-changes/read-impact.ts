// Lists what a new version of a protocol would change in the courses that run on an earlier one, page by page. Nothing is written.
import type { CarePlan, PlanDefinition, Provenance } from '@medplum/fhirtypes';
import { isEarlierVersion } from '../../course/plan/protocol-version.ts';
import { keepsVersion } from '../../course/plan/tailored-resources.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { businessRule, FhirError, invalid, notFound } from '../../fhir/error.ts';
import { type ActionChange, compareActions } from '../../pathways/compare-plans.ts';
import type { WorkflowContext } from '../context.ts';
import { readCoursePlan } from '../courses/course-plan.ts';
import { findProtocol } from '../courses/protocol-of-course.ts';
import { byToken } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';
import {
  type ImpactOnStep,
  pausedFirst,
  planMigration,
  recordsOfPlan,
  refuseGroup,
} from './plan-migration.ts';

export interface ImpactRequest {
  readonly planId: string;
  /** Of the new version; the one that is stored under this id when not said. */
  readonly version: string | undefined;
  /** Only courses that run on this version. */
  readonly from: string | undefined;
  readonly count: number;
  readonly cursor: string | undefined;
}

interface ImpactOnCourse {
  readonly carePlan: CarePlan;
  /** Canonical of the version that it runs on. */
  readonly runsOn: string;
  /** kept: people decided that it stays. not-offered: it cannot be changed to the new version. */
  readonly answer: 'open' | 'kept' | 'not-offered';
  readonly answeredBy?: Provenance;
  /** Why it cannot be changed to the new version, or what comes first. */
  readonly words?: string;
  readonly steps: readonly ImpactOnStep[];
}

interface ProtocolDifference {
  /** Canonical of the earlier version. */
  readonly from: string;
  /** Undefined when nobody has the earlier version any more. */
  readonly actions?: readonly ActionChange[];
}

export interface Impact {
  /** Canonical of the new version. */
  readonly to: string;
  /** For each earlier version on this page. */
  readonly protocols: readonly ProtocolDifference[];
  readonly courses: readonly ImpactOnCourse[];
  /** Cursor of the following page; absent on the last. */
  readonly next?: string;
}

/** A page is read course by course: courses that the actor may not see are in none. Refused: 404 unknown plan or version; 422 a plan without a url. */
export async function readImpact(context: WorkflowContext, request: ImpactRequest): Promise<Impact> {
  const to = await newVersion(context, request);
  const canonical = canonicalOf(to) ?? '';
  const page = await context.store.search({
    type: 'CarePlan',
    filters: [
      {
        parameter: 'instantiates-canonical',
        test: {
          kind: 'reference',
          values: [{ url: request.from === undefined ? (to.url ?? '') : `${to.url}|${request.from}` }],
        },
      },
      byToken('status', { code: 'active' }, { code: 'on-hold' }),
    ],
    // Those stored last first: the index gives them so, and ten thousand need not be sorted for each page.
    sort: [],
    count: request.count,
    ...(request.cursor !== undefined && { cursor: request.cursor }),
    include: [],
    revinclude: [],
    total: false,
    understood: 'instantiates-canonical&status',
  });
  const earlier = page.matches.flatMap((match) => {
    const carePlan = match.resource();
    const runsOn = carePlan.resourceType === 'CarePlan' ? versionOf(carePlan, to) : undefined;
    return carePlan.resourceType === 'CarePlan' && runsOn !== undefined ? [{ carePlan, runsOn }] : [];
  });
  const courses: ImpactOnCourse[] = [];
  for (const { carePlan, runsOn } of earlier) courses.push(await impactOn(context, carePlan, runsOn, to));
  const versions = request.from === undefined ? [] : [`${to.url}|${request.from}`];
  const protocols: ProtocolDifference[] = [];
  for (const from of new Set([...versions, ...earlier.map(({ runsOn }) => runsOn)])) {
    const own = await findProtocol(context, from);
    protocols.push({ from, ...(own && { actions: compareActions(own, to) }) });
  }
  return { to: canonical, protocols, courses, ...(page.next !== undefined && { next: page.next }) };
}

async function newVersion(
  context: WorkflowContext,
  { planId, version, from }: ImpactRequest,
): Promise<PlanDefinition> {
  const current = (await readKnown(context.store, 'PlanDefinition', planId)).resource();
  if (!current.url) {
    throw businessRule(`PlanDefinition/${planId} has no url: no course can name it`, 'PlanDefinition.url');
  }
  const to =
    version === undefined || version === current.version
      ? current
      : await findProtocol(context, `${current.url}|${version}`);
  if (!to) throw notFound(`version ${version} of ${current.url} is not known`, 'Parameters.parameter');
  if (from !== undefined && !isEarlierVersion(from, to.version)) {
    throw invalid(`"from" is a version before ${to.version}, not ${from}`, 'Parameters.parameter');
  }
  return to;
}

/** The canonical that the plan of a person or a group names, when it is an earlier version than this. */
function versionOf({ intent, instantiatesCanonical = [] }: CarePlan, to: PlanDefinition): string | undefined {
  const own = instantiatesCanonical.find((canonical) => parseCanonical(canonical).url === to.url);
  const isEarlier = own !== undefined && isEarlierVersion(parseCanonical(own).version, to.version);
  return intent === 'plan' && isEarlier ? own : undefined;
}

/** What cannot be told of one course is said in its place, so that the others are told. */
async function impactOn(
  context: WorkflowContext,
  carePlan: CarePlan,
  runsOn: string,
  to: PlanDefinition,
): Promise<ImpactOnCourse> {
  try {
    refuseGroup(carePlan);
    const records = await recordsOfPlan(context, carePlan.id ?? '');
    const plan = await readCoursePlan(context, carePlan.id ?? '');
    const { impacts } = await planMigration(context, plan, { to, renewed: new Set(), records });
    const canonical = canonicalOf(to) ?? '';
    const answeredBy = records.find((record) => keepsVersion(record, canonical));
    return {
      carePlan,
      runsOn,
      answer: answeredBy ? 'kept' : 'open',
      ...(answeredBy && { answeredBy }),
      ...(carePlan.status === 'on-hold' && { words: pausedFirst }),
      steps: impacts,
    };
  } catch (error) {
    // A database that is away says nothing of this course.
    if (!(error instanceof FhirError) || error.status >= 500) throw error;
    return { carePlan, runsOn, answer: 'not-offered', words: error.message, steps: [] };
  }
}
