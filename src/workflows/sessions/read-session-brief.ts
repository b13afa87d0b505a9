// Gathers what a therapist wants to have seen before a session: what happened since the last one, and what is open. Nothing is judged.
import type {
  CarePlan,
  ClinicalImpression,
  Communication,
  Composition,
  Flag,
  QuestionnaireResponse,
  Task,
} from '@medplum/fhirtypes';
import { type Days, isEarlier } from '../../course/calendar.ts';
import { type Explained, explainedBefore } from '../../course/formulation/explained-before.ts';
import { formulationChain } from '../../course/formulation/formulation.ts';
import { type CourseStep, nextSession } from '../../course/next-step/next-step.ts';
import type { KeptAnswer } from '../../course/next-step/next-steps-answer.ts';
import { openFactors, unanswered } from '../../course/session/open-questions.ts';
import { withoutVersion } from '../../fhir/canonical.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { type CourseParts, type CourseSession, courseParts } from '../courses/course-parts.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { courseStep } from '../courses/course-step.ts';
import { homeworkAmong, isStillToTry } from '../courses/course-tasks.ts';
import { daysOf } from '../days.ts';
import { formulationsOf } from '../formulation/formulations-of.ts';
import { answersOf } from '../next-steps/kept-next-steps-answers.ts';
import { byCanonical, byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';

const questionnaires = 'https://w3id.org/alongside/fhir/Questionnaire';
const openerForm = `${questionnaires}/session-opener`;
const noteForm = `${questionnaires}/session-note`;
const experimentForm = `${questionnaires}/something-to-try`;

export interface SessionBrief extends Omit<CourseParts, 'tasks'> {
  readonly carePlan: CarePlan;
  /** The newest session that was held, with its note. */
  readonly last?: CourseSession & { readonly note?: Composition };
  /** Open, or moved since the last session. */
  readonly homework: readonly Task[];
  /** Experiments written down since the last session. */
  readonly experiments: readonly QuestionnaireResponse[];
  /** What the person sent before this session. */
  readonly opener?: QuestionnaireResponse;
  /** A note that somebody has begun for the next session. */
  readonly draft?: QuestionnaireResponse;
  readonly formulation?: { readonly impression: ClinicalImpression; readonly open: readonly string[] };
  /** Everything that was said about the explanation, by whom, oldest first. */
  readonly explained: readonly Explained[];
  readonly messages: readonly Communication[];
  readonly flags: readonly Flag[];
  readonly upcoming?: CourseSession;
  /** What was last answered when possible next steps were looked at. */
  readonly nextStepsAnswer?: KeptAnswer;
  readonly next: CourseStep;
  readonly days: Days;
}

/** One consistent reading. Refused: 404 unknown plan, 422 a plan that is no course. */
export function readSessionBrief(context: WorkflowContext, carePlanId: string): Promise<SessionBrief> {
  return inTransaction(context, async (inside) => {
    const carePlan = (await readKnown(inside.store, 'CarePlan', carePlanId)).resource();
    const sessions = await sessionsOf(inside, carePlan);
    const { tasks, ...parts } = await courseParts(inside, carePlan, sessions);
    const patient = carePlan.subject.reference ?? '';
    const days = daysOf(inside);
    const last = lastHeld(parts.sessions, days);
    const isSince = (at: string) => !isEarlier(days, at, last?.encounter?.period?.start ?? '');
    const note = last && (await noteOf(inside, last));
    const upcoming = parts.sessions.find(({ session }) => session === nextSession(sessions));
    const nextStepsAnswer = (await answersOf(inside, carePlanId)).at(-1);
    const chain = formulationChain(await formulationsOf(inside, patient));
    const [impression] = chain;
    const communications = await findResources(inside.store, 'Communication', [
      byReference('subject', patient),
    ]);
    return {
      ...parts,
      ...(await formsSince(inside, patient, isSince)),
      carePlan,
      ...(last && { last: { ...last, ...(note && { note }) } }),
      homework: homeworkAmong(tasks).filter(
        (task) => isStillToTry(task) || isSince(task.meta?.lastUpdated ?? ''),
      ),
      ...(impression && { formulation: { impression, open: openFactors(impression) } }),
      explained: explainedBefore(communications, chain, days),
      messages: unanswered(communications),
      flags: (await findResources(inside.store, 'Flag', [byReference('patient', patient)])).filter(
        ({ status }) => status === 'active',
      ),
      ...(upcoming && { upcoming }),
      ...(nextStepsAnswer && { nextStepsAnswer }),
      next: await courseStep(inside, carePlan, sessions, days, tasks),
      days,
    };
  });
}

function lastHeld(
  sessions: readonly CourseSession[],
  { beginOf }: Pick<Days, 'beginOf'>,
): CourseSession | undefined {
  const startOf = ({ encounter }: CourseSession) => beginOf(encounter?.period?.start) ?? 0;
  return sessions
    .filter(({ encounter }) => encounter)
    .toSorted((left, right) => startOf(right) - startOf(left))[0];
}

async function noteOf({ store }: WorkflowContext, last: CourseSession): Promise<Composition | undefined> {
  const notes = await findResources(store, 'Composition', [
    byReference('encounter', `Encounter/${last.encounter?.id}`),
  ]);
  return notes.find(({ status }) => status !== 'entered-in-error');
}

/** What was written since the last session, newest first; a private answer is not there, because the caller's own store is asked. */
async function formsSince(
  { store }: WorkflowContext,
  patient: string,
  isSince: (at: string) => boolean,
): Promise<Pick<SessionBrief, 'experiments' | 'opener' | 'draft'>> {
  const responses = await findResources(store, 'QuestionnaireResponse', [
    byReference('subject', patient),
    byCanonical('questionnaire', openerForm, noteForm, experimentForm),
    byToken('status', { code: 'in-progress' }, { code: 'completed' }, { code: 'amended' }),
  ]);
  const isOf = (form: string) => (response: QuestionnaireResponse) =>
    withoutVersion(response.questionnaire ?? '') === form;
  const isNew = ({ authored, meta }: QuestionnaireResponse) => isSince(authored ?? meta?.lastUpdated ?? '');
  const newestFirst = responses.toReversed();
  const opener = newestFirst.find(
    (response) => isOf(openerForm)(response) && response.status !== 'in-progress' && isNew(response),
  );
  const draft = newestFirst.find((response) => isOf(noteForm)(response) && response.status === 'in-progress');
  return {
    experiments: newestFirst.filter((response) => isOf(experimentForm)(response) && isNew(response)),
    ...(opener && { opener }),
    ...(draft && { draft }),
  };
}
