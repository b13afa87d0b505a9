// What somebody can see of a person's care at a moment, in plain lines: what is under way, which days are planned, what is open and whose it is.
import { isDeepStrictEqual } from 'node:util';
import type {
  CarePlan,
  CodeableConcept,
  EpisodeOfCare,
  Parameters,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';

/** GETs as the one who looks, below the FHIR base. Undefined when it is not theirs to see. */
export type Look = (path: string) => Promise<Resource | undefined>;

export interface View {
  readonly referral: readonly string[];
  readonly episode: readonly string[];
  readonly plan: readonly string[];
  readonly sessions: readonly string[];
  readonly openTasks: readonly string[];
  readonly next: readonly string[];
}

const closed: ReadonlySet<string> = new Set([
  'completed',
  'cancelled',
  'failed',
  'rejected',
  'entered-in-error',
]);

/** `patient` is "Patient/x". */
export async function viewOf(look: Look, patient: string): Promise<View> {
  const requests = await all<ServiceRequest>(look, `/ServiceRequest?subject=${patient}`);
  const episodes = await all<EpisodeOfCare>(look, `/EpisodeOfCare?patient=${patient}`);
  const plans = await all<CarePlan>(look, `/CarePlan?subject=${patient}`);
  const tasks = await all<Task>(look, `/Task?patient=${patient}`);
  const next = await Promise.all(plans.map((plan) => look(`/CarePlan/${plan.id}/$course`)));
  return {
    referral: requests.filter((request) => !isSession(request)).map(({ status }) => status),
    episode: episodes.map(({ status }) => status),
    plan: plans.map(({ status }) => status),
    sessions: requests.filter(isSession).map(sessionLine).toSorted(),
    openTasks: tasks
      .filter(({ status }) => !closed.has(status))
      .map(taskLine)
      .toSorted(),
    next: next.flatMap(nextLines),
  };
}

/** The parts of a view that are other than before. */
export function changedSince(before: View | undefined, view: View): Partial<View> {
  const changed = Object.entries(view).filter(
    ([part, lines]) => !isDeepStrictEqual(lines, before?.[part as keyof View] ?? []),
  );
  return Object.fromEntries(changed);
}

/** Every match, on one page. Throws when there are more. */
export async function all<T extends Resource>(look: Look, path: string): Promise<readonly T[]> {
  const bundle = await look(`${path}${path.includes('?') ? '&' : '?'}_count=200`);
  if (bundle?.resourceType !== 'Bundle') return [];
  if (bundle.link?.some(({ relation }) => relation === 'next')) throw new Error(`more than a page: ${path}`);
  return (bundle.entry ?? [])
    .filter(({ search }) => search?.mode === 'match')
    .map(({ resource }) => resource as T);
}

/** Sessions of a course are asked for together. */
const isSession = ({ requisition }: ServiceRequest): boolean => requisition !== undefined;

const sessionLine = ({ occurrenceDateTime, occurrencePeriod, code, status }: ServiceRequest): string =>
  `${(occurrenceDateTime ?? occurrencePeriod?.start ?? 'no day').slice(0, 10)} ${code?.text ?? 'session'}: ${status}`;

function taskLine(task: Task): string {
  const due = task.restriction?.period?.end ?? task.executionPeriod?.end ?? task.executionPeriod?.start;
  const meaning = task.businessStatus ? ` (${named(task.businessStatus)})` : '';
  const owner = task.owner?.reference ?? 'nobody';
  const asked = task.input?.find(({ valueCanonical }) => valueCanonical)?.valueCanonical;
  const form = asked ? ` ${asked.split('/').at(-1)}` : '';
  return `${named(task.code)}${form}: ${task.status}${meaning}, ${owner}${due ? `, due ${due.slice(0, 10)}` : ''}`;
}

const named = (concept: CodeableConcept | undefined): string =>
  concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code ?? 'something';

function nextLines(course: Resource | undefined): readonly string[] {
  const parameters = (course as Parameters | undefined)?.parameter ?? [];
  return parameters
    .filter(({ name }) => name === 'next')
    .map(({ part = [] }) => {
      const of = (name: string) => part.find((each) => each.name === name);
      const due = of('due')?.valueDate;
      return `${of('text')?.valueString} ${of('owner')?.valueReference?.reference}${due ? `, due ${due}` : ''}`;
    });
}
