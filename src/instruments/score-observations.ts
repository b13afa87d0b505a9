// Writes scores down as Observations that are ready to store: value or reason for its absence, band, basis, completeness.
// Each score is an Observation of its own (a whole points to its parts by hasMember), because a component cannot be
// found by `Observation?code=`, and the trend of a part is asked for as often as that of the whole.
import type {
  Observation,
  ObservationComponent,
  ObservationDefinition,
  Quantity,
  Questionnaire,
  QuestionnaireResponse,
} from '@medplum/fhirtypes';
import { scoreExtension } from './score-extensions.ts';
import { type Score, scoreResponse } from './score-response.ts';
import type { Band, ScoreRule, SumRule } from './score-rule.ts';

export interface ScoringContext {
  /** The logical id of the stored QuestionnaireResponse. */
  readonly responseId: string;
  /** FHIR instant of the computation. */
  readonly issued: string;
  /** The logical id for the Observation of the score with this code; one code always gets one id. */
  idFor(code: string): string;
}

type SumScore = Exclude<Score, { kind: 'verdict' }>;
type VerdictScore = Extract<Score, { kind: 'verdict' }>;

/** Observations with their ids, parts before the wholes that refer to them. Status is final. */
export function scoreObservations(
  questionnaire: Questionnaire,
  definitions: readonly ObservationDefinition[],
  response: QuestionnaireResponse,
  context: ScoringContext,
): Observation[] {
  const scores = scoreResponse(questionnaire, definitions, response);
  const idByUrl = new Map(scores.map(({ rule }) => [rule.url, context.idFor(rule.code)]));
  const idByCode = new Map(scores.map(({ rule }) => [rule.code, context.idFor(rule.code)]));
  const observations = scores.map((score): Observation => {
    const base = frame(questionnaire, response, score.rule, context);
    return score.kind === 'verdict'
      ? verdictObservation(base, score, idByCode)
      : sumObservation(base, score, idByUrl);
  });
  const rank = (observation: Observation) =>
    observation.hasMember || observation.valueCodeableConcept ? 1 : 0;
  return observations.sort((a, b) => rank(a) - rank(b));
}

function frame(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
  rule: ScoreRule,
  context: ScoringContext,
): Observation {
  const instrument = `${questionnaire.url ?? ''}|${questionnaire.version ?? ''}`;
  return {
    resourceType: 'Observation',
    id: context.idFor(rule.code),
    extension: [
      {
        url: scoreExtension.basis,
        extension: [
          { url: 'questionnaire', valueCanonical: instrument },
          { url: 'definition', valueCanonical: `${rule.url}|${rule.version}` },
        ],
      },
    ],
    status: 'final',
    category: rule.definition.category,
    code: rule.definition.code,
    subject: {
      ...(response.subject?.reference && { reference: response.subject.reference }),
      ...(response.subject?.display && { display: response.subject.display }),
    },
    ...(response.encounter && { encounter: response.encounter }),
    ...(response.authored && { effectiveDateTime: response.authored }),
    issued: context.issued,
    ...(rule.definition.method && { method: rule.definition.method }),
    derivedFrom: [{ reference: `QuestionnaireResponse/${context.responseId}` }],
  };
}

function sumObservation(base: Observation, score: SumScore, ids: ReadonlyMap<string, string>): Observation {
  const { rule } = score;
  const value = score.kind === 'incomplete' ? undefined : score.value;
  const band = value === undefined ? undefined : bandOf(rule, value);
  const members = rule.parts.flatMap((url) => ids.get(url) ?? []);
  return {
    ...base,
    extension: [...(base.extension ?? []), completeness(score)],
    ...(value === undefined
      ? { dataAbsentReason: absent(tooManyMissing(score)) }
      : { valueQuantity: points(value) }),
    ...(band && { interpretation: [{ coding: [band.coding], text: band.coding.display }] }),
    ...(score.kind === 'prorated' && { note: [{ text: proratedNote(score) }] }),
    ...(rule.bands.length > 0 && { referenceRange: rule.bands.map(bandRange) }),
    ...(members.length > 0 && { hasMember: members.map((id) => ({ reference: `Observation/${id}` })) }),
    ...(rule.thresholds.length > 0 && { component: thresholdComponents(score) }),
  };
}

