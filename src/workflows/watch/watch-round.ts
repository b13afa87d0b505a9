// One round of a scheduled job: finds whom it concerns now and looks at each person in a transaction of their own, so that one record
// that cannot be dealt with stops nobody else. Everything is written with the rights of the job's own effect, and audited.
import type { Patient, PlanDefinition, ResourceType, Task } from '@medplum/fhirtypes';
import type { ServiceEffect } from '../../auth/service-effects.ts';
import type { CalendarDate } from '../../course/calendar.ts';
import type { ReasonSentence } from '../../course/course-sentences.ts';
import { type WatchRule, type WatchRuleId, watchRuleOf } from '../../course/watch/watch-rules.ts';
import {
  isOpenTask,
  isWatchTask,
  overtakenTask,
  type WatchCode,
  type WatchContent,
  watchTask,
} from '../../course/watch/watch-tasks.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { forEffect, inTransaction, type WorkflowContext } from '../context.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { watchPlanOf } from './watch-plan-of.ts';

export interface Round {
  /** Of the job's actor, which may search what the job reads and write nothing itself. */
  readonly context: WorkflowContext;
  /** Where the organisation is. */
  readonly today: CalendarDate;
  /** Where the organisation is; of a month or a year alone the last day. What is no dateTime stays as it is, and cannot be reckoned with. */
  readonly dayOf: (dateTime: string) => CalendarDate;
  /** True when the process is to stop, or somebody else has the slot: asked between two people. */
  readonly isOver: () => boolean;
  /** Notes that one person's record could not be dealt with. */
  readonly failed: (patientId: string, error: unknown) => void;
  /** Called after each person. */
  readonly passed?: (done: number, all: number) => void;
}

export interface RoundCounts {
  /** People looked at. */
  readonly people: number;
  /** Tasks set, or what else the job writes about a person. */
  readonly set: number;
  /** Those taken back or closed, because what they asked for had come about. */
  readonly takenBack: number;
  /** People whose record could not be dealt with. */
  readonly failed: number;
}

interface TaskToSet
  extends Pick<WatchContent, 'rule' | 'about'>,
    Partial<Pick<WatchContent, 'carePlan' | 'canonical' | 'priority'>> {
  /**
   * Who is to have it, in this order: the first who has not stopped working, else the general practitioner who would be called in.
   * Without this it is nobody's by name, and found as such.
   */
  readonly named?: readonly (string | undefined)[];
}

/** What a job does about one person. */
export interface PersonAtHand {
  /** With the rights of the job's effect for this person, in their transaction. */
  readonly context: WorkflowContext;
  /** As the job, in the same transaction: for what follows by another effect. */
  readonly asJob: WorkflowContext;
  readonly patient: Patient;
  /** "Patient/x" */
  readonly reference: string;
  /** All Tasks for this person. */
  readonly tasks: readonly Task[];
  readonly today: CalendarDate;
  readonly dayOf: Round['dayOf'];
  readonly rule: (id: WatchRuleId) => WatchRule;
  readonly set: (content: TaskToSet) => Promise<void>;
  readonly takeBack: (task: Task, why: ReasonSentence) => Promise<void>;
  /** Counts what was written by other ways than these two. */
  readonly wrote: (what: 'set' | 'takenBack', how: number) => void;
}

export interface JobWork {
  readonly effect: ServiceEffect;
  /** What it searches over all people, to find whom it concerns. */
  readonly searches: readonly ResourceType[];
  /**
   * The Tasks that it sets and that are nobody's any more when the person has died, or their record is no longer kept: it takes them back.
   * An alarm that waits is not among them.
   */
  readonly sets?: readonly WatchCode[];
  /** Ids of the patients who may be concerned, those with an open Task that it has set among them. */
  readonly people: (round: Round) => Promise<ReadonlySet<string>>;
  /** Looks at what is so now, and changes nothing when it was called before. May be begun anew. */
  readonly forPerson: (person: PersonAtHand) => Promise<void>;
}

/** Ends early, between two people, when the round is over. */
export async function carryOutRound(work: JobWork, round: Round): Promise<RoundCounts> {
  const plan = watchPlanOf(round.context);
  const ids = [...(await work.people(round))].toSorted();
  const counts = { people: 0, set: 0, takenBack: 0, failed: 0 };
  for (const patientId of ids) {
    if (round.isOver()) break;
    counts.people += 1;
    try {
      const done = await lookAt(work, round, plan, patientId);
      counts.set += done.set;
      counts.takenBack += done.takenBack;
    } catch (error) {
      counts.failed += 1;
      round.failed(patientId, error);
    }
    round.passed?.(counts.people, ids.length);
  }
  return counts;
}

interface Done {
  readonly set: number;
  readonly takenBack: number;
}

function lookAt(work: JobWork, round: Round, plan: PlanDefinition, patientId: string): Promise<Done> {
  return inTransaction(round.context, async (inside) => {
    const nothing = { set: 0, takenBack: 0 };
    const known = await inside.store.reachablePatients([patientId]);
    if (!known.has(patientId)) return nothing;
    const context = await forEffect(inside, work.effect, patientId);
    const read = await context.store.read<Patient>('Patient', patientId);
    if (read.kind !== 'found') return nothing;
    const patient = read.version.resource();
    const reference = `Patient/${patientId}`;
    const tasks = await findResources(context.store, 'Task', [byReference('patient', reference)]);
    const done = { ...nothing };
    const takeBack = async (task: Task, why: ReasonSentence) => {
      const closed = overtakenTask(task, reasonOf(context, why), context.clock.now().toISOString());
      await updateChecked(context, closed, task.meta?.versionId ?? '');
      done.takenBack += 1;
    };
    if (!isCaredFor(patient)) {
      for (const task of tasks.filter((each) => isOpenTask(each) && isWatchTask(each, ...(work.sets ?? []))))
        await takeBack(task, 'not-kept-any-more');
      return done;
    }
    await work.forPerson({
      context,
      asJob: inside,
      patient,
      reference,
      tasks,
      today: round.today,
      dayOf: round.dayOf,
      rule: (id) => watchRuleOf(plan, id),
      async set({ named, ...content }) {
        const authoredOn = context.clock.now().toISOString();
        const owner = named && (await whoTakesOn(context, reference, ...named));
        const task = watchTask(context.newId(), {
          patient: reference,
          authoredOn,
          today: round.today,
          ...(owner !== undefined && { owner }),
          ...content,
        });
        await createChecked(context, task);
        done.set += 1;
      },
      takeBack,
      wrote(what, how) {
        done[what] += how;
      },
    });
    return done;
  });
}

/** Nobody is asked anything about a person who has died, or whose record is no longer kept. */
function isCaredFor({ active, deceasedBoolean, deceasedDateTime }: Patient): boolean {
  return active !== false && deceasedBoolean !== true && deceasedDateTime === undefined;
}
