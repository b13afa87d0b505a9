// Whether something that a Measure counts (an episode, a referral, a Task ...) meets its criteria, and what is observed of it.
// A criterion is FHIRPath with that resource as its focus; see condition-input.ts for what else it reads of the person's record.
// https://hl7.org/fhir/R4/measure.html
import type {
  MeasureGroup,
  MeasureGroupPopulation,
  MeasureGroupStratifier,
  Patient,
  Resource,
} from '@medplum/fhirtypes';
import { compileFhirPath, type FhirPath, fhirPathTime } from '../fhir/fhirpath.ts';
import { type ConditionInput, conditionInputs, foundFor, mayBeCounted } from './condition-input.ts';

const populationBasisUrl = 'http://hl7.org/fhir/uv/cqm/StructureDefinition/cqm-populationBasis';

/** Variables that are there without being declared; %context, the focus, comes with FHIRPath itself. */
const givenVariables: ReadonlySet<string> = new Set(['patient', 'periodStart', 'periodEnd', 'now']);

export type Criterion = MeasureGroupPopulation | MeasureGroupStratifier;

/** One thing to be counted, with the record of the person whom it is about. */
export interface CountedUnit {
  /** A resource of the group's population basis. */
  readonly focus: Resource;
  readonly patient: Patient;
  /** The person's resources, of all the types that the criteria declare. */
  readonly record: readonly Resource[];
}

export interface MeasureTime {
  /** Calendar dates, YYYY-MM-DD; both belong to the period. */
  readonly periodStart: string;
  readonly periodEnd: string;
  /** The moment of computing, a FHIR dateTime written where the organisation is: %now.dateOf() is its day there. */
  readonly now: string;
}

export interface CriterionVerdict {
  readonly verdict: 'met' | 'not-met' | 'unknown';
  /** Why, in words, when the verdict is unknown. */
  readonly reason?: string;
}

/** Where a unit stands in a group: not looked at, left out, looked at, counted, or not to be told, and then why. */
export type Standing =
  | { readonly kind: 'outside' | 'excluded' | 'not-counted' | 'counted' }
  | { readonly kind: 'undecided'; readonly population: string; readonly reason: string };

/** A number that is observed of a unit: what the criterion gives, or the days between the two dates that it gives. */
export type ObservedValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'undecided'; readonly reason: string };

/** What a group counts in one person's record. */
export function unitsOf(group: MeasureGroup, record: readonly Resource[]): readonly Resource[] {
  const basis = group.extension?.find(({ url }) => url === populationBasisUrl)?.valueCode;
  return record.filter((resource) => resource.resourceType === basis && mayBeCounted(resource));
}

/** What is wrong with a criterion itself, whatever the data: it could never be decided. */
export function criterionFault(criterion: Criterion): string | undefined {
  const compiled = compileCriterion(criterion);
  return compiled.kind === 'not-run' ? compiled.why : undefined;
}

/** A criterion by itself. */
export function judgeCriterion(criterion: Criterion, unit: CountedUnit, time: MeasureTime): CriterionVerdict {
  const run = runCriterion(criterion, unit, time);
  if (run.kind === 'undecided') return { verdict: 'unknown', reason: run.reason };
  const [value, ...more] = run.values;
  if (typeof value === 'boolean' && more.length === 0) return { verdict: value ? 'met' : 'not-met' };
  const reason = value === undefined ? 'a date or value that it needs is missing' : 'no single true or false';
  return { verdict: 'unknown', reason };
}

/** The populations in the order in which they are asked: the first that a unit fails says where it stands. */
const order = [
  { code: 'initial-population', ends: 'not-met', as: 'outside' },
  { code: 'denominator', ends: 'not-met', as: 'outside' },
  { code: 'measure-population', ends: 'not-met', as: 'outside' },
  { code: 'denominator-exclusion', ends: 'met', as: 'excluded' },
  { code: 'measure-population-exclusion', ends: 'met', as: 'excluded' },
  { code: 'numerator', ends: 'not-met', as: 'not-counted' },
] as const;

/** Counted: in the numerator of a proportion, the measure population of a continuous variable, or a cohort. */
export function standingOf(group: MeasureGroup, unit: CountedUnit, time: MeasureTime): Standing {
  for (const { code, ends, as } of order) {
    const population = group.population?.find((each) => populationCode(each) === code);
    if (!population) continue;
    const { verdict, reason } = judgeCriterion(population, unit, time);
    if (verdict === 'unknown') return { kind: 'undecided', population: code, reason: reason ?? '' };
    if (verdict === ends) return { kind: as };
  }
  return { kind: 'counted' };
}

