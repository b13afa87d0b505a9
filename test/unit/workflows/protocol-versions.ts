// A second version of the protocol of a course, and the calls by which courses come to it, for the tests of new versions.
import type {
  CarePlan,
  Parameters,
  ParametersParameter,
  PlanDefinition,
  PlanDefinitionAction,
} from '@medplum/fhirtypes';
import { carePlanMigrate } from '../../../src/rest/operations/care-plan-migrate.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { planDefinitionImpact } from '../../../src/rest/operations/plan-definition-impact.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, group, integer, string } from './course-steps.ts';
import type { ActorName, CourseWorld } from './course-world.ts';

export const url = 'https://w3id.org/alongside/fhir/PlanDefinition/psychosomatic-therapy';

export const to = (version = '2.0.0'): ParametersParameter => ({
  name: 'to',
  valueCanonical: `${url}|${version}`,
});
export const why: readonly ParametersParameter[] = [
  { name: 'reason', valueCode: 'new-version' },
  { name: 'agreed', valueBoolean: true },
];
export const keep: ParametersParameter = { name: 'choice', valueCode: 'keep' };
export const dryRun: ParametersParameter = { name: 'dryRun', valueBoolean: true };

type Sessions = readonly PlanDefinitionAction[];

export function withSessions(plan: PlanDefinition, change: (sessions: Sessions) => Sessions): PlanDefinition {
  const changed = (actions: Sessions): PlanDefinitionAction[] =>
    actions.map((action) =>
      action.id === 'sessions'
        ? { ...action, action: [...change(action.action ?? [])] }
        : { ...action, ...(action.action && { action: changed(action.action) }) },
    );
  return { ...plan, action: changed(plan.action ?? []) };
}

const weeks = (actionId: string, value: number): Pick<PlanDefinitionAction, 'relatedAction'> => ({
  relatedAction: [
    {
      actionId,
      relationship: 'after-start',
      offsetDuration: { value, unit: 'weeks', system: 'http://unitsofmeasure.org', code: 'wk' },
    },
  ],
});

export const named = (
  resource: Parameters | ParametersParameter,
  name: string,
): readonly ParametersParameter[] =>
  ('resourceType' in resource ? resource.parameter : (resource as ParametersParameter).part)?.filter(
    (each) => each.name === name,
  ) ?? [];

/** "step change because: aspect outcome, ...", in the order of the answer. */
export const stepsIn = (answer: Parameters | ParametersParameter): readonly string[] =>
  named(answer, 'step').map((step) => {
    const value = (name: string) => named(step, name)[0]?.valueString ?? named(step, name)[0]?.valueCode;
    const aspects = named(step, 'aspect').map((aspect) =>
      (aspect.part ?? []).map(({ valueCode }) => valueCode).join(' '),
    );
    return [value('step'), value('change'), value('because'), aspects.join(', ')].filter(Boolean).join(' | ');
  });

/** Everything that these tests do with one world. */
export function protocolVersions(world: CourseWorld) {
  async function current(): Promise<PlanDefinition> {
    const found = await world.store.read<PlanDefinition>('PlanDefinition', 'psychosomatic-therapy');
    if (found.kind !== 'found') throw new Error('no protocol');
    return found.version.resource();
  }

  /** Session 4 gets another name, session 5 comes a week later, session 6 goes, and a look back comes after it. */
  async function publishSecond(changes: Partial<PlanDefinition> = {}): Promise<PlanDefinition> {
    const next = withSessions({ ...(await current()), version: '2.0.0', ...changes }, (sessions) => [
      ...sessions
        .filter(({ id }) => id !== 'session-06')
        .map((session) =>
          session.id === 'session-04'
            ? { ...session, title: 'Half way' }
            : session.id === 'session-05'
              ? { ...session, ...weeks('intake', 6) }
              : session,
        ),
      {
        id: 'look-back',
        title: 'Look back',
        requiredBehavior: 'must',
        ...weeks('intake', 8),
      } satisfies PlanDefinitionAction,
    ]);
    const { result } = await updateResource(world.contextOf('system'), next, { mayCreate: false });
    return result.version.resource() as PlanDefinition;
  }

  async function plan(): Promise<CarePlan> {
    const [carePlan] = await world.all('CarePlan');
    if (!carePlan) throw new Error('no CarePlan');
    return carePlan;
  }

  async function migrate(...parameters: readonly ParametersParameter[]): Promise<Parameters> {
    const { id = '', meta } = await plan();
    const call = world.call(carePlanMigrate, 'therapist', id, [...parameters], undefined, meta?.versionId);
    return (await call).resource as Parameters;
  }

  async function impact(
    actor: ActorName = 'therapist',
    ...parameters: readonly ParametersParameter[]
  ): Promise<Parameters> {
    const call = world.call(planDefinitionImpact, actor, 'psychosomatic-therapy', [...parameters]);
    return (await call).resource as Parameters;
  }

  const planned = async () =>
    (await world.all('ServiceRequest'))
      .filter(({ requisition }) => requisition)
      .map((session) => ({
        number: session.extension?.find(({ valuePositiveInt }) => valuePositiveInt)?.valuePositiveInt ?? 0,
        text: `${session.code?.text} ${session.occurrenceDateTime} ${session.status}`,
      }))
      .toSorted((left, right) => left.number - right.number || left.text.localeCompare(right.text))
      .map(({ number, text }) => `${number} ${text}`);

  const everything = async () =>
    JSON.stringify([
      await world.all('CarePlan'),
      await world.all('RequestGroup'),
      await world.all('ServiceRequest'),
      await world.all('EpisodeOfCare'),
      await world.all('Provenance'),
      await world.all('Task'),
    ]);

  const hold = async (minutes = 40) => complete(world, await plan(), [integer('minutes', minutes)]);

  async function tailor(...parts: readonly ParametersParameter[]): Promise<void> {
    const { id = '', meta } = await plan();
    const because = [string('reason', 'A journey'), { name: 'agreed', valueBoolean: true }];
    await world.call(
      carePlanTailor,
      'therapist',
      id,
      [group('edit', ...parts, ...because)],
      undefined,
      meta?.versionId,
    );
  }

  return { current, publishSecond, plan, migrate, impact, planned, everything, hold, tailor };
}
