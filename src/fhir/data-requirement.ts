// Whether a resource is what a plan or a measure asks for about a person (DataRequirement): its codes, and how long ago it was.
// https://hl7.org/fhir/R4/metadatatypes.html#DataRequirement
import type {
  DataRequirement,
  DataRequirementCodeFilter,
  DataRequirementDateFilter,
  Duration,
  Resource,
} from '@medplum/fhirtypes';
import type { Present } from './present.ts';

/** Why the service cannot look for such data; undefined when it can. Codes of value sets must have been filled in before. */
export function whyNotSupported(requirement: DataRequirement): string | undefined {
  for (const filter of requirement.codeFilter ?? []) {
    if (filter.searchParam || !filter.path) return 'a codeFilter needs a path and codes';
    if (!isOneElement(filter.path)) return `a codeFilter's path is one element, not "${filter.path}"`;
    if (!filter.code && filter.valueSet) return `the codes of ${filter.valueSet} are not held here`;
    if (!filter.code) return 'a codeFilter needs a path and codes';
  }
  for (const filter of requirement.dateFilter ?? []) {
    if (!filter.path || !isOneElement(filter.path)) return 'a dateFilter needs the path of one element';
    if (!filter.valueDuration || !before(new Date(0), filter.valueDuration)) {
      return 'a dateFilter needs a valueDuration in whole days, weeks, months or years';
    }
  }
  return undefined;
}

const isOneElement = (path: string): boolean => /^[a-z][A-Za-z]*$/.test(path);

export function passesCodes(resource: Resource, { path, code }: DataRequirementCodeFilter): boolean {
  const value: unknown = Reflect.get(resource, path ?? '');
  return codesIn(value).some((found) =>
    (code ?? []).some(
      (wanted) => found.code === wanted.code && (found.system ?? wanted.system) === wanted.system,
    ),
  );
}

/** What a duration is counted back from: the instant for what has a time of day, the day for what has a date alone. */
export type Moment = Pick<Present, 'now' | 'today'>;

/** Begun within the duration before the present. What has no such date, or a later one, does not pass. */
export function passesDates(
  resource: Resource,
  { path, valueDuration }: DataRequirementDateFilter,
  present: Moment,
): boolean {
  const start = startIn(Reflect.get(resource, path ?? '')) ?? '';
  const now = start.includes('T') ? present.now : new Date(present.today);
  const earliest = valueDuration && before(now, valueDuration);
  const startedMs = Date.parse(start);
  if (!earliest || Number.isNaN(startedMs)) return false;
  return startedMs <= now.getTime() && startedMs >= earliest.getTime();
}

/** All of it; the type too. */
export function meets(resource: Resource, requirement: DataRequirement, present: Moment): boolean {
  return (
    resource.resourceType === requirement.type &&
    (requirement.codeFilter ?? []).every((filter) => passesCodes(resource, filter)) &&
    (requirement.dateFilter ?? []).every((filter) => passesDates(resource, filter, present))
  );
}

/** So long before an instant, by the calendar (UTC); undefined for other units than UCUM's d, wk, mo and a, and for parts of one. */
function before(instant: Date, { value, code }: Duration): Date | undefined {
  if (value === undefined || !Number.isInteger(value)) return undefined;
  const start = new Date(instant);
  switch (code) {
    case 'd':
      start.setUTCDate(start.getUTCDate() - value);
      return start;
    case 'wk':
      start.setUTCDate(start.getUTCDate() - 7 * value);
      return start;
    case 'mo':
      start.setUTCMonth(start.getUTCMonth() - value);
      return start;
    case 'a':
      start.setUTCFullYear(start.getUTCFullYear() - value);
      return start;
    default:
      return undefined;
  }
}

function startIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('start' in value && typeof value.start === 'string') return value.start;
  return 'end' in value && typeof value.end === 'string' ? value.end : undefined;
}

interface Code {
  readonly system?: unknown;
  readonly code: unknown;
}

/** The codes in a code, a Coding, a CodeableConcept or a list of them. */
function codesIn(value: unknown): readonly Code[] {
  if (Array.isArray(value)) return value.flatMap(codesIn);
  if (typeof value === 'string') return [{ code: value }];
  if (typeof value !== 'object' || value === null) return [];
  if ('coding' in value) return codesIn(value.coding);
  return 'code' in value ? [{ code: value.code, ...('system' in value && { system: value.system }) }] : [];
}