export const populationCode = ({ code }: MeasureGroupPopulation): string => code?.coding?.[0]?.code ?? '';

/** For a criterion of population measure-observation. */
export function observedValue(criterion: Criterion, unit: CountedUnit, time: MeasureTime): ObservedValue {
  const run = runCriterion(criterion, unit, time);
  if (run.kind === 'undecided') return run;
  const [first, second, ...more] = run.values;
  if (typeof first === 'number' && second === undefined) return { kind: 'number', value: first };
  const [from, to] = [dayNumber(first), dayNumber(second)];
  if (from === undefined || to === undefined || more.length > 0) {
    return { kind: 'undecided', reason: 'neither a number nor two whole dates' };
  }
  return { kind: 'number', value: to - from };
}

/** The stratum that a unit belongs to; "unknown" when the record does not tell. */
export function stratumOf(stratifier: Criterion, unit: CountedUnit, time: MeasureTime): string {
  const run = runCriterion(stratifier, unit, time);
  const value = run.kind === 'values' && run.values.length === 1 ? run.values[0] : undefined;
  return typeof value === 'string' ? value : 'unknown';
}

type CompiledCriterion =
  | { readonly kind: 'ready'; readonly run: FhirPath; readonly inputs: readonly ConditionInput[] }
  | { readonly kind: 'not-run'; readonly why: string };

function compileCriterion({ criteria, extension }: Criterion): CompiledCriterion {
  const notRun = (why: string): CompiledCriterion => ({ kind: 'not-run', why });
  if (criteria?.language !== 'text/fhirpath' || !criteria.expression) {
    return notRun('only criteria in text/fhirpath are run');
  }
  const run = compileFhirPath(criteria.expression);
  if (run.kind === 'malformed') return notRun(`malformed: ${run.message}`);
  const inputs = conditionInputs(extension);
  const names = new Set(inputs.map(({ name }) => name));
  const undeclared = run.variables.find((name) => !names.has(name) && !givenVariables.has(name));
  if (undeclared !== undefined) return notRun(`%${undeclared} is not declared as an input`);
  const unread = inputs.find(({ name }) => !run.variables.includes(name));
  if (unread) return notRun(`the input %${unread.name} is declared and not read`);
  const unclear = inputs.find((input) => !input.isUnderstood);
  if (unclear) return notRun(`the input %${unclear.name} asks for more than a type and codes`);
  return { kind: 'ready', run, inputs };
}

type CriterionRun =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'undecided'; readonly reason: string };

function runCriterion(criterion: Criterion, unit: CountedUnit, time: MeasureTime): CriterionRun {
  const compiled = compileCriterion(criterion);
  if (compiled.kind === 'not-run') return { kind: 'undecided', reason: compiled.why };
  const variables: Record<string, unknown> = {
    ...timeVariables(time),
    patient: unit.patient,
  };
  for (const input of compiled.inputs) {
    const found = foundFor(input, unit.record);
    if (found.length === 0 && !input.mayBeAbsent) {
      return { kind: 'undecided', reason: `%${input.name}: no ${input.requirement.type} is on record` };
    }
    variables[input.name] = found;
  }
  const result = compiled.run.evaluate(unit.focus, variables);
  return result.kind === 'values' ? result : { kind: 'undecided', reason: result.message };
}

const knownTimes = new WeakMap<MeasureTime, Readonly<Record<string, unknown>>>();

/** Parsed once for each time in memory: parsing costs as much as a criterion. */
function timeVariables(time: MeasureTime): Readonly<Record<string, unknown>> {
  const known = knownTimes.get(time);
  if (known) return known;
  const made = {
    periodStart: fhirPathTime(time.periodStart),
    periodEnd: fhirPathTime(time.periodEnd),
    now: fhirPathTime(time.now),
  };
  knownTimes.set(time, made);
  return made;
}

/** Days since 1970 of a calendar date; undefined for anything else, a year or a month alone included. */
function dayNumber(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined;
  const milliseconds = Date.parse(`${value}T00:00:00Z`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 86_400_000;
}
