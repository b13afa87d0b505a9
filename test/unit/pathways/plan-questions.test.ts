// $apply and $explain for several people, for groups, and for what-if questions, through access and audit.
import type {
  Bundle,
  CarePlan,
  Group,
  Observation,
  OperationOutcome,
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
import { anna, fhir, malaise, phq15, problemsOf, redFlag } from './plan-world.ts';

const system: Actor = { role: 'system', scopes: [], tokenId: 'system' };
const gp: Actor = { role: 'gp', subject: 'Practitioner/gp', scopes: [], tokenId: 'gp' };
const groupReader: Actor = {
  role: 'integrator',
  scopes: ['system/*.rs'],
  tokenId: 'integrator',
};

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  const { store } = service.system.contextFor(system, 'before');
  await store.update({ resourceType: 'Practitioner', id: 'gp' }, { upsert: true });
  const ofGp = { generalPractitioner: [{ reference: 'Practitioner/gp' }] };
  await store.update({ ...anna, ...ofGp }, { upsert: true });
  await store.update({ ...anna, id: 'bert', ...ofGp }, { upsert: true });
  await store.update({ ...anna, id: 'carla' }, { upsert: true });
  await store.update({ ...phq15(3, 'low'), effectiveDateTime: '2026-11-10T10:00:00Z' }, { upsert: true });
  await store.update(
    {
      ...phq15(12, 'bert'),
      subject: { reference: 'Patient/bert' },
      effectiveDateTime: '2026-11-10T10:00:00Z',
    },
    { upsert: true },
  );
  await store.update(redFlag, { upsert: true });
  for (const group of [
    groupOf('pair', 'anna', 'bert'),
    groupOf('wide', 'anna', 'carla'),
    groupOf('nobody'),
    { ...groupOf('left', 'anna'), member: [{ entity: { reference: 'Patient/anna' }, inactive: true }] },
  ]) {
    await store.update(group, { upsert: true });
  }
});

afterAll(() => service.stop());

function groupOf(id: string, ...members: readonly string[]): Group & { id: string } {
  return {
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    ...(members.length > 0 && {
      member: members.map((each) => ({ entity: { reference: `Patient/${each}` } })),
    }),
  };
}

const text = (name: string, valueString: string): ParametersParameter => ({ name, valueString });
const subject = (reference = 'Patient/anna') => text('subject', reference);
const data = (resource: Resource): ParametersParameter => ({ name: 'data', resource });
const assumedScore = (value: number): Observation => {
  const { subject: _subject, id: _id, ...score } = phq15(value);
  return score as Observation;
};

async function call(
  operation: Operation,
  parameter: readonly ParametersParameter[],
  actor: Actor = gp,
  id = 'psychosomatic-therapy',
): Promise<Resource> {
  const parameters: Parameters = { resourceType: 'Parameters', parameter: [...parameter] };
  try {
    const context = service.system.contextFor(actor, 'request');
    return (await operation.handle({ context, parameters, id })).resource;
  } catch (error) {
    if (error instanceof FhirError) return outcomeOf(error);
    throw error;
  }
}

const apply = (...parameter: readonly ParametersParameter[]) => call(planDefinitionApply, parameter);
const groupIn = (resource: Resource) => (resource as CarePlan).contained?.[0] as RequestGroup | undefined;
const idsIn = (resource: Resource) => groupIn(resource)?.action?.map(({ id }) => id);
const refusal = (code: string, diagnostics: string, expression: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: code as 'invalid', diagnostics, expression: [expression] }],
});

