// Writes a change since the person's own start down as an Observation that names all it was computed from. It is never a verdict on the person.
import type { Observation, ObservationComponent, ObservationDefinition, Quantity } from '@medplum/fhirtypes';
import { changeSince } from './change-since.ts';
import { type MeasurementError, measurementErrorFormula } from './measurement-error.ts';
import { extensionOf, scoreExtension } from './score-extensions.ts';
import { scoreRule } from './score-rule.ts';

const own = 'https://w3id.org/alongside/fhir';
export const scoreChangeSystem = `${own}/CodeSystem/score-change`;
/** What the arithmetic is, with its version: fhir-profiles/measures/Library-score-change.json */
export const scoreChangeLibrary = `${own}/Library/score-change`;
const instantiatesUrl = 'http://hl7.org/fhir/StructureDefinition/workflow-instantiatesCanonical';

const displays = {
  'score-change': 'Change since the start',
  'minimum-difference': 'Smallest relevant difference',
  'minimum-difference-reached': 'Smallest relevant difference reached',
  'standard-error-of-difference': 'Standard error of the difference',
  interval: 'Interval around the difference',
  'band-at-start': 'Band at the start',
  'band-now': 'Band now',
} as const;

const coded = (code: keyof typeof displays) => ({
  coding: [{ system: scoreChangeSystem, code, display: displays[code] }],
});

const points = (value: number): Quantity => ({
  value,
  unit: 'score',
  system: 'http://unitsofmeasure.org',
  code: '{score}',
});

const cautionText = {
  prorated: 'One of the scores is prorated.',
  'different-questions-apply': 'The two scores are of a different number of questions.',
  'different-scoring-version': 'The two scores were not made by the same version of the scoring.',
} as const;

const difference = 'The later score minus the score at the start of the same person';

export interface ChangeContext {
  readonly id: string;
  /** FHIR instant of the computation. */
  readonly issued: string;
  /** The arithmetic, as canonical|version. */
  readonly library: string;
}

/** Undefined when the two cannot be compared. */
export function scoreChangeObservation(
  start: Observation,
  now: Observation,
  definition: ObservationDefinition,
  { id, issued, library }: ChangeContext,
): Observation | undefined {
  const change = changeSince(start, now, definition);
  if (change.kind !== 'change') return undefined;
  const rule = scoreRule(definition);
  const basis = extensionOf(now, scoreExtension.basis);
  const category = now.category ?? definition.category;
  return {
    resourceType: 'Observation',
    id,
    extension: [
      { url: instantiatesUrl, valueCanonical: library },
      basis ?? {
        url: scoreExtension.basis,
        extension: [{ url: 'definition', valueCanonical: `${rule.url}|${rule.version}` }],
      },
    ],
    status: 'final',
    ...(category && { category }),
    code: coded('score-change'),
    ...(now.subject?.reference && { subject: { reference: now.subject.reference } }),
    ...(now.effectiveDateTime && { effectiveDateTime: now.effectiveDateTime }),
    issued,
    valueQuantity: points(change.difference),
    method: {
      text: [difference, ...(change.error ? [measurementErrorFormula] : [])].join('; '),
    },
    ...(change.cautions.length > 0 && {
      note: change.cautions.map((caution) => ({ text: cautionText[caution] })),
    }),
    derivedFrom: [{ reference: `Observation/${start.id}` }, { reference: `Observation/${now.id}` }],
    component: [
      ...thresholdComponents(change.threshold),
      ...(change.error ? errorComponents(change.error) : []),
      ...bandComponent('band-at-start', start),
      ...bandComponent('band-now', now),
    ],
  };
}

type Threshold = Extract<ReturnType<typeof changeSince>, { kind: 'change' }>['threshold'];

function thresholdComponents(threshold: Threshold): ObservationComponent[] {
  if (threshold.kind === 'none-published') {
    return [
      {
        code: coded('minimum-difference'),
        dataAbsentReason: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
              code: 'unknown',
              display: 'Unknown',
            },
          ],
          text: 'none published',
        },
      },
    ];
  }
  const code = threshold.isReached ? 'met' : 'not-met';
  return [
    {
      extension: threshold.citations.map((citation) => ({
        url: scoreExtension.citation,
        valueRelatedArtifact: { type: 'citation', citation },
      })),
      code: coded('minimum-difference'),
      valueQuantity: points(threshold.minimumDifference),
    },
    {
      code: coded('minimum-difference-reached'),
      valueCodeableConcept: {
        coding: [
          { system: `${own}/CodeSystem/verdict`, code, display: threshold.isReached ? 'met' : 'not met' },
        ],
      },
    },
  ];
}

/** Each with the reliability that it was computed from, its population and its source. */
function errorComponents({
  standardError,
  low,
  high,
  level,
  source,
}: MeasurementError): ObservationComponent[] {
  return [
    {
      extension: [source],
      code: coded('standard-error-of-difference'),
      valueQuantity: points(standardError),
    },
    {
      extension: [source],
      code: { ...coded('interval'), text: `${level}% interval around the difference` },
      valueRange: { low: points(low), high: points(high) },
    },
  ];
}

function bandComponent(name: 'band-at-start' | 'band-now', score: Observation): ObservationComponent[] {
  const band = score.interpretation?.[0];
  return band ? [{ code: coded(name), valueCodeableConcept: band }] : [];
}
