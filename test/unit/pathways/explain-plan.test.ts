// $explain gives the trace of every action, those left out included.
import type { Parameters, ParametersParameter, Resource } from '@medplum/fhirtypes';
import { explainPlan } from '../../../src/pathways/explain-plan.ts';
import { fhir, inputFor, malaise, phq15, planCalled, problemsOf, redFlag } from './plan-world.ts';

const therapy = planCalled('psychosomatic-therapy');
const pathway = planCalled('pss-pathway');

const explained = (plan = therapy, ...data: readonly Resource[]): Parameters =>
  explainPlan(inputFor(plan, data));

const part = (entry: ParametersParameter | undefined, name: string) =>
  entry?.part?.find((each) => each.name === name);
const actions = (answer: Parameters) => (answer.parameter ?? []).filter(({ name }) => name === 'action');
const actionAt = (answer: Parameters, path: string) =>
  actions(answer).find((entry) => part(entry, 'path')?.valueString === path);

const age = {
  name: 'condition',
  part: [
    { name: 'kind', valueCode: 'applicability' },
    { name: 'description', valueString: 'Aged 18 to 80, as in the CORPUS trial' },
    {
      name: 'expression',
      valueString: '%patient.birthDate + 18 years <= %today and %patient.birthDate + 81 years > %today',
    },
    { name: 'verdict', valueCode: 'met' },
    {
      name: 'input',
      part: [
        { name: 'name', valueString: '%patient' },
        { name: 'source', valueReference: { reference: 'Patient/anna' } },
        { name: 'value', valueString: '1980-05-05' },
      ],
    },
  ],
};
const flags = (verdict: 'met' | 'not-met', ...input: ParametersParameter[]) => ({
  name: 'condition',
  part: [
    { name: 'kind', valueCode: 'applicability' },
    { name: 'description', valueString: 'No alarm sign is flagged as open' },
    { name: 'expression', valueString: '%openRedFlags.empty()' },
    { name: 'verdict', valueCode: verdict },
    { name: 'input', part: [{ name: 'name', valueString: '%openRedFlags' }, ...input] },
  ],
});
const bar = (verdict: string, reason: string | undefined, ...input: ParametersParameter[]) => ({
  name: 'condition',
  part: [
    { name: 'kind', valueCode: 'applicability' },
    {
      name: 'description',
      valueString:
        'The PHQ-15 total reaches the inclusion bar of the CORPUS trial (5 or more); a total with missing answers decides nothing',
    },
    { name: 'expression', valueString: therapy.action?.[0]?.condition?.[1]?.expression?.expression },
    { name: 'verdict', valueCode: verdict },
    ...(reason ? [{ name: 'reason', valueString: reason }] : []),
    { name: 'input', part: [{ name: 'name', valueString: '%phq15' }, ...input] },
  ],
});

describe('the explanation', () => {
  it('of an action left out says what did not hold, with the value and where it came from', () => {
    const total = { value: 3, system: 'http://unitsofmeasure.org', code: '{score}' };
    expect(actionAt(explained(therapy, phq15(3), redFlag), 'course')).toEqual({
      name: 'action',
      part: [
        { name: 'path', valueString: 'course' },
        { name: 'title', valueString: 'Course of therapy' },
        { name: 'verdict', valueCode: 'not-met' },
        { name: 'included', valueBoolean: false },
        {
          name: 'summary',
          valueString:
            'Left out, because this does not hold: The PHQ-15 total reaches the inclusion bar of the CORPUS trial (5 or more); a total with missing answers decides nothing; No alarm sign is flagged as open.',
        },
        age,
        bar(
          'not-met',
          undefined,
          { name: 'source', valueReference: { reference: 'Observation/phq-15' } },
          { name: 'value', valueQuantity: total },
        ),
        flags('not-met', { name: 'source', valueReference: { reference: 'Flag/flag' } }),
      ],
    });
  });

  it('of an undecided action names what is missing', () => {
    const missing =
      '%phq15: no Patient Health Questionnaire 15 item (PHQ-15) total score [Reported] is on record';
    expect(actionAt(explained(), 'course')).toEqual({
      name: 'action',
      part: [
        { name: 'path', valueString: 'course' },
        { name: 'title', valueString: 'Course of therapy' },
        { name: 'verdict', valueCode: 'unknown' },
        { name: 'included', valueBoolean: true },
        { name: 'summary', valueString: `Kept for a person to decide. Not known: ${missing}.` },
        { name: 'missing', valueString: missing },
        age,
        bar('unknown', missing, { name: 'missing', valueString: missing }),
        flags('met', { name: 'value', valueString: 'none on record' }),
      ],
    });
  });

  it('begins with the plan, the person and the instant', () => {
    expect(explained().parameter?.slice(0, 3)).toEqual([
      { name: 'plan', valueCanonical: `${fhir}/PlanDefinition/psychosomatic-therapy|1.0.0` },
      { name: 'subject', valueReference: { reference: 'Patient/anna' } },
      { name: 'evaluatedAt', valueInstant: '2026-11-20T09:00:00.000Z' },
    ]);
  });

  it('covers what lies in a group that does not apply', () => {
    const session = actionAt(explained(therapy, phq15(3)), 'course/sessions/intake');
    expect(part(session, 'included')?.valueBoolean).toBe(false);
    expect(part(session, 'summary')?.valueString).toBe(
      'Left out, because "Course of therapy" does not apply.',
    );
  });

  it('covers the plans that a plan points to', () => {
    expect(
      part(
        actionAt(
          explained(pathway, phq15(12), malaise(false)),
          'course/course/elements/activation/graded-activity',
        ),
        'included',
      )?.valueBoolean,
    ).toBe(true);
  });

  it('judges a stop condition without leaving anything out for it', () => {
    const sessions = actionAt(explained(therapy, phq15(12), redFlag), 'course/sessions');
    expect(part(sessions, 'verdict')?.valueCode).toBe('met');
    expect(part(part(sessions, 'condition'), 'kind')?.valueCode).toBe('stop');
    expect(part(part(sessions, 'condition'), 'verdict')?.valueCode).toBe('met');
  });

  it.each([[[]], [[phq15(12)]], [[phq15(3), redFlag]], [[phq15(undefined), malaise(true)]]])(
    'is a valid Parameters resource',
    (data) => {
      expect(problemsOf(explained(therapy, ...data))).toEqual([]);
      expect(problemsOf(explained(pathway, ...data))).toEqual([]);
    },
  );
});