describe('several subjects', () => {
  it('give one result each, in their order, and each as it would be alone', async () => {
    const together = (await apply(subject('Patient/bert'), subject())) as Bundle;
    expect(together).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    expect(together.entry?.map(({ resource }) => resource)).toEqual([
      await apply(subject('Patient/bert')),
      await apply(subject()),
    ]);
    expect(problemsOf(together)).toEqual([]);
  });

  it('give Bundles in the form of the CPG guide', async () => {
    const together = (await apply(
      subject(),
      subject('Patient/bert'),
      text('resultType', 'bundle'),
    )) as Bundle;
    expect(together.entry?.map(({ resource }) => resource?.resourceType)).toEqual(['Bundle', 'Bundle']);
    expect(problemsOf(together)).toEqual([]);
  });

  it('give the same bytes twice', async () => {
    const once = JSON.stringify(await apply(subject(), subject('Patient/bert')));
    expect(JSON.stringify(await apply(subject(), subject('Patient/bert')))).toBe(once);
  });

  it('are refused together when one of them is somebody else’s patient', async () => {
    expect(await apply(subject(), subject('Patient/carla'))).toEqual(
      refusal('not-found', 'Patient/carla is not known', 'Parameters.parameter[1]'),
    );
  });

  it('are explained one by one, in their order, and each as it would be alone', async () => {
    const ask = () => call(planDefinitionExplain, [subject('Patient/bert'), subject()]);
    const together = (await ask()) as Bundle;
    expect(together).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    expect(together.entry).toEqual([
      { resource: await call(planDefinitionExplain, [subject('Patient/bert')]) },
      { resource: await call(planDefinitionExplain, [subject()]) },
    ]);
    expect(JSON.stringify(await ask())).toBe(JSON.stringify(together));
    expect(problemsOf(together)).toEqual([]);
  });

  it('are not explained at all when one of them is somebody else’s patient', async () => {
    expect(await call(planDefinitionExplain, [subject(), subject('Patient/carla')])).toEqual(
      refusal('not-found', 'Patient/carla is not known', 'Parameters.parameter[1]'),
    );
  });

  it('are at most a hundred', async () => {
    const many = Array.from({ length: 101 }, (_, index) => subject(`Patient/p${index}`));
    expect(await apply(...many)).toEqual(
      refusal('business-rule', 'at most 100 people in one call', 'Parameters.parameter[100]'),
    );
  });
});

describe('a group', () => {
  it('has one plan as a whole, in which nothing about a person is decided', async () => {
    const carePlan = await call(planDefinitionApply, [subject('Group/pair')], groupReader);
    expect(carePlan).toMatchObject({ resourceType: 'CarePlan', subject: { reference: 'Group/pair' } });
    expect(JSON.stringify(carePlan)).toContain(
      'course: could not be decided: %patient: a group has none of its own; each member has, with expand=members',
    );
    expect(problemsOf(carePlan)).toEqual([]);
  });

  it('is explained as a whole', async () => {
    const answer = (await call(planDefinitionExplain, [subject('Group/pair')], groupReader)) as Parameters;
    expect(answer.parameter?.[1]).toEqual({
      name: 'subject',
      valueReference: { reference: 'Group/pair' },
    });
  });

  it('has a plan for each member when asked', async () => {
    const expand = text('expand', 'members');
    const each = (await call(planDefinitionApply, [subject('Group/pair'), expand], groupReader)) as Bundle;
    expect(each.entry?.map(({ resource }) => (resource as CarePlan).subject)).toEqual([
      { reference: 'Patient/anna' },
      { reference: 'Patient/bert' },
    ]);
    expect(problemsOf(each)).toEqual([]);
  });

  it('is explained member by member when asked', async () => {
    const expand = text('expand', 'members');
    const each = (await call(planDefinitionExplain, [subject('Group/pair'), expand], groupReader)) as Bundle;
    expect(
      each.entry?.map(({ resource }) => (resource as Parameters).parameter?.[1]?.valueReference),
    ).toEqual([{ reference: 'Patient/anna' }, { reference: 'Patient/bert' }]);
    expect(await call(planDefinitionExplain, [subject(), expand])).toEqual(
      refusal('invalid', '"expand" is for a group', 'Parameters.parameter[0]'),
    );
  });

  it('is refused to who may not read one of its members', async () => {
    const reader: Actor = {
      ...gp,
      role: 'integrator',
      scopes: ['system/Group.rs', 'system/PlanDefinition.rs'],
    };
    const answer = await call(planDefinitionApply, [subject('Group/wide')], reader);
    expect(answer).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'forbidden' }] });
  });

  it.each(['nobody', 'left'])('without people in it now has no plan (%s)', async (id) => {
    expect(await call(planDefinitionApply, [subject(`Group/${id}`)], groupReader)).toEqual(
      refusal('business-rule', `Group/${id} has no people in it now`, 'Parameters.parameter[0]'),
    );
  });

  it('does not stand beside a patient', async () => {
    expect(await call(planDefinitionApply, [subject(), subject('Group/pair')], groupReader)).toEqual(
      refusal('business-rule', 'several subjects are all patients or all groups', 'Parameters.parameter[1]'),
    );
  });

  it('has no data of its own to assume', async () => {
    expect(
      await call(planDefinitionApply, [subject('Group/pair'), data(assumedScore(16))], groupReader),
    ).toEqual(
      refusal(
        'business-rule',
        'data are about a person: with a group, expand=members',
        'Parameters.parameter[1]',
      ),
    );
  });

  it('is what expand is for', async () => {
    expect(await apply(subject(), text('expand', 'members'))).toEqual(
      refusal('invalid', '"expand" is for a group', 'Parameters.parameter[0]'),
    );
    expect(await apply(subject(), text('expand', 'all'))).toEqual(
      refusal('invalid', '"expand" is members', 'Parameters.parameter'),
    );
  });
});

