// The sentences that a course or a referral says. They are the content's (CodeSystem/course-sentence).
import type { Said, Values } from './said.ts';

export const sentenceSystem = 'https://w3id.org/alongside/fhir/CodeSystem/course-sentence';

/** Some are said in other words to the person whose course it is. */
type NextSentence =
  | 'next-session'
  | 'next-overdue'
  | 'next-overdue-person'
  | 'next-paused'
  | 'next-paused-person'
  | 'next-all-held'
  | 'next-all-held-person'
  | 'next-none-held'
  | 'next-none-held-person'
  | 'next-ended'
  | 'next-ended-person'
  | 'get-in-touch-person';

type DutySentence =
  | 'unattended'
  | 'cancelled-by-us'
  | 'cancelled'
  | 'consent-of-referral-ended'
  | 'not-in-touch-since'
  | 'ask-how'
  | 'make-up-offer'
  | 'waits-for-place'
  | 'promise-changed'
  | 'no-date-promised'
  | 'days-between'
  | 'course-completed'
  | 'course-ended-early'
  | 'course-in-error'
  | 'course-paused'
  | 'referral-paused'
  | 'referral-withdrawn'
  | 'referral-in-error'
  | 'referral-declined'
  | 'pair-stops'
  | 'pair-consent-ended'
  | 'pair-stopped-for-leader'
  | 'nobody-left'
  | 'one-pair-left'
  | 'pairs-left';

/** Titles of sessions that no plan has named. */
type TitleSentence =
  | 'session-numbered'
  | 'session-extra'
  | 'session-repeated'
  | 'session-second-part'
  | 'own-day';

/** How plan, protocol and record differ. */
type DifferenceSentence =
  | 'count-differs'
  | 'not-planned'
  | 'was-dropped'
  | 'not-in-protocol'
  | 'other-day'
  | 'no-day'
  | 'other-length'
  | 'minutes'
  | 'minutes-between'
  | 'not-held-on-day'
  | 'has-no-record'
  | 'element-not-used'
  | 'element-not-planned'
  | 'agreed-at-start'
  | 'session-recorded'
  | 'plan-changed';

/** The letter that is proposed at the end. */
type LetterSentence =
  | 'letter-title'
  | 'letter-of-course'
  | 'letter-done'
  | 'letter-standing'
  | 'letter-next'
  | 'letter-to-be-written'
  | 'letter-no-session'
  | 'letter-one-session'
  | 'letter-sessions'
  | 'letter-element'
  | 'letter-goal'
  | 'goal-much-less'
  | 'goal-less'
  | 'goal-as-expected'
  | 'goal-more'
  | 'goal-much-more'
  | 'goal-not-looked-back'
  | 'goal-rated-once'
  | 'goal-rated'
  | 'letter-score-once'
  | 'letter-score'
  | 'letter-score-compared'
  | 'threshold-published'
  | 'threshold-none'
  | 'threshold-not-published'
  | 'letter-nothing-stands';

/** Why something is not open any more. */
export type ReasonSentence =
  | 'session-not-planned'
  | 'course-has-ended'
  | 'whatever-helps'
  | 'answered-for-later-day'
  | 'referral-goes-on'
  | 'referral-answered'
  | 'begins-or-another-day'
  | 'referral-or-course-ended'
  | 'another-accepted'
  | 'candidate-declined'
  | 'pair-has-stopped'
  | 'pair-stopping'
  | 'left-by-choice'
  | 'nobody-takes-part'
  | 'questionnaire-closed'
  | 'another-word'
  | 'alarm-looked-at'
  | 'course-not-paused'
  | 'letter-is-there'
  | 'task-taken-or-done'
  | 'session-settled'
  | 'session-ahead'
  | 'not-kept-any-more'
  | 'in-course-again'
  | 'course-not-ended'
  | 'no-such-course-ended'
  | 'talked-about'
  | 'been-in-touch';

/** What holds for what is the person's own. */
type OwnSentence = 'goal-stays-own' | 'may-be-withdrawn';

/** Who takes part in a course. */
type TeamSentence =
  | 'team-of-course'
  | 'team-patient'
  | 'team-therapist'
  | 'team-referrer'
  | 'group-name'
  | 'leaders-of-group'
  | 'pair-on-course';

/** What is written of a session or a day. */
type NoteSentence =
  | 'note-title'
  | 'note-symptoms'
  | 'note-discovered'
  | 'note-agreed'
  | 'note-small-step'
  | 'note-work'
  | 'note-results'
  | 'day-note-title'
  | 'day-note-leaders'
  | 'day-note-themes'
  | 'instead-of';

type SentenceCode =
  | NextSentence
  | DutySentence
  | TitleSentence
  | DifferenceSentence
  | LetterSentence
  | ReasonSentence
  | OwnSentence
  | TeamSentence
  | NoteSentence;

/** A sentence in every language of the content, with its places filled. */
export type Sentences = (code: SentenceCode, values?: Values) => Said;
