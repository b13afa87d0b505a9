// Takes back that a session was missed, where that was recorded by mistake: the day, what its appointments became, and whoever was to get
// in touch because of it. The session stands as it is planned.
import type {
  Appointment,
  CarePlan,
  CodeableConcept,
  Encounter,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { type Days, isEarlier } from '../../course/calendar.ts';
import { hasCourseCode } from '../../course/course-codes.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { recordedAbsence } from '../../course/session/attendance.ts';
import { correctionProvenance, voidedRecord } from '../../course/session/correct-session.ts';
import type { SessionRecord } from '../../course/session/session-record.ts';
import { isOpenTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { revise } from '../course-changes/plan-changes.ts';
import { explainDeviations } from '../course-changes/record-deviations.ts';
import { authorOf } from '../course-changes/tailoring-reason.ts';
import { daysOf } from '../days.ts';
import { followTurn } from '../referrals/appointment-rule.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import { lastBefore } from '../resources/version-before.ts';
import { createChecked } from '../resources/write-checked.ts';
import { type Written, writeRecord } from './write-record.ts';

/** The last missed day that is on record for a session. */
export const lastMissed = (
  meetings: readonly Encounter[],
  days: Pick<Days, 'dayOf'>,
): Encounter | undefined =>
  meetings
    .filter((meeting) => recordedAbsence(meeting) !== undefined)
    .reduce<Encounter | undefined>(
      (last, each) => (last && isEarlier(days, startIn(each), startIn(last)) ? last : each),
      undefined,
    );

const startIn = ({ period }: Encounter): string => period?.start ?? '';

interface TakingBack {
  readonly carePlan: CarePlan;
  readonly session: ServiceRequest;
  readonly missed: Encounter;
  /** Of this session, the missed one too. */
  readonly meetings: readonly Encounter[];
  readonly reason: CodeableConcept;
  readonly contentMark: string;
}

export interface TakenBack {
  readonly encounter: Encounter;
  readonly changed: readonly Resource[];
  readonly provenance: Resource & { readonly resourceType: 'Provenance' };
  readonly warnings: readonly string[];
}

/** The context's store is a transaction's. */
export async function takeBackAbsence(context: WorkflowContext, taking: TakingBack): Promise<TakenBack> {
  const { carePlan, session, missed, meetings, reason } = taking;
  const at = context.clock.now().toISOString();
  const patient = carePlan.subject.reference ?? '';
  const reference = `ServiceRequest/${session.id}`;
  const appointments = (missed.appointment ?? []).flatMap((each) => each.reference ?? []);
  const asked = await findResources(context.store, 'Task', [
    byReference('focus', reference, ...appointments),
  ]);
  const record: SessionRecord = {
    encounter: missed,
    procedures: [],
    observations: [],
    tasks: asked.filter((task) => hasCourseCode(task.code, 'get-in-touch') && isOpenTask(task)),
  };
  const written = await writeRecord(context, record, voidedRecord(record, at), taking.contentMark);
  const restored: Written[] = [];
  for (const each of appointments) restored.push(...(await restoredAppointment(context, each)));
  const others = meetings.filter(({ id }) => id !== missed.id);
  if (lastMissed(others, daysOf(context)) === undefined) {
    await followTurn(context, { patient, about: reference, basedOn: [reference], turn: 'booked' });
  }
  const all = [...written, ...restored];
  const provenance = correctionProvenance(context.newId(), {
    patient,
    author: authorOf(context, carePlan.author?.reference),
    reason,
    at,
    isVoid: true,
    revisions: all.map(({ revision }) => revision),
  });
  const stored = (await createChecked(context, provenance)).resource();
  await explainDeviations(context, carePlan.id ?? '');
  const resources = all.map(({ resource }) => resource);
  const encounter = resources.find((each): each is Encounter => each.resourceType === 'Encounter');
  return {
    encounter: encounter ?? missed,
    changed: resources.filter(({ resourceType }) => resourceType !== 'Encounter'),
    provenance: stored,
    warnings:
      session.status === 'revoked'
        ? [
            `Session ${sessionNumber(session)} was dropped and stays so: plan one anew with POST CarePlan/[id]/$tailor (edit "add").`,
          ]
        : [],
  };
}

/** As it was before it was said that nobody came; one that has gone on since stays as it is. */
async function restoredAppointment(context: WorkflowContext, reference: string): Promise<readonly Written[]> {
  const now = (await readReferenced(context.store, reference, ['Appointment'])).resource();
  const isMissed = ({ status }: Appointment) => status === 'noshow' || status === 'cancelled';
  if (!isMissed(now)) return [];
  const before = await lastBefore(context, now, (version) => !isMissed(version));
  if (!before) return [];
  const { cancelationReason: _reason, ...rest } = now;
  return [await revise<Appointment>(context, { ...rest, status: before.resource.status })];
}
