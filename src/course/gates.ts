// What waits while somebody looks first: open alarm Flags stop the next steps of a course, and a safety check has to be known before
// certain activities are planned. Support never waits: meetings, messages, what is tried at home, pauses and referrals are not asked here.
import type { ActivityDefinition, CodeableConcept, Coding, Flag, Observation } from '@medplum/fhirtypes';
import { safetySystem } from '../fhir/own-names.ts';
import type { Days } from './calendar.ts';

/** Never asked is unknown, not absent. */
type CheckState = 'present' | 'absent' | 'unknown';

export interface OpenGates {
  /** The active Flags that stop progression. */
  readonly stopping: readonly Flag[];
  /** Codes whose Flags stop progression; the others are answered by Observations. */
  readonly stops: ReadonlySet<string>;
  /** What is known of a safety check, such as "post-exertional-malaise", by its newest answer. */
  check(code: string): CheckState;
}

/** `stops` are the codes of CodeSystem/safety-check whose Flags stop progression. Of one person. An answer of a day is one of its beginning. */
export function openGates(
  flags: readonly Flag[],
  observations: readonly Observation[],
  stops: ReadonlySet<string>,
  days: Pick<Days, 'beginOf'>,
): OpenGates {
  return {
    stopping: flags.filter(
      ({ status, code }) => status === 'active' && safetyCodes(code).some((each) => stops.has(each)),
    ),
    stops,
    check: (code) => newestAnswer(observations, code, days),
  };
}

/** The codes of CodeSystem/safety-check in a concept. */
export function safetyCodes(concept: CodeableConcept | undefined): readonly string[] {
  return (concept?.coding ?? []).flatMap(({ system, code }) =>
    system === safetySystem && code !== undefined ? [code] : [],
  );
}

function newestAnswer(
  observations: readonly Observation[],
  code: string,
  { beginOf }: Pick<Days, 'beginOf'>,
): CheckState {
  const when = ({ effectiveDateTime, issued }: Observation) => beginOf(effectiveDateTime ?? issued);
  const [newest] = observations
    .filter(({ status }) => status !== 'entered-in-error' && status !== 'cancelled')
    .filter((observation) => safetyCodes(observation.code).includes(code))
    .filter((observation) => when(observation) !== undefined)
    .toSorted((left, right) => (when(right) ?? 0) - (when(left) ?? 0));
  if (newest?.valueBoolean === undefined) return 'unknown';
  return newest.valueBoolean ? 'present' : 'absent';
}

/** What is to be planned: an element of the therapy, or one activity of the library. */
export interface Step {
  readonly element: Coding;
  /** Codes of the safety checks that the element waits for, as CodeSystem/pss-element says. */
  readonly elementWaitsFor: readonly string[];
  readonly activity?: ActivityDefinition;
}

export type Hindrance =
  | { readonly kind: 'flag'; readonly flag: Flag }
  /** `isSure` is false for an element that may be done without the activity that the check is for: name the activity. */
  | {
      readonly kind: 'check';
      readonly code: string;
      readonly state: 'present' | 'unknown';
      readonly isSure: boolean;
    };

/** What stands in the way of planning this; empty when nothing does. */
export function hindrancesOf(step: Step, gates: OpenGates): readonly Hindrance[] {
  const { activity, elementWaitsFor } = step;
  const needed = activity ? codesOf(activity, safetyCheckUrl) : [];
  // What needs a check loads the body: it waits for an alarm sign that its cautions name, too.
  const cautions = activity && needed.length > 0 ? codesOf(activity, contraindicationUrl) : [];
  const waiting = new Set([...elementWaitsFor, ...cautions]);
  const flags = gates.stopping
    .filter(({ code }) => safetyCodes(code).some((each) => waiting.has(each)))
    .map((flag): Hindrance => ({ kind: 'flag', flag }));
  const checks = activity ? needed : elementWaitsFor.filter((code) => !gates.stops.has(code));
  const states = checks.flatMap((code): Hindrance[] => {
    const state = gates.check(code);
    return state === 'absent' ? [] : [{ kind: 'check', code, state, isSure: activity !== undefined }];
  });
  return [...flags, ...states];
}

const own = 'https://w3id.org/alongside/fhir/StructureDefinition/';
const safetyCheckUrl = `${own}safety-check`;
const contraindicationUrl = `${own}contraindication`;

function codesOf(activity: ActivityDefinition, url: string): readonly string[] {
  return (activity.extension ?? [])
    .filter((extension) => extension.url === url)
    .flatMap(({ valueCodeableConcept }) => safetyCodes(valueCodeableConcept));
}
