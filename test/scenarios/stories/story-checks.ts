// What the stories look up and hold to: an open Task, the days of the sessions, changes of scores, verdicts on differences, and no word of blame.
import type { Observation, Parameters, ParametersParameter, Task } from '@medplum/fhirtypes';
import type { Course } from './story-steps.ts';
import type { StoryWorld } from './story-world.ts';

/** An open Task with this code. Throws when there is none. */
export async function openTask(world: StoryWorld, who: string, taskCode: string): Promise<Task> {
  const found = await world.find<Task>(`/Task?patient=Patient/anna&code=${taskCode}`, who);
  const open = found.find(({ status }) => ['requested', 'ready', 'in-progress'].includes(status));
  if (!open) throw new Error(`${who} finds no open Task ${taskCode}`);
  return open;
}

/** The sessions of the plan as they stand: "2027-01-11 active". */
export async function sessionDays(world: StoryWorld): Promise<readonly string[]> {
  const { sessions } = await world.see('gp');
  return sessions;
}

/** The changes since her own start that are stored, in order of time: "2027-02-01 -3". */
export async function scoreChanges(world: StoryWorld): Promise<readonly string[]> {
  const found = await world.find<Observation>(
    '/Observation?patient=Patient/anna&code=score-change',
    'therapist',
  );
  return found
    .map(
      ({ effectiveDateTime, valueQuantity }) => `${effectiveDateTime?.slice(0, 10)} ${valueQuantity?.value}`,
    )
    .toSorted();
}

/** Words that no record of hers and no answer about her course may have. */
const blame = /adheren|complian|drop-?out|dropped out|unmotivat|refus|resist|nothing (is )?wrong|at fault/i;

/** What is on record about her, and what the course and its comparison say, has none of the words of blame. */
export async function expectNoBlame(world: StoryWorld, { id }: Pick<Course, 'id'>): Promise<void> {
  const paths = ['/Patient/anna/$everything', `/CarePlan/${id}/$course`, `/CarePlan/${id}/$deviations`];
  for (const path of paths) {
    const { status, resource } = await world.ask('system', { method: 'GET', path });
    expect(status).toBe(200);
    expect(JSON.stringify(resource)).not.toMatch(blame);
  }
}

/** The verdict on each session of the plan, and how many differences nobody has explained. */
export async function verdicts(world: StoryWorld, { id }: Pick<Course, 'id'>) {
  const { resource } = await world.ask('therapist', { method: 'GET', path: `/CarePlan/${id}/$deviations` });
  const parameters = (resource as Parameters).parameter ?? [];
  const part = (of: ParametersParameter, name: string) => of.part?.find((each) => each.name === name);
  return {
    sessions: parameters
      .filter(({ name }) => name === 'session')
      .map((row) => `${part(row, 'step')?.valueString}: ${part(row, 'verdict')?.valueCode}`),
    unexplained: parameters.find(({ name }) => name === 'unexplained')?.valueInteger,
  };
}
