// How the plan of a session differs from the protocol, each difference with what people said about it.
import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Said, saidConcept } from '../said.ts';
import { type Difference, difference, type Reasons, reasonsIn } from './difference.ts';
import type { Circumstances, Layers } from './layers.ts';
import type { PlanStep } from './plan-step.ts';

/** What may have changed the date of a session. */
const dateEdits = ['move', 'add', 'repeat', 'split', 'drop', 'change-interval', 'resume', 'migrate'];
const addEdits = ['add', 'repeat', 'split', 'migrate'];
const lengthEdits = ['change-dose', 'split', 'migrate'];

export function planAgainstProtocol(
  { protocol, plan }: Layers,
  { planReasons, sentence }: Circumstances,
): readonly Difference[] {
  if (!plan) {
    return protocol?.isRequired
      ? [
          difference('dropped', sentence('not-planned', { session: protocol.title }), {
            reasons: planReasons,
            sources: [],
          }),
        ]
      : [];
  }
  const by = (edits: readonly string[]) =>
    reasonsIn(plan.explanations.filter(({ edit }) => edits.includes(edit)));
  if (plan.state === 'dropped') {
    const said = by(['drop', 'migrate']);
    const because = plan.droppedBecause ? [plan.droppedBecause] : [];
    const reasons = said.reasons.length > 0 ? said : { reasons: because, sources: [plan.reference] };
    return [difference('dropped', sentence('was-dropped', { session: plan.title }), reasons)];
  }
  // What people agreed when the course began needs no other reason than that.
  const start: Reasons = {
    reasons: planReasons.length > 0 ? planReasons : [saidConcept(sentence('agreed-at-start'))],
    sources: [],
  };
  if (!protocol) {
    const reasons = plan.isFromStart ? start : by(addEdits);
    return [difference('added', sentence('not-in-protocol', { session: plan.title }), reasons)];
  }
  const isMoved = plan.date !== protocol.date;
  const isOther =
    (plan.minutesLow ?? 0) < (protocol.minutesLow ?? 0) ||
    (plan.minutesHigh ?? 0) > (protocol.minutesHigh ?? plan.minutesHigh ?? 0);
  const length = by(lengthEdits);
  return [
    ...(isMoved
      ? [
          difference(
            'moved',
            sentence(plan.date ? 'other-day' : 'no-day', {
              planned: asItIs(plan.date),
              protocol: asItIs(protocol.date),
            }),
            by(dateEdits),
          ),
        ]
      : []),
    ...(isOther
      ? [
          difference(
            'length',
            sentence('other-length', {
              planned: range(plan, sentence),
              protocol: range(protocol, sentence),
            }),
            length.reasons.length === 0 && plan.isFromStart ? start : length,
          ),
        ]
      : []),
  ];
}

const range = (
  { minutesLow, minutesHigh }: Pick<PlanStep, 'minutesLow' | 'minutesHigh'>,
  sentence: Sentences,
): Said =>
  minutesLow === minutesHigh
    ? sentence('minutes', { minutes: asItIs(minutesLow ?? '') })
    : sentence('minutes-between', { least: asItIs(minutesLow ?? ''), most: asItIs(minutesHigh ?? '') });
