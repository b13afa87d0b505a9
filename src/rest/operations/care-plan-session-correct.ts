// POST CarePlan/[id]/$session-correct: corrects the record of a session, as new versions of what it wrote.
// https://hl7.org/fhir/R4/operations.html
import type { CodeableConcept, Parameters } from '@medplum/fhirtypes';
import { businessRule } from '../../fhir/error.ts';
import { correctSession } from '../../workflows/sessions/correct-session.ts';
import type { CorrectionRequest } from '../../workflows/sessions/correction-request.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import {
  givenConfidence,
  givenElements,
  givenHomework,
  givenNote,
  givenProgress,
  noteNames,
} from './held-session.ts';
import { issuesParameter } from './issues-parameter.ts';
import { needed } from './needed.ts';
import { nextParameter } from './next-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

/** What may be said anew. */
const partNames = [
  'start',
  'minutes',
  'element',
  ...noteNames,
  'confidence',
  'homework',
  'goalProgress',
  'clear',
] as const;

const names = [
  'session',
  'recordVersion',
  'reason',
  'reasonText',
  'neverHeld',
  'neverMissed',
  ...partNames,
] as const;

export const carePlanSessionCorrect: Operation = {
  name: 'session-correct',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-session-correct',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const neverHeld = given.flag('neverHeld') ?? false;
    const neverMissed = given.flag('neverMissed') ?? false;
    const part = partNames.find((name) => given.has(name));
    if (neverHeld && part !== undefined) {
      throw businessRule(`"${part}" is not for a session that was never held`, given.expression);
    }
    if (neverMissed && (neverHeld || part !== undefined)) {
      throw businessRule(
        `"${part ?? 'neverHeld'}" is not for a day that was not missed: take that back first`,
        given.expression,
      );
    }
    if (!neverHeld && !neverMissed && part === undefined) {
      throw businessRule(
        `say what was otherwise: one of ${partNames.join(', ')}; or "neverHeld", or "neverMissed"`,
        given.expression,
      );
    }
    const result = await correctSession(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      session: needed(given.reference('session'), 'session', given),
      recordVersion: given.text('recordVersion'),
      reason: reasonOf(given),
      neverHeld,
      neverMissed,
      ...partsOf(given),
      contentMark: contentMark('CarePlan/$session-correct', request),
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'session', resource: result.session },
        { name: 'encounter', resource: result.encounter },
        ...result.changed.map((resource) => ({ name: 'corrected', resource })),
        ...(result.provenance ? [{ name: 'provenance', resource: result.provenance }] : []),
        ...issuesParameter(
          result.warnings.map((diagnostics) => ({ severity: 'warning', code: 'business-rule', diagnostics })),
        ),
        nextParameter(result.next),
      ],
    };
    return { status: 200, resource: answer };
  },
};

function partsOf(
  given: ParameterReader,
): Pick<
  CorrectionRequest,
  'start' | 'minutes' | 'elements' | 'note' | 'confidence' | 'homework' | 'goalProgress' | 'clear'
> {
  return {
    start: given.text('start'),
    minutes: given.minutes('minutes'),
    ...(given.has('element') && { elements: givenElements(given) }),
    note: givenNote(given),
    confidence: givenConfidence(given),
    ...(given.has('homework') && { homework: givenHomework(given) }),
    ...(given.has('goalProgress') && { goalProgress: givenProgress(given) }),
    clear: given.texts('clear'),
  };
}

function reasonOf(given: ParameterReader): CodeableConcept | undefined {
  const [concept, text] = [given.concept('reason'), given.text('reasonText')];
  if (!concept) return text === undefined ? undefined : { text };
  const words = [concept.text, text].filter((each) => each?.trim()).join('. ');
  return { ...concept, ...(words && { text: words }) };
}
