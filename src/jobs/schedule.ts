// Every job: its name, what it is for, when it runs by the organisation's clock, and the workflow that it carries out. The names and
// displays are codes of CodeSystem/scheduled-job.
import { chaseOverdueSessions } from '../workflows/watch/chase-overdue-sessions.ts';
import { escalateAlarms } from '../workflows/watch/escalate-alarms.ts';
import { escalateStaleReferrals } from '../workflows/watch/escalate-stale-referrals.ts';
import { followEndedConsents } from '../workflows/watch/follow-ended-consents.ts';
import { hearLateForms } from '../workflows/watch/hear-late-forms.ts';
import { hearStoppedForms, hearUnfinishedForms } from '../workflows/watch/hear-unfinished-forms.ts';
import { lookAtLongPauses } from '../workflows/watch/look-at-long-pauses.ts';
import { noteDeviations } from '../workflows/watch/note-deviations.ts';
import { offerFollowUps } from '../workflows/watch/offer-follow-ups.ts';
import { remindQuestionnaires } from '../workflows/watch/remind-questionnaires.ts';
import { sweepDeadEnds } from '../workflows/watch/sweep-dead-ends.ts';
import type { JobWork } from '../workflows/watch/watch-round.ts';
import type { LocalTime } from './slots.ts';

export interface ScheduledJob {
  readonly name: string;
  readonly display: string;
  /** Local times of day. */
  readonly times: readonly LocalTime[];
  readonly work: JobWork;
}

const hours = Array.from({ length: 24 }, (_none, hour) => String(hour).padStart(2, '0'));
const everyHour = hours.map((hour): LocalTime => `${hour}:05` as LocalTime);
const everyQuarter = hours.flatMap((hour) =>
  ['00', '15', '30', '45'].map((minute): LocalTime => `${hour}:${minute}` as LocalTime),
);

/** Answers that were left each quarter, alarms and consents each hour; the rest before the working day, one after another, and the sweep when the others have set what they set. */
export const schedule: readonly ScheduledJob[] = [
  {
    name: 'hear-unfinished-forms',
    display: 'Forms that were left with an answer that calls somebody in',
    times: everyQuarter,
    work: hearUnfinishedForms,
  },
  {
    name: 'hear-stopped-forms',
    display: 'Forms that were stopped while nobody was called in',
    times: ['05:50'],
    work: hearStoppedForms,
  },
  {
    name: 'hear-late-forms',
    display: 'Answers whose form came after them',
    times: everyQuarter,
    work: hearLateForms,
  },
  {
    name: 'escalate-alarms',
    display: 'Alarms that nobody has looked at in time',
    times: everyHour,
    work: escalateAlarms,
  },
  {
    // What a consent opened is to close soon after its last moment.
    name: 'follow-ended-consents',
    display: 'Consents whose time has passed',
    times: everyHour,
    work: followEndedConsents,
  },
  {
    name: 'escalate-stale-referrals',
    display: 'Referrals that wait for an answer',
    times: ['06:00'],
    work: escalateStaleReferrals,
  },
  {
    name: 'chase-overdue-sessions',
    display: 'Sessions and steps at home whose day has passed',
    times: ['06:10'],
    work: chaseOverdueSessions,
  },
  {
    name: 'record-deviations',
    display: 'Differences between plan and record that nobody has explained',
    times: ['06:15'],
    work: noteDeviations,
  },
  {
    name: 'look-at-long-pauses',
    display: 'Pauses that have lasted',
    times: ['06:20'],
    work: lookAtLongPauses,
  },
  {
    name: 'offer-follow-ups',
    display: 'Contacts after the course',
    times: ['06:30'],
    work: offerFollowUps,
  },
  {
    name: 'sweep-dead-ends',
    display: 'People without a next step',
    times: ['06:40'],
    work: sweepDeadEnds,
  },
  {
    // People read it: not in the night.
    name: 'remind-questionnaires',
    display: 'Questionnaires that are open',
    times: ['10:00'],
    work: remindQuestionnaires,
  },
];
