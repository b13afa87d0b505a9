// Lays protocol, plan and what took place side by side. A difference with a reason is tailoring; one without is a question, never a judgement.
import { asItIs, type Said } from '../said.ts';
import { type Difference, difference } from './difference.ts';
import type { Circumstances, Layers } from './layers.ts';
import { planAgainstProtocol } from './plan-against-protocol.ts';
import { elementsAgainstPlan, missingRecord } from './record-against-plan.ts';

export interface ComparedSession extends Layers {
  readonly title: Said;
  /** not-chosen: the protocol offers the session, and the plan does without it. */
  readonly verdict: 'as-planned' | 'tailored' | 'unexplained' | 'not-chosen';
  readonly differences: readonly Difference[];
}

/** One session with all its differences. */
export function compared(layers: Layers, circumstances: Circumstances): ComparedSession {
  const differences = [
    ...planAgainstProtocol(layers, circumstances),
    ...missingRecord(layers, circumstances),
    ...elementsAgainstPlan(layers, circumstances),
  ];
  return {
    ...layers,
    title: layers.plan?.title ?? layers.protocol?.title ?? asItIs(layers.stepId),
    verdict: verdictOf(layers, differences),
    differences,
  };
}

function verdictOf(layers: Layers, differences: readonly Difference[]): ComparedSession['verdict'] {
  if (!layers.plan && layers.protocol?.isRequired === false) {
    return 'not-chosen';
  }
  if (differences.some(({ verdict }) => verdict === 'unexplained')) {
    return 'unexplained';
  }
  return differences.length > 0 ? 'tailored' : 'as-planned';
}

/**
 * How many sessions are planned, where the protocol has another number. Whoever tailored the plan has said why; a count that nobody
 * explained is a question to those who planned it.
 */
export function comparedCount(
  sessions: readonly ComparedSession[],
  bounds: { readonly least: number; readonly most: number },
  { planReasons, sentence }: Pick<Circumstances, 'planReasons' | 'sentence'>,
): readonly Difference[] {
  const count = sessions.filter(({ plan }) => plan && plan.state !== 'dropped').length;
  if (count >= bounds.least && count <= bounds.most) return [];
  const tailored = sessions
    .flatMap(({ differences }) => differences)
    .filter(({ code, sources }) => (code === 'dropped' || code === 'added') && sources.length > 0);
  return [
    difference(
      'session-count',
      sentence('count-differs', {
        count: asItIs(count),
        least: asItIs(bounds.least),
        most: asItIs(bounds.most),
      }),
      {
        reasons: [...planReasons, ...tailored.flatMap(({ reasons }) => reasons)],
        sources: tailored.flatMap(({ sources }) => sources),
      },
    ),
  ];
}
