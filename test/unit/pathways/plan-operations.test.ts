// $apply and $explain through access and audit, on the real content in an in-memory store.
import type {
  Bundle,
  CarePlan,
  Parameters,
  ParametersParameter,
  RequestGroup,
  Resource,
} from '@medplum/fhirtypes';
import type { Actor } from '../../../src/auth/actor.ts';
import { FhirError, outcomeOf } from '../../../src/fhir/error.ts';
import type { Operation } from '../../../src/rest/operation.ts';
import { planDefinitionApply } from '../../../src/rest/operations/plan-definition-apply.ts';
import { planDefinitionExplain } from '../../../src/rest/operations/plan-definition-explain.ts';
import { startTestService, type TestService } from '../../support/test-system.ts';
import { anna, fhir, malaise, phq15, planCalled, redFlag } from './plan-world.ts';

const system: Actor = { role: 'system', scopes: [], tokenId: 'system' };
const gp: Actor = { role: 'gp', subject: 'Practitioner/gp', scopes: [], tokenId: 'gp' };
const stranger: Actor = { role: 'gp', subject: 'Practitioner/stranger', scopes: [], tokenId: 'stranger' };

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  const { store } = service.system.contextFor(system, 'before');
  await store.update({ resourceType: 'Practitioner', id: 'gp' }, { upsert: true });
  await store.update({ ...anna, generalPractitioner: [{ reference: 'Practitioner/gp' }] }, { upsert: true });
  const older = { ...phq15(3), effectiveDateTime: '2026-01-10T10:00:00Z' };
  const newer = { ...phq15(12), effectiveDateTime: '2026-11-10T10:00:00Z' };
  // More of them than fit a page, so that the one that counts comes after.
  const wrong = Array.from({ length: 12 }, (_, index) => ({
    ...phq15(1),
    status: 'entered-in-error' as const,
    effectiveDateTime: `2026-11-15T10:${10 + index}:00Z`,
  }));
  for (const observation of [newer, older, ...wrong]) await store.create(observation);
  await store.create({ ...redFlag, status: 'inactive' as const });
  await store.create({ ...redFlag, code: { text: 'Needs an interpreter' } });
});

afterAll(() => service.stop());

const text = (name: string, valueString: string): ParametersParameter => ({ name, valueString });
const subject = text('subject', 'Patient/anna');
const therapy = text('canonical', `${fhir}/PlanDefinition/psychosomatic-therapy`);

async function call(
  operation: Operation,
  parameter: readonly ParametersParameter[],
  { id, actor = gp }: { readonly id?: string; readonly actor?: Actor } = {},
): Promise<Resource> {
  const parameters: Parameters = { resourceType: 'Parameters', parameter: [...parameter] };
  try {
    const context = service.system.contextFor(actor, 'request');
    return (await operation.handle({ context, parameters, ...(id !== undefined && { id }) })).resource;
  } catch (error) {
    if (error instanceof FhirError) return outcomeOf(error);
    throw error;
  }
}

const titlesOf = (resource: Resource) =>
  ((resource as CarePlan).contained?.[0] as RequestGroup | undefined)?.action?.map(({ id }) => id);

