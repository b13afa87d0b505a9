// What waits and what does not: open Flags, a safety check that is present, absent or was never asked about, and what each means for a step.
import type { ActivityDefinition, Flag, Observation } from '@medplum/fhirtypes';
import { hindrancesOf, openGates } from '../../../src/course/gates.ts';
import { safetySystem } from '../../../src/fhir/own-names.ts';
import { daysAt } from '../../support/days-at.ts';

const code = (...codes: string[]) => ({
  coding: codes.map((each) => ({ system: safetySystem, code: each })),
});
const flag = (id: string, status: Flag['status'], what: string): Flag => ({
  resourceType: 'Flag',
  id,
  status,
  code: code(what),
  subject: { reference: 'Patient/anna' },
});
const answer = (value: boolean | undefined, on: string, status: Observation['status'] = 'final') =>
  ({
    resourceType: 'Observation',
    status,
    code: code('pem'),
    effectiveDateTime: on,
    ...(value !== undefined && { valueBoolean: value }),
  }) satisfies Observation;

const stops = new Set(['red-flag', 'self-harm']);
const days = daysAt('2026-11-20T09:00:00Z');
const own = 'https://w3id.org/alongside/fhir/StructureDefinition/';
const activity = (checks: readonly string[], cautions: readonly string[] = []): ActivityDefinition => ({
  resourceType: 'ActivityDefinition',
  status: 'active',
  extension: [
    ...checks.map((each) => ({ url: `${own}safety-check`, valueCodeableConcept: code(each) })),
    ...cautions.map((each) => ({ url: `${own}contraindication`, valueCodeableConcept: code(each) })),
  ],
});
const activation = { element: { code: 'activation' }, elementWaitsFor: ['red-flag', 'self-harm', 'pem'] };
const bodyWork = { element: { code: 'body-oriented' }, elementWaitsFor: [] };
const education = { element: { code: 'education' }, elementWaitsFor: [] };

describe('Flags', () => {
  it('stop progression while they are active and carry a code that stops', () => {
    const flags = [
      flag('open', 'active', 'red-flag'),
      flag('ended', 'inactive', 'red-flag'),
      flag('wrong', 'entered-in-error', 'self-harm'),
      flag('other', 'active', 'unwanted-effect'),
    ];
    expect(openGates(flags, [], stops, days).stopping.map(({ id }) => id)).toEqual(['open']);
  });

  it('keep activating elements and what loads the body from being planned, and nothing else', () => {
    const gates = openGates([flag('open', 'active', 'red-flag')], [answer(false, '2026-11-01')], stops, days);
    const asked = (step: Parameters<typeof hindrancesOf>[0]) =>
      hindrancesOf(step, gates).map((each) => (each.kind === 'flag' ? each.flag.id : each.kind));
    expect(asked(activation)).toEqual(['open']);
    expect(asked({ ...activation, activity: activity([]) })).toEqual(['open']);
    expect(asked({ ...bodyWork, activity: activity(['pem'], ['red-flag']) })).toEqual(['open']);
    expect(asked({ ...bodyWork, activity: activity([], ['red-flag']) })).toEqual([]);
    expect(asked({ ...education, activity: activity([], ['red-flag']) })).toEqual([]);
    expect(asked(education)).toEqual([]);
  });
});

describe('a safety check', () => {
  it.each([
    ['never asked', [], 'unknown'],
    ['present', [answer(true, '2026-11-01')], 'present'],
    ['absent', [answer(false, '2026-11-01')], 'absent'],
    ['absent before and present now', [answer(true, '2026-11-20'), answer(false, '2026-11-01')], 'present'],
    [
      'present before and not known now',
      [answer(true, '2026-11-01'), answer(undefined, '2026-11-20')],
      'unknown',
    ],
    ['present by mistake', [answer(true, '2026-11-01', 'entered-in-error')], 'unknown'],
    ['without a date', [{ ...answer(false, ''), effectiveDateTime: undefined }], 'unknown'],
  ])('that is %s', (_, observations, state) => {
    const given = observations.map(
      ({ effectiveDateTime, ...rest }): Observation => ({
        ...rest,
        ...(effectiveDateTime !== undefined && { effectiveDateTime }),
      }),
    );
    expect(openGates([], given, stops, days).check('pem')).toBe(state);
  });

  it.each([
    ['present', [answer(true, '2026-11-01')]],
    ['unknown', []],
  ] as const)(
    'that is %s hinders an activity that needs it for sure, and a bare element perhaps',
    (state, answers) => {
      const gates = openGates([], answers, stops, days);
      const check = (isSure: boolean) => [{ kind: 'check', code: 'pem', state, isSure }];
      expect(hindrancesOf({ ...activation, activity: activity(['pem']) }, gates)).toEqual(check(true));
      expect(hindrancesOf(activation, gates)).toEqual(check(false));
      expect(hindrancesOf({ ...activation, activity: activity([]) }, gates)).toEqual([]);
      expect(hindrancesOf(education, gates)).toEqual([]);
    },
  );

  it('that is absent hinders nothing', () => {
    const gates = openGates([], [answer(false, '2026-11-01')], stops, days);
    expect(hindrancesOf({ ...activation, activity: activity(['pem']) }, gates)).toEqual([]);
  });
});