describe('a what-if question', () => {
  const noFlag = data({ ...redFlag, status: 'inactive' });

  it('takes an assumed score before the one on record, and a stand-in for the flag', async () => {
    expect(idsIn(await apply(subject()))).toEqual(['next-step']);
    const answer = await apply(subject(), data(assumedScore(16)), noFlag, data(malaise(false)));
    expect(idsIn(answer)).toEqual(['course', 'next-step']);
    expect(problemsOf(answer)).toEqual([]);
  });

  it('takes a Bundle of assumptions as well', async () => {
    const bundle: Bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: assumedScore(16) }, { resource: { ...redFlag, status: 'inactive' } }],
    };
    expect(idsIn(await apply(subject(), data(bundle)))).toEqual(['course', 'next-step']);
  });

  it('still sees what is on record and was not assumed away', async () => {
    expect(idsIn(await apply(subject(), data(assumedScore(16))))).toEqual(['next-step']);
  });

  it('marks every resource of its answer, and has ids of its own', async () => {
    const answer = (await apply(subject(), data(assumedScore(16)), noFlag)) as CarePlan;
    const tag = { meta: { tag: [expect.objectContaining({ code: 'counterfactual' })] } };
    for (const resource of [answer, ...(answer.contained ?? [])]) expect(resource).toMatchObject(tag);
    const real = (await apply(subject())) as CarePlan;
    expect(JSON.stringify(real)).not.toContain('counterfactual');
    expect(real.id).not.toBe(answer.id);
    expect(JSON.stringify(answer)).toContain(
      'an answer to a what-if question, not to the person as they are (assumed: Observation; assumed: Flag/flag)',
    );
  });

  it('gives the same bytes twice, and others for another question', async () => {
    const ask = async (score: number) => JSON.stringify(await apply(subject(), data(assumedScore(score))));
    expect(await ask(16)).toBe(await ask(16));
    expect(await ask(16)).not.toBe(await ask(17));
  });

  it('stores nothing', async () => {
    const { store } = service.system.contextFor(system, 'after');
    const before = await store.read('Flag', 'flag');
    await apply(subject(), noFlag, data(assumedScore(16)));
    expect(await store.read('Flag', 'flag')).toEqual(before);
    expect(before).toMatchObject({ kind: 'found', version: { versionId: '1' } });
  });

  it('leaves out what the person would decline, and says so', async () => {
    const known = [data(assumedScore(16)), noFlag, data(malaise(false))];
    const all = JSON.stringify(await apply(subject(), ...known));
    const some = JSON.stringify(await apply(subject(), ...known, text('declined', 'body-oriented')));
    for (const id of ['body-oriented', 'breathing-exercises', 'short-rests']) {
      expect(all).toContain(`"id":"${id}"`);
      expect(some).not.toContain(`"id":"${id}"`);
    }
    expect(some).toContain('"id":"pacing"');
    const answer = (await call(planDefinitionExplain, [
      subject(),
      ...known,
      text('declined', 'body-oriented'),
    ])) as Parameters;
    expect(JSON.stringify(answer)).toContain(
      'Left out, because \\"body-oriented\\" is declined in this question.',
    );
  });

  it('is explained with its assumptions, and no stored version is named as their source', async () => {
    const answer = (await call(planDefinitionExplain, [
      subject(),
      data({ ...phq15(16, 'low') }),
      noFlag,
    ])) as Parameters;
    expect(answer.meta?.tag?.[0]?.code).toBe('counterfactual');
    expect(answer.parameter?.slice(3, 6)).toEqual([
      { name: 'counterfactual', valueBoolean: true },
      { name: 'assumption', valueString: 'assumed: Observation/low' },
      { name: 'assumption', valueString: 'assumed: Flag/flag' },
    ]);
    expect(JSON.stringify(answer)).toContain(
      '{"name":"source","valueReference":{"type":"Observation","display":"Assumed in this question"}},{"name":"value","valueQuantity":{"value":16',
    );
    expect(JSON.stringify(answer)).not.toContain('Observation/low/_history');
    expect(problemsOf(answer)).toEqual([]);
  });

  it('says which of its data no condition asks for; strict refuses it', async () => {
    const other: Observation = { ...assumedScore(16), code: { text: 'Something else' } };
    const told = 'no condition of the plan asks for the Observation given as data[0]';
    expect(JSON.stringify(await apply(subject(), data(other)))).toContain(told);
    expect(JSON.stringify(await call(planDefinitionExplain, [subject(), data(other)]))).toContain(told);
    expect(await apply(subject(), data(other), { name: 'strict', valueBoolean: true })).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'informational',
          diagnostics: `${fhir}/PlanDefinition/psychosomatic-therapy|1.0.0: ${told}`,
        },
      ],
    });
  });

  it('may be about another date of birth', async () => {
    const young = { resourceType: 'Patient' as const, birthDate: '2020-01-01' };
    const answer = await call(planDefinitionExplain, [subject(), data(young)]);
    expect(JSON.stringify(answer)).toContain('"valueString":"2020-01-01"');
  });

  it('lets each of several people keep their own data', async () => {
    const mine = data({ ...phq15(16, 'mine'), subject: { reference: 'Patient/anna' } });
    const both = (await apply(subject(), subject('Patient/bert'), mine, noFlag)) as Bundle;
    expect(both.entry?.map(({ resource }) => resource && idsIn(resource))).toEqual([
      ['course', 'next-step'],
      ['course', 'next-step'],
    ]);
    expect(both.meta?.tag?.[0]?.code).toBe('counterfactual');
    const explained = await call(planDefinitionExplain, [subject(), subject('Patient/bert'), mine]);
    expect(explained.meta?.tag?.[0]?.code).toBe('counterfactual');
  });

  it('does not show what the asker may not read', async () => {
    const blind: Actor = {
      role: 'integrator',
      scopes: ['system/Patient.rs', 'system/PlanDefinition.rs', 'system/Observation.rs'],
      tokenId: 'blind',
    };
    const answer = await call(planDefinitionApply, [subject(), data(assumedScore(16))], blind);
    expect(JSON.stringify(answer)).toContain('%openRedFlags: you may not read Flag');
  });

  it.each<[string, ParametersParameter, string, string, string]>([
    [
      'data about somebody else',
      data({ ...phq15(16), subject: { reference: 'Patient/carla' } }),
      'business-rule',
      'the data are about Patient/carla, who is no subject of this call',
      'Parameters.parameter[1]',
    ],
    [
      'another patient',
      data({ ...anna, id: 'carla' }),
      'business-rule',
      'the data are about Patient/carla, who is no subject of this call',
      'Parameters.parameter[1]',
    ],
    [
      'an entry without a resource',
      data({ resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:x' }] }),
      'invalid',
      'an entry of the data holds a resource',
      'Parameters.parameter[1].resource.entry[0]',
    ],
    ['data that are text', text('data', 'x'), 'invalid', '"data" is a resource', 'Parameters.parameter[1]'],
    [
      'something declined that the plan does not have',
      text('declined', 'swimming'),
      'business-rule',
      `no action of ${fhir}/PlanDefinition/psychosomatic-therapy|1.0.0 is called "swimming"`,
      'Parameters.parameter[1]',
    ],
  ])('refuses %s', async (_, parameter, code, diagnostics, expression) => {
    expect(await apply(subject(), parameter)).toEqual(refusal(code, diagnostics, expression));
  });
});
