// What hangs on a plan beside its sessions ends with it too: appointments, offers, a look at its pause, the team. Its goals stay the person's own.
import type { Appointment, CarePlan, CareTeam, Goal, Task } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import { goalAtEnd, type PlanEnd } from '../../course/goal/goal-at-end.ts';
import { endedTeam } from '../../course/group/group-change-resources.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { goalsOf } from './course-facts.ts';
import { reviewsOf } from './course-tasks.ts';
import { reasonOf, sentencesOf } from './sentences-of.ts';

/** Of these requests ("ServiceRequest/x"): nobody is to come for what is not held. */
export async function cancelAppointments(
  context: WorkflowContext,
  patient: string,
  requests: readonly string[],
): Promise<void> {
  if (requests.length === 0) return;
  const appointments = await findResources(context.store, 'Appointment', [
    byReference('based-on', ...requests),
  ]);
  const hasEnded = reasonOf(context, 'course-has-ended');
  for (const appointment of appointments.filter((each) => isAhead(each) && isOnlyOf(each, patient))) {
    const cancelled: Appointment = { ...appointment, status: 'cancelled', cancelationReason: hasEnded };
    await updateChecked(context, cancelled, appointment.meta?.versionId ?? '');
  }
}

const isAhead = ({ status }: Appointment): boolean =>
  ['proposed', 'pending', 'booked', 'waitlist'].includes(status);

/** One that others come to as well is not the course's to cancel. */
const isOnlyOf = ({ participant }: Appointment, patient: string): boolean =>
  participant.every(({ actor }) => !actor?.reference?.startsWith('Patient/') || actor.reference === patient);

/** What was offered in the plan, and the question how its pause goes on. In a run of a group the next step is asked before the plan ends. */
export async function withdrawOffers(context: WorkflowContext, carePlan: CarePlan): Promise<void> {
  const tasks = await findResources(context.store, 'Task', [
    byReference('based-on', `CarePlan/${carePlan.id}`),
  ]);
  const offers = tasks.filter(
    ({ code, status }) => hasCourseCode(code, 'make-up-offer') && status === 'requested',
  );
  const reviews = carePlan.partOf ? [] : await reviewsOf(context, carePlan);
  const hasEnded = reasonOf(context, 'course-has-ended');
  for (const task of [...offers, ...reviews]) {
    const lastModified = context.clock.now().toISOString();
    const withdrawn: Task = { ...task, status: 'cancelled', statusReason: hasEnded, lastModified };
    await updateChecked(context, withdrawn, task.meta?.versionId ?? '');
  }
}

/** Those that go on, as they are now. What another running plan works on is left alone. */
export async function endGoals(
  context: WorkflowContext,
  carePlan: CarePlan,
  end: PlanEnd,
): Promise<readonly Goal[]> {
  const open: Goal[] = [];
  const staysOwn = sentencesOf(context.catalogue)('goal-stays-own');
  for (const goal of await goalsOf(context, carePlan)) {
    if (await isUsedElsewhere(context, carePlan, 'goal', `Goal/${goal.id}`)) continue;
    const ended = goalAtEnd(goal, end, daysOf(context).today, staysOwn);
    const after = ended ? (await updateChecked(context, ended, goal.meta?.versionId ?? '')).resource() : goal;
    if (after.lifecycleStatus === 'on-hold') open.push(after);
  }
  return open;
}

/** After what is written by people whom the team may tie to the patient. A team that another running plan has goes on. */
export async function endTeams(context: WorkflowContext, carePlan: CarePlan, end: PlanEnd): Promise<void> {
  for (const { reference = '' } of carePlan.careTeam ?? []) {
    const [type, id] = reference.split('/');
    if (type !== 'CareTeam' || !id) continue;
    const read = await context.store.read<CareTeam>('CareTeam', id);
    if (read.kind !== 'found' || (await isUsedElsewhere(context, carePlan, 'care-team', reference))) continue;
    const team = read.version.resource();
    const isOpen = ['proposed', 'active', 'suspended'].includes(team.status ?? '');
    if (end === 'entered-in-error' ? team.status !== end : isOpen) {
      const ended = endedTeam(team, daysOf(context).today);
      const next: CareTeam = end === 'entered-in-error' ? { ...ended, status: end } : ended;
      await updateChecked(context, next, read.version.versionId);
    }
  }
}

async function isUsedElsewhere(
  { store }: WorkflowContext,
  { id }: CarePlan,
  parameter: 'goal' | 'care-team',
  reference: string,
): Promise<boolean> {
  const plans = await findResources(store, 'CarePlan', [
    byReference(parameter, reference),
    byToken('status', { code: 'draft' }, { code: 'active' }, { code: 'on-hold' }),
  ]);
  return plans.some((plan) => plan.id !== id);
}