function verdictObservation(
  base: Observation,
  score: VerdictScore,
  ids: ReadonlyMap<string, string>,
): Observation {
  const inputs = score.rule.criteria.flatMap((criterion) =>
    criterion.kind === 'bounds' ? criterion.alternatives.flat().map((bound) => bound.score) : [],
  );
  const used = [...new Set(inputs)].flatMap((code) => ids.get(code) ?? []);
  return {
    ...base,
    valueCodeableConcept: {
      coding: [verdictCoding[score.verdict]],
      text: verdictCoding[score.verdict].display,
    },
    note: [{ text: score.rule.statement }],
    derivedFrom: [...(base.derivedFrom ?? []), ...used.map((id) => ({ reference: `Observation/${id}` }))],
    component: score.criteria.map(({ coding, verdict, reason }) => ({
      code: { coding: [coding], text: coding.display },
      valueCodeableConcept: {
        coding: [verdictCoding[verdict]],
        text: `${verdictCoding[verdict].display}: ${reason}`,
      },
    })),
  };
}

const verdictSystem = 'https://w3id.org/alongside/fhir/CodeSystem/verdict';
const verdictCoding = {
  met: { system: verdictSystem, code: 'met', display: 'met' },
  'not-met': { system: verdictSystem, code: 'not-met', display: 'not met' },
  unknown: { system: verdictSystem, code: 'unknown', display: 'unknown' },
} satisfies Record<VerdictScore['verdict'], object>;

function bandOf(rule: SumRule, value: number): Band | undefined {
  return rule.bands.find((band) => value >= band.low && value <= band.high);
}

function bandRange(band: Band) {
  return {
    low: points(band.low),
    high: points(band.high),
    type: { coding: [band.coding] },
    text: band.coding.display,
  };
}

/** A named threshold is stated for complete answers only, and never as a band. */
function thresholdComponents(score: SumScore): ObservationComponent[] {
  return score.rule.thresholds.map(({ coding, atLeast }) => ({
    code: { coding: [coding], text: coding.display },
    ...(score.kind === 'scored'
      ? { valueBoolean: score.value >= atLeast }
      : { dataAbsentReason: absent('Decided on complete answers only; questions are unanswered') }),
    referenceRange: [{ low: points(atLeast), text: coding.display }],
  }));
}

function completeness(score: SumScore) {
  return {
    url: scoreExtension.completeness,
    extension: [
      { url: 'kind', valueCode: score.kind === 'scored' ? 'complete' : score.kind },
      { url: 'maxPossible', valueDecimal: score.maxPossible },
      ...score.missing.map((linkId) => ({ url: 'missingItem', valueString: linkId })),
      ...score.notApplicable.map((linkId) => ({ url: 'notApplicableItem', valueString: linkId })),
    ],
  };
}

function tooManyMissing({ missing, answered, rule }: SumScore): string {
  if (rule.combine.by === 'mean') {
    return `No mean: questions answered ${answered}, without an answer ${missing.length}; at least ${rule.combine.minimumAnswered} are needed, and none of those asked may be missing`;
  }
  return `No total: questions without an answer ${missing.length}, at most ${rule.missing.maxMissing} may be missing`;
}

function proratedNote({ missing }: SumScore): string {
  return `Prorated: questions without an answer ${missing.length}, replaced by the mean of the answered ones. A proposed rule, not a validated one; not to be used for an eligibility decision.`;
}

function absent(text: string) {
  const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
  return { coding: [{ system, code: 'unknown', display: 'Unknown' }], text };
}

function points(value: number): Quantity {
  return { value, unit: 'score', system: 'http://unitsofmeasure.org', code: '{score}' };
}