describe('PlanDefinition/$apply', () => {
  it('uses the newest total that was not entered in error, and active alarm signs only', async () => {
    const carePlan = await call(planDefinitionApply, [subject], { id: 'psychosomatic-therapy' });
    expect(titlesOf(carePlan)).toEqual(['course', 'next-step']);
    expect(JSON.stringify(carePlan)).not.toContain('"course: could not be decided');
  });

  it('answers the same at type level, by any name of the plan', async () => {
    const expected = await call(planDefinitionApply, [subject], { id: 'psychosomatic-therapy' });
    for (const name of [
      therapy,
      { name: 'url', valueUri: `${fhir}/PlanDefinition/psychosomatic-therapy|1.0.0` },
      text('planDefinition', 'PlanDefinition/psychosomatic-therapy'),
    ]) {
      expect(await call(planDefinitionApply, [subject, name])).toEqual(expected);
    }
  });

  it('takes the subject as a Reference, and who asks as the author', async () => {
    const carePlan = await call(
      planDefinitionApply,
      [
        { name: 'subject', valueReference: { reference: 'Patient/anna' } },
        text('practitioner', 'Practitioner/gp'),
      ],
      { id: 'pss-pathway' },
    );
    expect(carePlan).toMatchObject({ resourceType: 'CarePlan', author: { reference: 'Practitioner/gp' } });
  });

  it('gives the form of the CPG guide when asked', async () => {
    const bundle = (await call(planDefinitionApply, [
      subject,
      therapy,
      text('resultType', 'bundle'),
    ])) as Bundle;
    expect(bundle.entry?.slice(0, 2).map(({ resource }) => resource?.resourceType)).toEqual([
      'RequestGroup',
      'CarePlan',
    ]);
  });

  it('stores nothing', async () => {
    const { store } = service.system.contextFor(system, 'after');
    const count = async () =>
      Promise.all(
        (['CarePlan', 'RequestGroup', 'ServiceRequest', 'Task', 'Goal'] as const).map(
          async (type) =>
            (
              await store.search({
                type,
                filters: [],
                sort: [],
                count: 0,
                include: [],
                revinclude: [],
                total: true,
                understood: '',
              })
            ).total,
        ),
      );
    await call(planDefinitionApply, [subject, therapy]);
    expect(await count()).toEqual([0, 0, 0, 0, 0]);
  });

  it('refuses an undecided result when it must be strict', async () => {
    expect(
      await call(planDefinitionApply, [subject, therapy, { name: 'strict', valueBoolean: true }]),
    ).toEqual({
      resourceType: 'OperationOutcome',
      issue: ['body-oriented/gentle-movement', 'activation/graded-activity'].map((element) => ({
        severity: 'warning',
        code: 'informational',
        diagnostics: `course/elements/${element}: could not be decided: %postExertionalMalaise: no Post-exertional malaise is on record`,
      })),
    });
  });

  it('runs the expressions of a plan that was changed in the store, apart', async () => {
    const { store } = service.system.contextFor(system, 'change');
    const { action: _action, ...plan } = planCalled('psychosomatic-therapy');
    const condition = {
      kind: 'applicability' as const,
      expression: { language: 'text/fhirpath' as const, expression: 'false' },
    };
    await store.update(
      {
        ...plan,
        id: 'changed',
        url: 'https://example.org/changed',
        action: [{ id: 'a', condition: [condition] }],
      },
      { upsert: true },
    );
    const changed = await call(planDefinitionApply, [subject], { id: 'changed' });
    expect(titlesOf(changed)).toBeUndefined();
    expect(await call(planDefinitionApply, [subject, text('url', 'https://example.org/changed')])).toEqual(
      changed,
    );
  });

  it.each<[string, ParametersParameter[], Actor, string, string, string]>([
    [
      'no subject',
      [therapy],
      gp,
      'invalid',
      '"subject" is needed: the patient, such as "Patient/x"',
      'Parameters.parameter',
    ],
    [
      'the same subject twice',
      [subject, therapy, subject],
      gp,
      'invalid',
      'Patient/anna is named twice',
      'Parameters.parameter[2]',
    ],
    [
      'no plan',
      [subject],
      gp,
      'invalid',
      '"canonical" is needed: the url of the plan, with or without |version',
      'Parameters.parameter',
    ],
    [
      'two plans',
      [subject, therapy, text('url', 'x')],
      gp,
      'invalid',
      'name the plan once',
      'Parameters.parameter[2]',
    ],
    [
      'an unknown plan',
      [subject, text('canonical', 'https://example.org/x|1')],
      gp,
      'not-found',
      'PlanDefinition https://example.org/x|1 is not known',
      'Parameters.parameter[1]',
    ],
    [
      'an unknown result type',
      [subject, therapy, text('resultType', 'pdf')],
      gp,
      'invalid',
      '"resultType" is careplan or bundle',
      'Parameters.parameter',
    ],
    [
      'a subject that is no patient',
      [text('subject', 'Device/x'), therapy],
      gp,
      'business-rule',
      '"Device/x" is not a reference to Patient, Group on this server',
      'Parameters.parameter[0]',
    ],
    [
      'a patient who is not there',
      [text('subject', 'Patient/nobody'), therapy],
      gp,
      'not-found',
      'Patient/nobody is not known',
      'Parameters.parameter[0]',
    ],
    [
      'a patient of somebody else',
      [subject, therapy],
      stranger,
      'not-found',
      'Patient/anna is not known',
      'Parameters.parameter[0]',
    ],
    [
      'a plan inside the request of somebody who could not store it',
      [subject, { name: 'planDefinition', resource: planCalled('pss-pathway') }],
      gp,
      'forbidden',
      'This token (gp) may not store a PlanDefinition, so none inside its request is applied: name one that is stored here',
      'Parameters.parameter[1]',
    ],
  ])('refuses %s', async (_, parameter, actor, code, diagnostics, expression) => {
    expect(await call(planDefinitionApply, parameter, { actor })).toEqual({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
    });
  });

  it('refuses a parameter that it does not know', async () => {
    const outcome = await call(planDefinitionApply, [subject, text('persist', 'true')], {
      id: 'pss-pathway',
    });
    expect(outcome).toMatchObject({
      issue: [{ code: 'invalid', expression: ['Parameters.parameter[1].name'] }],
    });
  });

  it('says that data are not for the asker to see, instead of taking them for absent', async () => {
    const integrator: Actor = {
      role: 'integrator',
      scopes: ['system/Patient.rs', 'system/PlanDefinition.rs', 'system/Observation.rs'],
      tokenId: 'integrator',
    };
    const carePlan = await call(planDefinitionApply, [subject, therapy], { actor: integrator });
    expect(JSON.stringify(carePlan)).toContain(
      'course: could not be decided: %openRedFlags: you may not read Flag',
    );
  });
});

describe('PlanDefinition/$explain', () => {
  it('points to the version of the data that it used', async () => {
    const answer = await call(planDefinitionExplain, [subject], { id: 'psychosomatic-therapy' });
    const [used] =
      JSON.stringify(answer).match(
        /\{"name":"input","part":\[\{"name":"name","valueString":"%phq15"\}[^\]]*\]\}/,
      ) ?? [];
    expect(JSON.parse(used ?? '{}')).toEqual({
      name: 'input',
      part: [
        { name: 'name', valueString: '%phq15' },
        {
          name: 'source',
          valueReference: { reference: 'Observation/00000000-0000-4000-8000-000000000002/_history/1' },
        },
        { name: 'value', valueQuantity: { value: 12, system: 'http://unitsofmeasure.org', code: '{score}' } },
      ],
    });
  });

  it('agrees with $apply once everything is known', async () => {
    const { store } = service.system.contextFor(system, 'more');
    await store.create({ ...malaise(false), effectiveDateTime: '2026-11-18T10:00:00Z' });
    const answer = (await call(planDefinitionExplain, [subject, therapy])) as Parameters;
    const verdicts = answer.parameter
      ?.filter(({ name }) => name === 'action')
      .map(({ part }) => part?.find(({ name }) => name === 'verdict')?.valueCode);
    expect(new Set(verdicts)).toEqual(new Set(['met']));
  });
});
